/*
 * guard_slice_test - an incident that had done very much takes it back piece by piece
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_world.h"

#include "ctl_run.h"
#include "guard_trip.h"

#define BEFORE 450 /* addresses that are dead when it begins */
#define LEFT "SELECT count(*) FROM incident_taking"

/* So many are dead and one more makes it an incident; alone in its domain, so that no other kind
 * has a say. */
static struct crowd
trip(struct world *w, unsigned before)
{
	struct crowd c = gmail;

	w->config.incident.domain_addresses = before;
	c.count = before;
	c.step = 1;
	arrive(w, &c);
	assert_count(w, INCIDENTS, 0);
	assert_count(w, DEAD, before);
	c.count = 1;
	c.time += before;
	arrive_from(w, &c, before);
	assert_count(w, INCIDENTS, 1);
	c.time++;
	return c;
}

static unsigned
resume(struct world *w)
{
	unsigned slices = 0;
	int result;

	while ((result = guard_resume(w->place->store, &w->config, NOW + HOUR)) > 0)
		slices++;
	assert_int_equal(result, 0);
	return slices;
}

static void
one_transaction_takes_back_a_bounded_number(void **state)
{
	struct world *w = *state;

	(void)trip(w, STORE_SUSPECTS);
	assert_count(w, LEFT, 0);
	assert_count(w, DEAD, 0);
	assert_int_equal(resume(w), 0);
}

static void
one_more_is_left_for_the_next(void **state)
{
	struct world *w = *state;

	(void)trip(w, STORE_SUSPECTS + 1);
	assert_count(w, LEFT, 1);
	assert_count(w, DEAD, 1);
	assert_int_equal(log_lines(w, "(200 changes taken back so far)"), 1);
	assert_int_equal(resume(w), 1);
	assert_count(w, LEFT, 0);
	assert_count(w, DEAD, 0);
	assert_int_equal(log_lines(w, "incident 1: all that it did before is taken back"), 1);
	check_replay(w);
}

/* What comes meanwhile is held, and a daemon that was killed goes on where it was. */
static void
the_rest_is_taken_back_after_a_crash_and_what_is_new_is_held_at_once(void **state)
{
	struct world *w = *state;
	struct crowd c = trip(w, BEFORE);
	char error[STORE_ERROR_SIZE];

	assert_count(w, DEAD, BEFORE - STORE_SUSPECTS);
	c.count = 30;
	arrive_from(w, &c, BEFORE + 1);
	assert_count(w, DEAD, BEFORE - STORE_SUSPECTS);
	check_replay(w);
	/* in the middle of a slice */
	assert_int_equal(run_by_hand(w->place,
				     "CREATE TRIGGER crash BEFORE INSERT ON undone WHEN (SELECT "
				     "count(*) FROM undone) = 250 BEGIN SELECT raise(ABORT, "
				     "'power failure'); END"),
			 SQLITE_OK);
	assert_int_equal(guard_resume(w->place->store, &w->config, NOW + HOUR), -1);
	store_close(w->place->store);
	w->place->store = store_open(w->place->path, STORE_WRITE, error);
	assert_non_null(w->place->store);
	assert_count(w, DEAD, BEFORE - STORE_SUSPECTS);
	assert_count(w, "SELECT count(*) FROM undone", STORE_SUSPECTS);
	assert_int_equal(run_by_hand(w->place, "DROP TRIGGER crash"), SQLITE_OK);
	assert_int_equal(resume(w), 2);
	assert_count(w, DEAD, 0);
	assert_count(w, HELD, BEFORE + 31);
	assert_count(w, "SELECT count(DISTINCT event) FROM transition WHERE cause = 'held'",
		     BEFORE + 31);
	assert_count(w, "SELECT sum(addresses) FROM surge WHERE kind = 'incident'", BEFORE + 31);
	assert_count(w, "SELECT sum(addresses) FROM surge WHERE kind = 'domain'", 0);
	assert_count(w, LEFT, 0);
	check_replay(w);
}

static void
what_was_released_is_not_taken_back_and_what_was_dropped_is(void **state)
{
	static const char *const decisions[] = { STORE_RELEASED, STORE_DROPPED };
	const struct store_operation operation = { NOW, "kari", "incident", "", "" };
	struct world *w = *state;
	int64_t id;

	(void)trip(w, BEFORE);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_operation_add(w->place->store, &operation, &id), 0);
		assert_int_equal(store_incident_decide(w->place->store, 1, decisions[i], id, NOW),
				 0);
		assert_int_equal(resume(w), i == 0 ? 0 : 2);
		assert_count(w, DEAD, i == 0 ? BEFORE - STORE_SUSPECTS : 0);
	}
	check_replay(w);
}

static int
type(struct world *w, const char *command)
{
	char line[400];

	ctl_directory = w->place->directory;
	snprintf(line, sizeof(line), "--state %s %s", w->place->path, command);
	return ctl(line);
}

static void
an_incident_that_is_undone_takes_no_more_back(void **state)
{
	struct world *w = *state;

	(void)trip(w, BEFORE);
	assert_int_equal(type(w, "undo --operation 1 --quiet --dry-run --why 'is it one?'"), 0);
	assert_count(w, LEFT, 1);
	assert_count(w, DEAD, BEFORE - STORE_SUSPECTS);
	assert_int_equal(type(w, "undo --operation 1 --quiet --why 'it is none'"), 0);
	assert_int_equal(resume(w), 0);
	assert_count(w, LEFT, 0);
	assert_count(w, DEAD, BEFORE);
	check_replay(w);
	buf_free(&said);
}

/* Most of what is looked through may be of others. */
static void
a_slice_ends_after_so_many_transitions_of_others(void **state)
{
	struct world *w = *state;
	struct crowd other = { "x#@d#.example",
			       "4.2.2",
			       "452 4.2.2 mailbox full",
			       "mx#.example",
			       "news.example.org",
			       GUARD_SLICE,
			       NOW + 5,
			       0 };
	struct crowd c = gmail;

	w->config.incident.domain_addresses = 10;
	c.count = 5;
	c.step = 1;
	arrive(w, &c);
	arrive_from(w, &other, 0);
	c.time += 10;
	c.count = 6;
	arrive_from(w, &c, 5);
	assert_count(w, INCIDENTS, 1);
	assert_count(w, DEAD " AND address LIKE '%gmail.example'", 5);
	assert_int_equal(resume(w), 1);
	assert_count(w, DEAD " AND address LIKE '%gmail.example'", 0);
	assert_count(w, HELD, 11);
	check_replay(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_guarded(one_transaction_takes_back_a_bounded_number),
		on_a_guarded(one_more_is_left_for_the_next),
		on_a_guarded(the_rest_is_taken_back_after_a_crash_and_what_is_new_is_held_at_once),
		on_a_guarded(what_was_released_is_not_taken_back_and_what_was_dropped_is),
		on_a_guarded(an_incident_that_is_undone_takes_no_more_back),
		on_a_guarded(a_slice_ends_after_so_many_transitions_of_others),
	};

	log_open("guard_slice_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
