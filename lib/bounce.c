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
#include "dsn.h"
#include "field.h"
#include "format.h"
#include "header.h"
#include "mime.h"
#include "recipient.h"
#include "returned.h"
#include "salvage.h"

/* What reading one message needs at every step. */
struct reading {
	struct arena *arena;
	struct mime_message mime;
	const struct header_list *headers; /* of the message itself */
	struct bounce_report *report;
};

/* Part types that make a message a report. */
static const struct {
	const char *type;
	enum bounce_kind kind; /* BOUNCE: the recipients' fates decide */
} report_types[] = {
	{ "message/delivery-status", BOUNCE_KIND_BOUNCE },
	{ "message/global-delivery-status", BOUNCE_KIND_BOUNCE },
	{ "message/disposition-notification", BOUNCE_KIND_RECEIPT },
	{ "message/global-disposition-notification", BOUNCE_KIND_RECEIPT },
	{ "message/feedback-report", BOUNCE_KIND_COMPLAINT },
};

/* Local parts that programs alone send from, and those that people share with them. */
static const char *const daemons[] = {
	"mailer-daemon",
	"mailerdaemon",
	/* Exchange and Microsoft 365, the same in every tenant */
	"microsoftexchange329e71ec88ae4615bbc36ab6ce41109e",
};
static const char *const postmasters[] = { "postmaster" };

/* Headers of automatic answers older than RFC 3834, or ignorant of it; an empty text means any
 * value. */
static const struct {
	const char *name, *text;
} answers[] = {
	{ "X-Autoreply", "" },
	{ "X-Autorespond", "" },
	{ "Precedence", "auto_reply" },
	{ "X-Apple-Action", "VACATION" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* message with LF where it had CR alone, as files of old Macintoshes and some pipes have it. */
static struct span
cr_to_lf(struct arena *a, struct span message)
{
	struct span copy;
	char *to;

	if (span_chr(message, '\r') == NULL || span_chr(message, '\n') != NULL)
		return message;
	to = arena_alloc(a, span_len(message));
	if (to == NULL)
		return message;
	copy = span_make(to, span_len(message));
	for (const char *p = message.p; p != message.end; p++, to++) {
		*to = *p;
		if (*p == '\r')
			*to = '\n';
	}
	return copy;
}

static bool
is_null_path(struct span value)
{
	struct span path = span_trim(value);

	return span_eq(path, SPAN("<>"));
}

/* Is the local part of From one of the names? */
static bool
is_from(const struct reading *r, const char *const *names, size_t count)
{
	struct span from = header_value(r->headers, "From"), local;
	struct address address;

	if (!address_next(r->arena, &from, &address))
		return false;
	local = (struct span){ address.canonical.p, address.domain.p - 1 };
	for (size_t i = 0; i < count; i++)
		if (span_ieq(local, span_of(names[i])))
			return true;
	return false;
}

static bool
is_daemon(const struct reading *r)
{
	return is_from(r, daemons, COUNT(daemons));
}

static bool
is_postmaster(const struct reading *r)
{
	return is_from(r, postmasters, COUNT(postmasters));
}

/* The keyword of Auto-Submitted (RFC 3834 section 5), without its comment and parameters. */
static struct span
auto_submitted(const struct header_list *headers)
{
	struct span value = header_value(headers, "Auto-Submitted");
	struct span word = { value.p, value.p };

	while (word.end != value.end && *word.end != ';' && *word.end != '(' && *word.end > ' ')
		word.end++;
	return word;
}

/* Is there an address that bounces of this message go to? Reports have none (RFC 3464 section 2).
 */
static bool
has_sender(const struct reading *r)
{
	struct span path = header_value(r->headers, "Return-Path");

	return !span_empty(path) && !is_null_path(path);
}

/*
 * Did a program send this message, and no ticket system either, by any of the marks that people's
 * mail does not bear? A postmaster is a person when a sender is named, and so is who opened the
 * ticket that a program tells of.
 */
static bool
is_from_machine(const struct reading *r)
{
	struct span submitted = auto_submitted(r->headers);

	if (is_daemon(r) || header_find(r->headers, "X-Failed-Recipients") != NULL)
		return true;
	if (has_sender(r))
		return false;
	return is_postmaster(r) || is_null_path(header_value(r->headers, "Return-Path")) ||
	       (!span_empty(submitted) && !span_ieq(submitted, SPAN("no")));
}

/*
 * An automatic answer comes from the address that it answers for, so mail of a postmaster or about
 * failed recipients is none. An empty Return-Path proves nothing: RFC 3834 section 3.3 asks answers
 * to have one. "auto-generated" is no answer to anything (section 5.2).
 */
static bool
is_auto_reply(const struct reading *r)
{
	if (is_daemon(r) || is_postmaster(r) ||
	    header_find(r->headers, "X-Failed-Recipients") != NULL)
		return false;
	if (span_ieq(auto_submitted(r->headers), SPAN("auto-replied")))
		return true;
	/* Exchange marks its answers so; other mail that asks for no answers has a sender's path.
	 */
	if (header_find(r->headers, "X-Auto-Response-Suppress") != NULL &&
	    is_null_path(header_value(r->headers, "Return-Path")))
		return true;
	for (size_t i = 0; i < COUNT(answers); i++) {
		const struct header_field *field = header_find(r->headers, answers[i].name);
		struct span text = span_of(answers[i].text);

		if (field != NULL && (span_empty(text) || span_ieq(field->value, text)))
			return true;
	}
	return false;
}

/* Is it a part of a multipart/report? */
static bool
is_in_report(const struct mime_message *m, size_t index)
{
	size_t parent = m->part[index].parent;

	return parent != MIME_NO_PARENT && span_eq(m->part[parent].type, SPAN("multipart/report"));
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
	return (is_in_report(m, index) && m->part[parent].depth == parent) ||
	       (is_from_machine(r) && !is_auto_reply(r));
}

/* The kind of report that part `index` makes of the message by its type; OTHER when it makes none.
 */
static enum bounce_kind
kind_of_part(const struct reading *r, size_t index)
{
	const struct mime_part *part = &r->mime.part[index];

	if (mime_inside_message(&r->mime, index))
		return BOUNCE_KIND_OTHER;
	for (size_t i = 0; i < COUNT(report_types); i++) {
		if (!span_eq(part->type, span_of(report_types[i].type)))
			continue;
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

/* The delivery-status part that is not typed as one: disguised, or lost in the text of a machine.
 */
static int
read_hidden(const struct reading *r, size_t index)
{
	const struct mime_part *part = &r->mime.part[index];
	uint32_t lines = 0;
	struct span text;

	if (mime_inside_message(&r->mime, index) || !may_report(r, index) ||
	    (!span_eq(part->type, SPAN("text/plain")) &&
	     !span_eq(part->type, SPAN("application/octet-stream"))))
		return 0;
	text = mime_text(r->arena, part);
	if (is_in_report(&r->mime, index) && dsn_is(text))
		return read_status(r, index, text, part->body_line);
	if (is_from_machine(r) && !is_auto_reply(r))
		text = salvage_status(text, &lines);
	return lines == 0 ? 0 : read_status(r, index, text, part->body_line + lines);
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
			return 0;
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

int
bounce_read(struct arena *a, struct span message, struct bounce_report *out)
{
	struct reading r = { .arena = a, .report = out };

	*out = (struct bounce_report){ .kind = BOUNCE_KIND_OTHER, .format = "" };
	if (mime_parse(a, cr_to_lf(a, message), &r.mime) != 0)
		return -1;
	r.headers = &r.mime.part[0].headers;
	read_own_headers(&r);
	if (read_reports(&r) != 0)
		return -1;
	if (out->kind == BOUNCE_KIND_OTHER) {
		out->recipient_count = 0;
		out->kind = is_auto_reply(&r) ? BOUNCE_KIND_AUTO_REPLY : BOUNCE_KIND_OTHER;
	} else if (returned_read(a, &r.mime, out) != 0) {
		return -1;
	}
	out->clipped = out->clipped || r.mime.clipped || r.headers->clipped;
	return a->refused ? -1 : 0;
}
