/*
 * sasl - what a client says to prove who it is (RFC 4422)
 *
 * PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 5802, RFC 7677), XOAUTH2 (Google's and Microsoft's) and
 * OAUTHBEARER (RFC 7628), as messages without base64: what carries them is the caller's. No I/O.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SASL_H
#define MAILBOUNCED_SASL_H

#include "buf.h"

#define SASL_MAX_CHALLENGE 8192 /* bytes of a message of the server's; longer ones are refused */
#define SASL_ERROR_SIZE 200
#define SASL_NONCE_SIZE 25      /* 24 characters: 18 random bytes */
#define SASL_KEY_SIZE 32        /* bytes of a SHA-256 */
#define SASL_MAX_SALT 1024      /* bytes */
#define SASL_MIN_ROUNDS 4096    /* RFC 7677 section 4: fewer betray the password to who listens */
#define SASL_MAX_ROUNDS 1000000 /* more would keep a core busy for seconds */
#define SASL_SLICE 2000         /* rounds done at once; about a millisecond */

/* What SCRAM keeps between its messages. */
struct sasl_scram {
	char nonce[SASL_NONCE_SIZE];
	struct buf auth_message;             /* what both sides sign */
	struct buf final_without_proof;      /* "c=biws,r=..." */
	unsigned rounds;                     /* still to be done */
	unsigned char last[SASL_KEY_SIZE];   /* U of the last round */
	unsigned char salted[SASL_KEY_SIZE]; /* the sum of all */
	unsigned char server_signature[SASL_KEY_SIZE];
};

struct sasl {
	/* Set by the caller; must outlive it. */
	const char *user;
	const char *secret; /* the password or the token */
	const char *host;   /* where we are, for OAUTHBEARER */
	const char *port;
	/* Kept by the mechanism. */
	unsigned step;      /* messages sent */
	bool proved;        /* the server has proved itself, or need not */
	struct buf message; /* what to send next */
	struct buf
		challenge; /* of a refused token: what the server says of it, in its own format */
	char error[SASL_ERROR_SIZE]; /* why we gave up, "" = we did not */
	struct sasl_scram scram;
};

enum sasl_next {
	SASL_SEND,    /* `message` is to be sent, which may be empty */
	SASL_WORK,    /* call sasl_work() until it is done, then send `message` */
	SASL_GIVE_UP, /* `error` says why */
};

struct sasl_mechanism {
	const char *name;
	bool tokens; /* the secret is a token, not a password */
	/* Makes the first message. */
	void (*begin)(struct sasl *sasl);
	/* Answers a message of the server's. */
	enum sasl_next (*answer)(struct sasl *sasl, struct span challenge);
};

extern const struct sasl_mechanism sasl_plain, sasl_scram_sha_256, sasl_xoauth2, sasl_oauthbearer;

/* Some rounds of the work on a password; true when it is done. */
bool sasl_work(struct sasl *sasl);

/* Gives up with this reason. Returns SASL_GIVE_UP. */
enum sasl_next sasl_give_up(struct sasl *sasl, const char *why);

/* Appends a user name as SCRAM and OAUTHBEARER want it: "=" and "," escaped (RFC 5801). */
void sasl_add_name(struct buf *out, const char *user);

/* Wipes and frees what the mechanism kept. */
void sasl_end(struct sasl *sasl);

#endif
