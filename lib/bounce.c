/*
 * bounce - what a message is, and what it reports
 *
 * The kind is decided by structure, never by words in a subject or a text: which parts there are,
 * where they stand, and who sent them. A report inside a message/rfc822 part was forwarded by
 * somebody and is not our report; a report beside a person's text must be shown to come from a
 * machine.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "bounce.h"

#include "address.h"
#include "arf.h"
#include "ascii.h"
#include "dsn.h"
#include "field.h"
#include "format.h"
#include "header.h"
#include "hint.h"
#include "mime.h"
#include "ndr.h"
#include "notbounce.h"
#include "recipient.h"
#include "returned.h"
#include "salvage.h"
#include "sns.h"
#include "textual.h"

/* What reading one message needs at every step. */
struct reading {
	struct arena *arena;
	struct mime_message mime;
	const struct header_list *headers; /* of the message itself */
	struct bounce_report *report;
	struct textual text;
	struct notbounce sender;
	bool answer; /* it answers by itself, for a person who is away */
};

/* Part types that make a message a report. */
static const struct {
	struct span type;
	enum bounce_kind kind; /* BOUNCE: the recipients' fates decide */
} report_types[] = {
	{ SPAN_INIT("message/delivery-status"), BOUNCE_KIND_BOUNCE },
	{ SPAN_INIT("message/global-delivery-status"), BOUNCE_KIND_BOUNCE },
	{ SPAN_INIT("message/disposition-notification"), BOUNCE_KIND_RECEIPT },
	{ SPAN_INIT("message/global-disposition-notification"), BOUNCE_KIND_RECEIPT },
	{ SPAN_INIT("message/feedback-report"), BOUNCE_KIND_COMPLAINT },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* message with LF where it had CR alone, as files of old Macintoshes and some pipes have it. */
static struct span
cr_to_lf(struct arena *a, struct span message)
{
	const char *p = message.p;
	char *copy, *to;

	if (span_chr(message, '\n') != NULL || span_chr(message, '\r') == NULL)
		return message;
	copy = to = arena_text(a, span_len(message));
	if (copy == NULL)
		return message;
	for (; message.end - p >= ASCII16; p += ASCII16, to += ASCII16) {
		struct ascii16 x = ascii16_load(p);

		x.byte ^= ascii16_is(x, '\r').byte & ('\r' ^ '\n');
		ascii16_store(to, x);
	}
	for (; p != message.end; p++)
		*to++ = *p == '\r' ? '\n' : *p;
	return (struct span){ copy, to };
}

/* Is it a part of a multipart/report? */
static bool
is_in_report(const struct mime_message *m, size_t index)
{
	size_t parent = m->part[index].parent;

	return parent != MIME_NO_PARENT && span_eq(m->part[parent].type, SPAN("multipart/report"));
}

/* Did a program write the message, and not in the name of somebody who is away? */
static bool
is_by_program(const struct reading *r)
{
	return r->sender.program && !r->answer;
}

/*
 * May part `index` be a report of ours? In a multipart/report it is one, and gateways that add a
 * footer wrap that once more; but what stands in front of it was written by whoever passed it on.
 * Otherwise a program must have put it there; in an automatic answer it is what was answered.
 */
static bool
may_report(const struct reading *r, size_t index)
{
	const struct mime_message *m = &r->mime;
	size_t parent = m->part[index].parent;

	/* a part has as many parts around it as in front of it: nothing else is in front */
	return (is_in_report(m, index) && m->part[parent].depth == parent) || is_by_program(r);
}

/* Is what looks like a multipart a text that somebody put a raw message into? */
static bool
is_pasted(const struct reading *r)
{
	return r->mime.part[0].untyped && !is_by_program(r);
}

/* The kind of report that part `index` makes of the message by its type; OTHER when it makes none.
 */
static enum bounce_kind
kind_of_part(const struct reading *r, size_t index)
{
	const struct mime_part *part = &r->mime.part[index];

	for (size_t i = 0; i < COUNT(report_types); i++) {
		if (!span_eq(part->type, report_types[i].type))
			continue;
		if (mime_inside_message(&r->mime, index) || is_pasted(r))
			return BOUNCE_KIND_OTHER;
		if (report_types[i].kind == BOUNCE_KIND_BOUNCE && !may_report(r, index))
			return BOUNCE_KIND_OTHER;
		return report_types[i].kind;
	}
	return BOUNCE_KIND_OTHER;
}

/* Reads a delivery-status body that begins on line `line` of part `index` into the report. */
static int
read_status(const struct reading *r, size_t index, struct span text, uint32_t line)
{
	const struct mime_part *part = &r->mime.part[index];
	struct bounce_report *report = r->report;

	if (dsn_read(r->arena, text, (uint32_t)index, line, report) < 0)
		return -1;
	if (report->report_at.line == 0) {
		report->report_at = (struct bounce_where){ (uint32_t)index, part->line };
		report->format = format_of(r->arena, &r->mime, text, report);
	}
	return 0;
}

/* Types that a delivery-status part is disguised as. */
static const char *const disguises[] = {
	"text/plain",
	"text/rfc822-headers",
	"application/octet-stream",
};

/* The delivery-status part in a text that holds more, and the returned message behind it. */
static int
read_salvage(const struct reading *r, size_t index, struct span text)
{
	uint32_t lines = 0, line = r->mime.part[index].body_line;
	struct span status = salvage_status(text, &lines), returned, body;
	struct header_list headers;

	if (lines == 0)
		return 0;
	if (read_status(r, index, status, line + lines) != 0)
		return -1;
	returned = salvage_returned((struct span){ status.end, text.end });
	if (span_empty(returned))
		return 0;
	line += span_lines((struct span){ text.p, returned.p });
	if (header_parse(r->arena, returned, line, &headers, &body) != 0)
		return -1;
	return returned_headers(r->arena, &headers, (uint32_t)index, r->report);
}

/* The delivery-status part that is not typed as one: disguised, or lost in the text of a machine.
 */
static int
read_hidden(const struct reading *r, size_t index)
{
	const struct mime_part *part = &r->mime.part[index];
	struct span text;

	if (mime_inside_message(&r->mime, index) || is_pasted(r) || !may_report(r, index) ||
	    (!span_iany(part->type, disguises, COUNT(disguises)) &&
	     !textual_is_shell(&r->mime, index)))
		return 0;
	text = mime_text(r->arena, part);
	if (is_in_report(&r->mime, index) && dsn_is(text))
		return read_status(r, index, text, part->body_line);
	/* what else stands among a returned message's headers is no report */
	if (!is_by_program(r) || returned_is(part->type))
		return 0;
	return read_salvage(r, index, text);
}

/*
 * Exim names a pipe or a file as Final-Recipient where a user's .forward sent the mail; the address
 * that we mailed stands in X-Failed-Recipients. Certain only when there is one of each.
 */
static void
name_the_nameless(const struct reading *r)
{
	struct bounce_report *report = r->report;
	const struct header_field *field = header_find(r->headers, "X-Failed-Recipients");
	struct address address, second;
	struct span rest;

	if (field == NULL || report->recipient_count != 1 ||
	    !span_empty(report->recipient[0].address))
		return;
	rest = field->value;
	if (!address_next(r->arena, &rest, &address) || address_next(r->arena, &rest, &second))
		return;
	report->recipient[0].address = address.canonical;
	report->recipient[0].address_at = (struct bounce_where){ 0, field->line };
}

static int
read_complaint(const struct reading *r, size_t index)
{
	r->report->format = "arf";
	/* Before the report's own: where it names nobody, the returned message may. */
	if (returned_read(r->arena, &r->mime, r->report) != 0)
		return -1;
	return arf_read(r->arena, &r->mime, index, r->report);
}

/* Reads the parts that make the message a report; the first one of them decides which. */
static int
read_reports(const struct reading *r)
{
	const struct mime_part *part = r->mime.part;
	struct bounce_report *report = r->report;
	size_t status_parts = 0;

	for (size_t i = 0; i < r->mime.count; i++) {
		enum bounce_kind kind = kind_of_part(r, i);

		/* What stands behind the returned message may be text of its author's. */
		if (report->report_at.line != 0 && returned_is(part[i].type))
			break;
		if (kind == BOUNCE_KIND_OTHER)
			continue;
		if (kind != BOUNCE_KIND_BOUNCE) {
			report->kind = kind;
			report->report_at = (struct bounce_where){ (uint32_t)i, part[i].line };
			report->recipient_count = 0;
			return kind == BOUNCE_KIND_COMPLAINT ? read_complaint(r, i) : 0;
		}
		/* Each one goes over the recipients of all before it. */
		if (status_parts++ == BOUNCE_MAX_STATUS_PARTS) {
			report->clipped = true;
			break;
		}
		if (read_status(r, i, mime_text(r->arena, &part[i]), part[i].body_line) != 0)
			return -1;
	}
	for (size_t i = 0; report->report_at.line == 0 && i < r->mime.count; i++)
		if (read_hidden(r, i) != 0)
			return -1;
	name_the_nameless(r);
	report->kind = recipient_kind(report);
	return 0;
}

static void
read_own_headers(const struct reading *r)
{
	struct bounce_report *report = r->report;
	struct span subject = header_text(r->arena, header_value(r->headers, "Subject"));

	report->message_id = field_id(r->arena, header_value(r->headers, "Message-ID"));
	report->subject = field_line(r->arena, subject, FIELD_MAX_TEXT, &report->clipped);
}

/* A notification of SES: its text is JSON. */
static int
read_notification(struct reading *r)
{
	struct bounce_report *report = r->report;
	const struct mta_mail *mail;

	if (header_find(r->headers, "x-amz-sns-message-id") == NULL &&
	    span_ifind(header_value(r->headers, "From"), SPAN("sns.amazonaws.com")) == NULL)
		return 0;
	mail = textual_open(&r->text);
	if (!sns_is(r->headers, mail->text))
		return 0;
	report->format = "ses-notification";
	report->report_at = (struct bounce_where){ mail->part, mail->line };
	return sns_read(r->arena, mail->text, mail->part, mail->line, report);
}

/* The words of a report that has no status part, or one that tells too little. */
static int
read_words(struct reading *r)
{
	struct bounce_report *report = r->report;

	if (report->recipient_count > 0)
		return textual_complete(&r->text, report);
	if (textual_read(&r->text, r->sender.reporter && !r->answer, report) != 0)
		return -1;
	report->kind = recipient_kind(report);
	return 0;
}

/* What a mail is that reports nothing. A challenge is an automatic answer, too. */
static enum bounce_kind
kind_of_rest(const struct reading *r)
{
	if (notbounce_is_challenge(r->headers, r->report->subject))
		return BOUNCE_KIND_CHALLENGE;
	if (r->answer)
		return BOUNCE_KIND_AUTO_REPLY;
	return BOUNCE_KIND_OTHER;
}

static bool
is_failure(enum bounce_kind kind)
{
	return kind == BOUNCE_KIND_BOUNCE || kind == BOUNCE_KIND_DELAYED;
}

static int
read_message(struct reading *r)
{
	struct bounce_report *report = r->report;

	r->headers = &r->mime.part[0].headers;
	read_own_headers(r);
	r->sender = notbounce_read(r->arena, r->headers);
	r->answer = notbounce_is_answer(r->headers, report->subject, &r->sender);
	r->text = (struct textual){ .arena = r->arena,
				    .message = &r->mime,
				    .subject = report->subject,
				    .machine = r->sender.machine && !r->answer,
				    .program = r->sender.program && !r->answer };
	if (read_reports(r) != 0 || returned_read(r->arena, &r->mime, report) != 0)
		return -1;
	if (report->kind == BOUNCE_KIND_OTHER && arf_read_other(r->arena, &r->mime, report) != 0)
		return -1;
	if (report->kind == BOUNCE_KIND_OTHER && read_notification(r) != 0)
		return -1;
	if (report->kind == BOUNCE_KIND_OTHER || is_failure(report->kind))
		if (read_words(r) != 0)
			return -1;
	if (is_failure(report->kind)) {
		if (ndr_read(&r->text, report) != 0)
			return -1;
		hint_to(r->arena, report);
	}
	report->clipped = report->clipped || r->mime.clipped || r->headers->clipped;
	return 0;
}

/* The report that stands in a text, headers and all. */
static struct span
pasted_report(struct reading *r)
{
	struct span rest = textual_open(&r->text)->text, line, body;
	struct header_list headers;
	const char *at = NULL;

	while (at == NULL && span_next_line(&rest, &line))
		if (span_istarts(line, SPAN("Return-Path: <>")) ||
		    span_istarts(line, SPAN("From MAILER-DAEMON")))
			at = line.p;
	if (at == NULL)
		return (struct span){ NULL, NULL };
	rest.p = at;
	if (header_parse(r->arena, rest, 1, &headers, &body) != 0 ||
	    !notbounce_is_system(r->arena, header_value(&headers, "From")))
		return (struct span){ NULL, NULL };
	return rest;
}

/* The message inside, when a machine passed on what another one reported: a gateway's wrapping. */
static struct span
wrapped_report(struct reading *r)
{
	const struct mime_message *m = &r->mime;
	bool passed_on = r->sender.machine && !r->answer;

	for (size_t i = 1; passed_on && i < m->count; i++) {
		const struct mime_part *part = &m->part[i];

		if (mime_is_message(m->part[part->parent].type) &&
		    !mime_inside_message(m, part->parent) &&
		    notbounce_is_system(r->arena, header_value(&part->headers, "From")))
			return mime_body(r->arena, &m->part[part->parent]);
	}
	return passed_on ? pasted_report(r) : (struct span){ NULL, NULL };
}

/* A report of no kind, as far as it says what the message itself is. */
static struct bounce_report
blank_report(const struct bounce_report *from)
{
	return (struct bounce_report){
		.kind = BOUNCE_KIND_OTHER,
		.format = "",
		.message_id = from->message_id,
		.subject = from->subject,
		.headers = from->headers,
		.clipped = from->clipped,
	};
}

int
bounce_read(struct arena *a, struct span message, struct bounce_report *out)
{
	struct reading r = { .arena = a, .report = out };
	struct bounce_report own = { 0 };
	struct span inner = cr_to_lf(a, message);
	enum bounce_kind rest = BOUNCE_KIND_OTHER;
	int depth = 0;

	do {
		*out = blank_report(&own);
		if (mime_parse(a, inner, &r.mime) != 0 || read_message(&r) != 0)
			return -1;
		if (depth == 0) {
			own = *out;
			own.headers = r.headers;
		}
		if (out->kind != BOUNCE_KIND_OTHER)
			break;
		*out = blank_report(&own);
		rest = depth == 0 ? kind_of_rest(&r) : rest;
		out->kind = rest;
		inner = wrapped_report(&r);
	} while (++depth < BOUNCE_MAX_WRAPS && !span_empty(inner));
	/* A report of which nothing could be read is one that somebody should look at. */
	if (out->kind == BOUNCE_KIND_OTHER) {
		out->report_at = own.report_at;
		out->format = own.format;
	}
	out->message_id = own.message_id;
	out->subject = own.subject;
	out->headers = own.headers;
	return a->refused ? -1 : 0;
}
