/*
 * match_test - phrases against what servers print, and against what attackers send
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "linear.h"
#include "match.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HOSTILE_SIZE ((size_t)4 * 1024)

struct phrase_case {
	const char *phrase;
	const char *text;
	bool found;
	const char *kind, *value; /* the first value, NULL = none is expected */
};

static void
check(const struct phrase_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct phrase_case *c = &cases[i];
		struct match_result r;
		size_t len = match_phrase(c->phrase, span_of(c->text), &r);

		if ((len > 0) != c->found)
			fail_msg("\"%s\" in \"%s\": %zu", c->phrase, c->text, len);
		if (!c->found)
			assert_int_equal(r.found_count, 0);
		if (c->value == NULL)
			continue;
		assert_true(r.found_count >= 1);
		assert_string_equal(r.found[0].kind, c->kind);
		assert_span(r.found[0].value, c->value);
	}
}

static void
case_and_layout_do_not_matter(void **state)
{
	static const struct phrase_case cases[] = {
		{ "User unknown", "550 5.1.1 USER UNKNOWN", true, NULL, NULL },
		{ "USER unknown", "user\t \r\n  unknown here", true, NULL, NULL },
		{ "user unknown", "User\xc2\xa0Unknown", true, NULL, NULL },
		{ "user unknown", "user \xc2\xa0 unknown", true, NULL, NULL },
		{ "user  unknown", "user unknown", true, NULL, NULL },
		{ "user unknown", "userunknown", false, NULL, NULL },
		{ "user unknown", "user-unknown", false, NULL, NULL },
		{ "user unknown", "user", false, NULL, NULL },
		{ "user unknown", "", false, NULL, NULL },
		{ "user unknown", "user user unknown", true, NULL, NULL },
		{ "limit exceeded.", "limit exceeded", true, NULL, NULL },
		{ "limit exceeded.", "limit exceeded.", true, NULL, NULL },
		{ "limit exceeded.", "limit exceededs", false, NULL, NULL },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_phrase_begins_and_ends_at_words(void **state)
{
	static const struct phrase_case cases[] = {
		{ "expired", "message expired.", true, NULL, NULL },
		{ "expired", "(expired)", true, NULL, NULL },
		{ "expired", "unexpired", false, NULL, NULL },
		{ "expired", "expireds", false, NULL, NULL },
		{ "expired", "expired2", false, NULL, NULL },
		{ "expired", "expired_at", false, NULL, NULL },
		{ "expired", "expired\xc3\xa9", false, NULL, NULL },
		{ "expired", "expired\xc2\xa0yes", true, NULL, NULL },
		{ "expired",
		  "yes\xc2\xa0"
		  "expired",
		  true, NULL, NULL },
		{ "expired", "unexpired, expired", true, NULL, NULL },
		{ "<expired>", "un<expired>x", true, NULL, NULL },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
an_ip_is_an_ip(void **state)
{
	static const struct phrase_case cases[] = {
		{ "ip {ip}", "ip 192.0.2.7", true, "ip", "192.0.2.7" },
		{ "ip {ip}", "ip [192.0.2.7]", true, "ip", "192.0.2.7" },
		{ "ip {ip}", "ip (192.0.2.7)", true, "ip", "192.0.2.7" },
		{ "ip {ip}", "ip[192.0.2.7]", true, "ip", "192.0.2.7" },
		{ "ip {ip}", "ip 192.0.2.7.", true, "ip", "192.0.2.7" },
		{ "ip {ip}", "ip 255.255.255.255", true, "ip", "255.255.255.255" },
		{ "ip {ip}", "ip 256.0.2.7", false, NULL, NULL },
		{ "ip {ip}", "ip 192.0.2", false, NULL, NULL },
		{ "ip {ip}", "ip 192.0.2.7.8", false, NULL, NULL },
		{ "ip {ip}", "ip 192.0.2.7x", false, NULL, NULL },
		{ "ip {ip}", "ip [192.0.2.7)", false, NULL, NULL },
		{ "ip {ip}", "ip [192.0.2.7", false, NULL, NULL },
		{ "ip {ip}", "ip <192.0.2.7>", false, NULL, NULL },
		{ "ip {ip}", "ip example.com", false, NULL, NULL },
		{ "ip {ip}", "ip ", false, NULL, NULL },
		{ "ip {ip}", "ip [2001:db8::1]", true, "ip", "2001:db8::1" },
		{ "ip {ip}", "ip [IPv6:2001:DB8::1]", true, "ip", "IPv6:2001:DB8::1" },
		{ "ip {ip}", "ip 2001:db8::1: refused", true, "ip", "2001:db8::1" },
		{ "ip {ip}", "ip 2001:db8::1.", true, "ip", "2001:db8::1" },
		{ "ip {ip}", "ip ::", true, "ip", "::" },
		{ "ip {ip}", "ip ::1", true, "ip", "::1" },
		{ "ip {ip}", "ip 2001:db8::", true, "ip", "2001:db8::" },
		{ "ip {ip}", "ip ::ffff:192.0.2.7", true, "ip", "::ffff:192.0.2.7" },
		{ "ip {ip}", "ip 1:2:3:4:5:6:7:8", true, "ip", "1:2:3:4:5:6:7:8" },
		{ "ip {ip}", "ip 1:2:3:4:5:6:192.0.2.7", true, "ip", "1:2:3:4:5:6:192.0.2.7" },
		{ "ip {ip}", "ip [1:2:3:4:5:6:7]", false, NULL, NULL },
		{ "ip {ip}", "ip [1:2:3:4:5:6:7:8:9]", false, NULL, NULL },
		{ "ip {ip}", "ip [1::2::3]", false, NULL, NULL },
		{ "ip {ip}", "ip [12345::1]", false, NULL, NULL },
		{ "ip {ip}", "ip [:::1]", false, NULL, NULL },
		{ "ip {ip}", "ip [1:2]", false, NULL, NULL },
		{ "ip {ip}", "ip 10:30", false, NULL, NULL },
		{ "ip {ip}", "ip [2001:db8::g]", false, NULL, NULL },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
each_value_is_of_its_kind(void **state)
{
	static const struct phrase_case cases[] = {
		{ "to {domain} no", "to example.com no", true, "domain", "example.com" },
		{ "to {domain} no", "to [a.example.com] no", true, "domain", "a.example.com" },
		{ "to {domain} no", "to <a-b.example> no", true, "domain", "a-b.example" },
		{ "to {domain}", "to example.com.", true, "domain", "example.com" },
		{ "to {domain}",
		  "to b\xc3\xbc"
		  "cher.example",
		  true, "domain",
		  "b\xc3\xbc"
		  "cher.example" },
		{ "to {domain} no", "to localhost no", false, NULL, NULL },
		{ "to {domain} no", "to 192.0.2.7 no", false, NULL, NULL },
		{ "to {domain} no", "to -a.example no", false, NULL, NULL },
		{ "to {domain} no", "to .example no", false, NULL, NULL },
		{ "to {address} no", "to kari@example.com no", true, "address",
		  "kari@example.com" },
		{ "to {address} no", "to <kari@example.com> no", true, "address",
		  "kari@example.com" },
		{ "to {address} no", "to [kari@example.com] no", true, "address",
		  "kari@example.com" },
		{ "to {address} no", "to \"a b\"@example.com no", true, "address",
		  "\"a b\"@example.com" },
		{ "to {address} no", "to kari@[192.0.2.7] no", true, "address",
		  "kari@[192.0.2.7]" },
		{ "to {address} no", "to b+x=y@example.com no", true, "address",
		  "b+x=y@example.com" },
		{ "{address} is unknown", "550 kari@example.com is unknown", true, "address",
		  "kari@example.com" },
		{ "{address}: no", "550 5.1.1 <kari@example.com>: no", true, "address",
		  "kari@example.com" },
		{ "to {address} no", "to kari no", false, NULL, NULL },
		{ "to {address} no", "to @example.com no", false, NULL, NULL },
		{ "to {address} no", "to kari@ no", false, NULL, NULL },
		{ "to {address} no", "to kari@host no", false, NULL, NULL },
		{ "to {address} no", "to \"kari@example.com no", false, NULL, NULL },
		{ "list {as}", "list AS16012607", true, "as", "AS16012607" },
		{ "list {as}", "list (AS16012607)", true, "as", "AS16012607" },
		{ "list {as}", "list as(201806281)", true, "as", "as(201806281)" },
		{ "list {as}", "list AS", false, NULL, NULL },
		{ "list {as}", "list ASx", false, NULL, NULL },
		{ "list {as}", "list (AS16012607", false, NULL, NULL },
		{ "list {as}", "list AS(1", false, NULL, NULL },
		{ "code {number}]", "code 10061]", true, "number", "10061" },
		{ "code {number}", "code 12345678901234567890", true, "number",
		  "12345678901234567890" },
		{ "code {number}", "code 123456789012345678901", false, NULL, NULL },
		{ "code {number}", "code x", false, NULL, NULL },
		{ "within {text} range", "within one hour range", true, "text", "one hour" },
		{ "within {text} range", "within range", false, NULL, NULL },
		{ "said {text}", "said no more \r\nnext", true, "text", "no more" },
		{ "said {text} end", "said a\nb end", false, NULL, NULL },
		{ "a # b", "a 17 b", true, NULL, NULL },
		{ "a # b", "a x b", false, NULL, NULL },
		{ "a * b", "a quite long b", true, NULL, NULL },
		{ "a* b", "a b", true, NULL, NULL },
		{ "a * b", "a quite\nlong b", false, NULL, NULL },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_wildcard_takes_as_little_as_it_can(void **state)
{
	struct match_result r;

	(void)state;
	assert_true(match_phrase("from {text} to {text} end", SPAN("from a to b to c end end"),
				 &r) > 0);
	assert_int_equal(r.found_count, 2);
	assert_span(r.found[0].value, "a");
	assert_span(r.found[1].value, "b to c");
	assert_span(r.at, "from a to b to c end");
}

static void
four_values_are_found_in_order(void **state)
{
	struct match_result r;

	(void)state;
	assert_true(match_phrase("{ip} says {number} of {domain} {as}",
				 SPAN("x [192.0.2.7] says 12 of <example.com> (AS5)"), &r) > 0);
	assert_int_equal(r.found_count, 4);
	assert_span(r.found[0].value, "192.0.2.7");
	assert_span(r.found[1].value, "12");
	assert_span(r.found[2].value, "example.com");
	assert_span(r.found[3].value, "AS5");
}

static void
longer_phrases_count_more_literal_bytes(void **state)
{
	struct span text = SPAN("Sender was not authenticated by organization");

	(void)state;
	assert_int_equal(match_phrase("Sender was not authenticated", text, NULL), 28);
	assert_int_equal(match_phrase("Sender was not authenticated by organization", text, NULL),
			 44);
	/* what a placeholder stands for is no literal text */
	assert_int_equal(match_phrase("ip {ip}", SPAN("ip 192.0.2.7"), NULL), 3);
}

static void
a_wildcard_reaches_exactly_its_limit(void **state)
{
	char text[MATCH_MAX_TEXT + 16];

	(void)state;
	for (size_t gap = MATCH_MAX_TEXT - 1; gap <= MATCH_MAX_TEXT + 1; gap++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, "<", 1);
		memcpy(text + 1 + gap, ">", 1);
		assert_int_equal(match_phrase("<*>", span_make(text, gap + 2), NULL) > 0,
				 gap <= MATCH_MAX_TEXT);
		assert_int_equal(match_phrase("<{text}>", span_make(text, gap + 2), NULL) > 0,
				 gap <= MATCH_MAX_TEXT);
	}
}

static void
names_and_numbers_have_the_lengths_that_dns_and_smtp_allow(void **state)
{
	char text[1024];

	(void)state;
	for (int label = 63; label <= 64; label++) {
		snprintf(text, sizeof(text), "to %0*d.example", label, 0);
		assert_int_equal(match_phrase("to {domain}", span_of(text), NULL) > 0, label == 63);
	}
	for (int local = 256; local <= 257; local++) {
		snprintf(text, sizeof(text), "to %0*d@example.com", local, 0);
		assert_int_equal(match_phrase("to {address}", span_of(text), NULL) > 0,
				 local == 256);
	}
	for (int last = 51; last <= 52; last++) { /* 4 labels of 50 and 4 dots make 204 */
		snprintf(text, sizeof(text), "to %050d.%050d.%050d.%050d.x%0*d", 0, 0, 0, 0,
			 last - 1, 0);
		assert_int_equal(match_phrase("to {domain}", span_of(text), NULL) > 0, last == 51);
	}
}

static void
no_byte_is_special_in_the_text(void **state)
{
	char text[512];

	(void)state;
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	assert_int_equal(match_phrase("{ip} {domain} x", span_make(text, sizeof(text)), NULL), 0);
	memcpy(text + 100, " ok\0ok [\0] no", 13);
	assert_true(match_phrase("ok", span_make(text, sizeof(text)), NULL) > 0);
	assert_int_equal(match_phrase("ok {ip}", span_make(text, sizeof(text)), NULL), 0);
	assert_int_equal(match_phrase("ok", span_make(NULL, 0), NULL), 0);
}

static void
a_run_of_blanks_is_taken_from_its_first_one(void **state)
{
	struct span text = SPAN("mailbox \xc2\xa0\t is full");
	struct match_result result;

	(void)state;
	assert_true(match_phrase(" is full", text, &result) > 0);
	assert_ptr_equal(result.at.p, text.p + strlen("mailbox"));
	assert_true(match_phrase("mailbox* is full", text, &result) > 0);
	assert_true(match_phrase("* is full", text, &result) > 0);
	assert_ptr_equal(result.at.p, text.p);
	assert_true(match_phrase("mailbox {text} full", text, &result) > 0);
	assert_span(result.found[0].value, "is");
}

static void
a_later_search_knows_what_stands_in_front(void **state)
{
	static const struct {
		const char *phrase, *text;
		size_t from;
		int at; /* -1 = nowhere */
	} cases[] = {
		{ "expired", "expired", 0, 0 },
		{ "expired", "expired", 1, -1 },
		{ "expired", "expired", 7, -1 },
		{ "expired", "unexpired", 2, -1 },
		{ "expired", "unexpired, expired", 2, 11 },
		{ "user * gone", "user ann, user bob gone", 1, 10 },
		{ "a * b", "aa c b", 1, -1 },
		{ " is full", "mailbox \t is full", 8, -1 }, /* it stands at the first blank */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span text = span_of(cases[i].text);
		struct match_result r;
		bool found = match_find(cases[i].phrase, text, text.p + cases[i].from, &r);

		assert_int_equal(found ? r.at.p - text.p : -1, cases[i].at);
	}
}

struct hostile {
	const char *unit, *phrase;
	char text[LINEAR_TIMES * HOSTILE_SIZE];
};

static void
match_hostile(void *context, size_t size)
{
	struct hostile *hostile = context;

	for (size_t i = 0; i < size; i++)
		hostile->text[i] = hostile->unit[i % strlen(hostile->unit)];
	hostile->text[size - 2] = ' ';
	hostile->text[size - 1] = 'x';
	match_phrase(hostile->phrase, span_make(hostile->text, size), NULL);
}

/* Each text makes a careless matcher quadratic. */
static void
hostile_texts_cost_linear_time(void **state)
{
	static const char *const units[] = { "a",  "a ", "a@",    "1.",         "[",   "\"",
					     "a.", ":",  "from ", "from a to ", "AS(", " " };
	static const char *const phrases[] = { "{address} x",   "{ip} x",
					       "{domain} x",    "{as} x",
					       "a * a * a * x", "from {text} to {text} x",
					       "* x",           " x",
					       "{text} x" };
	static struct hostile hostile;
	char name[100];

	(void)state;
	for (size_t u = 0; u < COUNT(units); u++) {
		for (size_t p = 0; p < COUNT(phrases); p++) {
			hostile.unit = units[u];
			hostile.phrase = phrases[p];
			snprintf(name, sizeof(name), "\"%s\" in \"%s\"", phrases[p], units[u]);
			assert_linear(name, match_hostile, &hostile, HOSTILE_SIZE);
		}
	}
}

static void
no_word_runs_into_the_front_of_an_anchor(void **state)
{
	static const struct {
		const char *phrase, *anchor;
		bool whole;
	} cases[] = {
		{ "Mailbox  unavailable.", "mailbox unavailable", true },
		{ "over* quota exceeded", "quota exceeded", false },
		{ "over*quota is full", "is full", false },
		{ "over*quota-is full", "-is full", false },
		{ "limit of #kb exceeded", "limit of", false },
		{ "#kb, exceeded", ", exceeded", false },
		{ "{ip}_1: refused", ": refused", false },
		{ "AB*_102", "ab", false },
		{ "*word", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct match_anchor anchor = match_anchor(cases[i].phrase);

		assert_span(span_make(anchor.text, anchor.len), cases[i].anchor);
		assert_int_equal(anchor.whole, cases[i].whole);
	}
}

static void
a_malformed_phrase_is_told(void **state)
{
	(void)state;
	assert_null(match_check("plain"));
	assert_null(match_check("{ip} {domain} {as} {number} x"));
	assert_non_null(match_check("{ip} {ip} {ip} {ip} {ip} x"));
	assert_non_null(match_check("{ipv4} x"));
	assert_non_null(match_check("{} x"));
	assert_non_null(match_check("x {ip"));
	assert_non_null(match_check("x ip}"));
	assert_non_null(match_check(""));
	assert_non_null(match_check(" "));
	assert_non_null(match_check("{ip}"));
	assert_non_null(match_check("*"));
	assert_non_null(match_check("."));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_and_layout_do_not_matter),
		cmocka_unit_test(a_phrase_begins_and_ends_at_words),
		cmocka_unit_test(an_ip_is_an_ip),
		cmocka_unit_test(each_value_is_of_its_kind),
		cmocka_unit_test(a_wildcard_takes_as_little_as_it_can),
		cmocka_unit_test(four_values_are_found_in_order),
		cmocka_unit_test(longer_phrases_count_more_literal_bytes),
		cmocka_unit_test(a_wildcard_reaches_exactly_its_limit),
		cmocka_unit_test(names_and_numbers_have_the_lengths_that_dns_and_smtp_allow),
		cmocka_unit_test(no_byte_is_special_in_the_text),
		cmocka_unit_test(a_run_of_blanks_is_taken_from_its_first_one),
		cmocka_unit_test(a_later_search_knows_what_stands_in_front),
		cmocka_unit_test(hostile_texts_cost_linear_time),
		cmocka_unit_test(no_word_runs_into_the_front_of_an_anchor),
		cmocka_unit_test(a_malformed_phrase_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
