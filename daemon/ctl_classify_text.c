/*
 * ctl_classify_text - a mail and its verdicts for people
 *
 * One fact a line, always in the same order, lines without a fact left out: stable enough to be
 * compared with what a test expects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_classify.h"

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

static void
recipient(const struct bounce_report *report, size_t index)
{
	const struct bounce_recipient *r = &report->recipient[index];
	struct bounce_verdict verdict = bounce_classify(report, index);

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
	verdict_lines(&verdict);
	line(4, "diagnostic", r->diagnostic);
	if (r->guessed)
		line(4, "evidence", SPAN("address only from the To of the returned message"));
	place("address", r->address_at);
	place("action", r->action_at);
	place("code", r->status_at);
	place("diagnostic", r->diagnostic_at);
}

void
ctl_classify_text(const char *file, const struct bounce_report *report)
{
	ctl_prints(stdout, file);
	putchar('\n');
	line(2, "kind", span_of(bounce_kind_name(report->kind)));
	line(2, "format", span_of(report->format));
	line(2, "reporter", report->reporting_mta);
	line(2, "subject", report->subject);
	line(2, "original", report->original_message_id);
	line(2, "list", report->original_list_id);
	if (report->clipped)
		line(2, "clipped", SPAN("a limit was reached, not all of the mail was read"));
	if (report->recipients_dropped > 0) {
		name(2, "dropped");
		printf("%zu recipients beyond %d\n", report->recipients_dropped,
		       BOUNCE_MAX_RECIPIENTS);
	}
	for (size_t i = 0; i < report->recipient_count; i++)
		recipient(report, i);
}
