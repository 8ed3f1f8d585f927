/*
 * state_report - what a report comes to: a verdict under a policy becomes an event
 *
 * Of the reports of one UTC day any may come first, so nothing here depends on what another report
 * of the same day did beyond what the day adds up to.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "state_private.h"

#define DAY STATE_DAY

static bool
strike_counts(const struct bounce_standing *now, const struct bounce_incident *what, int64_t time)
{
	int64_t today = state_day(time), days = today - now->full_day;

	if (what->repeated || today < now->strike_day)
		return false;
	return what->verdict->reason != BOUNCE_REASON_MAILBOX_FULL || days == 0 ||
	       days >= STATE_FULL_DAYS;
}

/* What this report is to the day's count: of the day's reports the heaviest counts, whichever comes
 * first. */
static void
weigh(struct cause *c, const struct bounce_standing *now, const struct bounce_incident *what,
      unsigned weight, int64_t time)
{
	bool turn = strike_counts(now, what, time);
	unsigned so_far = state_strike_on(now, time);

	if (weight > STATE_MAX_SCORE)
		weight = STATE_MAX_SCORE;
	c->weight = turn ? weight : 0;
	c->full = turn && what->verdict->reason == BOUNCE_REASON_MAILBOX_FULL;
	c->strike = c->weight > so_far ? c->weight - so_far : 0;
}

static void
decide_count(struct plan *p, const struct bounce_standing *now, int64_t time)
{
	struct cause *c = &p->cause;

	switch (p->disposition) {
	case BOUNCE_DISPOSITION_IGNORE:
	case BOUNCE_DISPOSITION_CONTENT:
	case BOUNCE_DISPOSITION_OPERATOR:
	case BOUNCE_DISPOSITION_COUNT:
		break;
	case BOUNCE_DISPOSITION_RETRY:
	case BOUNCE_DISPOSITION_BACK_OFF:
		c->counts = !c->echo;
		c->again = !c->echo && now->state == BOUNCE_STATE_BACKOFF &&
			   state_day(now->paused_at) == state_day(time);
		break;
	case BOUNCE_DISPOSITION_DISABLE:
		c->counts = c->weight > 0;
		break;
	case BOUNCE_DISPOSITION_DEAD:
		c->counts = c->gone = true;
		break;
	}
}

/* Has a mailbox been full for so long, with this report, that it counts as disabled? */
static bool
is_long_full(const struct bounce_standing *now, const struct bounce_incident *what,
	     const struct bounce_policy *policy, int64_t time)
{
	unsigned mailings = now->full_count + (now->full_day != state_day(time));

	return what->verdict->reason == BOUNCE_REASON_MAILBOX_FULL &&
	       strike_counts(now, what, time) &&
	       (mailings >= policy->full_mailings ||
		(now->full_count > 0 && time - now->full_since >= policy->full_for));
}

static struct plan
plan_for(const struct bounce_standing *now, const struct bounce_incident *what,
	 const struct bounce_policy *policy, int64_t time)
{
	const struct bounce_verdict *v = what->verdict;
	struct bounce_judgement j = bounce_policy_judge(policy, v, what->domain, what->list);
	struct plan p = {
		.rule = j.rule,
		.disposition = j.disposition,
		.unwanted = v->unwanted,
		.cause = { .reason = v->reason,
			   .echo = what->repeated,
			   .cadence = what->cadence,
			   .backoff = j.backoff,
			   .backoff_count = j.backoff_count },
	};

	p.long_full = j.disposition == BOUNCE_DISPOSITION_BACK_OFF &&
		      is_long_full(now, what, policy, time);
	if (p.long_full) {
		p.disposition = BOUNCE_DISPOSITION_DISABLE;
		p.cause.reason = BOUNCE_REASON_MAILBOX_DISABLED;
		j.weight = bounce_policy_weight(policy, p.cause.reason) / (v->forwarded ? 2 : 1);
	}
	weigh(&p.cause, now, what, j.weight, time);
	decide_count(&p, now, time);
	return p;
}

/* Has the ladder been climbed for this already: by a report of the same day, or for the message?
 * Where today's strike suspended there is no ladder. */
static bool
is_same_pause(const struct bounce_standing *now, const struct plan *p, int64_t time)
{
	return p->cause.echo || p->cause.again ||
	       (now->state == BOUNCE_STATE_SUSPENDED && state_day(now->since) == state_day(time));
}

/* What does not add up to an event of its own still counts when it has a strike. */
static enum bounce_event
lesser_event(const struct plan *p)
{
	return p->cause.strike > 0 ? BOUNCE_EVENT_STRIKE : BOUNCE_EVENT_NOTE;
}

/* Does it fail the probe that is under way? What failed it today already is asked again, for the
 * day's order must not matter. */
static bool
fails_probe(const struct bounce_standing *now, const struct plan *p, int64_t time)
{
	bool under_way = now->state == BOUNCE_STATE_OK || now->state == BOUNCE_STATE_BACKOFF ||
			 state_day(now->since) == state_day(time);

	return now->probe > 0 && under_way && p->cause.weight > 0 &&
	       (p->disposition == BOUNCE_DISPOSITION_DISABLE ||
		p->cause.reason == now->probe_reason);
}

/* A strike that puts it out: the threshold is reached, or a probe failed. NOTE: neither. */
static enum bounce_event
out_event(const struct bounce_standing *now, const struct plan *p,
	  const struct bounce_policy *policy, int64_t time)
{
	unsigned score = bounce_score_at(now, policy, time) + p->cause.strike;

	if (fails_probe(now, p, time))
		return now->probe >= policy->probes ? BOUNCE_EVENT_LOST : BOUNCE_EVENT_RELAPSE;
	return p->cause.strike > 0 && score >= policy->threshold ? BOUNCE_EVENT_OUT
								 : BOUNCE_EVENT_NOTE;
}

static enum bounce_event
event_for(const struct bounce_standing *now, const struct plan *p,
	  const struct bounce_policy *policy, int64_t time)
{
	enum bounce_event out = out_event(now, p, policy, time);

	switch (p->disposition) {
	case BOUNCE_DISPOSITION_IGNORE:
	case BOUNCE_DISPOSITION_CONTENT:
	case BOUNCE_DISPOSITION_OPERATOR:
	case BOUNCE_DISPOSITION_COUNT:
		return p->unwanted ? BOUNCE_EVENT_UNWANTED : BOUNCE_EVENT_NOTE;
	case BOUNCE_DISPOSITION_RETRY:
	case BOUNCE_DISPOSITION_BACK_OFF:
		if (out != BOUNCE_EVENT_NOTE)
			return out;
		return is_same_pause(now, p, time) ? lesser_event(p) : BOUNCE_EVENT_PAUSE;
	case BOUNCE_DISPOSITION_DISABLE:
		return out != BOUNCE_EVENT_NOTE ? out : lesser_event(p);
	case BOUNCE_DISPOSITION_DEAD:
		return BOUNCE_EVENT_GONE;
	}
	return BOUNCE_EVENT_NOTE;
}

/* What the report's own circumstances add. */
static const char *
why_report(const struct bounce_verdict *v, const struct plan *p, const struct bounce_transition *t,
	   const struct bounce_standing *now)
{
	if (state_is_pinned(now->state))
		return t->why;
	if (t->event == BOUNCE_EVENT_NOTE && t->speaks)
		return "This message, or another one today, has counted already.";
	if (v->forwarded && t->strike > 0)
		return "Forward target failed: the address passes its mail on; half a strike.";
	if (p->long_full && t->strike > 0)
		return "The mailbox has been full for so long that it counts as disabled.";
	return t->why;
}

struct bounce_transition
bounce_next(const struct bounce_standing *before, const struct bounce_incident *what,
	    const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing now = state_settle(before, policy, time);
	struct bounce_transition t;
	enum bounce_event event;
	struct plan p;

	if (what->untrusted)
		return bounce_apply(before, BOUNCE_EVENT_UNTRUSTED, policy, time);
	if (what->kind == BOUNCE_KIND_COMPLAINT)
		return bounce_apply(before, BOUNCE_EVENT_COMPLAIN, policy, time);
	if (what->kind != BOUNCE_KIND_BOUNCE || what->verdict == NULL ||
	    what->verdict->severity == BOUNCE_SEVERITY_NONE)
		return bounce_apply(before, BOUNCE_EVENT_NOTE, policy, time);

	p = plan_for(&now, what, policy, time);
	event = event_for(&now, &p, policy, time);
	if (event == BOUNCE_EVENT_LOST) {
		p.cause.gone = p.cause.counts = true;
		p.cause.sealed = p.cause.reason == now.probe_reason;
	}
	t = state_enter(before, event, &p.cause, policy, time);
	t.speaks = p.disposition >= BOUNCE_DISPOSITION_RETRY;
	t.why = why_report(what->verdict, &p, &t, &now);
	t.alert = p.disposition == BOUNCE_DISPOSITION_OPERATOR ||
		  p.disposition == BOUNCE_DISPOSITION_CONTENT;
	if (p.rule != NULL)
		t.rule = p.rule->name;
	if (policy->preset == BOUNCE_PRESET_REPORT_ONLY)
		state_only_report(&t, before);
	return t;
}
