/*
 * span_test - claims about spans
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

static void
an_empty_span_equals_an_absent_one(void **state)
{
	struct span absent = span_of(NULL);

	(void)state;
	assert_true(span_empty(absent));
	assert_true(span_eq(absent, SPAN("")));
	assert_true(span_ieq(SPAN(""), absent));
	assert_int_equal(span_len(absent), 0);
	assert_true(span_empty(span_trim(absent)));
	assert_null(span_chr(absent, 'a'));
	assert_null(span_ifind(absent, SPAN("a")));
}

static void
case_is_ignored_for_ascii_letters_alone(void **state)
{
	static const struct {
		const char *a, *b;
		bool same, same_but_case;
	} cases[] = {
		{ "Status", "Status", true, true },  { "Status", "sTATUS", false, true },
		{ "Status", "Statu", false, false }, { "[", "{", false, false },
		{ "@", "`", false, false },          { "\xc3\xa5", "\xc3\x85", false, false },
		{ "AZaz09", "azAZ09", false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span a = span_of(cases[i].a), b = span_of(cases[i].b);

		assert_int_equal(span_eq(a, b), cases[i].same);
		assert_int_equal(span_ieq(a, b), cases[i].same_but_case);
	}
}

static void
prefix_and_suffix_ignore_case_and_length(void **state)
{
	(void)state;
	assert_true(span_istarts(SPAN("Content-Type"), SPAN("content-")));
	assert_true(span_istarts(SPAN("a"), SPAN("")));
	assert_false(span_istarts(SPAN("Con"), SPAN("content-")));
	assert_true(span_iends(SPAN("user@EXAMPLE.com"), SPAN("@example.COM")));
	assert_true(span_iends(SPAN("a"), SPAN("")));
	assert_false(span_iends(SPAN("com"), SPAN("example.com")));
	assert_false(span_iends(SPAN("abc"), SPAN("abd")));
}

static void
the_first_place_of_a_needle_is_found_in_any_case(void **state)
{
	static const struct {
		const char *text, *needle;
		int at; /* -1: not there */
	} cases[] = {
		{ "user unknown", "unknown", 5 },
		{ "User UNKNOWN unknown", "unknown", 5 },
		{ "uUuUunknown", "UNKNOWN", 4 },
		{ "unknow", "unknown", -1 },
		{ "unknown", "unknown", 0 },
		{ "x unknow", "unknown", -1 },
		{ "550 5.1.1", "5.1.1", 4 },
		{ "aaaaaaaaab", "aaab", 6 },
		{ "AbaBAbC", "abc", 4 },
		{ "text", "", -1 },
		{ "", "x", -1 },
		{ "bA", "a", 1 },
		{ "Ba", "A", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span text = span_of(cases[i].text);
		const char *hit = span_ifind(text, span_of(cases[i].needle));

		assert_int_equal(hit == NULL ? -1 : hit - text.p, cases[i].at);
	}
}

/* Every needle of up to 3 letters of {a, A, b} in every text of up to 6, against the obvious
 * search. */
static const char *
slow_find(struct span s, struct span needle)
{
	for (size_t i = 0; i + span_len(needle) <= span_len(s); i++) {
		if (span_ieq(span_make(s.p + i, span_len(needle)), needle))
			return s.p + i;
	}
	return NULL;
}

static size_t
spell(size_t number, char out[8])
{
	size_t len = 0;

	for (; number > 0; number /= 4)
		out[len++] = "?aAb"[number % 4];
	return len;
}

static void
finding_agrees_with_the_obvious_search(void **state)
{
	char text[8], needle[8];

	(void)state;
	for (size_t t = 0; t < 4096; t++) {
		struct span s = span_make(text, spell(t, text));

		for (size_t n = 1; n < 64; n++) {
			struct span wanted = span_make(needle, spell(n, needle));

			assert_ptr_equal(span_ifind(s, wanted), slow_find(s, wanted));
		}
	}
}

static void
trim_takes_blanks_tabs_and_line_ends_from_both_ends(void **state)
{
	(void)state;
	assert_span(span_trim(SPAN(" \t\r\n a b \r\n\t ")), "a b");
	assert_span(span_trim(SPAN(" \r\n")), "");
	assert_span(span_trim(SPAN("\va")), "\va");
	assert_span(span_trim(SPAN("a")), "a");
}

static void
lines_end_with_lf_or_cr_lf_and_the_last_one_with_nothing(void **state)
{
	struct span rest = SPAN("one\r\ntwo\n\n\r\nfi\rve\r\r\nsix"), line;
	static const char *const want[] = { "one", "two", "", "", "fi\rve\r", "six" };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_true(span_next_line(&rest, &line));
		assert_span(line, want[i]);
	}
	line = SPAN("kept");
	assert_false(span_next_line(&rest, &line));
	assert_span(line, "kept");
}

static void
a_line_ends_at_the_first_lf_wherever_it_stands(void **state)
{
	char text[200];

	(void)state;
	for (size_t len = 1; len <= sizeof(text); len++) {
		memset(text, 'x', sizeof(text));
		assert_null(span_line_end(span_make(text, len)));
		for (size_t at = len; at-- > 0;) { /* others stand behind it */
			text[at] = '\n';
			assert_ptr_equal(span_line_end(span_make(text, len)), text + at);
		}
	}
}

static void
a_line_end_behind_the_last_line_makes_no_further_line(void **state)
{
	struct span rest = SPAN("a\n"), line;

	(void)state;
	assert_true(span_next_line(&rest, &line));
	assert_false(span_next_line(&rest, &line));
}

static void
every_line_end_is_counted(void **state)
{
	(void)state;
	assert_int_equal(span_lines((struct span){ NULL, NULL }), 0);
	assert_int_equal(span_lines(SPAN("a")), 0);
	assert_int_equal(span_lines(SPAN("\n")), 1);
	assert_int_equal(span_lines(SPAN("a\r\n\nb")), 2);
}

static void
cut_drops_the_stop_byte(void **state)
{
	struct span rest = SPAN("a;;b"), head;

	(void)state;
	assert_true(span_cut(&rest, ';', &head));
	assert_span(head, "a");
	assert_true(span_cut(&rest, ';', &head));
	assert_span(head, "");
	assert_true(span_cut(&rest, ';', &head));
	assert_span(head, "b");
	assert_false(span_cut(&rest, ';', &head));
}

static void
words_are_what_stands_between_blanks(void **state)
{
	struct span rest = SPAN("  550\t5.1.1\r\n user "), word;

	(void)state;
	assert_true(span_next_word(&rest, &word));
	assert_span(word, "550");
	assert_true(span_next_word(&rest, &word));
	assert_span(word, "5.1.1");
	assert_true(span_next_word(&rest, &word));
	assert_span(word, "user");
	assert_false(span_next_word(&rest, &word));
	assert_span(word, "user");
}

static void
a_number_is_taken_up_to_its_limit_and_no_further(void **state)
{
	static const struct {
		const char *text;
		uint64_t most;
		bool taken;
		uint64_t number;
		const char *rest;
	} cases[] = {
		{ "550 x", 999, true, 550, " x" },
		{ "999", 999, true, 999, "" },
		{ "1000", 999, false, 0, "1000" },
		{ "0", 0, true, 0, "" },
		{ "1", 0, false, 0, "1" },
		{ "007", 7, true, 7, "" },
		{ "008", 7, false, 0, "008" },
		{ "", 9, false, 0, "" },
		{ "-1", 9, false, 0, "-1" },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX, "" },
		{ "18446744073709551616", UINT64_MAX, false, 0, "18446744073709551616" },
		{ "99999999999999999999999", UINT64_MAX, false, 0, "99999999999999999999999" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct span rest = span_of(cases[i].text);
		uint64_t number = 0;

		assert_int_equal(span_number(&rest, cases[i].most, &number), cases[i].taken);
		assert_true(number == cases[i].number);
		assert_span(rest, cases[i].rest);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_span_equals_an_absent_one),
		cmocka_unit_test(case_is_ignored_for_ascii_letters_alone),
		cmocka_unit_test(prefix_and_suffix_ignore_case_and_length),
		cmocka_unit_test(the_first_place_of_a_needle_is_found_in_any_case),
		cmocka_unit_test(finding_agrees_with_the_obvious_search),
		cmocka_unit_test(trim_takes_blanks_tabs_and_line_ends_from_both_ends),
		cmocka_unit_test(lines_end_with_lf_or_cr_lf_and_the_last_one_with_nothing),
		cmocka_unit_test(a_line_ends_at_the_first_lf_wherever_it_stands),
		cmocka_unit_test(a_line_end_behind_the_last_line_makes_no_further_line),
		cmocka_unit_test(every_line_end_is_counted),
		cmocka_unit_test(cut_drops_the_stop_byte),
		cmocka_unit_test(words_are_what_stands_between_blanks),
		cmocka_unit_test(a_number_is_taken_up_to_its_limit_and_no_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
