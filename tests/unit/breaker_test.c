/*
 * breaker_test - are so many failures at once the addresses' fault?
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "breaker.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	enum breaker_kind kind;
	struct breaker_counts counts;
	bool trips;
};

static void
assert_rows(const struct row *row, size_t count)
{
	struct breaker_limits limits = breaker_limits_default();

	for (size_t i = 0; i < count; i++) {
		if (breaker_trips(row[i].kind, &row[i].counts, &limits) != row[i].trips)
			fail_msg("row %zu", i);
	}
	limits.hold = false;
	for (size_t i = 0; i < count; i++)
		assert_false(breaker_trips(row[i].kind, &row[i].counts, &limits));
}

static void
a_share_of_those_mailed_decides_where_it_is_known(void **state)
{
	static const struct row row[] = {
		{ BREAKER_DOMAIN, { .failed = 20, .all = 20, .mailed = 40 }, false },
		{ BREAKER_DOMAIN, { .failed = 21, .all = 21, .mailed = 40 }, true },
		{ BREAKER_DOMAIN, { .failed = 30, .all = 30, .mailed = 299 }, true },
		{ BREAKER_DOMAIN, { .failed = 30, .all = 30, .mailed = 300 }, false },
		{ BREAKER_LIST, { .failed = 51, .all = 51, .mailed = 1000 }, true },
		{ BREAKER_LIST, { .failed = 50, .all = 50, .mailed = 1000 }, false },
		{ BREAKER_LIST, { .failed = 20, .all = 20, .mailed = 100 }, false },
	};

	(void)state;
	assert_rows(row, COUNT(row));
}

static void
a_surge_is_so_many_times_what_is_usual(void **state)
{
	static const struct row row[] = {
		{ BREAKER_DOMAIN, { 50, 50, 0, 10, 10, true }, false },
		{ BREAKER_DOMAIN, { 51, 51, 0, 10, 10, true }, true },
		/* never failed before */
		{ BREAKER_DOMAIN, { 20, 20, 0, 0, 0, true }, false },
		{ BREAKER_DOMAIN, { 21, 21, 0, 0, 0, true }, true },
		/* all others grew tenfold as well */
		{ BREAKER_DOMAIN, { 500, 600, 0, 10, 20, true }, false },
		{ BREAKER_DOMAIN, { 501, 601, 0, 10, 20, true }, true },
		{ BREAKER_MTA, { 51, 51, 0, 10, 10, true }, true },
		{ BREAKER_TEXT, { 50, 50, 0, 0, 0, true }, false },
		{ BREAKER_TEXT, { 51, 51, 0, 0, 0, true }, true },
		{ BREAKER_LIST, { 51, 51, 0, 10, 10, true }, true },
		/* perhaps a new list */
		{ BREAKER_LIST, { 51, 51, 0, 0, 10, true }, false },
	};

	(void)state;
	assert_rows(row, COUNT(row));
}

static void
while_nothing_is_usual_more_than_half_of_all_decides(void **state)
{
	static const struct row row[] = {
		{ BREAKER_DOMAIN, { .failed = 21, .all = 41 }, true },
		{ BREAKER_DOMAIN, { .failed = 21, .all = 42 }, false },
		{ BREAKER_MTA, { .failed = 21, .all = 41 }, true },
		{ BREAKER_LIST, { .failed = 200, .all = 200 }, false },
		{ BREAKER_TEXT, { .failed = 200, .all = 200 }, false },
	};

	(void)state;
	assert_rows(row, COUNT(row));
}

static void
counts_of_any_size_are_compared(void **state)
{
	static const struct row row[] = {
		{ BREAKER_DOMAIN, { .failed = UINT64_MAX, .all = UINT64_MAX }, true },
		{ BREAKER_LIST,
		  { .failed = UINT64_MAX, .all = UINT64_MAX, .mailed = UINT64_MAX },
		  true },
		{ BREAKER_DOMAIN, { UINT64_MAX, 0, 0, UINT64_MAX, UINT64_MAX, true }, false },
	};

	(void)state;
	assert_rows(row, COUNT(row));
}

static void
a_host_is_run_under_a_domain(void **state)
{
	static const char *const row[][2] = {
		{ "gmail-smtp-in.l.google.example", "google.example" },
		{ "google.example", "google.example" },
		{ "mx.shop.example.", "shop.example" },
		{ "mx1.post.co.uk", "post.co.uk" },
		{ "post.co.uk", "post.co.uk" },
		{ "co.uk", "co.uk" },
		{ "mx.post.de", "post.de" },
		{ "localhost", "" },
		{ "192.0.2.7", "" },
		{ "[192.0.2.7]", "" },
		{ "2001:db8::7", "" },
		{ "mx example.com", "" },
		{ ".", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		struct span site = breaker_site(span_of(row[i][0]));

		if (!span_eq(site, span_of(row[i][1])))
			fail_msg("%s: %.*s", row[i][0], (int)span_len(site), site.p);
	}
}

static void
a_text_loses_what_differs_from_address_to_address(void **state)
{
	static const char *const row[][2] = {
		{ "550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown",
		  "550 5.1.1 # recipient address rejected user unknown" },
		{ "550-5.1.1 The mailbox ANN does not exist",
		  "550-5.1.1 the mailbox # does not exist" },
		{ "No such user ann here, id 7f3a 99 z1", "no such user # here id #" },
		{ "See https://example.com/q?ip=192.0.2.7 for more.", "see https # for more." },
		{ "no mailbox by that name.", "no mailbox by that name." },
		{ "a b c d 550 e", "a b c d # e" },
		{ "kein Empf\xc3\xa4nger\x01", "kein empf??nger" },
		{ " \t\r\n", "" },
		{ "", "" },
	};
	char out[BREAKER_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		size_t length = breaker_text(span_of(row[i][0]), SPAN("ann@example.com"), out);

		if (!span_eq(span_make(out, length), span_of(row[i][1])))
			fail_msg("%s: %.*s", row[i][0], (int)length, out);
	}
}

static void
a_long_text_is_compared_as_far_as_its_limit(void **state)
{
	char text[3 * BREAKER_TEXT_SIZE + 1], out[BREAKER_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : ' ';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(breaker_text(span_of(text), SPAN(""), out), BREAKER_TEXT_SIZE);
	text[BREAKER_TEXT_SIZE - 1] = '\0';
	assert_int_equal(breaker_text(span_of(text), SPAN(""), out), BREAKER_TEXT_SIZE - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_of_those_mailed_decides_where_it_is_known),
		cmocka_unit_test(a_surge_is_so_many_times_what_is_usual),
		cmocka_unit_test(while_nothing_is_usual_more_than_half_of_all_decides),
		cmocka_unit_test(counts_of_any_size_are_compared),
		cmocka_unit_test(a_host_is_run_under_a_domain),
		cmocka_unit_test(a_text_loses_what_differs_from_address_to_address),
		cmocka_unit_test(a_long_text_is_compared_as_far_as_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
