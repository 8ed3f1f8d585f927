/*
 * fuzz_address - addresses, hosts, identifiers and their escapes, as fields of reports have them;
 * the first byte chooses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "address.h"
#include "decode.h"
#include "field.h"
#include "xtext.h"

/* What leaves the address reader is a key: reading it once more must give the same one. */
static void
check_key(struct arena *a, struct span canonical)
{
	if (span_empty(canonical))
		return;
	fuzz_expect(decode_utf8_valid(canonical));
	fuzz_expect(span_eq(address_canonical(a, canonical), canonical));
	fuzz_touch(address_domain(canonical));
	(void)address_is_directory_name(canonical);
}

static void
read_list(struct arena *a, struct span text)
{
	struct address address;

	while (address_next(a, &text, &address)) {
		fuzz_touch(address.domain);
		check_key(a, address.canonical);
	}
}

static void
read_one(struct arena *a, struct span text)
{
	check_key(a, address_canonical(a, text));
}

static void
read_typed(struct arena *a, struct span text)
{
	check_key(a, address_typed(a, text));
}

static void
read_escapes(struct arena *a, struct span text)
{
	fuzz_touch(xtext_decode(a, text));
	fuzz_touch(xtext_unescape(a, text));
}

static void
read_field(struct arena *a, struct span text)
{
	bool clipped = false;
	struct span line = field_line(a, text, FIELD_MAX_TEXT, &clipped);

	fuzz_expect(span_len(line) <= FIELD_MAX_TEXT && decode_utf8_valid(line));
	fuzz_expect(span_chr(line, '\n') == NULL);
	fuzz_touch(field_lower(a, text));
	fuzz_touch(field_host(a, text));
	fuzz_touch(field_id(a, text));
}

static void (*const readers[])(struct arena *a, struct span text) = {
	read_list, read_one, read_typed, read_escapes, read_field,
};

unsigned
fuzz_choices(void)
{
	return FUZZ_COUNT(readers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	unsigned choice = fuzz_choose(&text);
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	readers[choice](&a, text);
	arena_free(&a);
	return 0;
}
