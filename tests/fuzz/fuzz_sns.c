/*
 * fuzz_sns - notifications in JSON
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_report.h"

#include "sns.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct header_list headers = { 0 };
	struct bounce_report report = { .format = "" };
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	(void)sns_is(&headers, text);
	if (sns_read(&a, text, 1, 1, &report) == 0)
		fuzz_report(&report);
	arena_free(&a);
	return 0;
}
