/*
 * pool_world - what the tests of pools share: a pool, and a server that counts who comes
 *
 * All of it runs on one loop. A test is a coroutine beside the pool's: it waits for what is to
 * happen, without a limit, and changes what the server does.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POOL_WORLD_H
#define POOL_WORLD_H

#include "log_file.h"
#include "pool_server.h"

/* The pool */

static inline void
on_recorded(void *owner)
{
	(void)owner;
}

static inline void
on_ended(struct pool *pool)
{
	struct world *world = pool->owner;

	world->ended = true;
}

/* An account of our server; nothing is moved, and a failure costs no time. */
static inline void
add_account(struct buf *out, const struct world *world, const char *name, const char *options)
{
	static const char *const kinds[] = { "bounce",     "delayed",   "success",   "complaint",
					     "auto-reply", "receipt",   "challenge", "backscatter",
					     "other",      "unreadable" };

	buf_addf(out,
		 "account \"%s\" {\nhost = \"127.0.0.1\"\nport = \"%u\"\ntls = none\n"
		 "auth = login\nuser = \"somebody\"\npassword = \"pencil\"\n"
		 "insecure-inline-password = true\npoll-interval = 1s\n%s\ntarget {\n",
		 name, world->port, options);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		buf_addf(out, "%s = \"leave\"\n", kinds[i]);
	buf_adds(out, "}\n}\n");
}

static inline struct config *
parse(struct buf *text)
{
	struct buf errors = BUF_INIT;
	struct config *config = config_parse("test.conf", buf_str(text), &errors);

	if (config == NULL)
		fail_msg("%s", buf_str(&errors));
	buf_free(&errors);
	buf_free(text);
	for (size_t i = 0; config != NULL && i < config->account_count; i++)
		config->account[i].retry_least = 0;
	return config;
}

/* A pool of these accounts' options, not started. */
static inline struct pool *
make_pool(struct world *world, const char *first, const char *second)
{
	struct pool *pool = xalloc(sizeof(*pool));
	struct buf text = BUF_INIT;

	add_account(&text, world, "first", first);
	if (second != NULL)
		add_account(&text, world, "second", second);
	world->config = parse(&text);
	world->pool = pool;
	pool->loop = world->loop;
	pool->net = world->net;
	pool->oauth2 = world->oauth2;
	pool->store = world->place->store;
	pool->config = world->config;
	pool->recorded = on_recorded;
	pool->ended = on_ended;
	pool->owner = world;
	for (size_t i = 0; i < world->config->account_count; i++)
		pool_add(pool, &world->config->account[i]);
	return pool;
}

#define WAIT_UNTIL(world, condition)     \
	do {                             \
		while (!(condition))     \
			a_moment(world); \
	} while (0)

static inline struct mailbox *
mailbox_at(const struct world *world, const char *folder)
{
	struct mailbox *m;

	TAILQ_FOREACH(m, &world->pool->mailboxes, link)
	{
		if (strcmp(m->folder, folder) == 0)
			return m;
	}
	return NULL;
}

/* Who works on a folder; NULL: nobody does, or nobody watches it. */
static inline struct worker *
worker_at(const struct world *world, const char *folder)
{
	const struct mailbox *m = mailbox_at(world, folder);

	return m != NULL ? m->worker : NULL;
}

/* The name of the account that watches a folder; "" = none does. */
static inline const char *
account_at(const struct world *world, const char *folder)
{
	const struct mailbox *m = mailbox_at(world, folder);

	return m != NULL ? m->account->name : "";
}

static inline uint64_t
taken_in(const struct world *world, const char *folder)
{
	const struct mailbox *m = mailbox_at(world, folder);

	return m != NULL ? m->totals.messages : 0;
}

static inline void
test_main(void *arg)
{
	struct world *world = arg;

	world->test(world);
	pool_stop(world->pool);
	WAIT_UNTIL(world, world->ended);
	co_cancel(world->acceptor);
}

/* Runs the pool beside the test, and ends it. */
static inline void
play(struct world *world, void (*test)(struct world *world))
{
	world->test = test;
	world->acceptor = co_spawn(world->loop, "acceptor", accept_peers, world);
	pool_start(world->pool);
	co_spawn(world->loop, "test", test_main, world);
	ev_run(world->ev, 0);
	assert_int_equal(co_count(world->loop), 0);
}

static inline size_t
log_lines(const struct world *world, const char *with)
{
	return log_file_lines(world->log, with);
}

/* Setting up */

static inline void
listen_on_loopback(struct world *world)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);

	world->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(world->listener >= 0);
	assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &at.sin_addr), 1);
	assert_int_equal(bind(world->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(world->listener, 100), 0);
	assert_int_equal(getsockname(world->listener, (struct sockaddr *)&at, &size), 0);
	world->port = ntohs(at.sin_port);
}

static inline int
setup(void **state)
{
	struct world *world = xalloc(sizeof(*world));
	void *place;
	int fd;

	make_place(&place);
	world->place = place;
	snprintf(world->log, sizeof(world->log), "%s/log", world->place->directory);
	fd = open(world->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	world->standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(fd, STDERR_FILENO);
	close(fd);
	world->ev = ev_loop_new(EVFLAG_AUTO);
	world->loop = co_loop_new(world->ev);
	world->net = net_new(world->loop);
	world->oauth2 = oauth2_new(world->loop, world->net);
	world->most = MAX_PEERS;
	world->refused = "";
	listen_on_loopback(world);
	*state = world;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *world = *state;
	void *place = world->place;

	dup2(world->standard_error, STDERR_FILENO);
	close(world->standard_error);
	/* A failed assertion has jumped out of its coroutine. */
	if (co_count(world->loop) > 0)
		return -1;
	if (world->pool != NULL)
		pool_free(world->pool);
	free(world->pool);
	config_free(world->config);
	buf_free(&world->visits);
	close(world->listener);
	oauth2_free(world->oauth2);
	net_free(world->net);
	co_loop_free(world->loop);
	ev_loop_destroy(world->ev);
	free(world);
	return drop_place(&place);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
