/*
 * oauth2 - access tokens (RFC 6749): client credentials, refresh token, or a command
 *
 * One token an account, shared by its mailboxes, fetched by one of them while the others wait, and
 * kept until shortly before it expires. A failure is shared as well: nobody asks again before its
 * time is over. All calls are made inside coroutines.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_OAUTH2_H
#define MAILBOUNCED_OAUTH2_H

#include "config.h"
#include "net.h"

#define OAUTH2_WHY_SIZE 1000
#define OAUTH2_MAX_TOKEN 16384  /* bytes of an access or refresh token */
#define OAUTH2_MARGIN 300.0     /* seconds before its end that a token is no longer used, ... */
#define OAUTH2_MARGIN_PART 0.1  /* ... or this part of its life, whichever is less */
#define OAUTH2_DEFAULT_LIFE 300 /* seconds, when the endpoint names none */
#define OAUTH2_MOST_LIFE 86400  /* seconds, whatever the endpoint says */
#define OAUTH2_COMMAND_LIFE 60  /* seconds that a command's token is used for new connections */
#define OAUTH2_MOST_WAIT 3600.0 /* seconds of Retry-After that are respected */

struct oauth2; /* the tokens of all accounts */

enum oauth2_result {
	OAUTH2_OK,
	OAUTH2_LATER,  /* network, outage, throttled: time may cure it */
	OAUTH2_DENIED, /* somebody must change something */
	OAUTH2_CANCELED,
};

struct oauth2_token {
	char *text;                /* for secrecy_wipe(); NULL = there is none */
	unsigned number;           /* counts the account's tokens, from 1 */
	bool fresh;                /* it came during this call */
	double wait;               /* when there is none: seconds until it is worth asking again */
	char why[OAUTH2_WHY_SIZE]; /* and why, with the remedy. Holds no secret */
};

/* Never fails. */
struct oauth2 *oauth2_new(struct co_loop *loop, struct net *net);
void oauth2_free(struct oauth2 *oauth2);
/* Forgets the tokens of a configuration's accounts, which is about to be freed. Nobody may be
 * waiting for one. A refresh token that could not be written is kept for the next account with the
 * same file: nobody else has it. */
void oauth2_forget(struct oauth2 *oauth2, const struct config *config);

/* The operator may have mended something: after a failure the next call asks again at once. */
void oauth2_hurry(struct oauth2 *oauth2);

/*
 * The account's token into *out. refused: number of a token that the IMAP server did not take, 0 =
 * none; it is replaced, but only once in the account's retry-most: a server that refuses a new
 * token as well will refuse the next one. Then OAUTH2_DENIED with an empty `why`.
 */
enum oauth2_result oauth2_take(struct oauth2 *oauth2, const struct config_account *account,
			       unsigned refused, struct oauth2_token *out);

#endif
