/*
 * action - carries out what the outbox holds
 *
 * One entry at a time: the programs of a list server take locks, and a queue that waits is better
 * than many that quarrel.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "action.h"

#include <signal.h>
#include <time.h>

/* A hook runs a program; other kinds, when there are some, are listed here. */
static const struct action *const kinds[] = { &action_command };

/* What is told once, not once an entry. */
struct told {
	bool store;    /* the store is in trouble */
	char *missing; /* last hook that was not configured */
};

static const struct config_hook *
find_hook(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->hook_count; i++) {
		if (strcmp(config->hook[i].name, name) == 0)
			return &config->hook[i];
	}
	return NULL;
}

static int64_t
retry_delay(unsigned attempts)
{
	int64_t delay = ACTION_RETRY_LEAST;

	while (attempts-- > 0 && delay < ACTION_RETRY_MOST)
		delay *= 2;
	return delay < ACTION_RETRY_MOST ? delay : ACTION_RETRY_MOST;
}

/*
 * Writes what became of an entry. A program that has run must not run again because the store is in
 * trouble for a while, so nothing else is begun before that is written. 0, or -1: we end first.
 */
static int
settle(struct action_runner *r, const struct store_outbox *entry, int64_t delay, const char *error,
       struct told *told)
{
	for (;;) {
		int64_t now = (int64_t)time(NULL);
		int result = error == NULL
				     ? store_outbox_done(r->store, entry->id, now)
				     : store_outbox_retry(r->store, entry->id, now + delay, error);

		if (result == 0)
			return 0;
		if (!told->store)
			log_error("outbox: entry %lld is carried out but cannot be ticked off: %s; "
				  "trying again",
				  (long long)entry->id, store_error(r->store));
		told->store = true;
		if (r->once || co_sleep(r->loop, ACTION_SETTLE) == CO_CANCELED)
			return -1;
	}
}

/* The hook may come back with the next configuration: the entry is kept. */
static int
postpone_missing(struct action_runner *r, const struct store_outbox *entry, struct told *told)
{
	if (told->missing == NULL || strcmp(told->missing, entry->hook) != 0) {
		log_warn("hook %s: is not configured any more, but entries wait for it; they are "
			 "kept and tried again each day; configure it, or delete them from outbox",
			 entry->hook);
		free(told->missing);
		told->missing = xstrdup(entry->hook);
	}
	return settle(r, entry, ACTION_RETRY_ABSENT, "no hook of this name is configured", told);
}

/* 0, or -1: the store is in trouble. */
static int
carry_out(struct action_runner *r, const struct store_outbox *entry, struct told *told)
{
	const struct config_hook *hook = find_hook(*r->config, entry->hook);
	char error[STORE_ERROR_SIZE] = "";
	int64_t delay = retry_delay(entry->attempts);

	if (hook == NULL)
		return postpone_missing(r, entry, told);
	if (kinds[0]->perform(r->loop, hook, entry, error) == 0) {
		log_debug("hook %s: entry %lld done", entry->hook, (long long)entry->id);
		return settle(r, entry, 0, NULL, told);
	}
	/* Not its fault: it was killed because we end. */
	if (co_canceled(co_self(r->loop)))
		return 0;
	log_warn("hook %s: entry %lld, attempt %u failed, again in %lld s: %s", entry->hook,
		 (long long)entry->id, entry->attempts + 1, (long long)delay, error);
	return settle(r, entry, delay, error, told);
}

/* True when an entry was due and the store took its outcome. */
static bool
next_entry(struct action_runner *r, struct told *told)
{
	struct store_outbox entry;
	int found = store_outbox_next(r->store, (int64_t)time(NULL), &entry);

	if (found > 0 && carry_out(r, &entry, told) < 0)
		found = -1;
	if (found < 0 && !told->store)
		log_error("outbox: %s", store_error(r->store));
	told->store = found < 0;
	store_outbox_free(&entry);
	return found > 0;
}

/* Deletes what was done long ago, a piece at a time so that no mailbox waits for it. */
static void
forget_old(struct action_runner *r, const struct told *told)
{
	int64_t now = (int64_t)time(NULL);
	int forgotten;

	if (now < r->forget_at)
		return;
	forgotten = store_outbox_forget(r->store, now - (*r->config)->outbox_keep);
	if (forgotten < 0 && !told->store)
		log_error("outbox: old entries cannot be deleted: %s", store_error(r->store));
	if (forgotten > 0)
		log_debug("outbox: %d old entries deleted", forgotten);
	if (forgotten < STORE_FORGET_MOST)
		r->forget_at = now + ACTION_FORGET_EVERY;
}

/* Until we are woken, another process has written, or something that failed may be due. */
static void
wait_for_entries(struct action_runner *r)
{
	double end = co_clock() + ACTION_POLL;

	while (co_block(r->loop, ACTION_LOOK) == CO_TIMEOUT) {
		if (store_touched(r->store) || co_clock() >= end)
			break;
	}
}

void
action_run(void *arg)
{
	struct action_runner *r = arg;
	struct told told = { 0 };

	/* A program that does not read its input is an error of write(), no more. */
	signal(SIGPIPE, SIG_IGN);
	r->self = co_self(r->loop);
	while (!co_canceled(r->self)) {
		if (next_entry(r, &told)) {
			/* Entries whose program cannot even be started wait nowhere else. */
			(void)co_breathe(r->loop);
			continue;
		}
		forget_old(r, &told);
		if (r->once)
			break;
		co_trim_stack(r->loop);
		wait_for_entries(r);
	}
	r->self = NULL;
	free(told.missing);
}
