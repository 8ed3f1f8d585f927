/*
 * signin - signs a session in as its account says
 *
 * Gets the password or the token, signs in, replaces a token that the server refused, and makes one
 * sentence of what went wrong, with the remedy.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SIGNIN_H
#define MAILBOUNCED_SIGNIN_H

#include "config.h"
#include "imap.h"
#include "oauth2.h"

#define SIGNIN_WHY_SIZE 1500

struct signin {
	struct co_loop *loop;
	struct oauth2 *oauth2;
	const struct config_account *account;
	/* Set when it fails: */
	double wait;               /* least seconds until the next try; 0 = as usual */
	char why[SIGNIN_WHY_SIZE]; /* "192.0.2.1 port 993 did not sign in USER: ..."; no secret */
};

/*
 * IMAP_OK, or IMAP_DENIED (somebody must change something), IMAP_LOST (time may cure it) or
 * IMAP_CANCELED. Inside a coroutine.
 */
enum imap_result signin(struct signin *signin, struct imap *imap);

/* signin_advice.c */

/* What an account shows to the server. */
enum signin_means {
	SIGNIN_PASSWORD = 1 << 0,
	SIGNIN_APP = 1 << 1,  /* a token of the application's own (client credentials) */
	SIGNIN_USER = 1 << 2, /* a token on behalf of a user */
	SIGNIN_TOKEN = SIGNIN_APP | SIGNIN_USER,
	SIGNIN_ANY = SIGNIN_PASSWORD | SIGNIN_TOKEN,
	SIGNIN_AFTER = 1 << 3, /* any of them, and it was taken: a folder is refused */
};

/* What to do about a refusal in these words; NULL when nothing is known, which is so only of
 * SIGNIN_AFTER. */
const char *signin_advice(enum signin_means means, const char *words);

/* What the server said of a refused token, JSON of XOAUTH2 or OAUTHBEARER, in words; "" when
 * nothing of use is in it. Returns out[size]. */
const char *signin_challenge(const char *challenge, char *out, size_t size);

#endif
