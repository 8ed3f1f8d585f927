/*
 * restore - moves filed mail back to where it came from
 *
 * With the daemon's own sessions and the daemon's own ways to move, and never beside it: the state
 * is locked by its caller. What comes back is written before it is moved, so that no later run
 * files it again; cut off anywhere, the next run goes on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_RESTORE_H
#define MAILBOUNCED_RESTORE_H

#include "config.h"
#include "store.h"

#define RESTORE_PAGE ((size_t)1000) /* messages looked at together */

enum restore_outcome {
	RESTORE_OPEN, /* nothing yet */
	RESTORE_BACK, /* it is back, or would be */
	RESTORE_GONE, /* it is not where it was filed */
	RESTORE_REFUSED,
	RESTORE_OUTCOMES
};

struct restore {
	struct store *store;
	const struct config *config;
	struct store_restore_filter filter; /* account NULL = each */
	bool dry_run;                       /* the store is open for reading only */
	bool reprocess;
	/* One message and what became of it; why: the server's words, or "". */
	void (*tell)(void *context, const char *account, const struct store_restorable *item,
		     enum restore_outcome outcome, const char *why);
	void *context;
	uint64_t count[RESTORE_OUTCOMES]; /* what it did */
};

/* 0, or -1 when an account could not be finished: said in the log, the next run goes on. */
int restore_run(struct restore *restore);

#endif
