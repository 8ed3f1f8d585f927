/*
 * retain - what is old goes
 *
 * Each class of data is kept as long as the configuration says (section retention). First the texts
 * of reports go, then the history of addresses: what it came to stays, as the standing behind which
 * the ledger of the address begins, so that replay gives what it gave before. Addresses that are
 * good again and have no history, and messages that nothing is told of, go last. A step is one
 * short transaction and may be the last one before a crash: the next round finds what is left by
 * itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_RETAIN_H
#define MAILBOUNCED_RETAIN_H

#include "co.h"
#include "config.h"
#include "replay.h"

#define RETAIN_EVERY 3600.0 /* seconds between rounds */
#define RETAIN_PAUSE 0.1    /* seconds between steps: mail goes first */

enum retain_class {
	RETAIN_TEXTS,
	RETAIN_HISTORY,
	RETAIN_STANDINGS,
	RETAIN_MESSAGES,
	RETAIN_WORDS, /* of operators; what incidents quote */
	RETAIN_CLASSES,
};

/* One round; all zero but for the first three at its beginning. */
struct retain {
	struct store *store;
	struct replay *replay; /* of that store */
	const struct config *config;
	enum retain_class class;           /* that has its turn */
	int64_t after;                     /* rows up to that one were looked at, */
	char *after_address, *after_scope; /* or standings; NULL: none yet */
	uint64_t dropped[RETAIN_CLASSES];
};

/* Looks at the next rows and drops what may go. 1 = there is more to do, 0 = the round is over, -1
 * = replay_error(); the step was rolled back and may be tried again. */
int retain_step(struct retain *retain, int64_t now) BOUNCE_MUST_CHECK;
void retain_free(struct retain *retain);

struct retain_runner {
	struct co_loop *loop;
	struct store *store;
	const struct config *const *config; /* where the current one stands */
	bool once;
	struct co *self; /* set by the runner */
};
/* The coroutine's function; arg is a struct retain_runner. */
void retain_run(void *arg);

#endif
