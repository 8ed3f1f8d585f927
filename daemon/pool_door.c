/*
 * pool_door - who tries first whether an account may sign in
 *
 * A wrong password that eight connections try at once is eight failures, and servers lock an
 * account, or shut out our address, after a few. So while nobody of an account is signed in one
 * connection tries, and keeps trying with its pauses; when it is in, the others follow.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pool_private.h"

/* Somebody is in: the account may sign in. */
static bool
is_open(const struct pool *pool, const struct config_account *account)
{
	const struct worker *w;

	TAILQ_FOREACH(w, &pool->workers, link)
	{
		if (w->session.up && w->session.account == account)
			return true;
	}
	return false;
}

static struct worker *
first_of(const struct pool *pool, const struct config_account *account)
{
	struct worker *w;

	TAILQ_FOREACH(w, &pool->workers, link)
	{
		if (w->tries == account)
			return w;
	}
	return NULL;
}

bool
pool_may_try(struct worker *w, const struct config_account *account)
{
	bool open = is_open(w->pool, account);
	const struct worker *first;

	/* Nobody waits for one who tries something else, or waits himself. */
	if (open || w->tries != account)
		pool_leave_door(w);
	first = first_of(w->pool, account);
	if (!open && first != NULL && first != w)
		return false;
	w->tries = open ? NULL : account;
	return true;
}

void
pool_leave_door(struct worker *w)
{
	struct worker *other;

	if (w->tries == NULL)
		return;
	w->tries = NULL;
	TAILQ_FOREACH(other, &w->pool->workers, link)
	{
		if (other != w && !other->session.up)
			worker_nudge(other);
	}
}

void
pool_come_in(struct worker *w)
{
	struct worker *first = first_of(w->pool, w->session.account);

	if (first != NULL)
		pool_leave_door(first);
}
