/*
 * mailbox - one watched folder's life
 *
 * Two ways to wait matter here: waits that may be cut short at any time (IDLE, pauses, signing in)
 * run with `waiting` set, and a stop cancels them; waits within a batch are left to finish.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mailbox.h"

#include <gnutls/crypto.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"
#include "signin.h"

/* How one session ended. */
enum session_end {
	SESSION_DONE,      /* drained (--once) or stopped */
	SESSION_LOST,      /* reconnect after a pause */
	SESSION_DENIED,    /* signing in was refused: a long pause */
	SESSION_STORE_BAD, /* the store, not the mailbox, is in trouble */
};

#define JITTER_LEAST \
	0.75 /* a pause is multiplied by 0.75 to 1.25, so that clients do not come in step */
#define JITTER_RANGE 0.5

/* Between 0 and 1; for jitter only. */
static double
random_unit(void)
{
	uint32_t number;

	if (gnutls_rnd(GNUTLS_RND_NONCE, &number, sizeof(number)) < 0)
		return 0.5;
	return (double)number / (double)UINT32_MAX;
}

static double
retry_delay(const struct mailbox *m, enum session_end end)
{
	double most = m->account->retry_most;
	double delay = m->account->retry_least;

	/* Signing in again and again locks accounts. */
	if (end == SESSION_DENIED)
		delay = most;
	for (unsigned i = 1; i < m->failures && delay < most; i++)
		delay *= 2;
	if (delay > most)
		delay = most;
	delay *= JITTER_LEAST + JITTER_RANGE * random_unit();
	return delay < m->wait_least ? m->wait_least : delay;
}

static struct imap_options
options_of(const struct config_account *account)
{
	static const enum net_security security[] = {
		[CONFIG_TLS_IMPLICIT] = NET_TLS,
		[CONFIG_TLS_STARTTLS] = NET_PLAIN_THEN_TLS,
		[CONFIG_TLS_NONE] = NET_PLAIN,
	};

	return (struct imap_options){
		.net = {
			.host = account->host,
			.port = account->port,
			.security = security[account->tls],
			.ca_file = account->ca_file,
			.tls_name = account->tls_name,
			.connect_timeout = account->connect_timeout,
			.tls_timeout = account->tls_timeout,
			.progress_timeout = account->progress_timeout,
		},
		.command_timeout = account->command_timeout,
		.transfer_timeout = account->transfer_timeout,
	};
}

static enum session_end
sign_in(struct mailbox *m, struct imap *imap)
{
	struct signin how = { .loop = m->loop, .oauth2 = m->oauth2, .account = m->account };
	enum imap_result result = signin(&how, imap);

	if (result == IMAP_OK)
		return SESSION_DONE;
	m->wait_least = how.wait;
	if (result != IMAP_CANCELED && !m->stop)
		log_error("%s: %s", m->where, how.why);
	return result == IMAP_DENIED ? SESSION_DENIED : SESSION_LOST;
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
	case PIPELINE_OK:
		break;
	}
	return SESSION_LOST;
}

/* A refused move may be due before that. */
static double
wait_time(const struct mailbox *m, double most)
{
	double left;

	if (m->filing.due == 0)
		return most;
	left = (double)(m->filing.due - (int64_t)time(NULL));
	return left < 1 ? 1 : left < most ? left : most;
}

/* Until the folder may have new mail. A server that refuses IDLE is polled for the rest of the
 * session. */
static enum imap_result
wait_for_mail(struct mailbox *m, struct imap *imap, bool *polls)
{
	enum imap_result result = IMAP_REFUSED;
	double idle = wait_time(m, m->account->idle_renew);
	bool changed;

	m->waiting = true;
	if (!*polls) {
		result = imap_idle(imap, idle, &changed);
		*polls = result == IMAP_REFUSED;
		if (*polls)
			log_info("%s: looking for mail every %u s, the server refuses IDLE: %s",
				 m->where, m->account->poll_interval, imap_error(imap));
	}
	if (*polls) {
		co_trim_stack(m->loop);
		result = co_sleep(m->loop, wait_time(m, m->account->poll_interval)) == CO_CANCELED
				 ? IMAP_CANCELED
				 : imap_noop(imap);
	}
	m->waiting = false;
	return result;
}

/* The folder is selected: drain, wait, drain, ... */
static enum session_end
work(struct mailbox *m, struct pipeline *p)
{
	enum pipeline_result result = pipeline_recover(p);
	bool polls = !m->account->idle || !imap_can(p->imap, "IDLE");

	if (result == PIPELINE_OK)
		result = pipeline_move(p);

	while (result == PIPELINE_OK) {
		uint64_t before = m->totals.messages;
		enum imap_result waited;

		result = pipeline_drain(p);
		if (m->totals.messages > before)
			m->recorded(m);
		if (result != PIPELINE_OK)
			break;
		m->store_told = false;
		m->failures = 0;
		if (m->once || m->stop)
			return SESSION_DONE;
		waited = wait_for_mail(m, p->imap, &polls);
		if (m->stop)
			return SESSION_DONE;
		if (waited != IMAP_OK) {
			log_warn("%s: %s: %s", m->where, imap_peer(p->imap), imap_error(p->imap));
			return SESSION_LOST;
		}
		if (co_clock() - p->selected_at >= m->account->idle_renew)
			result = pipeline_select_again(p);
	}
	return end_of(m, p, result);
}

/* Selects the folder, only to read it where the server allows no more. */
static enum session_end
open_folder(struct mailbox *m, struct imap *imap, struct imap_folder *folder)
{
	enum imap_result result = imap_select(imap, m->folder, folder);
	const char *advice = signin_advice(SIGNIN_AFTER, imap_error(imap));
	char *why = xstrdup(imap_error(imap));

	if (result == IMAP_REFUSED && imap_examine(imap, m->folder, folder) == IMAP_OK)
		result = IMAP_OK;
	if (result == IMAP_OK && m->told_closed)
		log_info("%s: the folder is open again", m->where);
	if (advice == NULL)
		advice = "make it, or name it in folders as the server does";
	if (result != IMAP_OK && !m->stop && !m->told_closed)
		log_error("%s: cannot open the folder: %s; tried again until it is open; to act: "
			  "%s",
			  m->where, why, advice);
	/* What ends the connection is told by its own words each time. */
	m->told_closed = result == IMAP_REFUSED;
	free(why);
	return result == IMAP_OK ? SESSION_DONE : SESSION_LOST;
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

static enum session_end
work_in_folder(struct mailbox *m, struct imap *imap)
{
	struct pipeline p = {
		.imap = imap,
		.store = m->store,
		.config = m->config,
		.account = m->account,
		.where = m->where,
		.watched = m->folder,
		.stop = &m->stop,
		.totals = &m->totals,
		.doubt = &m->doubt,
		.breaker = &m->breaker,
		.filing = &m->filing,
	};
	struct imap_folder folder;
	enum session_end end = open_folder(m, imap, &folder);

	if (end != SESSION_DONE)
		return end;
	m->waiting = false;
	p.uidvalidity = folder.uidvalidity;
	p.selected_at = co_clock();
	p.read_only = is_read_only(m, imap, &folder);
	if (enter_life(m, &folder, &p.folder) < 0)
		return store_bad(m);
	pipeline_init(&p);
	end = work(m, &p);
	pipeline_free(&p);
	return end;
}

static enum session_end
session(struct mailbox *m)
{
	struct imap_options options = options_of(m->account);
	char error[NET_ERROR_SIZE];
	enum imap_result result;
	enum session_end end;
	struct imap *imap;

	m->waiting = true;
	m->wait_least = 0;
	imap = imap_open(m->net, &options, &result, error);
	if (imap == NULL) {
		if (result != IMAP_CANCELED)
			log_error("%s: %s", m->where, error);
		return SESSION_LOST;
	}
	end = sign_in(m, imap);
	if (end == SESSION_DONE) {
		log_info("%s: signed in to %s as %s", m->where, imap_peer(imap), m->account->user);
		if (m->job == NULL)
			end = work_in_folder(m, imap);
		else
			end = m->job(m, imap) ? SESSION_DONE : SESSION_LOST;
	}
	m->waiting = true;
	imap_close(imap);
	return end;
}

/* May the mailbox try again? */
static bool
try_again(const struct mailbox *m, enum session_end end)
{
	if (m->stop || end == SESSION_DONE)
		return false;
	return !m->once || (end != SESSION_DENIED && m->failures < MAILBOX_ONCE_ATTEMPTS);
}

static void
mailbox_run(void *arg)
{
	struct mailbox *m = arg;
	enum session_end end;

	for (;;) {
		double delay;

		end = session(m);
		if (end != SESSION_DONE)
			m->failures++;
		if (!try_again(m, end))
			break;
		delay = retry_delay(m, end);
		log_info("%s: next attempt in %.0f s", m->where, delay);
		if (co_sleep(m->loop, delay) == CO_CANCELED)
			break;
	}
	pipeline_filing_free(&m->filing);
	m->outcome = m->stop               ? MAILBOX_STOPPED
		     : end == SESSION_DONE ? MAILBOX_DRAINED
					   : MAILBOX_FAILED;
	m->ended(m);
}

void
mailbox_start(struct mailbox *m)
{
	size_t size = strlen(m->account->name) + strlen(m->folder) + 2;

	m->where = xalloc(size);
	snprintf(m->where, size, "%s/%s", m->account->name, m->folder);
	m->outcome = MAILBOX_RUNNING;
	m->co = co_spawn(m->loop, m->where, mailbox_run, m);
}

void
mailbox_stop(struct mailbox *m)
{
	m->stop = true;
	if (m->outcome == MAILBOX_RUNNING && m->waiting)
		co_cancel(m->co);
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
