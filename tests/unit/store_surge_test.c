/*
 * store_surge_test - counts in memory are what the table would say
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include "store_incident.h"

#define HOUR INT64_C(3600)
#define MOST_NAMES 1024u /* as in store_surge.c */

#define ROWS                                                                        \
	"SELECT kind, name, hour - 1790000000 / 3600, addresses, first FROM surge " \
	"ORDER BY kind, name, hour"

static void
add(struct place *p, const char *kind, const char *name, int64_t time)
{
	const struct store_surge what = { kind, span_of(name) };

	ok(store_surge_add(p->store, &what, time));
}

static void
assert_counted(struct place *p, const char *name, int64_t since, uint64_t count, int64_t first)
{
	const struct store_surge what = { "domain", span_of(name) };
	uint64_t got;
	int64_t got_first;

	ok(store_surge_count(p->store, &what, since, &got, &got_first));
	assert_int_equal(got, count);
	assert_int_equal(got_first, first);
}

/* As if another program had made so many transitions. */
static void
make_transitions(struct place *p, unsigned count)
{
	struct buf sql = BUF_INIT;

	for (unsigned i = 0; i < count; i++)
		buf_adds(&sql, "INSERT INTO transition (time, address, cause, from_state, "
			       "to_state, strike, score, why) VALUES "
			       "(1, 'a@example.com', 'pin-ok', 'ok', 'ok', 0, 0, '');");
	assert_int_equal(run_by_hand(p, buf_str(&sql)), SQLITE_OK);
	buf_free(&sql);
}

static void
a_count_knows_what_is_not_written_yet(void **state)
{
	struct place *p = *state;

	make_transitions(p, 4);
	ok(store_begin(p->store));
	assert_counted(p, "example.com", NOW - DAY, 0, 0);
	add(p, "domain", "example.com", NOW);
	add(p, "domain", "EXAMPLE.com", NOW);
	add(p, "list", "example.com", NOW);
	assert_counted(p, "Example.COM", NOW - DAY, 2, 5);
	assert_counted(p, "example.com", NOW, 0, 0);
	assert_sql(p, ROWS, "");
	ok(store_commit(p->store));
	assert_sql(p, ROWS, "domain|example.com|0|2|5\nlist|example.com|0|1|5");
}

static void
the_first_transition_of_an_hour_stays(void **state)
{
	struct place *p = *state;

	ok(store_begin(p->store));
	add(p, "domain", "example.com", NOW);
	ok(store_commit(p->store));
	make_transitions(p, 7);
	ok(store_begin(p->store));
	add(p, "domain", "example.com", NOW);
	assert_counted(p, "example.com", NOW - DAY, 2, 1);
	add(p, "domain", "example.com", NOW + HOUR);
	assert_counted(p, "example.com", NOW - DAY, 3, 1);
	assert_counted(p, "example.com", NOW, 1, 8);
	ok(store_commit(p->store));
	assert_sql(p, ROWS, "domain|example.com|0|2|1\ndomain|example.com|1|1|8");
}

static void
a_rollback_forgets(void **state)
{
	struct place *p = *state;

	ok(store_begin(p->store));
	add(p, "domain", "example.com", NOW);
	store_rollback(p->store);
	ok(store_begin(p->store));
	assert_counted(p, "example.com", NOW - DAY, 0, 0);
	ok(store_commit(p->store));
	assert_sql(p, ROWS, "");
}

/* An operator's command beside the daemon. */
static void
what_others_change_between_two_transactions_is_seen(void **state)
{
	struct place *p = *state;
	int64_t since = NOW - DAY;

	ok(store_begin(p->store));
	add(p, "domain", "example.com", NOW);
	assert_counted(p, "example.com", since, 1, 1);
	ok(store_commit(p->store));
	make_transitions(p, 2);
	assert_int_equal(run_by_hand(p, "UPDATE surge SET addresses = 40"), SQLITE_OK);
	ok(store_begin(p->store));
	assert_counted(p, "example.com", since, 40, 1);
	add(p, "domain", "example.org", NOW);
	assert_counted(p, "example.org", since, 1, 3);
	ok(store_commit(p->store));
}

static void
without_a_transaction_it_is_written_at_once(void **state)
{
	struct place *p = *state;

	add(p, "domain", "example.com", NOW);
	assert_sql(p, ROWS, "domain|example.com|0|1|1");
	assert_counted(p, "example.com", NOW - DAY, 1, 1);
	assert_int_equal(run_by_hand(p, "UPDATE surge SET addresses = 9"), SQLITE_OK);
	assert_counted(p, "example.com", NOW - DAY, 9, 1);
}

static void
taken_back_is_taken_from_what_is_pending(void **state)
{
	const struct store_surge what = { "domain", SPAN("example.com") };
	struct place *p = *state;

	ok(store_begin(p->store));
	for (unsigned i = 0; i < 3; i++)
		add(p, "domain", "example.com", NOW);
	ok(store_surge_take(p->store, &what, NOW));
	assert_counted(p, "example.com", NOW - DAY, 2, 1);
	add(p, "domain", "example.com", NOW);
	assert_counted(p, "example.com", NOW - DAY, 3, 1);
	ok(store_commit(p->store));
	assert_sql(p, ROWS, "domain|example.com|0|3|1");
}

static void
usual_is_asked_of_what_is_pending_too(void **state)
{
	const struct store_surge what = { "domain", SPAN("example.com") };
	struct place *p = *state;
	uint64_t a_day;
	int64_t oldest;

	ok(store_begin(p->store));
	add(p, "domain", "example.com", NOW - 2 * DAY);
	add(p, "domain", "example.com", NOW - 2 * DAY);
	ok(store_surge_usual(p->store, &what, NOW - DAY, &a_day, &oldest));
	assert_int_equal(a_day, 2);
	assert_int_equal(oldest, (NOW - 2 * DAY) / HOUR * HOUR);
	ok(store_commit(p->store));
}

static void
more_names_than_memory_has_room_for_are_all_counted(void **state)
{
	struct place *p = *state;
	char name[32];

	ok(store_begin(p->store));
	for (unsigned i = 0; i < 2 * (MOST_NAMES + 1); i++) {
		snprintf(name, sizeof(name), "d%u.example.com", i / 2);
		add(p, "domain", name, NOW);
	}
	assert_counted(p, "d0.example.com", NOW - DAY, 2, 1);
	assert_counted(p, "d1024.example.com", NOW - DAY, 2, 1);
	ok(store_commit(p->store));
	assert_sql(p, "SELECT count(*), sum(addresses) FROM surge", "1025|2050");
}

static void
old_rows_go_as_new_ones_come(void **state)
{
	struct place *p = *state;

	for (unsigned i = 0; i < 5; i++)
		add(p, "domain", "example.com", NOW - 100 * DAY + i * HOUR);
	ok(store_begin(p->store));
	add(p, "domain", "example.com", NOW);
	add(p, "list", "example.com", NOW);
	ok(store_commit(p->store));
	assert_sql(p, "SELECT count(*) FROM surge", "3");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(a_count_knows_what_is_not_written_yet),
		on_a_file(the_first_transition_of_an_hour_stays),
		on_a_file(a_rollback_forgets),
		on_a_file(what_others_change_between_two_transactions_is_seen),
		on_a_file(without_a_transaction_it_is_written_at_once),
		on_a_file(taken_back_is_taken_from_what_is_pending),
		on_a_file(usual_is_asked_of_what_is_pending_too),
		on_a_file(more_names_than_memory_has_room_for_are_all_counted),
		on_a_file(old_rows_go_as_new_ones_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
