/*
 * guard_tell_test - who hears of an incident, when, and of what
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_world.h"

#include "guard.h"

#define TOLD                                                                  \
	"SELECT hook || ' ' || json_extract(payload, '$.state') FROM outbox " \
	"WHERE json_extract(payload, '$.incident') IS NOT NULL ORDER BY id"

/* The first hook hears of incidents, the second one of its states alone. */
static int
make_hearer(void **state)
{
	struct world *w;

	make_guarded(state);
	w = *state;
	w->hook[0].incidents = true;
	w->hook[0].states = 0;
	w->hook[1].states = 0;
	return 0;
}

static struct crowd
some_gmail(unsigned count)
{
	struct crowd c = gmail;

	c.count = count;
	c.step = 1;
	return c;
}

static void
its_beginning_is_told_once_with_numbers(void **state)
{
	struct world *w = *state;
	const struct crowd c = some_gmail(60);
	char hook[40];

	arrive(w, &c);
	snprintf(hook, sizeof(hook), "%s holding", w->hook[0].name);
	assert_sql(w->place, TOLD, hook);
	assert_sql(w->place, "SELECT count(*) FROM outbox", "1");
	assert_sql(w->place,
		   "SELECT group_concat(key || '=' || coalesce(value, '-'), ' ') FROM outbox, "
		   "json_each(payload) WHERE key NOT IN ('diagnostic', 'why')",
		   "incident=1 time=1790000020 state=holding kind=domain name=gmail.example "
		   "opened=1790000020 last=1790000020 addresses=21 usual=- mailed=- held=21 "
		   "reason=no-such-user status=5.1.1 who=mailbounced");
	assert_sql(w->place,
		   "SELECT json_extract(payload, '$.diagnostic') LIKE '%tried to reach does not%', "
		   "json_extract(payload, '$.why') FROM outbox",
		   "1|21 addresses within 24 h; 21 in all began to fail");
}

static void
its_end_is_told_once_when_all_folders_have_been_read(void **state)
{
	struct world *w = *state;
	const struct crowd c = some_gmail(60);
	const int64_t quiet = w->config.incident.quiet;
	const int64_t last = NOW + 59, hour = NOW / HOUR * HOUR; /* counts know hours */
	char want[100];

	arrive(w, &c);
	assert_int_equal(guard_sweep(w->place->store, &w->config, hour + quiet - 1, NOW), 0);
	assert_sql(w->place, "SELECT count(*) FROM outbox", "1");
	assert_int_equal(guard_sweep(w->place->store, &w->config, last + quiet, last + quiet), 1);
	assert_int_equal(guard_sweep(w->place->store, &w->config, last + quiet, last + quiet), 0);
	snprintf(want, sizeof(want), "%s holding\n%s waiting", w->hook[0].name, w->hook[0].name);
	assert_sql(w->place, TOLD, want);
	assert_sql(w->place,
		   "SELECT json_extract(payload, '$.held'), json_extract(payload, '$.who') FROM "
		   "outbox ORDER BY id DESC LIMIT 1",
		   "60|mailbounced");
}

static void
a_report_that_ends_it_tells_of_that_as_well(void **state)
{
	struct world *w = *state;
	struct crowd c = some_gmail(60);
	char want[100];

	arrive(w, &c);
	c.count = 1;
	c.time += 10 * DAY;
	arrive_from(w, &c, 100);
	snprintf(want, sizeof(want), "%s holding\n%s waiting", w->hook[0].name, w->hook[0].name);
	assert_sql(w->place, TOLD, want);
	assert_int_equal(guard_sweep(w->place->store, &w->config, NOW + 20 * DAY, NOW), 0);
}

static void
who_decided_is_not_told_of_its_end(void **state)
{
	static const char *const decisions[] = { STORE_RELEASED, STORE_DROPPED };
	struct world *w = *state;
	const struct store_operation operation = { NOW, "kari", "incident", "", "" };
	struct crowd c = some_gmail(60);
	int64_t id;

	for (int i = 0; i < 2; i++) {
		c.time = NOW + i * 30 * DAY;
		c.address = i == 0 ? "reader#@gmail.example" : "reader#@gmx.example";
		arrive(w, &c);
		assert_int_equal(store_operation_add(w->place->store, &operation, &id), 0);
		assert_int_equal(
			store_incident_decide(w->place->store, i + 1, decisions[i], id, c.time), 0);
		assert_int_equal(guard_sweep(w->place->store, &w->config, c.time + 20 * DAY, NOW),
				 1);
	}
	assert_sql(w->place, "SELECT count(*) FROM incident WHERE ended_at IS NULL", "0");
	assert_sql(w->place, "SELECT count(*) FROM outbox", "2");
}

static void
one_that_still_holds_does_not_hide_one_that_is_over(void **state)
{
	struct world *w = *state;
	struct crowd going = some_gmail(30), over = some_gmail(30);

	over.address = "reader#@gmx.example";
	over.remote = "mx.gmx.example";
	over.reply = "550 5.1.1 nobody of that name k#";
	for (unsigned round = 0; round < 6; round++) {
		going.time = NOW + round * 12 * HOUR;
		arrive_from(w, &going, round * 100);
		over.time = going.time;
		if (round == 0)
			arrive(w, &over);
	}
	assert_count(w, INCIDENTS, 2);
	assert_int_equal(guard_sweep(w->place->store, &w->config, going.time + 60, NOW), 1);
	assert_int_equal(guard_sweep(w->place->store, &w->config, going.time + 60, NOW), 0);
	assert_sql(w->place, "SELECT name FROM incident WHERE ended_at IS NOT NULL", "gmx.example");
}

/* The words of strangers stand in JSON, and nothing there ends them. */
static void
hostile_words_stay_words(void **state)
{
	struct world *w = *state;
	struct crowd c = some_gmail(60);

	c.reply = "550 5.1.1 \",\"who\":\"root\",\"x\":\" \x1b[31m `id` $(id) k#";
	arrive(w, &c);
	assert_sql(w->place,
		   "SELECT json_valid(payload), json_extract(payload, '$.who') FROM outbox",
		   "1|mailbounced");
	assert_sql(w->place,
		   "SELECT count(*) FROM outbox, json_each(payload) WHERE key = 'x' OR "
		   "value LIKE '%' || char(27) || '%'",
		   "0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, make_hearer, drop_world)
		CLAIM(its_beginning_is_told_once_with_numbers),
		CLAIM(its_end_is_told_once_when_all_folders_have_been_read),
		CLAIM(a_report_that_ends_it_tells_of_that_as_well),
		CLAIM(who_decided_is_not_told_of_its_end),
		CLAIM(one_that_still_holds_does_not_hide_one_that_is_over),
		CLAIM(hostile_words_stay_words),
	};

	log_open("guard_tell_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
