/*
 * worker - what one connection of a pool does
 *
 * Either it stays with a folder of its own, or it goes round among those that have none. Round: the
 * folder that has been due for longest is next, and one that is not empty after its turn goes to
 * the end of the line, so none starves. Of several that are due the server is asked together
 * whether they have anything new.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pool_private.h"

#include <stdlib.h>

#include "log.h"

#define ASK_EARLY 0.5 /* of a poll-interval */

/* Is it up to whoever goes round? While the folder's own connection is down it is. */
static bool
is_shared(const struct mailbox *m)
{
	return mailbox_is_open(m) && m->holder == NULL &&
	       (m->worker == NULL || !m->worker->session.up);
}

/* With --once: nothing is left for this one. */
static bool
is_done(const struct worker *w)
{
	const struct mailbox *m;

	if (!w->pool->once)
		return false;
	if (w->own != NULL)
		return !mailbox_is_open(w->own);
	TAILQ_FOREACH(m, &w->pool->mailboxes, link)
	{
		if (mailbox_is_open(m) && m->worker == NULL)
			return false;
	}
	return !w->pool->wild || w->pool->listed || w->pool->unlisted;
}

/* A folder of its own */

static enum session_end
stay_with(struct worker *w, struct imap *imap, struct mailbox *m)
{
	enum session_end end;

	w->session.waiting = true;
	if (m->holder != NULL) { /* who goes round is there just now, and will wake us */
		(void)co_block(w->pool->loop, -1);
		return SESSION_DONE;
	}
	pool_hold(w, m);
	w->selected = m;
	end = mailbox_stay(m, imap, &w->visitor);
	if (end == SESSION_DONE && w->pool->once && !w->leave)
		m->outcome = MAILBOX_DRAINED;
	pool_release(w, m);
	return end;
}

/* Going round */

static struct mailbox *
next_due(const struct worker *w)
{
	struct mailbox *m, *next = NULL;

	TAILQ_FOREACH(m, &w->pool->mailboxes, link)
	{
		if (is_shared(m) && (next == NULL || m->due < next->due))
			next = m;
	}
	return next;
}

/* Of the folders that are due those with nothing new wait for their next time. */
static enum imap_result
ask_for_news(struct worker *w, struct imap *imap, struct mailbox **asked, size_t count)
{
	struct imap_status *status = xarray(count, sizeof(*status));
	enum imap_result result;
	double now = co_clock();

	for (size_t i = 0; i < count; i++) {
		pool_hold(w, asked[i]);
		status[i].folder = asked[i]->folder;
	}
	result = imap_status(imap, status, count);
	for (size_t i = 0; i < count; i++) {
		struct mailbox *m = asked[i];

		if (result == IMAP_OK && mailbox_is_news(m, &status[i])) {
			m->visited_at = 0;
			m->due = now;
		} else if (result == IMAP_OK) {
			m->due = now + m->account->poll_interval;
		}
		w->opened = w->opened || status[i].told;
		pool_release(w, m);
	}
	if (result == IMAP_OK)
		w->session.failures = 0;
	free(status);
	return result;
}

/* Who is due soon is asked with who is due now: so they stay together, for one command. */
static bool
is_due_soon(const struct mailbox *m, double now)
{
	return m->due <= now + m->account->poll_interval * ASK_EARLY;
}

static enum imap_result
sweep(struct worker *w, struct imap *imap)
{
	struct mailbox **asked = xarray(pool_folders(w->pool) + 1, sizeof(struct mailbox *));
	enum imap_result result = IMAP_OK;
	double now = co_clock();
	bool due = false;
	struct mailbox *m;
	size_t count = 0;

	TAILQ_FOREACH(m, &w->pool->mailboxes, link)
	{
		/* STATUS of the selected folder tells nothing new. */
		if (!is_shared(m) || m == w->selected || mailbox_is_overdue(m) ||
		    !is_due_soon(m, now))
			continue;
		due = due || m->due <= now;
		asked[count++] = m;
	}
	if (due)
		result = ask_for_news(w, imap, asked, count);
	free(asked);
	return result;
}

/* What the wildcards mean may have changed. */
static void
list_soon(struct pool *pool)
{
	if (pool->list_failures == 0)
		pool->list_due = 0;
}

/* When it is tried again; with --once not for ever. */
static void
put_off(const struct worker *w, struct mailbox *m)
{
	m->due = co_clock() + session_pause(m->account, m->failures);
	if (w->pool->once && m->failures >= SESSION_ONCE_ATTEMPTS)
		m->outcome = MAILBOX_FAILED;
}

static enum session_end
take_turn(struct worker *w, struct imap *imap, struct mailbox *m)
{
	enum session_end end = SESSION_DONE;
	bool more;

	pool_hold(w, m);
	switch (mailbox_turn(m, imap, &w->visitor, &more, &end)) {
	case VISIT_DONE:
		w->opened = true;
		m->refused = false;
		w->selected = m;
		m->due = co_clock() + (more ? 0 : m->account->poll_interval);
		if (w->pool->once && !more)
			m->outcome = MAILBOX_DRAINED;
		break;
	case VISIT_CLOSED:
		w->refused = m->refused = true;
		w->selected = NULL;
		end = SESSION_DONE;
		put_off(w, m);
		if (m->wild) /* is it still there? */
			list_soon(w->pool);
		break;
	case VISIT_ENDED:
		put_off(w, m);
		break;
	}
	pool_release(w, m);
	return end;
}

static enum session_end
lost(struct worker *w, struct imap *imap)
{
	if (!w->session.stop)
		log_warn("%s: %s: %s", w->session.where, imap_peer(imap), imap_error(imap));
	return w->session.stop ? SESSION_DONE : SESSION_LOST;
}

/* Is there a folder that nobody refused when its turn was last? In this session it may not have
 * been due yet. */
static bool
may_open_more(const struct worker *w)
{
	const struct mailbox *m;

	TAILQ_FOREACH(m, &w->pool->mailboxes, link)
	{
		if (is_shared(m) && !m->refused)
			return true;
	}
	return false;
}

/* Nothing is due. */
static enum session_end
rest(struct worker *w, struct imap *imap)
{
	const struct mailbox *m = next_due(w);
	double until = pool_until(w->pool), renew = w->session.account->idle_renew;
	int woken;

	if (m == NULL) /* all that there was to do went well */
		w->session.failures = 0;
	/* A sign-in that opens no folder at all is worth another one. */
	if (w->refused && !w->opened && !may_open_more(w))
		return SESSION_LOST;
	if (m != NULL && m->due < until)
		until = m->due;
	until -= co_clock();
	co_trim_stack(w->pool->loop);
	woken = co_block(w->pool->loop, until < 0 ? 0 : until < renew ? until : renew);
	if (woken == CO_CANCELED)
		return SESSION_DONE;
	if (woken == CO_TIMEOUT && until >= renew && imap_noop(imap) != IMAP_OK)
		return lost(w, imap);
	return SESSION_DONE;
}

static enum session_end
go_round(struct worker *w, struct imap *imap)
{
	struct mailbox *m;

	w->session.waiting = true;
	if (sweep(w, imap) != IMAP_OK)
		return lost(w, imap);
	m = next_due(w);
	if (w->leave || m == NULL || m->due > co_clock())
		return w->leave ? SESSION_DONE : rest(w, imap);
	return take_turn(w, imap, m);
}

/* The session */

static const char *
name_of(const struct worker *w)
{
	return w->own != NULL ? w->own->where : w->pool->account[0]->name;
}

/* Whom it may sign in as now, NULL = nobody. To go round any account of the pool will do: one that
 * cannot sign in must not keep the others out. */
static const struct config_account *
whom_to_try(struct worker *w)
{
	const struct pool *pool = w->pool;

	if (w->own != NULL)
		return pool_may_try(w, w->own->account) ? w->own->account : NULL;
	for (size_t i = 0; i < pool->account_count; i++) {
		size_t at = (w->attempts + i) % pool->account_count;

		if (pool_may_try(w, pool->account[at]))
			return pool->account[at];
	}
	return NULL;
}

static bool
prepare(struct session *s)
{
	struct worker *w = s->owner;
	const struct config_account *account = NULL;

	while (!is_done(w) && (account = whom_to_try(w)) == NULL) {
		if (co_block(w->pool->loop, -1) == CO_CANCELED)
			return false;
	}
	if (account == NULL)
		return false;
	s->account = account;
	s->where = name_of(w);
	if (w->attempts++ > 0)
		list_soon(w->pool);
	return true;
}

static enum session_end
work(struct session *s, struct imap *imap)
{
	struct worker *w = s->owner;
	enum session_end end = SESSION_DONE;

	pool_come_in(w);
	w->selected = NULL;
	w->opened = w->refused = false;
	while (end == SESSION_DONE && !s->stop) {
		w->leave = false;
		end = pool_tend(w, imap);
		if (is_done(w))
			break;
		if (end == SESSION_DONE && !s->stop)
			end = w->own != NULL ? stay_with(w, imap, w->own) : go_round(w, imap);
	}
	return end;
}

static double
until(void *owner)
{
	return pool_until(((struct worker *)owner)->pool);
}

static bool
crowded(struct session *s)
{
	return pool_crowded(s->owner);
}

static void
ended(struct session *s)
{
	pool_worker_ended(s->owner);
}

void
worker_start(struct pool *pool, struct mailbox *own)
{
	struct worker *w = xalloc(sizeof(*w));

	w->pool = pool;
	w->own = own;
	w->session = (struct session){
		.loop = pool->loop,
		.net = pool->net,
		.oauth2 = pool->oauth2,
		.once = pool->once,
		.prepare = prepare,
		.work = work,
		.crowded = crowded,
		.ended = ended,
		.owner = w,
	};
	w->visitor = (struct visitor){
		.session = &w->session,
		.leave = &w->leave,
		.once = pool->once,
		.until = until,
		.owner = w,
	};
	if (own != NULL)
		own->worker = w;
	w->session.where = name_of(w);
	TAILQ_INSERT_TAIL(&pool->workers, w, link);
	pool->worker_count++;
	session_start(&w->session, w->session.where);
}

void
worker_give(struct worker *w, struct mailbox *own)
{
	if (w->own != NULL)
		w->own->worker = NULL;
	if (own != NULL)
		own->worker = w;
	w->own = own;
	w->session.where = name_of(w);
	worker_nudge(w);
	/* The pause it may be in was for what it did before. Who was refused, or asked to stay
	 * away, does so whatever it is to do. */
	if (w->session.end == SESSION_LOST && w->session.wait_least == 0)
		session_hurry(&w->session);
}

void
worker_dismiss(struct worker *w)
{
	w->leave = true;
	session_stop(&w->session);
}

void
worker_nudge(struct worker *w)
{
	w->leave = true;
	if (w->session.running)
		co_wake(w->session.co);
}
