/*
 * net_world - what the tests of net share: certificates, servers and name servers of their own
 *
 * Certificates are made with GnuTLS as the tests need them; a server is a child process with
 * blocking calls, so that it cannot share a mistake with the code under test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_WORLD_H
#define NET_WORLD_H

#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ev.h>

#include "log.h"
#include "net_private.h"

#define LONG 30.0 /* seconds that no test ever waits for */
#define SHORT 0.2 /* seconds until a timeout that a test waits for */
#define MAX_CHILDREN 4
#define DAY ((time_t)86400)

/* What a child tells its parent, in shared memory. */
struct told {
	size_t accepted;
	size_t handshakes; /* that succeeded on the server's side */
	size_t bytes;      /* of ours that the server got, after TLS */
};

struct world {
	struct ev_loop *ev;
	struct co_loop *loop;
	struct net *net;
	pid_t child[MAX_CHILDREN];
	size_t children;
	struct told *told;
	char port[8];
	struct net_options options;
	char error[NET_ERROR_SIZE];
	void (*run)(struct world *world);
	struct co *client;
	size_t ended;
};

/* Certificates */

struct authority {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	char path[40]; /* of its certificate, PEM */
};

static inline gnutls_x509_privkey_t
make_key(gnutls_pk_algorithm_t algorithm, unsigned bits)
{
	gnutls_x509_privkey_t key;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, algorithm, bits, 0), 0);
	return key;
}

static inline gnutls_x509_privkey_t
make_usual_key(void)
{
	return make_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
}

static inline gnutls_x509_crt_t
begin_certificate(const char *common_name, gnutls_x509_privkey_t key, time_t from, time_t until)
{
	static unsigned char serial = 1;
	gnutls_x509_crt_t out;

	assert_int_equal(gnutls_x509_crt_init(&out), 0);
	assert_int_equal(gnutls_x509_crt_set_version(out, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(out, &serial, 1), 0);
	serial++;
	assert_int_equal(gnutls_x509_crt_set_activation_time(out, from), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(out, until), 0);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(out, GNUTLS_OID_X520_COMMON_NAME, 0,
						       common_name, (unsigned)strlen(common_name)),
			 0);
	assert_int_equal(gnutls_x509_crt_set_key(out, key), 0);
	return out;
}

static inline void
make_authority(struct authority *out, const char *name)
{
	gnutls_datum_t pem;
	int fd;

	out->key = make_usual_key();
	out->certificate =
		begin_certificate(name, out->key, time(NULL) - 30 * DAY, time(NULL) + 30 * DAY);
	assert_int_equal(gnutls_x509_crt_set_basic_constraints(out->certificate, 1, -1), 0);
	assert_int_equal(gnutls_x509_crt_set_key_usage(out->certificate, GNUTLS_KEY_KEY_CERT_SIGN),
			 0);
	assert_int_equal(gnutls_x509_crt_sign2(out->certificate, out->certificate, out->key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	assert_int_equal(gnutls_x509_crt_export2(out->certificate, GNUTLS_X509_FMT_PEM, &pem), 0);
	snprintf(out->path, sizeof(out->path), "/tmp/net_test.XXXXXX");
	fd = mkstemp(out->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, pem.data, pem.size), pem.size);
	close(fd);
	gnutls_free(pem.data);
}

static inline void
free_authority(struct authority *authority)
{
	unlink(authority->path);
	gnutls_x509_crt_deinit(authority->certificate);
	gnutls_x509_privkey_deinit(authority->key);
}

/* What a server's certificate is to be like. */
struct certificate {
	const char *names[12];      /* DNS names */
	const char *raw_name;       /* DNS name as GnuTLS itself would not write it, or NULL */
	const char *address;        /* IPv4, NULL = none */
	const struct authority *by; /* NULL = signed by itself */
	time_t from, until;         /* 0 = yesterday, tomorrow */
	gnutls_pk_algorithm_t key;  /* 0 = a good one */
	unsigned bits;
	const char *priority; /* of the server's TLS; NULL = the usual */
};

/* SubjectAltName ::= SEQUENCE { [2] IA5String }, RFC 5280, as bytes. */
static inline void
add_raw_name(gnutls_x509_crt_t crt, const char *name)
{
	unsigned char der[120];
	size_t len = strlen(name);

	assert_true(len < 100);
	der[0] = 0x30;
	der[1] = (unsigned char)(len + 2);
	der[2] = 0x82;
	der[3] = (unsigned char)len;
	for (size_t i = 0; i < len; i++)
		der[4 + i] = (unsigned char)name[i];
	assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.17", der, len + 4, 0),
			 0);
}

static inline gnutls_certificate_credentials_t
make_certificate(const struct certificate *want)
{
	gnutls_certificate_credentials_t out;
	gnutls_x509_privkey_t key =
		want->key != 0 ? make_key(want->key, want->bits) : make_usual_key();
	gnutls_x509_crt_t crt = begin_certificate(
		"common.example.com", key, want->from != 0 ? want->from : time(NULL) - DAY,
		want->until != 0 ? want->until : time(NULL) + DAY);
	struct in_addr address;

	for (size_t i = 0; want->names[i] != NULL; i++) {
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
					 crt, GNUTLS_SAN_DNSNAME, want->names[i],
					 (unsigned)strlen(want->names[i]), GNUTLS_FSAN_APPEND),
				 0);
	}
	if (want->raw_name != NULL)
		add_raw_name(crt, want->raw_name);
	if (want->address != NULL) {
		assert_int_equal(inet_pton(AF_INET, want->address, &address), 1);
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS,
								      &address, sizeof(address),
								      GNUTLS_FSAN_APPEND),
				 0);
	}
	assert_int_equal(gnutls_x509_crt_sign2(crt, want->by != NULL ? want->by->certificate : crt,
					       want->by != NULL ? want->by->key : key,
					       GNUTLS_DIG_SHA256, 0),
			 0);
	assert_int_equal(gnutls_certificate_allocate_credentials(&out), 0);
	assert_int_equal(gnutls_certificate_set_x509_key(out, &crt, 1, key), 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	return out;
}

/* Servers */

/* A listening socket; *port 0 = a free one, told there. */
static inline int
listen_on(const char *address, uint16_t *port, int backlog)
{
	const int yes = 1;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static inline void
send_text(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
}

/* Runs serve(fd, context) for each connection in a child; the port is world->port. */
static inline void
start_server(struct world *world, void (*serve)(struct told *told, int fd, const void *context),
	     const void *context)
{
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port, 200);
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGPIPE, SIG_IGN);
		for (;;) {
			const int yes = 1;
			int peer = accept(fd, NULL, NULL);

			if (peer < 0)
				_exit(1);
			setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
			world->told->accepted++;
			serve(world->told, peer, context);
			close(peer);
		}
	}
	close(fd);
	assert_true(world->children < MAX_CHILDREN);
	world->child[world->children++] = child;
	snprintf(world->port, sizeof(world->port), "%u", port);
}

/* A TLS server's side of the handshake; NULL when the client went away. */
static inline gnutls_session_t
accept_tls(struct told *told, int fd, gnutls_certificate_credentials_t certificate,
	   const char *priority)
{
	gnutls_session_t session;
	gnutls_datum_t ticket_key;
	int status;

	gnutls_init(&session, GNUTLS_SERVER);
	gnutls_session_ticket_key_generate(&ticket_key);
	gnutls_session_ticket_enable_server(session, &ticket_key);
	gnutls_free(ticket_key.data);
	if (gnutls_priority_set_direct(session, priority != NULL ? priority : "NORMAL", NULL) != 0)
		_exit(2);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, certificate);
	gnutls_transport_set_int(session, fd);
	do
		status = gnutls_handshake(session);
	while (status < 0 && gnutls_error_is_fatal(status) == 0);
	if (status == 0) {
		told->handshakes++;
		return session;
	}
	gnutls_alert_send_appropriate(session, status);
	gnutls_deinit(session);
	return NULL;
}

/* The loop, and coroutines on it */

static inline void
client_main(void *arg)
{
	struct world *world = arg;

	world->run(world);
	world->ended++;
	ev_break(world->ev, EVBREAK_ALL);
}

/* Runs the function as a coroutine, until it has returned. */
static inline void
run(struct world *world, void (*function)(struct world *world))
{
	world->run = function;
	world->ended = 0;
	world->client = co_spawn(world->loop, "client", client_main, world);
	ev_run(world->ev, 0);
	assert_int_equal(world->ended, 1);
}

static inline void
cancel_client(void *arg)
{
	struct world *world = arg;

	co_sleep(world->loop, 0.05);
	co_cancel(world->client);
}

/* Cancels the client in a moment, while it waits for something. */
static inline void
cancel_soon(struct world *world)
{
	co_spawn(world->loop, "canceller", cancel_client, world);
}

static inline int
world_setup(void **state)
{
	struct world *world = xalloc(sizeof(*world));

	world->ev = ev_loop_new(EVFLAG_AUTO);
	assert_non_null(world->ev);
	world->loop = co_loop_new(world->ev);
	world->net = net_new(world->loop);
	world->told = mmap(NULL, sizeof(*world->told), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(world->told != MAP_FAILED);
	world->options = (struct net_options){
		.host = "127.0.0.1",
		.port = world->port,
		.security = NET_PLAIN,
		.ca_file = "",
		.tls_name = "",
		.connect_timeout = LONG,
		.tls_timeout = LONG,
		.progress_timeout = LONG,
	};
	*state = world;
	return 0;
}

static inline int
world_teardown(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < world->children; i++) {
		kill(world->child[i], SIGKILL);
		waitpid(world->child[i], NULL, 0);
	}
	assert_int_equal(co_count(world->loop), 0);
	net_free(world->net);
	co_loop_free(world->loop);
	ev_loop_destroy(world->ev);
	munmap(world->told, sizeof(*world->told));
	free(world);
	return 0;
}

static inline struct net_conn *
connect_well(struct world *world)
{
	struct net_conn *conn = net_connect(world->net, &world->options, world->error);

	if (conn == NULL)
		fail_msg("%s", world->error);
	assert_string_equal(world->error, "");
	return conn;
}

static inline void
connect_badly(struct world *world)
{
	assert_null(net_connect(world->net, &world->options, world->error));
}

static inline void
assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* Reads exactly so much as text has. */
static inline void
assert_reads(struct net_conn *conn, const char *text)
{
	char got[200];
	size_t len = 0;

	assert_true(strlen(text) < sizeof(got));
	while (len < strlen(text)) {
		ssize_t n = net_read(conn, got + len, strlen(text) - len);

		if (n <= 0)
			fail_msg("%zd after %zu bytes: %s", n, len, net_error(conn));
		len += (size_t)n;
	}
	assert_memory_equal(got, text, len);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

#endif
