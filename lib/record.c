/*
 * record - a transition as the ledger recorded it, and what it does again
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "record.h"

/* Index of the word among the names of an enum with `count` values, or -1 with *bad set. */
static int
value_of(struct span word, const char *(*name)(unsigned), unsigned count, struct span *bad)
{
	for (unsigned i = 0; i < count; i++) {
		if (span_eq(word, span_of(name(i))))
			return (int)i;
	}
	*bad = word;
	return -1;
}

static const char *
kind_name(unsigned i)
{
	return bounce_kind_name((enum bounce_kind)i);
}

static const char *
reason_name(unsigned i)
{
	return bounce_reason_name((enum bounce_reason)i);
}

static const char *
disposition_name(unsigned i)
{
	return bounce_disposition_name((enum bounce_disposition)i);
}

static const char *
severity_name(unsigned i)
{
	return bounce_severity_name((enum bounce_severity)i);
}

static const char *
event_name(unsigned i)
{
	return bounce_event_name((enum bounce_event)i);
}

static int
read_status(struct span text, struct bounce_status *out, struct span *bad)
{
	struct span rest = text;

	*out = (struct bounce_status){ 0 };
	if (span_empty(text) || bounce_status_take(&rest, out))
		return 0;
	*bad = text;
	return -1;
}

static int
read_verdict(const struct bounce_record *r, struct bounce_verdict *out, struct span *bad)
{
	int reason = value_of(r->reason, reason_name, BOUNCE_REASON_COUNT, bad);
	int disposition = value_of(r->disposition, disposition_name, BOUNCE_DISPOSITION_COUNT, bad);
	int severity = value_of(r->severity, severity_name, BOUNCE_SEVERITY_HARD + 1, bad);

	*out = (struct bounce_verdict){
		.weight = r->weight, .forwarded = r->forwarded, .rule = "", .why = ""
	};
	if (reason < 0 || disposition < 0 || severity < 0 ||
	    read_status(r->status, &out->status, bad) < 0)
		return -1;
	out->reason = (enum bounce_reason)reason;
	out->disposition = (enum bounce_disposition)disposition;
	out->severity = (enum bounce_severity)severity;
	return 0;
}

int
bounce_replay(const struct bounce_standing *now, const struct bounce_record *record,
	      const struct bounce_policy *policy, struct bounce_transition *out, struct span *bad)
{
	struct bounce_verdict verdict;
	struct bounce_incident what = { .verdict = &verdict,
					.domain = record->domain,
					.list = record->list,
					.cadence = record->cadence,
					.repeated = record->repeated };
	int value;

	if (!record->reported) {
		value = value_of(record->cause, event_name, BOUNCE_EVENT_COUNT, bad);
		if (value < 0)
			return -1;
		*out = bounce_apply(now, (enum bounce_event)value, policy, record->time);
		return 0;
	}
	value = value_of(record->kind, kind_name, BOUNCE_KIND_COUNT, bad);
	if (value < 0 || read_verdict(record, &verdict, bad) < 0)
		return -1;
	what.kind = (enum bounce_kind)value;
	*out = bounce_next(now, &what, policy, record->time);
	return 0;
}

bool
bounce_standing_same(const struct bounce_standing *a, const struct bounce_standing *b)
{
	return a->state == b->state && (a->scored_at == 0 || a->reason == b->reason) &&
	       a->since == b->since && a->until == b->until && a->level == b->level &&
	       a->score == b->score && a->scored_at == b->scored_at &&
	       a->strike_day == b->strike_day && a->gone_at == b->gone_at &&
	       a->confirmed_at == b->confirmed_at && a->day_strike == b->day_strike &&
	       a->paused_at == b->paused_at && a->full_day == b->full_day &&
	       a->full_count == b->full_count && a->full_since == b->full_since &&
	       a->cadence == b->cadence && a->probe == b->probe &&
	       (a->probe == 0 || a->probe_reason == b->probe_reason);
}
