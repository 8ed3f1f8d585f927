/*
 * guard_word_test - what becomes of an incident: the operator's word, and time
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_world.h"

#include <sysexits.h>

#include "ctl_run.h"

/* ---- the operator's word ---- */

static int
on_held(void *context, int64_t held, const struct store_key *key)
{
	struct operate_change change;
	enum operate_answer answer;

	return operate_release(context, held, key, &change, &answer);
}

static void
decide(struct world *w, const char *decision, int64_t time)
{
	struct store *beside = store_open(w->place->path, STORE_BESIDE, w->place->error);
	struct operate o = { .store = beside,
			     .replay = replay_new(beside),
			     .config = &w->config,
			     .what = { time, "tester", "incident", "", "a test" } };

	assert_non_null(beside);
	assert_int_equal(operate_begin(&o), 0);
	assert_int_equal(store_incident_decide(beside, 1, decision, o.id, time), 0);
	assert_int_equal(operate_end(&o), 0);
	if (strcmp(decision, STORE_RELEASED) == 0 &&
	    store_incident_held(beside, 1, on_held, &o) < 0)
		fail_msg("%s", replay_error(o.replay));
	assert_int_equal(operate_end(&o), 0);
	replay_free(o.replay);
	store_close(beside);
}

/* Without what tells a release from a report. */
static void
standings(struct world *w, struct buf *out)
{
	ask_sql(w->place,
		"SELECT address, state, reason, since, until, level, score, scored_at, strike_day, "
		"gone_at, "
		"confirmed_at, day_strike, probe FROM recipient ORDER BY address",
		out);
}

static void
two_mailings(struct world *w)
{
	struct crowd again = gmail;

	arrive(w, &gmail);
	again.time = NOW + 4 * DAY;
	arrive(w, &again);
}

static void
a_release_gives_what_would_have_been(void **state)
{
	struct world *w = *state, *free;
	struct buf released = BUF_INIT, undisturbed = BUF_INIT;
	void *other;

	w->config.incident.quiet = 14 * DAY;
	two_mailings(w);
	assert_count(w, HELD, 600);
	decide(w, STORE_RELEASED, NOW + 6 * DAY);
	check_replay(w);
	standings(w, &released);
	assert_count(w, "SELECT count(*) FROM recipient WHERE confirmed_at IS NOT NULL", 300);
	make_world(&other);
	free = other;
	next_uid = 0;
	two_mailings(free);
	standings(free, &undisturbed);
	drop_world(&other);
	assert_string_equal(buf_str(&released), buf_str(&undisturbed));
	buf_free(&released);
	buf_free(&undisturbed);
}

static struct store_undo *undoing;

static int
on_key(void *context, const struct store_key *key)
{
	struct operate_change change;

	return operate_undo(context, undoing, key, &change);
}

static void
take_back(struct world *w, int64_t operation)
{
	struct store_undo undo = { .until = INT64_MAX, .of = operation };
	struct store *beside = store_open(w->place->path, STORE_BESIDE, w->place->error);
	struct operate o = { .store = beside,
			     .replay = replay_new(beside),
			     .what = { NOW + HOUR, "tester", "undo", "", "a test" } };

	assert_non_null(beside);
	undoing = &undo;
	assert_int_equal(store_undo_keys(beside, &undo, on_key, &o), 0);
	assert_int_equal(operate_end(&o), 0);
	replay_free(o.replay);
	store_close(beside);
}

/* The undo of what the incident itself did. */
static void
give_back(struct world *w)
{
	take_back(w, 1);
}

static void
a_report_that_an_undo_gave_back_is_not_released_again(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	assert_count(w, HELD, 30);
	assert_count(w, DEAD, 0);
	give_back(w);
	assert_count(w, DEAD, 20);
	decide(w, STORE_RELEASED, NOW + DAY);
	assert_count(w, DEAD, 30);
	assert_count(w, "SELECT count(*) FROM transition WHERE cause = 'gone'", 30);
	check_replay(w);
}

static void
a_report_that_was_released_is_not_given_back_as_well(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	decide(w, STORE_RELEASED, NOW + HOUR);
	give_back(w);
	assert_count(w, DEAD, 30);
	assert_count(w, "SELECT count(*) FROM undone WHERE redo = 1", 0);
	check_replay(w);
}

static void
what_was_released_and_undone_can_be_released_again(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	decide(w, STORE_RELEASED, NOW + HOUR);
	take_back(w, 2);
	assert_count(w, DEAD, 0);
	decide(w, STORE_RELEASED, NOW + 2 * HOUR);
	assert_count(w, DEAD, 30);
	check_replay(w);
}

static void
a_report_is_shown_and_counted_once_whatever_becomes_of_it(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	decide(w, STORE_RELEASED, NOW + HOUR);
	take_back(w, 2);
	assert_count(w, "SELECT count(*) FROM transition WHERE event = 1", 3);
	assert_count(w, "SELECT count(*) FROM recent_event", 30);
	assert_count(w, "SELECT count(DISTINCT id) FROM recent_event", 30);
	assert_count(w, "SELECT sum(events) FROM bounce_rate", 30);
}

/* A checkpoint that begins the log anew is refused while anybody reads from it. */
static int
on_held_checkpoint(void *context, int64_t held, const struct store_key *key)
{
	struct world *w = context;

	(void)held;
	(void)key;
	assert_int_equal(run_by_hand(w->place, "INSERT INTO list_setting VALUES ('l' || "
					       "(SELECT count(*) FROM list_setting), 1)"),
			 SQLITE_OK);
	assert_sql(w->place, "PRAGMA wal_checkpoint(TRUNCATE)", "0|0|0");
	return 0;
}

static void
the_log_can_begin_anew_between_two_that_are_released(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	assert_int_equal(store_incident_held(w->place->store, 1, on_held_checkpoint, w), 0);
	assert_count(w, "SELECT count(*) FROM list_setting", 30);
}

static void
a_hundred_before_and_behind(struct world *w, const char *decision)
{
	struct crowd more = gmail;

	arrive_some(w, 100);
	decide(w, decision, NOW + DAY / 2);
	more.count = 100;
	more.time = NOW + DAY / 2 + HOUR;
	arrive_from(w, &more, 100);
	check_replay(w);
}

static void
what_was_released_does_not_trip_again_at_once(void **state)
{
	a_hundred_before_and_behind(*state, STORE_RELEASED);
	assert_count(*state, INCIDENTS, 1);
	assert_count(*state, DEAD, 200);
}

static void
what_was_dropped_stays_dropped_and_so_does_what_follows(void **state)
{
	a_hundred_before_and_behind(*state, STORE_DROPPED);
	assert_count(*state, DEAD, 0);
	assert_count(*state, HELD, 200);
}

static void
an_incident_ends_when_it_is_quiet_and_what_it_holds_waits(void **state)
{
	struct world *w = *state;
	struct crowd later = gmail;

	later.count = 100;
	arrive(w, &later);
	later.count = 5;
	later.time = NOW + INT64_C(100) * 400 + DAY;
	arrive_from(w, &later, 500);
	assert_count(w, "SELECT count(*) FROM incident WHERE ended_at IS NOT NULL", 1);
	assert_count(w, DEAD, 5);
	assert_count(w, HELD, 100);
	check_replay(w);
}

static void
a_trickle_that_is_usual_does_not_keep_it_open(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;

	c.count = 60;
	c.step = 1;
	arrive(w, &c);
	for (unsigned day = 1; day < 4; day++) {
		c.count = 4;
		c.time = NOW + day * DAY - HOUR;
		arrive_from(w, &c, day * 100);
	}
	assert_count(w, "SELECT count(*) FROM incident WHERE ended_at IS NOT NULL", 1);
	assert_count(w, HELD, 64);
	assert_count(w, DEAD, 8);
}

static void
a_word_that_is_newer_than_a_held_report_wins(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;
	struct operate_change change;
	struct operate o = { .store = w->place->store,
			     .replay = replay_new(w->place->store),
			     .what = { NOW + DAY, "tester", "revive", "", "a test" } };

	c.count = 30;
	arrive(w, &c);
	assert_int_equal(operate_word(&o, general(SPAN("reader7@gmail.example")),
				      BOUNCE_EVENT_REVIVE, &change),
			 0);
	assert_int_equal(operate_end(&o), 0);
	replay_free(o.replay);
	decide(w, STORE_RELEASED, NOW + 2 * DAY);
	assert_count(w, DEAD, 29);
	assert_sql(w->place, "SELECT state FROM recipient WHERE address = 'reader7@gmail.example'",
		   "ok");
	check_replay(w);
}

static void
a_pause_is_never_held(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;

	arrive(w, &c);
	c.count = 1;
	c.status = "4.7.1";
	c.reply = "421 4.7.1 Try again later";
	c.time = NOW + DAY;
	arrive(w, &c);
	assert_sql(w->place, "SELECT state FROM recipient WHERE address = 'reader0@gmail.example'",
		   "backoff");
	check_replay(w);
}

/* ---- as it is typed ---- */

static int
type(struct world *w, const char *command)
{
	char line[400];

	ctl_directory = w->place->directory;
	snprintf(line, sizeof(line), "--state %s %s", w->place->path, command);
	return ctl(line);
}

static void
an_operator_sees_the_incident_and_releases_it(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	assert_int_equal(type(w, "incident list"), EX_OK);
	assert_says("1  holding   2026-09-21T16:26:40Z  domain gmail.example: 30 addresses held, "
		    "no-such-user");
	assert_int_equal(type(w, "incident show 1"), EX_OK);
	assert_says("began with 21\n");
	assert_says("reader19@gmail.example");
	assert_silent_on("reader20@gmail.example");
	assert_says("(the first 20; --all shows every one)\n");
	assert_int_equal(type(w, "incident show 1 --all"), EX_OK);
	assert_says("reader29@gmail.example");
	assert_silent_on("the first 20");
	assert_int_equal(type(w, "incident show 1 --json"), EX_OK);
	assert_says("\"held\":30");
	assert_says("reader29@gmail.example");
	assert_int_equal(type(w, "show reader3@gmail.example"), EX_OK);
	assert_says("ok -> ok (held)");
	assert_says("dead -> ok (undo)");
	assert_says("ok -> dead (gone), taken back");
	assert_int_equal(type(w, "explain reader3@gmail.example"), EX_OK);
	assert_says("Held: many fail alike at once");
	assert_int_equal(type(w, "incident release 1"), EX_USAGE);
	assert_int_equal(type(w, "incident release 1 --why 'they closed'"), EX_OK);
	assert_says("30 reports did what they say; operation 2");
	assert_count(w, DEAD, 30);
	check_replay(w);
	assert_int_equal(type(w, "incident rollback 1 --why no"), EX_DATAERR);
	assert_int_equal(type(w, "incident list"), EX_OK);
	assert_says("released");
	assert_int_equal(type(w, "undo --operation 2 --why 'they did not'"), EX_OK);
	assert_count(w, DEAD, 0);
	check_replay(w);
	assert_int_equal(type(w, "incident release 1 --why 'they did'"), EX_OK);
	assert_says("30 reports did what they say");
	assert_count(w, DEAD, 30);
	check_replay(w);
}

static void
what_counts_again_is_not_released_as_well(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	assert_int_equal(type(w, "undo --operation 1 --why 'no incident'"), EX_OK);
	assert_count(w, DEAD, 20);
	assert_int_equal(type(w, "incident release 1 --why 'no incident'"), EX_OK);
	assert_says("10 reports did what they say");
	assert_count(w, DEAD, 30);
	check_replay(w);
}

static void
an_operator_drops_it(void **state)
{
	struct world *w = *state;

	arrive(w, &gmail);
	assert_int_equal(type(w, "incident rollback 1 --why outage"), EX_OK);
	assert_says("operation 2; bouncectl incident release 1 applies it after all");
	assert_int_equal(type(w, "incident show 1"), EX_OK);
	assert_says("dropped");
	assert_says("outage");
	assert_count(w, DEAD, 0);
	check_replay(w);
}

static void
what_was_dropped_can_be_released_after_all(void **state)
{
	struct world *w = *state;

	arrive_some(w, 30);
	assert_int_equal(type(w, "incident rollback 1 --why outage"), EX_OK);
	assert_int_equal(type(w, "undo --operation 2 --why 'no outage'"), EX_DATAERR);
	assert_says("operation 2 dropped what incident 1 holds, and changed no address; to apply "
		    "it after all: bouncectl incident release 1");
	assert_count(w, "SELECT count(*) FROM operation", 2);
	assert_int_equal(type(w, "incident release 1 --why 'no outage'"), EX_OK);
	assert_says("30 reports did what they say");
	assert_sql(w->place, "SELECT decision FROM incident", STORE_RELEASED);
	assert_count(w, DEAD, 30);
	check_replay(w);
}

static void
a_release_that_was_taken_back_may_be_dropped(void **state)
{
	struct world *w = *state;

	arrive(w, &gmail);
	assert_int_equal(type(w, "incident release 1 --why closed"), EX_OK);
	assert_int_equal(type(w, "incident rollback 1 --why outage"), EX_DATAERR);
	assert_says("was released already; take that back first");
	assert_int_equal(type(w, "undo --operation 2 --why outage"), EX_OK);
	assert_int_equal(type(w, "incident rollback 1 --why outage"), EX_OK);
	assert_sql(w->place, "SELECT decision FROM incident", STORE_DROPPED);
	assert_count(w, DEAD, 0);
	check_replay(w);
}

static void
words_that_name_no_incident_are_refused(void **state)
{
	static const struct {
		const char *command;
		int status;
	} row[] = {
		{ "incident", EX_USAGE },
		{ "incident list 1", EX_USAGE },
		{ "incident show", EX_USAGE },
		{ "incident show 0", EX_USAGE },
		{ "incident show 1x", EX_USAGE },
		{ "incident end 1", EX_USAGE },
		{ "incident show 1 2", EX_USAGE },
		{ "incident show 7", EX_DATAERR },
		{ "incident release 7 --why x", EX_DATAERR },
		{ "incident rollback 7 --why x", EX_DATAERR },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (type(w, row[i].command) != row[i].status)
			fail_msg("%s: %s", row[i].command, buf_str(&said));
	}
	assert_int_equal(type(w, "incident list"), EX_OK);
	assert_says("no incident");
	assert_count(w, "SELECT count(*) FROM operation", 0);
}

#define SENT "sent --list news.example.org --at 2026-09-21T12:00:00Z --domains d"

static void
write_domains(struct world *w, const char *text)
{
	char path[120];
	FILE *f;

	snprintf(path, sizeof(path), "%s/d", w->place->directory);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
a_sender_that_tells_of_its_domains_is_believed(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;

	write_domains(w, "   1000 GMAIL.example\n     12 contoso.com\n");
	assert_int_equal(type(w, SENT), EX_OK);
	c.count = 100;
	arrive(w, &c);
	assert_count(w, INCIDENTS, 0);
	c.count = 4;
	arrive_from(w, &c, 100);
	assert_sql(w->place, "SELECT name, addresses, mailed FROM incident",
		   "gmail.example|104|1000");
	assert_count(w, DEAD, 0);
	check_replay(w);
}

static void
a_list_of_domains_with_a_slip_is_refused_whole(void **state)
{
	struct world *w = *state;

	write_domains(w, " 12 contoso.com\n 3 ann@example.com\n");
	assert_int_equal(type(w, SENT), EX_DATAERR);
	assert_says("d:2: wants a number and a domain");
	write_domains(w, "contoso.com 12\n");
	assert_int_equal(type(w, SENT), EX_DATAERR);
	write_domains(w, "12\n");
	assert_int_equal(type(w, SENT), EX_DATAERR);
	assert_count(w, "SELECT count(*) FROM mailing", 0);
	assert_count(w, "SELECT count(*) FROM mailed", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_guarded(a_release_gives_what_would_have_been),
		on_a_guarded(a_report_that_an_undo_gave_back_is_not_released_again),
		on_a_guarded(a_report_that_was_released_is_not_given_back_as_well),
		on_a_guarded(what_was_released_and_undone_can_be_released_again),
		on_a_guarded(a_report_is_shown_and_counted_once_whatever_becomes_of_it),
		on_a_guarded(the_log_can_begin_anew_between_two_that_are_released),
		on_a_guarded(what_was_released_does_not_trip_again_at_once),
		on_a_guarded(what_was_dropped_stays_dropped_and_so_does_what_follows),
		on_a_guarded(an_incident_ends_when_it_is_quiet_and_what_it_holds_waits),
		on_a_guarded(a_trickle_that_is_usual_does_not_keep_it_open),
		on_a_guarded(a_word_that_is_newer_than_a_held_report_wins),
		on_a_guarded(a_pause_is_never_held),
		on_a_guarded(an_operator_sees_the_incident_and_releases_it),
		on_a_guarded(what_counts_again_is_not_released_as_well),
		on_a_guarded(an_operator_drops_it),
		on_a_guarded(what_was_dropped_can_be_released_after_all),
		on_a_guarded(a_release_that_was_taken_back_may_be_dropped),
		on_a_guarded(words_that_name_no_incident_are_refused),
		on_a_guarded(a_sender_that_tells_of_its_domains_is_believed),
		on_a_guarded(a_list_of_domains_with_a_slip_is_refused_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
