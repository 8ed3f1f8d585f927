/*
 * pool_private - a connection of a pool, between who shares the folders out and who visits them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_POOL_PRIVATE_H
#define MAILBOUNCED_POOL_PRIVATE_H

#include "pool.h"

/* One connection. */
struct worker {
	TAILQ_ENTRY(worker) link;
	struct pool *pool;
	struct session session;
	struct visitor visitor;
	struct mailbox *own;                /* NULL: all folders that have no worker of their own */
	struct mailbox *selected;           /* visited last in this session */
	volatile bool leave;                /* something has changed: finish the batch and look */
	bool opened, refused;               /* folders, in this session; STATUS opens as well */
	bool crowded;                       /* one too many for the server: on its way out */
	unsigned attempts;                  /* to sign in */
	const struct config_account *tries; /* whom it is the first to sign in as; NULL = none */
};

/* worker.c */

/* Starts a connection for a folder of its own, or (NULL) for all that have none. */
void worker_start(struct pool *pool, struct mailbox *own);
/* Gives it another folder, or takes away the one that it has. */
void worker_give(struct worker *worker, struct mailbox *own);
/* It shall end. */
void worker_dismiss(struct worker *worker);
/* Makes it look at what it is there for; from outside. */
void worker_nudge(struct worker *worker);

/* pool.c */

/* Gives the folders to connections, makes and dismisses connections; after every change. */
void pool_assign(struct pool *pool);
/* A connection is over. Frees it. */
void pool_worker_ended(struct worker *worker);
/* The server refuses one more. May it be so? */
bool pool_crowded(struct worker *worker);
/* co_clock() at which a worker must come to pool_tend(). */
double pool_until(const struct pool *pool);
/* What is due for all: the list of folders, or one more connection. */
enum session_end pool_tend(struct worker *worker, struct imap *imap);

void pool_hold(struct worker *worker, struct mailbox *mailbox);
/* Nobody visits it any more. */
void pool_release(struct worker *worker, struct mailbox *mailbox);
/* It is watched no longer. */
void pool_drop(struct pool *pool, struct mailbox *mailbox);
struct mailbox *pool_watch(struct pool *pool, const struct config_account *account,
			   const char *folder);

/* pool_door.c */

/* May it sign in as this account now? While nobody is in, only the first one who asked may; the
 * others are woken when that changes. */
bool pool_may_try(struct worker *worker, const struct config_account *account);
/* It is in: all of its account may follow. */
void pool_come_in(struct worker *worker);
/* It tries no more: the next one may. */
void pool_leave_door(struct worker *worker);

/* pool_list.c: asks what the wildcards mean, and watches that. */
enum imap_result pool_list(struct pool *pool, struct imap *imap);

#endif
