/*
 * store_outbox_test - whom somebody must still be told of, and what was told once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

static void
an_alert_is_new_once_a_reason_domain_and_day(void **state)
{
	static const struct {
		enum bounce_reason reason;
		const char *domain;
		int64_t time;
		bool want;
	} row[] = {
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW, true },
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW + 1, false },
		{ BOUNCE_REASON_IP_BLOCKED, "contoso.com", NOW, true },
		{ BOUNCE_REASON_AUTH_FAILURE, "example.com", NOW, true },
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW + DAY, true },
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW + DAY, false },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool first;

		ok(store_alert(p->store, row[i].reason, span_of(row[i].domain), row[i].time,
			       &first));
		assert_int_equal(first, row[i].want);
	}
	assert_sql(p, "SELECT sum(count), count(*) FROM alert", "6|4");
}

static void
the_outbox_gives_what_is_due_until_it_is_done(void **state)
{
	struct place *p = *state;
	struct store_outbox entry;

	assert_int_equal(store_outbox_next(p->store, NOW, &entry), 0);
	ok(store_outbox_add(p->store, "tell", 0,
			    SPAN("{\"address\":\"a\\u0000b\",\"n\":5,\"x\":null}"), NOW));
	ok(store_outbox_add(p->store, "tell", 0, SPAN("not JSON"), NOW + 1));
	assert_int_equal(store_outbox_next(p->store, NOW - 1, &entry), 0);
	assert_int_equal(store_outbox_next(p->store, NOW, &entry), 1);
	assert_int_equal(entry.id, 1);
	assert_string_equal(entry.hook, "tell");
	assert_int_equal(entry.attempts, 0);
	assert_string_equal(entry.fact[1], "n=5");
	assert_string_equal(entry.fact[2], "x=");
	assert_null(entry.fact[3]);
	store_outbox_free(&entry);
	ok(store_outbox_retry(p->store, 1, NOW + 60, "exit status 1"));
	assert_int_equal(store_outbox_next(p->store, NOW + 1, &entry), 1);
	assert_int_equal(entry.id, 2);
	assert_null(entry.fact[0]);
	store_outbox_free(&entry);
	ok(store_outbox_done(p->store, 2, NOW + 2));
	assert_int_equal(store_outbox_next(p->store, NOW + 59, &entry), 0);
	assert_int_equal(store_outbox_next(p->store, NOW + 60, &entry), 1);
	assert_int_equal(entry.id, 1);
	assert_int_equal(entry.attempts, 1);
	store_outbox_free(&entry);
	assert_sql(p, "SELECT id, attempts, error, done_at FROM outbox",
		   "1|1|exit status 1|-\n2|1|-|1790000002");
}

static void
entries_done_long_ago_are_forgotten_a_piece_at_a_time(void **state)
{
	struct place *p = *state;

	assert_int_equal(
		run_by_hand(p,
			    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
			    "1002) INSERT INTO outbox (hook, payload, created_at, due_at, done_at) "
			    "SELECT 'tell', '{}', 1, 1, 100 + i FROM n"),
		SQLITE_OK);
	ok(store_outbox_add(p->store, "tell", 0, SPAN("{}"), 1)); /* not done */
	assert_int_equal(store_outbox_forget(p->store, 101), 0);
	assert_int_equal(store_outbox_forget(p->store, 102), 1);
	assert_int_equal(store_outbox_forget(p->store, NOW), STORE_FORGET_MOST);
	assert_sql(p, "SELECT count(*), count(done_at) FROM outbox", "2|1");
	assert_int_equal(store_outbox_forget(p->store, NOW), 1);
	assert_int_equal(store_outbox_forget(p->store, NOW), 0);
	assert_sql(p, "SELECT count(*), count(done_at) FROM outbox", "1|0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(an_alert_is_new_once_a_reason_domain_and_day),
		on_a_file(the_outbox_gives_what_is_due_until_it_is_done),
		on_a_file(entries_done_long_ago_are_forgotten_a_piece_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
