/*
 * replay - standings derived anew from the ledger
 *
 * A standing is the fold of its address's entries that count; each entry is judged under the policy
 * that was in force when it was written. This proves that nothing was lost or counted twice, and is
 * what undo is made of.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_REPLAY_H
#define MAILBOUNCED_REPLAY_H

#include "config.h"
#include "store.h"

struct replay;

/* The store must outlive it. */
struct replay *replay_new(struct store *store);
void replay_free(struct replay *replay);

/* Why something failed: the store, or a ledger that says what cannot be. */
const char *replay_error(const struct replay *replay);

/* Says of a transition that it has a word that nobody writes. Returns -1. */
int replay_bad_word(struct replay *replay, int64_t transition, struct span bad);

/* From now on every entry is judged under this configuration's policies, whatever was in force;
 * NULL ends that. It must live as long. */
void replay_under(struct replay *replay, const struct config *config);

/* From now on each entry that is judged is told as well. */
void replay_watch(struct replay *replay,
		  void (*each)(void *context, const struct store_entry *entry,
			       const struct bounce_transition *transition),
		  void *context);

/* Of the policies with that id (0 = the defaults) the one for mail of `list`, empty = unknown;
 * NULL: replay_error(). Lives as long as the replay. */
const struct bounce_policy *replay_policy(struct replay *replay, int64_t id, struct span list);

/* What the ledger says of an address. 0 or -1. */
int replay_derive(struct replay *replay, const struct store_key *key,
		  struct bounce_standing *out) BOUNCE_MUST_CHECK;
/* The same as of after the transition with that id. */
int replay_derive_until(struct replay *replay, const struct store_key *key, int64_t last,
			struct bounce_standing *out) BOUNCE_MUST_CHECK;

/*
 * Derives everything: *checked counts standings; each() is told of every one that differs from what
 * is written (NULL: nothing is). One address at a time, in constant memory. 0 or -1.
 */
int replay_check(struct replay *replay, uint64_t *checked,
		 void (*each)(void *context, const struct store_key *key,
			      const struct bounce_standing *written,
			      const struct bounce_standing *derived),
		 void *context) BOUNCE_MUST_CHECK;

#endif
