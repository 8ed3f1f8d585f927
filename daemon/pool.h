/*
 * pool - the connections of one login, and the folders that they watch
 *
 * Accounts that sign in to the same place share max-connections. As far as these reach each folder
 * has a connection of its own, which waits in IDLE; the folders beyond share the last one, which
 * visits them in turn. A server that takes fewer gets fewer. Which folders there are is asked anew
 * from time to time where wildcards are watched.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_POOL_H
#define MAILBOUNCED_POOL_H

#include "mailbox.h"

struct worker;
TAILQ_HEAD(mailboxes, mailbox);
TAILQ_HEAD(workers, worker);

struct pool {
	/* Set by the owner before it starts; must outlive it. */
	struct co_loop *loop;
	struct net *net;
	struct oauth2 *oauth2;
	struct store *store;
	const struct config *config;
	bool once;
	void (*recorded)(void *owner);    /* a batch or more was committed */
	void (*ended)(struct pool *pool); /* no coroutine of it is left but the calling one */
	void *owner;

	/* Kept by the pool. */
	const struct config_account **account; /* in the configuration's order; one at least */
	size_t account_count;
	struct mailboxes mailboxes; /* in order: the first ones get connections of their own */
	struct workers workers;
	unsigned worker_count;
	unsigned limit;         /* connections that the server is believed to take */
	unsigned told;          /* the limit that the operator was told of; 0 = none */
	double probe_at;        /* co_clock() at which one more is tried, while limit is low */
	double list_due;        /* co_clock() of the next list of folders */
	bool wild;              /* some of the names are wildcards */
	bool listing;           /* somebody asks just now */
	bool listed;            /* it is known what they mean */
	bool unlisted;          /* --once: it will not be known */
	unsigned list_failures; /* in a row */
	bool told_unlisted;
	bool stop;
};

/* Takes an account in. The first one makes the pool; the others must have the same login. */
void pool_add(struct pool *pool, const struct config_account *account);
/* Would a pool of this configuration do just the same? */
bool pool_fits(const struct pool *pool, const struct config *config);
/* Starts connecting. */
void pool_start(struct pool *pool);
/* Finish the batches under way, then end. What only waits ends at once. */
void pool_stop(struct pool *pool);
/* Cuts off what has not ended. */
void pool_cut(struct pool *pool);
/* Frees what is in it, after it has ended. */
void pool_free(struct pool *pool);

/* How many folders are watched now. */
size_t pool_folders(const struct pool *pool);
/* co_clock() when all that there was in each folder had been taken in, of the oldest look; 0 = of
 * some folder it has not. */
double pool_visited(const struct pool *pool);
/* A line a folder: what --once tells. True when each was drained. */
bool pool_report(const struct pool *pool, FILE *out);

#endif
