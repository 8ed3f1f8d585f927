/*
 * net_tls_test - which servers are trusted, and what is said of the others
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_tls_world.h"

#define LONG_LABEL "a-label-of-sixty-three-bytes-is-the-longest-that-dns-allows-123"

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

/* Greets, and ends within a record. */
static void
cut_off(struct told *told, int fd, const void *context)
{
	const struct tls_server *server = context;
	gnutls_session_t session = accept_tls(told, fd, server->credentials, server->priority);

	if (session == NULL)
		return;
	gnutls_record_send(session, "hello", 5);
	if (write(fd, "\x17\x03\x03\x00\x64half", 9) != 9)
		_exit(1);
	gnutls_deinit(session);
}

static void
be_cut_off(struct world *world)
{
	struct net_conn *conn = connect_well(world);
	char c;

	assert_reads(conn, "hello");
	assert_int_equal(net_read(conn, &c, 1), -1);
	assert_contains(net_error(conn), "cut off");
	net_close(conn);
}

static void
a_record_that_is_cut_off_is_told_as_such(void **state)
{
	struct world *world = *state;

	start_tls_server(world, &good, cut_off);
	run(world, be_cut_off);
}

static void
connect_and_be_cancelled(struct world *world)
{
	cancel_soon(world);
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
		WORLD_TEST(a_record_that_is_cut_off_is_told_as_such),
		WORLD_TEST(a_handshake_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, make_authorities, free_authorities);
}
