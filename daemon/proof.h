/*
 * proof - mailings that came back from nobody are deliveries
 *
 * The list's sender tells of a mailing (bouncectl sent). When the policy's grace is over and every
 * watched folder has been read since, whoever could be mailed then and has no report since has got
 * it: what counted against him is forgotten. An incident of which nothing more was heard is over.
 * Silence proves nothing while mail lies unread, so with a folder that cannot be reached all of
 * this waits.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_PROOF_H
#define MAILBOUNCED_PROOF_H

#include "co.h"
#include "config.h"
#include "store.h"

#define PROOF_POLL 15.0 /* seconds between looks for mailings whose grace is over */

/*
 * One step, in one transaction: takes back a slice of what an incident did before it began, else
 * ends an incident that is over, else looks at some addresses (STORE_CANDIDATES at most) of the
 * oldest mailing that is due. horizon: all that was in the folders up to that time is recorded; 0 =
 * that is not known, and only the first of these is done. 1 = there may be more to do, 0 = there is
 * none, -1 = the store is in trouble.
 */
int proof_step(struct store *store, const struct config *config, int64_t horizon,
	       int64_t now) BOUNCE_MUST_CHECK;

struct proof_runner {
	struct co_loop *loop;
	struct store *store;
	const struct config *const *config; /* where the current one stands */
	int64_t (*horizon)(void *owner);    /* 0 = some folder has not been read */
	void (*recorded)(void *owner);      /* hooks may have to be told */
	void *owner;
	struct co *self; /* set by the runner */
};
/* The coroutine's function; arg is a struct proof_runner. */
void proof_run(void *arg);

#endif
