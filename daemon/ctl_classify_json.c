/*
 * ctl_classify_json - one line of JSON a mail
 *
 * The fields "kind", "address", "status", "smtp", "severity", "reason" and "action" keep to the
 * words that programs which compare bounce parsers agree on; everything else is ours.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_classify.h"
#include "json.h"

/* Written out whenever so much has piled up: a report may name 100,000 recipients. */
#define CHUNK ((size_t)64 * 1024)

/* The common vocabulary has no words for mail that asks, confirms reading, or is not ours. */
static const char *
common_kind(enum bounce_kind kind)
{
	switch (kind) {
	case BOUNCE_KIND_RECEIPT:
	case BOUNCE_KIND_CHALLENGE:
	case BOUNCE_KIND_BACKSCATTER:
	case BOUNCE_KIND_COUNT:
		return bounce_kind_name(BOUNCE_KIND_OTHER);
	case BOUNCE_KIND_OTHER:
	case BOUNCE_KIND_BOUNCE:
	case BOUNCE_KIND_DELAYED:
	case BOUNCE_KIND_COMPLAINT:
	case BOUNCE_KIND_AUTO_REPLY:
	case BOUNCE_KIND_SUCCESS:
		break;
	}
	return bounce_kind_name(kind);
}

/* Nor has it a word between failed and well: what is delayed counts as soft. */
static const char *
common_severity(const struct bounce_verdict *verdict, enum bounce_action action)
{
	if (verdict->severity == BOUNCE_SEVERITY_NONE && action == BOUNCE_ACTION_DELAYED)
		return bounce_severity_name(BOUNCE_SEVERITY_SOFT);
	return bounce_severity_name(verdict->severity);
}

static void
where(struct json *j, const char *key, struct bounce_where at)
{
	if (at.line == 0)
		return;
	json_object(j, key);
	json_number(j, "part", at.part);
	json_number(j, "line", at.line);
	json_end_object(j);
}

static void
verdict_fields(struct json *j, const struct bounce_verdict *verdict)
{
	json_string(j, "disposition", bounce_disposition_name(verdict->disposition));
	json_string(j, "bad", bounce_bad_name(verdict->bad));
	json_string(j, "effect", bounce_effect_name(verdict->effect));
	json_string(j, "fixer", bounce_fixer_name(verdict->fixer));
	json_number(j, "weight", verdict->weight);
	json_string(j, "rule", verdict->rule);
	json_string(j, "why", verdict->why);
	json_array(j, "found");
	for (size_t i = 0; i < verdict->found_count; i++) {
		json_object(j, NULL);
		json_string(j, "kind", verdict->found[i].kind);
		json_text(j, "value", verdict->found[i].value);
		json_end_object(j);
	}
	json_end_array(j);
}

static void
recipient(struct json *j, const struct bounce_report *report, size_t index,
	  const struct ctl_shown *shown)
{
	const struct bounce_recipient *r = &report->recipient[index];
	struct bounce_verdict verdict = bounce_classify_with(report, index, shown->own);
	char code[BOUNCE_STATUS_TEXT], smtp[8] = "";

	if (verdict.smtp != 0)
		snprintf(smtp, sizeof(smtp), "%u", verdict.smtp);
	json_object(j, NULL);
	json_text(j, "address", r->address);
	json_string(j, "status", bounce_status_format(verdict.status, code));
	json_string(j, "smtp", smtp);
	json_string(j, "severity", common_severity(&verdict, r->action));
	json_string(j, "reason", bounce_reason_name(verdict.reason));
	json_string(j, "action", bounce_action_name(r->action));
	json_text(j, "original", r->original);
	json_text(j, "final", r->final);
	json_string(j, "field_status", bounce_status_format(r->field_status, code));
	json_string(j, "stage", bounce_stage_name(r->stage));
	json_text(j, "remote_mta", r->remote_mta);
	json_text(j, "remote_ip", r->remote_ip);
	json_text(j, "told_by", r->told_by);
	json_text(j, "rejected_by", r->rejected_by);
	json_bool(j, "rejected_by_microsoft", r->rejected_by_microsoft);
	json_string(j, "to", bounce_to_name(r->to));
	json_bool(j, "guessed", r->guessed);
	json_text(j, "diagnostic_type", r->diagnostic_type);
	json_text(j, "diagnostic", r->diagnostic);
	verdict_fields(j, &verdict);
	json_object(j, "where");
	where(j, "address", r->address_at);
	where(j, "action", r->action_at);
	where(j, "status", r->status_at);
	where(j, "diagnostic", r->diagnostic_at);
	json_end_object(j);
	json_end_object(j);
}

/* What the report says to people. */
static void
advice_fields(struct json *j, const struct bounce_report *report)
{
	json_bool(j, "made_by_microsoft", report->made_by_microsoft);
	json_text(j, "generated_by", report->generated_by);
	json_text(j, "rejecting_organization", report->rejecting_organization);
	json_text(j, "cause", report->cause);
	json_text(j, "how_to_fix", report->how_to_fix);
	json_text(j, "admin_info", report->admin_info);
	json_string(j, "fix_owner", bounce_fixer_name(report->fix_owner));
	json_array(j, "links");
	for (size_t i = 0; i < report->link_count; i++)
		json_text(j, NULL, report->link[i]);
	json_end_array(j);
	json_array(j, "hops");
	for (size_t i = 0; i < report->hop_count; i++) {
		json_object(j, NULL);
		json_text(j, "from", report->hop[i].from);
		json_text(j, "to", report->hop[i].to);
		json_text(j, "with", report->hop[i].with);
		json_text(j, "time", report->hop[i].time);
		json_number(j, "delay", report->hop[i].delay);
		json_bool(j, "slowest", i == report->slowest_hop);
		json_end_object(j);
	}
	json_end_array(j);
}

static void
message_fields(struct json *j, const struct bounce_report *report)
{
	json_string(j, "exact_kind", bounce_kind_name(report->kind));
	json_string(j, "format", report->format);
	json_text(j, "reporting_mta", report->reporting_mta);
	json_text(j, "received_from_mta", report->received_from_mta);
	json_text(j, "envelope_id", report->envelope_id);
	json_text(j, "arrival_date", report->arrival_date);
	json_text(j, "message_id", report->message_id);
	json_text(j, "subject", report->subject);
	json_text(j, "original_message_id", report->original_message_id);
	json_text(j, "list_id", report->original_list_id);
	json_text(j, "original_from", report->original_from);
	json_text(j, "original_to", report->original_to);
	json_text(j, "original_subject", report->original_subject);
	json_text(j, "original_date", report->original_date);
	json_text(j, "received_spf", report->received_spf);
	advice_fields(j, report);
	where(j, "report_at", report->report_at);
	json_bool(j, "clipped", report->clipped);
	json_number(j, "recipients_dropped", (int64_t)report->recipients_dropped);
}

void
ctl_classify_json(const char *file, const struct bounce_report *report,
		  const struct ctl_shown *shown)
{
	struct buf out = BUF_INIT;
	struct json j;

	json_init(&j, &out);
	json_object(&j, NULL);
	json_string(&j, "file", file);
	json_string(&j, "kind", common_kind(report->kind));
	json_array(&j, "recipients");
	for (size_t i = 0; i < report->recipient_count; i++) {
		recipient(&j, report, i, shown);
		if (out.len >= CHUNK)
			ctl_flush(&out);
	}
	json_end_array(&j);
	message_fields(&j, report);
	json_end_object(&j);
	buf_addc(&out, '\n');
	ctl_flush(&out);
	buf_free(&out);
}
