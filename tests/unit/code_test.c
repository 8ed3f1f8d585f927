/*
 * code_test - the code table: complete, well formed, and looked up as it should be
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM 16

static struct bounce_status
status_of(const char *text)
{
	struct bounce_status status;
	uint16_t smtp;

	assert_int_equal(code_parse(span_of(text), &status, &smtp), 0);
	return status;
}

static void
every_row_is_well_formed(void **state)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct bounce_row *r = &rows[i];
		char rule[200];

		snprintf(rule, sizeof(rule), "%s:%s", code_table_name(r->table), r->id);
		assert_string_equal(r->rule, rule);
		assert_true(r->low.detail <= r->detail_high);
		assert_true(r->cause[0] != '\0');
		assert_non_null(r->remedy);
		assert_non_null(r->note);
		assert_non_null(r->source);
		assert_true(r->reason <= BOUNCE_REASON_COUNT);
		if (r->phrase[0] != '\0')
			assert_null(match_check(r->phrase));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(rows[j].rule, r->rule);
	}
}

static void
no_row_blames_an_address_that_it_clears(void **state)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct bounce_row *r = &rows[i];

		if (r->disposition == BOUNCE_DISPOSITION_DEAD)
			assert_int_equal(r->bad, BOUNCE_BAD_YES);
		if (r->disposition == BOUNCE_DISPOSITION_DISABLE)
			assert_int_not_equal(r->bad, BOUNCE_BAD_NO);
		if (r->reason == BOUNCE_REASON_COUNT)
			assert_int_equal(r->disposition, BOUNCE_DISPOSITION_IGNORE);
	}
}

static void
rows_stand_in_the_order_of_their_codes(void **state)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	(void)state;
	for (size_t i = 1; i < count; i++) {
		const struct bounce_status *a = &rows[i - 1].low, *b = &rows[i].low;

		if (rows[i].table != rows[i - 1].table || a->class != b->class ||
		    rows[i].table == CODE_PROVIDER || rows[i].anywhere != rows[i - 1].anywhere)
			continue;
		if (rows[i].table == CODE_REPLY)
			fail_msg("two rows of reply %s", rows[i].id);
		assert_true(a->subject < b->subject ||
			    (a->subject == b->subject && a->detail <= b->detail) ||
			    a->subject == CODE_ANY || a->detail == CODE_ANY);
	}
}

static void
the_tables_hold_what_their_sources_list(void **state)
{
	size_t count, rows[CODE_TABLE_COUNT] = { 0 }, practice = 0;
	const struct bounce_row *row = code_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		rows[row[i].table]++;
		practice += strcmp(row[i].source, "practice") == 0;
	}
	assert_int_equal(rows[CODE_OPERATOR], 0);
	assert_int_equal(rows[CODE_PROVIDER], 432);
	assert_int_equal(rows[CODE_MICROSOFT], 205); /* seeds_test names the first 43 */
	assert_true(rows[CODE_PHRASE] > 1000);
	assert_int_equal(rows[CODE_STATUS] - practice, 93); /* 3 classes, 8 subjects, 82 codes */
	assert_int_equal(rows[CODE_REPLY], 59);
}

struct registry_case {
	const char *code;
	enum bounce_reason reason;
	enum bounce_bad bad;
	enum bounce_disposition disposition;
};

/* Written down apart from the table, so that a slip there is seen. */
static void
registered_codes_mean_what_their_rfc_says(void **state)
{
	static const struct registry_case cases[] = {
		{ "5.0.0", BOUNCE_REASON_UNCLASSIFIED, BOUNCE_BAD_UNKNOWN,
		  BOUNCE_DISPOSITION_DISABLE },
		{ "5.1.1", BOUNCE_REASON_NO_SUCH_USER, BOUNCE_BAD_YES, BOUNCE_DISPOSITION_DEAD },
		{ "5.1.2", BOUNCE_REASON_NO_SUCH_DOMAIN, BOUNCE_BAD_YES,
		  BOUNCE_DISPOSITION_DISABLE },
		{ "5.1.3", BOUNCE_REASON_BAD_ADDRESS_SYNTAX, BOUNCE_BAD_YES,
		  BOUNCE_DISPOSITION_DEAD },
		{ "5.1.6", BOUNCE_REASON_MAILBOX_MOVED, BOUNCE_BAD_YES, BOUNCE_DISPOSITION_DEAD },
		{ "5.1.7", BOUNCE_REASON_SENDER_CONFIG, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_OPERATOR },
		{ "5.1.8", BOUNCE_REASON_SENDER_CONFIG, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_OPERATOR },
		{ "5.1.10", BOUNCE_REASON_DOMAIN_NO_MAIL, BOUNCE_BAD_YES,
		  BOUNCE_DISPOSITION_DISABLE },
		{ "5.2.1", BOUNCE_REASON_MAILBOX_DISABLED, BOUNCE_BAD_UNKNOWN,
		  BOUNCE_DISPOSITION_DISABLE },
		{ "5.2.2", BOUNCE_REASON_MAILBOX_FULL, BOUNCE_BAD_NO, BOUNCE_DISPOSITION_BACK_OFF },
		{ "5.2.3", BOUNCE_REASON_MESSAGE_TOO_BIG, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_CONTENT },
		{ "5.3.4", BOUNCE_REASON_MESSAGE_TOO_BIG, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_CONTENT },
		{ "4.4.1", BOUNCE_REASON_CONNECTION_FAILED, BOUNCE_BAD_UNKNOWN,
		  BOUNCE_DISPOSITION_RETRY },
		{ "5.4.1", BOUNCE_REASON_CONNECTION_FAILED, BOUNCE_BAD_UNKNOWN,
		  BOUNCE_DISPOSITION_RETRY },
		{ "4.4.3", BOUNCE_REASON_DNS_FAILURE, BOUNCE_BAD_UNKNOWN,
		  BOUNCE_DISPOSITION_RETRY },
		{ "4.4.4", BOUNCE_REASON_DNS_FAILURE, BOUNCE_BAD_UNKNOWN,
		  BOUNCE_DISPOSITION_RETRY },
		{ "5.4.4", BOUNCE_REASON_NO_SUCH_DOMAIN, BOUNCE_BAD_YES,
		  BOUNCE_DISPOSITION_DISABLE },
		{ "5.4.6", BOUNCE_REASON_MAIL_LOOP, BOUNCE_BAD_UNKNOWN,
		  BOUNCE_DISPOSITION_DISABLE },
		{ "4.4.7", BOUNCE_REASON_EXPIRED, BOUNCE_BAD_UNKNOWN, BOUNCE_DISPOSITION_RETRY },
		{ "5.5.3", BOUNCE_REASON_TOO_MANY_RECIPIENTS, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_OPERATOR },
		{ "5.6.1", BOUNCE_REASON_CONTENT_REJECTED, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_CONTENT },
		{ "5.7.0", BOUNCE_REASON_UNCLASSIFIED, BOUNCE_BAD_NO, BOUNCE_DISPOSITION_OPERATOR },
		{ "5.7.1", BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_OPERATOR },
		{ "4.7.1", BOUNCE_REASON_GREYLISTED, BOUNCE_BAD_NO, BOUNCE_DISPOSITION_RETRY },
		{ "5.7.8", BOUNCE_REASON_AUTH_REQUIRED, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_OPERATOR },
		{ "5.7.17", BOUNCE_REASON_MAILBOX_MOVED, BOUNCE_BAD_YES, BOUNCE_DISPOSITION_DEAD },
		{ "5.7.23", BOUNCE_REASON_AUTH_FAILURE, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_OPERATOR },
		{ "5.7.25", BOUNCE_REASON_SENDER_CONFIG, BOUNCE_BAD_NO,
		  BOUNCE_DISPOSITION_OPERATOR },
		{ "5.7.30", BOUNCE_REASON_TLS_FAILURE, BOUNCE_BAD_NO, BOUNCE_DISPOSITION_OPERATOR },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct bounce_row *row;

		assert_true(code_find(CODE_STATUS, status_of(cases[i].code), &row, 1) > 0);
		if (row->reason != cases[i].reason || row->bad != cases[i].bad ||
		    row->disposition != cases[i].disposition)
			fail_msg("%s: %s", cases[i].code, row->id);
	}
}

static void
replies_mean_what_their_rfc_says(void **state)
{
	static const struct {
		uint16_t smtp;
		enum bounce_reason reason;
	} cases[] = {
		{ 250, BOUNCE_REASON_COUNT },        { 421, BOUNCE_REASON_SYSTEM_ERROR },
		{ 450, BOUNCE_REASON_GREYLISTED },   { 530, BOUNCE_REASON_AUTH_REQUIRED },
		{ 550, BOUNCE_REASON_UNCLASSIFIED }, { 551, BOUNCE_REASON_MAILBOX_MOVED },
		{ 552, BOUNCE_REASON_MAILBOX_FULL }, { 556, BOUNCE_REASON_DOMAIN_NO_MAIL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct bounce_row *row = code_find_reply(cases[i].smtp);

		assert_non_null(row);
		assert_int_equal(row->low.class, cases[i].smtp);
		assert_int_equal(row->reason, cases[i].reason);
	}
	assert_null(code_find_reply(0));
	assert_null(code_find_reply(599));
	assert_null(code_find_reply(CODE_ANY));
}

static void
an_own_code_wins_over_a_range_and_that_over_any(void **state)
{
	const struct bounce_row *rows[ROOM];
	size_t count = code_find(CODE_STATUS, status_of("4.7.1"), rows, ROOM);

	(void)state;
	assert_int_equal(count, 4);
	assert_string_equal(rows[0]->id, "4.7.1");
	assert_string_equal(rows[1]->id, "X.7.1");
	assert_string_equal(rows[2]->id, "X.7.X");
	assert_string_equal(rows[3]->id, "4.X.X");
	/* 4.7.26 is a code of its own below the range 4.7.500-699; the last row counts everywhere
	 */
	assert_int_equal(code_find(CODE_MICROSOFT, status_of("4.7.26"), rows, ROOM), 2);
	assert_string_equal(rows[0]->id, "4");
	assert_string_equal(rows[1]->id, "202");
}

static void
room_limits_what_is_given_not_what_is_counted(void **state)
{
	const struct bounce_row *rows[2] = { NULL, NULL };

	(void)state;
	assert_int_equal(code_find(CODE_STATUS, status_of("4.7.1"), rows, 1), 4);
	assert_string_equal(rows[0]->id, "4.7.1");
	assert_null(rows[1]);
	assert_int_equal(code_find(CODE_STATUS, status_of("4.7.1"), NULL, 0), 4);
	assert_int_equal(code_find(CODE_STATUS, (struct bounce_status){ 0 }, rows, 1), 0);
}

static void
ranges_include_both_ends_and_nothing_beyond(void **state)
{
	static const struct {
		const char *code, *id;
	} cases[] = {
		{ "4.7.499", NULL }, { "4.7.501", "5" },  { "4.7.600", "5" },  { "4.7.699", "5" },
		{ "4.7.701", NULL }, { "4.7.849", NULL }, { "4.7.850", "6" },  { "4.7.899", "6" },
		{ "4.7.900", NULL }, { "5.7.605", NULL }, { "5.7.606", "39" }, { "5.7.649", "39" },
		{ "5.7.650", NULL }, { "5.7.699", NULL }, { "5.7.700", "40" }, { "5.7.749", "40" },
		{ "5.7.751", NULL }, { "5.7.500", NULL }, { "4.7.606", "5" },  { "5.7.850", NULL },
	};
	const struct bounce_row *row;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t count = code_find(CODE_MICROSOFT, status_of(cases[i].code), &row, 1);

		assert_int_equal(count > 1, cases[i].id != NULL); /* 202 covers everything */
		if (cases[i].id != NULL)
			assert_string_equal(row->id, cases[i].id);
	}
}

static void
the_phrase_tells_the_rows_of_one_code_apart(void **state)
{
	static const struct {
		const char *text, *id;
	} cases[] = {
		{ "550 5.7.1 Delivery not authorized, message refused", "16" },
		{ "550 5.7.1 Unable to relay for kari@example.com", "17" },
		{ "530 5.7.1 Client was not authenticated", "18" },
		{ "550 5.7.1 client  was not\r\n authenticated", "18" },
		{ "550 5.7.1 Something else", NULL },
		{ "", NULL },
	};
	struct match_result match;
	const struct bounce_row *rows[ROOM], *row;

	(void)state;
	assert_int_equal(code_find(CODE_MICROSOFT, status_of("5.7.1"), rows, ROOM), 10);
	assert_null(code_common(rows, 3));
	for (size_t i = 0; i < COUNT(cases); i++) {
		row = code_pick(CODE_MICROSOFT, status_of("5.7.1"), span_of(cases[i].text), &match);
		assert_int_equal(row != NULL, cases[i].id != NULL);
		if (row != NULL)
			assert_string_equal(row->id, cases[i].id);
	}
	/* the phrase alone is not enough: it must come with its code */
	row = code_pick(CODE_MICROSOFT, status_of("5.7.2"), SPAN("Unable to relay"), &match);
	assert_null(row);
}

static void
of_several_phrases_the_longest_is_picked(void **state)
{
	static const struct {
		const char *text, *id;
	} cases[] = {
		{ "Unable to relay: Delivery not authorized: Client was not authenticated", "18" },
		{ "Unable to relay: Delivery not authorized", "16" },
		{ "Delivery not authorized: Unable to relay", "16" },
	};
	struct match_result match;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct bounce_row *row = code_pick(CODE_MICROSOFT, status_of("5.7.1"),
							 span_of(cases[i].text), &match);

		assert_string_equal(row->id, cases[i].id);
	}
}

static void
rows_that_disagree_have_nothing_in_common(void **state)
{
	struct bounce_row a = { .reason = BOUNCE_REASON_NO_SUCH_USER,
				.disposition = BOUNCE_DISPOSITION_DEAD,
				.bad = BOUNCE_BAD_YES };
	struct bounce_row b = a, c = a;
	const struct bounce_row *rows[] = { &a, &b, &c };

	(void)state;
	b.disposition = BOUNCE_DISPOSITION_DISABLE;
	c.disposition = BOUNCE_DISPOSITION_DISABLE;
	c.bad = BOUNCE_BAD_UNKNOWN;
	assert_null(code_common(rows, 0));
	assert_ptr_equal(code_common(rows, 1), &a);
	assert_ptr_equal(code_common(rows, 2), &b);
	assert_ptr_equal(code_common(rows, 3), &c);
	b.reason = BOUNCE_REASON_MAILBOX_DISABLED;
	assert_null(code_common(rows, 3));
}

static void
sparing_goes_by_disposition_then_by_blame(void **state)
{
	struct bounce_row a = { .disposition = BOUNCE_DISPOSITION_RETRY, .bad = BOUNCE_BAD_YES };
	struct bounce_row b = { .disposition = BOUNCE_DISPOSITION_DISABLE, .bad = BOUNCE_BAD_NO };

	(void)state;
	assert_true(code_spares(&a, &b));
	assert_false(code_spares(&b, &a));
	b.disposition = a.disposition;
	assert_true(code_spares(&b, &a));
	b.bad = BOUNCE_BAD_UNKNOWN;
	assert_true(code_spares(&b, &a));
	a.bad = BOUNCE_BAD_NO;
	assert_true(code_spares(&a, &b));
	b.bad = BOUNCE_BAD_NO;
	assert_false(code_spares(&a, &b));
}

static void
codes_are_read_as_people_type_them(void **state)
{
	static const struct {
		const char *text;
		uint16_t smtp, class, subject, detail;
	} cases[] = {
		{ "5.1.1", 0, 5, 1, 1 },
		{ " 5.1.1\n", 0, 5, 1, 1 },
		{ "#5.1.1", 0, 5, 1, 1 },
		{ "5.7.606-649", 0, 5, 7, 606 },
		{ "4.7.500\xe2\x80\x93"
		  "699",
		  0, 4, 7, 500 },
		{ "550", 550, 0, 0, 0 },
		{ "550 ", 550, 0, 0, 0 },
		{ "200", 200, 0, 0, 0 },
		{ "599", 599, 0, 0, 0 },
		{ "550 5.1.1", 550, 5, 1, 1 },
		{ "550-5.1.1", 550, 5, 1, 1 },
		{ "550 #5.1.1", 550, 5, 1, 1 },
		{ "451 4.7.500-699", 451, 4, 7, 500 },
		{ "2.0.0", 0, 2, 0, 0 },
	};
	static const char *const wrong[] = { "",         "x",          "199",     "600",
					     "5",        "5.",         "5.1",     "5.1.",
					     "5.1.x",    "3.1.1",      "6.1.1",   "5.1.1.1",
					     "5.1.1 x",  "5.1.1-",     "550x",    "550 x",
					     "550 550",  "5.7.9-1",    "#",       "5.1.1-x",
					     "5.1.1000", "5.7.1-1000", "55 5.1.1" };
	struct bounce_status status;
	uint16_t smtp;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (code_parse(span_of(cases[i].text), &status, &smtp) != 0)
			fail_msg("\"%s\" is not understood", cases[i].text);
		assert_int_equal(smtp, cases[i].smtp);
		assert_int_equal(status.class, cases[i].class);
		assert_int_equal(status.subject, cases[i].subject);
		assert_int_equal(status.detail, cases[i].detail);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (code_parse(span_of(wrong[i]), &status, &smtp) == 0)
			fail_msg("\"%s\" is taken for a code", wrong[i]);
		assert_int_equal(status.class, 0);
		assert_int_equal(smtp, 0);
	}
}

static void
no_code_has_more_rows_than_are_looked_at(void **state)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct bounce_status status = rows[i].low;

		if (status.class == CODE_ANY || rows[i].table == CODE_REPLY)
			status.class = 5;
		if (status.subject == CODE_ANY || status.detail == CODE_ANY)
			continue;
		assert_true(code_find(CODE_MICROSOFT, status, NULL, 0) <= CODE_MAX_COVERING);
		assert_true(code_find(CODE_STATUS, status, NULL, 0) <= CODE_MAX_COVERING);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_well_formed),
		cmocka_unit_test(no_row_blames_an_address_that_it_clears),
		cmocka_unit_test(rows_stand_in_the_order_of_their_codes),
		cmocka_unit_test(the_tables_hold_what_their_sources_list),
		cmocka_unit_test(registered_codes_mean_what_their_rfc_says),
		cmocka_unit_test(replies_mean_what_their_rfc_says),
		cmocka_unit_test(an_own_code_wins_over_a_range_and_that_over_any),
		cmocka_unit_test(room_limits_what_is_given_not_what_is_counted),
		cmocka_unit_test(ranges_include_both_ends_and_nothing_beyond),
		cmocka_unit_test(the_phrase_tells_the_rows_of_one_code_apart),
		cmocka_unit_test(of_several_phrases_the_longest_is_picked),
		cmocka_unit_test(rows_that_disagree_have_nothing_in_common),
		cmocka_unit_test(sparing_goes_by_disposition_then_by_blame),
		cmocka_unit_test(codes_are_read_as_people_type_them),
		cmocka_unit_test(no_code_has_more_rows_than_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
