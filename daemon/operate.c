/*
 * operate - an operator's command, carried out beside a running daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "operate.h"

#include <time.h>

#include "store_incident.h"
#include "tell.h"

static int64_t
microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Whoever waits for the lock looks for it every few milliseconds: as long as we held it, it is
 * free. */
static void
give_way(int64_t held)
{
	const struct timespec pause = { .tv_sec = held / 1000000,
					.tv_nsec = (long)(held % 1000000 * 1000) };

	nanosleep(&pause, NULL);
}

int
operate_begin(struct operate *o)
{
	if (o->open || o->within)
		return 0;
	if (store_begin(o->store) < 0)
		return -1;
	o->open = true;
	o->began = microseconds();
	o->in_transaction = 0;
	if (o->id != 0)
		return 0;
	if (store_policy_now(o->store, &o->policy) < 0)
		return -1;
	return store_operation_add(o->store, &o->what, &o->id);
}

int
operate_end(struct operate *o)
{
	int64_t held;

	if (!o->open)
		return 0;
	if (!o->dry && store_commit(o->store) < 0)
		return -1;
	if (o->dry)
		operate_cancel(o);
	o->open = false;
	held = microseconds() - o->began;
	give_way(held > 0 ? held : 0);
	return 0;
}

void
operate_cancel(struct operate *o)
{
	if (!o->open)
		return;
	store_rollback(o->store);
	o->open = false;
	if (o->dry)
		o->id = 0;
}

static int
end_when_long(struct operate *o)
{
	o->in_transaction++;
	if (o->within)
		return 0;
	if (o->in_transaction < OPERATE_MOST && microseconds() - o->began < OPERATE_LONGEST)
		return 0;
	return operate_end(o);
}

static int
tell(const struct operate *o, const struct store_key *key, const char *cause,
     const struct operate_change *change)
{
	const struct tell tell = {
		.time = o->what.time,
		.key = *key,
		.from = change->before.state,
		.now = &change->after,
		.reason = change->after.scored_at != 0 ? bounce_reason_name(change->after.reason)
						       : "",
		.rule = cause,
		.why = o->what.why,
		.diagnostic = SPAN(""),
		.list_id = key->scope,
		.original_message_id = SPAN(""),
		.who = o->what.who,
	};

	return o->config == NULL ? 0 : tell_hooks(o->store, o->config, &tell);
}

/* The transition, the standing, and the hooks. */
static int
write_word(struct operate *o, const struct store_key *key, const char *cause, const char *why,
	   const struct operate_change *change)
{
	const struct store_word word = {
		.key = *key,
		.cause = cause,
		.before = &change->before,
		.next = &change->after,
		.why = why,
		.operation = o->id,
		.policy = o->policy,
		.time = o->what.time,
	};

	return store_word_add(o->store, &word) < 0 ? -1 : tell(o, key, cause, change);
}

static bool
is_pinned(const struct bounce_standing *s)
{
	return s->state == BOUNCE_STATE_PINNED_OK || s->state == BOUNCE_STATE_PINNED_DEAD;
}

int
operate_word(struct operate *o, const struct store_key *key, enum bounce_event event,
	     struct operate_change *out)
{
	const struct bounce_policy *policy;
	struct bounce_transition t;
	int known;

	*out = (struct operate_change){ 0 };
	if (operate_begin(o) < 0)
		return -1;
	policy = replay_policy(o->replay, o->policy, key->scope);
	known = policy == NULL ? -1 : store_standing(o->store, key, &out->before);
	if (known < 0)
		return -1;
	out->known = known > 0;
	out->after = out->before;
	if (!out->known && (event == BOUNCE_EVENT_REVIVE || event == BOUNCE_EVENT_UNPIN))
		return end_when_long(o);
	t = bounce_apply(&out->before, event, policy, o->what.time);
	out->after = t.next;
	out->refused =
		is_pinned(&t.next) && (event == BOUNCE_EVENT_REVIVE || event == BOUNCE_EVENT_KILL);
	if (write_word(o, key, bounce_event_name(event), t.why, out) < 0)
		return -1;
	return end_when_long(o);
}

int
operate_undo(struct operate *o, struct store_undo *undo, const struct store_key *key,
	     struct operate_change *out)
{
	*out = (struct operate_change){ 0 };
	if (operate_begin(o) < 0)
		return -1;
	undo->operation = o->id;
	out->taken = store_undo_mark(o->store, undo, key);
	if (out->taken < 0 || store_standing(o->store, key, &out->before) < 0)
		return -1;
	out->known = true;
	out->after = out->before;
	if (out->taken == 0)
		return end_when_long(o);
	if (replay_derive(o->replay, key, &out->after) < 0)
		return -1;
	if (!bounce_standing_same(&out->before, &out->after) &&
	    write_word(o, key, STORE_UNDO,
		       o->within ? "An incident took back what it was made of."
				 : "An operator took back what it was made of.",
		       out) < 0)
		return -1;
	return end_when_long(o);
}

/* As of the report's own time, so that two reports of one address confirm each other as they would
 * have. */
static int
release(struct operate *o, const struct store_held *held, const struct store_key *key,
	struct operate_change *out)
{
	const struct bounce_policy *policy =
		replay_policy(o->replay, o->policy, held->entry.record.list);
	struct bounce_transition t;
	struct span bad;
	const struct store_release written = {
		.key = *key,
		.held = held,
		.before = &out->before,
		.transition = &t,
		.operation = o->id,
		.policy = o->policy,
	};

	if (policy == NULL)
		return -1;
	if (bounce_replay(&out->before, &held->entry.record, policy, &t, &bad) < 0)
		return replay_bad_word(o->replay, held->entry.id, bad);
	out->after = t.next;
	if (store_release_add(o->store, &written) < 0)
		return -1;
	return tell(o, key, bounce_event_name(t.event), out);
}

int
operate_release(struct operate *o, int64_t id, const struct store_key *key,
		struct operate_change *out, enum operate_answer *answer)
{
	struct store_held held;
	struct arena arena;
	int result;

	*out = (struct operate_change){ .known = true };
	if (operate_begin(o) < 0)
		return -1;
	arena_init(&arena, 0);
	result = store_held(o->store, id, &arena, &held);
	*answer = held.counts      ? OPERATE_COUNTS
		  : held.overtaken ? OPERATE_OVERTAKEN
				   : OPERATE_RELEASED;
	if (result == 0 && store_standing(o->store, key, &out->before) < 0)
		result = -1;
	out->after = out->before;
	if (result == 0 && *answer == OPERATE_RELEASED)
		result = release(o, &held, key, out);
	arena_free(&arena);
	return result < 0 ? -1 : end_when_long(o);
}
