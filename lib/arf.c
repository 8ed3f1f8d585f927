/*
 * arf - feedback reports: somebody called our mail spam (RFC 5965)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "arf.h"

#include "address.h"
#include "header.h"
#include "recipient.h"

/* Fields that name the complainer, in the report and, by providers that leave them out of it, in
 * the returned message. */
static const char *const report_fields[] = {
	"Original-Rcpt-To",
	"Removal-Recipient",
	"Original-Recipient",
};
static const char *const returned_fields[] = {
	"X-HmXmrOriginalRecipient", "X-Original-To", "X-Rcpt-To", "X-Envelope-To", "Delivered-To",
};

/* Reports of this type that complain of nobody: a check of ours failed (RFC 6591), or somebody took
 * our mail out of the spam folder. */
static const char *const not_complaints[] = { "auth-failure", "not-spam" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct complaint {
	struct arena *arena;
	struct bounce_report *report;
	size_t cap;
};

static int
add(struct complaint *c, struct span address, struct bounce_where where)
{
	struct bounce_report *report = c->report;
	struct bounce_recipient *wider;

	if (report->recipient_count >= BOUNCE_MAX_RECIPIENTS) {
		report->recipients_dropped++;
		report->clipped = true;
		return 0;
	}
	wider = arena_grow(c->arena, report->recipient, report->recipient_count, &c->cap,
			   sizeof(*wider));
	if (wider == NULL)
		return -1;
	report->recipient = wider;
	report->recipient[report->recipient_count++] = (struct bounce_recipient){
		.address = address,
		.final = address,
		.address_at = where,
	};
	return 0;
}

/* Adds the addresses of every field of these names. */
static int
add_fields(struct complaint *c, const struct header_list *headers, const char *const *names,
	   size_t count, size_t part)
{
	for (size_t i = 0; i < headers->count; i++) {
		const struct header_field *field = &headers->field[i];
		struct bounce_where where = { (uint32_t)part, field->line };
		struct span rest = field->value;
		struct address address;

		if (!span_iany(field->name, names, count))
			continue;
		if (span_istarts(rest, SPAN("rfc822;")))
			rest.p += strlen("rfc822;");
		if (address_next(c->arena, &rest, &address) &&
		    add(c, address.canonical, where) != 0)
			return -1;
	}
	return 0;
}

/* The headers of the returned message, or NULL. */
static const struct mime_part *
returned_part(const struct mime_message *m, size_t *index)
{
	for (size_t i = 1; i < m->count; i++) {
		size_t parent = m->part[i].parent;

		if (!mime_is_message(m->part[parent].type) || mime_inside_message(m, parent))
			continue;
		*index = i;
		return &m->part[i];
	}
	return NULL;
}

/* By the returned message: a field of the provider's; else its To, which may be a list. */
static int
add_returned(struct complaint *c, const struct mime_message *m)
{
	struct bounce_report *report = c->report;
	size_t index;
	const struct mime_part *part = returned_part(m, &index);

	if (part != NULL &&
	    add_fields(c, &part->headers, returned_fields, COUNT(returned_fields), index) != 0)
		return -1;
	if (report->recipient_count > 0 || span_empty(report->original_to) ||
	    !span_empty(report->original_list_id))
		return 0;
	if (add(c, report->original_to, (struct bounce_where){ 0 }) != 0)
		return -1;
	report->recipient[0].guessed = true;
	return 0;
}

int
arf_read(struct arena *a, const struct mime_message *m, size_t index, struct bounce_report *report)
{
	struct complaint c = { .arena = a, .report = report };
	struct header_list fields;
	struct span body;

	report->recipient = NULL;
	report->recipient_count = 0;
	if (header_parse(a, mime_text(a, &m->part[index]), m->part[index].body_line, &fields,
			 &body) != 0)
		return -1;
	if (span_iany(header_value(&fields, "Feedback-Type"), not_complaints,
		      COUNT(not_complaints))) {
		report->kind = BOUNCE_KIND_OTHER;
		report->format = "";
		report->report_at = (struct bounce_where){ 0 };
		return 0;
	}
	if (add_fields(&c, &fields, report_fields, COUNT(report_fields), index) != 0)
		return -1;
	if (report->recipient_count == 0 && add_returned(&c, m) != 0)
		return -1;
	return recipient_merge(a, report);
}

/* Microsoft's: nothing but the message, with a field that no other mail has. */
static bool
is_microsoft(const struct mime_message *m, size_t *index)
{
	const struct mime_part *part = returned_part(m, index);
	struct span subject = header_value(&m->part[0].headers, "Subject");

	return part != NULL && header_find(&part->headers, "X-HmXmrOriginalRecipient") != NULL &&
	       span_istarts(subject, SPAN("complaint about message from"));
}

/* Is the part there that tells what kind of feedback this is? */
static bool
has_feedback(const struct mime_message *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!mime_inside_message(m, i) &&
		    span_eq(m->part[i].type, SPAN("message/feedback-report")))
			return true;
	return false;
}

int
arf_read_other(struct arena *a, const struct mime_message *m, struct bounce_report *report)
{
	static const char *const from[] = { "From" };
	struct complaint c = { .arena = a, .report = report };
	const struct header_list *headers = &m->part[0].headers;
	size_t index;

	if (span_ieq(mime_param(a, &m->part[0], "report-type"), SPAN("feedback-report")) &&
	    !has_feedback(m)) {
		report->kind = BOUNCE_KIND_COMPLAINT;
		report->format = "arf";
		report->report_at = (struct bounce_where){ 0, m->part[0].line };
		return add_returned(&c, m) != 0 ? -1 : recipient_merge(a, report);
	}
	if (is_microsoft(m, &index)) {
		report->kind = BOUNCE_KIND_COMPLAINT;
		report->format = "microsoft-complaint";
		report->report_at = (struct bounce_where){ 0, m->part[0].line };
		return add_returned(&c, m) != 0 ? -1 : recipient_merge(a, report);
	}
	if (span_ieq(header_value(headers, "X-Apple-Unsubscribe"), SPAN("true"))) {
		report->kind = BOUNCE_KIND_COMPLAINT;
		report->format = "apple-unsubscribe";
		report->report_at = (struct bounce_where){ 0, m->part[0].line };
		return add_fields(&c, headers, from, 1, 0);
	}
	return 0;
}
