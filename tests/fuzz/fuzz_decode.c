/*
 * fuzz_decode - transfer encodings, charsets, HTML; the first byte chooses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "decode.h"
#include "html.h"

static const char *const charsets[] = {
	"utf-8",  "utf-16",    "iso-2022-jp", "windows-1251",
	"koi8-r", "shift_jis", "utf-7",       "nonsense",
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in, charset;
	struct arena a;

	if (size == 0)
		return 0;
	arena_init(&a, FUZZ_ARENA);
	in = span_make((const char *)data + 1, size - 1);
	charset = span_of(charsets[data[0] % (sizeof(charsets) / sizeof(charsets[0]))]);
	fuzz_touch(decode_transfer(&a, data[0] % 3, in));
	fuzz_touch(decode_words(&a, in));
	fuzz_touch(decode_charset(&a, charset, in));
	fuzz_touch(html_text(&a, in));
	arena_free(&a);
	return 0;
}
