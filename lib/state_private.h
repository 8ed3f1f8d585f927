/*
 * state_private - what the files of state share
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_STATE_PRIVATE_H
#define BOUNCE_STATE_PRIVATE_H

#include "state.h"

/* What comes with an event. */
struct cause {
	unsigned weight; /* what the report may add at most */
	unsigned strike; /* what it adds to the day */
	enum bounce_reason reason;
	bool counts; /* a report that counts, be it with no strike */
	bool gone;   /* a report that the mailbox is gone */
	bool echo;   /* a report of an earlier day about the same message spoke */
	bool full;   /* a full mailbox whose turn it is */
	bool again;  /* the address pauses since today */
	bool sealed; /* what is said to be gone is so for sure */
	int64_t cadence;
	const int64_t *backoff;
	size_t backoff_count;
};

/* What the report comes to under the policy. */
struct plan {
	const struct bounce_rule *rule;
	enum bounce_disposition disposition;
	bool unwanted;  /* the recipient blocks our mail */
	bool long_full; /* full for so long that it counts as disabled */
	struct cause cause;
};

static inline int64_t
state_day(int64_t time)
{
	return time / STATE_DAY;
}

static inline bool
state_is_pinned(enum bounce_state state)
{
	return state == BOUNCE_STATE_PINNED_OK || state == BOUNCE_STATE_PINNED_DEAD;
}

/* The standing once a pause that is over has ended, and the ladder's row and the probing after a
 * long quiet: where every event begins. */
struct bounce_standing state_settle(const struct bounce_standing *now,
				    const struct bounce_policy *policy, int64_t time);

/* Of the strikes that counted on the day of `time`. */
unsigned state_strike_on(const struct bounce_standing *s, int64_t time);

/* What the event does, without rule and alert. */
struct bounce_transition state_enter(const struct bounce_standing *before, enum bounce_event event,
				     const struct cause *c, const struct bounce_policy *policy,
				     int64_t time);

/* Under the preset report-only: what would have become of it, and nothing comes of it. */
void state_only_report(struct bounce_transition *t, const struct bounce_standing *before);

#endif
