/*
 * state_world - reports and operators at one address, day by day
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STATE_WORLD_H
#define MAILBOUNCED_STATE_WORLD_H

#include "state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY INT64_C(86400)
#define T0 ((int64_t)20000 * DAY) /* midnight, UTC */

static struct bounce_policy policy;

static inline struct bounce_verdict
verdict_of(enum bounce_reason reason)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(reason);

	return (struct bounce_verdict){
		.reason = reason,
		.bad = facts->bad,
		.disposition = facts->disposition,
		.severity = facts->severity,
		.weight = facts->weight,
		.status = { 5, 1, 1 },
		.rule = "test",
		.why = "test",
	};
}

static inline struct bounce_transition
report(struct bounce_standing *s, enum bounce_reason reason, int64_t time)
{
	struct bounce_verdict v = verdict_of(reason);
	struct bounce_incident what = { .kind = BOUNCE_KIND_BOUNCE,
					.verdict = &v,
					.domain = SPAN("example.com") };
	struct bounce_transition t = bounce_next(s, &what, &policy, time);

	*s = t.next;
	return t;
}

static inline void
assert_same(const struct bounce_standing *a, const struct bounce_standing *b)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->since, b->since);
	assert_int_equal(a->until, b->until);
	assert_int_equal(a->level, b->level);
	assert_int_equal(a->score, b->score);
	assert_int_equal(a->scored_at, b->scored_at);
	assert_int_equal(a->strike_day, b->strike_day);
	assert_int_equal(a->gone_at, b->gone_at);
	assert_int_equal(a->confirmed_at, b->confirmed_at);
	assert_int_equal(a->cadence, b->cadence);
	assert_int_equal(a->probe, b->probe);
	assert_int_equal(a->full_count, b->full_count);
	assert_int_equal(a->full_since, b->full_since);
	assert_int_equal(a->probe_reason, b->probe_reason);
	assert_int_equal(a->day_strike, b->day_strike);
	assert_int_equal(a->paused_at, b->paused_at);
	assert_int_equal(a->full_day, b->full_day);
}

static inline int
setup(void **state)
{
	(void)state;
	policy = bounce_policy_default();
	return 0;
}

#endif
