/*
 * bench/hostile_shape - the table of hostile mails
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "hostile.h"

#include "code.h"
#include "mta.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What most places begin with: a report of a system that nobody described, and a standard one. */
#define DAEMON "From: MAILER-DAEMON@mx.example.com\nReturn-Path: <>\n"
#define REPORT                                                                                    \
	DAEMON "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n" \
	       "Content-Type: text/plain\n\nnot delivered\n--b\n"
#define STATUS                                                                            \
	"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n" \
	"Final-Recipient: rfc822; ida@example.com\nAction: failed\n"
#define RETURNED "\n\n--b\nContent-Type: message/rfc822\n\nTo: ida@example.com\n\nx\n--b--\n"
#define QMAIL                                                                                    \
	DAEMON "Subject: failure notice\n\nHi. This is the qmail-send program at example.com.\n" \
	       "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
#define EXCHANGE                                                                                 \
	DAEMON "X-MS-Exchange-Message-Is-Ndr: 1\nContent-Type: multipart/report; boundary=b\n\n" \
	       "--b\n\nYour message to a@b.example couldn't be delivered.\nMessage Hops\n"
#define EXCHANGE_END "\n--b\n" STATUS "X-Display-Name: a\n--b--\n"

/* Systems whose rows take many addresses after another, or one error for many. */
#define LED DAEMON "\nUnable to deliver message to: "
#define HUNTER DAEMON "X-AHMAILID: 1\n\nThe following addresses had permanent fatal errors\n"

#define FIVE "a@b.c, a@b.c, a@b.c, a@b.c, a@b.c, "
#define HUNDRED                                                                                   \
	FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE \
		FIVE FIVE

/* ---- fillers made of our own tables ---- */

/* A phrase as a server would print it, less its last letter: it matches up to there. */
static void
add_prefix(struct buf *out, const char *phrase)
{
	static const char *const values[][2] = {
		{ "{ip}", "192.0.2.1" },        { "{domain}", "mx.example.com" },
		{ "{address}", "a@b.example" }, { "{as}", "AS(123)" },
		{ "{number}", "12" },           { "{text}", "text" },
	};
	size_t len = strlen(phrase);

	for (const char *p = phrase; p + 1 < phrase + len; p++) {
		const char *value = *p == '*' ? "any" : *p == '#' ? "5" : NULL;

		for (size_t i = 0; i < COUNT(values); i++) {
			if (strncmp(p, values[i][0], strlen(values[i][0])) == 0) {
				value = values[i][1];
				p += strlen(values[i][0]) - 1;
			}
		}
		if (value != NULL)
			buf_adds(out, value);
		else
			buf_addc(out, *p);
	}
	buf_addc(out, ' ');
}

static void
phrase_prefixes(struct buf *out)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	for (size_t i = 0; i < count; i++)
		add_prefix(out, rows[i].phrase);
}

/* What stands in front of the first wildcard, again and again: each is a place to try. */
static void
wildcard_heads(struct buf *out)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	for (size_t i = 0; i < count; i++) {
		size_t head = strcspn(rows[i].phrase, "*#{");

		if (rows[i].phrase[head] == '\0' || head == 0)
			continue;
		buf_add(out, span_make(rows[i].phrase, head));
		buf_add(out, span_make(rows[i].phrase, head));
		buf_addc(out, ' ');
	}
}

/* The longest pieces of phrases with wildcards: each makes the matcher look for its phrase. */
static void
wildcard_anchors(struct buf *out)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	for (size_t i = 0; i < count; i++) {
		struct match_anchor anchor;

		if (strpbrk(rows[i].phrase, "*#{") == NULL)
			continue;
		anchor = match_anchor(rows[i].phrase);
		buf_add(out, span_make(anchor.text, anchor.len));
		buf_addc(out, ' ');
	}
}

/* Recipients whose diagnostics, as long as they may be, hold all of the words. */
static void
add_diagnostics(struct buf *out, void (*make)(struct buf *words))
{
	struct buf words = BUF_INIT;
	struct span rest;

	make(&words);
	rest = buf_span(&words);
	while (!span_empty(rest)) {
		size_t len = span_len(rest) < BOUNCE_MAX_DIAGNOSTIC ? span_len(rest)
								    : BOUNCE_MAX_DIAGNOSTIC;

		buf_adds(
			out,
			"Final-Recipient: rfc822; a\1@b.c\nStatus: 5.0.0\nDiagnostic-Code: smtp; ");
		buf_add(out, span_make(rest.p, len));
		buf_adds(out, "\n\n");
		rest.p += len;
	}
	buf_free(&words);
}

static void
prefix_diagnostics(struct buf *out)
{
	add_diagnostics(out, phrase_prefixes);
}

static void
anchor_diagnostics(struct buf *out)
{
	add_diagnostics(out, wildcard_anchors);
}

/* A recipient whose diagnostic repeats words with which phrases begin, each a place to try, and
 * holds their ends only in another clause: of each place it must be found out anew. */
static void
add_run_on(struct buf *out, const char *words, int times, const char *ends)
{
	buf_adds(out,
		 "Final-Recipient: rfc822; a\1@b.c\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 ");
	for (int i = 0; i < times; i++)
		buf_adds(out, words);
	buf_addf(out, "%s\n\n", ends);
}

static void
run_on_of_one_phrase(struct buf *out)
{
	add_run_on(out, "user ", 350, ". not exist");
}

static void
run_on_of_many_phrases(struct buf *out)
{
	add_run_on(out, "host user domain mailbox address recipient ", 40,
		   ". does not exist not found not exist is disabled is locked is suspended is "
		   "inactive has been disabled has been suspended is full over quota has exceeded "
		   "is blacklisted blocked");
}

static void
add_line(struct buf *out, const char *text)
{
	if (text == NULL || strlen(text) < 2)
		return;
	buf_add(out, span_make(text, strlen(text) - 1));
	buf_addc(out, '\n');
}

static void
add_row(struct buf *out, const struct mta *mta)
{
	for (size_t i = 0; i < MTA_MAX_MARKS; i++) {
		add_line(out, mta->all[i].text);
		add_line(out, mta->any[i].text);
	}
	for (size_t i = 0; i < MTA_MAX_WORDS; i++) {
		add_line(out, mta->begin[i]);
		add_line(out, mta->lead[i]);
		add_line(out, mta->reason[i]);
		add_line(out, mta->end[i]);
	}
}

/* Every word of lib/mta less its last letter. */
static void
near_marks(struct buf *out)
{
	static const struct mta *const tables[] = {
#define MTA_TABLE(name) mta_##name,
#include "mta/tables.def"
		mta_plain,
	};

	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct mta *mta = tables[i]; mta->name != NULL; mta++)
			add_row(out, mta);
}

/* Recipients by turns, and a transcript that tells of both: each of them has words of his own. */
static void
transcript_for_many(struct buf *out)
{
	for (int i = 0; i < 100; i++)
		buf_adds(out, "<a@b.c>\n<d@e.f>\n");
	buf_adds(out, "\n----- Transcript of session follows -----\n");
	for (int who = 0; who < 2; who++) {
		buf_adds(out, who == 0 ? ">>> RCPT To:<a@b.c>\n" : ">>> RCPT To:<d@e.f>\n");
		for (int i = 0; i < 100; i++)
			buf_adds(out, "# # <<< some words\n");
	}
	buf_adds(out, "\n");
}

/* ---- the tables ---- */

const struct hostile_shape hostile_shapes[] = {
	{ .name = "multiparts in multiparts",
	  .head = DAEMON,
	  .unit = "Content-Type: multipart/mixed; boundary=b\1\n\n--b\1\n" },
	{ .name = "messages in messages",
	  .head = DAEMON,
	  .unit = "Content-Type: message/rfc822\n\n" },
	{ .name = "messages in base64",
	  .head = DAEMON "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n",
	  .unit = "Q29udGVudC1UeXBlOiBtZXNzYWdlL3JmYzgyMgpDb250ZW50LVRyYW5zZmVyLUVuY29kaW5nOiBi"
		  "\n" },
	{ .name = "parts", .head = REPORT, .unit = "Content-Type: text/plain\n\nx\n--b\n" },
	{ .name = "status parts",
	  .head = REPORT,
	  .unit = "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; "
		  "a\1@b.c\n--b\n" },
	{ .name = "header fields", .head = DAEMON, .unit = "X-A: b\n", .tail = "\nx\n" },
	{ .name = "header fields, returned",
	  .head = REPORT "Content-Type: message/rfc822\n\n",
	  .unit = "Received: from a by b\n",
	  .tail = "\nx\n" },
	{ .name = "one header field",
	  .head = DAEMON "Subject: ",
	  .unit = "abc defg ",
	  .tail = "\n\nx\n" },
	{ .name = "one header field, folded",
	  .head = DAEMON "Subject: ",
	  .unit = "abc\n ",
	  .tail = "\n\nx\n" },
	{ .name = "one line", .head = QMAIL, .unit = "abc defg " },
	{ .name = "blank lines", .head = QMAIL, .unit = "\n" },
	{ .name = "recipients of a status part",
	  .head = REPORT STATUS "\n",
	  .unit = "Final-Recipient: rfc822; a\1@b.example\nAction: failed\nStatus: 5.1.1\n"
		  "Diagnostic-Code: smtp; 550 5.1.1 <a\1@b.example>: mailbox full\n\n",
	  .tail = RETURNED },
	{ .name = "the same recipient",
	  .head = REPORT STATUS "\n",
	  .unit = "Final-Recipient: rfc822; a@b.example\nStatus: 5.1.1\n\n",
	  .tail = RETURNED },
	{ .name = "addresses in a text", .head = QMAIL, .unit = "<a\1@b.example>:\n550 no\n\n" },
	{ .name = "addresses without an error", .head = QMAIL, .unit = "<a\1@b.example>:\n" },
	{ .name = "addresses in one line", .head = QMAIL, .unit = "<a\1@b.example>, " },
	{ .name = "addresses in one line, behind words", .head = LED, .unit = "<a\1@b.c>, " },
	{ .name = "brackets never closed, behind words", .head = LED, .unit = "<a\1@b.c " },
	{ .name = "X-Failed-Recipients and a text",
	  .head = DAEMON "X-Failed-Recipients: ",
	  .unit = "a\1@b.c, ",
	  .between = "\n\nThis message was created automatically by mail delivery software.\n"
		     "A message that you sent could not be delivered\n\n",
	  .second = "some words of a report\n" },
	{ .name = "recipients and one long error",
	  .head = HUNTER,
	  .unit = "<a\1@b.c>\n",
	  .between = "\n----- Transcript of session follows ----- ",
	  .second = "some words" },
	{ .name = "recipients and one error of many lines",
	  .head = HUNTER,
	  .unit = "<a\1@b.c>\n",
	  .between = "\n----- Transcript of session follows -----\n",
	  .second = "# # # # # # host: mx\n" },
	{ .name = "recipients and one error of phrases",
	  .head = HUNTER,
	  .unit = "<a\1@b.c>\n",
	  .between = "\n----- Transcript of session follows -----\n",
	  .make = wildcard_anchors },
	{ .name = "some recipients and a transcript",
	  .head = DAEMON "X-Failed-Recipients: " HUNDRED HUNDRED
			 "\n\nThis message was created automatically by mail delivery software.\n"
			 "A message that you sent could not be delivered\n\n",
	  .unit = ">>> RCPT To:<x@b.c>\n" },
	{ .name = "transcripts for many", .head = HUNTER, .make = transcript_for_many },
	{ .name = "boundaries that nearly match",
	  .head = REPORT,
	  .unit = "--a\n--bb\n--b-\n-- b\n" },
	{ .name = "base64 without an end",
	  .head = DAEMON "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n",
	  .unit = "SGkuIFRoaXMgaXMgdGhlIHFtYWlsLXNlbmQgcHJvZ3JhbSBhdCBleGFtcGxlLmNvbS4K\n" },
	{ .name = "entities of HTML",
	  .head = DAEMON "Content-Type: text/html\n\n",
	  .unit = "&nbsp;&amp;&#229;&bogus;&lt;&" },
	{ .name = "tags of HTML",
	  .head = DAEMON "Content-Type: text/html\n\n",
	  .unit = "<p><style></<b </styl><!-- -- ><x" },
	{ .name = "prefixes of phrases, in a text",
	  .head = QMAIL "<a@b.example>:\n",
	  .make = phrase_prefixes },
	{ .name = "prefixes of phrases, one diagnostic",
	  .head = REPORT STATUS "Diagnostic-Code: smtp; 550 ",
	  .make = phrase_prefixes,
	  .tail = RETURNED },
	{ .name = "prefixes of phrases, many diagnostics",
	  .head = REPORT STATUS "\n",
	  .make = prefix_diagnostics,
	  .tail = RETURNED },
	{ .name = "wildcards, many diagnostics",
	  .head = REPORT STATUS "\n",
	  .make = anchor_diagnostics,
	  .tail = RETURNED },
	{ .name = "a phrase that runs on, many diagnostics",
	  .head = REPORT STATUS "\n",
	  .make = run_on_of_one_phrase,
	  .tail = RETURNED },
	{ .name = "phrases that run on, many diagnostics",
	  .head = REPORT STATUS "\n",
	  .make = run_on_of_many_phrases,
	  .tail = RETURNED },
	{ .name = "near marks", .head = QMAIL, .make = near_marks },
	{ .name = "only <", .head = QMAIL, .unit = "<" },
	{ .name = "only @", .head = QMAIL, .unit = "@" },
	{ .name = "hops of a report",
	  .head = EXCHANGE,
	  .unit = "\1 3/2/2026 9:00:00 AM a b c 2 sec\n",
	  .tail = EXCHANGE_END },
	{ .name = "tables of hops",
	  .head = EXCHANGE,
	  .unit = "Message Hops\n1 3/2/2026 9:00:00 AM a b c 2 sec\n",
	  .tail = EXCHANGE_END },
	{ .name = "encoded words",
	  .head = DAEMON "Subject: ",
	  .unit = "=?utf-8?q?a=20?= =?x?b?YQ==?= ",
	  .tail = "\n\nx\n" },
	{ .name = "notification",
	  .head = "From: no-reply@sns.amazonaws.com\n\n"
		  "{\"notificationType\":\"Bounce\",\"bouncedRecipients\":[",
	  .unit = "{\"emailAddress\":\"a\1@b.c\",\"status\":\"5.1.1\",\"diagnosticCode\":\"550 "
		  "\\n\"}," },
	{ .name = "complaint",
	  .head = DAEMON
	  "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n"
	  "Content-Type: message/feedback-report\n\n",
	  .unit = "Original-Rcpt-To: <a\1@b.example>\n" },
};
const size_t hostile_shape_count = COUNT(hostile_shapes);

const struct hostile_place hostile_places[] = {
	{ "text", QMAIL, "\n" },
	{ "text, second line", QMAIL "<a@b.example>:\n", "\n" },
	{ "text of nobody's", DAEMON "\ncould not be delivered\n", "\n" },
	{ "transcript", DAEMON "\n   ----- Transcript of session follows -----\n", "\n" },
	{ "Exchange's text", EXCHANGE, EXCHANGE_END },
	{ "HTML", DAEMON "Content-Type: text/html\n\n", "" },
	{ "Japanese", DAEMON "Content-Type: text/plain; charset=iso-2022-jp\n\n", "" },
	{ "UTF-16", DAEMON "Content-Type: text/plain; charset=utf-16\n\n", "" },
	{ "UTF-7", DAEMON "Content-Type: text/plain; charset=utf-7\n\n", "" },
	{ "quoted-printable",
	  DAEMON "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n", "" },
	{ "From", "Return-Path: <>\nFrom: ", "\n\nx\n" },
	{ "Subject", DAEMON "Subject: ", "\n\nx\n" },
	{ "Content-Type", DAEMON "Content-Type: multipart/report; ", "\n\nx\n" },
	{ "X-Failed-Recipients", DAEMON "X-Failed-Recipients: ", "\n\ncould not be delivered\n" },
	{ "Final-Recipient",
	  REPORT "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; ", RETURNED },
	{ "Original-Recipient", REPORT STATUS "Original-Recipient: rfc822; ", RETURNED },
	{ "Status", REPORT STATUS "Status: ", RETURNED },
	{ "Diagnostic-Code", REPORT STATUS "Diagnostic-Code: smtp; ", RETURNED },
	{ "Remote-MTA", REPORT STATUS "Remote-MTA: dns; ", RETURNED },
	{ "Action",
	  REPORT
	  "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\nAction: ",
	  RETURNED },
	{ "status part", REPORT STATUS, RETURNED },
	{ "many diagnostics", REPORT STATUS "\n", RETURNED },
	{ "returned To", REPORT STATUS "--b\nContent-Type: message/rfc822\n\nTo: ", "\n\n" },
	{ "returned Received",
	  REPORT STATUS "--b\nContent-Type: message/rfc822\n\nReceived: ", "\n\n" },
	{ "returned message", REPORT STATUS "--b\nContent-Type: message/rfc822\n\n", "\n\n" },
	{ "notification",
	  "From: "
	  "no-reply@sns.amazonaws.com\n\n{\"notificationType\":\"Bounce\",\"bouncedRecipients\":["
	  "\"",
	  "" },
	{ "complaint",
	  DAEMON "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
		 "message/feedback-report\n\n"
		 "Original-Rcpt-To: ",
	  "" },
};
const size_t hostile_place_count = COUNT(hostile_places);

const struct hostile_filler hostile_fillers[] = {
	{ "<", "<", NULL },
	{ ">", ">", NULL },
	{ "@", "@", NULL },
	{ "a@b", "a@b", NULL },
	{ "<a@b", "<a@b ", NULL },
	{ "[a@b", "[a@b.c,", NULL },
	{ "'a@b", "'a@b.c,", NULL },
	{ "\"a\"@b,", "\"a\\\"@b.c,", NULL },
	{ "\"", "\"", NULL },
	{ "\"\\", "\"\\", NULL },
	{ ",\\\"", ",\\\"", NULL },
	{ "(", "(", NULL },
	{ "()", "()", NULL },
	{ ")", ")", NULL },
	{ "[", "[", NULL },
	{ ":", ":", NULL },
	{ ";", ";", NULL },
	{ ",", ",", NULL },
	{ ".", ".", NULL },
	{ "a.", "a.", NULL },
	{ "#", "#", NULL },
	{ "-", "-", NULL },
	{ "=", "=", NULL },
	{ "=?", "=?", NULL },
	{ "=?a?b?", "=?a?b?", NULL },
	{ "?", "?", NULL },
	{ "&", "&", NULL },
	{ "{", "{", NULL },
	{ "\\", "\\", NULL },
	{ "+", "+", NULL },
	{ "+2B", "+2B", NULL },
	{ "blank", " ", NULL },
	{ "tab", "\t", NULL },
	{ "line end", "\n", NULL },
	{ "CR", "\r", NULL },
	{ "fold", "a\n ", NULL },
	{ "blank line", " \n", NULL },
	{ "1", "1", NULL },
	{ "5.", "5.", NULL },
	{ "550 ", "550 ", NULL },
	{ "5.1.1 ", "5.1.1 ", NULL },
	{ "550 5.1.1", "550 5.1.1\n", NULL },
	{ "1 3/2/2026", "1 3/2/2026 ", NULL },
	{ "Message Hops", "Message Hops\n1 3/2/2026\n", NULL },
	{ "Office 365", "Office 365\nAction Required\n", NULL },
	{ "http", "http", NULL },
	{ ">>> <<<", ">>> RCPT\n<<< 550\n", NULL },
	{ "550 <", "550 <\n", NULL },
	{ "#SMTP#", "#SMTP#", NULL },
	{ "<style>", "<style>", NULL },
	{ "</", "</", NULL },
	{ "<!--", "<!--", NULL },
	{ "--b", "--b\n", NULL },
	{ "boundary=", "boundary*1=b;", NULL },
	{ "ESC", "\x1b$B", NULL },
	{ "8 bit", "\xff", NULL },
	{ "broken UTF-8", "\xc3", NULL },
	{ "letters", "abc", NULL },
	{ "words", "abc ", NULL },
	{ "lines", "abc\n", NULL },
	{ "addresses", "a\1@b.c\n", NULL },
	{ "addresses, errors", "<a\1@b.c>:\n550 no\n\n", NULL },
	{ "listed", "a\1@b.c, ", NULL },
	{ "field", "Final-Recipient: rfc822; a\1@b.c\n", NULL },
	{ "fields", "Original-Recipient: rfc822; a\1@b.c\nFinal-Recipient: rfc822; a\1@b.c\n",
	  NULL },
	{ "Received", "Received: from a by b; c\n", NULL },
	{ "wrapped", "Return-Path: <>\nFrom: MAILER-DAEMON\n", NULL },
	{ "prefixes", NULL, phrase_prefixes },
	{ "heads", NULL, wildcard_heads },
	{ "anchors", NULL, wildcard_anchors },
	{ "marks", NULL, near_marks },
};
const size_t hostile_filler_count = COUNT(hostile_fillers);

/* The unit, numbered, until `out` has so many bytes. */
static void
fill(struct span unit, size_t bytes, struct buf *out)
{
	size_t number = 0;

	while (buf_ok(out) && out->len < bytes && !span_empty(unit)) {
		struct span rest = unit, piece;

		number++;
		while (span_cut(&rest, '\1', &piece)) {
			buf_add(out, piece);
			if (piece.end != unit.end)
				buf_addf(out, "%zu", number);
		}
	}
}

void
hostile_write(const struct hostile_shape *shape, size_t bytes, struct buf *out)
{
	struct buf made = BUF_INIT;
	struct span last = span_of(shape->between == NULL ? shape->unit : shape->second);

	if (shape->make != NULL) {
		shape->make(&made);
		last = buf_span(&made);
	}
	buf_adds(out, shape->head);
	if (shape->between != NULL) {
		fill(span_of(shape->unit), bytes / 2, out);
		buf_adds(out, shape->between);
	}
	fill(last, bytes, out);
	buf_adds(out, shape->tail == NULL ? "\n" : shape->tail);
	buf_free(&made);
}
