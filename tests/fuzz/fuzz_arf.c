/*
 * fuzz_arf - complaints: each part of a message is read as a feedback report, and the message as
 * one without such a part
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_report.h"

#include "arf.h"
#include "returned.h"

static void
read_part(struct arena *a, const struct mime_message *m, size_t index)
{
	struct bounce_report report = { .format = "" };

	if (returned_read(a, m, &report) == 0 && arf_read(a, m, index, &report) == 0)
		fuzz_report(&report);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bounce_report report = { .format = "" };
	struct mime_message m;
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	if (mime_parse(&a, span_make((const char *)data, size), &m) == 0) {
		for (size_t i = 0; i < m.count; i++)
			read_part(&a, &m, i);
		if (arf_read_other(&a, &m, &report) == 0)
			fuzz_report(&report);
	}
	arena_free(&a);
	return 0;
}
