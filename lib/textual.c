/*
 * textual - what the words of a report say
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "textual.h"

#include "ascii.h"
#include "field.h"
#include "header.h"
#include "html.h"
#include "recipient.h"
#include "reply.h"

static bool
is_blank(struct span text)
{
	while (!span_empty(text) && ascii_is_white(*text.p))
		text.p++;
	return span_empty(text);
}

bool
textual_is_shell(const struct mime_message *m, size_t index)
{
	return !mime_inside_message(m, index) &&
	       span_istarts(m->part[index].type, SPAN("multipart/")) &&
	       (index + 1 == m->count || m->part[index + 1].parent != index);
}

/* A part as text: empty when it is none. */
static struct span
text_of(struct arena *a, const struct mime_part *part)
{
	if (span_eq(part->type, SPAN("text/plain")))
		return mime_text(a, part);
	if (span_eq(part->type, SPAN("text/html")))
		return html_text(a, mime_text(a, part));
	return (struct span){ NULL, NULL };
}

/* What a reader sees first. Of alternatives that is the plain one, which stands in front (RFC 2046
 * section 5.1.4). */
static struct span
find_text(struct arena *a, const struct mime_message *m, size_t *part)
{
	struct span text;

	for (size_t i = 0; i < m->count; i++) {
		if (mime_inside_message(m, i))
			continue;
		text = text_of(a, &m->part[i]);
		*part = i;
		if (!is_blank(text))
			return text;
	}
	for (size_t i = 0; i < m->count; i++) {
		*part = i;
		if (textual_is_shell(m, i))
			return mime_text(a, &m->part[i]);
	}
	return (struct span){ NULL, NULL };
}

const struct mta_mail *
textual_open(struct textual *t)
{
	const struct mime_message *m = t->message;
	struct mta_mail *mail = &t->mail;
	size_t part = 0;

	if (t->opened)
		return mail;
	t->opened = true;
	mail->text = find_text(t->arena, m, &part);
	mail->part = (uint32_t)part;
	mail->line = m->part[part].body_line;
	mail->headers = &m->part[0].headers;
	mail->subject = t->subject;
	mail->machine = t->machine;
	mail->program = t->program;
	return mail;
}

/* What rows are held against beside the text. */
static int
prepare(struct textual *t)
{
	struct mta_mail *mail = &t->mail;
	struct sieve *sieve;
	struct span from;
	bool clipped = false;

	if (mail->sieve != NULL)
		return 0;
	sieve = arena_alloc(t->arena, sizeof(*sieve));
	if (sieve == NULL)
		return -1;
	from = header_text(t->arena, header_value(mail->headers, "From"));
	mail->from = field_line(t->arena, from, FIELD_MAX_TEXT, &clipped);
	sieve_add(sieve, mail->from);
	sieve_add(sieve, mail->subject);
	sieve_add(sieve, mail->text);
	mail->sieve = sieve;
	return 0;
}

/* How the text is read. */
struct textual_how {
	bool unknown_too, completes;
};

static int
read_text(struct textual *t, struct textual_how how, struct bounce_report *report)
{
	struct mta_mail mail;
	const struct mta *mta;

	if (is_blank(textual_open(t)->text))
		return t->arena->refused ? -1 : 0;
	if (prepare(t) != 0)
		return -1;
	mail = t->mail;
	mta = mta_recognise(&mail);
	if (mta == NULL && how.unknown_too)
		mta = mta_unknown(&mail);
	if (mta == NULL)
		return 0;
	mail.completes = how.completes;
	if (mta_read(t->arena, mta, &mail, report) != 0)
		return -1;
	if (report->recipient_count > 0 && report->report_at.line == 0) {
		report->format = mta->name;
		report->implied = mta->implied;
		report->report_at = (struct bounce_where){ mail.part, mail.line };
	}
	return 0;
}

int
textual_read(struct textual *t, bool unknown_too, struct bounce_report *report)
{
	return read_text(t, (struct textual_how){ .unknown_too = unknown_too }, report);
}

static bool
tells_code(const struct bounce_recipient *r)
{
	return r->smtp != 0 || r->reply_status.class != 0;
}

/* Would it matter where the reply came? Codes about the address say enough, and some only words
 * tell. */
static bool
lacks_stage(const struct bounce_recipient *r)
{
	return r->stage == BOUNCE_STAGE_UNKNOWN && r->reply_status.subject != 1 &&
	       r->field_status.subject != 1;
}

static bool
is_poor(const struct bounce_recipient *r)
{
	return span_empty(r->address) || !tells_code(r) || lacks_stage(r);
}

static void
complete(struct bounce_recipient *r, const struct bounce_recipient *from)
{
	if (span_empty(r->address)) {
		r->address = from->address;
		r->address_at = from->address_at;
		r->guessed = from->guessed;
	}
	recipient_learn_stage(r, from);
	if (span_empty(from->diagnostic) ||
	    (!span_empty(r->diagnostic) && (tells_code(r) || !tells_code(from))))
		return;
	r->diagnostic = from->diagnostic;
	r->diagnostic_type = from->diagnostic_type;
	r->diagnostic_at = from->diagnostic_at;
	r->told_by = from->told_by;
	r->letter = from->letter;
	r->smtp = from->smtp;
	if (from->reply_status.subject != 0 || r->field_status.class == 0)
		r->reply_status = from->reply_status;
	if (r->stage == BOUNCE_STAGE_UNKNOWN)
		r->stage = from->stage;
	if (span_empty(r->remote_mta))
		r->remote_mta = from->remote_mta;
}

/* The same where the text may not name him. */
static void
complete_by(struct bounce_recipient *r, const struct bounce_recipient *from)
{
	if (from != NULL)
		complete(r, from);
}

/* Completes each recipient that tells too little by the one whom the text names likewise; where
 * both name only one, it is the same. */
static int
complete_all(struct arena *a, struct bounce_report *report, const struct bounce_report *text)
{
	struct recipient_index index;

	if (report->recipient_count == 1 && text->recipient_count == 1)
		complete(&report->recipient[0], &text->recipient[0]);
	if (recipient_index(a, text, &index) != 0)
		return -1;
	for (size_t i = 0; i < report->recipient_count; i++) {
		struct bounce_recipient *r = &report->recipient[i];

		if (is_poor(r))
			complete_by(r, recipient_find(&index, r->address));
		if (is_poor(r))
			complete_by(r, recipient_find_final(&index, r->final));
	}
	return 0;
}

/* Where the one recipient's reply came, by the words of the text: whose reply it is needs no
 * search. */
static int
complete_stage(struct textual *t, struct bounce_recipient *r)
{
	struct bounce_recipient said = { .smtp = r->smtp };
	struct span text = mta_own_words(textual_open(t)->text);
	bool clipped = false; /* an unread stage spares the address */

	said.stage = reply_stage(field_line(t->arena, text, MTA_MAX_REASON, &clipped));
	recipient_learn_stage(r, &said);
	return t->arena->refused ? -1 : 0;
}

int
textual_complete(struct textual *t, struct bounce_report *report)
{
	struct bounce_report text = { .kind = BOUNCE_KIND_OTHER, .format = "" };
	struct bounce_recipient *first = report->recipient;
	size_t poor = 0;

	for (size_t i = 0; i < report->recipient_count; i++)
		poor += is_poor(&report->recipient[i]) ? 1 : 0;
	if (poor == 0)
		return 0;
	if (report->recipient_count > TEXTUAL_MAX_COMPLETE) {
		report->clipped = true;
		return 0;
	}
	if (report->recipient_count == 1 && !span_empty(first->address) && tells_code(first))
		return complete_stage(t, first);
	text.original_to = report->original_to;
	if (read_text(t, (struct textual_how){ .completes = true }, &text) != 0)
		return -1;
	return complete_all(t->arena, report, &text);
}
