/*
 * field_test - values of report fields as clean lines
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "buf.h"
#include "decode.h"
#include "field.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A line is looked at in blocks. */
static void
dirt_is_seen_wherever_it_stands(void **state)
{
	static const struct {
		const char *dirt, *clean;
	} cases[] = {
		{ "  ", " " },
		{ "\t", " " },
		{ "\x7f", " " },
		{ "\x1f", " " },
		{ " ", " " },
		{ "\xe9", "\xc3\xa9" },
		{ "\xc3\xa9", "\xc3\xa9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int front = 1; front < 40; front++) {
			char text[80], want[80];
			bool clipped = false;
			struct arena a;

			(void)snprintf(text, sizeof(text), "%.*s%sx", front,
				       "0123456789 123456789 123456789 123456789.", cases[i].dirt);
			(void)snprintf(want, sizeof(want), "%.*s%sx", front,
				       "0123456789 123456789 123456789 123456789.", cases[i].clean);
			if (want[front - 1] == ' ') /* two blanks at once */
				continue;
			arena_init(&a, 0);
			assert_span(field_line(&a, span_of(text), FIELD_MAX_TEXT, &clipped), want);
			assert_false(clipped);
			arena_free(&a);
		}
	}
}

static void
a_type_is_a_word_before_a_semicolon(void **state)
{
	static const struct {
		const char *value, *type, *rest;
	} cases[] = {
		{ "smtp; 550 no", "smtp", "550 no" },
		{ "smtp;550 no", "smtp", "550 no" },
		{ " X-Postfix ;\t text", "X-Postfix", "text" },
		{ "rfc/822;a@example.com", "rfc/822", "a@example.com" },
		{ "dns;", "dns", "" },
		{ "550 5.1.1 no; really", "", "550 5.1.1 no; really" },
		{ "550; no", "", "550; no" },
		{ "no type", "", "no type" },
		{ ";", "", ";" },
		{ "", "", "" },
		{ "abcdefghijklmnopqrstuvwxyzabcdef; 32", "abcdefghijklmnopqrstuvwxyzabcdef",
		  "32" },
		{ "abcdefghijklmnopqrstuvwxyzabcdefg; 33", "",
		  "abcdefghijklmnopqrstuvwxyzabcdefg; 33" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span rest = span_of(cases[i].value), type = { NULL, NULL };

		assert_int_equal(field_take_type(&rest, &type), cases[i].type[0] != '\0');
		assert_span(type, cases[i].type);
		assert_span(rest, cases[i].rest);
	}
}

static void
a_line_is_clean(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "as it is", "as it is" },
		{ "  550 5.1.1\r\n\tno such\r\n  user  ", "550 5.1.1 no such user" },
		{ "a\t\tb   c", "a b c" },
		{ "esc \x1b[31m red\x07\x7f", "esc [31m red" },
		{ "caf\xe9", "caf\xc3\xa9" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ " \r\n ", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;
		bool clipped = false;

		arena_init(&arena, 0);
		assert_span(field_line(&arena, span_of(cases[i].text), 100, &clipped),
			    cases[i].line);
		assert_false(clipped);
		arena_free(&arena);
	}
}

static void
a_line_has_its_length_and_no_half_character(void **state)
{
	static const struct {
		const char *text, *line;
		bool clipped;
	} cases[] = {
		{ "12345678", "12345678", false },
		{ "123456789", "12345678", true },
		{ "1234567\xc3\xa9", "1234567", true },
		{ "123456\xc3\xa9", "123456\xc3\xa9", false },
		{ "12345\xe2\x82\xac", "12345\xe2\x82\xac", false },
		{ "123456\xe2\x82\xac", "123456", true },
		{ "1234567  9", "1234567", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;
		bool clipped = false;

		arena_init(&arena, 0);
		assert_span(field_line(&arena, span_of(cases[i].text), 8, &clipped), cases[i].line);
		assert_int_equal(clipped, cases[i].clipped);
		arena_free(&arena);
	}
}

static void
a_long_text_in_any_bytes_makes_a_valid_line(void **state)
{
	struct buf text = BUF_INIT;
	struct arena arena;
	struct span line;
	bool clipped = false;

	(void)state;
	arena_init(&arena, 0);
	for (int i = 0; i < 10000; i++)
		buf_addc(&text, (char)0x80);
	line = field_line(&arena, buf_span(&text), 100, &clipped);
	assert_true(clipped);
	assert_true(span_len(line) > 90 && span_len(line) <= 100);
	assert_true(decode_utf8_valid(line));
	buf_free(&text);
	arena_free(&arena);
}

static void
a_host_is_bare(void **state)
{
	static const struct {
		const char *value, *host;
	} cases[] = {
		{ "dns; MX.Example.com", "mx.example.com" },
		{ "dns;mx.example.com.", "mx.example.com" },
		{ "dns; mx.example.com. (192.0.2.1, the server for the domain example.com.)",
		  "mx.example.com" },
		{ "DNS; [192.0.2.1]", "192.0.2.1" },
		{ "dns; mx.example.com [192.0.2.1]", "mx.example.com" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "dsn; a1.smtp-out.example.com", "a1.smtp-out.example.com" },
		{ "smtp;\r\n mx.example.com", "mx.example.com" },
		{ "dns;", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;

		arena_init(&arena, 0);
		assert_span(field_host(&arena, span_of(cases[i].value)), cases[i].host);
		arena_free(&arena);
	}
}

static void
a_host_has_its_length(void **state)
{
	struct buf name = BUF_INIT;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	for (int i = 0; i < FIELD_MAX_HOST; i++)
		buf_addc(&name, 'h');
	assert_int_equal(span_len(field_host(&arena, buf_span(&name))), FIELD_MAX_HOST);
	buf_addc(&name, 'h');
	assert_int_equal(span_len(field_host(&arena, buf_span(&name))), FIELD_MAX_HOST);
	buf_free(&name);
	arena_free(&arena);
}

static void
an_identifier_stands_in_angles_or_alone(void **state)
{
	static const struct {
		const char *value, *id;
	} cases[] = {
		{ "<1@example.com>", "1@example.com" },
		{ "News <news.lists.example.com>", "news.lists.example.com" },
		{ "1@example.com", "1@example.com" },
		{ "<1@exam\r\n ple.com> (fold)", "1@exam ple.com" },
		{ "<1@example.com", "<1@example.com" },
		{ "> <1>", "1" },
		{ "<>", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;

		arena_init(&arena, 0);
		assert_span(field_id(&arena, span_of(cases[i].value)), cases[i].id);
		arena_free(&arena);
	}
}

static void
a_host_is_within_its_own_domain_alone(void **state)
{
	static const struct {
		const char *host, *domain;
		bool within;
	} cases[] = {
		{ "example.com", "example.com", true },
		{ "MX.Example.com", "example.com", true },
		{ "notexample.com", "example.com", false },
		{ "example.com", "mx.example.com", false },
		{ "example.com.example.net", "example.com", false },
		{ "", "example.com", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			field_host_within(span_of(cases[i].host), span_of(cases[i].domain)),
			cases[i].within);
}

static void
a_type_has_its_length(void **state)
{
	(void)state;
	for (int length = FIELD_MAX_TYPE - 1; length <= FIELD_MAX_TYPE + 1; length++) {
		struct span rest, type;
		char text[100];

		snprintf(text, sizeof(text), "x%0*d; value", length - 1, 0);
		rest = span_of(text);
		assert_int_equal(field_take_type(&rest, &type), length <= FIELD_MAX_TYPE);
		assert_span(rest, length <= FIELD_MAX_TYPE ? "value" : text);
	}
}

static void
an_identifier_has_its_length(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	for (int length = FIELD_MAX_TEXT - 1; length <= FIELD_MAX_TEXT + 1; length++) {
		char text[FIELD_MAX_TEXT + 10];

		snprintf(text, sizeof(text), "<%0*d>", length, 0);
		assert_int_equal(span_len(field_id(&arena, span_of(text))),
				 length < FIELD_MAX_TEXT ? length : FIELD_MAX_TEXT);
	}
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dirt_is_seen_wherever_it_stands),
		cmocka_unit_test(a_type_is_a_word_before_a_semicolon),
		cmocka_unit_test(a_line_is_clean),
		cmocka_unit_test(a_line_has_its_length_and_no_half_character),
		cmocka_unit_test(a_long_text_in_any_bytes_makes_a_valid_line),
		cmocka_unit_test(a_host_is_bare),
		cmocka_unit_test(a_host_has_its_length),
		cmocka_unit_test(a_host_is_within_its_own_domain_alone),
		cmocka_unit_test(an_identifier_stands_in_angles_or_alone),
		cmocka_unit_test(a_type_has_its_length),
		cmocka_unit_test(an_identifier_has_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
