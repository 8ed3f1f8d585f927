/*
 * state - what a verdict does to a recipient
 *
 * bounce_next() turns a report into an event, the table says what the event does in each state, and
 * enter() is the only function that changes a standing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "state_private.h"

#define DAY STATE_DAY
#define CENTURY (36525 * DAY) /* fading looks no further, so that products stay small */

/* ---- the table ---- */

enum act {
	COUNT = 1,   /* the report counts, with its strike if it has one */
	CLIMB = 2,   /* the next step of the back-off ladder */
	REST = 4,    /* a suspension begins, the ladder anew */
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
	ON(NOTE,     COUNT,         OK,          BACKOFF,      SAME,        SAME,        SAME,        SAME,        SAME)
	ON(UNTRUSTED,0,             SAME,        SAME,        SAME,        SAME,        SAME,        SAME,        SAME)
	ON(PAUSE,    COUNT | CLIMB, BACKOFF,     BACKOFF,     SAME,        SAME,        SAME,        SAME,        SAME)
	ON(STRIKE,   COUNT,         OK,          BACKOFF,     SAME,        SAME,        SAME,        SAME,        SAME)
	ON(OUT,      COUNT | REST,  SUSPENDED,   SUSPENDED,   SAME,        SAME,        SAME,        SAME,        SAME)
	ON(RELAPSE,  COUNT | REST,  SUSPENDED,   SUSPENDED,   SAME,        SAME,        SAME,        SAME,        SAME)
	ON(LOST,     COUNT | MARK,  DEAD,        DEAD,        DEAD,        DEAD,        SAME,        SAME,        SAME)
	ON(GONE,     COUNT | MARK,  DEAD,        DEAD,        DEAD,        DEAD,        SAME,        SAME,        SAME)
	ON(UNWANTED, 0,             SAME,        SAME,        SAME,        SAME,        SAME,        SAME,        SAME)
	ON(COMPLAIN, FORGET,        COMPLAINED,  COMPLAINED,  COMPLAINED,  COMPLAINED,  SAME,        SAME,        SAME)
	ON(PROOF,    FORGET | MEND, OK,          OK,          OK,          OK,          SAME,        SAME,        SAME)
	ON(REVIVE,   FORGET,        OK,          OK,          OK,          OK,          OK,          SAME,        SAME)
	ON(KILL,     SEAL,          DEAD,        DEAD,        DEAD,        DEAD,        DEAD,        SAME,        SAME)
	ON(PIN_OK,   FORGET,        PINNED_OK,   PINNED_OK,   PINNED_OK,   PINNED_OK,   PINNED_OK,   SAME,        PINNED_OK)
	ON(PIN_DEAD, FORGET,        PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, PINNED_DEAD, SAME)
	ON(UNPIN,    FORGET,        SAME,        SAME,        SAME,        SAME,        SAME,        OK,          OK)
};
/* clang-format on */

_Static_assert(BOUNCE_STATE_COUNT == 7, "a new state needs a column in the table");
_Static_assert(BOUNCE_EVENT_COUNT == 16, "a new event needs a line in the table");

/* ---- time ---- */

/* By whole UTC days, so that no hour of a day is better than another. */
unsigned
bounce_score_at(const struct bounce_standing *standing, const struct bounce_policy *policy,
		int64_t time)
{
	int64_t point = bounce_policy_fading(policy, standing->reason, standing->cadence);
	int64_t passed = (state_day(time) - state_day(standing->scored_at)) * DAY;
	int64_t faded;

	if (point == 0 || passed <= 0)
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

/* Quiet for so long says something: the list had the time to fail. */
static int64_t
long_quiet(const struct bounce_standing *s, int64_t least)
{
	return 2 * s->cadence > least ? 2 * s->cadence : least;
}

/* A day on which something counted is not quiet, whatever the hour. */
static bool
is_quiet_day(const struct bounce_standing *s, int64_t time)
{
	return state_day(time) > state_day(s->scored_at) && state_day(time) > state_day(s->since);
}

static bool
was_quiet(const struct bounce_standing *s, const struct bounce_policy *policy, int64_t time)
{
	int64_t last = s->scored_at > s->since ? s->scored_at : s->since;

	return time - last >= long_quiet(s, policy->suspend);
}

/* Ends what a long quiet ends: the ladder's row, the probing, the row of full mailboxes. */
static void
rest(struct bounce_standing *s, const struct bounce_policy *policy, int64_t time)
{
	if (!is_quiet_day(s, time))
		return;
	if (s->state == BOUNCE_STATE_OK && was_quiet(s, policy, time))
		s->level = s->probe = 0;
	if ((state_day(time) - s->full_day) * DAY > long_quiet(s, STATE_FULL_GAP_DAYS * DAY))
		s->full_count = 0;
}

/* Every event begins with what time alone has done. */
struct bounce_standing
state_settle(const struct bounce_standing *now, const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing s = *now;

	if (is_over(&s, time)) {
		if (s.state == BOUNCE_STATE_SUSPENDED) {
			s.probe_reason = s.reason;
			s.probe += s.probe < STATE_MAX_PROBES;
		}
		s.state = BOUNCE_STATE_OK;
		s.since = s.until;
		s.until = 0;
	}
	rest(&s, policy, time);
	return s;
}

/* ---- one step ---- */

bool
bounce_is_healed(const struct bounce_standing *standing, const struct bounce_policy *policy,
		 int64_t time)
{
	struct bounce_standing s = state_settle(standing, policy, time);

	return s.state == BOUNCE_STATE_OK && s.level == 0 && s.probe == 0 && s.full_count == 0 &&
	       s.gone_at == 0 && s.confirmed_at == 0 && bounce_score_at(&s, policy, time) == 0;
}

/* Did anything count on the day of `time`? */
static bool
counted_on(const struct bounce_standing *s, int64_t time)
{
	return s->scored_at != 0 && state_day(s->scored_at) == state_day(time);
}

/* Of the strikes that counted on the day of `time`. */
unsigned
state_strike_on(const struct bounce_standing *s, int64_t time)
{
	return counted_on(s, time) ? s->day_strike : 0;
}

/* The heaviest report of a day gives the reason, and of two the one that reason.def has first. Once
 * dead, the reason is that of the first day, which another report must repeat. */
static bool
takes_reason(const struct bounce_standing *s, const struct cause *c, int64_t time)
{
	unsigned so_far = state_strike_on(s, time);

	if (s->state == BOUNCE_STATE_DEAD && state_day(s->gone_at) != state_day(time))
		return false;
	if (!counted_on(s, time) || c->weight > so_far ||
	    (c->gone && s->state != BOUNCE_STATE_DEAD))
		return true;
	return c->weight == so_far && c->reason < s->reason;
}

/* One more mailing of the row, once a day. */
static void
count_full(struct bounce_standing *s, int64_t time)
{
	if (s->full_count == 0)
		s->full_since = time;
	s->full_count += s->full_day != state_day(time);
	s->full_day = state_day(time);
}

/* Nothing is left of what was, or nothing of it matters beside the word that the mailbox is gone.
 */
static bool
begins_anew(const struct bounce_standing *s, const struct cause *c, unsigned faded, int64_t time)
{
	return (faded == 0 && !counted_on(s, time)) || (c->gone && s->state != BOUNCE_STATE_DEAD);
}

/* How often the address is mailed: by the fastest list that counts against it. */
static int64_t
faster(const struct bounce_standing *s, const struct cause *c, bool anew)
{
	int64_t known = anew ? 0 : s->cadence;

	if (c->cadence <= 0)
		return known;
	return known == 0 || c->cadence < known ? c->cadence : known;
}

static void
count(struct bounce_standing *s, const struct cause *c, const struct bounce_policy *policy,
      int64_t time)
{
	unsigned faded = bounce_score_at(s, policy, time);
	unsigned room = faded < STATE_MAX_SCORE ? STATE_MAX_SCORE - faded : 0;
	unsigned so_far = state_strike_on(s, time);
	unsigned strike = c->weight > so_far ? c->weight - so_far : 0;

	if (!c->counts || state_day(time) < state_day(s->scored_at))
		return;
	if (takes_reason(s, c, time))
		s->reason = c->reason;
	if (strike > room)
		strike = room;
	if (c->full)
		count_full(s, time);
	s->cadence = faster(s, c, begins_anew(s, c, faded, time));
	s->day_strike = so_far + strike;
	s->score = faded + strike;
	if (time > s->scored_at)
		s->scored_at = time;
	if (strike > 0)
		s->strike_day = state_day(time);
}

/* No pause is ever made shorter by another failure. */
static void
prolong(struct bounce_standing *s, int64_t until)
{
	if (until > s->until)
		s->until = until;
}

/* The pause that a ladder gives on the standing's step; a suspension is never shorter. */
static int64_t
step(const struct bounce_standing *s, const struct cause *c, const struct bounce_policy *policy)
{
	size_t i = s->level < c->backoff_count ? s->level : c->backoff_count;
	int64_t length = i > 0 ? c->backoff[i - 1] : 0;

	return length < policy->suspend ? length : policy->suspend;
}

static void
climb(struct bounce_standing *s, const struct cause *c, const struct bounce_policy *policy,
      int64_t time)
{
	if (s->level < STATE_MAX_BACKOFF)
		s->level++;
	s->paused_at = time;
	prolong(s, time + step(s, c, policy));
}

static void
leave_ladder(struct bounce_standing *s)
{
	s->level = 0;
	s->paused_at = 0;
}

/* Of the day on which the mailbox is said to be gone, nothing else counts. */
static void
mark_first(struct bounce_standing *s, int64_t time)
{
	if (s->state == BOUNCE_STATE_SUSPENDED && state_day(s->since) != state_day(time))
		s->probe = 0; /* none is under way, and none will be */
	s->score -= state_strike_on(s, time);
	s->day_strike = 0;
	s->strike_day = state_day(time);
	leave_ladder(s);
	if (s->gone_at == 0)
		s->gone_at = time;
}

/* A day's order must not matter, so the same day confirms nothing. */
static void
mark(struct bounce_standing *s, const struct cause *c, const struct bounce_policy *policy,
     int64_t time)
{
	bool again = c->counts && c->reason == s->reason && !c->echo;

	if (s->state != BOUNCE_STATE_DEAD)
		mark_first(s, time);
	else if (s->confirmed_at == 0 && again && state_day(time) > state_day(s->gone_at) &&
		 time - s->gone_at >= policy->confirm_gap)
		s->confirmed_at = time;
	if (s->confirmed_at == 0 && (c->sealed || policy->confirm <= 1))
		s->confirmed_at = time;
}

static void
forget(struct bounce_standing *s)
{
	*s = (struct bounce_standing){ .state = s->state, .since = s->since };
}

/* What a cell that keeps its state does all the same: a suspension's own day is still counted, and
 * the row of full mailboxes goes on until the day after its death. */
static struct bounce_standing
keep(const struct bounce_standing *now, const struct cause *c, const struct bounce_policy *policy,
     int64_t time)
{
	struct bounce_standing s = *now;
	bool today = state_day(s.since) == state_day(time);

	if (s.state == BOUNCE_STATE_SUSPENDED && today)
		count(&s, c, policy, time);
	if (c->counts && c->full &&
	    (s.state == BOUNCE_STATE_SUSPENDED || (s.state == BOUNCE_STATE_DEAD && today)))
		count_full(&s, time);
	return s;
}

/* The one place where a standing changes. */
static struct bounce_standing
enter(const struct bounce_standing *now, enum bounce_event event, const struct cause *c,
      const struct bounce_policy *policy, int64_t time)
{
	const struct cell *cell = &table[now->state][event];
	struct bounce_standing s = *now;

	if (cell->next == BOUNCE_STATE_SAME)
		return keep(now, c, policy, time);
	if ((cell->acts & MEND) != 0 && s.confirmed_at != 0)
		return s;
	if ((cell->acts & MARK) != 0 && s.confirmed_at != 0 &&
	    state_day(s.confirmed_at) < state_day(time))
		return s;
	if ((cell->acts & FORGET) != 0)
		forget(&s);
	if ((cell->acts & MARK) != 0)
		mark(&s, c, policy, time);
	if ((cell->acts & COUNT) != 0)
		count(&s, c, policy, time);
	if ((cell->acts & CLIMB) != 0)
		climb(&s, c, policy, time);
	if ((cell->acts & REST) != 0) {
		prolong(&s, time + policy->suspend);
		leave_ladder(&s);
	}
	if (c->again && s.state == BOUNCE_STATE_BACKOFF)
		prolong(&s, s.paused_at + step(&s, c, policy));
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

/* ---- what comes of it ---- */

static const char *
why(const struct bounce_standing *now, const struct bounce_standing *next, enum bounce_event event)
{
	if (state_is_pinned(now->state) && next->state == now->state)
		return "An operator pinned the address.";
	if (next->confirmed_at != 0 && now->confirmed_at == 0 && event == BOUNCE_EVENT_GONE)
		return now->gone_at == 0 ? "The mailbox is gone; the policy wants no second report."
					 : "A second message, days later, says as well that the "
					   "mailbox is gone.";
	if (event == BOUNCE_EVENT_PROOF && now->state == BOUNCE_STATE_DEAD &&
	    next->state == BOUNCE_STATE_DEAD)
		return "It was confirmed that the mailbox is gone; only an operator revives it.";
	return bounce_event_text(event);
}

struct bounce_transition
state_enter(const struct bounce_standing *before, enum bounce_event event, const struct cause *c,
	    const struct bounce_policy *policy, int64_t time)
{
	struct bounce_standing now = state_settle(before, policy, time);
	unsigned so_far = state_strike_on(&now, time);
	struct bounce_transition t = {
		.event = event,
		.next = enter(&now, event, c, policy, time),
		.rule = "",
	};
	unsigned now_in_all = state_strike_on(&t.next, time);

	t.changed = t.next.state != before->state;
	t.why = why(&now, &t.next, event);
	t.strike = now_in_all > so_far ? now_in_all - so_far : 0;
	return t;
}

/* Under report-only: what would have become of it, and nothing comes of it. */
void
state_only_report(struct bounce_transition *t, const struct bounce_standing *before)
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
	struct bounce_transition t = state_enter(now, event, &none, policy, time);

	if (policy->preset == BOUNCE_PRESET_REPORT_ONLY && event <= BOUNCE_EVENT_PROOF &&
	    event != BOUNCE_EVENT_UNTRUSTED)
		state_only_report(&t, now);
	return t;
}
