/*
 * pool - the connections of one login, and the folders that they watch
 *
 * pool_assign() is the one place that decides who watches what. It may be called at any time: it
 * only moves pointers and wakes those whom that concerns.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pool_private.h"

#include <math.h>
#include <stdlib.h>

#include "log.h"

size_t
pool_folders(const struct pool *pool)
{
	const struct mailbox *m;
	size_t count = 0;

	TAILQ_FOREACH(m, &pool->mailboxes, link)
	count++;
	return count;
}

double
pool_visited(const struct pool *pool)
{
	const struct mailbox *m;
	double oldest = 0;

	if (pool->wild && !pool->listed)
		return 0;
	TAILQ_FOREACH(m, &pool->mailboxes, link)
	{
		if (m->visited_at == 0)
			return 0;
		if (oldest == 0 || m->visited_at < oldest)
			oldest = m->visited_at;
	}
	return oldest;
}

/* Who watches what */

static size_t
open_folders(const struct pool *pool)
{
	const struct mailbox *m;
	size_t count = 0;

	TAILQ_FOREACH(m, &pool->mailboxes, link)
	count += mailbox_is_open(m);
	return count;
}

/* Connections without a folder of their own; *one: if any is up, one that is. */
static size_t
free_workers(const struct pool *pool, struct worker **one)
{
	struct worker *w;
	size_t count = 0;

	*one = NULL;
	TAILQ_FOREACH(w, &pool->workers, link)
	{
		if (w->own == NULL && !w->session.stop && !w->crowded) {
			if (*one == NULL || w->session.up)
				*one = w;
			count++;
		}
	}
	return count;
}

/* The first `own` folders have a connection each, the others have none. keep: free ones that are
 * not to be had. */
static void
give_own(struct pool *pool, size_t own, size_t keep)
{
	struct worker *free_one;
	struct mailbox *m;
	size_t i = 0;

	TAILQ_FOREACH(m, &pool->mailboxes, link)
	{
		if (mailbox_is_open(m) && i++ >= own && m->worker != NULL)
			worker_give(m->worker, NULL);
	}
	i = 0;
	TAILQ_FOREACH(m, &pool->mailboxes, link)
	{
		if (!mailbox_is_open(m) || i++ >= own || m->worker != NULL)
			continue;
		if (free_workers(pool, &free_one) > keep)
			worker_give(free_one, m);
		else if (pool->worker_count < pool->limit)
			worker_start(pool, m);
	}
}

/* Must there be a connection, if only to list? */
static bool
to_list(const struct pool *pool)
{
	return pool->wild && !pool->unlisted && !(pool->once && pool->listed);
}

void
pool_assign(struct pool *pool)
{
	size_t count = open_folders(pool);
	size_t own = count <= pool->limit ? count : pool->limit - 1;
	size_t shared = own < count || (count == 0 && to_list(pool));
	struct worker *free_one;

	if (pool->stop)
		return;
	give_own(pool, own, shared);
	while (free_workers(pool, &free_one) > shared)
		worker_dismiss(free_one);
	if (free_one == NULL && shared > 0 && pool->worker_count < pool->limit)
		worker_start(pool, NULL);
	else if (free_one != NULL)
		worker_nudge(free_one);
}

void
pool_hold(struct worker *w, struct mailbox *m)
{
	m->holder = w;
}

void
pool_release(struct worker *w, struct mailbox *m)
{
	struct worker *free_one;

	m->holder = NULL;
	if (m->gone) {
		if (w->selected == m)
			w->selected = NULL;
		mailbox_free(m);
		return;
	}
	if (m->worker != NULL && m->worker != w)
		worker_nudge(m->worker);
	else if (m->worker == NULL && free_workers(w->pool, &free_one) > 0 && free_one != w)
		worker_nudge(free_one);
}

struct mailbox *
pool_watch(struct pool *pool, const struct config_account *account, const char *folder)
{
	struct mailbox *m = mailbox_new(account, folder);

	m->store = pool->store;
	m->config = pool->config;
	m->recorded = pool->recorded;
	m->owner = pool->owner;
	TAILQ_INSERT_TAIL(&pool->mailboxes, m, link);
	return m;
}

void
pool_drop(struct pool *pool, struct mailbox *m)
{
	struct worker *w;

	TAILQ_REMOVE(&pool->mailboxes, m, link);
	TAILQ_FOREACH(w, &pool->workers, link)
	{
		if (w->selected == m)
			w->selected = NULL;
	}
	if (m->worker != NULL)
		worker_give(m->worker, NULL);
	m->gone = true;
	if (m->holder == NULL)
		mailbox_free(m);
}

/* Connections that come and go */

/* With --once: does a connection that gives up give up this folder? Who may not sign in for one
 * folder, or never could, may not for the others of the account: trying on would lock it. */
static bool
is_given_up(const struct worker *w, const struct mailbox *m)
{
	if (m->worker == w || m->account == w->tries)
		return true;
	if (m->worker != NULL)
		return false;
	return w->own == NULL ||
	       (w->session.end == SESSION_DENIED && m->account == w->session.account);
}

static void
give_up(struct worker *w)
{
	struct mailbox *m;

	TAILQ_FOREACH(m, &w->pool->mailboxes, link)
	{
		if (mailbox_is_open(m) && is_given_up(w, m))
			m->outcome = MAILBOX_FAILED;
	}
	w->pool->unlisted = w->pool->unlisted || w->own == NULL;
}

static bool
all_are_up(const struct pool *pool)
{
	const struct worker *w;

	TAILQ_FOREACH(w, &pool->workers, link)
	{
		if (!w->session.up)
			return false;
	}
	return true;
}

/* Told when nobody is on the way any more: before that the number means nothing. */
static void
tell_limit(struct pool *pool)
{
	const struct config_account *account = pool->account[0];
	bool enough = pool->limit == account->max_connections;

	if (pool->told == (enough ? 0 : pool->limit))
		return;
	if (!all_are_up(pool))
		return;
	enough = enough || open_folders(pool) <= pool->limit;
	if (enough && pool->told != 0)
		log_info("%s: the server takes enough connections again", account->name);
	if (!enough && pool->told != pool->limit) {
		log_warn("%s: the server takes no more than %u connections of %s now: the folders "
			 "beyond are looked at in turn; to act: let the server take more, or set "
			 "max-connections = %u",
			 account->name, pool->limit, account->user, pool->limit);
	}
	pool->told = enough ? 0 : pool->limit;
}

void
pool_worker_ended(struct worker *w)
{
	struct pool *pool = w->pool;
	enum session_end end = w->session.end;

	if (pool->once && !w->session.stop && end != SESSION_DONE && end != SESSION_TOO_MANY)
		give_up(w);
	if (w->own != NULL)
		w->own->worker = NULL;
	TAILQ_REMOVE(&pool->workers, w, link);
	pool->worker_count--;
	pool_leave_door(w);
	free(w);
	pool_assign(pool);
	if (pool->worker_count == 0)
		pool->ended(pool);
	else
		tell_limit(pool);
}

static bool
another_is_up(const struct worker *w)
{
	const struct worker *other;

	TAILQ_FOREACH(other, &w->pool->workers, link)
	{
		if (other != w && other->session.up)
			return true;
	}
	return false;
}

/* Connections that the server has not called too many. */
static unsigned
welcome(const struct pool *pool)
{
	const struct worker *w;
	unsigned count = 0;

	TAILQ_FOREACH(w, &pool->workers, link)
	count += !w->crowded;
	return count;
}

bool
pool_crowded(struct worker *w)
{
	struct pool *pool = w->pool;

	if (!another_is_up(w)) /* the server is in trouble, not we too many */
		return false;
	pool->probing = false;
	/* Several are refused before the first of them is gone: each counts. */
	w->crowded = true;
	if (welcome(pool) < pool->limit)
		pool->limit = welcome(pool);
	pool->probe_at = co_clock() + pool->account[0]->retry_most;
	return true;
}

/* Is there something to list, sooner or later? */
static bool
lists(const struct pool *pool)
{
	return to_list(pool) && !pool->listing;
}

double
pool_until(const struct pool *pool)
{
	double until = lists(pool) ? pool->list_due : INFINITY;

	if (pool->limit < pool->account[0]->max_connections && pool->probe_at < until)
		until = pool->probe_at;
	return until;
}

/* Maybe there is room by now: whoever held the others, a mail program perhaps, may be gone. */
static void
probe(struct pool *pool)
{
	pool->probe_at = co_clock() + pool->account[0]->retry_most;
	pool->limit++;
	pool->probing = open_folders(pool) >= pool->limit;
	if (pool->probing)
		log_info("%s: trying %u connections", pool->account[0]->name, pool->limit);
	pool_assign(pool);
}

static double
list_interval(const struct pool *pool)
{
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < pool->account_count; i++) {
		if (pool->account[i]->list_interval < least)
			least = pool->account[i]->list_interval;
	}
	return least;
}

enum session_end
pool_tend(struct worker *w, struct imap *imap)
{
	struct pool *pool = w->pool;
	enum imap_result result;

	tell_limit(pool);
	if (pool->probing && all_are_up(pool)) { /* it was taken: so may another one be */
		pool->probing = false;
		pool->probe_at = co_clock();
	}
	if (co_clock() < pool_until(pool))
		return SESSION_DONE;
	if (pool->limit < pool->account[0]->max_connections && pool->probe_at <= co_clock())
		probe(pool);
	if (!lists(pool) || pool->list_due > co_clock())
		return SESSION_DONE;
	pool->listing = true;
	pool->list_due = co_clock() + list_interval(pool);
	w->session.waiting = true;
	result = pool_list(pool, imap);
	pool->listing = false;
	pool->list_failures = result == IMAP_OK ? 0 : pool->list_failures + 1;
	if (result == IMAP_OK || w->session.stop)
		return SESSION_DONE;
	log_warn("%s: %s: %s", w->session.where, imap_peer(imap), imap_error(imap));
	/* A list that breaks each session must not keep the folders that are known. */
	pool->list_due = co_clock() + session_pause(pool->account[0], pool->list_failures);
	pool->unlisted = pool->once && pool->list_failures >= SESSION_ONCE_ATTEMPTS;
	return SESSION_LOST;
}

/* The whole */

void
pool_add(struct pool *pool, const struct config_account *account)
{
	if (pool->account_count == 0) {
		TAILQ_INIT(&pool->mailboxes);
		TAILQ_INIT(&pool->workers);
		pool->limit = account->max_connections;
	}
	pool->account = xgrow(pool->account, pool->account_count + 1,
			      sizeof(const struct config_account *));
	pool->account[pool->account_count++] = account;
	for (char **folder = account->folders; *folder != NULL; folder++) {
		if (config_is_wildcard(*folder))
			pool->wild = true;
		else
			(void)pool_watch(pool, account, *folder);
	}
}

void
pool_start(struct pool *pool)
{
	pool_assign(pool);
}

bool
pool_fits(const struct pool *pool, const struct config *config)
{
	size_t same = 0;

	for (size_t i = 0; i < config->account_count; i++) {
		const struct config_account *account = &config->account[i];

		if (!config_same_login(account, pool->account[0]))
			continue;
		if (same == pool->account_count ||
		    !config_same_account(account, pool->account[same]))
			return false;
		same++;
	}
	return same == pool->account_count && config_same_policy(config, pool->config);
}

void
pool_hurry(struct pool *pool)
{
	struct mailbox *m;
	struct worker *w;

	TAILQ_FOREACH(m, &pool->mailboxes, link)
	{
		if (m->failures > 0)
			m->due = 0;
	}
	if (pool->list_failures > 0)
		pool->list_due = 0;
	TAILQ_FOREACH(w, &pool->workers, link)
	{
		session_hurry(&w->session);
		if (w->session.up)
			worker_nudge(w);
	}
}

void
pool_stop(struct pool *pool)
{
	struct worker *w;

	pool->stop = true;
	TAILQ_FOREACH(w, &pool->workers, link)
	worker_dismiss(w);
}

void
pool_cut(struct pool *pool)
{
	struct worker *w;

	TAILQ_FOREACH(w, &pool->workers, link)
	{
		if (w->session.running)
			co_cancel(w->session.co);
	}
}

void
pool_free(struct pool *pool)
{
	struct mailbox *m;

	while ((m = TAILQ_FIRST(&pool->mailboxes)) != NULL) {
		TAILQ_REMOVE(&pool->mailboxes, m, link);
		mailbox_free(m);
	}
	free(pool->account);
}

bool
pool_report(const struct pool *pool, FILE *out)
{
	const struct mailbox *m;
	bool drained = true;

	TAILQ_FOREACH(m, &pool->mailboxes, link)
	{
		mailbox_report(m, out);
		drained = drained && m->outcome == MAILBOX_DRAINED;
	}
	if (pool->wild && !pool->listed) {
		fprintf(out, "%s: FAILED: what its wildcards mean is not known\n",
			pool->account[0]->name);
		drained = false;
	}
	return drained;
}
