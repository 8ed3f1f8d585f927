/*
 * want - what else is worth fetching of a message whose beginning is here
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "want.h"

#include "bounce.h"
#include "section.h"

enum amount {
	AMOUNT_NOTHING,
	AMOUNT_LITTLE, /* WANT_LITTLE */
	AMOUNT_TEXT,   /* all but what is kept for others */
	AMOUNT_ALL,
};

/* What the readers of bounce_read() look at. Of anything else they read the headers. */
static const struct {
	const char *type;
	enum amount amount;
} amounts[] = {
	{ "application/octet-stream", AMOUNT_LITTLE },
	{ "message/delivery-status", AMOUNT_ALL },
	{ "message/disposition-notification", AMOUNT_ALL },
	{ "message/feedback-report", AMOUNT_ALL },
	{ "message/global", AMOUNT_LITTLE },
	{ "message/global-delivery-status", AMOUNT_ALL },
	{ "message/global-disposition-notification", AMOUNT_ALL },
	{ "message/global-headers", AMOUNT_LITTLE },
	{ "message/rfc822", AMOUNT_LITTLE },
	{ "message/rfc822-headers", AMOUNT_LITTLE },
	{ "text/html", AMOUNT_TEXT },
	{ "text/plain", AMOUNT_TEXT },
	{ "text/rfc822-headers", AMOUNT_LITTLE },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum amount
amount_of(const struct mime_message *m, size_t part)
{
	struct span type = m->part[part].type;

	/* Its boundary is lost, or did not come yet: then it is read as a text. */
	if (span_istarts(type, SPAN("multipart/")))
		return AMOUNT_TEXT;
	for (size_t i = 0; i < COUNT(amounts); i++) {
		if (!span_eq(type, span_of(amounts[i].type)))
			continue;
		if (amounts[i].amount == AMOUNT_TEXT && mime_inside_message(m, part))
			return AMOUNT_LITTLE;
		return amounts[i].amount;
	}
	return AMOUNT_NOTHING;
}

/* The innermost part that the text ends in. */
static size_t
last_open(const struct mime_message *m, struct span text)
{
	size_t part = m->count - 1;

	/* A part that is decoded lies elsewhere; the part around it lies in the text. */
	while (m->part[part].body.end != text.end && m->part[part].parent != MIME_NO_PARENT)
		part = m->part[part].parent;
	return part;
}

/* Did the text end before the headers of this part did, or before they began? */
static bool
is_in_headers(const struct mime_part *part, struct span text)
{
	if (!span_empty(part->body))
		return false;
	return part->headers.count == 0 ||
	       (!span_iends(text, SPAN("\n\r\n")) && !span_iends(text, SPAN("\n\n")));
}

/* Did its final boundary come? */
static bool
is_closed(const struct mime_message *m, size_t part)
{
	return span_istarts(m->part[part].type, SPAN("multipart/")) && part + 1 < m->count &&
	       m->part[part + 1].parent == part;
}

/* Is there a text for people in front of part `until`? Else one behind it would count. */
static bool
has_text(const struct mime_message *m, size_t until)
{
	for (size_t i = 0; i < until; i++)
		if (span_eq(m->part[i].type, SPAN("text/plain")) && !mime_inside_message(m, i) &&
		    !span_empty(span_trim(m->part[i].body)))
			return true;
	return false;
}

/*
 * Is the report read to its end? It is when a part that makes a report stood in front of the
 * message that it returns, and the text ends in that message: what follows is its author's.
 */
static bool
is_told(struct arena *a, const struct mime_message *m, struct span text, size_t leaf)
{
	struct bounce_report report;
	size_t part;

	if (!mime_inside_message(m, leaf) || !has_text(m, leaf) ||
	    bounce_read(a, text, &report) != 0)
		return false;
	part = report.report_at.part;
	/* Of a report that somebody passed on, parts and lines count inside of it. */
	return report.recipient_count > 0 && part < leaf &&
	       report.report_at.line == m->part[part].line && !mime_inside_message(m, part) &&
	       amount_of(m, part) == AMOUNT_ALL;
}

/* Bytes that are still wanted of the part that the text ends in. */
static size_t
most_of(const struct mime_message *m, const struct want *want, size_t room, size_t total)
{
	size_t here = span_len(m->part[want->leaf].body), kept = total / WANT_KEPT;
	bool last = want->part == MIME_NO_PARENT;

	switch (amount_of(m, want->leaf)) {
	case AMOUNT_NOTHING:
		return 0;
	case AMOUNT_LITTLE:
		if (here >= WANT_LITTLE)
			return 0;
		return WANT_LITTLE - here < room ? WANT_LITTLE - here : room;
	case AMOUNT_TEXT:
		if (last)
			return room;
		return room > kept ? room - kept : 0;
	case AMOUNT_ALL:
		break;
	}
	return room;
}

int
want_of(struct arena *a, struct span text, size_t total, struct mime_message *m, struct want *out)
{
	size_t room = span_len(text) < total ? total - span_len(text) : 0;

	*out = (struct want){ .what = WANT_NOTHING };
	if (mime_parse(a, text, m) != 0)
		return -1;
	out->leaf = last_open(m, text);
	out->part = section_step(m, out->leaf);
	/* Of a message with more parts than are read, which one the text ends in is not known. */
	if (room == 0 || m->count == MIME_MAX_PARTS)
		return 0;
	if (is_in_headers(&m->part[out->leaf], text)) {
		out->what = WANT_MORE;
		out->most = room;
		return 0;
	}
	if (is_told(a, m, text, out->leaf))
		return 0;
	if (!is_closed(m, out->leaf))
		out->most = most_of(m, out, room, total);
	if (out->most > 0)
		out->what = WANT_MORE;
	else if (out->part != MIME_NO_PARENT)
		out->what = WANT_NEXT;
	return 0;
}
