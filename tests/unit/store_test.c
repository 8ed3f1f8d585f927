/*
 * store_test - what is written is there, once, as it was given
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include <limits.h>

#include "log.h"

/* Messages. */

static void
the_same_uid_is_known_and_changes_nothing(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);

	assert_int_equal(add_message(p, folder, 7, 'a', "Done"), STORE_NEW);
	assert_int_equal(add_message(p, folder, 7, 'a', "Elsewhere"), STORE_KNOWN);
	assert_sql(p, "SELECT uid, target, duplicate_of FROM message", "7|Done|-");
	assert_sql(p, "SELECT sum(messages), sum(duplicates) FROM tally", "1|0");
}

static void
the_same_bytes_are_a_duplicate_of_the_first_everywhere(void **state)
{
	struct place *p = *state;

	assert_int_equal(add_message(p, open_folder(p, "INBOX", 1), 7, 'a', "Done"), STORE_NEW);
	assert_int_equal(add_message(p, open_folder(p, "INBOX", 1), 8, 'a', "Done"),
			 STORE_DUPLICATE);
	assert_int_equal(add_message(p, open_folder(p, "Other", 1), 7, 'a', "Done"),
			 STORE_DUPLICATE);
	assert_int_equal(add_message(p, open_folder(p, "INBOX", 2), 7, 'a', "Done"),
			 STORE_DUPLICATE);
	assert_int_equal(add_message(p, open_folder(p, "INBOX", 2), 8, 'b', "Done"), STORE_NEW);
	assert_sql(p, "SELECT id, duplicate_of FROM message ORDER BY id",
		   "1|-\n2|1\n3|1\n4|1\n5|-");
}

/* The index has the beginnings only. */
static void
bytes_whose_fingerprint_only_begins_alike_are_no_duplicate(void **state)
{
	struct place *p = *state;
	struct store_message message = {
		.folder = open_folder(p, "INBOX", 1), .uid = 1, .size = 1000, .time = NOW
	};
	enum store_seen seen;
	int64_t id;

	for (unsigned char last = 0; last < 3; last++) {
		message.uid++;
		message.fingerprint[STORE_FINGERPRINT - 1] = last;
		ok(store_message_add(p->store, &message, &seen, &id));
		assert_int_equal(seen, STORE_NEW);
	}
	message.uid++;
	ok(store_message_add(p->store, &message, &seen, &id));
	assert_int_equal(seen, STORE_DUPLICATE);
	assert_sql(p, "SELECT duplicate_of FROM message ORDER BY id", "-\n-\n-\n3");
}

static void
a_folder_goes_forward_only_and_lives_per_uidvalidity(void **state)
{
	struct place *p = *state;
	struct store_folder folder;
	int64_t first = open_folder(p, "INBOX", UINT32_MAX);

	ok(store_folder_advance(p->store, first, 100));
	ok(store_folder_advance(p->store, first, 50));
	ok(store_folder_open(p->store, "lists", "INBOX", UINT32_MAX, &folder));
	assert_int_equal(folder.id, first);
	assert_int_equal(folder.last_uid, 100);
	ok(store_folder_advance(p->store, first, UINT32_MAX));
	ok(store_folder_open(p->store, "lists", "INBOX", UINT32_MAX, &folder));
	assert_int_equal(folder.last_uid, UINT32_MAX);
	ok(store_folder_open(p->store, "lists", "INBOX", 2, &folder));
	assert_int_not_equal(folder.id, first);
	assert_int_equal(folder.last_uid, 0);
}

static void
a_rollback_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct sample s;
	bool first;

	make_sample(&s, "ann@example.com");
	ok(store_begin(p->store));
	add_sample(p, &s, 'a');
	ok(store_alert(p->store, BOUNCE_REASON_IP_BLOCKED, SPAN("contoso.com"), NOW, &first));
	ok(store_outbox_add(p->store, "tell", 0, SPAN("{}"), NOW));
	store_rollback(p->store);
	store_rollback(p->store); /* without a transaction: nothing */
	assert_sql(p,
		   "SELECT (SELECT count(*) FROM folder), (SELECT count(*) FROM message), "
		   "(SELECT count(*) FROM event), (SELECT count(*) FROM transition), "
		   "(SELECT count(*) FROM recipient), (SELECT count(*) FROM alert), "
		   "(SELECT count(*) FROM outbox), (SELECT count(*) FROM tally), "
		   "(SELECT count(*) FROM daily)",
		   "0|0|0|0|0|0|0|0|0");
}

static void
a_size_that_no_number_holds_is_no_reason_to_stop(void **state)
{
	struct place *p = *state;
	struct store_message message = { .folder = open_folder(p, "INBOX", 1),
					 .uid = UINT32_MAX,
					 .size = UINT64_MAX,
					 .time = NOW };
	enum store_seen seen;
	int64_t id;

	ok(store_message_add(p->store, &message, &seen, &id));
	assert_sql(p, "SELECT uid, size, kind FROM message",
		   "4294967295|9223372036854775807|unreadable");
}

/* Standings. */

static void
an_address_never_heard_of_is_all_zero(void **state)
{
	static const struct bounce_standing zero;
	struct place *p = *state;
	struct bounce_standing got;

	memset(&got, 0xff, sizeof(got));
	ok(store_standing(p->store, general(SPAN("nobody@example.com")), &got));
	assert_int_equal(got.state, zero.state);
	assert_int_equal(got.reason, zero.reason);
	assert_int_equal(got.since | got.until | got.scored_at | got.strike_day | got.gone_at |
				 got.confirmed_at,
			 0);
	assert_int_equal(got.level | got.score, 0);
}

static void
a_standing_comes_back_as_it_was_written(void **state)
{
	const struct bounce_standing want = {
		.state = BOUNCE_STATE_SUSPENDED,
		.reason = BOUNCE_REASON_UNCLASSIFIED,
		.since = NOW,
		.until = INT64_MAX,
		.level = UINT_MAX,
		.score = UINT_MAX,
		.scored_at = NOW + 1,
		.strike_day = NOW / DAY,
		.gone_at = NOW + 2,
		.confirmed_at = NOW + 3,
		.day_strike = UINT_MAX - 1,
		.paused_at = NOW + 4,
		.full_day = NOW / DAY - 1,
	};
	struct place *p = *state;
	struct bounce_standing got;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.transition.next = want;
	add_sample(p, &s, 'a');
	assert_int_equal(store_standing(p->store, general(SPAN("ann@example.com")), &got), 1);
	assert_int_equal(got.state, want.state);
	assert_int_equal(got.reason, want.reason);
	assert_int_equal(got.since, want.since);
	assert_int_equal(got.until, want.until);
	assert_int_equal(got.level, want.level);
	assert_int_equal(got.score, want.score);
	assert_int_equal(got.scored_at, want.scored_at);
	assert_int_equal(got.strike_day, want.strike_day);
	assert_int_equal(got.gone_at, want.gone_at);
	assert_int_equal(got.confirmed_at, want.confirmed_at);
	assert_int_equal(got.day_strike, want.day_strike);
	assert_int_equal(got.paused_at, want.paused_at);
	assert_int_equal(got.full_day, want.full_day);
}

static void
nonsense_in_the_database_is_told_and_not_used(void **state)
{
	static const char *const damage[] = {
		"UPDATE recipient SET state = 'asleep'",
		"UPDATE recipient SET state = 'dead', reason = 'bad luck'",
		"UPDATE recipient SET state = 'dead', reason = 'expired', level = 4294967296",
		"UPDATE recipient SET level = 0, until = -1",
	};
	struct place *p = *state;
	struct bounce_standing got;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		assert_int_equal(run_by_hand(p, damage[i]), SQLITE_OK);
		assert_int_equal(store_standing(p->store, general(SPAN("ann@example.com")), &got),
				 -1);
		assert_non_null(strstr(store_error(p->store), "restore a backup"));
	}
}

static void
a_report_that_never_counted_leaves_no_reason(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.transition.event = BOUNCE_EVENT_NOTE;
	s.transition.next = (struct bounce_standing){ 0 };
	s.transition.strike = 0;
	add_sample(p, &s, 'a');
	assert_sql(p, "SELECT address, state, reason, since, mailable FROM recipient_status",
		   "ann@example.com|ok|-|-|yes");
}

static void
struck_means_this_address_and_this_mailing(void **state)
{
	static const struct {
		const char *address, *mailing;
		bool want;
	} row[] = {
		{ "ann@example.com", "one@example.com", true },
		{ "ann@example.com", "two@example.com", false },
		{ "ann@example.com", "", false },
		{ "bob@example.com", "one@example.com", false },
		{ "Ann@example.com", "one@example.com", true },
		{ "ann@example.com", "ONE@example.com", false },
		{ "note@example.com", "one@example.com", false },
		{ "light@example.com", "one@example.com", true },
		{ "pause@example.com", "one@example.com", true },
	};
	struct place *p = *state;
	struct sample s;
	bool got;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "note@example.com");
	s.transition.event = BOUNCE_EVENT_NOTE;
	s.transition.strike = 0;
	s.transition.speaks = false;
	add_sample(p, &s, 'b');
	make_sample(&s, "light@example.com");
	s.transition.event = BOUNCE_EVENT_STRIKE;
	s.transition.strike = 1;
	add_sample(p, &s, 'c');
	make_sample(&s, "pause@example.com");
	s.transition.event = BOUNCE_EVENT_PAUSE;
	s.transition.strike = 0;
	add_sample(p, &s, 'd');
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct store_mailing mailing = { span_of(row[i].mailing), NOW - NOW % DAY + DAY };

		ok(store_struck(p->store, general(span_of(row[i].address)), &mailing, &got));
		assert_int_equal(got, row[i].want);
		mailing.time--; /* the same day */
		ok(store_struck(p->store, general(span_of(row[i].address)), &mailing, &got));
		assert_false(got);
	}
}

static void
one_mailbox_has_one_standing_in_any_letters(void **state)
{
	struct place *p = *state;
	struct bounce_standing standing;
	struct sample s;

	make_sample(&s, "Ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'b');
	assert_sql(p, "SELECT address FROM recipient", "Ann@example.com");
	assert_sql(p, "SELECT address FROM event ORDER BY id", "Ann@example.com\nann@example.com");
	assert_sql(p, "SELECT count(*) FROM suppressed WHERE address = 'ANN@example.com'", "1");
	assert_int_equal(store_standing(p->store, general(SPAN("aNN@example.com")), &standing), 1);
	assert_int_not_equal(standing.since, 0);
}

/* The ledger. */

static void
an_event_keeps_what_was_said_and_where(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.recipient.original = SPAN("ann@example.com");
	s.recipient.final = SPAN("a.n@contoso.com");
	s.recipient.stage = BOUNCE_STAGE_RCPT;
	add_sample(p, &s, 'a');
	assert_sql(
		p,
		"SELECT number, time, address, domain, original, final, action, status, smtp, "
		"diagnostic, remote_mta, stage FROM event",
		"0|1790000000|ann@example.com|example.com|ann@example.com|a.n@contoso.com|failed|"
		"5.1.1|550|550 5.1.1 no such user|mx.contoso.com|rcpt");
	assert_sql(
		p,
		"SELECT reason, severity, bad, effect, fixer, disposition, rule, why, status_part, "
		"status_line, diagnostic_part, diagnostic_line FROM event",
		"no-such-user|hard|yes|unknown|-|dead|registry:X.1.1|The mailbox does not exist.|"
		"2|14|-|-");
	assert_sql(p,
		   "SELECT event, address, mailing, cause, from_state, to_state, strike, score, "
		   "until, "
		   "operator_rule, why FROM transition",
		   "1|ann@example.com|one@example.com|gone|ok|dead|500|0|-|-|"
		   "Gone at the first word.");
}

static void
the_ledger_is_append_only(void **state)
{
	static const char *const attempt[] = { "UPDATE event SET reason = 'expired'",
					       "DELETE FROM event",
					       "UPDATE transition SET to_state = 'ok'",
					       "DELETE FROM transition",
					       "INSERT OR REPLACE INTO event SELECT * FROM event" };
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	for (size_t i = 0; i < sizeof(attempt) / sizeof(attempt[0]); i++)
		(void)run_by_hand(p, attempt[i]);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(run_by_hand(p, attempt[i]), SQLITE_CONSTRAINT);
	assert_sql(p, "SELECT reason FROM event", "no-such-user");
	assert_sql(p, "SELECT to_state FROM transition", "dead");
}

static void
a_reply_code_out_of_range_is_dropped_and_not_refused(void **state)
{
	static const struct {
		uint16_t smtp;
		const char *want;
	} row[] = { { 0, "-" }, { 99, "-" }, { 100, "100" }, { 999, "999" }, { 1000, "-" } };
	struct place *p = *state;
	struct sample s;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		make_sample(&s, "ann@example.com");
		s.verdict.smtp = row[i].smtp;
		add_sample(p, &s, (unsigned char)('a' + i));
		assert_sql(p, "SELECT smtp FROM event ORDER BY id DESC LIMIT 1", row[i].want);
	}
}

static void
hostile_text_is_data(void **state)
{
	static const struct {
		struct span given;
		const char *want;
	} row[] = {
		{ { "x'; DROP TABLE recipient; --@example.com", NULL },
		  "x'; DROP TABLE recipient; --@example.com" },
		{ { "\"a b\"%_?:address@example.com", NULL }, "\"a b\"%_?:address@example.com" },
		{ { "j\xc3\xb8rn@example.com", NULL }, "j\xc3\xb8rn@example.com" },
		{ { "j\xf8rn@example.com", NULL }, "j\xef\xbf\xbdrn@example.com" },
		{ { "a\x1b[2J\nb@example.com", NULL },
		  "a\xef\xbf\xbd[2J\xef\xbf\xbd"
		  "b@example.com" },
		{ { "c\xc2\x9b"
		    "31m@example.com",
		    NULL },
		  "c\xef\xbf\xbd"
		  "31m@example.com" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bounce_standing got;
		struct sample s;

		make_sample(&s, row[i].given.p);
		add_sample(p, &s, (unsigned char)('a' + i));
		assert_int_equal(store_standing(p->store, general(span_of(row[i].given.p)), &got),
				 1);
		assert_int_equal(got.state, BOUNCE_STATE_DEAD);
		assert_sql(p, "SELECT address FROM event ORDER BY id DESC LIMIT 1", row[i].want);
	}
	assert_sql(p, "SELECT count(*) FROM recipient", "6");
}

static void
a_nul_in_text_ends_nothing(void **state)
{
	static const char diagnostic[] = "550\0gone";
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.recipient.diagnostic = span_make(diagnostic, sizeof(diagnostic) - 1);
	add_sample(p, &s, 'a');
	assert_sql(p, "SELECT diagnostic FROM event", "550\xef\xbf\xbdgone");
}

static void
text_is_kept_up_to_its_limit_without_cutting_a_character(void **state)
{
	static char text[STORE_MAX_TEXT + 2];
	static const struct {
		size_t length, want;
		bool wide; /* ends with a character of two bytes */
	} row[] = {
		{ STORE_MAX_TEXT - 1, STORE_MAX_TEXT - 1, false },
		{ STORE_MAX_TEXT, STORE_MAX_TEXT, false },
		{ STORE_MAX_TEXT + 1, STORE_MAX_TEXT, false },
		{ STORE_MAX_TEXT, STORE_MAX_TEXT, true },
		{ STORE_MAX_TEXT + 1, STORE_MAX_TEXT - 1, true },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample s;
		char want[16];

		memset(text, 'x', sizeof(text));
		if (row[i].wide) {
			text[row[i].length - 2] = '\xc3';
			text[row[i].length - 1] = '\xb8';
		}
		make_sample(&s, "ann@example.com");
		s.recipient.diagnostic = span_make(text, row[i].length);
		add_sample(p, &s, (unsigned char)('a' + i));
		snprintf(want, sizeof(want), "%zu", row[i].want);
		assert_sql(p,
			   "SELECT length(CAST(diagnostic AS BLOB)) FROM event ORDER BY id DESC "
			   "LIMIT 1",
			   want);
	}
}

struct seen {
	char last[40];
	unsigned count;
};

static int
see_key(void *context, const struct store_key *key)
{
	struct seen *seen = context;
	char address[40];

	snprintf(address, sizeof(address), "%.*s", SPAN_ARG(key->address));
	assert_true(strcmp(address, seen->last) > 0);
	memcpy(seen->last, address, sizeof(address));
	seen->count++;
	return 0;
}

static void
each_address_of_an_operation_is_found_once_however_many(void **state)
{
	struct place *p = *state;
	const struct store_undo undo = { .of = 1 };

	assert_int_equal(run_by_hand(p, "INSERT INTO operation (time, who, what, arguments, why) "
					"VALUES (1, 'a', 'kill', '', '')"),
			 SQLITE_OK);
	for (unsigned more = 0; more < 2; more++) {
		struct seen seen = { .count = 0 };
		char sql[400];

		snprintf(sql, sizeof(sql),
			 "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n "
			 "WHERE i < %d) INSERT INTO transition (time, address, cause, from_state, "
			 "to_state, strike, score, why, operation) SELECT 1, i || '@example.com', "
			 "'kill', 'ok', 'dead', 0, 0, '', 1 FROM n",
			 more == 0 ? 1 : STORE_UNDO_KEYS + 1, STORE_UNDO_KEYS + (int)more);
		assert_int_equal(run_by_hand(p, sql), SQLITE_OK);
		ok(store_undo_keys(p->store, &undo, see_key, &seen));
		assert_int_equal(seen.count, STORE_UNDO_KEYS + more);
	}
}

static void
only_what_others_wrote_is_told(void **state)
{
	struct place *p = *state;
	int64_t id;

	(void)store_touched(p->store);
	assert_false(store_touched(p->store));
	ok(store_begin(p->store));
	ok(store_operation_add(p->store, &(struct store_operation){ NOW, "kari", "sent", "", "" },
			       &id));
	ok(store_commit(p->store));
	assert_false(store_touched(p->store));
	assert_int_equal(run_by_hand(p, "UPDATE setting SET value = value + 1"), SQLITE_OK);
	assert_true(store_touched(p->store));
	assert_false(store_touched(p->store));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(the_same_uid_is_known_and_changes_nothing),
		on_a_file(the_same_bytes_are_a_duplicate_of_the_first_everywhere),
		on_a_file(bytes_whose_fingerprint_only_begins_alike_are_no_duplicate),
		on_a_file(a_folder_goes_forward_only_and_lives_per_uidvalidity),
		on_a_file(a_rollback_leaves_nothing),
		on_a_file(only_what_others_wrote_is_told),
		on_a_file(a_size_that_no_number_holds_is_no_reason_to_stop),
		on_a_file(an_address_never_heard_of_is_all_zero),
		on_a_file(a_standing_comes_back_as_it_was_written),
		on_a_file(nonsense_in_the_database_is_told_and_not_used),
		on_a_file(a_report_that_never_counted_leaves_no_reason),
		on_a_file(struck_means_this_address_and_this_mailing),
		on_a_file(one_mailbox_has_one_standing_in_any_letters),
		on_a_file(an_event_keeps_what_was_said_and_where),
		on_a_file(the_ledger_is_append_only),
		on_a_file(each_address_of_an_operation_is_found_once_however_many),
		on_a_file(a_reply_code_out_of_range_is_dropped_and_not_refused),
		on_a_file(hostile_text_is_data),
		on_a_file(a_nul_in_text_ends_nothing),
		on_a_file(text_is_kept_up_to_its_limit_without_cutting_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
