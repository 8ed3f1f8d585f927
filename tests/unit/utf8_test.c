/*
 * utf8_test - characters one by one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "utf8.h"

static void
every_length_is_taken_whole(void **state)
{
	static const struct {
		const char *text;
		uint32_t code;
	} good[] = {
		{ "A", 'A' },
		{ "\xc2\x80", 0x80 },
		{ "\xdf\xbf", 0x7ff },
		{ "\xe0\xa0\x80", 0x800 },
		{ "\xed\x9f\xbf", 0xd7ff },
		{ "\xee\x80\x80", 0xe000 },
		{ "\xef\xbf\xbf", 0xffff },
		{ "\xf0\x90\x80\x80", 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 0x10ffff },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct span rest = span_of(good[i].text);
		uint32_t code = 0;

		assert_true(utf8_take(&rest, &code));
		assert_int_equal(code, good[i].code);
		assert_true(span_empty(rest));
	}
}

static void
what_is_not_utf8_costs_one_byte(void **state)
{
	static const char *const bad[] = {
		"\x80",             /* continuation alone */
		"\xc1\xbf",         /* overlong, two bytes */
		"\xe0\x9f\xbf",     /* overlong, three */
		"\xf0\x8f\xbf\xbf", /* overlong, four */
		"\xed\xa0\x80",     /* surrogate */
		"\xed\xbf\xbf",     /* surrogate */
		"\xf4\x90\x80\x80", /* beyond U+10FFFF */
		"\xf8\x88\x80\x80", /* five bytes */
		"\xe2\x82",         /* cut off */
		"\xe2\x28\xa1",     /* continuation is none */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span rest = span_of(bad[i]);
		uint32_t code = 0;

		assert_false(utf8_take(&rest, &code));
		assert_int_equal(code, (unsigned char)bad[i][0]);
		assert_int_equal(span_len(rest), strlen(bad[i]) - 1);
	}
}

static void
what_leads_the_eye_astray_is_shown_as_its_number(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "a", "a" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "\n", "\\x0a" },
		{ "\x1b", "\\x1b" },
		{ "\x7f", "\\x7f" },
		{ "\xff", "\\xff" },
		{ "\xc2\x9b", "\\u{009b}" },
		/* NOLINTBEGIN(misc-misleading-bidirectional): these are the misleading ones */
		{ "\xe2\x80\xae", "\\u{202e}" },
		{ "\xe2\x81\xa6", "\\u{2066}" },
		/* NOLINTEND(misc-misleading-bidirectional) */
		{ "\xe2\x80\x8b", "\\u{200b}" },
		{ "\xf3\xa0\x80\x81", "\\u{e0001}" },
		{ "\xe2\x80\x90", "\xe2\x80\x90" }, /* U+2010, the neighbour of the marks */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span rest = span_of(rows[i].text);
		char out[UTF8_ESCAPED_SIZE];

		assert_int_equal(utf8_escape(&rest, out), strlen(rows[i].shown));
		assert_string_equal(out, rows[i].shown);
		assert_true(span_empty(rest));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_is_taken_whole),
		cmocka_unit_test(what_is_not_utf8_costs_one_byte),
		cmocka_unit_test(what_leads_the_eye_astray_is_shown_as_its_number),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
