/*
 * pool_server - the server of pool_world.h, which counts who comes
 *
 * Each connection has a coroutine of its own, on the loop of those under test. A folder is a name
 * and a number of mails, which are made up as they are fetched.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef POOL_SERVER_H
#define POOL_SERVER_H

#include "store_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <ev.h>

#include "config_reader.h"
#include "log.h"
#include "pool_private.h"

#define MAX_FOLDERS 40
#define MAX_PEERS 1000

/* A folder of the server. */
struct shelf {
	const char *name;
	const char *flags;      /* of LIST; NULL = none */
	uint32_t mails;         /* their uids: 1, 2, ... */
	bool refuses;           /* SELECT gets a NO */
	bool breaks;            /* SELECT gets no answer but the end of the connection */
	bool held;              /* SELECT is not answered yet */
	bool hidden;            /* LIST does not name it */
	unsigned opened, asked; /* how often: SELECT, STATUS */
};

/* A connection, as the server sees it. */
struct peer {
	struct world *world;
	int fd;
	bool up, idle;
	struct shelf *selected;
	char tag[32];
	char input[8192];
	size_t len;
};

struct world {
	struct place *place;
	char log[96]; /* where standard error goes */
	int standard_error;
	struct ev_loop *ev;
	struct co_loop *loop;
	struct net *net;
	struct oauth2 *oauth2;
	struct config *config;
	struct pool *pool;
	bool ended;
	void (*test)(struct world *world);
	/* the server */
	int listener;
	struct co *acceptor;
	uint16_t port;
	struct shelf shelf[MAX_FOLDERS];
	size_t shelves;
	struct peer *peer[MAX_PEERS];
	size_t peers;
	double goodbye;      /* seconds until LOGOUT is answered: as far away as real servers are */
	unsigned most;       /* that may be signed in at once */
	const char *refusal; /* NULL = LIST is answered */
	const char *refused; /* pattern that LIST refuses; NULL = none */
	struct buf visits;   /* the folders that were selected, in order: " A B A" */
	unsigned up, most_up; /* signed in, now and at most */
	unsigned logins, lists, statuses;
	unsigned stale;     /* STATUS of the folder that is selected */
	const char *denied; /* whoever shows this is told that it is wrong; NULL = none */
	const char *denial; /* what signing in gets; NULL = it is let in */
};

/* The server */

/* For the others to run; a test looks again and again. */
static inline void
a_moment(struct world *world)
{
	(void)co_sleep(world->loop, 0.001);
}

static inline void say(struct peer *peer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What the tests make it say fits any socket's buffer. */
static inline void
say(struct peer *peer, const char *format, ...)
{
	char text[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)send(peer->fd, text, (size_t)len, MSG_NOSIGNAL);
}

static inline struct shelf *
find_shelf(struct world *world, const char *name)
{
	for (size_t i = 0; i < world->shelves; i++) {
		if (strcmp(world->shelf[i].name, name) == 0)
			return &world->shelf[i];
	}
	return NULL;
}

/* One that the test has made itself. */
static inline struct shelf *
shelf_of(struct world *world, const char *name)
{
	struct shelf *shelf = find_shelf(world, name);

	assert_non_null(shelf);
	return shelf != NULL ? shelf : world->shelf; /* never NULL; the compiler cannot know */
}

/* The name that a command begins with, without quotes; the rest of the command may follow. */
static inline struct shelf *
named(struct peer *peer, const char *args)
{
	char name[200];
	bool quoted = *args == '"';

	args += quoted;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(args, quoted ? "\"" : " "), args);
	return find_shelf(peer->world, name);
}

static inline void
sign_in_peer(struct peer *peer, const char *args)
{
	struct world *world = peer->world;

	world->logins++;
	if (world->denial != NULL || (world->denied != NULL && strstr(args, world->denied))) {
		say(peer, "%s %s\r\n", peer->tag,
		    world->denial != NULL ? world->denial : "NO [AUTHENTICATIONFAILED] no");
		return;
	}
	if (world->up >= world->most) {
		say(peer, "%s NO [LIMIT] no more\r\n", peer->tag);
		return;
	}
	peer->up = true;
	world->up++;
	if (world->up > world->most_up)
		world->most_up = world->up;
	say(peer, "%s OK in\r\n", peer->tag);
}

/* 0, or -1: it hangs up. */
static inline int
open_shelf(struct peer *peer, const char *args)
{
	struct shelf *shelf = named(peer, args);

	peer->selected = NULL;
	if (shelf != NULL)
		shelf->opened++;
	while (shelf != NULL && shelf->held)
		a_moment(peer->world);
	if (shelf == NULL || shelf->refuses) {
		say(peer, "%s NO no such folder\r\n", peer->tag);
		return 0;
	}
	buf_addf(&peer->world->visits, " %s", shelf->name);
	if (shelf->breaks)
		return -1;
	peer->selected = shelf;
	say(peer,
	    "* %u EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %u] x\r\n"
	    "%s OK [READ-WRITE] in\r\n",
	    shelf->mails, shelf->mails + 1, peer->tag);
	return 0;
}

/* args: two quoted strings, the reference and the pattern: a prefix and a star. */
static inline void
list_shelves(struct peer *peer, const char *args)
{
	struct world *world = peer->world;
	const char *prefix = args + strlen("\"\" \"");
	size_t len = strcspn(prefix, "*");

	world->lists++;
	if (world->refusal != NULL && strstr(args, world->refused) != NULL) {
		say(peer, "%s %s\r\n", peer->tag, world->refusal);
		return;
	}
	for (size_t i = 0; i < world->shelves; i++) {
		const struct shelf *shelf = &world->shelf[i];

		if (!shelf->hidden && strncmp(shelf->name, prefix, len) == 0)
			say(peer, "* LIST (%s) \"/\" \"%s\"\r\n",
			    shelf->flags != NULL ? shelf->flags : "", shelf->name);
	}
	say(peer, "%s OK listed\r\n", peer->tag);
}

static inline void
tell_status(struct peer *peer, const char *args)
{
	struct shelf *shelf = named(peer, args);

	peer->world->statuses++;
	if (shelf == NULL || shelf->refuses) {
		say(peer, "%s NO no such folder\r\n", peer->tag);
		return;
	}
	shelf->asked++;
	peer->world->stale += peer->selected == shelf;
	say(peer, "* STATUS \"%s\" (UIDNEXT %u UIDVALIDITY 7)\r\n%s OK told\r\n", shelf->name,
	    shelf->mails + 1, peer->tag);
}

static inline void
give_mail(struct peer *peer, uint32_t uid, bool whole)
{
	char text[200];
	int len = snprintf(text, sizeof(text),
			   "From: somebody@example.com\r\nSubject: %s %u\r\n\r\nHello.\r\n",
			   peer->selected->name, uid);

	if (whole)
		say(peer, "* %u FETCH (UID %u BODY[]<0> {%d}\r\n%s)\r\n", uid, uid, len, text);
	else
		say(peer, "* %u FETCH (UID %u RFC822.SIZE %d)\r\n", uid, uid, len);
}

/* args: "1,3:5,9:* (UID ...)" */
static inline void
fetch_mails(struct peer *peer, const char *args)
{
	bool whole = strstr(args, "BODY.PEEK[]") != NULL;
	uint32_t mails = peer->selected != NULL ? peer->selected->mails : 0;

	while (*args != ' ' && *args != '\0') {
		char *end;
		unsigned long first = strtoul(args, &end, 10), last = first;

		if (*end == ':')
			last = end[1] == '*' ? mails : strtoul(end + 1, &end, 10);
		for (unsigned long uid = first; uid <= last && uid <= mails; uid++)
			give_mail(peer, (uint32_t)uid, whole);
		args = end + strcspn(end, ", ");
		args += *args == ',';
	}
	say(peer, "%s OK fetched\r\n", peer->tag);
}

/* 0, or -1: it hangs up. */
static inline int
obey(struct peer *peer, char *line)
{
	static const char capability[] = "* CAPABILITY IMAP4rev1 IDLE\r\n";
	char *command = strchr(line, ' ');

	if (peer->idle) { /* DONE */
		peer->idle = false;
		say(peer, "%s OK idled\r\n", peer->tag);
		return 0;
	}
	if (command == NULL)
		return -1;
	snprintf(peer->tag, sizeof(peer->tag), "%.*s", (int)(command - line), line);
	command++;
	if (strncmp(command, "LOGIN ", 6) == 0)
		sign_in_peer(peer, command);
	else if (strncmp(command, "SELECT ", 7) == 0)
		return open_shelf(peer, command + 7);
	else if (strncmp(command, "EXAMINE ", 8) == 0)
		say(peer, "%s NO nor that\r\n", peer->tag);
	else if (strncmp(command, "LIST ", 5) == 0)
		list_shelves(peer, command + 5);
	else if (strncmp(command, "STATUS ", 7) == 0)
		tell_status(peer, command + 7);
	else if (strncmp(command, "UID FETCH ", 10) == 0)
		fetch_mails(peer, command + 10);
	else if (strcmp(command, "IDLE") == 0) {
		peer->idle = true;
		say(peer, "+ idling\r\n");
	} else if (strcmp(command, "CAPABILITY") == 0) {
		say(peer, "%s%s OK done\r\n", capability, peer->tag);
	} else {
		if (strcmp(command, "LOGOUT") == 0)
			(void)co_sleep(peer->world->loop, peer->world->goodbye);
		say(peer, "%s OK done\r\n", peer->tag);
	}
	return strcmp(command, "LOGOUT") == 0 ? -1 : 0;
}

/* Obeys the lines that are there. 0, or -1: it hangs up. */
static inline int
obey_lines(struct peer *peer)
{
	char *end;
	int result = 0;

	while (result == 0 && (end = strstr(peer->input, "\r\n")) != NULL) {
		*end = '\0';
		result = obey(peer, peer->input);
		peer->len -= (size_t)(end + 2 - peer->input);
		memmove(peer->input, end + 2, peer->len + 1);
	}
	return result;
}

static inline void
serve_peer(void *arg)
{
	struct peer *peer = arg;
	struct world *world = peer->world;
	ssize_t n;

	say(peer, "* OK hello\r\n");
	do {
		if (co_wait(world->loop, peer->fd, CO_READ, -1) <= 0)
			break;
		n = recv(peer->fd, peer->input + peer->len, sizeof(peer->input) - 1 - peer->len, 0);
		if (n <= 0)
			break;
		peer->len += (size_t)n;
		peer->input[peer->len] = '\0';
	} while (obey_lines(peer) == 0);
	world->up -= peer->up;
	for (size_t i = 0; i < world->peers; i++) {
		if (world->peer[i] == peer)
			world->peer[i] = world->peer[--world->peers];
	}
	close(peer->fd);
	free(peer);
}

static inline void
accept_peers(void *arg)
{
	struct world *world = arg;

	while (co_wait(world->loop, world->listener, CO_READ, -1) > 0) {
		int fd = accept4(world->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct peer *peer;

		if (fd < 0)
			continue;
		peer = xalloc(sizeof(*peer));
		peer->world = world;
		peer->fd = fd;
		assert_true(world->peers < MAX_PEERS);
		world->peer[world->peers++] = peer;
		co_spawn(world->loop, "server", serve_peer, peer);
	}
}

/* What tests do to the server */

static inline struct shelf *
add_shelf(struct world *world, const char *name, uint32_t mails)
{
	struct shelf *shelf = &world->shelf[world->shelves++];

	assert_true(world->shelves <= MAX_FOLDERS);
	*shelf = (struct shelf){ .name = name, .mails = mails };
	return shelf;
}

/* Each with one mail. */
static inline void
add_shelves(struct world *world, const char *const *name, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)add_shelf(world, name[i], 1);
}

/* One more mail, and whoever waits there is told. */
static inline void
deliver(struct world *world, const char *name)
{
	struct shelf *shelf = shelf_of(world, name);

	shelf->mails++;
	for (size_t i = 0; i < world->peers; i++) {
		if (world->peer[i]->idle && world->peer[i]->selected == shelf)
			say(world->peer[i], "* %u EXISTS\r\n", shelf->mails);
	}
}

static inline void
hang_up(struct world *world)
{
	for (size_t i = 0; i < world->peers; i++)
		shutdown(world->peer[i]->fd, SHUT_RDWR);
}

static inline size_t
idlers(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < world->peers; i++)
		count += world->peer[i]->idle;
	return count;
}

#endif
