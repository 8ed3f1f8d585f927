/*
 * store_forget - addresses that nobody may read here any more
 *
 * Part of the store. An address that must not be mailed is known by a pseudonym once it is
 * forgotten: a keyed hash (HMAC-SHA-256 of the address in lower case, 128 bits of it) in a domain
 * that cannot exist (RFC 2606 section 2). Its standing and what reports say of it later stand under
 * that; with the address in hand it is found again, without it nothing tells whose it was.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_FORGET_H
#define MAILBOUNCED_STORE_FORGET_H

#include "store_retain.h"

#define STORE_FORGOTTEN_DOMAIN "forgotten.invalid"
#define STORE_PSEUDONYM_SIZE 64

/* Is it a pseudonym and no address? */
bool store_is_pseudonym(struct span address);

/* The pseudonym of an address. 1, 0 = no address was ever forgotten here, -1. */
int store_pseudonym(struct store *store, struct span address,
		    char out[STORE_PSEUDONYM_SIZE]) BOUNCE_MUST_CHECK;
/* Was it forgotten, so that it goes by its pseudonym? 1, 0 or -1; *when may be NULL. */
int store_forgotten(struct store *store, struct span address, char out[STORE_PSEUDONYM_SIZE],
		    int64_t *when) BOUNCE_MUST_CHECK;

/* Makes the key where there is none; in a transaction. 0 or -1. */
int store_forget_key(struct store *store) BOUNCE_MUST_CHECK;
int store_tombstone_put(struct store *store, const char *pseudonym, int64_t operation,
			int64_t time) BOUNCE_MUST_CHECK;
/* Reports name the address again. */
int store_tombstone_drop(struct store *store, const char *pseudonym) BOUNCE_MUST_CHECK;

/* The standing of a pseudonym, with which its ledger begins anew. 0 or -1. */
int store_put_standing(struct store *store, const struct store_key *key,
		       const struct bounce_standing *standing) BOUNCE_MUST_CHECK;

/* The standings of an address; returns how many, or -1. each() must not write. */
int store_standings_of(struct store *store, struct span address,
		       int (*each)(void *context, const struct store_past *past),
		       void *context) BOUNCE_MUST_CHECK;
int store_forget_count(struct store *store, struct span address, int64_t *entries,
		       int64_t *reports) BOUNCE_MUST_CHECK;
/* Ids of the newest of the next STORE_RETAIN_MOST entries of a key and of all; 0 = there is none.
 */
int store_forget_next(struct store *store, const struct store_key *key, int64_t *next,
		      int64_t *last) BOUNCE_MUST_CHECK;

/* Rows whose texts name an address that is not theirs. */
enum store_mention {
	STORE_MENTION_EVENT,   /* the texts go */
	STORE_MENTION_OUTBOX,  /* the row goes */
	STORE_MENTION_MESSAGE, /* its ids go */
	STORE_MENTION_ENTRY,   /* of a ledger: its mailing gets another name */
	STORE_MENTION_COUNT,
};
#define STORE_MENTION_MOST 5000 /* rows looked at at once */
struct store_sought {
	char *text, *other; /* in lower case: "user@example.com", and "user=example.com" as many
			       senders spell it in envelope addresses */
};
struct store_sought store_sought_of(struct span address);
void store_sought_free(struct store_sought *sought);
/* Does the text name it? */
bool store_names(const struct store_sought *sought, struct span text);
/* Ids behind *after of rows that name it; *after moves. Returns how many of them stand in
 * id[STORE_MENTION_MOST], -1, or STORE_MENTION_END behind the last row. */
#define STORE_MENTION_END (-2)
int store_mentions(struct store *store, enum store_mention what, const struct store_sought *sought,
		   int64_t *after, int64_t id[STORE_MENTION_MOST]) BOUNCE_MUST_CHECK;
int store_mention_drop(struct store *store, enum store_mention what,
		       const struct store_sought *sought, int64_t id) BOUNCE_MUST_CHECK;
/* The same of the small tables, all at once. */
int store_mentions_drop(struct store *store, const struct store_sought *sought) BOUNCE_MUST_CHECK;

/* From now on this connection does nothing else: what names a row that goes is looked after by who
 * deletes it. 0 or -1. */
int store_forget_begin(struct store *store) BOUNCE_MUST_CHECK;
/* Writes the whole file anew; nobody else writes meanwhile. 0 or -1. */
int store_vacuum(struct store *store) BOUNCE_MUST_CHECK;
/* Brings the log into the file and empties it. 1, 0 = somebody reads and keeps it, -1. */
int store_truncate_log(struct store *store) BOUNCE_MUST_CHECK;

#endif
