/*
 * mailbox - one watched folder's life
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mailbox.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"
#include "signin.h"

struct mailbox *
mailbox_new(const struct config_account *account, const char *folder)
{
	size_t size = strlen(account->name) + strlen(folder) + 2;
	struct mailbox *m = xalloc(sizeof(*m));

	m->account = account;
	m->folder = xstrdup(folder);
	m->where = xalloc(size);
	snprintf(m->where, size, "%s/%s", account->name, folder);
	m->outcome = MAILBOX_RUNNING;
	return m;
}

void
mailbox_free(struct mailbox *m)
{
	pipeline_filing_free(&m->filing);
	free(m->folder);
	free(m->where);
	free(m);
}

static enum session_end
store_bad(struct mailbox *m)
{
	if (!m->store_told)
		log_error("%s: taking no mail, the state database is in trouble: %s; trying again",
			  m->where, store_error(m->store));
	m->store_told = true;
	return SESSION_STORE_BAD;
}

static enum session_end
end_of(struct mailbox *m, struct pipeline *p, enum pipeline_result result)
{
	switch (result) {
	case PIPELINE_STORE_BAD:
		return store_bad(m);
	case PIPELINE_MAILBOX_BAD:
		if (imap_error(p->imap)[0] != '\0') /* else it was told */
			log_warn("%s: %s: %s", m->where, imap_peer(p->imap), imap_error(p->imap));
		return SESSION_LOST;
	case PIPELINE_CANCELED:
		break;
	case PIPELINE_OK:
		return SESSION_DONE;
	}
	return SESSION_LOST;
}

/* Told once, until it is open again. */
static void
tell_closed(struct mailbox *m, const char *why)
{
	const char *advice = signin_advice(SIGNIN_AFTER, why);

	if (advice == NULL)
		advice = m->wild ? "nothing when it was taken away; else see that this user may "
				   "read it"
				 : "make it, or name it in folders as the server does";
	if (!m->told_closed)
		log_error("%s: cannot open the folder: %s; tried again until it is open; to act: "
			  "%s",
			  m->where, why, advice);
	m->told_closed = true;
}

/* Selects the folder, only to read it where the server allows no more. An error was told. */
static enum imap_result
open_folder(struct mailbox *m, struct imap *imap, const struct visitor *v,
	    struct imap_folder *folder)
{
	enum imap_result result = imap_select(imap, m->folder, folder);
	char *why = xstrdup(imap_error(imap));

	if (result == IMAP_REFUSED)
		result = imap_examine(imap, m->folder, folder);
	if (result == IMAP_REFUSED && !v->session->stop)
		tell_closed(m, why);
	else if (result != IMAP_OK && !v->session->stop)
		log_warn("%s: %s: %s", m->where, imap_peer(imap), imap_error(imap));
	free(why);
	if (result != IMAP_OK)
		return result;
	if (m->told_closed)
		log_info("%s: the folder is open again", m->where);
	m->told_closed = false;
	return IMAP_OK;
}

/* Can mail leave the folder? Told once, for the server will hardly change its mind. */
static bool
is_read_only(struct mailbox *m, struct imap *imap, const struct imap_folder *folder)
{
	bool may = true;

	if (!folder->read_only && imap_may_remove(imap, m->folder, &may) != IMAP_OK)
		return false; /* the next command tells */
	if (!folder->read_only && may) {
		m->filing.told_read_only = false;
		return false;
	}
	if (!m->filing.told_read_only) {
		log_warn("%s: %s: reports are recorded and counted once, no mail is moved; to act: "
			 "give this user the rights to delete and expunge here",
			 m->where,
			 folder->read_only ? "the folder is read-only"
					   : "this user may not take mail out of the folder");
	}
	m->filing.told_read_only = true;
	return true;
}

/* The folder's life: a new one, an old one that has come back, or one that goes on. */
static int
enter_life(struct mailbox *m, const struct imap_folder *folder, struct store_folder *out)
{
	const char *account = m->account->name;
	int lost, revived;

	if (store_folder_open(m->store, account, m->folder, folder->uidvalidity, out) < 0)
		return -1;
	lost = store_moves_forget(m->store, account, m->folder, folder->uidvalidity);
	revived = lost < 0 ? -1 : store_moves_revive(m->store, out->id);
	if (revived < 0)
		return -1;
	if (lost > 0)
		log_warn("%s: the folder was made anew (UIDVALIDITY %u): %d messages of its old "
			 "life are not moved unless it comes back",
			 m->where, folder->uidvalidity, lost);
	if (revived > 0)
		log_warn("%s: the folder of UIDVALIDITY %u has come back: %d messages are still to "
			 "be moved",
			 m->where, folder->uidvalidity, revived);
	/* A backup was restored: new mail gets numbers that we know from mail that is gone. */
	if (folder->uidnext != 0 && folder->uidnext <= out->last_uid) {
		log_warn("%s: the server counts uids from %u again, %u was the last one: taking in "
			 "what comes from there on, as after a restored backup",
			 m->where, folder->uidnext, out->last_uid);
		if (store_taken_back(m->store, out->id, folder->uidnext, (int64_t)time(NULL)) < 0)
			return -1;
		out->last_uid = folder->uidnext - 1;
	}
	return 0;
}

/* Opens the folder and readies p, which pipeline_free() must get when it is VISIT_DONE. */
static enum mailbox_visit
enter(struct mailbox *m, struct imap *imap, const struct visitor *v, struct pipeline *p,
      enum session_end *end)
{
	struct imap_folder folder;
	enum imap_result result;

	*p = (struct pipeline){
		.imap = imap,
		.store = m->store,
		.config = m->config,
		.account = m->account,
		.where = m->where,
		.watched = m->folder,
		.stop = v->leave,
		.totals = &m->totals,
		.doubt = &m->doubt,
		.breaker = &m->breaker,
		.filing = &m->filing,
	};
	*end = SESSION_LOST;
	m->visited_at = 0;
	result = open_folder(m, imap, v, &folder);
	if (result != IMAP_OK)
		return result == IMAP_REFUSED ? VISIT_CLOSED : VISIT_ENDED;
	v->session->waiting = false;
	p->uidvalidity = folder.uidvalidity;
	p->selected_at = co_clock();
	p->read_only = is_read_only(m, imap, &folder);
	if (enter_life(m, &folder, &p->folder) < 0) {
		*end = store_bad(m);
		return VISIT_ENDED;
	}
	m->uidvalidity = folder.uidvalidity;
	m->uidnext = folder.uidnext;
	pipeline_init(p);
	return VISIT_DONE;
}

/* What an earlier session left open. */
static enum pipeline_result
begin(struct pipeline *p)
{
	enum pipeline_result result = pipeline_recover(p);

	return result == PIPELINE_OK ? pipeline_move(p) : result;
}

static enum pipeline_result
drain(struct mailbox *m, const struct visitor *v, struct pipeline *p)
{
	uint64_t before = m->totals.messages;
	enum pipeline_result result = pipeline_drain(p);

	if (m->totals.messages > before)
		m->recorded(m->owner);
	if (result != PIPELINE_OK)
		return result;
	m->store_told = false;
	m->failures = v->session->failures = 0;
	if (!p->more && !*v->leave)
		m->visited_at = co_clock();
	return PIPELINE_OK;
}

/* A refused move may be due before that, or the visitor has to go. */
static double
wait_time(const struct mailbox *m, const struct visitor *v, double most)
{
	double left = v->until(v->owner) - co_clock();

	if (left < most)
		most = left < 0 ? 0 : left;
	if (m->filing.due == 0)
		return most;
	left = (double)(m->filing.due - (int64_t)time(NULL));
	return left < 1 ? 1 : left < most ? left : most;
}

/* Until the folder may have new mail. A server that refuses IDLE is polled for the rest of the
 * session. */
static enum imap_result
wait_for_mail(struct mailbox *m, struct imap *imap, const struct visitor *v, bool *polls)
{
	enum imap_result result = IMAP_REFUSED;
	double idle = wait_time(m, v, m->account->idle_renew);
	bool changed;

	v->session->waiting = true;
	if (!*polls) {
		result = imap_idle(imap, idle, &changed);
		*polls = result == IMAP_REFUSED;
		if (*polls)
			log_info("%s: looking for mail every %u s, the server refuses IDLE: %s",
				 m->where, m->account->poll_interval, imap_error(imap));
	}
	if (*polls) {
		co_trim_stack(imap_loop(imap));
		result = co_block(imap_loop(imap), wait_time(m, v, m->account->poll_interval)) ==
					 CO_CANCELED
				 ? IMAP_CANCELED
				 : imap_noop(imap);
	}
	v->session->waiting = false;
	return result;
}

/* Drain, wait, drain, ... */
static enum session_end
stay(struct mailbox *m, const struct visitor *v, struct pipeline *p)
{
	bool polls = !m->account->idle || !imap_can(p->imap, "IDLE");
	enum pipeline_result result = begin(p);

	while (result == PIPELINE_OK) {
		enum imap_result waited;

		result = drain(m, v, p);
		if (result != PIPELINE_OK)
			break;
		if (v->once || *v->leave || v->until(v->owner) <= co_clock())
			return SESSION_DONE;
		waited = wait_for_mail(m, p->imap, v, &polls);
		if (v->session->stop)
			return SESSION_DONE;
		if (waited != IMAP_OK) {
			log_warn("%s: %s: %s", m->where, imap_peer(p->imap), imap_error(p->imap));
			return SESSION_LOST;
		}
		if (*v->leave)
			return SESSION_DONE;
		if (co_clock() - p->selected_at >= m->account->idle_renew)
			result = pipeline_select_again(p);
	}
	return end_of(m, p, result);
}

enum session_end
mailbox_stay(struct mailbox *m, struct imap *imap, const struct visitor *v)
{
	struct pipeline p;
	enum session_end end;

	if (enter(m, imap, v, &p, &end) != VISIT_DONE)
		return end;
	end = stay(m, v, &p);
	pipeline_free(&p);
	return end;
}

enum mailbox_visit
mailbox_turn(struct mailbox *m, struct imap *imap, const struct visitor *v, bool *more,
	     enum session_end *end)
{
	struct pipeline p;
	enum mailbox_visit visit = enter(m, imap, v, &p, end);
	enum pipeline_result result;

	*more = false;
	if (visit == VISIT_DONE) {
		p.turn = m->account->move_messages;
		result = begin(&p);
		if (result == PIPELINE_OK)
			result = drain(m, v, &p);
		*more = p.more || *v->leave;
		*end = end_of(m, &p, result);
		pipeline_free(&p);
		if (*end != SESSION_DONE)
			visit = VISIT_ENDED;
	}
	v->session->waiting = true;
	m->failures += visit != VISIT_DONE;
	return visit;
}

bool
mailbox_is_news(const struct mailbox *m, const struct imap_status *status)
{
	return !status->told || m->uidnext == 0 || status->uidnext != m->uidnext ||
	       status->uidvalidity != m->uidvalidity;
}

bool
mailbox_is_overdue(const struct mailbox *m)
{
	return m->visited_at == 0 || co_clock() - m->visited_at >= m->account->idle_renew ||
	       (m->filing.due != 0 && m->filing.due <= (int64_t)time(NULL));
}

void
mailbox_report(const struct mailbox *m, FILE *out)
{
	const struct pipeline_totals *t = &m->totals;

	fprintf(out, "%s: %s: %" PRIu64 " messages (", m->where,
		m->outcome == MAILBOX_DRAINED  ? "drained"
		: m->outcome == MAILBOX_FAILED ? "FAILED"
					       : "stopped",
		t->messages);
	for (size_t kind = 0, shown = 0; kind < BOUNCE_KIND_COUNT; kind++) {
		if (t->kind[kind] == 0)
			continue;
		fprintf(out, "%s%" PRIu64 " %s", shown++ > 0 ? ", " : "", t->kind[kind],
			bounce_kind_name((enum bounce_kind)kind));
	}
	fprintf(out, "), %" PRIu64 " recipients, %" PRIu64 " changed state, %" PRIu64 " moved",
		t->recipients, t->changed, t->moved);
	if (t->unreadable > 0)
		fprintf(out, ", %" PRIu64 " unreadable", t->unreadable);
	if (t->duplicates > 0)
		fprintf(out, ", %" PRIu64 " seen before under another uid", t->duplicates);
	if (t->refused > 0)
		fprintf(out, ", %" PRIu64 " refused by the server", t->refused);
	fprintf(out, "\n");
}
