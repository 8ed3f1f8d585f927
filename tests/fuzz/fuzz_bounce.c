/*
 * fuzz_bounce - a whole message, read and judged
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "bounce.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bounce_report report;
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	if (bounce_read(&a, span_make((const char *)data, size), &report) == 0) {
		fuzz_touch(report.subject);
		fuzz_touch(report.original_subject);
		for (size_t i = 0; i < report.recipient_count; i++) {
			struct bounce_verdict verdict = bounce_classify(&report, i);

			fuzz_touch(report.recipient[i].address);
			fuzz_touch(report.recipient[i].diagnostic);
			fuzz_touch(span_of(verdict.why));
		}
	}
	arena_free(&a);
	return 0;
}
