/*
 * state - what a verdict does to a recipient
 *
 * One dense table, state by event, every cell written; pure: the time is an argument, in seconds
 * since 1970 (UTC). The same events in the same order always give the same standing, so that the
 * ledger can be replayed.
 *
 * The rules, beside the table in state.c:
 *
 *   - A pin wins over every report and over revive and kill; only another pin or unpin ends it.
 *   - What is our fault or the message's (dispositions operator, content), what is no failure
 *     (ignore, delays, success reports) and what is not about our mail never worsens anything.
 *   - Reports of one UTC day count as if they had come in any order: the heaviest is the day's
 *     strike and gives the reason. Where it comes late, it adds what is missing.
 *   - One strike an original message, on the day of its first report; of mailbox-full one in
 *     STATE_FULL_DAYS days. A strike of an earlier day than the last one is not counted: reports
 *     that come out of order must not count twice.
 *   - A temporary failure pauses the address for the next step of the back-off ladder. Reports of
 *     one UTC day are one step, and a message spoken of on an earlier day is none. The ladder
 *     starts anew after proof, with a suspension, and after as much quiet as a suspension takes. It
 *     never makes dead, suspended or complained milder, never shortens a pause, and no step of it
 *     is longer than a suspension.
 *   - Strikes fade as their reason's decay says. The one that reaches the threshold suspends; so
 *     does a temporary failure's.
 *   - A backoff or suspension that is over becomes ok with the next event, score and ladder kept:
 *     if the address fails again it goes further, not back to the start.
 *   - The first mailing after a suspension is a probe. If it fails (a strike of `disable`, or of
 *     the reason that counted last before) the address is suspended again, whatever its score; when
 *     that was the last probe of the policy the address is dead, confirmed when both times gave the
 *     same reason. Proof or a long quiet ends the probing.
 *   - A mailbox that is full for full_for, or for full_mailings in a row (of those of
 *     STATE_FULL_DAYS one counts), counts as disabled.
 *   - What is quiet, for ladders and probes, is as long as a suspension, or two mailings of the
 *     list where that is longer.
 *   - "Gone" stops mail at once. It is confirmed by the same reason from another message on a later
 *     day and at least confirm_gap after the first report (by the first one itself where confirm is
 *     1), or by an operator's kill. (The quiet that confirms as well is judged by who reads the
 *     standing; nothing happens at that moment.)
 *   - A complaint makes everything else that was known of the address unimportant, and forgotten.
 *   - Under the preset report-only no report and no proof changes anything; each is told.
 *   - Proof that mail arrived clears backoff, suspended and an unconfirmed dead. A confirmed dead
 *     or complained address comes back by an operator's revive alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_STATE_H
#define BOUNCE_STATE_H

#include "policy.h"

enum bounce_state {
#define STATE(id, name, text) BOUNCE_STATE_##id,
#include "word.def"
	BOUNCE_STATE_COUNT,
};

enum bounce_event {
#define EVENT(id, name, text) BOUNCE_EVENT_##id,
#include "word.def"
	BOUNCE_EVENT_COUNT,
};

#define STATE_FULL_DAYS 7      /* a full mailbox is a strike once in so many days */
#define STATE_FULL_GAP_DAYS 30 /* so long without a report, or two mailings: the row is broken */

/* What we know of one address. All zero = never heard of: ok. */
struct bounce_standing {
	enum bounce_state state;
	enum bounce_reason reason; /* of the last event that counted; nothing while scored_at is
				      0 */
	int64_t since;             /* when the state was entered */
	int64_t until;             /* end of a backoff or suspension; 0 = none */
	unsigned level;            /* back-offs in a row, 0 = none yet; at most STATE_MAX_BACKOFF */
	unsigned score;            /* strikes in hundredths of a point, as of scored_at */
	int64_t scored_at;         /* when score was last brought up to date, 0 = never */
	int64_t strike_day;        /* day number (seconds / 86400) of the last strike, 0 = none */
	int64_t gone_at;           /* first report that said the mailbox is gone, 0 = none */
	int64_t confirmed_at;      /* when that was confirmed, 0 = not yet */
	unsigned day_strike;       /* hundredths of score that the day of scored_at added */
	int64_t paused_at;         /* when the back-off ladder was last climbed, 0 = never */
	int64_t full_day;          /* day number when a full mailbox last counted, 0 = never */
	unsigned full_count;       /* mailings in a row that found it full, */
	int64_t full_since;        /* since when */
	int64_t cadence; /* seconds between mailings of the fastest list that counts against
			    it; 0 = unknown */
	unsigned probe;  /* the probe after a suspension that is under way, 0 = none */
	enum bounce_reason probe_reason; /* of that suspension */
};

/* What happened to one address. */
struct bounce_incident {
	enum bounce_kind kind;
	const struct bounce_verdict *verdict; /* NULL for operator's events */
	struct span domain;                   /* of the address, lower case */
	bool repeated;    /* a transition of the address about this original message, on an earlier
			     UTC day, `speaks` */
	struct span list; /* List-Id of the mail that came back; empty = unknown */
	int64_t cadence;  /* seconds between mailings of that list; 0 = unknown */
	bool untrusted;   /* nobody knows whether the report is real: it changes nothing */
};

struct bounce_transition {
	enum bounce_event event;
	struct bounce_standing next;
	bool changed;     /* next.state differs from the state before */
	bool speaks;      /* the report tells of a failure that may count: later ones about the same
			     original message are its echoes. Depends on the report, its rule and
			     the policy, never on the standing */
	bool alert;       /* the operator should hear of it (once per reason, refuser and day) */
	unsigned strike;  /* hundredths added */
	const char *rule; /* name of the operator's rule that applied, "" = none */
	const char *why;  /* one plain sentence; never NULL */
};

/*
 * The next standing of an address after a report. Rules of the policy are asked in order. Strikes
 * count once an address, day and original message; a fault of ours (disposition operator or
 * content), a delay or a success report never worsens a state; a pinned address stays pinned.
 */
struct bounce_transition bounce_next(const struct bounce_standing *now,
				     const struct bounce_incident *what,
				     const struct bounce_policy *policy, int64_t time);

/*
 * The next standing after an event that no report caused (proof, revive, kill, pins, unpin). The
 * events of reports are allowed as well; they add no strike then.
 */
struct bounce_transition bounce_apply(const struct bounce_standing *now, enum bounce_event event,
				      const struct bounce_policy *policy, int64_t time);

/* The score on the day of `time`: points fade by whole UTC days as bounce_policy_fading() says of
 * the last reason that counted, rounded in the address's favour. */
unsigned bounce_score_at(const struct bounce_standing *standing, const struct bounce_policy *policy,
			 int64_t time);

/* May the address be mailed at `time`? A backoff or suspension that is over says yes. */
bool bounce_mailable(const struct bounce_standing *standing, int64_t time);

/* Has time healed everything? From then on reports do to the address what they would do to one that
 * was never heard of. */
bool bounce_is_healed(const struct bounce_standing *standing, const struct bounce_policy *policy,
		      int64_t time);

const char *bounce_state_name(enum bounce_state state);
const char *bounce_state_text(enum bounce_state state);
const char *bounce_event_name(enum bounce_event event);
const char *bounce_event_text(enum bounce_event event);
int bounce_state_parse(struct span word, enum bounce_state *out) BOUNCE_MUST_CHECK;

#endif
