/*
 * co_test - coroutines: order, waits, cancelling
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "co_world.h"

static void
step_b(void *arg)
{
	struct world *world = arg;

	note(world, 'b');
	co_sleep(world->loop, 0.3);
	note(world, 'B');
}

static void
coroutines_start_in_the_order_of_their_spawning_and_wake_by_time(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "b", step_b, world);
	co_spawn(world->loop, "a", step_a, world);
	assert_string_equal(world->trace, ""); /* nothing runs before the loop turns */
	assert_int_equal(co_count(world->loop), 2);
	turn(world);
	assert_string_equal(world->trace, "baAB");
}

static void
spawner(void *arg)
{
	struct world *world = arg;

	note(world, '1');
	co_spawn(world->loop, "child", step_a, world);
	note(world, '2');
}

static void
a_coroutine_may_spawn_another_that_runs_later(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "parent", spawner, world);
	turn(world);
	assert_string_equal(world->trace, "12aA");
}

static void
look_at_self(void *arg)
{
	struct world *world = arg;

	assert_ptr_equal(co_self(world->loop), world->victim);
	assert_string_equal(co_name(co_self(world->loop)), "mailbox");
	note(world, 's');
}

static void
the_running_coroutine_knows_itself_and_its_copied_name(void **state)
{
	struct world *world = *state;
	char name[] = "mailbox";

	assert_null(co_self(world->loop));
	world->victim = co_spawn(world->loop, name, look_at_self, world);
	name[0] = 'X';
	turn(world);
	assert_null(co_self(world->loop));
	assert_string_equal(world->trace, "s");
}

/* The waits, each in a form that would last for ever (or LONG). */

static int
wait_fd_long(struct world *world)
{
	return co_wait(world->loop, world->fd[0], CO_READ, LONG);
}

static int
wait_fd_short(struct world *world)
{
	return co_wait(world->loop, world->fd[0], CO_READ, 0.01);
}

static int
wait_both(struct world *world)
{
	struct co_poll poll[] = { { world->fd[0], CO_READ, 0 }, { world->fd[1], CO_READ, 0 } };

	return co_wait_any(world->loop, poll, 2, LONG);
}

static int
wait_both_short(struct world *world)
{
	struct co_poll poll[] = { { world->fd[0], CO_READ, 7 }, { world->fd[1], CO_READ, 7 } };
	int result = co_wait_any(world->loop, poll, 2, 0.01);

	assert_int_equal(poll[0].revents, 0);
	assert_int_equal(poll[1].revents, 0);
	return result;
}

static int
wait_sleep(struct world *world)
{
	return co_sleep(world->loop, LONG);
}

static int
wait_sleep_short(struct world *world)
{
	return co_sleep(world->loop, 0.01);
}

static int
wait_block(struct world *world)
{
	return co_block(world->loop, -1);
}

static int
wait_block_short(struct world *world)
{
	return co_block(world->loop, 0.01);
}

static int
wait_breath(struct world *world)
{
	return co_breathe(world->loop);
}

static void
each_wait_times_out(void **state)
{
	static int (*const waits[])(struct world *) = { wait_fd_short, wait_both_short,
							wait_sleep_short, wait_block_short };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		world->wait = waits[i];
		world->result = 99;
		co_spawn(world->loop, "waiter", wait_once, world);
		turn(world);
		assert_int_equal(world->result, CO_TIMEOUT);
	}
	assert_string_equal(world->trace, "wwww");
}

static void
cancel_victim(void *arg)
{
	struct world *world = arg;

	assert_false(co_canceled(world->victim));
	co_cancel(world->victim);
	assert_true(co_canceled(world->victim));
	note(world, 'c');
}

static int (*const endless[])(struct world *) = { wait_fd,    wait_fd_long, wait_both,
						  wait_sleep, wait_block,   NULL };

static void
each_wait_can_be_cancelled(void **state)
{
	struct world *world = *state;
	double start = co_clock();

	for (size_t i = 0; endless[i] != NULL; i++) {
		world->trace[0] = world->trace[1] = '\0';
		world->wait = endless[i];
		world->result = 99;
		world->victim = co_spawn(world->loop, "victim", wait_once, world);
		co_spawn(world->loop, "canceller", cancel_victim, world);
		turn(world);
		assert_int_equal(world->result, CO_CANCELED);
		assert_string_equal(world->trace, "cw");
	}
	assert_true(co_clock() - start < LONG);
}

static void
wait_twice_canceled(void *arg)
{
	struct world *world = arg;

	for (size_t i = 0; endless[i] != NULL; i++) {
		assert_int_equal(endless[i](world), CO_CANCELED);
		assert_int_equal(endless[i](world), CO_CANCELED);
	}
	assert_int_equal(wait_breath(world), CO_CANCELED);
	assert_int_equal(co_sleep(world->loop, 0), CO_CANCELED);
	note(world, 'w');
}

static void
a_coroutine_cancelled_before_it_ran_runs_and_never_waits(void **state)
{
	struct world *world = *state;

	world->victim = co_spawn(world->loop, "victim", wait_twice_canceled, world);
	co_cancel(world->victim);
	turn(world);
	assert_string_equal(world->trace, "w");
}

static void
cancel_self(void *arg)
{
	struct world *world = arg;

	co_cancel(co_self(world->loop));
	wait_twice_canceled(arg);
}

static void
a_coroutine_may_cancel_itself(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "self", cancel_self, world);
	turn(world);
	assert_string_equal(world->trace, "w");
}

static void
ready_and_cancelled_at_once_is_cancelled(void **state)
{
	struct world *world = *state;

	assert_int_equal(write(world->fd[1], "x", 1), 1);
	world->wait = wait_fd;
	world->victim = co_spawn(world->loop, "victim", wait_once, world);
	co_spawn(world->loop, "canceller", cancel_victim, world);
	turn(world);
	assert_int_equal(world->result, CO_CANCELED);
}

static void
read_and_write(void *arg)
{
	struct world *world = arg;

	assert_int_equal(co_wait(world->loop, world->fd[0], CO_READ | CO_WRITE, LONG), CO_WRITE);
	assert_int_equal(write(world->fd[1], "x", 1), 1);
	assert_int_equal(co_wait(world->loop, world->fd[0], CO_READ | CO_WRITE, LONG),
			 CO_READ | CO_WRITE);
	assert_int_equal(co_wait(world->loop, world->fd[0], CO_READ, LONG), CO_READ);
	assert_int_equal(co_wait(world->loop, world->fd[1], CO_READ, 0), CO_TIMEOUT);
	assert_int_equal(co_wait(world->loop, world->fd[0], CO_READ, 0), CO_READ);
	note(world, 'r');
}

static void
a_wait_tells_which_of_its_events_came(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "reader", read_and_write, world);
	turn(world);
	assert_string_equal(world->trace, "r");
}

static void
wait_for_both_ends(void *arg)
{
	struct world *world = arg;
	struct co_poll poll[] = { { world->fd[0], CO_READ, 0 }, { world->fd[1], CO_READ, 0 } };

	assert_int_equal(write(world->fd[0], "x", 1), 1);
	assert_int_equal(co_wait_any(world->loop, poll, 2, LONG), 1);
	assert_int_equal(poll[0].revents, 0);
	assert_int_equal(poll[1].revents, CO_READ);
	assert_int_equal(write(world->fd[1], "x", 1), 1);
	assert_int_equal(co_wait_any(world->loop, poll, 2, LONG), 2);
	assert_int_equal(poll[0].revents, CO_READ);
	note(world, 'r');
}

static void
events_that_come_together_are_told_together(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "reader", wait_for_both_ends, world);
	turn(world);
	assert_string_equal(world->trace, "r");
}

static void
wait_for_the_most(void *arg)
{
	struct world *world = arg;
	struct co_poll poll[CO_MAX_POLL];
	int fds[CO_MAX_POLL];

	for (size_t i = 0; i < CO_MAX_POLL; i++) {
		fds[i] = dup(world->fd[0]);
		assert_true(fds[i] >= 0);
		poll[i] = (struct co_poll){ fds[i], CO_WRITE, 0 };
	}
	assert_int_equal(co_wait_any(world->loop, poll, CO_MAX_POLL, LONG), CO_MAX_POLL);
	for (size_t i = 0; i < CO_MAX_POLL; i++)
		close(fds[i]);
	note(world, 'r');
}

static void
one_wait_takes_as_many_descriptors_as_promised(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "reader", wait_for_the_most, world);
	turn(world);
	assert_string_equal(world->trace, "r");
}

static void
wake_victim(void *arg)
{
	struct world *world = arg;

	note(world, 'k');
	co_wake(world->victim);
	co_wake(world->victim);
}

static void
a_wake_ends_a_block(void **state)
{
	struct world *world = *state;

	world->wait = wait_block;
	world->victim = co_spawn(world->loop, "blocked", wait_once, world);
	co_spawn(world->loop, "waker", wake_victim, world);
	turn(world);
	assert_int_equal(world->result, 1);
	assert_string_equal(world->trace, "kw");
}

static void
sleep_then_block(void *arg)
{
	struct world *world = arg;

	assert_int_equal(co_sleep(world->loop, 0.01), CO_TIMEOUT); /* not ended by a wake */
	assert_int_equal(co_block(world->loop, -1), 1);
	assert_int_equal(co_block(world->loop, 0.01), CO_TIMEOUT); /* two wakes are told once */
	note(world, 'w');
}

static void
a_wake_before_the_block_is_not_lost_and_ends_no_other_wait(void **state)
{
	struct world *world = *state;

	world->victim = co_spawn(world->loop, "sleeper", sleep_then_block, world);
	co_spawn(world->loop, "waker", wake_victim, world);
	turn(world);
	assert_string_equal(world->trace, "kw");
}

static int
wait_or_wake(struct world *world)
{
	return co_wait_or_wake(world->loop, world->fd[0], CO_READ, -1);
}

static void
a_wake_ends_a_wait_that_allows_it_and_so_does_the_descriptor(void **state)
{
	struct world *world = *state;

	world->wait = wait_or_wake;
	world->victim = co_spawn(world->loop, "waiting", wait_once, world);
	co_spawn(world->loop, "waker", wake_victim, world);
	turn(world);
	assert_int_equal(world->result, CO_TIMEOUT);
	assert_int_equal(write(world->fd[1], "x", 1), 1);
	world->victim = co_spawn(world->loop, "waiting", wait_once, world);
	turn(world);
	assert_int_equal(world->result, CO_READ);
}

static void
sleep_then_wait(void *arg)
{
	struct world *world = arg;

	assert_int_equal(co_sleep(world->loop, 0.01), CO_TIMEOUT);
	assert_int_equal(wait_or_wake(world), CO_TIMEOUT);
	assert_int_equal(co_block(world->loop, 0.01), CO_TIMEOUT); /* it was told of once */
	note(world, 'w');
}

static void
a_wake_before_such_a_wait_is_not_lost(void **state)
{
	struct world *world = *state;

	world->victim = co_spawn(world->loop, "sleeper", sleep_then_wait, world);
	co_spawn(world->loop, "waker", wake_victim, world);
	turn(world);
	assert_string_equal(world->trace, "kw");
}

static void
wake_from_timer(struct ev_loop *ev, struct ev_timer *timer, int events)
{
	(void)ev;
	(void)events;
	wake_victim(timer->data);
}

static void
a_wake_from_a_watcher_of_the_loop_works(void **state)
{
	struct world *world = *state;
	struct ev_timer timer;

	ev_timer_init(&timer, wake_from_timer, 0.01, 0);
	timer.data = world;
	ev_timer_start(world->ev, &timer);
	world->wait = wait_block;
	world->victim = co_spawn(world->loop, "blocked", wait_once, world);
	turn(world);
	assert_int_equal(world->result, 1);
}

static void
count_turn(struct ev_loop *ev, struct ev_check *check, int events)
{
	struct world *world = check->data;

	(void)ev;
	(void)events;
	world->turns++;
}

static void
waiting_coroutines_do_not_keep_the_loop_busy(void **state)
{
	struct world *world = *state;
	struct ev_check check;

	ev_check_init(&check, count_turn);
	check.data = world;
	ev_check_start(world->ev, &check);
	ev_unref(world->ev);
	co_spawn(world->loop, "sleeper", step_b, world);
	turn(world);
	ev_ref(world->ev);
	ev_check_stop(world->ev, &check);
	assert_string_equal(world->trace, "bB");
	assert_in_range(world->turns, 1, 20);
}

static void
the_clock_goes_forward(void **state)
{
	double before = co_clock();

	(void)state;
	assert_true(before > 0);
	assert_int_equal(usleep(2000), 0);
	assert_true(co_clock() - before >= 0.002);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(coroutines_start_in_the_order_of_their_spawning_and_wake_by_time),
		TEST(a_coroutine_may_spawn_another_that_runs_later),
		TEST(the_running_coroutine_knows_itself_and_its_copied_name),
		TEST(each_wait_times_out),
		TEST(each_wait_can_be_cancelled),
		TEST(a_coroutine_cancelled_before_it_ran_runs_and_never_waits),
		TEST(a_coroutine_may_cancel_itself),
		TEST(ready_and_cancelled_at_once_is_cancelled),
		TEST(a_wait_tells_which_of_its_events_came),
		TEST(events_that_come_together_are_told_together),
		TEST(one_wait_takes_as_many_descriptors_as_promised),
		TEST(a_wake_ends_a_block),
		TEST(a_wake_before_the_block_is_not_lost_and_ends_no_other_wait),
		TEST(a_wake_ends_a_wait_that_allows_it_and_so_does_the_descriptor),
		TEST(a_wake_before_such_a_wait_is_not_lost),
		TEST(a_wake_from_a_watcher_of_the_loop_works),
		TEST(waiting_coroutines_do_not_keep_the_loop_busy),
		cmocka_unit_test(the_clock_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
