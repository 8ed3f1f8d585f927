/*
 * store_view_test - what people see: views and named queries
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include <time.h>

/* Views. */

static void
suppressed_lists_who_must_not_be_mailed_now(void **state)
{
	int64_t now = (int64_t)time(NULL);
	const struct {
		enum bounce_state state;
		int64_t until;
		bool want;
	} row[] = {
		{ BOUNCE_STATE_OK, 0, false },
		{ BOUNCE_STATE_BACKOFF, now + 100, true },
		{ BOUNCE_STATE_BACKOFF, now - 1, false },
		{ BOUNCE_STATE_SUSPENDED, now + 100, true },
		{ BOUNCE_STATE_SUSPENDED, now - 1, false },
		{ BOUNCE_STATE_SUSPENDED, 0, true },
		{ BOUNCE_STATE_DEAD, 0, true },
		{ BOUNCE_STATE_COMPLAINED, 0, true },
		{ BOUNCE_STATE_PINNED_OK, 0, false },
		{ BOUNCE_STATE_PINNED_DEAD, 0, true },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample s;
		char address[40], sql[200];

		snprintf(address, sizeof(address), "user%zu@example.com", i);
		make_sample(&s, address);
		s.transition.next.state = row[i].state;
		s.transition.next.until = row[i].until;
		add_sample(p, &s, (unsigned char)('a' + i));
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM suppressed WHERE address = '%s'",
			 address);
		assert_sql(p, sql, row[i].want ? "1" : "0");
		snprintf(sql, sizeof(sql),
			 "SELECT mailable FROM recipient_status WHERE address = '%s'", address);
		assert_sql(p, sql, row[i].want ? "no" : "yes");
	}
}

static void
dead_is_confirmed_by_word_or_by_quiet(void **state)
{
	int64_t now = (int64_t)time(NULL);
	const struct {
		enum bounce_state state;
		int64_t gone_at, confirmed_at;
		const char *want;
	} row[] = {
		{ BOUNCE_STATE_DEAD, now, 0, "no" },
		{ BOUNCE_STATE_DEAD, now, now, "yes" },
		{ BOUNCE_STATE_DEAD, now - 14 * DAY + 60, 0, "no" },
		{ BOUNCE_STATE_DEAD, now - 14 * DAY, 0, "yes" },
		{ BOUNCE_STATE_DEAD, 0, 0, "no" },
		{ BOUNCE_STATE_PINNED_DEAD, now - 20 * DAY, 0, "no" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample s;

		make_sample(&s, "ann@example.com");
		s.transition.next.state = row[i].state;
		s.transition.next.gone_at = row[i].gone_at;
		s.transition.next.confirmed_at = row[i].confirmed_at;
		add_sample(p, &s, (unsigned char)('a' + i));
		assert_sql(p, "SELECT confirmed FROM suppressed", row[i].want);
		assert_sql(p, "SELECT confirmed FROM recipient_status", row[i].want);
	}
}

static void
the_quiet_time_is_the_configurations(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.transition.next.gone_at = (int64_t)time(NULL) - 2 * DAY;
	add_sample(p, &s, 'a');
	assert_sql(p, "SELECT confirmed FROM suppressed", "no");
	ok(store_setting(p->store, "confirm_quiet", DAY));
	assert_sql(p, "SELECT confirmed FROM suppressed", "yes");
	ok(store_setting(p->store, "confirm_quiet", 3 * DAY));
	assert_sql(p, "SELECT confirmed FROM suppressed", "no");
}

static void
recent_event_gives_the_newest_first(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "bob@example.com");
	add_sample(p, &s, 'b');
	assert_sql(p,
		   "SELECT time, folder, uid, address, code, reason, rule, state FROM recent_event",
		   "2026-09-21T14:13:20Z|lists/INBOX|98|bob@example.com|5.1.1|no-such-user|"
		   "registry:X.1.1|dead\n"
		   "2026-09-21T14:13:20Z|lists/INBOX|97|ann@example.com|5.1.1|no-such-user|"
		   "registry:X.1.1|dead");
	assert_sql(p, "SELECT uid FROM recent_event WHERE address = 'ann@example.com'", "97");
}

static void
bounce_rate_counts_by_day_and_domain(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "bob@example.com");
	s.verdict.severity = BOUNCE_SEVERITY_SOFT;
	s.verdict.reason = BOUNCE_REASON_MAILBOX_FULL;
	add_sample(p, &s, 'b');
	make_sample(&s, "cy@example.com");
	s.verdict.severity = BOUNCE_SEVERITY_NONE;
	add_sample(p, &s, 'c');
	make_sample(&s, "dan@contoso.com");
	add_sample(p, &s, 'd');
	assert_sql(p, "SELECT * FROM bounce_rate ORDER BY domain",
		   "2026-09-21|contoso.com|1|1|0\n2026-09-21|example.com|3|1|1");
}

/* Queries for people. */

struct rows {
	struct buf text;
	int stop_after; /* 0 = never */
	int seen;
};

static bool
keep_row(void *context, int columns, const char *const *names, const char *const *values)
{
	struct rows *rows = context;

	(void)names;
	(void)columns;
	buf_addf(&rows->text, "%s ", values[0] == NULL ? "-" : values[0]);
	return ++rows->seen != rows->stop_after;
}

static void
lists_are_filtered_and_ordered(void **state)
{
	static const struct {
		const char *const parameter[8];
		int stop_after;
		const char *want;
	} row[] = {
		{ { NULL }, 0, "ann@example.com bob@contoso.com cy@example.com " },
		{ { NULL }, 2, "ann@example.com bob@contoso.com " },
		{ { "state", "dead", NULL }, 0, "ann@example.com bob@contoso.com " },
		{ { "domain", "example.com", NULL }, 0, "ann@example.com cy@example.com " },
		{ { "domain", "example.com", "state", "dead", NULL }, 0, "ann@example.com " },
		{ { "reason", "mailbox-full", NULL }, 0, "cy@example.com " },
		{ { "reason", "mailbox-full", "state", "dead", NULL }, 0, "" },
		{ { "reason", NULL, "state", NULL, "domain", NULL, NULL }, 1, "ann@example.com " },
		{ { "state", "' OR 1 --", NULL }, 0, "" },
	};
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "cy@example.com");
	s.transition.next.state = BOUNCE_STATE_BACKOFF;
	s.transition.next.reason = BOUNCE_REASON_MAILBOX_FULL;
	add_sample(p, &s, 'a');
	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'b');
	make_sample(&s, "bob@contoso.com");
	add_sample(p, &s, 'c');
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { .stop_after = row[i].stop_after };

		int seen =
			store_query(p->store, "recipient_list", row[i].parameter, keep_row, &rows);

		assert_int_equal(seen, rows.seen);
		assert_string_equal(buf_str(&rows.text), row[i].want);
		buf_free(&rows.text);
	}
}

static void
show_finds_an_address_in_any_letters(void **state)
{
	static const struct {
		const char *address;
		int want;
	} row[] = {
		{ "Ann@example.com", 1 },
		{ "Ann@EXAMPLE.com", 1 },
		{ "aNN@example.com", 1 },
		{ "Ann@example.org", 0 },
		{ "Ann", 0 },
		{ "", 0 },
		{ "@", 0 },
		{ "\"a@b\"@ExAmPlE.com", 1 },
		{ "\"A@b\"@example.com", 1 },
		{ "Ann_@example.com", 0 },
	};
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "Ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "\"a@b\"@example.com");
	add_sample(p, &s, 'b');
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { 0 };
		const char *const parameter[] = { "address", row[i].address, NULL };

		assert_int_equal(
			store_query(p->store, "recipient_show", parameter, keep_row, &rows),
			row[i].want);
		buf_free(&rows.text);
	}
}

static void
history_is_newest_first_and_limited(void **state)
{
	static const struct {
		const char *limit;
		int want;
	} row[] = { { NULL, 3 }, { "2", 2 }, { "0", 0 }, { "10", 3 } };
	struct place *p = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct sample s;

		make_sample(&s, "ann@example.com");
		add_sample(p, &s, (unsigned char)('a' + i));
	}
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { 0 };
		const char *const parameter[] = { "address", "ann@example.com", "limit",
						  row[i].limit, NULL };

		assert_int_equal(
			store_query(p->store, "recipient_history", parameter, keep_row, &rows),
			row[i].want);
		buf_free(&rows.text);
	}
}

static void
statistics_agree_with_what_was_written(void **state)
{
	static const struct {
		const char *query, *want;
	} row[] = {
		{ "stats_states", "dead ok " },
		{ "stats_reasons", "no-such-user " },
		{ "stats_kinds", "bounce unreadable " },
		{ "stats_messages", "lists " },
		{ "stats_moves_pending", "lists " },
		{ "stats_alerts", "2026-09-21 " },
		{ "stats_outbox", "tell " },
	};
	struct place *p = *state;
	struct sample s;
	bool first;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "bob@example.com");
	s.transition.next.state = BOUNCE_STATE_OK;
	add_sample(p, &s, 'b');
	add_message(p, open_folder(p, "INBOX", 1), 1000, 'c', "Review");
	ok(store_alert(p->store, BOUNCE_REASON_IP_BLOCKED, SPAN("example.com"), NOW, &first));
	ok(store_outbox_add(p->store, "tell", 0, SPAN("{}"), NOW));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { 0 };

		ok(store_query(p->store, row[i].query, NULL, keep_row, &rows));
		assert_string_equal(buf_str(&rows.text), row[i].want);
		buf_free(&rows.text);
	}
}

static void
unsubscribe_names_who_blocks_our_mail_unless_that_was_taken_back(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.transition.event = BOUNCE_EVENT_UNWANTED;
	add_sample(p, &s, 1);
	add_sample(p, &s, 2);
	make_sample(&s, "bob@example.com");
	add_sample(p, &s, 3);
	assert_sql(p, "SELECT address, list FROM unsubscribe", "ann@example.com|-");
	assert_int_equal(run_by_hand(p, "INSERT INTO operation VALUES (1, 1, 'k', 'undo', '', ''); "
					"INSERT INTO undone (transition, operation) VALUES (1, 1), "
					"(2, 1)"),
			 SQLITE_OK);
	assert_sql(p, "SELECT address FROM unsubscribe", "");
}

static void
a_list_s_own_quiet_confirms_its_own_standings(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 1);
	assert_int_equal(
		run_by_hand(p,
			    "UPDATE recipient SET gone_at = unixepoch() - 3 * 86400; "
			    "INSERT INTO recipient SELECT address, 'a.example.com', domain, state, "
			    "reason, since, until, level, score, scored_at, strike_day, gone_at, "
			    "confirmed_at, day_strike, paused_at, full_day, last_event, 0, NULL, "
			    "NULL, 0, NULL, NULL FROM recipient"),
		SQLITE_OK);
	ok(store_list_setting(p->store, "A.example.com", 2 * DAY));
	assert_sql(p, "SELECT list, confirmed FROM suppressed ORDER BY list",
		   "-|no\na.example.com|yes");
	ok(store_list_settings_clear(p->store));
	assert_sql(p, "SELECT DISTINCT confirmed FROM recipient_status", "no");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(suppressed_lists_who_must_not_be_mailed_now),
		on_a_file(dead_is_confirmed_by_word_or_by_quiet),
		on_a_file(the_quiet_time_is_the_configurations),
		on_a_file(recent_event_gives_the_newest_first),
		on_a_file(a_list_s_own_quiet_confirms_its_own_standings),
		on_a_file(unsubscribe_names_who_blocks_our_mail_unless_that_was_taken_back),
		on_a_file(bounce_rate_counts_by_day_and_domain),
		on_a_file(lists_are_filtered_and_ordered),
		on_a_file(show_finds_an_address_in_any_letters),
		on_a_file(history_is_newest_first_and_limited),
		on_a_file(statistics_agree_with_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
