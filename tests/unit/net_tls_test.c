/*
 * net_tls_test - which servers are trusted, and what is said of the others
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_world.h"

#define LONG_LABEL "a-label-of-sixty-three-bytes-is-the-longest-that-dns-allows-123"

static struct authority ours, foreign;

struct tls_server {
	gnutls_certificate_credentials_t credentials;
	const char *priority;
};

/* Greets, then counts and returns what it gets. */
static void
echo(struct told *told, int fd, const void *context)
{
	const struct tls_server *server = context;
	gnutls_session_t session = accept_tls(told, fd, server->credentials, server->priority);
	char data[4096];
	ssize_t got;

	if (session == NULL)
		return;
	gnutls_record_send(session, "hello", 5);
	while ((got = gnutls_record_recv(session, data, sizeof(data))) > 0) {
		told->bytes += (size_t)got;
		gnutls_record_send(session, data, (size_t)got);
	}
	gnutls_deinit(session);
}

static void
start_tls_server(struct world *world, const struct certificate *certificate,
		 void (*serve)(struct told *, int, const void *))
{
	struct tls_server server = { make_certificate(certificate), certificate->priority };

	start_server(world, serve, &server);
	gnutls_certificate_free_credentials(server.credentials);
	world->options.security = NET_TLS;
	world->options.ca_file = ours.path;
}

static const struct certificate good = { .names = { "imap.example.com", "localhost" },
					 .address = "127.0.0.1",
					 .by = &ours };

static void
talk(struct world *world)
{
	struct net_conn *conn = connect_well(world);

	assert_true(net_is_tls(conn));
	assert_reads(conn, "hello");
	assert_int_equal(net_write(conn, "a LOGIN", 7), 7);
	assert_reads(conn, "a LOGIN");
	net_close(conn);
}

/* Certificates */

static const struct good_case {
	const char *host, *tls_name;
	struct certificate certificate;
} good_cases[] = {
	{ "localhost", "", { .names = { "localhost" }, .by = &ours } },
	{ "LocalHost", "", { .names = { "localhost" }, .by = &ours } },
	{ "127.0.0.1", "", { .address = "127.0.0.1", .by = &ours } },
	{ "127.0.0.1", "imap.example.com", { .names = { "imap.example.com" }, .by = &ours } },
	{ "127.0.0.1", "imap.example.com", { .names = { "*.example.com" }, .by = &ours } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "a.example.com", "imap.example.com" }, .by = &ours } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.example.com" },
	    .by = &ours,
	    .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2" } },
};

static void
a_certificate_of_our_authority_for_this_name_is_trusted(void **state)
{
	for (size_t i = 0; i < sizeof(good_cases) / sizeof(good_cases[0]); i++) {
		struct world *world;
		void *inner;

		(void)state;
		world_setup(&inner);
		world = inner;
		start_tls_server(world, &good_cases[i].certificate, echo);
		world->options.host = good_cases[i].host;
		world->options.tls_name = good_cases[i].tls_name;
		run(world, talk);
		assert_int_equal(world->told->bytes, 7);
		world_teardown(&inner);
	}
}

static const struct bad_case {
	const char *host, *tls_name;
	struct certificate certificate;
	const char *says[5];
} bad_cases[] = {
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.example.com" }, .by = &foreign },
	  { "unknown authority", "set ca-file" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.example.com" } },
	  { "unknown authority", "set ca-file" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.contoso.com", "mail.contoso.com" }, .by = &ours },
	  { "it is for imap.contoso.com, mail.contoso.com, not for imap.example.com",
	    "tls-name" } },
	{ "127.0.0.1",
	  "",
	  { .names = { "localhost" }, .by = &ours },
	  { "it is for localhost, not for 127.0.0.1" } },
	{ "127.0.0.1",
	  "",
	  { .address = "192.0.2.7", .by = &ours },
	  { "it is for 192.0.2.7, not for 127.0.0.1" } },
	{ "localhost",
	  "",
	  { .address = "127.0.0.1", .by = &ours },
	  { "it is for 127.0.0.1, not for localhost" } },
	/* An address has no subdomains, and a name without dots no wildcard. */
	{ "127.0.0.1", "", { .names = { "*.0.0.1" }, .by = &ours }, { "not for 127.0.0.1" } },
	{ "localhost", "", { .names = { "*" }, .by = &ours }, { "it is for *, not for" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .by = &ours },
	  { "it is for common.example.com, not for imap.example.com" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "n1", "n2", "n3", "n4", "n5", "n6" }, .by = &ours },
	  { "it is for n1, n2, n3, n4 and 2 more, not for" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .raw_name = "a\x1b[2Jb c", .by = &ours },
	  { "it is for a?[2Jb?c, not for" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { LONG_LABEL ".a" }, .by = &ours },
	  { LONG_LABEL "...., not for" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.example.com" }, .by = &ours, .from = 1577880000, .until = 1577923445 },
	  { "it expired on 2020-01-02 00:04 UTC", "needs a new one" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.example.com" }, .by = &ours, .from = 2524608000, .until = 2524694400 },
	  { "it is not valid before 2050-01-01 00:00 UTC", "clock" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.contoso.com" }, .by = &ours, .from = 1577880000, .until = 1577923445 },
	  { "it is for imap.contoso.com", "; it expired on 2020-01-02" } },
	{ "127.0.0.1",
	  "imap.example.com",
	  { .names = { "imap.example.com" },
	    .by = &ours,
	    .key = GNUTLS_PK_RSA,
	    .bits = 1024,
	    .priority = "NORMAL:%PROFILE_VERY_WEAK" },
	  { "too weak" } },
};

static void
any_other_certificate_is_refused_in_words_and_nothing_is_sent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
		struct world *world;
		void *inner;

		world_setup(&inner);
		world = inner;
		start_tls_server(world, &bad_cases[i].certificate, echo);
		world->options.host = bad_cases[i].host;
		world->options.tls_name = bad_cases[i].tls_name;
		run(world, connect_badly);
		assert_contains(world->error, bad_cases[i].host);
		assert_contains(world->error, ": certificate refused, nothing was sent: ");
		for (size_t j = 0; bad_cases[i].says[j] != NULL; j++)
			assert_contains(world->error, bad_cases[i].says[j]);
		assert_int_equal(world->told->bytes, 0);
		world_teardown(&inner);
	}
}

static void
the_systems_authorities_do_not_know_ours(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, echo);
	world->options.ca_file = "";
	run(world, connect_badly);
	/* Either the bundle is there and ours is not in it, or the machine has none. */
	if (strstr(world->error, "install ca-certificates") == NULL)
		assert_contains(world->error, "unknown authority");
	assert_int_equal(world->told->bytes, 0);
}

static void
a_server_of_old_tls_only_is_refused(void **state)
{
	struct world *world = *state;
	struct certificate old = good;

	old.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+SHA1:+SIGN-ALL:%PROFILE_VERY_WEAK";
	start_tls_server(world, &old, echo);
	run(world, connect_badly);
	assert_contains(world->error, "no TLS 1.2 or later");
	assert_int_equal(world->told->handshakes, 0);
}

/* The file of authorities */

static void
a_ca_file_that_cannot_be_used_is_named(void **state)
{
	static const struct {
		const char *path, *says;
	} cases[] = {
		{ "/nonexistent/ca.pem", "ca-file /nonexistent/ca.pem: No such file" },
		{ "/dev/null", "must hold certificates in PEM form" },
	};
	struct world *world = *state;

	start_tls_server(world, &good, echo);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world->options.ca_file = cases[i].path;
		run(world, connect_badly);
		assert_contains(world->error, cases[i].says);
	}
	assert_int_equal(world->told->accepted, 0); /* said before connecting */
}

static void
talk_and_refresh_while_connected(struct world *world)
{
	struct net_conn *conn = connect_well(world);

	net_refresh(world->net);
	assert_reads(conn, "hello");
	assert_int_equal(net_write(conn, "x", 1), 1);
	assert_reads(conn, "x");
	net_close(conn);
}

static void
a_ca_file_is_loaded_once_until_the_refresh(void **state)
{
	struct world *world = *state;
	char path[] = "/tmp/net_test.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	start_tls_server(world, &good, echo);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(link(ours.path, path), 0);
	world->options.ca_file = path;
	run(world, talk_and_refresh_while_connected);
	run(world, talk);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(link(foreign.path, path), 0);
	run(world, talk); /* still the authority that was loaded */
	net_refresh(world->net);
	run(world, connect_badly);
	assert_contains(world->error, "unknown authority");
	unlink(path);
}

/* Servers that do not shake hands */

static void
say_plain_text(struct told *told, int fd, const void *context)
{
	char c;

	(void)told;
	(void)context;
	send_text(fd, "* OK plain text on the port of TLS\r\n");
	while (read(fd, &c, 1) > 0)
		continue;
}

static void
hang_up(struct told *told, int fd, const void *context)
{
	char data[4096];

	(void)told;
	(void)context;
	if (read(fd, data, sizeof(data)) < 0)
		_exit(1);
}

static void
say_nothing(struct told *told, int fd, const void *context)
{
	char data[4096];

	(void)told;
	(void)context;
	while (read(fd, data, sizeof(data)) > 0)
		continue;
}

/* The head of a record, then a byte of it now and then: never silent, never done. */
static void
drip(struct told *told, int fd, const void *context)
{
	(void)told;
	(void)context;
	if (write(fd, "\x16\x03\x03\x10\x00\x02\x00\x0f\x00", 9) != 9)
		_exit(1);
	while (write(fd, "x", 1) == 1)
		usleep(10000);
}

static void
a_server_that_does_not_shake_hands_is_given_up(void **state)
{
	static const struct {
		void (*serve)(struct told *, int, const void *);
		double timeout;
		const char *says;
	} cases[] = {
		{ say_plain_text, LONG, "does not speak TLS" },
		{ hang_up, LONG, "during the TLS handshake" },
		{ say_nothing, SHORT, "no TLS handshake within 0.2 s" },
		{ drip, SHORT, "no TLS handshake within 0.2 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *world;
		void *inner;

		world_setup(&inner);
		world = inner;
		start_tls_server(world, &good, cases[i].serve);
		world->options.tls_timeout = cases[i].timeout;
		run(world, connect_badly);
		assert_contains(world->error, "127.0.0.1 port ");
		assert_contains(world->error, cases[i].says);
		world_teardown(&inner);
	}
}

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

static void
cancel_client(void *arg)
{
	struct world *world = arg;

	co_sleep(world->loop, 0.05);
	co_cancel(world->client);
}

static void
connect_and_be_cancelled(struct world *world)
{
	co_spawn(world->loop, "canceller", cancel_client, world);
	connect_badly(world);
}

static void
a_handshake_can_be_cancelled(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, say_nothing);
	run(world, connect_and_be_cancelled);
	assert_contains(world->error, "canceled");
}

static int
make_authorities(void **state)
{
	(void)state;
	make_authority(&ours, "Test Authority");
	make_authority(&foreign, "Foreign Authority");
	return 0;
}

static int
free_authorities(void **state)
{
	(void)state;
	free_authority(&ours);
	free_authority(&foreign);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_of_our_authority_for_this_name_is_trusted),
		cmocka_unit_test(any_other_certificate_is_refused_in_words_and_nothing_is_sent),
		WORLD_TEST(the_systems_authorities_do_not_know_ours),
		WORLD_TEST(a_server_of_old_tls_only_is_refused),
		WORLD_TEST(a_ca_file_that_cannot_be_used_is_named),
		WORLD_TEST(a_ca_file_is_loaded_once_until_the_refresh),
		cmocka_unit_test(a_server_that_does_not_shake_hands_is_given_up),
		WORLD_TEST(a_plain_connection_turns_into_tls),
		WORLD_TEST(after_a_failed_upgrade_no_byte_moves),
		WORLD_TEST(bytes_injected_before_the_handshake_break_it),
		WORLD_TEST(a_megabyte_goes_there_and_back),
		WORLD_TEST(bytes_that_wait_inside_tls_are_readable),
		WORLD_TEST(a_record_without_data_makes_nothing_readable),
		WORLD_TEST(both_kinds_of_close_read_as_the_end),
		WORLD_TEST(a_handshake_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, make_authorities, free_authorities);
}
