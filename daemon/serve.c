/*
 * serve - the running daemon
 *
 * A reload ends the pools of the accounts that changed (each finishes its batches) and starts them
 * anew; the others go on with the configuration that they have, which stays in memory as long as
 * somebody uses it. So no pool ever sees two of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "serve.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "action.h"
#include "co.h"
#include "keys.h"
#include "ledger.h"
#include "log.h"
#include "net.h"
#include "oauth2.h"
#include "pool.h"
#include "proof.h"
#include "reload.h"
#include "retain.h"
#include "sd.h"
#include "store.h"
#include "trust.h"

struct serve {
	struct ev_loop *ev;
	struct co_loop *loop;
	struct net *net;
	struct oauth2 *oauth2;
	struct store *store;
	const struct config
		*config; /* the current one; the action runner looks through a pointer to it */
	struct config **owned; /* all that somebody uses, the current one last */
	size_t owned_count;
	struct reload reload;
	struct config *next; /* after HUP: takes over when those have ended whom it
				   concerns */
	struct pool **pool;
	size_t count;
	struct action_runner actions;
	struct proof_runner proofs;
	struct retain_runner retention;
	bool once;
	bool stopping;  /* a signal told us to end */
	bool finishing; /* no mailbox runs any more, none will be started */
	ev_signal term, interrupt, hangup;
	ev_timer watchdog, deadline;
};

/* As many descriptors as the system lets us have: one a connection. And a file that may not grow is
 * an error of write(), no more: the database says so and waits. */
static void
prepare_for_limits(void)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_debug("cannot raise the limit on open files");
}

static void
on_recorded(void *owner)
{
	struct serve *s = owner;

	if (s->actions.self != NULL)
		co_wake(s->actions.self);
}

static void take_over(struct serve *s);
static void finish(struct serve *s);

/* How many pools run; of those that were told to end, or of all. */
static size_t
running(const struct serve *s, bool ending)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += s->pool[i]->worker_count > 0 && (!ending || s->pool[i]->stop);
	return count;
}

/* Whom we waited for have ended, and their coroutines are gone: take over a new configuration, or
 * run the outbox dry and end. */
static void
settle(struct serve *s)
{
	if (s->finishing || running(s, true) > 0)
		return;
	ev_timer_stop(s->ev, &s->deadline);
	if (running(s, false) == 0 && (s->once || s->stopping))
		finish(s);
	else if (s->next != NULL && !s->stopping)
		take_over(s);
}

static void
settle_later(int revents, void *arg)
{
	(void)revents;
	settle(arg);
}

static void
on_ended(struct pool *pool)
{
	struct serve *s = pool->owner;

	/* Still on a stack of the pool's: what follows waits until the loop turns. */
	ev_once(s->ev, -1, 0, 0, settle_later, s);
}

/* What fails here is told once more when it matters: with the next report. */
static void
tell_store(const struct serve *s)
{
	if (ledger_rule(s->store, s->config, (int64_t)time(NULL)) < 0)
		log_error("%s", store_error(s->store));
}

static struct pool *
find_pool(const struct serve *s, const struct config_account *account)
{
	for (size_t i = 0; i < s->count; i++) {
		if (config_same_login(s->pool[i]->account[0], account))
			return s->pool[i];
	}
	return NULL;
}

static struct pool *
new_pool(struct serve *s)
{
	struct pool *pool = xalloc(sizeof(*pool));

	pool->loop = s->loop;
	pool->net = s->net;
	pool->oauth2 = s->oauth2;
	pool->store = s->store;
	pool->config = s->config;
	pool->once = s->once;
	pool->recorded = on_recorded;
	pool->ended = on_ended;
	pool->owner = s;
	s->pool = xgrow(s->pool, s->count + 1, sizeof(struct pool *));
	s->pool[s->count++] = pool;
	return pool;
}

/* Of the accounts that no pool serves yet. Returns how many pools those are. */
static size_t
start_pools(struct serve *s)
{
	size_t before = s->count;

	tell_store(s);
	for (size_t i = 0; i < s->config->account_count; i++) {
		const struct config_account *account = &s->config->account[i];
		struct pool *pool = find_pool(s, account);

		if (pool == NULL)
			pool = new_pool(s);
		if (pool->config == s->config)
			pool_add(pool, account);
	}
	for (size_t i = before; i < s->count; i++)
		pool_start(s->pool[i]);
	return s->count - before;
}

static bool
is_used(const struct serve *s, const struct config *config)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->pool[i]->config == config)
			return true;
	}
	return config == s->config;
}

/* What nobody uses any more. */
static void
free_configs(struct serve *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->owned_count; i++) {
		struct config *config = s->owned[i];

		if (is_used(s, config)) {
			s->owned[kept++] = config;
			continue;
		}
		oauth2_forget(s->oauth2, config);
		config_free(config);
	}
	s->owned_count = kept;
}

static void
free_pools(struct serve *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct pool *pool = s->pool[i];

		if (pool->worker_count > 0) {
			s->pool[kept++] = pool;
			continue;
		}
		pool_free(pool);
		free(pool);
	}
	s->count = kept;
}

static void
own_config(struct serve *s, struct config *config)
{
	s->owned = xgrow(s->owned, s->owned_count + 1, sizeof(struct config *));
	s->owned[s->owned_count++] = config;
	s->config = config;
}

/* The new configuration. */
static void
take_over(struct serve *s)
{
	size_t kept, started;

	free_pools(s);
	own_config(s, s->next);
	s->next = NULL;
	free_configs(s);
	log_set_level(s->config->log_level);
	net_refresh(s->net);
	kept = s->count;
	oauth2_hurry(s->oauth2);
	for (size_t i = 0; i < kept; i++)
		pool_hurry(s->pool[i]);
	started = start_pools(s);
	sd_notify("READY=1");
	log_info("configuration read again: %zu accounts; %zu logins go on as they are, %zu begin "
		 "anew",
		 s->config->account_count, kept, started);
}

/* Each finishes its batches; a server that hangs must not hold up the others for ever. */
static void
stop_pools(struct serve *s, const struct config *unless)
{
	for (size_t i = 0; i < s->count; i++) {
		if (unless == NULL || !pool_fits(s->pool[i], unless))
			pool_stop(s->pool[i]);
	}
	if (running(s, true) > 0 && !ev_is_active(&s->deadline)) {
		ev_timer_set(&s->deadline, SERVE_STOP_SECONDS, 0.);
		ev_timer_start(s->ev, &s->deadline);
	}
}

static void
cut_pools(struct serve *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->pool[i]->stop)
			pool_cut(s->pool[i]);
	}
}

static void
on_deadline(struct ev_loop *ev, ev_timer *timer, int revents)
{
	struct serve *s = timer->data;

	(void)ev;
	(void)revents;
	log_warn("%zu logins did not finish their batches within %d s and are cut off; their next "
		 "session goes on from there",
		 running(s, true), SERVE_STOP_SECONDS);
	cut_pools(s);
}

static size_t
folders(const struct serve *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += pool_folders(s->pool[i]);
	return count;
}

static void
stop_actions(struct serve *s)
{
	if (s->actions.self != NULL)
		co_cancel(s->actions.self);
	if (s->proofs.self != NULL)
		co_cancel(s->proofs.self);
	if (s->retention.self != NULL)
		co_cancel(s->retention.self);
}

static void
on_stop(struct ev_loop *ev, ev_signal *watcher, int revents)
{
	struct serve *s = watcher->data;

	(void)ev;
	(void)revents;
	if (s->stopping) {
		log_warn("second signal: ending at once");
		cut_pools(s);
		return;
	}
	log_info("stopping: %zu folders finish their batches", folders(s));
	sd_notify("STOPPING=1");
	s->stopping = true;
	stop_pools(s, NULL);
	/* With --once the mailboxes may have ended and the outbox be at work. */
	if (s->finishing)
		stop_actions(s);
}

/* The new configuration can be used: those end whom it concerns. */
static void
use_next(void *owner, struct config *next)
{
	struct serve *s = owner;

	if (s->stopping) {
		config_free(next);
		return;
	}
	if (strcmp(next->state_path, s->config->state_path) != 0)
		log_warn("%s: a new state path takes effect at the next start, not at a reload",
			 next->path);
	sd_notify("RELOADING=1");
	config_free(s->next);
	s->next = next;
	stop_pools(s, next);
	settle(s);
}

static void
on_reload(struct ev_loop *ev, ev_signal *watcher, int revents)
{
	struct serve *s = watcher->data;

	(void)ev;
	(void)revents;
	if (!s->once && !s->stopping)
		reload_begin(&s->reload, s->config->path);
}

static void
on_watchdog(struct ev_loop *ev, ev_timer *timer, int revents)
{
	(void)ev;
	(void)timer;
	(void)revents;
	sd_notify("WATCHDOG=1");
}

static void
run_actions(struct serve *s, bool once)
{
	s->actions = (struct action_runner){
		.loop = s->loop,
		.store = s->store,
		.config = &s->config,
		.once = once,
	};
	s->actions.self = co_spawn(s->loop, "outbox", action_run, &s->actions);
}

/* All that was in the watched folders up to then is recorded; 0 = of some folder it is not known.
 */
static int64_t
horizon(void *owner)
{
	const struct serve *s = owner;
	double oldest = 0;

	for (size_t i = 0; i < s->count; i++) {
		double visited = pool_visited(s->pool[i]);

		if (visited == 0)
			return 0;
		if (oldest == 0 || visited < oldest)
			oldest = visited;
	}
	return oldest == 0 ? 0 : (int64_t)time(NULL) - (int64_t)(co_clock() - oldest) - 1;
}

static void
run_proofs(struct serve *s)
{
	s->proofs = (struct proof_runner){
		.loop = s->loop,
		.store = s->store,
		.config = &s->config,
		.horizon = horizon,
		.recorded = on_recorded,
		.owner = s,
	};
	s->proofs.self = co_spawn(s->loop, "proofs", proof_run, &s->proofs);
}

static void
run_retention(struct serve *s, bool once)
{
	s->retention = (struct retain_runner){
		.loop = s->loop,
		.store = s->store,
		.config = &s->config,
		.once = once,
	};
	s->retention.self = co_spawn(s->loop, "retention", retain_run, &s->retention);
}

/* With --once, before the hooks are told. */
static void
prove_all(struct serve *s)
{
	const int64_t until = horizon(s);
	int result = 1;

	while (result > 0)
		result = proof_step(s->store, s->config, until, (int64_t)time(NULL));
	if (result < 0)
		log_error("mailings and incidents: %s", store_error(s->store));
}

/* No mailbox runs any more. With --once the outbox is carried out as far as it goes; else its
 * coroutine ends. */
static void
finish(struct serve *s)
{
	s->finishing = true;
	ev_timer_stop(s->ev, &s->watchdog);
	if (s->once && !s->stopping) {
		prove_all(s);
		run_actions(s, true);
		run_retention(s, true);
	} else {
		stop_actions(s);
	}
}

static void
watch_signal(struct serve *s, ev_signal *watcher, void (*call)(struct ev_loop *, ev_signal *, int),
	     int signum)
{
	ev_signal_init(watcher, call, signum);
	watcher->data = s;
	ev_signal_start(s->ev, watcher);
	/* The loop ends when the last coroutine has, not when the last signal came. */
	ev_unref(s->ev);
}

/* libev's handler would write into a loop that is gone; and we end anyway. */
static void
unwatch_signal(struct serve *s, ev_signal *watcher)
{
	int signum = watcher->signum;

	ev_ref(s->ev); /* what watch_signal() took away */
	ev_signal_stop(s->ev, watcher);
	signal(signum, SIG_IGN);
}

static void
stop_watches(struct serve *s)
{
	unwatch_signal(s, &s->term);
	unwatch_signal(s, &s->interrupt);
	unwatch_signal(s, &s->hangup);
}

static void
start_watches(struct serve *s)
{
	double every = sd_watchdog() / 2;

	watch_signal(s, &s->term, on_stop, SIGTERM);
	watch_signal(s, &s->interrupt, on_stop, SIGINT);
	watch_signal(s, &s->hangup, on_reload, SIGHUP);
	ev_timer_init(&s->deadline, on_deadline, SERVE_STOP_SECONDS, 0.);
	s->deadline.data = s;
	ev_timer_init(&s->watchdog, on_watchdog, every, every);
	if (every > 0)
		ev_timer_start(s->ev, &s->watchdog);
}

/* What --once says, and how the process ends. */
static int
conclude(const struct serve *s)
{
	int status = EX_OK;

	if (!s->once)
		return EX_OK;
	for (size_t i = 0; i < s->count; i++) {
		if (!pool_report(s->pool[i], stdout))
			status = EX_TEMPFAIL;
	}
	return status;
}

static void
free_all_configs(struct serve *s)
{
	for (size_t i = 0; i < s->owned_count; i++)
		config_free(s->owned[i]);
	free(s->owned);
	config_free(s->next);
}

static bool
has_wildcards(const struct serve *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->pool[i]->wild)
			return true;
	}
	return false;
}

int
serve(struct config *config, bool once)
{
	struct serve s = { .once = once };
	char error[STORE_ERROR_SIZE], why[KEYS_WHY_SIZE];
	int status;

	prepare_for_limits();
	if (keys_read_now(config, why) != 0) {
		log_error("%s", why);
		config_free(config);
		return EX_CONFIG;
	}
	own_config(&s, config);
	s.store = store_open(config->state_path, STORE_WRITE, error);
	if (s.store == NULL) {
		log_error("%s", error);
		free_all_configs(&s);
		return EX_TEMPFAIL;
	}
	/* Not the default loop: that one waits for every child and steals the actions' exit status.
	 */
	s.ev = ev_loop_new(EVFLAG_AUTO);
	if (s.ev == NULL)
		log_fatal(EX_OSERR, "no event loop: the kernel offers neither epoll nor poll");
	s.loop = co_loop_new(s.ev);
	s.reload = (struct reload){ .loop = s.loop, .ready = use_next, .owner = &s };
	s.net = net_new(s.loop);
	s.oauth2 = oauth2_new(s.loop, s.net);
	start_watches(&s);
	if (!once) {
		run_actions(&s, false);
		run_proofs(&s);
		run_retention(&s, false);
	}
	trust_warn(config, s.store);
	(void)start_pools(&s);
	log_info("watching %zu folders of %zu accounts%s", folders(&s), config->account_count,
		 has_wildcards(&s) ? ", and those that wildcards mean" : "");
	sd_notify("READY=1");
	ev_run(s.ev, 0);
	stop_watches(&s);
	status = conclude(&s);
	free_pools(&s);
	free(s.pool);
	oauth2_free(s.oauth2);
	net_free(s.net);
	co_loop_free(s.loop);
	ev_loop_destroy(s.ev);
	store_close(s.store);
	free_all_configs(&s);
	log_info("ended");
	return status;
}
