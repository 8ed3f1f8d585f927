/*
 * action_retry_test - when a program is told again
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "action_world.h"

static void
failures_are_retried_later_and_later(void **state)
{
	static const int64_t want[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
	struct place *p = *state;

	write_script(p, "exit 1");
	add_entry(p, "{}");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		int64_t now = (int64_t)time(NULL);
		struct outcome got;

		run_outbox(p);
		got = outcome_of(p);
		assert_int_equal(got.attempts, (int)i + 1);
		assert_in_range(got.due, now + want[i], (int64_t)time(NULL) + want[i]);
		run_sql(p, "UPDATE outbox SET due_at = 1000");
	}
}

static void
entries_of_a_hook_that_is_gone_are_kept_and_told_once(void **state)
{
	struct place *p = *state;
	int64_t now = (int64_t)time(NULL);
	struct outcome got;
	char text[8192];
	const char *first;

	p->config.hook_count = 0;
	add_entry(p, "{}");
	add_entry(p, "{}");
	run_outbox(p);
	got = outcome_of(p);
	assert_false(got.done);
	assert_in_range(got.due, now + 86400, (int64_t)time(NULL) + 86400);
	read_text(p->directory, "log", text, sizeof(text));
	first = strstr(text, "is not configured any more");
	assert_non_null(first);
	assert_null(strstr(first + 1, "is not configured any more"));
}

struct canceler {
	struct place *place;
	double after;
	bool reload; /* take the configuration away as well */
};

static void
cancel_later(void *arg)
{
	struct canceler *c = arg;

	co_sleep(c->place->loop, c->after);
	if (c->reload) {
		c->place->current = NULL;
		c->place->hook = (struct config_hook){ 0 };
		memset(c->place->command, 0, sizeof(c->place->command));
	}
	if (c->place->runner.self != NULL)
		co_cancel(c->place->runner.self);
}

static void
a_cancelled_runner_kills_the_program_and_keeps_the_entry(void **state)
{
	struct place *p = *state;
	struct canceler canceler = { .place = p, .after = 0.3, .reload = true };
	struct outcome got;

	p->runner.once = false;
	write_script(p, "sleep 1000");
	add_entry(p, "{}");
	co_spawn(p->loop, "canceler", cancel_later, &canceler);
	run_outbox(p);
	got = outcome_of(p);
	assert_false(got.done);
	assert_int_equal(got.attempts, 0);
	assert_int_equal(got.due, 1000);
	assert_null(p->runner.self);
}

static void
mend_store_later(void *arg)
{
	struct canceler *c = arg;

	while (!is_logged(c->place, "cannot be ticked off"))
		co_sleep(c->place->loop, 0.02);
	co_sleep(c->place->loop, 2 * ACTION_SETTLE); /* in which it could run again */
	run_sql(c->place, "DROP TRIGGER full");
	while (outcome_of(c->place).attempts == 0)
		co_sleep(c->place->loop, 0.02);
	co_cancel(c->place->runner.self);
}

static void
a_program_runs_once_though_the_store_is_in_trouble(void **state)
{
	static const char *const scripts[] = { "echo ran >> \"$1/ran\"",
					       "echo ran >> \"$1/ran\"; exit 1" };

	for (size_t i = 0; i < 2; i++) {
		struct place *p = *state;
		struct canceler mender = { .place = p };

		p->runner.once = false;
		write_script(p, scripts[i]);
		run_sql(p, "DELETE FROM outbox");
		add_entry(p, "{}");
		assert_int_equal(truncate(p->log, 0), 0);
		run_sql(p, "CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN "
			   "SELECT raise(ABORT, 'no room'); END");
		co_spawn(p->loop, "mender", mend_store_later, &mender);
		run_outbox(p);
		assert_file(p, "ran", i == 0 ? "ran\n" : "ran\nran\n");
		assert_int_equal(outcome_of(p).done, i == 0);
		assert_int_equal(outcome_of(p).attempts, 1);
	}
}

static void
wake_later(void *arg)
{
	struct canceler *c = arg;
	double end;

	co_sleep(c->place->loop, 0.2);
	add_entry(c->place, "{}");
	co_wake(c->place->runner.self);
	/* Its own next look would come too late. */
	end = co_clock() + ACTION_POLL / 2;
	while (!outcome_of(c->place).done && co_clock() < end)
		co_sleep(c->place->loop, 0.02);
	co_cancel(c->place->runner.self);
}

static void
a_waiting_runner_is_woken_by_a_new_entry(void **state)
{
	struct place *p = *state;
	struct canceler waker = { .place = p };

	p->runner.once = false;
	write_script(p, "exit 0");
	co_spawn(p->loop, "waker", wake_later, &waker);
	run_outbox(p);
	assert_true(outcome_of(p).done);
}

/* bouncectl has a connection of its own, and wakes nobody. */
static void
write_beside_later(void *arg)
{
	struct canceler *c = arg;
	double end;

	co_sleep(c->place->loop, 0.2);
	run_sql(c->place, "INSERT INTO outbox (hook, payload, created_at, due_at) "
			  "VALUES ('tell', '{}', 1, 1)");
	end = co_clock() + ACTION_POLL / 2;
	while (!outcome_of(c->place).done && co_clock() < end)
		co_sleep(c->place->loop, 0.02);
	co_cancel(c->place->runner.self);
}

static void
what_another_process_writes_is_not_waited_for(void **state)
{
	struct place *p = *state;
	struct canceler writer = { .place = p };

	p->runner.once = false;
	write_script(p, "exit 0");
	co_spawn(p->loop, "writer", write_beside_later, &writer);
	run_outbox(p);
	assert_true(outcome_of(p).done);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_loop(failures_are_retried_later_and_later),
		on_a_loop(what_another_process_writes_is_not_waited_for),
		on_a_loop(entries_of_a_hook_that_is_gone_are_kept_and_told_once),
		on_a_loop(a_cancelled_runner_kills_the_program_and_keeps_the_entry),
		on_a_loop(a_program_runs_once_though_the_store_is_in_trouble),
		on_a_loop(a_waiting_runner_is_woken_by_a_new_entry),
	};

	log_open("action_retry_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
