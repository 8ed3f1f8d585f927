/*
 * header_test - claims about header blocks
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "buf.h"
#include "header.h"

/* What every test reads into. */
struct fixture {
	struct arena arena;
	struct header_list list;
	struct span body;
};

static int
setup(void **state)
{
	static struct fixture f;

	arena_init(&f.arena, 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	arena_free(&((struct fixture *)*state)->arena);
	return 0;
}

static void
parse(struct fixture *f, struct span text)
{
	assert_int_equal(header_parse(&f->arena, text, 1, &f->list, &f->body), 0);
}

static void
assert_field(const struct header_list *list, size_t index, const char *name, const char *value)
{
	assert_true(index < list->count);
	assert_span(list->field[index].name, name);
	assert_span(list->field[index].value, value);
}

static void
fields_and_body_are_the_same_with_lf_and_cr_lf(void **state)
{
	static const char *const texts[] = {
		"From: a@example.com\nSubject:  b \nEmpty:\n\nbody",
		"From: a@example.com\r\nSubject:  b \r\nEmpty:\r\n\r\nbody",
		"From: a@example.com\r\nSubject:  b \nEmpty:\r\n\nbody",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		parse(f, span_of(texts[i]));
		assert_int_equal(f->list.count, 3);
		assert_field(&f->list, 0, "From", "a@example.com");
		assert_field(&f->list, 1, "Subject", "b");
		assert_field(&f->list, 2, "Empty", "");
		assert_int_equal(f->list.field[2].line, 3);
		assert_false(f->list.clipped);
		assert_span(f->body, "body");
	}
}

static void
lines_count_from_the_number_given_and_through_folds(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		header_parse(&f->arena, SPAN("A: 1\n 2\n\t3\nB: 4\n"), 40, &f->list, &f->body), 0);
	assert_field(&f->list, 0, "A", "1\n 2\n\t3");
	assert_field(&f->list, 1, "B", "4");
	assert_int_equal(f->list.field[0].line, 40);
	assert_int_equal(f->list.field[1].line, 43);
	assert_true(span_empty(f->body));
}

static void
the_line_that_ends_a_block_decides_where_the_body_begins(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *body;
	} cases[] = {
		{ "", 0, "" },
		{ "\n", 0, "" },
		{ "\nbody", 0, "body" },
		{ "\r\nbody", 0, "body" },
		{ "A: 1", 1, "" },
		{ "A: 1\n", 1, "" },
		{ "A: 1\n\n", 1, "" },
		{ "A: 1\n\n\nbody", 1, "\nbody" },
		{ "A: 1\nno field\nB: 2\n", 1, "no field\nB: 2\n" },
		{ "A: 1\n--x\nB: 2\n", 1, "--x\nB: 2\n" },
		{ " fold of nothing\nA: 1\n", 0, " fold of nothing\nA: 1\n" },
		{ ": no name\n", 0, ": no name\n" },
		{ "8-b\xefT: 1\n", 0, "8-b\xefT: 1\n" },
		{ "in name: 1\n", 0, "in name: 1\n" },
		{ "A: 1\n \nB: 2\n\nbody", 2, "body" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		parse(f, span_of(cases[i].text));
		assert_int_equal(f->list.count, cases[i].count);
		assert_span(f->body, cases[i].body);
	}
}

static void
blanks_before_the_colon_are_forgiven(void **state)
{
	struct fixture *f = *state;

	parse(f, SPAN("Subject : a\nTo \t:b\nFrom : c\n\n"));
	assert_int_equal(f->list.count, 3);
	assert_field(&f->list, 0, "Subject", "a");
	assert_field(&f->list, 1, "To", "b");
	assert_field(&f->list, 2, "From", "c");
}

static void
an_mbox_line_is_passed_over_in_front_of_the_fields_only(void **state)
{
	struct fixture *f = *state;

	parse(f, SPAN("From a@example.com Mon Jan  5 10:00:00 2026\nA: 1\n\nbody"));
	assert_int_equal(f->list.count, 1);
	assert_int_equal(f->list.field[0].line, 2);
	assert_span(f->body, "body");
	parse(f, SPAN(">From a@example.com\nA: 1\n\nbody"));
	assert_int_equal(f->list.count, 1);
	parse(f, SPAN("A: 1\nFrom a@example.com\nB: 2\n"));
	assert_int_equal(f->list.count, 1);
	assert_span(f->body, "From a@example.com\nB: 2\n");
}

static void
bytes_with_the_high_bit_and_nuls_stay_in_values(void **state)
{
	struct fixture *f = *state;

	parse(f, SPAN("A: \xe5\0\xff\n\nb"));
	assert_int_equal(f->list.count, 1);
	assert_int_equal(span_len(f->list.field[0].value), 3);
	assert_memory_equal(f->list.field[0].value.p, "\xe5\0\xff", 3);
	assert_span(f->body, "b");
}

static void
fields_are_found_by_name_in_any_case_the_first_one_first(void **state)
{
	struct fixture *f = *state;

	parse(f, SPAN("a: 1\nRECEIVED: 2\nReceived: 3\n\n"));
	assert_span(header_value(&f->list, "Received"), "2");
	assert_ptr_equal(header_find(&f->list, "received"), &f->list.field[1]);
	assert_null(header_find(&f->list, "Receive"));
	assert_true(span_empty(header_value(&f->list, "X")));
}

static void
add_times(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_adds(b, text);
}

/* Some of so many names share a bit, and where a search for them starts. */
static void
a_field_is_found_among_any_others(void **state)
{
	struct fixture *f = *state;
	char text[200 * 16], name[8];
	size_t len = 0;

	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%c%c: %d\n", 'a' + i % 23,
					'a' + i / 23, i);
	parse(f, span_make(text, len));
	assert_int_equal(f->list.count, 200);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "%c%c", 'A' + i % 23, 'a' + i / 23);
		assert_ptr_equal(header_find(&f->list, name), &f->list.field[i]);
	}
	assert_null(header_find(&f->list, "zz"));
}

/* Names are read in blocks. */
static void
a_name_may_be_of_any_length_and_holds_printable_ascii_alone(void **state)
{
	static const char bad[] = { ' ', '\t', 0x1f, 0x7f, '\x80', '\xff' };
	struct fixture *f = *state;
	char line[64], name[48];

	for (size_t len = 1; len <= 40; len++) {
		memset(name, 'n', len);
		name[len] = '\0';
		(void)snprintf(line, sizeof(line), "%s: v", name);
		parse(f, span_of(line));
		assert_field(&f->list, 0, name, "v");
		for (size_t i = 0; i < sizeof(bad) && len > 2; i++) {
			line[len - 2] = bad[i];
			parse(f, span_of(line));
			assert_int_equal(f->list.count, 0);
		}
	}
}

static void
the_count_of_fields_is_limited(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT;

	add_times(&b, "a: b\n", HEADER_MAX_COUNT);
	parse(f, buf_span(&b));
	assert_int_equal(f->list.count, HEADER_MAX_COUNT);
	assert_false(f->list.clipped);
	buf_adds(&b, "last: c\n fold of the last\n\nbody");
	parse(f, buf_span(&b));
	assert_int_equal(f->list.count, HEADER_MAX_COUNT);
	assert_field(&f->list, HEADER_MAX_COUNT - 1, "a", "b");
	assert_true(f->list.clipped);
	assert_span(f->body, "body");
	buf_free(&b);
}

static void
the_size_of_a_value_is_limited(void **state)
{
	struct fixture *f = *state;

	for (size_t extra = 0; extra < 2; extra++) {
		struct buf b = BUF_INIT;

		buf_adds(&b, "A: ");
		add_times(&b, "x", HEADER_MAX_VALUE + extra);
		buf_adds(&b, "\nB: 1\n\nbody");
		parse(f, buf_span(&b));
		assert_int_equal(span_len(f->list.field[0].value), HEADER_MAX_VALUE);
		assert_int_equal(f->list.clipped, extra == 1);
		assert_field(&f->list, 1, "B", "1");
		assert_span(f->body, "body");
		buf_free(&b);
	}
}

static void
the_size_of_a_block_is_limited(void **state)
{
	struct fixture *f = *state;

	for (size_t extra = 0; extra < 2; extra++) {
		struct buf b = BUF_INIT;

		/* The field "B" begins at HEADER_MAX_BLOCK - 1 or at HEADER_MAX_BLOCK. */
		buf_adds(&b, "A: ");
		add_times(&b, "x", HEADER_MAX_BLOCK - 5 + extra);
		buf_adds(&b, "\nB: 1\n 2\n\nbody");
		parse(f, buf_span(&b));
		assert_int_equal(f->list.count, extra == 0 ? 2 : 1);
		assert_true(f->list.clipped);
		assert_span(f->body, "body");
		buf_free(&b);
	}
}

static void
a_million_fields_cost_no_more_memory_than_the_limit_allows(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT;

	add_times(&b, "a: b\n", 1000000);
	parse(f, buf_span(&b));
	assert_int_equal(f->list.count, HEADER_MAX_COUNT);
	assert_true(f->arena.used < 4 * sizeof(struct header_field) * HEADER_MAX_COUNT);
	buf_free(&b);
}

static void
an_arena_that_is_out_is_an_error(void **state)
{
	struct arena small;
	struct header_list list;
	struct span body;

	(void)state;
	arena_init(&small, 16);
	assert_int_equal(header_parse(&small, SPAN("A: 1\n\n"), 1, &list, &body), -1);
	arena_free(&small);
}

static void
each_fold_becomes_one_blank(void **state)
{
	static const struct {
		const char *raw, *line;
	} cases[] = {
		{ "a", "a" },
		{ "", "" },
		{ "a\n b", "a b" },
		{ "a\r\n\t  b", "a b" },
		{ "a \r\n b", "a  b" },
		{ "a\n b\n c", "a b c" },
		{ "a\n  \n c", "a  c" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_span(header_unfold(&f->arena, span_of(cases[i].raw)), cases[i].line);
}

static void
text_is_utf8_whatever_was_sent(void **state)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "plain", "plain" },
		{ "=?iso-8859-1?Q?bl=E5?=\r\n =?iso-8859-1?Q?b=E6r?=", "bl\xc3\xa5"
								       "b\xc3\xa6r" },
		{ "bl\xe5"
		  "b\xe6r",
		  "bl\xc3\xa5"
		  "b\xc3\xa6r" },
		{ "bl\xc3\xa5", "bl\xc3\xa5" },
		{ "\xe5 =?utf-8?Q?=C3=A5?=", "\xc3\xa5 \xc3\xa5" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_span(header_text(&f->arena, span_of(cases[i].raw)), cases[i].text);
}

static void
comments_and_folds_are_skipped_however_deep(void **state)
{
	static const struct {
		const char *text, *rest;
	} cases[] = {
		{ "", "" },
		{ "x", "x" },
		{ " \t\r\n x", "x" },
		{ "(a) (b)x", "x" },
		{ "(a(b(c)d)e) x (y)", "x (y)" },
		{ "(a\\)b) x", "x" },
		{ "(a\\\\) x", "x" },
		{ "(not closed x", "" },
		{ "((closed once) x", "" },
		{ "(ends in a backslash\\", "" },
		{ ") x", ") x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span rest = span_of(cases[i].text);

		header_skip_cfws(&rest);
		assert_span(rest, cases[i].rest);
	}
}

static void
a_hundred_thousand_nested_comments_are_skipped(void **state)
{
	struct buf b = BUF_INIT;
	struct span rest;

	(void)state;
	add_times(&b, "(", 100000);
	add_times(&b, ")", 100000);
	buf_adds(&b, "x");
	rest = buf_span(&b);
	header_skip_cfws(&rest);
	assert_span(rest, "x");
	buf_free(&b);
}

static void
tokens_and_quoted_strings_are_taken(void **state)
{
	static const struct {
		const char *text;
		bool taken;
		const char *token, *rest;
	} cases[] = {
		{ "text/plain", true, "text", "/plain" },
		{ "us-ascii; x", true, "us-ascii", "; x" },
		{ "n*0*=x", true, "n*0*", "=x" },
		{ "\xc3\xa5.txt b", true, "\xc3\xa5.txt", " b" },
		{ "", false, "", "" },
		{ "=x", false, "", "=x" },
		{ " x", false, "", " x" },
		{ "\x7f", false, "", "\x7f" },
		{ "\"a b\"c", true, "a b", "c" },
		{ "\"\" x", true, "", " x" },
		{ "\"a\\\"b\\\\c\" x", true, "a\"b\\c", " x" },
		{ "\"a\r\n b\"", true, "a b", "" },
		{ "\"not closed; x", true, "not closed; x", "" },
		{ "\"ends in a backslash\\", true, "ends in a backslash\\", "" },
		{ "\"", true, "", "" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span rest = span_of(cases[i].text), token = SPAN("");

		assert_int_equal(header_token(&f->arena, &rest, &token), cases[i].taken);
		assert_span(token, cases[i].token);
		assert_span(rest, cases[i].rest);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(fields_and_body_are_the_same_with_lf_and_cr_lf),
		TEST(lines_count_from_the_number_given_and_through_folds),
		TEST(the_line_that_ends_a_block_decides_where_the_body_begins),
		TEST(blanks_before_the_colon_are_forgiven),
		TEST(an_mbox_line_is_passed_over_in_front_of_the_fields_only),
		TEST(bytes_with_the_high_bit_and_nuls_stay_in_values),
		TEST(fields_are_found_by_name_in_any_case_the_first_one_first),
		TEST(a_field_is_found_among_any_others),
		TEST(a_name_may_be_of_any_length_and_holds_printable_ascii_alone),
		TEST(the_count_of_fields_is_limited),
		TEST(the_size_of_a_value_is_limited),
		TEST(the_size_of_a_block_is_limited),
		TEST(a_million_fields_cost_no_more_memory_than_the_limit_allows),
		TEST(an_arena_that_is_out_is_an_error),
		TEST(each_fold_becomes_one_blank),
		TEST(text_is_utf8_whatever_was_sent),
		TEST(comments_and_folds_are_skipped_however_deep),
		TEST(a_hundred_thousand_nested_comments_are_skipped),
		TEST(tokens_and_quoted_strings_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
