/*
 * session - a connection's life
 *
 * A coroutine that connects, signs in, does its owner's work, and after an error waits longer each
 * time and begins again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SESSION_H
#define MAILBOUNCED_SESSION_H

#include "config.h"
#include "imap.h"
#include "net.h"
#include "oauth2.h"

/* With --once: attempts in a row that may fail before somebody gives up. */
#define SESSION_ONCE_ATTEMPTS 3

/* How one attempt ended. */
enum session_end {
	SESSION_DONE,      /* there is nothing more to do */
	SESSION_LOST,      /* reconnect after a pause */
	SESSION_DENIED,    /* signing in was refused: a long pause */
	SESSION_STORE_BAD, /* the store, not the server, is in trouble */
	SESSION_TOO_MANY,  /* the server takes no more connections, and its owner does without */
};

struct session {
	/* Set by the owner before the coroutine starts; must outlive it. */
	struct co_loop *loop;
	struct net *net;
	struct oauth2 *oauth2;
	bool once;
	/* Sets account and where for the next attempt, and may wait until it may be made. False: it
	 * is needed no more. NULL: they stay as they are. */
	bool (*prepare)(struct session *session);
	/* What a session is for. */
	enum session_end (*work)(struct session *session, struct imap *imap);
	/* The server says that it has too many connections. True: this one is not needed. NULL: it
	 * is. */
	bool (*crowded)(struct session *session);
	void (*ended)(struct session *session); /* the last thing that the coroutine does */
	void *owner;
	const struct config_account *account; /* whom to sign in as */
	const char *where;                    /* for the log */

	/* Kept by the session. */
	struct co *co;
	volatile bool stop;
	bool running;
	bool waiting;      /* nothing is under way that a cancel would hurt */
	bool up;           /* signed in */
	unsigned failures; /* in a row; the owner sets it to 0 when something went well */
	bool hurried;      /* the pause is over: somebody says that the trouble may be */
	double wait_least; /* seconds that somebody asked us to stay away; 0 = nobody did */
	enum session_end end;
};

/* Starts the coroutine. */
void session_start(struct session *session, const char *name);

/* Finish the work under way, then end. A session that only waits ends at once. */
void session_stop(struct session *session);

/* Ends the pause before its next attempt, if it is in one. */
void session_hurry(struct session *session);

/* Seconds to wait after so many failures in a row: each time twice as long, none like another's. */
double session_pause(const struct config_account *account, unsigned failures);

#endif
