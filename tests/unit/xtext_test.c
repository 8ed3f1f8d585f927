/*
 * xtext_test - the two escapes of delivery reports
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "xtext.h"

struct pair {
	const char *text, *want;
};

static void
check(struct span (*decode)(struct arena *, struct span), const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arena arena;

		arena_init(&arena, 0);
		assert_span(decode(&arena, span_of(pairs[i].text)), pairs[i].want);
		arena_free(&arena);
	}
}

static void
xtext_is_undone_only_where_it_is_xtext(void **state)
{
	static const struct pair pairs[] = {
		{ "ann@example.com", "ann@example.com" },
		{ "ann+2Btag@example.com", "ann+tag@example.com" },
		{ "list+2Bann+3Dexample.net@example.com", "list+ann=example.net@example.com" },
		{ "j+C3+B6rg@example.com", "j\xc3\xb6rg@example.com" },
		{ "bob+22@example.com", "bob+22@example.com" },         /* a tag, not a quote */
		{ "bob+2B+tag@example.com", "bob+2B+tag@example.com" }, /* "+ta" is no xtext */
		{ "bob+2b@example.com", "bob+2b@example.com" }, /* digits must be capitals */
		{ "a+0A@example.com", "a+0A@example.com" },     /* no control may be smuggled in */
		{ "a+20b@example.com", "a+20b@example.com" },
		{ "a+", "a+" },
		{ "a+2", "a+2" },
		{ "a+2B", "a+" },
		{ "", "" },
	};

	(void)state;
	check(xtext_decode, pairs, sizeof(pairs) / sizeof(pairs[0]));
}

static void
utf8_escapes_become_utf8(void **state)
{
	static const struct pair pairs[] = {
		{ "plain", "plain" },
		{ "\\x{41}", "A" },
		{ "\\x{f6}\\x{F6}", "\xc3\xb6\xc3\xb6" },
		{ "\\x{20AC}", "\xe2\x82\xac" },
		{ "a\\x{10FFFF}b", "a\xf4\x8f\xbf\xbf"
				   "b" },
		{ "\\x{110000}", "\\x{110000}" },
		{ "\\x{0010FFF}", "\\x{0010FFF}" }, /* seven digits */
		{ "\\x{4}", "\\x{4}" },
		{ "\\x{}", "\\x{}" },
		{ "\\x{41", "\\x{41" },
		{ "\\x{4G}", "\\x{4G}" },
		{ "\\", "\\" },
		{ "\\y\\x{42}", "\\yB" },
	};

	(void)state;
	check(xtext_unescape, pairs, sizeof(pairs) / sizeof(pairs[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xtext_is_undone_only_where_it_is_xtext),
		cmocka_unit_test(utf8_escapes_become_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
