/*
 * co_way_test - coroutines that have much to do let the others run
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "co_world.h"

static void
hog(void *arg)
{
	struct world *world = arg;
	double end = co_clock() + LONG;

	note(world, 'h');
	while (strchr(world->trace, 'w') == NULL && co_clock() < end)
		assert_int_equal(co_breathe(world->loop), 0);
	note(world, 'H');
}

static void
a_busy_coroutine_that_breathes_lets_the_others_run(void **state)
{
	struct world *world = *state;

	assert_int_equal(write(world->fd[1], "x", 1), 1);
	world->wait = wait_fd;
	co_spawn(world->loop, "hog", hog, world);
	co_spawn(world->loop, "short", wait_once, world); /* needs the events looked at, too */
	turn(world);
	assert_string_equal(world->trace, "hwH");
}

static void
breathe_often(void *arg)
{
	struct world *world = arg;

	for (int i = 0; i < 10; i++)
		assert_int_equal(co_breathe(world->loop), 0);
	/* its slice began after the turn did */
	note(world, co_clock() - world->began < CO_SLICE ? 'n' : 's');
}

static void
a_coroutine_that_breathes_within_its_slice_goes_on(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "quick", breathe_often, world);
	co_spawn(world->loop, "other", step_a, world);
	turn(world);
	if (strchr(world->trace, 's') != NULL)
		skip(); /* this machine was too slow to tell */
	assert_string_equal(world->trace, "naA");
}

static void
give_way(void *arg)
{
	struct world *world = arg;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(co_give_way(world->loop), 0);
		note(world, 'g');
	}
}

static void
nobody_gives_way_to_nobody(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "alone", give_way, world);
	turn(world);
	if (co_clock() - world->began >= CO_WAY)
		skip(); /* this machine was too slow to tell */
	assert_string_equal(world->trace, "gg");
}

static void
talk(void *arg)
{
	struct world *world = arg;

	note(world, 't');
	co_sleep(world->loop, 0);
	note(world, 'T');
}

static void
who_gives_way_lets_a_talk_go_on(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "talker", talk, world);
	co_spawn(world->loop, "worker", give_way, world);
	turn(world);
	assert_string_equal(world->trace, "tTgg");
}

/* Counts the turns of the loop until the test is over. */
static void
tick(void *arg)
{
	struct world *world = arg;

	for (world->turns = 0; strchr(world->trace, 'e') == NULL; world->turns++)
		(void)co_sleep(world->loop, 0);
}

static void
talk_in_a_hurry(void *arg)
{
	struct world *world = arg;

	co_hurry(world->loop);
	for (const char *word = "abc"; *word != '\0'; word++) {
		co_sleep(world->loop, CO_WAY);
		note(world, *word);
	}
	co_calm(world->loop);
}

static void
work_long(void *arg)
{
	struct world *world = arg;

	(void)co_give_way(world->loop);
	note(world, 'g');
}

static void
long_work_waits_for_a_talk_in_a_hurry_to_be_over(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "talker", talk_in_a_hurry, world);
	co_spawn(world->loop, "worker", work_long, world);
	turn(world);
	if (co_clock() - world->began >= CO_MOST_WAY)
		skip(); /* this machine was too slow to tell */
	assert_string_equal(world->trace, "abcg");
}

static void
hurry_on_and_on(void *arg)
{
	struct world *world = arg;

	while (strchr(world->trace, 'g') == NULL) {
		co_hurry(world->loop);
		co_sleep(world->loop, 0);
	}
}

static void
who_is_always_in_a_hurry_does_not_stop_long_work(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "talker", hurry_on_and_on, world);
	co_spawn(world->loop, "worker", work_long, world);
	turn(world);
	assert_string_equal(world->trace, "g");
}

static void
hold_for_a_slice(void)
{
	double end = co_clock() + 2 * CO_SLICE;

	while (co_clock() < end)
		;
}

/* Turns that others have while one breathes who has held the thread for long. */
static size_t
turns_of_a_breath(struct world *world)
{
	size_t before;

	hold_for_a_slice();
	before = world->turns;
	assert_int_equal(co_breathe(world->loop), 0);
	return world->turns - before;
}

/* A server that does not answer: the hurry is never said to be over. */
static void
hang(void *arg)
{
	struct world *world = arg;

	co_hurry(world->loop);
	(void)co_block(world->loop, LONG);
	note(world, 'w');
}

#define SOME_TURNS 3 /* that a breath alone may bring */

static void
breathe_while_one_hangs(void *arg)
{
	struct world *world = arg;

	assert_true(turns_of_a_breath(world) > SOME_TURNS || co_clock() - world->began > CO_HURRY);
	co_sleep(world->loop, CO_HURRY);
	assert_true(turns_of_a_breath(world) <= SOME_TURNS);
	co_wake(world->victim);
	note(world, 'e');
}

static void
a_hurry_ends_by_itself(void **state)
{
	struct world *world = *state;

	world->victim = co_spawn(world->loop, "hung", hang, world);
	co_spawn(world->loop, "ticker", tick, world);
	co_spawn(world->loop, "worker", breathe_while_one_hangs, world);
	turn(world);
	assert_string_equal(world->trace, "ew");
}

static void
breathe_in_a_hurry(void *arg)
{
	struct world *world = arg;

	co_hurry(world->loop);
	assert_true(turns_of_a_breath(world) <= SOME_TURNS);
	note(world, 'e');
	co_wake(world->victim);
}

static void
who_is_in_a_hurry_waits_for_nobody_else_who_is(void **state)
{
	struct world *world = *state;

	world->victim = co_spawn(world->loop, "hung", hang, world);
	co_spawn(world->loop, "ticker", tick, world);
	co_spawn(world->loop, "quick", breathe_in_a_hurry, world);
	turn(world);
	assert_string_equal(world->trace, "ew");
}

static void
end_in_a_hurry(void *arg)
{
	struct world *world = arg;

	co_hurry(world->loop);
	note(world, 'x');
}

static void
the_hurry_of_one_that_has_ended_is_forgotten(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "short", end_in_a_hurry, world);
	co_spawn(world->loop, "worker", work_long, world);
	turn(world);
	assert_string_equal(world->trace, "xg");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_busy_coroutine_that_breathes_lets_the_others_run),
		TEST(a_coroutine_that_breathes_within_its_slice_goes_on),
		TEST(nobody_gives_way_to_nobody),
		TEST(who_gives_way_lets_a_talk_go_on),
		TEST(long_work_waits_for_a_talk_in_a_hurry_to_be_over),
		TEST(who_is_always_in_a_hurry_does_not_stop_long_work),
		TEST(a_hurry_ends_by_itself),
		TEST(who_is_in_a_hurry_waits_for_nobody_else_who_is),
		TEST(the_hurry_of_one_that_has_ended_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
