/*
 * mailbox - one watched folder's life
 *
 * Straight-line code in a coroutine: connect, sign in, select, finish what the last run left open,
 * drain new mail, wait for more, and after an error wait longer each time and begin again. One
 * connection a watched folder.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_MAILBOX_H
#define MAILBOUNCED_MAILBOX_H

#include "action.h"
#include "config.h"
#include "net.h"
#include "pipeline.h"
#include "store.h"

enum mailbox_outcome {
	MAILBOX_RUNNING,
	MAILBOX_DRAINED, /* --once: everything was taken in */
	MAILBOX_FAILED,  /* --once: could not */
	MAILBOX_STOPPED, /* cancelled */
};

struct mailbox {
	struct net *net;
	struct store *store;
	struct co_loop *loop;
	struct action_runner *actions; /* woken when the outbox grew; may be NULL */
	const struct config *config;
	const struct config_account *account;
	const char *folder;
	bool once;
	volatile bool stop; /* finish the batch, then end */
	struct co *co;
	enum mailbox_outcome outcome;
	struct pipeline_totals totals;
	void (*ended)(struct mailbox *mailbox); /* called last, from the coroutine */
	void *owner;
};

/* The coroutine's function; arg is a struct mailbox. */
void mailbox_run(void *arg);

/* Finish the batch and end; wakes a waiting mailbox. From the loop. */
void mailbox_stop(struct mailbox *mailbox);

#endif
