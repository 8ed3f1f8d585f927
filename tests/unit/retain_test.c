/*
 * retain_test - what is old goes, and nothing else does
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_world.h"

#include "retain.h"
#include "store_retain.h"

#define KEEP_TEXTS (30 * DAY)
#define KEEP_HISTORY (60 * DAY)
#define KEEP_ADDRESSES (90 * DAY)
#define KEEP_MESSAGES (120 * DAY)

static int
make_kept(void **state)
{
	struct world *w;

	make_guarded(state);
	w = *state;
	w->config.retention = (struct config_retention){ KEEP_TEXTS, KEEP_HISTORY, KEEP_ADDRESSES,
							 KEEP_MESSAGES };
	log_set_level(LOG_LEVEL_ERROR);
	return 0;
}

#define in_time(test) cmocka_unit_test_setup_teardown(test, make_kept, drop_world)

static int
step(struct world *w, struct retain *r, int64_t now)
{
	int more = retain_step(r, now);

	if (more < 0)
		fail_msg("%s", replay_error(r->replay));
	check_replay(w);
	assert_sql(w->place, "SELECT count(*) FROM pragma_foreign_key_check", "0");
	return more;
}

static struct retain
round_of(struct world *w)
{
	return (struct retain){ .store = w->place->store,
				.replay = replay_new(w->place->store),
				.config = &w->config };
}

/* A whole round; after each step the ledger gives what is written. */
static void
retain_at(struct world *w, int64_t now)
{
	struct retain r = round_of(w);

	while (step(w, &r, now) > 0)
		continue;
	retain_free(&r);
}

/* Of #@contoso.com, one a second. */
static struct crowd
crowd(const char *address, unsigned count, int64_t time)
{
	return (struct crowd){ .address = address,
			       .status = "4.2.2",
			       .reply = "452 4.2.2 mailbox full of #",
			       .remote = "mx.contoso.com",
			       .list = "news.example.org",
			       .count = count,
			       .time = time };
}

static void
fail_at(struct world *w, const char *address, int64_t time)
{
	struct crowd c = crowd(address, 1, time);

	arrive(w, &c);
}

static void
say(struct world *w, const char *address, enum bounce_event event, int64_t time)
{
	struct operate operate = { .store = w->place->store,
				   .replay = replay_new(w->place->store),
				   .config = &w->config,
				   .what = { time, "tester", "word", "a@contoso.com", "a test" } };
	struct operate_change change;

	assert_int_equal(operate_word(&operate, general(span_of(address)), event, &change), 0);
	assert_int_equal(operate_end(&operate), 0);
	replay_free(operate.replay);
}

static void
texts_go_at_their_time_and_not_a_second_before(void **state)
{
	struct world *w = *state;

	fail_at(w, "a@contoso.com", NOW);
	retain_at(w, NOW + KEEP_TEXTS);
	assert_sql(w->place, "SELECT count(*) FROM event WHERE diagnostic IS NULL", "0");
	retain_at(w, NOW + KEEP_TEXTS + 1);
	assert_sql(w->place,
		   "SELECT count(*), count(diagnostic), count(final), count(rule) FROM event",
		   "1|0|0|1");
}

static void
texts_are_looked_at_once(void **state)
{
	struct world *w = *state;

	fail_at(w, "a@contoso.com", NOW);
	fail_at(w, "a@contoso.com", NOW + DAY);
	retain_at(w, NOW + KEEP_TEXTS + 1);
	assert_sql(w->place, "SELECT value FROM setting WHERE name = 'texts_dropped'", "1");
	assert_sql(w->place, "SELECT count(*) FROM event WHERE diagnostic IS NOT NULL", "1");
	retain_at(w, NOW + KEEP_TEXTS + DAY + 1);
	assert_sql(w->place, "SELECT value FROM setting WHERE name = 'texts_dropped'", "2");
}

static void
a_history_goes_at_its_time_and_its_standing_stays(void **state)
{
	struct world *w = *state;
	struct buf before = BUF_INIT;

	fail_at(w, "a@contoso.com", NOW);
	ask_sql(w->place, "SELECT address, state, reason, score, until FROM recipient", &before);
	retain_at(w, NOW + KEEP_HISTORY);
	assert_count(w, "SELECT count(*) FROM transition", 1);
	retain_at(w, NOW + KEEP_HISTORY + 1);
	assert_count(w, "SELECT count(*) FROM transition", 0);
	assert_count(w, "SELECT count(*) FROM event", 0);
	assert_sql(w->place, "SELECT address, state, reason, score, until FROM recipient",
		   buf_str(&before));
	assert_sql(w->place, "SELECT count(*) FROM baseline WHERE dropped_until > 0", "1");
	buf_free(&before);
}

/* Its number is none that the baseline has behind it. */
static void
a_report_after_all_history_is_gone_counts(void **state)
{
	struct world *w = *state;

	fail_at(w, "a@contoso.com", NOW);
	retain_at(w, NOW + KEEP_HISTORY + 1);
	fail_at(w, "a@contoso.com", NOW + KEEP_HISTORY + DAY);
	assert_sql(w->place, "SELECT id, event FROM transition", "2|2");
	check_replay(w);
	assert_count(w, "SELECT count(*) FROM baseline WHERE transition = 1", 1);
}

static void
an_address_that_goes_on_failing_keeps_what_is_young(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 10; i++)
		fail_at(w, "a@contoso.com", NOW + i * 10 * DAY);
	retain_at(w, NOW + 90 * DAY);
	assert_sql(w->place, "SELECT count(*), min(time) FROM transition", "7|1792592000");
	assert_count(w, "SELECT count(*) FROM event", 7);
}

/* Its echo would be none any more. */
static void
a_report_stays_as_long_as_a_later_one_is_its_echo(void **state)
{
	struct world *w = *state;
	struct crowd twice = crowd("a@contoso.com", 2, NOW);

	twice.step = 20 * DAY;
	arrive(w, &twice);
	retain_at(w, NOW + KEEP_HISTORY + DAY);
	assert_count(w, "SELECT count(*) FROM transition", 2);
	retain_at(w, NOW + KEEP_HISTORY + 20 * DAY + 1);
	assert_count(w, "SELECT count(*) FROM transition", 0);
}

static void
what_waits_for_a_decision_stays(void **state)
{
	struct world *w = *state;
	struct crowd many = { .address = "u#@contoso.com",
			      .status = "5.1.1",
			      .reply = "550 5.1.1 no such user",
			      .remote = "mx.contoso.com",
			      .list = "news.example.org",
			      .count = 30,
			      .time = NOW };

	arrive(w, &many);
	assert_count(w, INCIDENTS, 1);
	retain_at(w, NOW + KEEP_HISTORY + 2 * DAY);
	assert_count(w, HELD, 30);
	assert_count(w, "SELECT count(*) FROM incident WHERE diagnostic IS NOT NULL", 1);
	assert_int_equal(run_by_hand(w->place, "UPDATE incident SET decision = 'dropped', "
					       "decided_by = operation, ended_at = opened_at"),
			 SQLITE_OK);
	retain_at(w, NOW + KEEP_HISTORY + 2 * DAY);
	assert_count(w, HELD, 0);
	assert_count(w, "SELECT count(*) FROM undone", 0);
	assert_count(w, "SELECT count(*) FROM incident WHERE diagnostic IS NOT NULL", 0);
}

static void
a_good_address_without_history_is_unknown_in_the_end(void **state)
{
	struct world *w = *state;

	fail_at(w, "a@contoso.com", NOW);
	say(w, "a@contoso.com", BOUNCE_EVENT_REVIVE, NOW + DAY);
	retain_at(w, NOW + DAY + KEEP_ADDRESSES);
	assert_count(w, "SELECT count(*) FROM recipient", 1);
	retain_at(w, NOW + DAY + KEEP_ADDRESSES + 1);
	assert_count(w, "SELECT count(*) FROM recipient", 0);
	assert_count(w, "SELECT count(*) FROM baseline", 0);
	assert_sql(w->place, "SELECT arguments, why FROM operation", "(forgotten)|a test");
}

/* An address that failed once rests: its pause has been over for long. */
static void
what_time_heals_is_unknown_in_the_end(void **state)
{
	struct world *w = *state;

	fail_at(w, "a@contoso.com", NOW);
	assert_sql(w->place, "SELECT state FROM recipient", "backoff");
	retain_at(w, NOW + 200 * DAY);
	assert_count(w, "SELECT count(*) FROM recipient", 0);
}

static void
who_must_not_be_mailed_is_kept_for_ever(void **state)
{
	struct world *w = *state;

	fail_at(w, "dead@contoso.com", NOW);
	say(w, "dead@contoso.com", BOUNCE_EVENT_KILL, NOW);
	say(w, "pinned@contoso.com", BOUNCE_EVENT_PIN_DEAD, NOW);
	say(w, "good@contoso.com", BOUNCE_EVENT_PIN_OK, NOW);
	retain_at(w, NOW + 36500 * DAY);
	assert_count(w, "SELECT count(*) FROM transition", 0);
	assert_sql(w->place, "SELECT address, state FROM recipient ORDER BY address",
		   "dead@contoso.com|dead\ngood@contoso.com|pinned-ok\n"
		   "pinned@contoso.com|pinned-dead");
}

static void
a_message_is_known_again_as_long_as_messages_are_kept(void **state)
{
	struct world *w = *state;
	struct crowd c = crowd("a@contoso.com", 1, NOW);
	struct ledger_message again = { .folder = w->folder, .where = "x", .uid = 1000 };
	struct ledger_result result;
	struct buf mail = BUF_INIT;

	next_uid = 0;
	write_mail(&mail, &c, 0);
	arrive(w, &c);
	/* The intent to move it is carried out. */
	assert_int_equal(run_by_hand(w->place, "UPDATE message SET moved_at = 1"), SQLITE_OK);
	retain_at(w, NOW + KEEP_MESSAGES);
	assert_count(w, "SELECT count(*) FROM event", 0);
	again.bytes = buf_span(&mail);
	again.size = mail.len;
	again.time = NOW + KEEP_MESSAGES;
	assert_int_equal(read_and_record(w, w->place->store, &again, &result), 0);
	assert_int_equal(result.seen, STORE_DUPLICATE);
	assert_int_equal(run_by_hand(w->place, "UPDATE message SET moved_at = 1"), SQLITE_OK);
	/* The younger copy keeps the older one. */
	retain_at(w, NOW + KEEP_MESSAGES + 1);
	assert_count(w, "SELECT count(*) FROM message", 2);
	retain_at(w, NOW + 2 * KEEP_MESSAGES + 1);
	assert_count(w, "SELECT count(*) FROM message", 0);
	buf_free(&mail);
}

static void
a_message_that_must_still_be_moved_stays(void **state)
{
	struct world *w = *state;

	fail_at(w, "a@contoso.com", NOW);
	retain_at(w, NOW + 2 * KEEP_MESSAGES);
	assert_count(w, "SELECT count(*) FROM message", 1);
}

static void
what_is_kept_for_ever_stays(void **state)
{
	struct world *w = *state;

	w->config.retention = (struct config_retention){ 0 };
	fail_at(w, "a@contoso.com", NOW);
	retain_at(w, NOW + 36500 * DAY);
	assert_sql(w->place, "SELECT count(*), count(diagnostic) FROM event", "1|1");
	assert_count(w, "SELECT count(*) FROM recipient", 1);
}

/* As a crash between two steps does; a crash within one is a transaction that never was. */
static void
a_round_that_was_cut_off_anywhere_is_finished_by_the_next(void **state)
{
	struct world *w = *state;
	struct buf whole = BUF_INIT;
	struct crowd c = crowd("u#@contoso.com", 150, NOW);
	bool more = true;

	w->config.incident.hold = false;
	arrive(w, &c);
	c.time += DAY;
	arrive(w, &c);
	for (int steps = 1; more; steps++) {
		struct retain r = round_of(w);

		for (int i = 0; i < steps && more; i++)
			more = step(w, &r, NOW + KEEP_HISTORY + 10 * DAY) > 0;
		retain_free(&r);
		store_close(w->place->store);
		w->place->store = store_open(w->place->path, STORE_WRITE, w->place->error);
		assert_non_null(w->place->store);
	}
	assert_count(w, "SELECT count(*) FROM transition", 0);
	assert_count(w, "SELECT count(*) FROM recipient", 150);
	buf_free(&whole);
}

static void
one_step_drops_no_more_than_it_looks_at(void **state)
{
	struct world *w = *state;
	struct retain r = round_of(w);
	uint64_t before = 0;

	for (int i = 0; i < 450; i++)
		say(w, "a@contoso.com", i % 2 == 0 ? BOUNCE_EVENT_PIN_OK : BOUNCE_EVENT_UNPIN, NOW);
	while (step(w, &r, NOW + KEEP_HISTORY + DAY) > 0) {
		assert_in_range(r.dropped[RETAIN_HISTORY] - before, 0, STORE_RETAIN_MOST);
		before = r.dropped[RETAIN_HISTORY];
	}
	assert_int_equal(r.dropped[RETAIN_HISTORY], 450);
	retain_free(&r);
}

/* Nobody else may. */
static void
what_is_not_behind_a_baseline_cannot_be_deleted_by_hand(void **state)
{
	struct world *w = *state;
	static const char *const sql[] = { "DELETE FROM transition",
					   "DELETE FROM event",
					   "DELETE FROM operation",
					   "UPDATE event SET reason = 'x'",
					   "UPDATE event SET diagnostic = 'x'",
					   "UPDATE operation SET arguments = 'x'" };

	fail_at(w, "a@contoso.com", NOW);
	say(w, "a@contoso.com", BOUNCE_EVENT_REVIVE, NOW);
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		assert_int_not_equal(run_by_hand(w->place, sql[i]), SQLITE_OK);
}

static int64_t
file_size(const struct world *w)
{
	struct buf pages = BUF_INIT;
	int64_t count;

	ask_sql(w->place, "PRAGMA page_count", &pages);
	count = strtoll(buf_str(&pages), NULL, 10);
	buf_free(&pages);
	return count;
}

/* What becomes free is taken by what comes next; the file is never rewritten. */
static void
the_file_does_not_grow_when_as_much_goes_as_comes(void **state)
{
	struct world *w = *state;
	int64_t full = 0;

	w->config.incident.hold = false;
	w->config.hook_count = 0;
	for (int day = 0; day < 60; day++) {
		char address[40];
		struct crowd c = crowd(address, 60, NOW + day * 10 * DAY);

		snprintf(address, sizeof(address), "d%d-#@contoso.com", day);
		arrive(w, &c);
		assert_int_equal(run_by_hand(w->place, "UPDATE message SET moved_at = 1"),
				 SQLITE_OK);
		if (day % 3 == 0)
			retain_at(w, c.time);
		if (day == 30)
			full = file_size(w);
	}
	assert_in_range(file_size(w), full / 2, full + full / 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_time(texts_go_at_their_time_and_not_a_second_before),
		in_time(texts_are_looked_at_once),
		in_time(a_history_goes_at_its_time_and_its_standing_stays),
		in_time(a_report_after_all_history_is_gone_counts),
		in_time(an_address_that_goes_on_failing_keeps_what_is_young),
		in_time(a_report_stays_as_long_as_a_later_one_is_its_echo),
		in_time(what_waits_for_a_decision_stays),
		in_time(a_good_address_without_history_is_unknown_in_the_end),
		in_time(what_time_heals_is_unknown_in_the_end),
		in_time(who_must_not_be_mailed_is_kept_for_ever),
		in_time(a_message_is_known_again_as_long_as_messages_are_kept),
		in_time(a_message_that_must_still_be_moved_stays),
		in_time(what_is_kept_for_ever_stays),
		in_time(a_round_that_was_cut_off_anywhere_is_finished_by_the_next),
		in_time(one_step_drops_no_more_than_it_looks_at),
		in_time(what_is_not_behind_a_baseline_cannot_be_deleted_by_hand),
		in_time(the_file_does_not_grow_when_as_much_goes_as_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
