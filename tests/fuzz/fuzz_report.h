/*
 * fuzz_report - looks at every byte of a report, and judges it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_FUZZ_REPORT_H
#define MAILBOUNCED_FUZZ_REPORT_H

#include "bounce.h"
#include "fuzz.h"

#define FUZZ_JUDGED 50 /* recipients that are judged; all are looked at */

static inline void
fuzz_touch_recipient(const struct bounce_recipient *r)
{
	const struct span all[] = {
		r->address,         r->original,   r->final,       r->diagnostic,
		r->diagnostic_type, r->remote_mta, r->rejected_by,
	};

	for (size_t i = 0; i < FUZZ_COUNT(all); i++)
		fuzz_touch(all[i]);
	fuzz_expect(span_len(r->diagnostic) <= BOUNCE_MAX_DIAGNOSTIC);
}

static inline void
fuzz_touch_headers(const struct bounce_report *report)
{
	const struct span all[] = {
		report->reporting_mta,
		report->received_from_mta,
		report->envelope_id,
		report->arrival_date,
		report->message_id,
		report->subject,
		report->original_to,
		report->original_message_id,
		report->original_list_id,
		report->original_from,
		report->original_to_list,
		report->original_subject,
		report->original_date,
		report->received_spf,
		report->generated_by,
		report->how_to_fix,
		report->cause,
		report->admin_info,
		span_of(report->format),
		report->rejecting_organization,
	};

	for (size_t i = 0; i < FUZZ_COUNT(all); i++)
		fuzz_touch(all[i]);
}

static inline void
fuzz_touch_way(const struct bounce_report *report)
{
	fuzz_expect(report->hop_count <= BOUNCE_MAX_HOPS);
	fuzz_expect(report->slowest_hop <= report->hop_count);
	fuzz_expect(report->link_count <= BOUNCE_MAX_LINKS);
	for (size_t i = 0; i < report->hop_count; i++) {
		fuzz_touch(report->hop[i].from);
		fuzz_touch(report->hop[i].to);
		fuzz_touch(report->hop[i].with);
		fuzz_touch(report->hop[i].time);
	}
	for (size_t i = 0; i < report->link_count; i++)
		fuzz_touch(report->link[i]);
}

static inline void
fuzz_judge(const struct bounce_report *report, size_t index)
{
	struct bounce_verdict verdict = bounce_classify(report, index);

	fuzz_touch(span_of(verdict.rule));
	fuzz_touch(span_of(verdict.why));
	for (size_t i = 0; i < verdict.found_count; i++)
		fuzz_touch(verdict.found[i].value);
}

/* All that a report holds, and what is made of it. */
static inline void
fuzz_report(const struct bounce_report *report)
{
	fuzz_expect(report->recipient_count <= BOUNCE_MAX_RECIPIENTS);
	fuzz_touch_headers(report);
	fuzz_touch_way(report);
	for (size_t i = 0; i < report->recipient_count; i++)
		fuzz_touch_recipient(&report->recipient[i]);
	for (size_t i = 0; i < report->recipient_count && i < FUZZ_JUDGED; i++)
		fuzz_judge(report, i);
}

#endif
