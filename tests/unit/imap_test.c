/*
 * imap_test - IMAP sessions against a server that plays a script
 *
 * The server is a coroutine beside the client's: it waits for a command, compares it byte for byte,
 * and answers. In scripts "$" stands for the tag of the command.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
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

#define LONG 20.0 /* seconds that no test ever waits for */
#define MAX_GOT 32

struct step {
	const char *command; /* without its tag; NULL = say this at once */
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
	struct co *co;
	struct {
		uint32_t uid;
		char text[100];
	} got[MAX_GOT];
	size_t got_count;
	const char *expect; /* part of the error */
};

/* The server */

static int
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

static int
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
static int
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

/* Takes a line, splits off its tag unless it is "DONE", a response, or "*". */
static int
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

static void
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
		/* a lower-case "c:" marks a line that has no tag */
		bool tagged = step->command != NULL && strncmp(step->command, "c:", 2) != 0;

		if (step->command != NULL &&
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

static void
client_main(void *arg)
{
	struct world *world = arg;

	world->imap = imap_open(world->net, &world->options, &world->opened, world->error);
	if (world->client != NULL)
		world->client(world);
	imap_close(world->imap);
	world->imap = NULL;
}

static void
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
	(void)co_spawn(world->loop, "server", server_main, world);
	world->co = co_spawn(world->loop, "client", client_main, world);
	ev_run(world->ev, 0);
	assert_int_equal(co_count(world->loop), 0);
	if (world->complaint[0] != '\0')
		fail_msg("the server %s", world->complaint);
}

#define PLAY(world, script, client) \
	play_some(world, script, sizeof(script) / sizeof((script)[0]), client)

static int
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

static int
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

static void
assert_contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("<%s> is not in <%s>", part, text);
}

static void
assert_opened(struct world *world)
{
	if (world->imap == NULL)
		fail_msg("not opened: %s", world->error);
}

static void
assert_result(struct world *world, enum imap_result got, enum imap_result want)
{
	if (got != want)
		fail_msg("result %d, not %d: %s", (int)got, (int)want, imap_error(world->imap));
	if (want == IMAP_OK)
		assert_string_equal(imap_error(world->imap), "");
	else
		assert_string_not_equal(imap_error(world->imap), "");
}

static enum imap_result
login(struct world *world)
{
	return imap_login(world->imap, IMAP_AUTH_PLAIN, "user", "pencil");
}

/* Signs in and selects: where most tests begin. */
static void
enter(struct world *world)
{
	struct imap_folder folder;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world, imap_select(world->imap, "INBOX", &folder), IMAP_OK);
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

static void
take(void *context, uint32_t uid, struct span bytes)
{
	struct world *world = context;

	assert_true(world->got_count < MAX_GOT);
	world->got[world->got_count].uid = uid;
	snprintf(world->got[world->got_count].text, sizeof(world->got[0].text), "%.*s",
		 SPAN_ARG(bytes));
	world->got_count++;
}

static enum imap_result
fetch_3_and_5(struct world *world)
{
	static const uint32_t uid[] = { 3, 5 };

	return imap_fetch(world->imap, uid, 2, 1000, take, world);
}

/* A whole session, also played with every possible cut. */

static const struct step whole_session[] = {
	GREETING,
	SIGNED_IN,
	CAPABLE,
	{ "SELECT \"&AOk-t&AOk- &-\"",
	  "* FLAGS (\\Seen \\Deleted)\r\n"
	  "* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] some\r\n"
	  "* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UNSEEN 1] first\r\n"
	  "* OK [UIDVALIDITY 4294967295] valid\r\n* OK [UIDNEXT 10] next\r\n"
	  "* OK [HIGHESTMODSEQ 99] mod\r\n$ OK [READ-ONLY] in\r\n" },
	{ "UID FETCH 3:* (UID RFC822.SIZE)",
	  "* 3 FETCH (UID 9 RFC822.SIZE 900)\r\n* 2 FETCH (RFC822.SIZE 500 UID 5)\r\n"
	  "* 1 FETCH (UID 3 RFC822.SIZE 300)\r\n$ OK done\r\n" },
	{ "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)",
	  "* 1 FETCH (UID 3 BODY[]<0> {5}\r\n(\r\n()"
	  " FLAGS (\\Seen))\r\n"
	  "* 2 FETCH (FLAGS () BODY[]<0> {3}\r\nfoo UID 5)\r\n$ OK done\r\n" },
	{ "UID MOVE 3,5 done",
	  "* OK [COPYUID 7 3,5 1:2] moved\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n$ OK done\r\n" },
	{ "IDLE", "+ idling\r\n* OK still here\r\n* 4 EXISTS\r\n" },
	{ "c:DONE", "* 1 RECENT\r\n$ OK idled\r\n" },
	{ "NOOP", "$ OK done\r\n" },
	LOGOUT,
};

static void
walk_whole_session(struct world *world)
{
	static const uint32_t uid[] = { 3, 5 };
	struct imap_folder folder;
	struct imap_item *item;
	size_t count;
	bool changed;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_true(imap_can(world->imap, "move"));
	assert_false(imap_can(world->imap, "CONDSTORE"));
	assert_result(world, imap_select(world->imap, "\xc3\xa9t\xc3\xa9 &", &folder), IMAP_OK);
	assert_int_equal(folder.uidvalidity, UINT32_MAX);
	assert_int_equal(folder.uidnext, 10);
	assert_int_equal(folder.exists, 3);
	assert_true(folder.read_only);
	assert_result(world, imap_list(world->imap, 2, 100, &item, &count), IMAP_OK);
	assert_int_equal(count, 3);
	assert_int_equal(item[0].uid, 3);
	assert_int_equal(item[0].size, 300);
	assert_int_equal(item[1].uid, 5);
	assert_int_equal(item[2].uid, 9);
	assert_int_equal(item[2].size, 900);
	free(item);
	assert_result(world, fetch_3_and_5(world), IMAP_OK);
	assert_int_equal(world->got_count, 2);
	assert_int_equal(world->got[0].uid, 3);
	assert_string_equal(world->got[0].text, "(\r\n()");
	assert_int_equal(world->got[1].uid, 5);
	assert_string_equal(world->got[1].text, "foo");
	assert_result(world, imap_move(world->imap, uid, 2, "done"), IMAP_OK);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_OK);
	assert_true(changed);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
	assert_contains(imap_peer(world->imap), "127.0.0.1");
}

static void
a_whole_session_works(void **state)
{
	PLAY(*state, whole_session, walk_whole_session);
}

/* Goes on for as long as it can; never succeeds after it was lost. */
static void
stagger_through(struct world *world)
{
	static const uint32_t uid[] = { 3, 5 };
	struct imap_folder folder;
	struct imap_item *item;
	enum imap_result result[7];
	size_t count;
	bool changed, lost = false;

	if (world->imap == NULL) {
		assert_int_equal(world->opened, IMAP_LOST);
		assert_string_not_equal(world->error, "");
		return;
	}
	result[0] = login(world);
	result[1] = imap_select(world->imap, "\xc3\xa9t\xc3\xa9 &", &folder);
	result[2] = imap_list(world->imap, 2, 100, &item, &count);
	free(item);
	result[3] = fetch_3_and_5(world);
	result[4] = imap_move(world->imap, uid, 2, "done");
	result[5] = imap_idle(world->imap, LONG, &changed);
	result[6] = imap_noop(world->imap);
	for (size_t i = 0; i < 7; i++) {
		if (lost)
			assert_int_equal(result[i], IMAP_LOST);
		assert_true(result[i] == IMAP_OK || result[i] == IMAP_LOST);
		lost = result[i] == IMAP_LOST;
	}
}

static void
a_cut_at_any_byte_loses_the_session_and_nothing_else(void **state)
{
	struct world *world = *state;
	size_t all;

	PLAY(world, whole_session, walk_whole_session);
	all = world->sent;
	assert_true(all > 500);
	for (world->limit = 0; world->limit < all; world->limit++)
		PLAY(world, whole_session, stagger_through);
}

/* Opening */

static void
assert_not_opened(struct world *world, const char *error)
{
	assert_null(world->imap);
	assert_int_equal(world->opened, IMAP_LOST);
	assert_contains(world->error, error);
}

static void
bye_client(struct world *world)
{
	assert_not_opened(world, "[UNAVAILABLE] too many users");
}

static void
a_bye_for_a_greeting_is_told_in_the_servers_words(void **state)
{
	static const struct step script[] = { { NULL, "* BYE [UNAVAILABLE] too many users\r\n" } };

	PLAY(*state, script, bye_client);
}

static void
no_imap_client(struct world *world)
{
	assert_not_opened(world, "greeting");
}

static void
a_greeting_that_is_not_imap_is_refused(void **state)
{
	static const struct step http[] = { { NULL, "HTTP/1.1 400 Bad Request\r\n\r\n" } };
	static const struct step smtp[] = { { NULL, "220 mail.example.com ESMTP\r\n" } };
	static const struct step charset[] = { { NULL, "* OK [BADCHARSET (x)] hi\r\n" } };

	PLAY(*state, http, no_imap_client);
	PLAY(*state, smtp, no_imap_client);
	PLAY(*state, charset, no_imap_client);
}

static void
preauth_client(struct world *world)
{
	assert_not_opened(world, "PREAUTH");
}

static void
preauth_before_tls_is_refused(void **state)
{
	static const struct step script[] = { { NULL, "* PREAUTH welcome\r\n" } };
	struct world *world = *state;

	world->options.net.security = NET_PLAIN_THEN_TLS;
	PLAY(world, script, preauth_client);
}

static void
injected_client(struct world *world)
{
	assert_not_opened(world, "data before TLS");
}

static void
plain_text_injected_before_tls_is_refused(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "STARTTLS", "$ OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" },
	};
	struct world *world = *state;

	world->options.net.security = NET_PLAIN_THEN_TLS;
	PLAY(world, script, injected_client);
}

static void
no_starttls_client(struct world *world)
{
	assert_not_opened(world, "the server said: BAD what?");
}

static void
a_server_without_starttls_gets_no_password(void **state)
{
	static const struct step script[] = { HELLO, { "STARTTLS", "$ BAD what?\r\n" } };
	struct world *world = *state;

	world->options.net.security = NET_PLAIN_THEN_TLS;
	PLAY(world, script, no_starttls_client);
}

static void
preauth_without_starttls_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
}

static void
preauth_needs_no_signing_in(void **state)
{
	static const struct step script[] = {
		{ NULL, "* PREAUTH welcome\r\n" }, CAPABLE, CAPABLE, LOGOUT
	};

	PLAY(*state, script, preauth_without_starttls_client);
}

/* Signing in */

static void
denied_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_DENIED);
	assert_contains(imap_error(world->imap), "[AUTHENTICATIONFAILED] no such thing");
	assert_null(strstr(imap_error(world->imap), "pencil"));
}

static void
a_no_to_the_password_is_denied_and_the_session_goes_on(void **state)
{
	static const struct step plain[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls",
		  "$ NO [AUTHENTICATIONFAILED] no such thing\r\n" },
		LOGOUT,
	};
	static const struct step old[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
		{ "LOGIN user pencil", "$ NO [AUTHENTICATIONFAILED] no such thing\r\n" },
		LOGOUT,
	};

	PLAY(*state, plain, denied_client);
	PLAY(*state, old, denied_client);
}

static void
echo_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_DENIED);
	assert_null(strstr(imap_error(world->imap), "pencil"));
	assert_null(strstr(imap_error(world->imap), "AHVzZXIAcGVuY2ls"));
}

static void
a_password_that_the_server_repeats_is_in_no_error(void **state)
{
	static const struct step plain[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "$ NO <pencil>\r\n" },
		LOGOUT,
	};
	static const struct step encoded[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "$ BAD PLAIN AHVzZXIAcGVuY2ls\r\n" },
		LOGOUT,
	};
	static const struct step old[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
		{ "LOGIN user pencil", "$ NO LOGIN user pencil\r\n" },
		LOGOUT,
	};

	PLAY(*state, plain, echo_client);
	PLAY(*state, encoded, echo_client);
	PLAY(*state, old, echo_client);
}

static void
signed_in_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
}

static void
without_sasl_ir_the_password_waits_for_the_plus(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$ OK done\r\n" },
		{ "AUTHENTICATE PLAIN", "* OK wait\r\n+ \r\n" },
		{ "c:AHVzZXIAcGVuY2ls", "* CAPABILITY IMAP4rev1\r\n$ OK in\r\n" },
		CAPABLE,
		LOGOUT,
	};

	PLAY(*state, script, signed_in_client);
}

static void
asked_for_more_than_the_password_we_give_up(void **state)
{
	static const struct step script[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "+ more\r\n" },
		{ "c:*", "$ NO [AUTHENTICATIONFAILED] no such thing\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, denied_client);
}

static void
disabled_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_DENIED);
	assert_contains(imap_error(world->imap), "disabled");
}

static void
logindisabled_is_respected(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n$ OK done\r\n" },
		LOGOUT
	};

	PLAY(*state, script, disabled_client);
}

static void
odd_password_client(struct world *world)
{
	static const char *const odd[] = { "a\r\n9 DELETE INBOX", "caf\xc3\xa9", "a\nb", "\x7f" };

	assert_opened(world);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_result(world, imap_login(world->imap, IMAP_AUTH_LOGIN, "user", odd[i]),
			      IMAP_DENIED);
		assert_result(world, imap_login(world->imap, IMAP_AUTH_LOGIN, odd[i], "pencil"),
			      IMAP_DENIED);
	}
	assert_result(world, imap_login(world->imap, IMAP_AUTH_LOGIN, "u \"s\" er", ""), IMAP_OK);
}

static void
login_sends_only_what_can_be_quoted(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
		{ "LOGIN \"u \\\"s\\\" er\" \"\"", "$ OK done\r\n" },
		CAPABLE,
		LOGOUT,
	};

	PLAY(*state, script, odd_password_client);
}

static void
no_answer_to_capability_means_none(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "$ OK none\r\n" },
		{ "LOGIN user pencil", "$ OK done\r\n" },
		{ "CAPABILITY", "$ NO never\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, signed_in_client);
}

/* Selecting */

static void
no_uidvalidity_client(struct world *world)
{
	struct imap_folder folder;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world, imap_select(world->imap, "INBOX", &folder), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "UIDVALIDITY");
}

static void
a_folder_without_uidvalidity_is_refused(void **state)
{
	static const struct step script[] = { GREETING,
					      SIGNED_IN,
					      CAPABLE,
					      { "SELECT INBOX", "* 3 EXISTS\r\n$ OK in\r\n" },
					      LOGOUT };

	PLAY(*state, script, no_uidvalidity_client);
}

static void
missing_folder_client(struct world *world)
{
	static const uint32_t uid[] = { 3 };
	struct imap_folder folder;
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, imap_select(world->imap, "nowhere", &folder), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "SELECT nowhere");
	assert_contains(imap_error(world->imap), "NO [NONEXISTENT] no such folder");
	/* Nothing is selected now. */
	assert_result(world, imap_list(world->imap, 0, 1, &item, &count), IMAP_REFUSED);
	free(item);
	assert_result(world, fetch_3_and_5(world), IMAP_REFUSED);
	assert_result(world, imap_move(world->imap, uid, 1, "x"), IMAP_REFUSED);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_missing_folder_is_refused_and_the_session_goes_on(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "SELECT nowhere", "$ NO [NONEXISTENT] no such folder\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, missing_folder_client);
}

static void
bad_names_client(struct world *world)
{
	static const char *const bad[] = {
		"", "a\r\nb", "a\nb", "\x01", "\x7f", "a\xff", "\xc0\x80"
	};
	static const uint32_t uid[] = { 3 };
	struct imap_folder folder;
	char *name = xalloc(1002);

	enter(world);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_result(world, imap_select(world->imap, bad[i], &folder), IMAP_REFUSED);
		assert_result(world, imap_move(world->imap, uid, 1, bad[i]), IMAP_REFUSED);
	}
	memset(name, '"', 1001);
	assert_result(world, imap_select(world->imap, name, &folder), IMAP_REFUSED);
	free(name);
}

static void
names_that_no_folder_can_have_are_not_sent(void **state)
{
	static const struct step script[] = { ENTERED, LOGOUT };

	PLAY(*state, script, bad_names_client);
}

static void
names_client(struct world *world)
{
	struct imap_folder folder;
	char longest[1001];

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world,
		      imap_select(world->imap, "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97", &folder),
		      IMAP_OK);
	assert_result(world, imap_select(world->imap, "\xf0\x9f\x93\xac\\", &folder), IMAP_OK);
	memset(longest, 'a', 1000);
	longest[1000] = '\0';
	assert_result(world, imap_select(world->imap, longest, &folder), IMAP_REFUSED);
}

static void
names_travel_in_modified_utf7(void **state)
{
#define A100                                                 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAPABLE,
		{ "SELECT \"~peter/mail/&U,BTFw-\"", "* OK [UIDVALIDITY 1] x\r\n$ OK done\r\n" },
		{ "SELECT \"&2D3c7A-\\\\\"", "* OK [UIDVALIDITY 1] x\r\n$ OK done\r\n" },
		{ "SELECT " A100 A100 A100 A100 A100 A100 A100 A100 A100 A100, "$ NO never\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, names_client);
}

/* Listing */

static void
list_client(struct world *world)
{
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, imap_list(world->imap, 40, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 2);
	assert_int_equal(item[0].uid, 41);
	assert_int_equal(item[1].uid, 43);
	free(item);
	assert_result(world, imap_list(world->imap, 89, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 0);
	free(item);
	assert_result(world, imap_list(world->imap, UINT32_MAX, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 0);
	free(item);
}

static void
a_list_is_sorted_without_doubles_and_without_older_uids(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID FETCH 41:* (UID RFC822.SIZE)",
		  "* 9 FETCH (UID 80 RFC822.SIZE 1)\r\n* 1 FETCH (UID 40 RFC822.SIZE 1)\r\n"
		  "* 3 FETCH (UID 43 RFC822.SIZE 1)\r\n* 2 FETCH (UID 41 RFC822.SIZE 1)\r\n"
		  "* 3 FETCH (UID 43 RFC822.SIZE 1)\r\n* 2 FETCH (UID 41 RFC822.SIZE 1)\r\n"
		  "* 4 FETCH (FLAGS (\\Seen))\r\n* 4 FETCH (UID 42 FLAGS (\\Seen))\r\n$ OK "
		  "done\r\n" },
		{ "UID FETCH 90:* (UID RFC822.SIZE)",
		  "* 9 FETCH (UID 80 RFC822.SIZE 1)\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, list_client);
}

static void
windows_client(struct world *world)
{
	struct imap_folder folder;
	struct imap_item *item;
	size_t count;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world, imap_select(world->imap, "INBOX", &folder), IMAP_OK);
	assert_result(world, imap_list(world->imap, 0, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 2);
	assert_int_equal(item[0].uid, 7);
	assert_int_equal(item[1].uid, 40000);
	free(item);
	assert_result(world, imap_list(world->imap, 49152, 9, &item, &count), IMAP_OK);
	assert_int_equal(count, 1);
	assert_int_equal(item[0].uid, 70000);
	free(item);
}

static void
a_list_asks_for_no_more_than_it_needs(void **state)
{
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAPABLE,
		{ "SELECT INBOX",
		  "* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 60000] x\r\n$ OK done\r\n" },
		{ "UID FETCH 1:16384 (UID RFC822.SIZE)",
		  "* 1 FETCH (UID 7 RFC822.SIZE 1)\r\n$ OK done\r\n" },
		{ "UID FETCH 16385:49152 (UID RFC822.SIZE)",
		  "* 2 FETCH (UID 40000 RFC822.SIZE 1)\r\n* 3 FETCH (UID 40001 RFC822.SIZE 1)\r\n"
		  "$ OK done\r\n" },
		{ "UID FETCH 49153:* (UID RFC822.SIZE)",
		  "* 2 FETCH (UID 70000 RFC822.SIZE 1)\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, windows_client);
}

/* Many more messages than asked for, in falling order: the worst for a bounded list. */
static void
flood_client(struct world *world)
{
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, imap_list(world->imap, 0, 100, &item, &count), IMAP_OK);
	assert_int_equal(count, 100);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(item[i].uid, i + 1);
	free(item);
}

static void
a_list_keeps_the_lowest_of_many(void **state)
{
	char *text = xalloc(2000 * 50 + 20), *end = text;
	struct step script[] = { ENTERED, { "UID FETCH 1:* (UID RFC822.SIZE)", NULL }, LOGOUT };

	for (unsigned uid = 2000; uid > 0; uid--)
		end += snprintf(end, 50, "* %u FETCH (UID %u RFC822.SIZE 4500)\r\n", uid, uid);
	snprintf(end, 20, "$ OK done\r\n");
	script[5].answer = text;
	PLAY(*state, script, flood_client);
	free(text);
}

/* Fetching */

static void
partial_client(struct world *world)
{
	enter(world);
	assert_result(world, fetch_3_and_5(world), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "NO [LIMIT] enough");
	assert_int_equal(world->got_count, 1);
	assert_string_equal(world->got[0].text, "foo");
	assert_result(world, fetch_3_and_5(world), IMAP_REFUSED);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_no_after_some_messages_is_a_no_and_the_messages_count(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)",
		  "* 1 FETCH (UID 3 BODY[]<0> {3}\r\nfoo)\r\n$ NO [LIMIT] enough\r\n" },
		{ "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", "$ BAD enough\r\n" },
		{ "NOOP", "* 1 FETCH (FLAGS (\\Seen))\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, partial_client);
}

static void
unasked_client(struct world *world)
{
	enter(world);
	assert_result(world, fetch_3_and_5(world), IMAP_OK);
	assert_int_equal(world->got_count, 1);
	assert_int_equal(world->got[0].uid, 5);
	assert_int_equal(strlen(world->got[0].text), 99); /* of 1000, clipped by take() */
}

static void
what_was_not_asked_for_is_passed_over(void **state)
{
	char *text = xalloc(4096);
	struct step script[] = { ENTERED,
				 { "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", text },
				 LOGOUT };

	snprintf(text, 4096,
		 "* 7 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 4 BODY[]<0> "
		 "{3}\r\nfoo)\r\n"
		 "* 1 FETCH (BODY[]<0> {3}\r\nfoo)\r\n* 1 FETCH (UID 3 BODY[]<0> NIL)\r\n"
		 "* 2 FETCH (UID 5 BODY[]<0> {1500}\r\n%01500d)\r\n"
		 "* 2 FETCH (UID 5 BODY[]<0> {3}\r\nfoo)\r\n* 3 EXPUNGE\r\n$ OK done\r\n",
		 0);
	PLAY(*state, script, unasked_client);
	free(text);
}

static void
lost_fetch_client(struct world *world)
{
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, fetch_3_and_5(world), IMAP_LOST);
	assert_contains(imap_error(world->imap), world->expect);
	/* No command is sent any more. */
	assert_result(world, imap_noop(world->imap), IMAP_LOST);
	assert_result(world, imap_list(world->imap, 0, 9, &item, &count), IMAP_LOST);
	free(item);
}

static void
what_no_honest_server_sends_loses_the_session(void **state)
{
	static const struct {
		const char *answer, *error;
	} rows[] = {
		{ "* 1 FETCH (UID 3 BODY[]<0> {2147483647}\r\n", "literal too large" },
		{ "* 1 FETCH (UID 3 BODY[]<0> {67108864}\r\n", "larger than what was asked for" },
		{ "* 1 FETCH (UID 3 BODY[]<0> {5} \r\n", "malformed literal" },
		{ "* BYE out of memory\r\n", "the server ended the session: out of memory" },
		{ "* 1 FETCH (UID 3\r\n$ OK done\r\n", "makes no sense" },
		{ "99 OK\r\n", "makes no sense" },
		{ "$ OK [BADCHARSET] x\r\n", "BADCHARSET" },
		{ "* OK [PERMANENTFLAGS (] x\r\n", "PERMANENTFLAGS" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct step script[] = {
			ENTERED, { "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", rows[i].answer }
		};

		world->expect = rows[i].error;
		PLAY(world, script, lost_fetch_client);
	}
}

static void
long_answers_lose_the_session(void **state)
{
	struct world *world = *state;
	char *text = xalloc(2 * 1024 * 1024);
	struct step script[] = { ENTERED, { "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", text } };

	memset(text, 'a', 1024 * 1024 + 1);
	memcpy(text, "* OK ", 5);
	world->expect = "line too long";
	PLAY(world, script, lost_fetch_client);

	memset(text, '(', 300);
	memcpy(text, "* 1 FETCH ", 10);
	text[300] = '\0';
	world->expect = "parentheses";
	PLAY(world, script, lost_fetch_client);

	text[0] = '\0';
	for (size_t i = 0; i < 100000; i++)
		memcpy(text + i * 14, "* OK more of\r\n", 15);
	world->expect = "more bytes";
	PLAY(world, script, lost_fetch_client);
	free(text);
}

static void
many_client(struct world *world)
{
	uint32_t uid[2000];

	enter(world);
	for (size_t i = 0; i < 2000; i++)
		uid[i] = 1000000000 + 2 * (uint32_t)i;
	assert_result(world, imap_fetch(world->imap, uid, 2000, 10, take, world), IMAP_OK);
	assert_result(world, imap_move(world->imap, uid, 2000, "x"), IMAP_OK);
	for (size_t i = 0; i < 2000; i++)
		uid[i] = 1 + (uint32_t)i;
	assert_result(world, imap_fetch(world->imap, uid, 2000, 10, take, world), IMAP_OK);
	assert_result(world, imap_fetch(world->imap, uid, 0, 10, take, world), IMAP_OK);
}

/* "UID FETCH " or so, uids from `first` in steps of two, the rest. */
static char *
long_command(const char *head, unsigned first, unsigned count, const char *tail)
{
	char *text = xalloc(count * 22 + 100), *end = text + snprintf(text, 50, "%s", head);

	for (unsigned i = 0; i < count; i++)
		end += snprintf(end, 22, "%s%u", i == 0 ? "" : ",", first + 2 * i);
	snprintf(end, 50, "%s", tail);
	return text;
}

/* 5,900 bytes of uids a command: 268 of 22 bytes each, as if they all were ranges. */
#define FITS 268

static void
many_uids_are_split_into_short_commands(void **state)
{
	struct step script[5 + 2 * 8 + 2] = { ENTERED };
	size_t n = 5;

	for (unsigned i = 0; i < 2000; i += FITS) {
		unsigned count = 2000 - i < FITS ? 2000 - i : FITS;

		script[n++] = (struct step){ long_command("UID FETCH ", 1000000000 + 2 * i, count,
							  " (UID BODY.PEEK[]<0.10>)"),
					     "$ OK done\r\n" };
	}
	for (unsigned i = 0; i < 2000; i += FITS) {
		unsigned count = 2000 - i < FITS ? 2000 - i : FITS;

		script[n++] =
			(struct step){ long_command("UID MOVE ", 1000000000 + 2 * i, count, " x"),
				       "$ OK done\r\n" };
	}
	script[n++] = (struct step){ "UID FETCH 1:2000 (UID BODY.PEEK[]<0.10>)", "$ OK done\r\n" };
	script[n++] = (struct step)LOGOUT;
	for (size_t i = 5; i < n; i++)
		assert_true(strlen(script[i].command) < 8000);
	play_some(*state, script, n, many_client);
	for (size_t i = 5; i < n - 2; i++)
		free((void *)(uintptr_t)script[i].command);
}

/* Moving */

static enum imap_result
move_3_to(struct world *world, const char *folder)
{
	static const uint32_t uid[] = { 3 };

	return imap_move(world->imap, uid, 1, folder);
}

static void
move_client(struct world *world)
{
	enter(world);
	assert_result(world, move_3_to(world, "done"), IMAP_OK);
}

static void
a_missing_target_is_made_and_subscribed_to(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ OK done\r\n" },
		{ "SUBSCRIBE done", "$ NO never\r\n" },
		{ "UID MOVE 3 done", "* 1 EXPUNGE\r\n$ OK [COPYUID 7 3 1] moved\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
uids_that_another_session_took_are_no_error(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [EXPUNGEISSUED] Some are gone\r\n" },
		{ "NOOP", "* 1 EXPUNGE\r\n$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ OK nothing to do\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
a_missing_target_and_a_lost_race_may_come_together(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ OK done\r\n" },
		{ "SUBSCRIBE done", "$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ NO [EXPUNGEISSUED] Some are gone\r\n" },
		{ "NOOP", "* 1 EXPUNGE\r\n$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ OK nothing to do\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
refused_move_client(struct world *world)
{
	enter(world);
	assert_result(world, move_3_to(world, "done"), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), world->expect);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_folder_that_stays_missing_is_refused(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ OK done\r\n" },
		{ "SUBSCRIBE done", "$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] still not\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "[TRYCREATE] still not";
	PLAY(world, script, refused_move_client);
}

static void
a_move_that_is_refused_twice_is_refused(void **state)
{
	static const struct step quota[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [OVERQUOTA] full\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ NO [OVERQUOTA] full\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step forbidden[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ NO [NOPERM] not here\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "[OVERQUOTA] full";
	PLAY(world, quota, refused_move_client);
	world->expect = "CREATE: the server said: NO [NOPERM] not here";
	PLAY(world, forbidden, refused_move_client);
}

static void
a_server_without_move_is_not_asked_to(void **state)
{
	static const struct step script[] = { GREETING,
					      SIGNED_IN,
					      { "CAPABILITY",
						"* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
					      SELECTED,
					      { "NOOP", "$ OK done\r\n" },
					      LOGOUT };
	struct world *world = *state;

	world->expect = "the server cannot MOVE";
	PLAY(world, script, refused_move_client);
}

/* Idling */

static void
news_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_OK);
	assert_true(changed);
}

static void
news_before_the_plus_and_after_done_count(void **state)
{
	static const struct step early[] = { ENTERED,
					     { "IDLE", "* 4 EXISTS\r\n+ idling\r\n" },
					     { "c:DONE", "$ OK done\r\n" },
					     LOGOUT };
	static const struct step recent[] = {
		ENTERED,
		{ "IDLE", "+ idling\r\n* OK [ALERT] x\r\n\r\n* X-ODD (\r\n* 1 FETCH (FLAGS ())\r\n"
			  "* 1 FETCH (BODY[] {12}\r\n$ OK foobar\r\n)\r\n* 1 recent\r\n" },
		{ "c:DONE", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step expunge[] = { ENTERED,
					       { "IDLE", "+ idling\r\n* 1 EXPUNGE\r\n" },
					       { "c:DONE", "$ OK done\r\n" },
					       LOGOUT };

	PLAY(*state, early, news_client);
	PLAY(*state, recent, news_client);
	PLAY(*state, expunge, news_client);
}

static void
quiet_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, 0.05, &changed), IMAP_OK);
	assert_false(changed);
	assert_result(world, imap_idle(world->imap, 0.05, &changed), IMAP_OK);
	assert_true(changed);
}

static void
a_quiet_idle_ends_in_time(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "IDLE", "+ idling\r\n* OK still here\r\n" },
		{ "c:DONE", "$ OK done\r\n" },
		{ "IDLE", "+ idling\r\n" },
		{ "c:DONE", "* 9 EXISTS\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, quiet_client);
}

static void
no_idle_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), world->expect);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
an_idle_that_is_refused_leaves_the_session_alone(void **state)
{
	static const struct step bad[] = {
		ENTERED, { "IDLE", "$ BAD what?\r\n" }, { "NOOP", "$ OK done\r\n" }, LOGOUT
	};
	static const struct step odd[] = {
		ENTERED, { "IDLE", "$ OK done\r\n" }, { "NOOP", "$ OK done\r\n" }, LOGOUT
	};
	struct world *world = *state;

	world->expect = "BAD what?";
	PLAY(world, bad, no_idle_client);
	world->expect = "before it began";
	PLAY(world, odd, no_idle_client);
}

static void
ended_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_LOST);
	assert_contains(imap_error(world->imap), world->expect);
}

static void
a_bye_or_a_flood_in_idle_loses_the_session(void **state)
{
	static const struct step bye[] = {
		ENTERED,
		{ "IDLE", "+ idling\r\n* BYE Session invalidated - AccessTokenExpired\r\n" }
	};
	static const struct step end[] = { ENTERED, { "IDLE", "+ idling\r\n" }, { NULL, NULL } };
	struct world *world = *state;

	world->expect = "IDLE: the server ended the session: Session invalidated - "
			"AccessTokenExpired";
	PLAY(world, bye, ended_client);
	world->expect = "closed the connection";
	PLAY(world, end, ended_client);
}

/* Time and cancelling */

static void
hung_client(struct world *world)
{
	if (world->imap == NULL) {
		assert_not_opened(world, "greeting");
		return;
	}
	assert_result(world, login(world), IMAP_LOST);
}

static void
a_server_that_hangs_costs_a_deadline(void **state)
{
	static const struct step dumb[] = { { NULL, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN" } };
	static const struct step half[] = {
		GREETING, { "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "* OK\r\n$ OK" }
	};
	struct world *world = *state;

	world->options.command_timeout = 0.1;
	PLAY(world, dumb, hung_client);
	PLAY(world, half, hung_client);
}

static void
cancel_now(EV_P_ ev_timer *timer, int events)
{
	struct world *world = timer->data;

	(void)events;
	co_cancel(world->co);
	ev_timer_stop(EV_A_ timer);
}

static void
canceled_client(struct world *world)
{
	ev_timer timer;
	bool changed;

	enter(world);
	ev_timer_init(&timer, cancel_now, 0.05, 0);
	timer.data = world;
	ev_timer_start(world->ev, &timer);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_CANCELED);
	assert_result(world, imap_noop(world->imap), IMAP_LOST);
}

static void
a_cancelled_idle_ends_at_once(void **state)
{
	static const struct step script[] = { ENTERED, { "IDLE", "+ idling\r\n" } };

	PLAY(*state, script, canceled_client);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_whole_session_works),
		T(a_cut_at_any_byte_loses_the_session_and_nothing_else),
		T(a_bye_for_a_greeting_is_told_in_the_servers_words),
		T(a_greeting_that_is_not_imap_is_refused),
		T(preauth_before_tls_is_refused),
		T(plain_text_injected_before_tls_is_refused),
		T(a_server_without_starttls_gets_no_password),
		T(preauth_needs_no_signing_in),
		T(a_no_to_the_password_is_denied_and_the_session_goes_on),
		T(a_password_that_the_server_repeats_is_in_no_error),
		T(without_sasl_ir_the_password_waits_for_the_plus),
		T(asked_for_more_than_the_password_we_give_up),
		T(logindisabled_is_respected),
		T(login_sends_only_what_can_be_quoted),
		T(no_answer_to_capability_means_none),
		T(a_folder_without_uidvalidity_is_refused),
		T(a_missing_folder_is_refused_and_the_session_goes_on),
		T(names_that_no_folder_can_have_are_not_sent),
		T(names_travel_in_modified_utf7),
		T(a_list_is_sorted_without_doubles_and_without_older_uids),
		T(a_list_asks_for_no_more_than_it_needs),
		T(a_list_keeps_the_lowest_of_many),
		T(a_no_after_some_messages_is_a_no_and_the_messages_count),
		T(what_was_not_asked_for_is_passed_over),
		T(what_no_honest_server_sends_loses_the_session),
		T(long_answers_lose_the_session),
		T(many_uids_are_split_into_short_commands),
		T(a_missing_target_is_made_and_subscribed_to),
		T(uids_that_another_session_took_are_no_error),
		T(a_missing_target_and_a_lost_race_may_come_together),
		T(a_folder_that_stays_missing_is_refused),
		T(a_move_that_is_refused_twice_is_refused),
		T(a_server_without_move_is_not_asked_to),
		T(news_before_the_plus_and_after_done_count),
		T(a_quiet_idle_ends_in_time),
		T(an_idle_that_is_refused_leaves_the_session_alone),
		T(a_bye_or_a_flood_in_idle_loses_the_session),
		T(a_server_that_hangs_costs_a_deadline),
		T(a_cancelled_idle_ends_at_once),
	};

	return cmocka_run_group_tests_name("imap", tests, NULL, NULL);
}
