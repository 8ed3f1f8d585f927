/*
 * co_world - what the tests of co share
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef CO_WORLD_H
#define CO_WORLD_H

#include "test.h"

#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "co.h"
#include "log.h"

#define LONG 30.0 /* seconds that no test ever waits for */

/* What a test and its coroutines share. */
struct world {
	struct ev_loop *ev;
	struct co_loop *loop;
	int fd[2]; /* two connected sockets */
	char trace[200];
	struct co *victim;
	int result;
	int (*wait)(struct world *world);
	size_t turns;
	double began; /* when the loop was turned */
};

static inline int
setup(void **state)
{
	struct world *world = xalloc(sizeof(*world));

	world->ev = ev_loop_new(EVFLAG_AUTO);
	assert_non_null(world->ev);
	world->loop = co_loop_new(world->ev);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, world->fd), 0);
	*state = world;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *world = *state;

	assert_int_equal(co_count(world->loop), 0);
	co_loop_free(world->loop);
	ev_loop_destroy(world->ev);
	close(world->fd[0]);
	close(world->fd[1]);
	free(world);
	return 0;
}

static inline void
turn(struct world *world)
{
	world->began = co_clock();
	ev_run(world->ev, 0);
}

static inline void
note(struct world *world, char c)
{
	size_t len = strlen(world->trace);

	assert_true(len + 1 < sizeof(world->trace));
	world->trace[len] = c;
}

/* Notes 'a', and 'A' a moment later. */
static inline void
step_a(void *arg)
{
	struct world *world = arg;

	note(world, 'a');
	co_sleep(world->loop, 0.01);
	note(world, 'A');
}

static inline int
wait_fd(struct world *world)
{
	return co_wait(world->loop, world->fd[0], CO_READ, -1);
}

/* Waits as world->wait does, and notes 'w'. */
static inline void
wait_once(void *arg)
{
	struct world *world = arg;

	world->result = world->wait(world);
	note(world, 'w');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
