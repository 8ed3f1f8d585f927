/*
 * net_test - bytes that come and go before a deadline
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_world.h"

/* Servers without TLS */

static void
echo(struct told *told, int fd, const void *context)
{
	char data[4096];
	ssize_t got;

	(void)context;
	send_text(fd, "hello");
	while ((got = read(fd, data, sizeof(data))) > 0) {
		told->bytes += (size_t)got;
		if (write(fd, data, (size_t)got) != got)
			return;
	}
}

/* Waits for the client to go. */
static void
say_nothing(struct told *told, int fd, const void *context)
{
	char c;

	(void)context;
	while (read(fd, &c, 1) > 0)
		told->bytes++;
}

static void
never_read(struct told *told, int fd, const void *context)
{
	(void)told;
	(void)fd;
	(void)context;
	pause();
}

static void
drip(struct told *told, int fd, const void *context)
{
	(void)told;
	(void)context;
	while (write(fd, "x", 1) == 1)
		usleep(10000);
}

static void
flood(struct told *told, int fd, const void *context)
{
	static const char data[4096];

	(void)told;
	(void)context;
	while (write(fd, data, sizeof(data)) > 0)
		continue;
}

/* Bytes without TLS */

static void
talk(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char peer[NET_PEER_SIZE];
	char c;

	snprintf(peer, sizeof(peer), "127.0.0.1 port %s", world->port);
	assert_string_equal(net_peer(conn), peer);
	assert_ptr_equal(net_loop(conn), world->loop);
	assert_false(net_is_tls(conn));
	assert_int_equal(net_wait_readable(conn, LONG), 1);
	assert_reads(conn, "hello");
	assert_int_equal(net_wait_readable(conn, 0), CO_TIMEOUT);
	assert_int_equal(net_write(conn, "word", 4), 4);
	assert_reads(conn, "word");
	assert_int_equal(net_write(conn, "", 0), 0);
	assert_int_equal(net_read(conn, &c, 0), 0);
	assert_string_equal(net_error(conn), "");
	assert_int_equal(net_starttls(conn, world->error), -1); /* was not asked for */
	shutdown(conn->fd, SHUT_WR);
	assert_int_equal(net_read(conn, &c, 1), 0);
	assert_int_equal(net_read(conn, &c, 1), 0);
	net_close(conn);
	net_close(NULL);
}

static void
bytes_go_there_and_back_until_the_end(void **state)
{
	struct world *world = *state;

	start_server(world, echo, NULL);
	world->options.host = "localhost";
	run(world, talk);
	assert_int_equal(world->told->bytes, 4);
}

static void
read_until_it_fails(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char data[100];

	net_set_deadline(conn, SHORT);
	while (net_read(conn, data, sizeof(data)) > 0)
		continue;
	snprintf(world->error, sizeof(world->error), "%s", net_error(conn));
	/* A deadline that is over stays so, until there is another. */
	assert_int_equal(net_write(conn, "x", 1), -1);
	net_set_deadline(conn, -1);
	assert_int_equal(net_write(conn, "x", 1), 1);
	net_close(conn);
}

static void
a_deadline_ends_what_progress_does_not(void **state)
{
	static void (*const servers[])(struct told *, int, const void *) = { drip, flood,
									     say_nothing };

	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct world *world;
		void *inner;
		double start = co_clock();

		world_setup(&inner);
		world = inner;
		start_server(world, servers[i], NULL);
		run(world, read_until_it_fails);
		assert_contains(world->error, "not finished by the deadline");
		assert_true(co_clock() - start >= SHORT && co_clock() - start < LONG);
		world_teardown(&inner);
	}
}

static void
read_without_progress(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char c;

	net_set_deadline(conn, LONG);
	assert_int_equal(net_read(conn, &c, 1), -1);
	assert_contains(net_error(conn), "the server sent nothing for 0.2 s");
	net_close(conn);
}

static void
a_silent_server_is_given_up(void **state)
{
	struct world *world = *state;

	start_server(world, say_nothing, NULL);
	world->options.progress_timeout = SHORT;
	run(world, read_without_progress);
}

static void
write_without_progress(struct world *world)
{
	static const char data[65536];
	struct net_conn *conn = connect_well(world);
	size_t sent = 0;
	ssize_t n;

	while ((n = net_write(conn, data, sizeof(data))) > 0)
		sent += (size_t)n;
	assert_true(sent > 0);
	assert_int_equal(n, -1);
	assert_contains(net_error(conn), "the server took nothing for 0.2 s");
	net_close(conn);
}

static void
a_server_that_reads_nothing_is_given_up(void **state)
{
	struct world *world = *state;

	start_server(world, never_read, NULL);
	world->options.progress_timeout = SHORT;
	run(world, write_without_progress);
}

static void
hang_up(struct told *told, int fd, const void *context)
{
	const struct linger now = { 1, 0 };
	char c;

	(void)told;
	(void)context;
	if (read(fd, &c, 1) != 1) /* else the connect itself might fail */
		_exit(1);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void
write_to_nobody(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	double end = co_clock() + LONG;

	/* The server needs a moment to hang up. */
	while (net_write(conn, "x", 1) == 1 && co_clock() < end)
		co_sleep(world->loop, 0.001);
	assert_contains(net_error(conn), "the connection broke");
	assert_int_equal(net_write(conn, "x", 1), -1);
	assert_contains(net_error(conn), "the connection broke");
	net_close(conn);
}

static void
writing_to_one_who_hung_up_fails_and_kills_nobody(void **state)
{
	struct world *world = *state;

	start_server(world, hang_up, NULL);
	run(world, write_to_nobody);
}

static void
read_and_be_cancelled(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char c;

	cancel_soon(world);
	assert_int_equal(net_read(conn, &c, 1), -1);
	assert_contains(net_error(conn), "canceled");
	assert_int_equal(net_write(conn, "x", 1), -1);
	assert_int_equal(net_wait_readable(conn, LONG), CO_CANCELED);
	net_close(conn);
}

static void
a_read_can_be_cancelled(void **state)
{
	struct world *world = *state;

	start_server(world, say_nothing, NULL);
	run(world, read_and_be_cancelled);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(bytes_go_there_and_back_until_the_end),
		cmocka_unit_test(a_deadline_ends_what_progress_does_not),
		WORLD_TEST(a_silent_server_is_given_up),
		WORLD_TEST(a_server_that_reads_nothing_is_given_up),
		WORLD_TEST(writing_to_one_who_hung_up_fails_and_kills_nobody),
		WORLD_TEST(a_read_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
