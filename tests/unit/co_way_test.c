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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_busy_coroutine_that_breathes_lets_the_others_run),
		TEST(a_coroutine_that_breathes_within_its_slice_goes_on),
		TEST(nobody_gives_way_to_nobody),
		TEST(who_gives_way_lets_a_talk_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
