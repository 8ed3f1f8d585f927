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
		log_warn("%s: %s: %s", m->where, imap_peer(p->imap), imap_error(p->imap));
		return SESSION_LOST;
	case PIPELINE_CANCELED:
	case PIPELINE_OK:
		break;
	}
	return SESSION_LOST;
}

/* Until the folder may have new mail. A server that refuses IDLE is polled for the rest of the
 * session. */
static enum imap_result
wait_for_mail(struct mailbox *m, struct imap *imap, bool *polls)
{
	enum imap_result result = IMAP_REFUSED;
	bool changed;

	m->waiting = true;
	if (!*polls) {
		result = imap_idle(imap, m->account->idle_renew, &changed);
		*polls = result == IMAP_REFUSED;
		if (*polls)
			log_info("%s: looking for mail every %u s, the server refuses IDLE: %s",
				 m->where, m->account->poll_interval, imap_error(imap));
	}
	if (*polls) {
		co_trim_stack(m->loop);
		result = co_sleep(m->loop, m->account->poll_interval) == CO_CANCELED
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
	enum pipeline_result result = pipeline_move(p);
	bool polls = !m->account->idle || !imap_can(p->imap, "IDLE");

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
	}
	return end_of(m, p, result);
}

static void
cannot_open(const struct mailbox *m, const struct imap *imap)
{
	const char *advice = signin_advice(SIGNIN_AFTER, imap_error(imap));

	if (!m->stop)
		log_error("%s: cannot open the folder: %s%s%s", m->where, imap_error(imap),
			  advice != NULL ? "; " : "", advice != NULL ? advice : "");
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
		.stop = &m->stop,
		.totals = &m->totals,
		.doubt = &m->doubt,
	};
	struct imap_folder folder;
	enum session_end end;
	int lost;

	if (imap_select(imap, m->folder, &folder) != IMAP_OK) {
		cannot_open(m, imap);
		return SESSION_LOST;
	}
	m->waiting = false;
	if (folder.read_only)
		log_warn("%s: the folder is read-only: reports are recorded, no mail is moved",
			 m->where);
	if (store_folder_open(m->store, m->account->name, m->folder, folder.uidvalidity,
			      &p.folder) < 0)
		return store_bad(m);
	lost = store_moves_forget(m->store, m->account->name, m->folder, folder.uidvalidity);
	if (lost < 0)
		return store_bad(m);
	if (lost > 0)
		log_warn("%s: the folder was made anew (UIDVALIDITY %u): %d messages of its old "
			 "life are not moved",
			 m->where, folder.uidvalidity, lost);
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
		end = work_in_folder(m, imap);
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
