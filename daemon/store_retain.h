/*
 * store_retain - the rows of the past, found and dropped
 *
 * Part of the store. Everything works on a few rows: STORE_RETAIN_MOST are looked at in one step,
 * by id, and as many entries of one address go at once. A row that goes is named by no other one
 * afterwards.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_RETAIN_H
#define MAILBOUNCED_STORE_RETAIN_H

#include "store.h"

#define STORE_RETAIN_MOST 200

/* A transaction in which rows may go that others name; behind its commit or rollback comes
 * store_erase_end(), whatever happened. Every statement is prepared anew after each. 0 or -1. */
int store_erase_begin(struct store *store) BOUNCE_MUST_CHECK;
int store_erase_end(struct store *store) BOUNCE_MUST_CHECK;

/* Each of these returns how many rows were looked at (0: there is nothing behind `after`), or -1.
 * Old is what is older than `before`. */

/* The texts of reports that are older, from where the last call ended. *dropped: reports. */
int store_retain_texts(struct store *store, int64_t before, uint64_t *dropped) BOUNCE_MUST_CHECK;

/* Keys of old transitions behind *after, each once, which moves; the words live in the arena. */
struct store_old_key {
	struct store_key key;
	int64_t id; /* of its first transition among them */
};
struct store_old_keys {
	struct store_old_key key[STORE_RETAIN_MOST];
	size_t count;
};
int store_retain_keys(struct store *store, int64_t before, int64_t *after, struct arena *arena,
		      struct store_old_keys *out) BOUNCE_MUST_CHECK;

/* The oldest entries of a key that may go together. */
struct store_old {
	int64_t last;     /* the newest of them; 0 = none */
	int64_t baseline; /* where the ledger of the key begins as yet, 0 = with its first entry */
};
/* None of them is told of again by a later entry, or held by an incident that nobody has decided.
 * 0 or -1. */
int store_retain_bound(struct store *store, const struct store_key *key, int64_t before,
		       struct store_old *out) BOUNCE_MUST_CHECK;
/* The ledger of the key begins behind them with that standing. 0 or -1. */
int store_baseline_put(struct store *store, const struct store_key *key, int64_t last,
		       const struct bounce_standing *standing) BOUNCE_MUST_CHECK;
/* Drops them with their events, once they lie behind the baseline. How many, or -1. */
int store_drop_entries(struct store *store, const struct store_key *key,
		       int64_t last) BOUNCE_MUST_CHECK;

/* Messages of which nothing is to be done and nothing is told any more. */
int store_retain_messages(struct store *store, int64_t before, int64_t *after,
			  uint64_t *dropped) BOUNCE_MUST_CHECK;

/* Standings behind a key, in order. each() returns 0, or -1 to stop. */
struct store_past {
	struct store_key key;
	struct bounce_standing standing;
	bool history; /* it has transitions */
};
int store_retain_standings(struct store *store, const struct store_key *after,
			   int (*each)(void *context, const struct store_past *past),
			   void *context) BOUNCE_MUST_CHECK;
/* As if it had never been heard of. 0 or -1. */
int store_drop_standing(struct store *store, const struct store_key *key) BOUNCE_MUST_CHECK;

/* What operators typed so long ago, and what incidents quote. Returns how many operations. */
int store_retain_operations(struct store *store, int64_t before) BOUNCE_MUST_CHECK;
int store_retain_incidents(struct store *store, int64_t before) BOUNCE_MUST_CHECK;

#endif
