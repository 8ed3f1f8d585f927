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

#include <stdio.h>

#include "config.h"
#include "net.h"
#include "oauth2.h"
#include "pipeline.h"
#include "store.h"

/* With --once: attempts in a row that may fail before a mailbox is given up. */
#define MAILBOX_ONCE_ATTEMPTS 3

enum mailbox_outcome {
	MAILBOX_RUNNING,
	MAILBOX_DRAINED, /* --once: everything was taken in */
	MAILBOX_FAILED,  /* --once: it could not */
	MAILBOX_STOPPED,
};

struct mailbox {
	/* Set by the owner before the coroutine starts; must outlive it. */
	struct co_loop *loop;
	struct net *net;
	struct oauth2 *oauth2;
	struct store *store;
	const struct config *config;
	const struct config_account *account;
	const char *folder;
	bool once;
	/* Instead of watching the folder: something else to do in a session. False: again in
	 * another one. NULL = watch. */
	bool (*job)(struct mailbox *mailbox, struct imap *imap);
	void (*recorded)(struct mailbox *mailbox); /* a batch or more was committed */
	void (*ended)(struct mailbox *mailbox);    /* the last thing that the coroutine does */
	void *owner;

	/* Kept by the mailbox. */
	struct co *co;
	char *where; /* "account/folder"; malloc'd, the owner frees it */
	volatile bool stop;
	bool waiting; /* nothing is under way that a cancel would hurt */
	bool store_told;
	unsigned failures; /* in a row */
	double wait_least; /* seconds that somebody asked us to stay away; 0 = nobody did */
	enum mailbox_outcome outcome;
	struct pipeline_totals totals;
	struct pipeline_doubt doubt;
	struct pipeline_breaker breaker;
	struct pipeline_filing filing;
	bool told_closed; /* that the folder cannot be opened */
};

/* Starts the coroutine. */
void mailbox_start(struct mailbox *mailbox);

/* Finish the batch under way, then end. A mailbox that only waits ends at once. */
void mailbox_stop(struct mailbox *mailbox);

/* One line of what became of it: what --once tells. */
void mailbox_report(const struct mailbox *mailbox, FILE *out);

#endif
