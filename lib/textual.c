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

static bool
is_plain(const struct mime_part *part)
{
	return span_eq(part->type, SPAN("text/plain"));
}

/* A part as text: empty when it is none. */
static struct span
text_of(struct arena *a, const struct mime_part *part)
{
	if (is_plain(part))
		return mime_text(a, part);
	if (span_eq(part->type, SPAN("text/html")))
		return html_text(a, mime_text(a, part));
	return (struct span){ NULL, NULL };
}

/* The first text that is not blank: what a reader sees first. Returns its part, or m->count. */
static size_t
first_text(struct arena *a, const struct mime_message *m, bool plain_only, struct span *text)
{
	for (size_t i = 0; i < m->count; i++) {
		if (mime_inside_message(m, i) || (plain_only && !is_plain(&m->part[i])))
			continue;
		*text = text_of(a, &m->part[i]);
		if (!is_blank(*text))
			return i;
	}
	return m->count;
}

/* Of alternatives the plain one is what the system wrote: it should stand in front (RFC 2046
 * section 5.1.4), and does not always. The part whose text is now in *text. */
static size_t
prefer_plain(struct arena *a, const struct mime_message *m, size_t part, struct span *text)
{
	size_t parent = m->part[part].parent;

	if (parent == MIME_NO_PARENT || is_plain(&m->part[part]) ||
	    !span_eq(m->part[parent].type, SPAN("multipart/alternative")))
		return part;
	for (size_t i = part + 1; i < m->count; i++) {
		struct span plain;

		if (m->part[i].parent != parent || !is_plain(&m->part[i]))
			continue;
		plain = mime_text(a, &m->part[i]);
		if (is_blank(plain))
			continue;
		*text = plain;
		return i;
	}
	return part;
}

static struct span
find_text(struct arena *a, const struct mime_message *m, size_t *part)
{
	struct span text;

	*part = first_text(a, m, false, &text);
	if (*part != m->count) {
		*part = prefer_plain(a, m, *part, &text);
		return text;
	}
	for (*part = 0; *part < m->count; ++*part)
		if (textual_is_shell(m, *part))
			return mime_text(a, &m->part[*part]);
	*part = 0;
	return (struct span){ NULL, NULL };
}

static void
set_text(struct textual *t, struct span text, size_t part)
{
	t->mail.text = text;
	t->mail.part = (uint32_t)part;
	t->mail.line = t->message->part[part].body_line;
	t->mail.sieve = NULL;
}

const struct mta_mail *
textual_open(struct textual *t)
{
	const struct mime_message *m = t->message;
	struct mta_mail *mail = &t->mail;
	struct span text;
	size_t part;

	if (t->opened)
		return mail;
	t->opened = true;
	text = find_text(t->arena, m, &part);
	set_text(t, text, part);
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

/* The row of the text. HTML in front that bears no marks may be a gateway's banner, and the first
 * plain text the report: then that becomes the text. */
static int
recognise(struct textual *t, const struct mta **mta)
{
	struct mta_mail first = t->mail;
	struct span text;
	size_t part;

	*mta = mta_recognise(&first);
	if (*mta != NULL || !t->machine || is_plain(&t->message->part[first.part]))
		return 0;
	part = first_text(t->arena, t->message, true, &text);
	if (part == t->message->count)
		return 0;
	set_text(t, text, part);
	if (prepare(t) != 0)
		return -1;
	*mta = mta_recognise(&t->mail);
	if (*mta == NULL)
		t->mail = first;
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
	if (prepare(t) != 0 || recognise(t, &mta) != 0)
		return -1;
	if (mta == NULL && how.unknown_too)
		mta = mta_unknown(&t->mail);
	if (mta == NULL)
		return 0;
	mail = t->mail;
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
