/*
 * oauth2_private - what the files of oauth2 share
 *
 * oauth2.c keeps and shares tokens, oauth2_fetch.c gets one, oauth2_refresh.c keeps the refresh
 * token, oauth2_advice.c knows what the errors of token endpoints mean.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_OAUTH2_PRIVATE_H
#define MAILBOUNCED_OAUTH2_PRIVATE_H

#include <sys/queue.h>

#include "http.h"
#include "oauth2.h"

struct oauth2_kept;

struct oauth2 {
	struct co_loop *loop;
	struct net *net;
	struct http *http; /* NULL until the first token is fetched: most accounts need none */
	SLIST_HEAD(, oauth2_holder) holders;
	SLIST_HEAD(, oauth2_kept) kept; /* outlive their accounts */
};

/* A refresh token: what stands in its file, or a newer one that could not be written there. */
struct oauth2_refresh {
	char *in_file; /* as last read or written; NULL = never */
	char *newer;   /* not in the file yet; NULL = none */
};

/* A refresh token that stands nowhere but here, by the file that it belongs into. */
struct oauth2_kept {
	SLIST_ENTRY(oauth2_kept) link;
	char *path;
	struct oauth2_refresh refresh;
};

struct oauth2_waiter {
	LIST_ENTRY(oauth2_waiter) link;
	struct co *co;
};

/* The tokens of one account. */
struct oauth2_holder {
	SLIST_ENTRY(oauth2_holder) link;
	const struct config_account *account;
	char *token; /* NULL = none */
	unsigned number;
	double expires; /* on co_clock(): no longer used from then on */
	double renewed; /* when a refused token was last replaced; 0 = never */
	bool busy;      /* somebody is fetching */
	LIST_HEAD(, oauth2_waiter) waiters;
	struct oauth2_refresh refresh;
	/* The last failure, and until when it stands. */
	enum oauth2_result failed;
	double failed_until;
	unsigned failures; /* in a row */
	char why[OAUTH2_WHY_SIZE];
};

/* What fetching gave. */
struct oauth2_fetched {
	char *token;
	double life;        /* seconds that it may be used */
	double retry_after; /* seconds that the endpoint asks to be left alone; 0 = it does not */
	char *why;          /* [OAUTH2_WHY_SIZE] */
};

/* oauth2_fetch.c */
enum oauth2_result oauth2_fetch(struct oauth2 *oauth2, struct oauth2_holder *holder,
				struct oauth2_fetched *out);

/* oauth2_refresh.c */

/* The token to use now: the file's when somebody changed it, else the newest. To be wiped and
 * freed; NULL with why[size]. */
char *oauth2_refresh_take(struct co_loop *loop, struct oauth2_refresh *refresh, const char *path,
			  char *why, size_t size);
/* The endpoint sent this one, which replaces the other: writes it to the file (mode 0600, by
 * rename) and says so in the log when that fails; then it is kept in memory and tried again the
 * next time. */
void oauth2_refresh_keep(struct oauth2_refresh *refresh, const char *path, const char *token);
void oauth2_refresh_free(struct oauth2_refresh *refresh);

/* oauth2_advice.c */

struct oauth2_advice {
	const char *mark; /* an error code as a whole, or a phrase of its description */
	enum oauth2_result result;
	const char *text; /* what it means; what to do */
};

/* What the error of a token endpoint means; for one that nobody knows, something general. */
const struct oauth2_advice *oauth2_advice(const char *error, const char *description);

#endif
