/*
 * fuzz_html - HTML made plain
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "html.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text;
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	text = html_text(&a, span_make((const char *)data, size));
	fuzz_expect(span_len(text) <= size);
	fuzz_touch(text);
	arena_free(&a);
	return 0;
}
