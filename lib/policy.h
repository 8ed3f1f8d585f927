/*
 * policy - what a list's operator wants done about failures, as plain values
 *
 * A policy is values only: how heavy each reason weighs, how fast that fades, when enough is
 * enough. state.h says what is done with them. Pure; the presets are the three starting points that
 * a configuration may choose from.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_POLICY_H
#define BOUNCE_POLICY_H

#include "bounce.h"

enum bounce_preset {
#define PRESET(id, name, text) BOUNCE_PRESET_##id,
#include "word.def"
	BOUNCE_PRESET_COUNT,
};

#define STATE_DAY ((int64_t)86400)          /* seconds: a strike a day is one a UTC day */
#define STATE_MAX_BACKOFF 8                 /* steps of a back-off ladder */
#define STATE_MAX_RULES 256                 /* rules of a policy */
#define STATE_MAX_PROBES 10                 /* of a suspended address */
#define STATE_MAX_SCORE 100000              /* hundredths; more says nothing more */
#define STATE_MAX_CADENCE (366 * STATE_DAY) /* a list that posts less than once a year is none */

/* What the operator says of one reason in place of reason.def. All zero: nothing. */
struct bounce_reason_policy {
	bool set_weight, set_decay, set_disposition;
	unsigned weight; /* hundredths of a point */
	int64_t decay;   /* seconds in which one point fades, 0 = never by time alone */
	enum bounce_disposition disposition;
};

/* A rule of the operator: the first that matches changes what the reason's own facts say. */
struct bounce_rule {
	const char *name;
	uint64_t reasons;            /* bit 1 << enum bounce_reason; 0 = any */
	struct bounce_status status; /* class 0 = any; subject or detail UINT16_MAX = any */
	const char *domain;          /* recipient domain, lower case; NULL = any */
	const char *list;            /* List-Id of the mail that came back; NULL = any */
	bool set_disposition, set_weight;
	enum bounce_disposition disposition;
	unsigned weight;                    /* hundredths */
	int64_t backoff[STATE_MAX_BACKOFF]; /* seconds */
	size_t backoff_count;               /* 0 = the policy's */
};

struct bounce_policy {
	enum bounce_preset preset;          /* where it began; report-only changes no state */
	unsigned threshold;                 /* score that suspends, hundredths */
	int64_t backoff[STATE_MAX_BACKOFF]; /* seconds, one step a repeat; the last one stays */
	size_t backoff_count;
	int64_t suspend;        /* seconds until a suspended address gets a probe */
	unsigned probes;        /* failed ones that it takes to give a suspended address up */
	unsigned confirm;       /* reports of "gone" that confirm it: 1 or 2 */
	int64_t confirm_gap;    /* least seconds between the two */
	int64_t confirm_quiet;  /* seconds after which "gone" is confirmed without a sign of life;
				   judged by who reads, see schema */
	int64_t grace;          /* seconds after a mailing in which its failures are reported */
	unsigned fade_mailings; /* a point takes at least so many mailings of its list to fade */
	int64_t full_for;       /* a mailbox full for so many seconds, */
	unsigned full_mailings; /* or for so many mailings in a row, counts as disabled */
	struct bounce_reason_policy reason[BOUNCE_REASON_COUNT];
	const struct bounce_rule *rule;
	size_t rule_count;
};

/*
 * careful, the default: threshold 5; 1, 3, 7, 14 days; a probe after 30 days, two at most; gone is
 * confirmed after 3 days by a second report or by 14 days of quiet; grace 5 days; 4 mailings a
 * point; full for 60 days or 6 mailings.
 * strict: threshold 3, one probe, the second report a day later or 7 days of quiet.
 * report-only: careful's values, and no report changes any state.
 */
struct bounce_policy bounce_policy_preset(enum bounce_preset preset);
struct bounce_policy bounce_policy_default(void);

const char *bounce_preset_name(enum bounce_preset preset);

/* Of one reason under this policy: the operator's word, else reason.def's. */
unsigned bounce_policy_weight(const struct bounce_policy *policy, enum bounce_reason reason);

/*
 * The seconds in which one point of this reason fades, 0 = never. cadence: seconds between two
 * mailings of the list, 0 = unknown. A point lasts for at least fade_mailings of them: an address
 * that is mailed four times a year would be forgiven before it can fail again. A reason without
 * weight in reason.def has no decay there; the slowest of all is taken.
 */
int64_t bounce_policy_fading(const struct bounce_policy *policy, enum bounce_reason reason,
			     int64_t cadence);

/* What a verdict comes to under a policy. */
struct bounce_judgement {
	const struct bounce_rule *rule; /* that applied; NULL = none */
	enum bounce_disposition disposition;
	unsigned weight; /* hundredths, at most STATE_MAX_SCORE */
	const int64_t *backoff;
	size_t backoff_count;
};

/*
 * A verdict that weighs less than its reason usually does (half a strike of a forwarded address, a
 * doubt of the classifier) weighs less in the same measure under the policy's own weight, and one
 * whose disposition is not the reason's usual one keeps it: the evidence said so. A rule overrides
 * both; but a forwarded address never gets more than half a strike, and never more than `disable`.
 */
struct bounce_judgement bounce_policy_judge(const struct bounce_policy *policy,
					    const struct bounce_verdict *verdict,
					    struct span domain, struct span list);

#endif
