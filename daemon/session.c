/*
 * session - a connection's life
 *
 * Two ways to wait matter here: waits that may be cut short at any time (IDLE, pauses, signing in)
 * run with `waiting` set, and a stop cancels them; waits within a batch are left to finish.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "session.h"

#include <gnutls/crypto.h>
#include <stdlib.h>

#include "log.h"
#include "signin.h"

#define JITTER_LEAST \
	0.75 /* a pause is multiplied by 0.75 to 1.25, so that clients do not come in step */
#define JITTER_RANGE 0.5
#define MOST_DOUBLINGS 32 /* more than any pause has room for */

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
unlike_others(double pause)
{
	return pause * (JITTER_LEAST + JITTER_RANGE * random_unit());
}

double
session_pause(const struct config_account *account, unsigned failures)
{
	double most = account->retry_most;
	double delay = account->retry_least;

	for (unsigned i = 1; i < failures && i < MOST_DOUBLINGS && delay < most; i++)
		delay *= 2;
	return unlike_others(delay < most ? delay : most);
}

static double
retry_delay(const struct session *s, enum session_end end)
{
	/* Signing in again and again locks accounts. */
	double delay = end == SESSION_DENIED ? unlike_others(s->account->retry_most)
					     : session_pause(s->account, s->failures);

	return delay < s->wait_least ? s->wait_least : delay;
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

/* It came to no session: why. */
static enum session_end
refused(struct session *s, enum imap_result result, const char *why)
{
	if (result == IMAP_CANCELED || s->stop)
		return SESSION_LOST;
	if (s->crowded != NULL && imap_is_crowded(why) && s->crowded(s)) {
		log_info("%s: %s", s->where, why);
		return SESSION_TOO_MANY;
	}
	log_error("%s: %s", s->where, why);
	return result == IMAP_DENIED ? SESSION_DENIED : SESSION_LOST;
}

static enum session_end
sign_in(struct session *s, struct imap *imap)
{
	struct signin how = { .loop = s->loop, .oauth2 = s->oauth2, .account = s->account };
	enum imap_result result = signin(&how, imap);

	if (result != IMAP_OK) {
		s->wait_least = how.wait;
		return refused(s, result, how.why);
	}
	log_info("%s: signed in to %s as %s", s->where, imap_peer(imap), s->account->user);
	return SESSION_DONE;
}

static enum session_end
attempt(struct session *s)
{
	struct imap_options options = options_of(s->account);
	char error[NET_ERROR_SIZE];
	enum imap_result result;
	enum session_end end;
	struct imap *imap;

	s->waiting = true;
	s->wait_least = 0;
	imap = imap_open(s->net, &options, &result, error);
	if (imap == NULL)
		return refused(s, result, error);
	end = sign_in(s, imap);
	if (end == SESSION_DONE) {
		s->up = true;
		end = s->work(s, imap);
		s->up = false;
	}
	s->waiting = true;
	imap_close(imap);
	return end;
}

/* May it try again? */
static bool
try_again(const struct session *s, enum session_end end)
{
	if (s->stop || end == SESSION_DONE || end == SESSION_TOO_MANY)
		return false;
	return !s->once || (end != SESSION_DENIED && s->failures < SESSION_ONCE_ATTEMPTS);
}

/* 0, or -1 when it is cancelled. A wake may mean something else. */
static int
wait_before(struct session *s, double delay)
{
	double until = co_clock() + delay, left = delay;
	int woken;

	s->hurried = false;
	do {
		woken = co_block(s->loop, left > 0 ? left : 0);
		left = until - co_clock();
	} while (woken != CO_CANCELED && !s->hurried && left > 0);
	return woken == CO_CANCELED ? -1 : 0;
}

static void
session_run(void *arg)
{
	struct session *s = arg;

	for (;;) {
		double delay;

		s->waiting = true;
		s->end = SESSION_DONE;
		if (s->stop || (s->prepare != NULL && !s->prepare(s)))
			break;
		s->end = attempt(s);
		if (s->end != SESSION_DONE)
			s->failures++;
		if (!try_again(s, s->end))
			break;
		delay = retry_delay(s, s->end);
		log_info("%s: next attempt in %.0f s", s->where, delay);
		if (wait_before(s, delay) < 0)
			break;
	}
	s->running = false;
	s->ended(s);
}

void
session_start(struct session *s, const char *name)
{
	s->running = true;
	s->co = co_spawn(s->loop, name, session_run, s);
}

void
session_stop(struct session *s)
{
	s->stop = true;
	if (s->running && s->waiting)
		co_cancel(s->co);
}

void
session_hurry(struct session *s)
{
	s->hurried = true;
	if (s->running)
		co_wake(s->co);
}
