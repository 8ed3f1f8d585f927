/*
 * fuzz_bounce - a whole message, read and judged
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_report.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bounce_report report;
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	if (bounce_read(&a, span_make((const char *)data, size), &report) == 0 &&
	    bounce_trace(&a, &report) == 0)
		fuzz_report(&report);
	arena_free(&a);
	return 0;
}
