/*
 * co_stack_test - the stacks of coroutines
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "co_world.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static void
pass_through(void *arg)
{
	struct world *world = arg;

	for (int i = 0; i < 10; i++)
		assert_int_equal(co_sleep(world->loop, 0.001 * (i % 3)), CO_TIMEOUT);
	world->turns++;
}

static void
a_thousand_coroutines_take_turns(void **state)
{
	struct world *world = *state;

	for (int round = 1; round <= 2; round++) { /* the second on stacks used before */
		for (int i = 0; i < 1000; i++)
			co_spawn(world->loop, "one of many", pass_through, world);
		assert_int_equal(co_count(world->loop), 1000);
		turn(world);
		assert_int_equal(world->turns, 1000 * round);
		assert_int_equal(co_count(world->loop), 0);
	}
}

/* Touches size bytes of the stack below, from its near end on. */
static unsigned __attribute__((noinline)) use_stack(size_t size)
{
	volatile char *at = __builtin_alloca(size);
	unsigned sum = 0;

	for (size_t i = size; i-- > 0;)
		at[i] = (char)i;
	for (size_t i = 0; i < size; i += 1000)
		sum += (unsigned)(at[i] & 1);
	return sum;
}

static void
go_deep(void *arg)
{
	struct world *world = arg;

	use_stack((size_t)200 * 1024);
	assert_int_equal(co_sleep(world->loop, 0), CO_TIMEOUT);
	co_trim_stack(world->loop);
	assert_int_equal(co_sleep(world->loop, 0), CO_TIMEOUT);
	use_stack((size_t)200 * 1024);
	note(world, 'd');
}

static void
two_hundred_kib_of_stack_may_be_used_also_after_a_trim(void **state)
{
	struct world *world = *state;

	co_spawn(world->loop, "deep", go_deep, world);
	co_spawn(world->loop, "deep", go_deep, world);
	turn(world);
	assert_string_equal(world->trace, "dd");
}

/* As libetpan does: a frame of 64 KiB without probes whose far end is touched first, on a stack
 * that is nearly used up. */
static void
jump_over(size_t frame)
{
	volatile char *here = __builtin_frame_address(0);

	here[-(ptrdiff_t)(CO_STACK_SIZE + frame)] = 1;
}

static void
go_too_deep(void *arg)
{
	(void)arg;
	jump_over((size_t)64 * 1024);
}

static void
an_overflow_hits_the_guard(void **state)
{
	struct world *world = *state;
	pid_t child;
	int status;

#ifdef UNDER_ASAN
	skip();
#endif
	if (RUNNING_ON_VALGRIND)
		skip();
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGSEGV, SIG_DFL);
		ev_loop_fork(world->ev);
		/* A neighbour below: without a guard the overflow would go unnoticed. */
		co_spawn(world->loop, "too deep", go_too_deep, world);
		co_spawn(world->loop, "neighbour", step_a, world);
		turn(world);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_thousand_coroutines_take_turns),
		TEST(two_hundred_kib_of_stack_may_be_used_also_after_a_trim),
		TEST(an_overflow_hits_the_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
