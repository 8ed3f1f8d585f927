/*
 * fuzz_dsn - bodies of delivery-status parts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_report.h"

#include "dsn.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct bounce_report report = { .format = "" };
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	(void)dsn_is(text);
	if (dsn_read(&a, text, 1, 1, &report) >= 0)
		fuzz_report(&report);
	arena_free(&a);
	return 0;
}
