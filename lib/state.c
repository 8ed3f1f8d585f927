/*
 * state - what a verdict does to a recipient
 *
 * bounce_next() turns a report into an event, the table says what the event does in each state, and
 * enter() is the only function that changes a standing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "state.h"

#define DAY ((int64_t)86400)
#define CENTURY                                                                           \
	((int64_t)36525 * DAY) /* longest time that fading looks at: keeps products small \
				*/

/* ---- the table ---- */

enum act {
	COUNT = 1,   /* the strike is added */
	CLIMB = 2,   /* the next step of the back-off ladder */
	REST = 4,    /* a suspension begins */
	MARK = 8,    /* the mailbox is said to be gone, or said so again */
	SEAL = 16,   /* gone for sure */
	FORGET = 32, /* strikes, ladder and marks are forgotten */
	MEND = 64,   /* only while the mark is not confirmed */
};

struct cell {
	unsigned next; /* enum bounce_state */
	unsigned acts; /* done unless the cell says SAME */
};

#define BOUNCE_STATE_SAME BOUNCE_STATE_COUNT /* nothing happens, not even what the event does */

/* clang-format off */
#define ON(event, acts, ok, backoff, suspended, dead, complained, pinned_ok, pinned_dead) \
	[BOUNCE_STATE_OK][BOUNCE_EVENT_##event] = { BOUNCE_STATE_##ok, acts }, \
	[BOUNCE_STATE_BACKOFF][BOUNCE_EVENT_##event] = { BOUNCE_STATE_##backoff, acts }, \
	[BOUNCE_STATE_SUSPENDED][BOUNCE_EVENT_##event] = { BOUNCE_STATE_##suspended, acts }, \
	[BOUNCE_STATE_DEAD][BOUNCE_EVENT_##event] = { BOUNCE_STATE_##dead, acts }, \
	[BOUNCE_STATE_COMPLAINED][BOUNCE_EVENT_##event] = { BOUNCE_STATE_##complained, acts }, \
	[BOUNCE_STATE_PINNED_OK][BOUNCE_EVENT_##event] = { BOUNCE_STATE_##pinned_ok, acts }, \
	[BOUNCE_STATE_PINNED_DEAD][BOUNCE_EVENT_##event] = { BOUNCE_STATE_##pinned_dead, acts },

static const struct cell table[BOUNCE_STATE_COUNT][BOUNCE_EVENT_COUNT] = {
	/* event     acts           ok           backoff      suspended    dead         complained   pinned-ok    pinned-dead */
	ON(NOTE,     0,             SAME,        SAME,        SAME,        SAME,        SAME,        SAME,        SAME)
	ON(UNTRUSTED,0,             SAME,        SAME,        SAME,        SAME,        SAME,        SAME,        SAME)
	ON(PAUSE,    COUNT | CLIMB, BACKOFF,     BACKOFF,     SAME,        SAME,        SAME,        SAME,        SAME)
	ON(STRIKE,   COUNT,         OK,          BACKOFF,     SAME,        SAME,        SAME,        SAME,        SAME)
	ON(OUT,      COUNT | REST,  SUSPENDED,   SUSPENDED,   SAME,        SAME,        SAME,        SAME,        SAME)
	ON(RELAPSE,  COUNT | REST,  SUSPENDED,   SUSPENDED,   SAME,        SAME,        SAME,        SAME,        SAME)
	ON(LOST,     COUNT | MARK,  DEAD,        DEAD,        SAME,        SAME,        SAME,        SAME,        SAME)
	ON(GONE,     COUNT | MARK,  DEAD,        DEAD,        DEAD,        DEAD,        SAME,        SAME,        SAME)
	ON(COMPLAIN, 0,             COMPLAINED,  COMPLAINED,  COMPLAINED,  COMPLAINED,  SAME,        SAME,        SAME)
	ON(PROOF,    FORGET | MEND, OK,          OK,          OK,          OK,          SAME,        SAME,        SAME)
	ON(REVIVE,   FORGET,        OK,          OK,          OK,          OK,          OK,          SAME,        SAME)
	ON(KILL,     SEAL,          DEAD,        DEAD,        DEAD,        DEAD,        DEAD,        SAME,        SAME)
	ON(PIN_OK,   FORGET,        PINNED_OK,   PINNED_OK,   PINNED_OK,   PINNED_OK,   PINNED_OK,   SAME,        PINNED_OK)
	ON(PIN_DEAD, FORGET,        PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, SAME)
	ON(UNPIN,    FORGET,        SAME,        SAME,        SAME,        SAME,        SAME,        OK,          OK)
};
/* clang-format on */

_Static_assert(BOUNCE_STATE_COUNT == 7, "a new state needs a column in the table");
_Static_assert(BOUNCE_EVENT_COUNT == 15, "a new event needs a line in the table");

/* ---- words ---- */

static const char *const state_names[BOUNCE_STATE_COUNT] = {
#define STATE(id, name, text) [BOUNCE_STATE_##id] = (name),
#include "word.def"
};

static const char *const state_texts[BOUNCE_STATE_COUNT] = {
#define STATE(id, name, text) [BOUNCE_STATE_##id] = (text),
#include "word.def"
};

static const char *const event_names[BOUNCE_EVENT_COUNT] = {
#define EVENT(id, name, text) [BOUNCE_EVENT_##id] = (name),
#include "word.def"
};

static const char *const event_texts[BOUNCE_EVENT_COUNT] = {
#define EVENT(id, name, text) [BOUNCE_EVENT_##id] = (text),
#include "word.def"
};

const char *
bounce_state_name(enum bounce_state state)
{
	return state < BOUNCE_STATE_COUNT ? state_names[state] : "?";
}

const char *
bounce_state_text(enum bounce_state state)
{
	return state < BOUNCE_STATE_COUNT ? state_texts[state] : "?";
}

const char *
bounce_event_name(enum bounce_event event)
{
	return event < BOUNCE_EVENT_COUNT ? event_names[event] : "?";
}

int
bounce_state_parse(struct span word, enum bounce_state *out)
{
	for (unsigned i = 0; i < BOUNCE_STATE_COUNT; i++) {
		if (span_ieq(word, span_of(state_names[i]))) {
			*out = (enum bounce_state)i;
			return 0;
		}
	}
	return -1;
}

/* ---- time ---- */

static int64_t
day_of(int64_t time)
{
	return time / DAY;
}

/* The score at the pace that `cadence` gives. */
static unsigned
faded_score(const struct bounce_standing *s, const struct bounce_policy *policy, int64_t cadence,
	    int64_t time)
{
	int64_t point = bounce_policy_fading(policy, s->reason, cadence);
	int64_t passed = time - s->scored_at, faded;

	if (point == 0 || passed <= 0)
		return s->score;
	if (passed > CENTURY)
		passed = CENTURY;
	faded = (passed * 100 + point - 1) / point;
	return faded >= (int64_t)s->score ? 0 : s->score - (unsigned)faded;
}

unsigned
bounce_score_at(const struct bounce_standing *standing, const struct bounce_policy *policy,
		int64_t time)
{
	return faded_score(standing, policy, standing->cadence, time);
}

static bool
is_over(const struct bounce_standing *s, int64_t time)
{
	return (s->state == BOUNCE_STATE_BACKOFF || s->state == BOUNCE_STATE_SUSPENDED) &&
	       s->until != 0 && time >= s->until;
}

bool
bounce_mailable(const struct bounce_standing *standing, int64_t time)
{
	return standing->state == BOUNCE_STATE_OK || standing->state == BOUNCE_STATE_PINNED_OK ||
	       is_over(standing, time);
}

/* Quiet for so long says something: the list had the time to fail. */
static int64_t
long_quiet(const struct bounce_standing *s, int64_t least)
{
	return 2 * s->cadence > least ? 2 * s->cadence : least;
}

/* Ends a pause that is over, and the ladder's row and the probing after a long quiet. */
static struct bounce_standing
settle(const struct bounce_standing *now, const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing s = *now;

	if (is_over(&s, time)) {
		if (s.state == BOUNCE_STATE_SUSPENDED && s.probe < STATE_MAX_PROBES)
			s.probe++;
		s.state = BOUNCE_STATE_OK;
		s.since = s.until;
		s.until = 0;
	}
	if (s.state == BOUNCE_STATE_OK && time - s.since >= long_quiet(&s, policy->suspend))
		s.level = s.probe = 0;
	return s;
}

/* ---- one step ---- */

/* What comes with an event. */
struct cause {
	unsigned strike;
	enum bounce_reason reason;
	bool known;  /* reason is that of a report */
	bool echo;   /* the message has counted before */
	bool full;   /* the report says that the mailbox is full */
	bool sealed; /* what is said to be gone is so for sure */
	int64_t cadence;
	const int64_t *backoff;
	size_t backoff_count;
};

/* Is a report that the mailbox is full one more of a row? */
static bool
goes_on_full(const struct bounce_standing *s, int64_t time)
{
	return s->full_at != 0 && time - s->full_at <= long_quiet(s, STATE_FULL_GAP_DAYS * DAY);
}

/* A list that posts daily does not fill a row in a week. */
static bool
is_next_full(const struct bounce_standing *s, int64_t time)
{
	return day_of(time) - day_of(s->full_at) >= STATE_FULL_DAYS;
}

/* The mailings in a row that found it full; another failure breaks the row. */
static void
count_full(struct bounce_standing *s, const struct cause *c, int64_t time)
{
	if (c->echo || !c->known)
		return;
	if (!c->full || !goes_on_full(s, time)) {
		s->full_count = 0;
		s->full_since = s->full_at = 0;
	}
	if (!c->full || !is_next_full(s, time))
		return;
	if (s->full_count++ == 0)
		s->full_since = time;
	s->full_at = time;
}

static void
count(struct bounce_standing *s, const struct cause *c, const struct bounce_policy *policy,
      int64_t time)
{
	int64_t cadence = c->cadence > 0 ? c->cadence : s->cadence;
	unsigned score = faded_score(s, policy, cadence, time) + c->strike;

	s->cadence = cadence;
	s->score = score > STATE_MAX_SCORE ? STATE_MAX_SCORE : score;
	if (time > s->scored_at)
		s->scored_at = time;
	if (c->known)
		s->reason = c->reason;
	if (c->strike > 0)
		s->strike_day = day_of(time);
	count_full(s, c, time);
}

/* No pause is ever made shorter by another failure. */
static void
prolong(struct bounce_standing *s, int64_t until)
{
	if (until > s->until)
		s->until = until;
}

static void
climb(struct bounce_standing *s, const struct cause *c, int64_t time)
{
	if (s->level < c->backoff_count)
		s->level++;
	else
		s->level = (unsigned)c->backoff_count;
	prolong(s, s->level > 0 ? time + c->backoff[s->level - 1] : time);
}

static void
mark(struct bounce_standing *s, const struct cause *c, const struct bounce_policy *policy,
     int64_t time)
{
	bool again = c->known && c->reason == s->reason && !c->echo;

	if (s->gone_at == 0) {
		s->gone_at = time;
		s->confirmed_at = policy->confirm <= 1 || c->sealed ? time : 0;
	} else if (s->confirmed_at == 0 && again && time - s->gone_at >= policy->confirm_gap) {
		s->confirmed_at = time;
	}
}

static void
forget(struct bounce_standing *s)
{
	s->level = s->score = s->probe = s->full_count = 0;
	s->until = s->scored_at = s->strike_day = s->gone_at = s->confirmed_at = 0;
	s->full_since = s->full_at = 0;
}

/* The one place where a standing changes. */
static struct bounce_standing
enter(const struct bounce_standing *now, enum bounce_event event, const struct cause *c,
      const struct bounce_policy *policy, int64_t time)
{
	const struct cell *cell = &table[now->state][event];
	struct bounce_standing s = *now;

	if (cell->next == BOUNCE_STATE_SAME)
		return s;
	if ((cell->acts & MEND) != 0 && s.confirmed_at != 0)
		return s;
	if ((cell->acts & FORGET) != 0)
		forget(&s);
	if ((cell->acts & MARK) != 0)
		mark(&s, c, policy, time);
	if ((cell->acts & COUNT) != 0)
		count(&s, c, policy, time);
	if ((cell->acts & CLIMB) != 0)
		climb(&s, c, time);
	if ((cell->acts & REST) != 0)
		prolong(&s, time + policy->suspend);
	if ((cell->acts & SEAL) != 0) {
		s.confirmed_at = time;
		if (s.gone_at == 0)
			s.gone_at = time;
	}
	if (cell->next == s.state)
		return s;
	s.state = (enum bounce_state)cell->next;
	s.since = time;
	if (s.state != BOUNCE_STATE_BACKOFF && s.state != BOUNCE_STATE_SUSPENDED)
		s.until = 0;
	return s;
}

/* ---- from a report to an event ---- */

/* What the report comes to under the policy. */
struct plan {
	const struct bounce_rule *rule;
	enum bounce_disposition disposition;
	bool long_full; /* full for so long that it counts as disabled */
	struct cause cause;
};

static bool
strike_counts(const struct bounce_standing *now, const struct bounce_incident *what, bool long_full,
	      int64_t time)
{
	int64_t days = day_of(time) - now->strike_day;

	if (what->repeated || days <= 0)
		return false;
	return what->verdict->reason != BOUNCE_REASON_MAILBOX_FULL || long_full ||
	       days >= STATE_FULL_DAYS;
}

static bool
is_long_full(const struct bounce_standing *now, const struct bounce_incident *what,
	     const struct bounce_policy *policy, int64_t time)
{
	return what->verdict->reason == BOUNCE_REASON_MAILBOX_FULL && !what->repeated &&
	       goes_on_full(now, time) && is_next_full(now, time) &&
	       (now->full_count + 1 >= policy->full_mailings ||
		time - now->full_since >= policy->full_for);
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
		.cause = { .strike = j.weight,
			   .reason = v->reason,
			   .known = true,
			   .echo = what->repeated,
			   .full = v->reason == BOUNCE_REASON_MAILBOX_FULL,
			   .cadence = what->cadence,
			   .backoff = j.backoff,
			   .backoff_count = j.backoff_count },
	};

	p.long_full = j.disposition == BOUNCE_DISPOSITION_BACK_OFF &&
		      is_long_full(now, what, policy, time);
	if (p.long_full) {
		p.disposition = BOUNCE_DISPOSITION_DISABLE;
		p.cause.reason = BOUNCE_REASON_MAILBOX_DISABLED;
		p.cause.strike = bounce_policy_weight(policy, BOUNCE_REASON_MAILBOX_DISABLED) /
				 (v->forwarded ? 2 : 1);
	}
	if (!strike_counts(now, what, p.long_full, time))
		p.cause.strike = 0;
	return p;
}

/* Has the ladder been climbed for this already: by a report of the same day, or for the message? */
static bool
is_same_pause(const struct bounce_standing *now, const struct plan *p, int64_t time)
{
	return p->cause.echo ||
	       (now->state == BOUNCE_STATE_BACKOFF && day_of(now->scored_at) == day_of(time));
}

/* A strike that puts it out: the threshold is reached, or a probe failed. NOTE: neither. */
static enum bounce_event
out_event(const struct bounce_standing *now, const struct plan *p,
	  const struct bounce_policy *policy, int64_t time)
{
	int64_t cadence = p->cause.cadence > 0 ? p->cause.cadence : now->cadence;
	unsigned score = faded_score(now, policy, cadence, time) + p->cause.strike;

	if (p->cause.strike == 0)
		return BOUNCE_EVENT_NOTE;
	if (now->probe > 0 &&
	    (p->disposition == BOUNCE_DISPOSITION_DISABLE || p->cause.reason == now->reason))
		return now->probe >= policy->probes ? BOUNCE_EVENT_LOST : BOUNCE_EVENT_RELAPSE;
	return score >= policy->threshold ? BOUNCE_EVENT_OUT : BOUNCE_EVENT_NOTE;
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
		break;
	case BOUNCE_DISPOSITION_RETRY:
	case BOUNCE_DISPOSITION_BACK_OFF:
		if (out != BOUNCE_EVENT_NOTE)
			return out;
		return is_same_pause(now, p, time) ? BOUNCE_EVENT_NOTE : BOUNCE_EVENT_PAUSE;
	case BOUNCE_DISPOSITION_DISABLE:
		if (out != BOUNCE_EVENT_NOTE)
			return out;
		return p->cause.strike > 0 ? BOUNCE_EVENT_STRIKE : BOUNCE_EVENT_NOTE;
	case BOUNCE_DISPOSITION_DEAD:
		return BOUNCE_EVENT_GONE;
	}
	return BOUNCE_EVENT_NOTE;
}

static bool
is_pinned(enum bounce_state state)
{
	return state == BOUNCE_STATE_PINNED_OK || state == BOUNCE_STATE_PINNED_DEAD;
}

static const char *
why(const struct bounce_standing *now, const struct bounce_standing *next, enum bounce_event event)
{
	if (is_pinned(now->state) && next->state == now->state)
		return "An operator pinned the address.";
	if (next->confirmed_at != 0 && now->confirmed_at == 0 && event == BOUNCE_EVENT_GONE)
		return now->gone_at == 0 ? "The mailbox is gone; the policy wants no second report."
					 : "A second message, days later, says as well that the "
					   "mailbox is gone.";
	if (event == BOUNCE_EVENT_PROOF && now->state == BOUNCE_STATE_DEAD &&
	    next->state == BOUNCE_STATE_DEAD)
		return "It was confirmed that the mailbox is gone; only an operator revives it.";
	return event_texts[event];
}

/* What the report's own circumstances add. */
static const char *
why_report(const struct bounce_verdict *v, const struct plan *p, const struct bounce_transition *t,
	   const struct bounce_standing *now)
{
	if (is_pinned(now->state))
		return t->why;
	if (t->event == BOUNCE_EVENT_NOTE && t->speaks)
		return "This message, or another one today, has counted already.";
	if (v->forwarded && t->strike > 0)
		return "Forward target failed: the address passes its mail on; half a strike.";
	if (p->long_full && t->strike > 0)
		return "The mailbox has been full for so long that it counts as disabled.";
	return t->why;
}

static struct bounce_transition
transition(const struct bounce_standing *before, enum bounce_event event, const struct cause *c,
	   const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing now = settle(before, policy, time);
	const struct cell *cell = &table[now.state][event];
	struct bounce_transition t = {
		.event = event,
		.next = enter(&now, event, c, policy, time),
		.rule = "",
	};

	t.changed = t.next.state != before->state;
	t.why = why(&now, &t.next, event);
	if (cell->next != BOUNCE_STATE_SAME && (cell->acts & COUNT) != 0)
		t.strike = c->strike;
	return t;
}

/* Under report-only: what would have become of it, and nothing comes of it. */
static void
only_report(struct bounce_transition *t, const struct bounce_standing *before)
{
	static const char *const told[BOUNCE_STATE_COUNT] = {
		[BOUNCE_STATE_OK] = "Report-only: nothing changes; it would be ok.",
		[BOUNCE_STATE_BACKOFF] = "Report-only: nothing changes; it would be paused.",
		[BOUNCE_STATE_SUSPENDED] = "Report-only: nothing changes; it would be suspended.",
		[BOUNCE_STATE_DEAD] = "Report-only: nothing changes; it would be dead.",
		[BOUNCE_STATE_COMPLAINED] = "Report-only: nothing changes; it would be complained.",
		[BOUNCE_STATE_PINNED_OK] = "An operator pinned the address.",
		[BOUNCE_STATE_PINNED_DEAD] = "An operator pinned the address.",
	};

	t->why = told[t->next.state];
	t->event = BOUNCE_EVENT_NOTE;
	t->next = *before;
	t->changed = t->speaks = false;
	t->strike = 0;
}

struct bounce_transition
bounce_apply(const struct bounce_standing *now, enum bounce_event event,
	     const struct bounce_policy *policy, int64_t time)
{
	const struct cause none = { .backoff = policy->backoff,
				    .backoff_count = policy->backoff_count };
	struct bounce_transition t = transition(now, event, &none, policy, time);

	if (policy->preset == BOUNCE_PRESET_REPORT_ONLY && event <= BOUNCE_EVENT_PROOF)
		only_report(&t, now);
	return t;
}

struct bounce_transition
bounce_next(const struct bounce_standing *before, const struct bounce_incident *what,
	    const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing now = settle(before, policy, time);
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
	p.cause.sealed = event == BOUNCE_EVENT_LOST && p.cause.reason == now.reason;
	t = transition(before, event, &p.cause, policy, time);
	t.speaks = p.disposition >= BOUNCE_DISPOSITION_RETRY;
	t.why = why_report(what->verdict, &p, &t, &now);
	t.alert = p.disposition == BOUNCE_DISPOSITION_OPERATOR ||
		  p.disposition == BOUNCE_DISPOSITION_CONTENT;
	if (p.rule != NULL)
		t.rule = p.rule->name;
	if (policy->preset == BOUNCE_PRESET_REPORT_ONLY)
		only_report(&t, before);
	return t;
}
