/*
 * fuzz_mime - the parts of a message and their texts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "mime.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mime_message m;
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	if (mime_parse(&a, span_make((const char *)data, size), &m) == 0) {
		for (size_t i = 0; i < m.count; i++) {
			fuzz_touch(mime_text(&a, &m.part[i]));
			fuzz_touch(mime_param(&a, &m.part[i], "boundary"));
		}
	}
	arena_free(&a);
	return 0;
}
