/*
 * action - carries out what the outbox holds
 *
 * A coroutine that takes due entries from the store one by one and runs the hook's program: without
 * a shell, facts in the environment (MAILBOUNCED_*) and as JSON on standard input, killed after its
 * timeout. Exit 0 ticks the entry off; anything else tries again later, each time later. A program
 * may see the same entry twice (its id is the same): after a crash between run and tick.
 *
 * The program's environment is small: PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TZ and TMPDIR of the
 * daemon; MAILBOUNCED_ID (of the entry), MAILBOUNCED_HOOK, MAILBOUNCED_ATTEMPT (from 1); and each
 * member of the JSON object as MAILBOUNCED_ and its name in capitals, for example
 * MAILBOUNCED_ADDRESS. Values come from strangers: control characters in them are replaced by "?",
 * nothing else. Its standard output goes nowhere, the beginning of its standard error into the log
 * when it fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_ACTION_H
#define MAILBOUNCED_ACTION_H

#include "co.h"
#include "config.h"
#include "store.h"

/* A kind of action: one file action_NAME.c each, listed in action.c. */
struct action {
	const char *name;
	/* 0 = done; -1 = try again, with the reason in error[STORE_ERROR_SIZE]. Inside a coroutine;
	 * hook may be gone after the first wait, for a reload frees the old configuration. */
	int (*perform)(struct co_loop *loop, const struct config_hook *hook,
		       const struct store_outbox *entry, char *error);
};
extern const struct action action_command;

#define ACTION_RETRY_LEAST 60  /* seconds after the first failure, doubled with each */
#define ACTION_RETRY_MOST 3600 /* ... up to this */
#define ACTION_RETRY_ABSENT \
	86400 /* seconds until a hook that left the configuration is looked for */
#define ACTION_SETTLE \
	1.0 /* seconds until an outcome that the store did not take is written again */
#define ACTION_FORGET_EVERY 3600 /* seconds between looks for entries that were done long ago */
#define ACTION_POLL 30.0         /* seconds between looks at the store when nobody wakes us */
#define ACTION_LOOK 1.0          /* ... for what another process, bouncectl, has written */

struct action_runner {
	struct co_loop *loop;
	struct store *store;
	const struct config *const
		*config;   /* where the current configuration stands; a reload changes it */
	bool once;         /* return when nothing is due, instead of waiting */
	int64_t forget_at; /* kept by the runner: when old entries are looked for again */
	struct co *self;   /* set by the runner; co_wake() it after a commit with outbox entries */
};
/* The coroutine's function; arg is a struct action_runner. Returns when cancelled, or with `once`.
 */
void action_run(void *arg);

#endif
