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
#define SLOWEST_DECAY 30       /* days a point */
#define WEIGHT_TWICE 250       /* strike of a reason that kills, made milder by a rule */

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
	ON(PAUSE,    COUNT | CLIMB, BACKOFF,     BACKOFF,     SAME,        SAME,        SAME,        SAME,        SAME)
	ON(STRIKE,   COUNT,         OK,          BACKOFF,     SAME,        SAME,        SAME,        SAME,        SAME)
	ON(OUT,      COUNT | REST,  SUSPENDED,   SUSPENDED,   SAME,        SAME,        SAME,        SAME,        SAME)
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
_Static_assert(BOUNCE_EVENT_COUNT == 12, "a new event needs a line in the table");

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

unsigned
bounce_score_at(const struct bounce_standing *standing, int64_t time)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(standing->reason);
	int64_t decay = facts->weight == 0 ? SLOWEST_DECAY : facts->decay_days;
	int64_t passed = time - standing->scored_at;
	int64_t point = decay * DAY, faded;

	if (decay == 0 || passed <= 0)
		return standing->score;
	if (passed > CENTURY)
		passed = CENTURY;
	faded = (passed * 100 + point - 1) / point;
	return faded >= (int64_t)standing->score ? 0 : standing->score - (unsigned)faded;
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

/* Ends a pause that is over, and the ladder's row after a long quiet. */
static struct bounce_standing
settle(const struct bounce_standing *now, const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing s = *now;

	if (is_over(&s, time)) {
		s.state = BOUNCE_STATE_OK;
		s.since = s.until;
		s.until = 0;
	}
	if (s.state == BOUNCE_STATE_OK && s.level > 0 && time - s.since >= policy->suspend)
		s.level = 0;
	return s;
}

/* ---- one step ---- */

/* What comes with an event. */
struct cause {
	unsigned strike;
	enum bounce_reason reason;
	bool known; /* reason is that of a report */
	bool echo;  /* the message has counted before */
	const int64_t *backoff;
	size_t backoff_count;
};

static void
count(struct bounce_standing *s, const struct cause *c, int64_t time)
{
	unsigned score = bounce_score_at(s, time) + c->strike;

	s->score = score > STATE_MAX_SCORE ? STATE_MAX_SCORE : score;
	if (time > s->scored_at)
		s->scored_at = time;
	if (c->known)
		s->reason = c->reason;
	if (c->strike > 0)
		s->strike_day = day_of(time);
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

	if (s->gone_at == 0)
		s->gone_at = time;
	else if (s->confirmed_at == 0 && again && time - s->gone_at >= policy->confirm_gap)
		s->confirmed_at = time;
}

static void
forget(struct bounce_standing *s)
{
	s->level = s->score = 0;
	s->until = s->scored_at = s->strike_day = s->gone_at = s->confirmed_at = 0;
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
		count(&s, c, time);
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

struct bounce_policy
bounce_policy_default(void)
{
	return (struct bounce_policy){
		.threshold = 500,
		.backoff = { 1 * DAY, 3 * DAY, 7 * DAY, 14 * DAY },
		.backoff_count = 4,
		.suspend = 30 * DAY,
		.confirm_gap = 3 * DAY,
		.confirm_quiet = 14 * DAY,
	};
}

static bool
rule_matches(const struct bounce_rule *rule, const struct bounce_incident *what)
{
	const struct bounce_verdict *v = what->verdict;
	const struct bounce_status *s = &rule->status;

	if (rule->reasons != 0 && (rule->reasons >> v->reason & 1) == 0)
		return false;
	if (s->class != 0 && s->class != v->status.class)
		return false;
	if (s->class != 0 && s->subject != UINT16_MAX && s->subject != v->status.subject)
		return false;
	if (s->class != 0 && s->detail != UINT16_MAX && s->detail != v->status.detail)
		return false;
	return rule->domain == NULL || span_ieq(what->domain, span_of(rule->domain));
}

static const struct bounce_rule *
find_rule(const struct bounce_incident *what, const struct bounce_policy *policy)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (rule_matches(&policy->rule[i], what))
			return &policy->rule[i];
	return NULL;
}

/* What the verdict comes to once the operator's rule was asked. */
struct plan {
	const struct bounce_rule *rule;
	enum bounce_disposition disposition;
	struct cause cause;
};

/* A rule that makes a mild reason count must give it some weight. */
static unsigned
weight_for(const struct bounce_verdict *v, enum bounce_disposition disposition)
{
	unsigned usual = bounce_reason_facts(v->reason)->weight;

	if (disposition == v->disposition)
		return v->weight;
	if (disposition < BOUNCE_DISPOSITION_DISABLE)
		return 0;
	if (disposition == BOUNCE_DISPOSITION_DISABLE && usual > WEIGHT_TWICE)
		return WEIGHT_TWICE;
	return usual > 0 ? usual : bounce_reason_facts(BOUNCE_REASON_UNCLASSIFIED)->weight;
}

static bool
strike_counts(const struct bounce_standing *now, const struct bounce_incident *what, int64_t time)
{
	int64_t days = day_of(time) - now->strike_day;

	if (what->repeated || days <= 0)
		return false;
	return what->verdict->reason != BOUNCE_REASON_MAILBOX_FULL || days >= STATE_FULL_DAYS;
}

static struct plan
plan_for(const struct bounce_standing *now, const struct bounce_incident *what,
	 const struct bounce_policy *policy, int64_t time)
{
	const struct bounce_rule *rule = find_rule(what, policy);
	const struct bounce_verdict *v = what->verdict;
	struct plan p = {
		.rule = rule,
		.disposition = v->disposition,
		.cause = { .reason = v->reason,
			   .known = true,
			   .echo = what->repeated,
			   .backoff = policy->backoff,
			   .backoff_count = policy->backoff_count },
	};
	unsigned weight;

	if (rule != NULL && rule->set_disposition)
		p.disposition = rule->disposition;
	weight = weight_for(v, p.disposition);
	if (rule != NULL && rule->set_weight)
		weight = rule->weight;
	if (rule != NULL && rule->backoff_count > 0) {
		p.cause.backoff = rule->backoff;
		p.cause.backoff_count = rule->backoff_count;
	}
	if (weight > STATE_MAX_SCORE)
		weight = STATE_MAX_SCORE;
	p.cause.strike = strike_counts(now, what, time) ? weight : 0;
	return p;
}

/* Has the ladder been climbed for this already: by a report of the same day, or for the message? */
static bool
is_same_pause(const struct bounce_standing *now, const struct plan *p, int64_t time)
{
	return p->cause.echo ||
	       (now->state == BOUNCE_STATE_BACKOFF && day_of(now->scored_at) == day_of(time));
}

static enum bounce_event
event_for(const struct bounce_standing *now, const struct plan *p,
	  const struct bounce_policy *policy, int64_t time)
{
	unsigned score = bounce_score_at(now, time) + p->cause.strike;
	bool out = p->cause.strike > 0 && score >= policy->threshold;

	switch (p->disposition) {
	case BOUNCE_DISPOSITION_IGNORE:
	case BOUNCE_DISPOSITION_CONTENT:
	case BOUNCE_DISPOSITION_OPERATOR:
	case BOUNCE_DISPOSITION_COUNT:
		break;
	case BOUNCE_DISPOSITION_RETRY:
	case BOUNCE_DISPOSITION_BACK_OFF:
		if (out)
			return BOUNCE_EVENT_OUT;
		return is_same_pause(now, p, time) ? BOUNCE_EVENT_NOTE : BOUNCE_EVENT_PAUSE;
	case BOUNCE_DISPOSITION_DISABLE:
		if (out)
			return BOUNCE_EVENT_OUT;
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
		return "A second message, days later, says as well that the mailbox is gone.";
	if (event == BOUNCE_EVENT_PROOF && now->state == BOUNCE_STATE_DEAD &&
	    next->state == BOUNCE_STATE_DEAD)
		return "It was confirmed that the mailbox is gone; only an operator revives it.";
	return event_texts[event];
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

struct bounce_transition
bounce_apply(const struct bounce_standing *now, enum bounce_event event,
	     const struct bounce_policy *policy, int64_t time)
{
	const struct cause none = { .backoff = policy->backoff,
				    .backoff_count = policy->backoff_count };

	return transition(now, event, &none, policy, time);
}

struct bounce_transition
bounce_next(const struct bounce_standing *before, const struct bounce_incident *what,
	    const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing now = settle(before, policy, time);
	struct bounce_transition t;
	enum bounce_event event;
	struct plan p;

	if (what->kind == BOUNCE_KIND_COMPLAINT)
		return bounce_apply(before, BOUNCE_EVENT_COMPLAIN, policy, time);
	if (what->kind != BOUNCE_KIND_BOUNCE || what->verdict == NULL ||
	    what->verdict->severity == BOUNCE_SEVERITY_NONE)
		return bounce_apply(before, BOUNCE_EVENT_NOTE, policy, time);

	p = plan_for(&now, what, policy, time);
	event = event_for(&now, &p, policy, time);
	t = transition(before, event, &p.cause, policy, time);
	t.speaks = p.disposition >= BOUNCE_DISPOSITION_RETRY;
	if (event == BOUNCE_EVENT_NOTE && t.speaks && !is_pinned(now.state))
		t.why = "This message, or another one today, has counted already.";
	t.alert = p.disposition == BOUNCE_DISPOSITION_OPERATOR ||
		  p.disposition == BOUNCE_DISPOSITION_CONTENT;
	if (p.rule != NULL)
		t.rule = p.rule->name;
	return t;
}
