/*
 * retain - what is old goes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "retain.h"

#include <inttypes.h>
#include <sysexits.h>
#include <time.h>

#include "crash.h"
#include "store_retain.h"

/* ---- what is done with each class: 1 = there is more, 0, -1 ---- */

static int
drop_texts(struct retain *r, int64_t before, int64_t now)
{
	(void)now;
	return store_retain_texts(r->store, before, &r->dropped[RETAIN_TEXTS]);
}

/* The ledger of the address begins anew behind what may go: with what that came to. */
static int
drop_history_of(struct retain *r, const struct store_key *key, int64_t before)
{
	struct bounce_standing standing;
	struct store_old old;
	int dropped;

	if (store_retain_bound(r->store, key, before, &old) < 0)
		return -1;
	if (old.last == 0)
		return 0;
	if (old.last > old.baseline &&
	    (replay_derive_until(r->replay, key, old.last, &standing) < 0 ||
	     store_baseline_put(r->store, key, old.last, &standing) < 0))
		return -1;
	crash_here("after-baseline");
	dropped = store_drop_entries(r->store, key, old.last);
	if (dropped > 0)
		r->dropped[RETAIN_HISTORY] += (uint64_t)dropped;
	return dropped < 0 ? -1 : 0;
}

/* Of one address after the other, as many entries as a step looks at. What is left of the others is
 * looked at again in the next step. */
static int
drop_histories(struct retain *r, int64_t before, struct arena *arena)
{
	const uint64_t so_far = r->dropped[RETAIN_HISTORY];
	struct store_old_keys *keys = xalloc(sizeof(*keys));
	int64_t after = r->after;
	int rows = store_retain_keys(r->store, before, &after, arena, keys);
	size_t i;

	for (i = 0; rows > 0 && i < keys->count; i++) {
		if (r->dropped[RETAIN_HISTORY] - so_far >= STORE_RETAIN_MOST) {
			after = keys->key[i].id - 1;
			break;
		}
		if (drop_history_of(r, &keys->key[i].key, before) < 0)
			rows = -1;
	}
	/* Rows in which nothing is old are where the rest is young. */
	if (rows > 0 && keys->count == 0)
		rows = 0;
	r->after = after;
	free(keys);
	return rows;
}

static int
drop_history(struct retain *r, int64_t before, int64_t now)
{
	struct arena arena;
	int rows;

	(void)now;
	arena_init(&arena, 0);
	rows = drop_histories(r, before, &arena);
	arena_free(&arena);
	return rows;
}

struct healed {
	struct retain *retain;
	int64_t before, now;
	struct arena arena;
	struct store_key key[STORE_RETAIN_MOST], last;
	size_t count;
};

static int64_t
newest(const struct bounce_standing *s)
{
	const int64_t times[] = { s->since,     s->until,      s->scored_at,
				  s->paused_at, s->full_since, s->full_day * STATE_DAY };
	int64_t newest = 0;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		newest = times[i] > newest ? times[i] : newest;
	return newest;
}

static struct span
keep(struct healed *h, struct span text)
{
	struct span copy = arena_copy(&h->arena, text);

	if (copy.p == NULL)
		log_fatal(EX_OSERR, "out of memory");
	return copy;
}

static int
on_past(void *context, const struct store_past *past)
{
	struct healed *h = context;
	const struct bounce_policy *policy;
	struct span scope;

	h->last = (struct store_key){ keep(h, past->key.address), keep(h, past->key.scope) };
	if (past->history || newest(&past->standing) >= h->before)
		return 0;
	policy = config_policy_for(h->retain->config, past->key.scope, &scope);
	if (bounce_is_healed(&past->standing, policy, h->now))
		h->key[h->count++] = h->last;
	return 0;
}

static void
move_on(struct retain *r, const struct store_key *last)
{
	free(r->after_address);
	free(r->after_scope);
	r->after_address = xstrndup(last->address);
	r->after_scope = xstrndup(last->scope);
}

static int
drop_healed(struct healed *h)
{
	struct retain *r = h->retain;
	const struct store_key after = {
		span_of(r->after_address != NULL ? r->after_address : ""),
		span_of(r->after_scope != NULL ? r->after_scope : ""),
	};
	int rows = store_retain_standings(r->store, &after, on_past, h);

	for (size_t i = 0; rows > 0 && i < h->count; i++) {
		if (store_drop_standing(r->store, &h->key[i]) < 0)
			return -1;
	}
	if (rows > 0) {
		r->dropped[RETAIN_STANDINGS] += h->count;
		move_on(r, &h->last);
	}
	return rows;
}

static int
drop_standings(struct retain *r, int64_t before, int64_t now)
{
	struct healed *h = xalloc(sizeof(*h));
	int rows;

	h->retain = r;
	h->before = before;
	h->now = now;
	arena_init(&h->arena, 0);
	rows = drop_healed(h);
	arena_free(&h->arena);
	free(h);
	return rows;
}

static int
drop_messages(struct retain *r, int64_t before, int64_t now)
{
	(void)now;
	return store_retain_messages(r->store, before, &r->after, &r->dropped[RETAIN_MESSAGES]);
}

static int
drop_words(struct retain *r, int64_t before, int64_t now)
{
	int rows;

	(void)now;
	if (store_retain_incidents(r->store, before) < 0)
		return -1;
	rows = store_retain_operations(r->store, before);
	if (rows > 0)
		r->dropped[RETAIN_WORDS] += (uint64_t)rows;
	return rows;
}

/* ---- a round ---- */

static const struct {
	const char *name;
	size_t keep; /* the option, within struct config_retention */
	int (*step)(struct retain *r, int64_t before, int64_t now);
	bool erases; /* rows that others name */
} classes[RETAIN_CLASSES] = {
#define KEEP(field) offsetof(struct config_retention, field)
	[RETAIN_TEXTS] = { "texts of reports", KEEP(diagnostics), drop_texts, false },
	[RETAIN_HISTORY] = { "entries of histories", KEEP(history), drop_history, true },
	[RETAIN_STANDINGS] = { "good addresses", KEEP(addresses), drop_standings, false },
	[RETAIN_MESSAGES] = { "messages", KEEP(messages), drop_messages, true },
	[RETAIN_WORDS] = { "operations' arguments", KEEP(history), drop_words, false },
#undef KEEP
};

static int64_t
seconds_kept(const struct retain *r)
{
	const char *base = (const char *)&r->config->retention;
	int64_t keep;

	memcpy(&keep, base + classes[r->class].keep, sizeof(keep));
	return keep;
}

static void
next_class(struct retain *r)
{
	if (r->dropped[r->class] > 0)
		log_info("retention: %s dropped, older than %" PRId64 " days: %" PRIu64,
			 classes[r->class].name, seconds_kept(r) / STATE_DAY, r->dropped[r->class]);
	r->class ++;
	r->after = 0;
}

int
retain_step(struct retain *r, int64_t now)
{
	int64_t keep;
	bool erases;
	int more;

	while (r->class < RETAIN_CLASSES && seconds_kept(r) == 0)
		next_class(r);
	if (r->class == RETAIN_CLASSES)
		return 0;
	keep = seconds_kept(r);
	erases = classes[r->class].erases;
	more = erases ? store_erase_begin(r->store) : store_begin(r->store);
	if (more == 0)
		more = classes[r->class].step(r, now - keep, now);
	if (more >= 0 && store_commit(r->store) < 0)
		more = -1;
	if (more < 0)
		store_rollback(r->store);
	if (erases && store_erase_end(r->store) < 0)
		more = -1;
	if (more < 0)
		return -1;
	if (more == 0)
		next_class(r);
	return 1;
}

void
retain_free(struct retain *r)
{
	free(r->after_address);
	free(r->after_scope);
	replay_free(r->replay);
	*r = (struct retain){ 0 };
}

/* What fails is tried again in the next round, from the beginning. */
static void
run_round(struct retain_runner *runner, bool *told)
{
	struct retain r = {
		.store = runner->store,
		.replay = replay_new(runner->store),
		.config = *runner->config,
	};
	int more = 1;

	while (more > 0 && !co_canceled(runner->self)) {
		/* A reload frees the one that we began with. */
		r.config = *runner->config;
		more = retain_step(&r, (int64_t)time(NULL));
		if (more < 0 && !*told)
			log_error("retention: %s", replay_error(r.replay));
		*told = more < 0;
		if (more > 0 && runner->once)
			(void)co_breathe(runner->loop);
		else if (more > 0)
			(void)co_sleep(runner->loop, RETAIN_PAUSE);
	}
	retain_free(&r);
}

void
retain_run(void *arg)
{
	struct retain_runner *runner = arg;
	bool told = false;

	runner->self = co_self(runner->loop);
	while (!co_canceled(runner->self)) {
		run_round(runner, &told);
		if (runner->once)
			break;
		co_trim_stack(runner->loop);
		co_block(runner->loop, RETAIN_EVERY);
	}
	runner->self = NULL;
}
