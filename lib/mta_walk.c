/*
 * mta_walk - reads a report's text by the row of its system
 *
 * One pass. A line ends the report, begins the list, names a recipient, begins an error, goes on
 * with one, or says nothing. The error of a recipient is what follows it up to a blank line; an
 * error with a heading of its own is for all recipients above that have none.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#include "address.h"
#include "ascii.h"
#include "header.h"
#include "notbounce.h"
#include "recipient.h"
#include "reply.h"
#include "returned.h"

/* The system is still trying. */
static const struct span delays[] = {
	SPAN_INIT("warning message only"),
	SPAN_INIT("has been delayed"),
	SPAN_INIT("is delayed for more than"),
	SPAN_INIT("only a temporary failure"),
	SPAN_INIT("delivery delayed"),
	SPAN_INIT("delivery is delayed"),
	SPAN_INIT("been delivered yet"),
	SPAN_INIT("will keep trying to deliver"),
	SPAN_INIT("will be retried until"),
	SPAN_INIT("still being retried"),
	SPAN_INIT("not yet been delivered"),
	SPAN_INIT("could not send mail for past"),
	SPAN_INIT("could not send message for past"),
	SPAN_INIT("delivery status notification (delay)"),
	SPAN_INIT("will continue to be attempted"),
	SPAN_INIT("delivery attempts will continue"),
	SPAN_INIT("delayed mail"),
};

/* The mail arrived, and its sender had asked to be told. */
static const struct span arrivals[] = {
	SPAN_INIT("successful mail delivery"),
	SPAN_INIT("was successfully delivered"),
	SPAN_INIT("successfully delivered to"),
	SPAN_INIT("has been successfully"),
	SPAN_INIT("successfully relayed"),
	SPAN_INIT("delivery succeeded"),
	SPAN_INIT("message delivered"),
	SPAN_INIT("delivery status notification (success)"),
	SPAN_INIT("delivery status notification (relay)"),
	SPAN_INIT("delivery report that you requested"),
	SPAN_INIT("successful delivery notifications"),
	SPAN_INIT("was delivered to the following"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Keeps the words that the sieve lets pass. */
static void
sift(struct mta_words *out, const struct sieve *sieve, const char *const *words)
{
	out->count = 0;
	for (size_t i = 0; i < MTA_MAX_WORDS && words[i] != NULL; i++) {
		struct span word = span_of(words[i]);

		if (!sieve_passes(sieve, word))
			continue;
		out->word[out->count].text = word;
		out->word[out->count++].rank = i;
	}
}

static bool
begins_any(struct span text, const struct mta_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		if (span_istarts(text, words->word[i].text))
			return true;
	return false;
}

/* Does one of the words stand in the subject, or in the text in front of the first recipient? */
static bool
is_said(const struct mta_walk *w, const struct span *words, size_t count)
{
	struct span preface = { w->mail->text.p, w->preface };

	for (size_t i = 0; i < count; i++) {
		if (sieve_passes(w->mail->sieve, words[i]) &&
		    (span_ifind(preface, words[i]) != NULL ||
		     span_ifind(w->mail->subject, words[i]) != NULL))
			return true;
	}
	return false;
}

/* The text collected so far is complete. */
static void
fall_silent(struct mta_walk *w)
{
	struct bounce_report *report = w->report;

	if (w->speaker == MTA_RECIPIENT && !span_empty(w->said) && report->recipient_count > 0)
		mta_keep_words(w, &report->recipient[report->recipient_count - 1], w->said,
			       w->said_line);
	if (w->speaker == MTA_REASON && !span_empty(w->said)) {
		w->reason = w->said;
		w->reason_line = w->said_line;
		w->reason_leads = report->recipient_count == w->group;
	}
	w->speaker = MTA_SILENT;
	w->said = (struct span){ NULL, NULL };
}

void
mta_add(struct mta_walk *w, struct span address)
{
	struct bounce_report *report = w->report;
	struct bounce_recipient *wider;

	fall_silent(w);
	if (w->preface == NULL) {
		w->preface = w->rest.p;
		w->apart = w->gap > 1;
	}
	w->behind = w->rest.p;
	if (!span_empty(w->reason) && !w->reason_leads && report->recipient_count > w->group)
		mta_close_group(w);
	if (report->recipient_count >= BOUNCE_MAX_RECIPIENTS) {
		report->recipients_dropped++;
		report->clipped = true;
		return;
	}
	wider = arena_grow(w->arena, report->recipient, report->recipient_count, &w->cap,
			   sizeof(*wider));
	if (wider == NULL) {
		w->failed = true;
		return;
	}
	report->recipient = wider;
	report->recipient[report->recipient_count++] = (struct bounce_recipient){
		.address = address,
		.final = address,
		.action = BOUNCE_ACTION_FAILED,
		.address_at = { w->mail->part, w->line },
	};
	w->speaker = (w->mta->shapes & MTA_APART) != 0 ? MTA_SILENT : MTA_RECIPIENT;
}

void
mta_say(struct mta_walk *w, struct span text)
{
	if (w->speaker == MTA_SILENT || span_empty(span_trim(text)))
		return;
	if (span_empty(w->said)) {
		w->said = text;
		w->said_line = w->line;
	}
	if (span_len((struct span){ w->said.p, text.end }) <= MTA_MAX_REASON)
		w->said.end = text.end;
	else
		w->report->clipped = true;
}

void
mta_hush(struct mta_walk *w)
{
	fall_silent(w);
}

void
mta_reason(struct mta_walk *w, struct span text, size_t rank)
{
	fall_silent(w);
	if (w->reason_leads && w->report->recipient_count > w->group)
		mta_close_group(w);
	if (rank > w->reason_rank)
		return;
	w->reason_rank = rank;
	w->speaker = MTA_REASON;
	mta_say(w, text);
}

bool
mta_is_alike(struct mta_walk *w, const struct mta_line *line)
{
	if (!w->styled) {
		w->styled = true;
		w->indent = line->indent;
		w->bullet = line->bullet;
		w->bracket = line->bracket;
	}
	return (w->mta->shapes & MTA_MIXED) != 0 ||
	       (line->indent == w->indent && line->bullet == w->bullet &&
		line->bracket == w->bracket);
}

/* "on Mon, 2 Mar 2026", in any language: when it failed is no error. */
static bool
is_moment(struct span rest)
{
	const char *day = span_chr(rest, ' ');

	return day != NULL && rest.end - day > 6 && day[4] == ',' && day[5] == ' ' &&
	       ascii_is_digit(day[6]);
}

static bool
take_recipient(struct mta_walk *w, struct span line)
{
	struct mta_line found;

	if (!w->listing || !mta_line_read(w->arena, line, w->mta->shapes, &found) ||
	    !mta_is_alike(w, &found))
		return false;
	mta_add(w, found.address);
	if (!is_moment(found.rest))
		mta_say(w, found.rest);
	return true;
}

/* A recipient may be named by the command that was refused: "Sent <<< RCPT TO:<a@b>". */
static void
learn_command(struct mta_walk *w, struct span line)
{
	struct bounce_recipient said = { 0 };

	if (span_len(line) > MTA_MAX_REASON)
		line.end = line.p + MTA_MAX_REASON;
	reply_read(line, &said.smtp, &said.reply_status, &said.stage);
	if (w->report->recipient_count > 0)
		recipient_learn_stage(&w->report->recipient[w->report->recipient_count - 1], &said);
}

/* "Unable to deliver to <a@b>: the reason" */
static bool
take_lead(struct mta_walk *w, struct span line)
{
	struct span address, rest;

	for (size_t i = 0; i < w->words.lead.count; i++) {
		struct span lead = w->words.lead.word[i].text;
		const char *hit = span_ifind(line, lead);

		if (hit == NULL)
			continue;
		rest = (struct span){ hit + span_len(lead), line.end };
		if (!mta_line_next(w->arena, &rest, &address))
			continue;
		mta_add(w, address);
		learn_command(w, line);
		if ((w->mta->shapes & MTA_LEADS) != 0)
			mta_say(w, span_trim(line));
		for (int n = 1; mta_line_next(w->arena, &rest, &address); n++) {
			if (n == MTA_MAX_IN_LINE) {
				w->report->clipped = true;
				break;
			}
			mta_add(w, address);
		}
		while (!span_empty(rest) && strchr(" .:;,)>", *rest.p) != NULL)
			rest.p++;
		if (w->speaker == MTA_SILENT && !span_empty(rest))
			mta_reason(w, rest, MTA_MAX_WORDS - 1); /* for want of a better one */
		else
			mta_say(w, rest);
		return true;
	}
	return false;
}

static bool
take_reason(struct mta_walk *w, struct span line)
{
	struct span rest;

	for (size_t i = 0; i < w->words.reason.count; i++) {
		struct span heading = w->words.reason.word[i].text;
		const char *hit = span_ifind(line, heading);

		if (hit == NULL)
			continue;
		rest = (struct span){ hit + span_len(heading), line.end };
		while (!span_empty(rest) && strchr(" -:=*", *rest.p) != NULL)
			rest.p++;
		mta_reason(w, rest, w->words.reason.word[i].rank);
		return true;
	}
	return false;
}

static bool
take_begin(struct mta_walk *w, struct span line)
{
	bool begins = false;

	for (size_t i = 0; !begins && i < w->words.begin.count; i++)
		begins = span_ifind(line, w->words.begin.word[i].text) != NULL;
	if (!begins)
		return false;
	fall_silent(w);
	w->listing = true;
	w->styled = false;
	w->from = w->rest.p;
	return true;
}

static bool
is_end(struct mta_walk *w, struct span line)
{
	return begins_any(line, &w->words.end) || mta_begins_returned(line) ||
	       (mta_is_drawn(w, line) && !mta_goes_on(w));
}

/* "because:", in any language, stands between a recipient and his error where they stand apart.
 * What names a host or a code is more than that. */
static bool
is_heading(const struct mta_walk *w, struct span text)
{
	return (w->mta->shapes & MTA_GAP) != 0 && span_empty(w->said) &&
	       span_chr(text, '.') == NULL &&
	       (span_iends(text, SPAN(":")) || span_iends(text, SPAN("\xef\xbc\x9a")));
}

/* "> " is how people's programs quote; systems that draw arrows draw longer ones. */
static bool
is_quoted(struct span text)
{
	return span_istarts(text, SPAN("> ")) || span_eq(text, SPAN(">"));
}

static void
take_blank(struct mta_walk *w)
{
	bool spoken = !span_empty(w->said);

	if (w->blank++ == 0 && w->spaced && (w->apart || !spoken))
		return;
	if (spoken || (w->mta->shapes & MTA_GAP) == 0)
		if (w->speaker != MTA_REASON || spoken)
			fall_silent(w);
}

static void
take_line(struct mta_walk *w, struct span line)
{
	struct span text = span_trim(line);
	bool begun;

	if (span_empty(text)) {
		take_blank(w);
		return;
	}
	w->gap = w->blank;
	w->blank = 0;
	if (mta_is_drawn(w, text) && !span_empty(w->said))
		fall_silent(w);
	if (mta_is_drawn(w, text) || is_quoted(text))
		return;
	if (w->mta->hook != NULL && w->mta->hook(w, line))
		return;
	begun = take_begin(w, text);
	if (take_reason(w, text) || take_recipient(w, line) || take_lead(w, text))
		return;
	if (!begun && !is_heading(w, text))
		mta_say(w, text);
}

/* The headers of a message that stands in the text behind the report. */
static int
read_returned(struct mta_walk *w)
{
	struct header_list headers;
	struct span body, rest = w->rest, line;
	uint32_t number;

	while (span_next_line(&rest, &line)) {
		enum header_line kind = header_line_kind(line, true);

		if (kind == HEADER_LINE_FIELD || kind == HEADER_LINE_FROM)
			break;
		w->rest = rest;
	}
	number = w->mail->line + span_lines((struct span){ w->mail->text.p, w->rest.p });
	if (header_parse(w->arena, w->rest, number, &headers, &body) != 0)
		return -1;
	return returned_headers(w->arena, &headers, w->mail->part, w->report);
}

/* These words of a report are its error, when it marks no part of it as such; what they say in
 * front of a reply is the writer's guess. */
static void
use_words(struct mta_walk *w, struct span words)
{
	struct span reply = mta_reply_in(words);

	if (!span_empty(w->reason) || w->mail->completes)
		return;
	w->reason = span_empty(reply) ? span_trim(words) : reply;
	w->reason_line = w->mail->line;
	for (const char *p = w->mail->text.p; p != w->reason.p; p++)
		w->reason_line += *p == '\n' ? 1 : 0;
}

/* What a recipient's line does not say stands behind it, or somewhere. */
static void
use_rest(struct mta_walk *w, struct span words)
{
	const struct bounce_report *report = w->report;
	struct span rest = { w->behind, words.end };

	if ((w->mta->shapes & MTA_REST) == 0 || rest.p == NULL ||
	    !span_empty(report->recipient[report->recipient_count - 1].diagnostic))
		return;
	use_words(w, rest.p >= rest.end || span_empty(span_trim(rest)) ? words : rest);
}

/* A transcript without a summary: the error is what it says from the first refusal on. */
static void
use_transcript(struct mta_walk *w, const char *end)
{
	if (!span_empty(w->reason) || span_empty(w->answer))
		return;
	w->reason = (struct span){ w->answer.p, end };
	w->reason_line = w->line;
}

/* X-Failed-Recipients says whom the mail was for where the text shows a pipe or a local name. */
static void
add_headed(struct mta_walk *w, struct span words)
{
	const struct header_field *field = header_find(w->mail->headers, "X-Failed-Recipients");
	struct bounce_report *report = w->report;
	size_t before = report->recipient_count;
	struct address address;
	struct span rest;

	if (field == NULL || before > 0)
		return;
	rest = field->value;
	while (address_next(w->arena, &rest, &address)) {
		mta_add(w, address.canonical);
		if (report->recipient_count == before)
			return;
		report->recipient[report->recipient_count - 1].address_at =
			(struct bounce_where){ 0, field->line };
	}
	use_words(w, words);
}

/* When nothing names a recipient, the returned message's To may. The To of a list's mail is the
 * list, and that of a report that came back a sender. */
static void
add_guessed(struct mta_walk *w, struct span words)
{
	struct bounce_report *report = w->report;

	if (report->recipient_count > 0 || span_empty(report->original_to) ||
	    !span_empty(report->original_list_id) || returned_details(w->arena, report) != 0 ||
	    notbounce_is_system(w->arena, report->original_from))
		return;
	mta_add(w, report->original_to);
	if (report->recipient_count == 0)
		return;
	report->recipient[0].guessed = true;
	report->recipient[0].address_at = (struct bounce_where){ 0, 0 };
	use_words(w, words);
}

/* Whatever the words around it say: a report that its sender asked for tells of both. */
static bool
is_refused(const struct bounce_recipient *r)
{
	return r->smtp >= 400 || r->reply_status.class > 2;
}

/* What became of the recipients, by the subject and by the words in front of the first of them. */
static void
settle(struct mta_walk *w, size_t first)
{
	struct bounce_report *report = w->report;
	enum bounce_action action = BOUNCE_ACTION_FAILED;

	if (w->mail->completes) /* the status part says it */
		return;
	if (is_said(w, arrivals, COUNT(arrivals)))
		action = BOUNCE_ACTION_DELIVERED;
	else if (is_said(w, delays, COUNT(delays)))
		action = BOUNCE_ACTION_DELAYED;
	for (size_t i = first; i < report->recipient_count; i++) {
		struct bounce_recipient *r = &report->recipient[i];

		r->action = action == BOUNCE_ACTION_DELIVERED && is_refused(r)
				    ? BOUNCE_ACTION_FAILED
				    : action;
	}
}

int
mta_read(struct arena *a, const struct mta *mta, const struct mta_mail *mail,
	 struct bounce_report *report)
{
	struct mta_walk w = {
		.arena = a,
		.mta = mta,
		.mail = mail,
		.report = report,
		.cap = report->recipient_count,
		.group = report->recipient_count,
		.rest = mail->text,
		.line = mail->line - 1,
		.listing = mta->begin[0] == NULL,
		.reason_rank = MTA_MAX_WORDS,
	};
	size_t first = report->recipient_count;
	struct span line, words = { mail->text.p, mail->text.p };

	w.spaced = mta_is_spaced(mail->text);
	sift(&w.words.begin, mail->sieve, mta->begin);
	sift(&w.words.lead, mail->sieve, mta->lead);
	sift(&w.words.reason, mail->sieve, mta->reason);
	sift(&w.words.end, mail->sieve, mta->end);
	while (!w.failed && span_next_line(&w.rest, &line)) {
		w.line++;
		if (is_end(&w, span_trim(line))) {
			if (mta_begins_returned(span_trim(line)))
				w.rest.p = line.p;
			if (read_returned(&w) != 0)
				return -1;
			break;
		}
		words.end = line.end;
		take_line(&w, line);
		if (!w.ended)
			continue;
		if (read_returned(&w) != 0)
			return -1;
		break;
	}
	if (w.failed) /* a line named a recipient, and the report may have none */
		return -1;
	if (w.from != NULL && w.from < words.end)
		words.p = w.from;
	fall_silent(&w);
	use_transcript(&w, words.end);
	use_rest(&w, words);
	if (w.preface == NULL)
		w.preface = words.end;
	add_headed(&w, words);
	add_guessed(&w, words);
	fall_silent(&w);
	mta_close_group(&w);
	settle(&w, first);
	return w.failed || recipient_merge(a, report) != 0 ? -1 : 0;
}
