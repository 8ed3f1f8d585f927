/*
 * fuzz_header - header blocks, encoded words, addresses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "address.h"
#include "header.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header_list headers;
	struct address address;
	struct arena a;
	struct span body;

	arena_init(&a, FUZZ_ARENA);
	if (header_parse(&a, span_make((const char *)data, size), 1, &headers, &body) == 0) {
		for (size_t i = 0; i < headers.count; i++) {
			struct span rest = headers.field[i].value;

			fuzz_touch(header_text(&a, headers.field[i].value));
			while (address_next(&a, &rest, &address))
				fuzz_touch(address.canonical);
		}
	}
	arena_free(&a);
	return 0;
}
