/*
 * ctl_classify_text - a mail and its verdicts for people
 *
 * One fact a line, always in the same order, lines without a fact left out: stable enough to be
 * compared with what a test expects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_classify.h"

#include "code.h"
#include "log.h"

#define NAME_WIDTH 14

static void
name(int indent, const char *what)
{
	printf("%*s%-*s", indent, "", NAME_WIDTH, what);
}

static void
line(int indent, const char *what, struct span text)
{
	if (span_empty(text))
		return;
	name(indent, what);
	ctl_print(stdout, text);
	putchar('\n');
}

/* "word (what it means)" */
static void
explained(int indent, const char *what, const char *word, const char *meaning)
{
	name(indent, what);
	printf("%s (%s)\n", word, meaning);
}

static void
place(const char *what, struct bounce_where at)
{
	if (at.line == 0)
		return;
	name(4, "evidence");
	printf("%s in part %u, line %u\n", what, (unsigned)at.part, (unsigned)at.line);
}

static void
code(const struct bounce_recipient *r, const struct bounce_verdict *verdict)
{
	char counts[BOUNCE_STATUS_TEXT], field[BOUNCE_STATUS_TEXT];

	bounce_status_format(verdict->status, counts);
	bounce_status_format(r->field_status, field);
	if (counts[0] != '\0') {
		name(4, "code");
		printf("%s", counts);
		if (field[0] != '\0' && strcmp(counts, field) != 0)
			printf(" (the Status field says %s)", field);
		putchar('\n');
	}
	if (verdict->smtp != 0) {
		name(4, "reply");
		printf("%u\n", verdict->smtp);
	}
}

static void
verdict_lines(const struct bounce_verdict *verdict)
{
	explained(4, "reason", bounce_reason_name(verdict->reason),
		  bounce_reason_text(verdict->reason));
	line(4, "severity", span_of(bounce_severity_name(verdict->severity)));
	line(4, "bad address", span_of(bounce_bad_name(verdict->bad)));
	line(4, "effect", span_of(bounce_effect_name(verdict->effect)));
	explained(4, "what we do", bounce_disposition_name(verdict->disposition),
		  bounce_disposition_text(verdict->disposition));
	if (verdict->fixer != BOUNCE_FIXER_NONE)
		explained(4, "who fixes it", bounce_fixer_name(verdict->fixer),
			  bounce_fixer_text(verdict->fixer));
	line(4, "rule", span_of(verdict->rule));
	line(4, "why", span_of(verdict->why));
	for (size_t i = 0; i < verdict->found_count; i++) {
		name(4, "found");
		printf("%s ", verdict->found[i].kind);
		ctl_print(stdout, verdict->found[i].value);
		putchar('\n');
	}
}

/* One row that was considered: what it is, where its phrase stands, and why it won or lost. */
static void
candidate(const struct bounce_recipient *r, const struct bounce_candidate *c)
{
	const struct bounce_row *row = c->row;

	name(4, c->lost == NULL ? "decides" : "considered");
	printf("%s", row->rule);
	if (row->reason != BOUNCE_REASON_COUNT)
		printf(": %s", bounce_reason_name(row->reason));
	if (!span_empty(c->at)) {
		printf(", for \"");
		ctl_print(stdout, c->at);
		printf("\" at byte %zu", (size_t)(c->at.p - r->diagnostic.p));
	} else if (row->phrase[0] == '\0' || row->table == CODE_MICROSOFT) {
		printf(", for its code");
	}
	if (c->lost != NULL)
		printf("; not it: %s", c->lost);
	putchar('\n');
}

#define MAX_CANDIDATES 300 /* more rows than can stand in one diagnostic */

static void
explain(const struct bounce_report *report, size_t index, const struct bounce_table *own)
{
	struct bounce_candidate *list = xarray(MAX_CANDIDATES, sizeof(*list));
	size_t count = bounce_explain(report, index, own, list, MAX_CANDIDATES);

	for (size_t i = 0; i < count && i < MAX_CANDIDATES; i++)
		candidate(&report->recipient[index], &list[i]);
	if (count > MAX_CANDIDATES)
		printf("    and %zu rows more\n", count - MAX_CANDIDATES);
	free(list);
}

/* What proves the report to be real, as far as it stands in the mail. */
static void
proof_lines(const struct ctl_shown *shown)
{
	const struct trust_notes *notes = &shown->notes;

	for (size_t i = 0; i < notes->count; i++)
		line(2, "proof", notes->note[i]);
	if (notes->dropped > 0) {
		name(2, "proof");
		printf("and %zu more, which are not told\n", notes->dropped);
	}
	if (shown->config->ring_count + shown->config->batv_count == 0)
		line(2, "proof",
		     SPAN("no token is checked: there are no keys (-c FILE names a "
			  "configuration that has some)"));
}

static void
trust_lines(const struct bounce_recipient *r, const struct ctl_shown *shown)
{
	const struct trust_seen unknown = { false, false, false };
	const struct trust_verdict verdict = trust_of(&shown->trust, shown->config, &unknown, r);

	name(4, "trust");
	printf("T%u, ", (unsigned)verdict.grade);
	ctl_prints(stdout,
		   verdict.proof[0] != '\0' ? verdict.proof : "nothing in the mail proves it");
	if (verdict.grade == TRUST_NONE && shown->trust.refused != NULL)
		printf(": %s", shown->trust.refused);
	putchar('\n');
	if (verdict.strict && verdict.grade < TRUST_LIST)
		line(4, "trust",
		     SPAN("the list wants tokens (require-token): it would change "
			  "nothing"));
}

static void
recipient(const struct bounce_report *report, size_t index, const struct ctl_shown *shown)
{
	const struct bounce_recipient *r = &report->recipient[index];
	struct bounce_verdict verdict = bounce_classify_with(report, index, shown->own);

	printf("  recipient %zu of %zu\n", index + 1, report->recipient_count);
	line(4, "address", r->address);
	if (!span_eq(r->original, r->address))
		line(4, "original", r->original);
	if (!span_eq(r->final, r->address))
		line(4, "final", r->final);
	line(4, "action", span_of(bounce_action_name(r->action)));
	code(r, &verdict);
	line(4, "stage", span_of(bounce_stage_name(r->stage)));
	line(4, "remote", r->remote_mta);
	line(4, "remote ip", r->remote_ip);
	line(4, "told by", r->told_by);
	if (!span_eq(r->rejected_by, r->remote_mta))
		line(4, "rejected by", r->rejected_by);
	if (r->to == BOUNCE_TO_DIFFERS)
		line(4, "hint", SPAN("the returned message's To names another address"));
	verdict_lines(&verdict);
	line(4, "diagnostic", r->diagnostic);
	if (r->guessed)
		line(4, "evidence", SPAN("address only from the To of the returned message"));
	place("address", r->address_at);
	place("action", r->action_at);
	place("code", r->status_at);
	place("diagnostic", r->diagnostic_at);
	if (shown->explain) {
		trust_lines(r, shown);
		explain(report, index, shown->own);
	}
}

/* What the report says to people. */
static void
advice(const struct bounce_report *report)
{
	if (!span_eq(report->generated_by, report->reporting_mta))
		line(2, "generated by", report->generated_by);
	line(2, "rejecting", report->rejecting_organization);
	line(2, "cause", report->cause);
	if (report->fix_owner != BOUNCE_FIXER_NONE)
		line(2, "fix it", span_of(bounce_fixer_name(report->fix_owner)));
	line(2, "how to fix", report->how_to_fix);
	line(2, "for admins", report->admin_info);
	for (size_t i = 0; i < report->link_count; i++)
		line(2, "link", report->link[i]);
	if (report->slowest_hop < report->hop_count) {
		const struct bounce_hop *hop = &report->hop[report->slowest_hop];

		name(2, "slowest hop");
		printf("%zu of %zu, %d s, ", report->slowest_hop + 1, report->hop_count,
		       (int)hop->delay);
		ctl_print(stdout, hop->from);
		printf(" -> ");
		ctl_print(stdout, hop->to);
		putchar('\n');
	}
	if (!span_empty(report->received_spf) && !span_eq(report->received_spf, SPAN("pass")))
		line(2, "spf", report->received_spf);
}

void
ctl_classify_text(const char *file, const struct bounce_report *report,
		  const struct ctl_shown *shown)
{
	ctl_prints(stdout, file);
	putchar('\n');
	line(2, "kind", span_of(bounce_kind_name(report->kind)));
	line(2, "format", span_of(report->format));
	line(2, "reporter", report->reporting_mta);
	line(2, "subject", report->subject);
	line(2, "original", report->original_message_id);
	line(2, "list", report->original_list_id);
	advice(report);
	if (shown->explain)
		proof_lines(shown);
	if (report->clipped)
		line(2, "clipped", SPAN("a limit was reached, not all of the mail was read"));
	if (report->recipients_dropped > 0) {
		name(2, "dropped");
		printf("%zu recipients beyond %d\n", report->recipients_dropped,
		       BOUNCE_MAX_RECIPIENTS);
	}
	for (size_t i = 0; i < report->recipient_count; i++)
		recipient(report, i, shown);
}
