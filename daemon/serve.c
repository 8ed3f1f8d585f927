/*
 * serve - the running daemon
 *
 * A reload ends all mailboxes (each finishes its batch) and starts them anew with the new
 * configuration, so that no mailbox ever sees two of them.
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
#include "log.h"
#include "mailbox.h"
#include "net.h"
#include "oauth2.h"
#include "sd.h"
#include "store.h"

struct serve {
	struct ev_loop *ev;
	struct co_loop *loop;
	struct net *net;
	struct oauth2 *oauth2;
	struct store *store;
	const struct config
		*config;      /* the current one; the action runner looks through a pointer to it */
	struct config *owned; /* the same, to free */
	struct config *next;  /* after HUP: takes over when every mailbox has ended */
	struct mailbox *mailbox;
	size_t count, running;
	struct action_runner actions;
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
on_recorded(struct mailbox *mailbox)
{
	struct serve *s = mailbox->owner;

	if (s->actions.self != NULL)
		co_wake(s->actions.self);
}

static void start_mailboxes(struct serve *s);
static void finish(struct serve *s);

static void
free_mailboxes(struct serve *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->mailbox[i].where);
	free(s->mailbox);
	s->mailbox = NULL;
	s->count = 0;
}

/* All mailboxes have ended and their coroutines are gone: run the outbox dry, take over a new
 * configuration, or end. */
static void
on_all_ended(struct serve *s)
{
	ev_timer_stop(s->ev, &s->deadline);
	if (s->next != NULL && !s->stopping) {
		free_mailboxes(s);
		oauth2_forget(s->oauth2);
		config_free(s->owned);
		s->owned = s->next;
		s->config = s->next;
		s->next = NULL;
		log_set_level(s->config->log_level);
		net_refresh(s->net);
		start_mailboxes(s);
		sd_notify("READY=1");
		log_info("configuration read again: %zu accounts", s->config->account_count);
		return;
	}
	finish(s);
}

static void
all_ended_later(int revents, void *arg)
{
	(void)revents;
	on_all_ended(arg);
}

static void
on_ended(struct mailbox *mailbox)
{
	struct serve *s = mailbox->owner;

	/* Still on the mailbox's stack: what follows waits until the loop turns. */
	if (--s->running == 0)
		ev_once(s->ev, -1, 0, 0, all_ended_later, s);
}

/* The views judge by the configuration's own times. */
static void
tell_views(const struct serve *s)
{
	if (store_setting(s->store, "confirm_quiet", s->config->policy.confirm_quiet) < 0)
		log_error("%s", store_error(s->store));
}

static void
start_mailboxes(struct serve *s)
{
	size_t i = 0;

	tell_views(s);
	s->count = 0;
	for (size_t a = 0; a < s->config->account_count; a++) {
		for (char **folder = s->config->account[a].folders; *folder != NULL; folder++)
			s->count++;
	}
	s->mailbox = xarray(s->count, sizeof(*s->mailbox));
	s->running = s->count;
	for (size_t a = 0; a < s->config->account_count; a++) {
		const struct config_account *account = &s->config->account[a];

		for (char **folder = account->folders; *folder != NULL; folder++) {
			struct mailbox *m = &s->mailbox[i++];

			m->loop = s->loop;
			m->net = s->net;
			m->oauth2 = s->oauth2;
			m->store = s->store;
			m->config = s->config;
			m->account = account;
			m->folder = *folder;
			m->once = s->once;
			m->recorded = on_recorded;
			m->ended = on_ended;
			m->owner = s;
			mailbox_start(m);
		}
	}
}

/* Each finishes its batch; a server that hangs must not hold up the others for ever. */
static void
stop_mailboxes(struct serve *s)
{
	if (s->running > 0 && !ev_is_active(&s->deadline)) {
		ev_timer_set(&s->deadline, SERVE_STOP_SECONDS, 0.);
		ev_timer_start(s->ev, &s->deadline);
	}
	for (size_t i = 0; i < s->count; i++)
		mailbox_stop(&s->mailbox[i]);
}

static void
cut_mailboxes(struct serve *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->mailbox[i].outcome == MAILBOX_RUNNING)
			co_cancel(s->mailbox[i].co);
	}
}

static void
on_deadline(struct ev_loop *ev, ev_timer *timer, int revents)
{
	struct serve *s = timer->data;

	(void)ev;
	(void)revents;
	log_warn("%zu mailboxes did not finish within %d s and are cut off; their next session "
		 "goes on from there",
		 s->running, SERVE_STOP_SECONDS);
	cut_mailboxes(s);
}

static void
stop_actions(struct serve *s)
{
	if (s->actions.self != NULL)
		co_cancel(s->actions.self);
}

static void
on_stop(struct ev_loop *ev, ev_signal *watcher, int revents)
{
	struct serve *s = watcher->data;

	(void)ev;
	(void)revents;
	if (s->stopping) {
		log_warn("second signal: ending at once");
		cut_mailboxes(s);
		return;
	}
	log_info("stopping: %zu mailboxes finish their batches", s->running);
	sd_notify("STOPPING=1");
	s->stopping = true;
	stop_mailboxes(s);
	/* With --once the mailboxes may have ended and the outbox be at work. */
	if (s->finishing)
		stop_actions(s);
}

static void
log_errors(const struct buf *errors)
{
	struct span rest = buf_span(errors), line;

	while (span_next_line(&rest, &line))
		log_error("%.*s", SPAN_ARG(line));
}

static void
on_reload(struct ev_loop *ev, ev_signal *watcher, int revents)
{
	struct serve *s = watcher->data;
	struct buf errors = BUF_INIT;
	struct config *next;

	(void)ev;
	(void)revents;
	if (s->once || s->stopping)
		return;
	next = config_read(s->config->path, &errors);
	log_errors(&errors);
	buf_free(&errors);
	if (next == NULL) {
		log_error("configuration not changed: mend the errors above and send HUP again");
		return;
	}
	if (strcmp(next->state_path, s->config->state_path) != 0)
		log_warn("%s: a new state path takes effect at the next start, not at a reload",
			 next->path);
	sd_notify("RELOADING=1");
	config_free(s->next);
	s->next = next;
	stop_mailboxes(s);
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

/* No mailbox runs any more. With --once the outbox is carried out as far as it goes; else its
 * coroutine ends. */
static void
finish(struct serve *s)
{
	s->finishing = true;
	ev_timer_stop(s->ev, &s->watchdog);
	if (s->once && !s->stopping)
		run_actions(s, true);
	else
		stop_actions(s);
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
		mailbox_report(&s->mailbox[i], stdout);
		if (s->mailbox[i].outcome != MAILBOX_DRAINED)
			status = EX_TEMPFAIL;
	}
	return status;
}

int
serve(struct config *config, bool once)
{
	struct serve s = { .config = config, .owned = config, .once = once };
	char error[STORE_ERROR_SIZE];
	int status;

	prepare_for_limits();
	s.store = store_open(config->state_path, STORE_WRITE, error);
	if (s.store == NULL) {
		log_error("%s", error);
		config_free(config);
		return EX_TEMPFAIL;
	}
	/* Not the default loop: that one waits for every child and steals the actions' exit status.
	 */
	s.ev = ev_loop_new(EVFLAG_AUTO);
	if (s.ev == NULL)
		log_fatal(EX_OSERR, "no event loop: the kernel offers neither epoll nor poll");
	s.loop = co_loop_new(s.ev);
	s.net = net_new(s.loop);
	s.oauth2 = oauth2_new(s.loop, s.net);
	start_watches(&s);
	if (!once)
		run_actions(&s, false);
	start_mailboxes(&s);
	log_info("watching %zu folders of %zu accounts", s.count, config->account_count);
	sd_notify("READY=1");
	ev_run(s.ev, 0);
	stop_watches(&s);
	status = conclude(&s);
	free_mailboxes(&s);
	oauth2_free(s.oauth2);
	net_free(s.net);
	co_loop_free(s.loop);
	ev_loop_destroy(s.ev);
	store_close(s.store);
	config_free(s.owned);
	config_free(s.next);
	log_info("ended");
	return status;
}
