/*
 * action - carries out what the outbox holds
 *
 * A coroutine that takes due entries from the store one by one and runs the hook's program: without
 * a shell, facts in the environment (MAILBOUNCED_*) and as JSON on standard input, killed after its
 * timeout. Exit 0 ticks the entry off; anything else tries again later, each time later. A program
 * may see the same entry twice (its id is the same): after a crash between run and tick.
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
	/* 0 = done; -1 = try again, with the reason in error[STORE_ERROR_SIZE]. Inside a coroutine.
	 */
	int (*perform)(struct co_loop *loop, const struct config_hook *hook,
		       const struct store_outbox *entry, char *error);
};
extern const struct action action_command;

struct action_runner {
	struct co_loop *loop;
	struct store *store;
	const struct config *const
		*config; /* where the current configuration stands; a reload changes it */
	bool once;       /* return when nothing is due, instead of waiting */
	struct co *self; /* set by the runner; co_wake() it after a commit with outbox entries */
};
/* The coroutine's function; arg is a struct action_runner. Returns when cancelled, or with `once`.
 */
void action_run(void *arg);

#endif
