/*
 * mta_layout - where a report ends, and what stands between its lines: empty ones and drawn ones
 *
 * Gateways add empty lines, and write below a report what its system did not say. Both look like
 * what some systems do themselves, so it takes more than one line to tell.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#include "reply.h"

#define LEAST_DRAWN 20 /* underscores that are a line and not the blank of a form */
#define MOST_APART 8   /* lines behind a drawn one in which the next recipient tells his error */

/* What a line may begin with when a returned message begins, in any system's report. */
static const struct span returned[] = {
	SPAN_INIT("Return-Path:"),
	SPAN_INIT("Received:"),
	SPAN_INIT("Content-Type: message/rfc822"),
	SPAN_INIT("Content-Type: text/rfc822-headers"),
	SPAN_INIT("Content-Type: message/delivery-status"),
	SPAN_INIT("X-Received:"),
	SPAN_INIT("DKIM-Signature:"),
	SPAN_INIT("ARC-Seal:"),
	SPAN_INIT("ARC-Message-Signature:"),
	SPAN_INIT("ARC-Authentication-Results:"),
	SPAN_INIT("Authentication-Results:"),
	SPAN_INIT("Received-SPF:"),
	SPAN_INIT("MIME-Version:"),
	SPAN_INIT("Thread-Topic:"),
	SPAN_INIT("X-MS-Exchange-"),
	SPAN_INIT("Reply-To:"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool
mta_begins_returned(struct span line)
{
	char first = span_first(line);

	for (size_t i = 0; i < COUNT(returned); i++)
		if (span_lower(*returned[i].p) == first && span_istarts(line, returned[i]))
			return true;
	return false;
}

struct span
mta_own_words(struct span text)
{
	struct span rest = text, line;

	while (span_next_line(&rest, &line)) {
		struct span words = span_trim(line);
		bool quoted = span_istarts(words, SPAN(">")) && !span_istarts(words, SPAN(">>>"));

		if (quoted || mta_begins_returned(words))
			return (struct span){ text.p, line.p };
	}
	return text;
}

/* The sign of a signature, or a line drawn of underscores: lists and gateways put such in front of
 * what they write behind a mail. In front of the first recipient it parts a report's head from its
 * list. */
bool
mta_is_drawn(const struct mta_walk *w, struct span line)
{
	size_t drawn = 0;

	if (w->preface == NULL || (w->mta->shapes & MTA_DRAWN) != 0)
		return false;
	while (drawn < span_len(line) && line.p[drawn] == '_')
		drawn++;
	return span_eq(line, SPAN("--")) || drawn >= LEAST_DRAWN;
}

static bool
tells_code(struct span line)
{
	struct bounce_recipient said = { 0 };

	if (span_len(line) > MTA_MAX_REASON)
		line.end = line.p + MTA_MAX_REASON;
	reply_read(line, &said.smtp, &said.reply_status, &said.stage);
	return said.smtp != 0 || said.reply_status.class != 0;
}

static bool
lacks_error(const struct mta_walk *w)
{
	const struct bounce_report *report = w->report;

	return report->recipient_count > 0 && span_empty(w->said) && span_empty(w->reason) &&
	       span_empty(report->recipient[report->recipient_count - 1].diagnostic);
}

/* Some systems draw a line behind each recipient, or in front of the error: then a code stands
 * behind it, of another recipient or of one who has no error yet. */
bool
mta_goes_on(struct mta_walk *w)
{
	bool named = lacks_error(w);
	struct span rest = w->rest, line;

	for (int i = 0; i < MOST_APART && span_next_line(&rest, &line); i++) {
		struct mta_line found;
		struct span words = span_trim(line);

		if (mta_begins_returned(words))
			return false;
		if (w->listing && mta_line_read(w->arena, line, w->mta->shapes, &found) &&
		    mta_is_alike(w, &found)) {
			named = true;
			words = found.rest;
		}
		if (named && tells_code(words))
			return true;
	}
	return false;
}

/*
 * Gateways double line ends, and what makes HTML of a text may make a paragraph of each line. Then
 * one empty line says nothing; that others stand further apart tells it from a text that has
 * paragraphs of one line. One empty line goes for none up to a recipient's error, and inside of it
 * where the list stands further apart from what is in front of it: nearly all systems put an empty
 * line there, so in a text that was doubled two or more.
 */
bool
mta_is_spaced(struct span text)
{
	size_t blank = 0, narrow = 0, wide = 0;
	struct span line;
	bool begun = false;

	for (int i = 0; i < MTA_HEAD_LINES && span_next_line(&text, &line); i++) {
		if (span_empty(span_trim(line))) {
			blank++;
			continue;
		}
		if (begun && blank == 0)
			return false;
		narrow += begun && blank == 1 ? 1 : 0;
		wide += begun && blank > 1 ? 1 : 0;
		begun = true;
		blank = 0;
	}
	return narrow > 2 && wide > 0;
}
