/*
 * net_starttls_test - plain connections that turn into TLS, and bytes inside TLS
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_tls_world.h"

/* STARTTLS */

static void
upgrade_server(struct told *told, int fd, const void *context)
{
	char c = 0;

	send_text(fd, "* OK ready\r\n");
	while (c != '\n' && read(fd, &c, 1) == 1)
		continue;
	send_text(fd, "a OK go\r\n");
	echo(told, fd, context);
}

static struct net_conn *
until_go(struct world *world)
{
	struct net_conn *conn;

	world->options.security = NET_PLAIN_THEN_TLS;
	conn = connect_well(world);
	assert_false(net_is_tls(conn));
	assert_reads(conn, "* OK ready\r\n");
	assert_int_equal(net_write(conn, "a STARTTLS\r\n", 12), 12);
	assert_reads(conn, "a OK go\r\n");
	return conn;
}

static void
upgrade(struct world *world)
{
	struct net_conn *conn = until_go(world);

	assert_int_equal(net_starttls(conn, world->error), 0);
	assert_true(net_is_tls(conn));
	assert_reads(conn, "hello");
	assert_int_equal(net_write(conn, "secret", 6), 6);
	assert_reads(conn, "secret");
	assert_int_equal(net_starttls(conn, world->error), -1); /* once is enough */
	net_close(conn);
}

static void
a_plain_connection_turns_into_tls(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, upgrade_server);
	run(world, upgrade);
	assert_int_equal(world->told->bytes, 6);
}

static void
upgrade_badly(struct world *world)
{
	struct net_conn *conn = until_go(world);
	char c;

	assert_int_equal(net_starttls(conn, world->error), -1);
	assert_string_equal(net_error(conn), world->error);
	assert_false(net_is_tls(conn));
	/* Neither in TLS nor, worse, in plain text. */
	assert_int_equal(net_write(conn, "secret", 6), -1);
	assert_int_equal(net_read(conn, &c, 1), -1);
	assert_int_equal(net_wait_readable(conn, LONG), 1);
	assert_string_equal(net_error(conn), world->error);
	net_close(conn);
}

static void
after_a_failed_upgrade_no_byte_moves(void **state)
{
	struct world *world = *state;
	struct certificate bad = good;

	bad.by = &foreign;
	start_tls_server(world, &bad, upgrade_server);
	run(world, upgrade_badly);
	assert_contains(world->error, "unknown authority");
	assert_int_equal(world->told->bytes, 0);
}

static void
injecting_server(struct told *told, int fd, const void *context)
{
	char c = 0;

	send_text(fd, "* OK ready\r\n");
	while (c != '\n' && read(fd, &c, 1) == 1)
		continue;
	send_text(fd, "a OK go\r\n* BYE injected before TLS\r\n");
	echo(told, fd, context);
}

static void
bytes_injected_before_the_handshake_break_it(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, injecting_server);
	run(world, upgrade_badly);
	assert_contains(world->error, "does not speak TLS");
}

/* Bytes */

static void
move_a_megabyte(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char out[16000], in[16000];

	assert_reads(conn, "hello");
	for (size_t round = 0; round < 64; round++) {
		size_t sent = 0, got = 0;

		for (size_t i = 0; i < sizeof(out); i++)
			out[i] = (char)(i * 7 + round);
		while (sent < sizeof(out)) {
			ssize_t n = net_write(conn, out + sent, sizeof(out) - sent);

			assert_true(n > 0);
			sent += (size_t)n;
		}
		while (got < sizeof(in)) {
			ssize_t n = net_read(conn, in + got, sizeof(in) - got);

			assert_true(n > 0);
			got += (size_t)n;
		}
		assert_memory_equal(in, out, sizeof(in));
	}
	net_close(conn);
}

static void
a_megabyte_goes_there_and_back(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, echo);
	run(world, move_a_megabyte);
	assert_int_equal(world->told->bytes, 64 * 16000);
}

static void
look_before_reading(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char got[10];

	assert_int_equal(net_wait_readable(conn, LONG), 1);
	assert_int_equal(net_read(conn, got, 1), 1);
	assert_int_equal(got[0], 'h');
	/* The rest came in the same record: the socket is silent, the bytes are here. */
	assert_int_equal(net_wait_readable(conn, 0), 1);
	assert_int_equal(net_wait_readable(conn, 0), 1);
	assert_int_equal(net_read(conn, got, sizeof(got)), 4);
	assert_memory_equal(got, "ello", 4);
	assert_int_equal(net_wait_readable(conn, SHORT), CO_TIMEOUT);
	co_cancel(co_self(world->loop));
	assert_int_equal(net_wait_readable(conn, LONG), CO_CANCELED);
	assert_int_equal(net_read(conn, got, 1), -1);
	assert_contains(net_error(conn), "canceled");
	net_close(conn);
}

static void
bytes_that_wait_inside_tls_are_readable(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, echo);
	run(world, look_before_reading);
}

/* Shakes hands (which sends tickets in TLS 1.3), and is silent. */
static void
silent_after_handshake(struct told *told, int fd, const void *context)
{
	const struct tls_server *server = context;
	gnutls_session_t session = accept_tls(told, fd, server->credentials, server->priority);
	char c;

	if (session == NULL)
		return;
	while (gnutls_record_recv(session, &c, 1) > 0)
		continue;
	gnutls_deinit(session);
}

static void
wait_beside_a_ticket(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char c;

	/* The ticket is in the socket before long, and is no data. */
	assert_int_equal(co_wait(world->loop, conn->fd, CO_READ, LONG), CO_READ);
	assert_int_equal(net_wait_readable(conn, SHORT), CO_TIMEOUT);
	world->options.progress_timeout = SHORT;
	conn->progress_timeout = SHORT;
	assert_int_equal(net_read(conn, &c, 1), -1);
	assert_contains(net_error(conn), "sent nothing for 0.2 s");
	net_close(conn);
}

static void
a_record_without_data_makes_nothing_readable(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, silent_after_handshake);
	run(world, wait_beside_a_ticket);
}

/* Says a word and goes: without a goodbye, or with one. */
static void
cut_off(struct told *told, int fd, const void *context)
{
	const struct tls_server *server = context;
	gnutls_session_t session = accept_tls(told, fd, server->credentials, server->priority);

	if (session == NULL)
		return;
	gnutls_record_send(session, "word", 4);
	if (told->accepted == 2)
		gnutls_bye(session, GNUTLS_SHUT_WR);
	gnutls_deinit(session);
}

static void
read_to_the_end(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char c;

	assert_reads(conn, "word");
	assert_int_equal(net_read(conn, &c, 1), 0);
	assert_int_equal(net_wait_readable(conn, LONG), 1);
	assert_int_equal(net_read(conn, &c, 1), 0); /* the end stays the end */
	net_close(conn);
}

static void
both_kinds_of_close_read_as_the_end(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, cut_off);
	run(world, read_to_the_end);
	run(world, read_to_the_end);
	assert_int_equal(world->told->accepted, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_plain_connection_turns_into_tls),
		WORLD_TEST(after_a_failed_upgrade_no_byte_moves),
		WORLD_TEST(bytes_injected_before_the_handshake_break_it),
		WORLD_TEST(a_megabyte_goes_there_and_back),
		WORLD_TEST(bytes_that_wait_inside_tls_are_readable),
		WORLD_TEST(a_record_without_data_makes_nothing_readable),
		WORLD_TEST(both_kinds_of_close_read_as_the_end),
	};

	return cmocka_run_group_tests(tests, make_authorities, free_authorities);
}
