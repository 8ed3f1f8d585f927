/*
 * proof - mailings that came back from nobody are deliveries
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "proof.h"

#include <sysexits.h>
#include <time.h>

#include "guard.h"
#include "tell.h"

/* One step: the candidates are read before the first is written, for a statement must not see its
 * table change under it. */
struct step {
	struct store *store;
	const struct config *config;
	const struct store_due *due;
	int64_t now, policy;
	struct arena arena;
	struct store_candidate candidate[STORE_CANDIDATES];
	int count, proved;
};

static int
keep_candidate(void *context, const struct store_candidate *candidate)
{
	struct step *s = context;
	struct store_candidate *own = &s->candidate[s->count];

	*own = *candidate;
	own->key.address = arena_copy(&s->arena, candidate->key.address);
	own->key.scope = arena_copy(&s->arena, candidate->key.scope);
	if (own->key.address.p == NULL || own->key.scope.p == NULL)
		log_fatal(EX_OSERR, "out of memory");
	s->count++;
	return 0;
}

/* Mailed then, and nothing was heard since: no report, no word of an operator. */
static bool
is_proved(const struct store_candidate *c, int64_t sent_at)
{
	return c->last_report < sent_at && c->standing.since <= sent_at &&
	       bounce_mailable(&c->standing, sent_at);
}

static int
write_proof(struct step *s, const struct store_candidate *c, const struct bounce_transition *t)
{
	const struct store_word word = {
		.key = c->key,
		.cause = bounce_event_name(BOUNCE_EVENT_PROOF),
		.before = &c->standing,
		.next = &t->next,
		.why = "A mailing came back with no report within the grace time.",
		.operation = s->due->operation,
		.policy = s->policy,
		.time = s->now,
	};
	const struct tell tell = {
		.time = s->now,
		.key = c->key,
		.from = c->standing.state,
		.now = &t->next,
		.reason = "",
		.rule = word.cause,
		.why = word.why,
		.diagnostic = SPAN(""),
		.list_id = buf_span(&s->due->list),
		.original_message_id = SPAN(""),
		.who = "mailbounced",
	};

	s->proved++;
	return store_word_add(s->store, &word) < 0 ? -1 : tell_hooks(s->store, s->config, &tell);
}

static int
prove(struct step *s, const struct store_candidate *c)
{
	struct span scope;
	const struct bounce_policy *policy = config_policy_for(s->config, c->key.scope, &scope);
	struct bounce_transition t;

	if (!is_proved(c, s->due->sent_at))
		return 0;
	t = bounce_apply(&c->standing, BOUNCE_EVENT_PROOF, policy, s->now);
	/* A pin, or a policy that only reports. */
	if (bounce_standing_same(&t.next, &c->standing))
		return 0;
	return write_proof(s, c, &t);
}

static int
work_through(struct step *s)
{
	if (store_policy_write(s->store, s->now) < 0 ||
	    store_policy_now(s->store, &s->policy) < 0 ||
	    store_candidates(s->store, s->due, keep_candidate, s) < 0)
		return -1;
	for (int i = 0; i < s->count; i++) {
		if (prove(s, &s->candidate[i]) < 0)
			return -1;
	}
	if (s->count < STORE_CANDIDATES)
		return store_mailing_done(s->store, s->due, s->now);
	return 0;
}

static int
look_through(struct store *store, const struct config *config, const struct store_due *due,
	     int64_t now)
{
	struct step *s = xalloc(sizeof(*s));
	int result;

	s->store = store;
	s->config = config;
	s->due = due;
	s->now = now;
	arena_init(&s->arena, 0);
	result = store_begin(store);
	if (result == 0)
		result = work_through(s);
	if (result == 0 && s->count > 0)
		result = store_mailing_progress(store, due, &s->candidate[s->count - 1].key,
						s->proved);
	if (result == 0)
		result = store_commit(store);
	if (result < 0)
		store_rollback(store);
	else if (s->proved > 0)
		log_info("list %.*s: a mailing that came back from nobody proves %d of its "
			 "addresses good",
			 SPAN_ARG(buf_span(&due->list)), s->proved);
	arena_free(&s->arena);
	free(s);
	return result;
}

static int64_t
least_grace(const struct config *config)
{
	int64_t least = config->policy.grace;

	for (size_t i = 0; i < config->list_count; i++) {
		if (config->list[i].policy.grace < least)
			least = config->list[i].policy.grace;
	}
	return least;
}

int
proof_step(struct store *store, const struct config *config, int64_t horizon, int64_t now)
{
	const int64_t before = horizon - least_grace(config), kept = config->retention.history;
	struct store_turn after = STORE_FIRST_TURN;
	int found = guard_resume(store, config, now), result;

	if (found != 0 || horizon <= 0)
		return found;
	found = guard_sweep(store, config, horizon, now);
	if (found != 0)
		return found;
	if (kept > 0) /* what came back of older ones is forgotten */
		after = (struct store_turn){ now - kept, INT64_MAX };
	for (;;) {
		struct store_due due;
		struct span scope;
		int64_t over;

		found = store_mailing_due(store, before, after, &due);
		if (found <= 0)
			return found;
		over = due.sent_at + config_policy_for(config, buf_span(&due.list), &scope)->grace;
		after = (struct store_turn){ due.sent_at, due.id };
		result = over <= horizon ? look_through(store, config, &due, now) : 1;
		store_due_free(&due);
		if (over <= horizon)
			return result < 0 ? -1 : 1;
	}
}

/* As far as it goes; the others have their turn between two steps. */
static void
run_all(struct proof_runner *r, bool *told)
{
	int64_t horizon = r->horizon(r->owner);
	int result = 1;

	while (result > 0 && !co_canceled(r->self)) {
		result = proof_step(r->store, *r->config, horizon, (int64_t)time(NULL));
		if (result < 0 && !*told)
			log_error("mailings and incidents: %s", store_error(r->store));
		*told = result < 0;
		if (result > 0) {
			r->recorded(r->owner);
			(void)co_breathe(r->loop);
		}
	}
}

void
proof_run(void *arg)
{
	struct proof_runner *r = arg;
	bool told = false;

	r->self = co_self(r->loop);
	while (!co_canceled(r->self)) {
		run_all(r, &told);
		co_trim_stack(r->loop);
		co_block(r->loop, PROOF_POLL);
	}
	r->self = NULL;
}
