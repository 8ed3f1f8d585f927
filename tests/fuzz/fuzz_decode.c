/*
 * fuzz_decode - transfer encodings, encoded words and charsets; the first byte chooses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "decode.h"

static const char *const charsets[] = {
	"utf-8",  "utf-16",    "iso-2022-jp", "windows-1251",
	"koi8-r", "shift_jis", "utf-7",       "nonsense",
};

/* A charset each, then the transfer encodings and the encoded words. */
enum { TRANSFER = FUZZ_COUNT(charsets), WORDS = TRANSFER + 3, CHOICES };

unsigned
fuzz_choices(void)
{
	return CHOICES;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make((const char *)data, size), out;
	unsigned choice = fuzz_choose(&in);
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	if (choice < TRANSFER)
		out = decode_charset(&a, span_of(charsets[choice]), in);
	else if (choice < WORDS)
		out = decode_transfer(&a, (enum decode_encoding)(choice - TRANSFER), in);
	else
		out = decode_words(&a, in);
	fuzz_touch(out);
	arena_free(&a);
	return 0;
}
