/*
 * fuzz_dsn - bodies of delivery-status parts, and of notifications in JSON
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "dsn.h"
#include "sns.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct bounce_report report = { .format = "" };
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	(void)dsn_is(text);
	if (dsn_read(&a, text, 1, 1, &report) >= 0 && sns_read(&a, text, 1, 1, &report) == 0) {
		for (size_t i = 0; i < report.recipient_count; i++) {
			fuzz_touch(report.recipient[i].address);
			fuzz_touch(report.recipient[i].diagnostic);
		}
	}
	arena_free(&a);
	return 0;
}
