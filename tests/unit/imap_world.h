/*
 * imap_world - what the tests of imap share: a server that plays a script
 *
 * The server is a coroutine beside the client's: it waits for a command, compares it byte for byte,
 * and answers. In scripts "$" stands for the tag of the command, and "c:" marks a line of the
 * client's that has none, "p:" a short pause.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IMAP_WORLD_H
#define IMAP_WORLD_H

#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "imap.h"
#include "log.h"

#define LONG 20.0  /* seconds that no test ever waits for */
#define PAUSE 0.05 /* seconds */
#define MAX_GOT 32

struct step {
	const char *command; /* without its tag; NULL = say this at once, "p:" = after a pause */
	const char *answer;  /* NULL = hang up */
};

struct world {
	struct ev_loop *ev;
	struct co_loop *loop;
	struct net *net;
	int listener;
	char port[8];
	/* the server */
	const struct step *script;
	size_t steps;
	size_t limit; /* bytes to send before it hangs up */
	size_t sent;
	int peer;
	char input[65536];
	size_t input_len;
	char tag[32];
	char complaint[2000]; /* the server expected something else */
	/* the client */
	void (*client)(struct world *world);
	struct imap_options options;
	struct imap *imap;
	enum imap_result opened;
	char error[NET_ERROR_SIZE];
	struct co *co, *server;
	struct {
		uint32_t uid;
		char text[100];
	} got[MAX_GOT];
	size_t got_count;
	const char *expect; /* part of the error */
};

/* The server */

static inline int
server_write(struct world *world, const char *text, size_t len)
{
	while (len > 0) {
		size_t room = world->limit - world->sent;
		ssize_t n;

		if (room == 0)
			return -1;
		n = send(world->peer, text, len < room ? len : room, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			if (co_wait(world->loop, world->peer, CO_WRITE, LONG) <= 0)
				return -1;
			continue;
		}
		if (n <= 0)
			return -1;
		world->sent += (size_t)n;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static inline int
server_say(struct world *world, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "$");

		if (server_write(world, text, len) < 0)
			return -1;
		if (text[len] == '\0')
			return 0;
		if (server_write(world, world->tag, strlen(world->tag)) < 0)
			return -1;
		text += len + 1;
	}
}

/* Reads once; 0, or -1 at the end. */
static inline int
server_read(struct world *world)
{
	ssize_t n;

	if (co_wait(world->loop, world->peer, CO_READ, LONG) <= 0)
		return -1;
	n = recv(world->peer, world->input + world->input_len,
		 sizeof(world->input) - 1 - world->input_len, 0);
	if (n <= 0)
		return -1;
	world->input_len += (size_t)n;
	world->input[world->input_len] = '\0';
	return 0;
}

/* Takes a line and splits off its tag. */
static inline int
server_expect(struct world *world, const char *command, bool tagged)
{
	char *end, *text = world->input;
	size_t len;

	world->input[world->input_len] = '\0';
	while ((end = strstr(world->input, "\r\n")) == NULL)
		if (server_read(world) < 0)
			return -1;
	*end = '\0';
	if (tagged) {
		len = strcspn(text, " ");
		snprintf(world->tag, sizeof(world->tag), "%.*s", (int)len, text);
		text += text[len] == ' ' ? len + 1 : len;
	}
	if (strcmp(text, command) != 0)
		snprintf(world->complaint, sizeof(world->complaint),
			 "wanted <%.900s>, got <%.900s>", command, text);
	world->input_len -= (size_t)(end + 2 - world->input);
	memmove(world->input, end + 2, world->input_len);
	return world->complaint[0] == '\0' ? 0 : -1;
}

static inline void
server_main(void *arg)
{
	struct world *world = arg;
	const int yes = 1;

	if (co_wait(world->loop, world->listener, CO_READ, LONG) <= 0)
		return;
	world->peer = accept4(world->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(world->peer >= 0);
	assert_int_equal(setsockopt(world->peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)), 0);
	for (size_t i = 0; i < world->steps; i++) {
		const struct step *step = &world->script[i];
		bool pauses = step->command != NULL && strcmp(step->command, "p:") == 0;
		bool tagged = step->command != NULL && strncmp(step->command, "c:", 2) != 0;

		if (pauses)
			(void)co_sleep(world->loop, PAUSE);
		else if (step->command != NULL &&
			 server_expect(world, step->command + (tagged ? 0 : 2), tagged) < 0)
			break;
		if (step->answer == NULL || server_say(world, step->answer) < 0)
			break;
	}
	/* Until the client hangs up, unless the script says that we do. */
	if (world->complaint[0] == '\0' && world->sent < world->limit &&
	    (world->steps == 0 || world->script[world->steps - 1].answer != NULL)) {
		do
			world->input_len = 0;
		while (server_read(world) == 0);
	}
	close(world->peer);
	world->peer = -1;
}

/* The client */

static inline void
client_main(void *arg)
{
	struct world *world = arg;

	world->imap = imap_open(world->net, &world->options, &world->opened, world->error);
	if (world->client != NULL)
		world->client(world);
	imap_close(world->imap);
	world->imap = NULL;
}

static inline void
play_some(struct world *world, const struct step *script, size_t steps,
	  void (*client)(struct world *world))
{
	world->script = script;
	world->steps = steps;
	world->client = client;
	world->sent = 0;
	world->input_len = 0;
	world->got_count = 0;
	world->complaint[0] = '\0';
	world->server = co_spawn(world->loop, "server", server_main, world);
	world->co = co_spawn(world->loop, "client", client_main, world);
	ev_run(world->ev, 0);
	assert_int_equal(co_count(world->loop), 0);
	if (world->complaint[0] != '\0')
		fail_msg("the server %s", world->complaint);
}

#define PLAY(world, script, client) \
	play_some(world, script, sizeof(script) / sizeof((script)[0]), client)

static inline int
setup(void **state)
{
	struct world *world = xalloc(sizeof(*world));
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);

	world->ev = ev_loop_new(EVFLAG_AUTO);
	assert_non_null(world->ev);
	world->loop = co_loop_new(world->ev);
	world->net = net_new(world->loop);
	world->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(world->listener >= 0);
	assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &at.sin_addr), 1);
	assert_int_equal(bind(world->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(world->listener, 20), 0);
	assert_int_equal(getsockname(world->listener, (struct sockaddr *)&at, &size), 0);
	snprintf(world->port, sizeof(world->port), "%u", ntohs(at.sin_port));
	world->limit = SIZE_MAX;
	world->peer = -1;
	world->options = (struct imap_options){
		.net = { .host = "127.0.0.1",
			 .port = world->port,
			 .security = NET_PLAIN,
			 .ca_file = "",
			 .tls_name = "",
			 .connect_timeout = LONG,
			 .tls_timeout = LONG,
			 .progress_timeout = LONG },
		.command_timeout = LONG,
		.transfer_timeout = LONG,
	};
	*state = world;
	return 0;
}

static inline int
teardown(void **state)
{
	struct world *world = *state;

	/* A failed assertion has jumped out of its coroutine. */
	if (co_count(world->loop) > 0) {
		print_error("%s\n", world->complaint);
		return -1;
	}
	close(world->listener);
	net_free(world->net);
	co_loop_free(world->loop);
	ev_loop_destroy(world->ev);
	free(world);
	return 0;
}

static inline void
assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("<%s> is not in <%s>", part, text);
}

static inline void
assert_opened(struct world *world)
{
	if (world->imap == NULL)
		fail_msg("not opened: %s", world->error);
}

static inline void
assert_not_opened(struct world *world, const char *error)
{
	assert_null(world->imap);
	assert_int_equal(world->opened, IMAP_LOST);
	assert_contains(world->error, error);
}

static inline void
assert_result(struct world *world, enum imap_result got, enum imap_result want)
{
	if (got != want)
		fail_msg("result %d, not %d: %s", (int)got, (int)want, imap_error(world->imap));
	if (want == IMAP_OK)
		assert_string_equal(imap_error(world->imap), "");
	else
		assert_string_not_equal(imap_error(world->imap), "");
}

static inline enum imap_result
login(struct world *world)
{
	return imap_login(world->imap, IMAP_AUTH_PLAIN, "user", "pencil");
}

/* Signs in and selects: where most tests begin. */
static inline void
enter(struct world *world)
{
	struct imap_folder folder;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world, imap_select(world->imap, "INBOX", &folder), IMAP_OK);
}

/* Moves them all, a command at a time; copies may be NULL. */
static inline enum imap_result
move_all(struct world *world, struct imap_uids uids, const char *folder, struct imap_copies *copies)
{
	enum imap_result result = IMAP_OK;
	uint32_t copy[2000];
	struct imap_copies own = { .uid = copy };

	assert_true(uids.count <= sizeof(copy) / sizeof(copy[0]));
	while (uids.count > 0 && result == IMAP_OK) {
		struct imap_uids part = { uids.uid, imap_fit(uids) };

		result = imap_move(world->imap, part, folder, copies != NULL ? copies : &own);
		uids = (struct imap_uids){ uids.uid + part.count, uids.count - part.count };
	}
	return result;
}

#define HELLO                          \
	{                              \
		NULL, "* OK hello\r\n" \
	}
#define OFFERED                                                                            \
	{                                                                                  \
		"CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n$ OK done\r\n" \
	}
#define GREETING HELLO, OFFERED
#define SIGNED_IN                                                    \
	{                                                            \
		"AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "$ OK in\r\n" \
	}
#define CAPABLE                                                                           \
	{                                                                                 \
		"CAPABILITY", "* CAPABILITY IMAP4rev1 MOVE IDLE UIDPLUS\r\n$ OK done\r\n" \
	}
#define SELECTED                                                                                  \
	{                                                                                         \
		"SELECT INBOX", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 90] x\r\n" \
				"$ OK [READ-WRITE] in\r\n"                                        \
	}
#define ENTERED GREETING, SIGNED_IN, CAPABLE, SELECTED
#define LOGOUT                                        \
	{                                             \
		"LOGOUT", "* BYE bye\r\n$ OK out\r\n" \
	}

static inline void
take(void *context, uint32_t uid, struct span bytes)
{
	struct world *world = context;

	assert_true(world->got_count < MAX_GOT);
	world->got[world->got_count].uid = uid;
	snprintf(world->got[world->got_count].text, sizeof(world->got[0].text), "%.*s",
		 SPAN_ARG(bytes));
	world->got_count++;
}

static inline enum imap_result
fetch_3_and_5(struct world *world)
{
	static const uint32_t uid[] = { 3, 5 };

	return imap_fetch(world->imap, uid, 2, 1000, take, world);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
