/*
 * reply - what a quoted SMTP reply says
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "reply.h"

#include "ascii.h"
#include "sieve.h"

#define GAP_MOST 4 /* bytes between a reply code and its status: "550 (#5.1.1)" */

struct reply {
	uint16_t smtp;
	struct bounce_status status;
};

/* What is read. */
struct words {
	struct span text;
	struct sieve sieve;
};

/* Servers' words right before the reply that they quote; the reply must follow at once. */
static const struct span leads[] = {
	SPAN_INIT("said:"),
	SPAN_INIT("returned:"),
	SPAN_INIT("responded:"),
	SPAN_INIT("responded with:"),
	SPAN_INIT("response:"),
	SPAN_INIT("response was:"),
	SPAN_INIT("reply:"),
	SPAN_INIT("replied:"),
	SPAN_INIT("error:"),
	SPAN_INIT("error_code :"),
	SPAN_INIT("talk to me:"),
	SPAN_INIT("status code:"),
	SPAN_INIT("smtp;"),
	SPAN_INIT("server message:"),
	SPAN_INIT("command:"),
	SPAN_INIT("remote host said:"),
	SPAN_INIT("]:"),
	SPAN_INIT("with failure:"),
	SPAN_INIT("as follows: ["),
	SPAN_INIT("reason:"),
};

/* Words between a server's own reply and the one that it passes on. */
static const struct span wrappers[] = {
	SPAN_INIT("->"),
	SPAN_INIT("returned '"),
	SPAN_INIT("returned \""),
	SPAN_INIT("returned \xe2\x80\x98"), /* U+2018 */
	SPAN_INIT("returned \xe2\x80\x9c"), /* U+201C */
};

/* What stands right before a status that has no reply code of its own. */
static const struct span status_marks[] = {
	SPAN_INIT("#"),       SPAN_INIT("("),     SPAN_INIT("["),       SPAN_INIT("<"),
	SPAN_INIT("\""),      SPAN_INIT("'"),     SPAN_INIT(": "),      SPAN_INIT("; "),
	SPAN_INIT("> "),      SPAN_INIT(":"),     SPAN_INIT(" - "),     SPAN_INIT("code "),
	SPAN_INIT("status "), SPAN_INIT("code="), SPAN_INIT("status="), SPAN_INIT("dsn="),
	SPAN_INIT("error "),
};

/* The same for what only looks like one. */
static const struct span version_marks[] = {
	SPAN_INIT("version "),  SPAN_INIT("version: "), SPAN_INIT("version:"), SPAN_INIT("ver: "),
	SPAN_INIT("release: "), SPAN_INIT("date: "),    SPAN_INIT("until: "),  SPAN_INIT("since: "),
};

/* Where in the dialogue; the first row that stands in the text counts, so exact words come first.
 */
static const struct {
	struct span words;
	enum bounce_stage stage;
} stages[] = {
	/* Postfix */
	{ SPAN_INIT("in reply to RCPT TO"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("in reply to end of DATA"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("in reply to DATA"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("in reply to BDAT"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("in reply to MAIL FROM"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("in reply to HELO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("in reply to EHLO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("in reply to LHLO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("in reply to STARTTLS"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("in reply to AUTH"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("while sending RCPT TO"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("while sending MAIL FROM"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("while sending DATA"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("while sending message body"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("while sending end of data"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("while performing the EHLO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("while performing the HELO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("while performing the LHLO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("initial server greeting"), BOUNCE_STAGE_GREETING },
	{ SPAN_INIT("refused to talk to me"), BOUNCE_STAGE_GREETING },
	/* Exim */
	{ SPAN_INIT("after RCPT TO:"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("after pipelined RCPT TO"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("after RCPT command"), BOUNCE_STAGE_RCPT }, /* GMX, mail.com */
	{ SPAN_INIT("for RCPT command"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("after MAIL command"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("for MAIL command"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("after TEXT command"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("for TEXT command"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("after end of data"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("after sending data block"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("after pipelined DATA"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("after DATA"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("after MAIL FROM:"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("after pipelined MAIL FROM"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("after HELO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("after EHLO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("after STARTTLS"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("after initial connection"), BOUNCE_STAGE_GREETING },
	/* GMX and WEB.DE */
	{ SPAN_INIT("for RCPT TO command"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("for MAIL FROM command"), BOUNCE_STAGE_MAIL },
	/* Momentum */
	{ SPAN_INIT("(after RCPT TO)"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("(after MAIL FROM)"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("(reading confirmation)"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("hMailServer sent: RCPT TO:"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("hMailServer sent: MAIL FROM:"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("hMailServer sent: DATA"), BOUNCE_STAGE_DATA },
	/* qmail */
	{ SPAN_INIT("does not like recipient"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("does not like sender"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("failed after I sent the message"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("failed on DATA command"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("but greeting failed"), BOUNCE_STAGE_GREETING },
	{ SPAN_INIT("but my name was rejected"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("but sender was rejected"), BOUNCE_STAGE_MAIL },
	/* DragonFly */
	{ SPAN_INIT("did not like our RCPT TO"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("did not like our MAIL FROM"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("did not like our DATA"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("did not like our HELO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("did not like our EHLO"), BOUNCE_STAGE_HELO },
	/* Oracle Messaging Server */
	{ SPAN_INIT("has rejected address"), BOUNCE_STAGE_RCPT },
	/* gateways: "SMTP:RCPT host 192.0.2.8: 550" */
	{ SPAN_INIT("SMTP:RCPT"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("SMTP:MAIL"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("SMTP:DATA"), BOUNCE_STAGE_DATA },
	/* Gmail before 2017 numbers its steps */
	{ SPAN_INIT("(state 14)"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("(state 17)"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("(state 18)"), BOUNCE_STAGE_DATA },
	/* Yahoo */
	{ SPAN_INIT("[RCPT_TO]"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("[MAIL_FROM]"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("[DATA]"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT("[BODY]"), BOUNCE_STAGE_DATA },
	/* InterScan, m-FILTER */
	{ SPAN_INIT("<<< RCPT TO"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("<<< MAIL FROM"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("--SMTP command RCPT"), BOUNCE_STAGE_RCPT },
	{ SPAN_INIT("--SMTP command MAIL"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("--SMTP command DATA"), BOUNCE_STAGE_DATA },
};

/* Transcripts: what stands before a command and before its answer. */
static const struct {
	struct span command, answer;
} arrows[] = {
	{ SPAN_INIT(">>> "), SPAN_INIT("<<< ") }, /* Sendmail, Courier */
	{ SPAN_INIT("--> "), SPAN_INIT("<-- ") }, /* MDaemon */
};

/* The commands in them. */
static const struct {
	struct span verb;
	enum bounce_stage stage;
} verbs[] = {
	{ SPAN_INIT("RCPT"), BOUNCE_STAGE_RCPT }, { SPAN_INIT("MAIL"), BOUNCE_STAGE_MAIL },
	{ SPAN_INIT("DATA"), BOUNCE_STAGE_DATA }, { SPAN_INIT("BDAT"), BOUNCE_STAGE_DATA },
	{ SPAN_INIT(". "), BOUNCE_STAGE_DATA },   { SPAN_INIT("HELO"), BOUNCE_STAGE_HELO },
	{ SPAN_INIT("EHLO"), BOUNCE_STAGE_HELO }, { SPAN_INIT("LHLO"), BOUNCE_STAGE_HELO },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Can a code begin at p, or is it the middle of a word, a number, a host name or an address? */
static bool
at_start(struct span text, const char *p)
{
	unsigned char before = p == text.p ? ' ' : (unsigned char)p[-1];

	return !ascii_is_digit((char)before) && before < 0x80 && !ascii_is_letter((char)before) &&
	       !ascii_is_one_of((char)before, "._/@+-");
}

/* "550" off the front (RFC 5321 section 4.2: second digit at most 5; 471, 571 and 591 are printed
 * all the same). */
static bool
take_code(struct span *rest, uint16_t *out)
{
	struct span s = *rest;
	uint64_t code;

	if (span_len(s) < 3 || !ascii_is_one_of(s.p[0], "245") ||
	    !ascii_is_one_of(s.p[1], "01234579"))
		return false;
	if (!span_number(&s, 599, &code) || s.p != rest->p + 3)
		return false;
	if (!span_empty(s) && !ascii_is_one_of(*s.p, " \t-:;,#([<'\""))
		return false;
	*rest = s;
	*out = (uint16_t)code;
	return true;
}

/* Takes a status off the front, over the signs that servers put before it. */
static bool
take_status(struct span *rest, struct bounce_status *out)
{
	struct span s = *rest;

	while (!span_empty(s) && s.p - rest->p < GAP_MOST && ascii_is_one_of(*s.p, " \t-:;#([<'\""))
		s.p++;
	if (!bounce_status_take(&s, out))
		return false;
	*rest = s;
	return true;
}

/* A reply at the front: a code, a status, or both. */
static bool
take_reply(struct span text, struct reply *out)
{
	struct reply reply = { 0 };
	bool code;

	while (!span_empty(text) && ascii_is_one_of(*text.p, " \t<'\"("))
		text.p++;
	code = take_code(&text, &reply.smtp);
	if (!take_status(&text, &reply.status) && !code)
		return false;
	*out = reply;
	return true;
}

/* ---- replies of several lines ---- */

/* "550-5.1.1" or "550 5.1.1" off the front: code, sign and, where it has one, its status. */
static bool
take_line_start(struct span *rest, struct reply *out, char *sign)
{
	struct reply reply = { 0 };
	struct span s = *rest;

	if (span_empty(s) || *s.p == '2' || !take_code(&s, &reply.smtp) || span_empty(s))
		return false;
	*sign = *s.p++;
	(void)bounce_status_take(&s, &reply.status);
	*rest = s;
	*out = reply;
	return *sign == '-' || *sign == ' ';
}

/* Where the first line of a reply of several ends to be code; NULL when there is no such reply. */
static const char *
first_line(struct span text, struct reply *out)
{
	const char *hyphen;

	for (struct span s = text; (hyphen = span_chr(s, '-')) != NULL; s.p = hyphen + 1) {
		struct span rest = { hyphen, text.end };
		char sign;

		if (hyphen - text.p < 3)
			continue;
		rest.p -= 3;
		if (at_start(text, rest.p) && take_line_start(&rest, out, &sign))
			return rest.p;
	}
	return NULL;
}

static bool
same_reply(const struct reply *a, const struct reply *b)
{
	return a->smtp == b->smtp && a->status.class == b->status.class &&
	       a->status.subject == b->status.subject && a->status.detail == b->status.detail;
}

/* The next place where the first line's code is repeated: *code with the blanks behind it. */
static bool
next_code(struct span rest, const struct reply *first, struct span *code, bool *last)
{
	const char *blank;

	while ((blank = span_chr(rest, ' ')) != NULL) {
		struct span line = { blank + 1, rest.end };
		struct reply reply;
		char sign;

		rest.p = blank + 1;
		if (!take_line_start(&line, &reply, &sign) || !same_reply(first, &reply))
			continue;
		while (!span_empty(line) && *line.p == ' ')
			line.p++;
		*code = (struct span){ rest.p, line.p };
		*last = sign == ' ';
		return true;
	}
	return false;
}

struct span
reply_join(struct arena *a, struct span diagnostic)
{
	struct reply first;
	struct span rest = { first_line(diagnostic, &first), diagnostic.end }, code;
	const char *from = diagnostic.p;
	bool last = false;
	char *text, *end;

	if (rest.p == NULL || !next_code(rest, &first, &code, &last))
		return diagnostic;
	end = text = arena_text(a, span_len(diagnostic));
	if (text == NULL)
		return diagnostic;
	do {
		memcpy(end, from, (size_t)(code.p - from));
		end += code.p - from;
		from = code.end;
		rest.p =
			from - 1; /* the blank behind the code may stand in front of the next one */
	} while (!last && next_code(rest, &first, &code, &last));
	memcpy(end, from, (size_t)(diagnostic.end - from));
	end += diagnostic.end - from;
	return span_trim((struct span){ text, end });
}

/* ---- where a reply stands ---- */

/* What stands behind the first place of `word`; empty when it is nowhere. */
static struct span
behind(const struct words *words, struct span word)
{
	const char *hit = sieve_passes(&words->sieve, word) ? span_ifind(words->text, word) : NULL;

	return hit == NULL ? (struct span){ NULL, NULL }
			   : (struct span){ hit + span_len(word), words->text.end };
}

/* The first reply with a code that follows one of the leads. */
static bool
find_led(const struct words *words, struct reply *out)
{
	const char *best = NULL;

	for (size_t i = 0; i < COUNT(leads); i++) {
		struct span rest = behind(words, leads[i]);
		struct reply reply;

		if (span_empty(rest) || (best != NULL && rest.p >= best))
			continue;
		if (take_reply(rest, &reply) && reply.smtp != 0) {
			best = rest.p;
			*out = reply;
		}
	}
	return best != NULL;
}

/* IronPort: "5.1.0 - Unknown address error 550-'5.7.1 ...'", where the quote is the remote's. */
static bool
find_quoted(struct span text, struct reply *out)
{
	struct span mark = SPAN("-'");
	const char *hit;

	for (; (hit = span_ifind(text, mark)) != NULL; text.p = hit + span_len(mark)) {
		struct span code = { hit - text.p < 3 ? hit : hit - 3, text.end };

		if (at_start(text, code.p) && take_reply(code, out) && out->smtp != 0)
			return true;
	}
	return false;
}

/* The reply that the text says to have come from a server further on. */
static bool
find_passed_on(const struct words *words, struct reply *out)
{
	for (size_t i = 0; i < COUNT(wrappers); i++) {
		struct span rest = behind(words, wrappers[i]);

		if (!span_empty(rest) && take_reply(rest, out))
			return true;
	}
	return find_quoted(words->text, out);
}

static bool
ends_with_any(struct span text, const struct span *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_iends(text, marks[i]))
			return true;
	return false;
}

/* A status at the front of rest, which stands behind `before`, with its reply code or with a mark.
 */
static bool
take_marked(struct span before, struct span rest, struct reply *out)
{
	struct reply reply = { 0 };

	if (take_code(&rest, &reply.smtp)) {
		*out = reply;
		return take_status(&rest, &out->status);
	}
	if (!bounce_status_take(&rest, &reply.status) || (!span_empty(rest) && *rest.p == '/'))
		return false;
	*out = reply;
	return ends_with_any(before, status_marks, COUNT(status_marks)) &&
	       !ends_with_any(before, version_marks, COUNT(version_marks));
}

static bool
is_class_alone(struct bounce_status status)
{
	return status.subject == 0 && status.detail == 0;
}

/* Does a link begin here, or go on? */
static bool
at_link(struct span text)
{
	return (*text.p == ':' && span_istarts(text, SPAN("://"))) ||
	       ((*text.p == 'w' || *text.p == 'W') && span_istarts(text, SPAN("www.")));
}

/* Bytes with which a link or a status begins, or a link ends. */
static const bool is_turn[256] = {
	[' '] = true, [':'] = true, ['w'] = true, ['W'] = true,
	['2'] = true, ['4'] = true, ['5'] = true,
};

/*
 * The first exact status anywhere in the text that does not contradict the reply code. One in a
 * link ("https://example.com/help#5.1.1") explains codes, it is none.
 */
static bool
find_exact(struct span text, uint16_t smtp, struct reply *out)
{
	bool link = false;

	for (const char *p = text.p; p != text.end; p++) {
		if (!is_turn[(unsigned char)*p])
			continue;
		link = *p != ' ' && (link || at_link((struct span){ p, text.end }));
		if (link || (*p != '2' && *p != '4' && *p != '5') || !at_start(text, p))
			continue;
		if (!take_marked((struct span){ text.p, p }, (struct span){ p, text.end }, out))
			continue;
		if (is_class_alone(out->status) || (smtp == 0 && out->status.class == 2))
			continue;
		if (smtp == 0 || smtp / 100 == out->status.class)
			return true;
	}
	return false;
}

/* The command at the front; one that is none of ours leaves *stage alone. */
static void
take_verb(struct span text, enum bounce_stage *stage)
{
	for (size_t i = 0; i < COUNT(verbs); i++)
		if (span_istarts(text, verbs[i].verb))
			*stage = verbs[i].stage;
}

/* In a transcript: the last command before the first refusal. */
static enum bounce_stage
transcript_stage(struct span text, struct span command, struct span answer)
{
	enum bounce_stage stage = BOUNCE_STAGE_UNKNOWN;
	size_t len = span_len(command);
	const char *end = text.end;

	if (span_ifind(text, command) == NULL)
		return stage;
	for (struct span s = text; (s.p = span_ifind(s, answer)) != NULL; s.p += len) {
		if (end - s.p > (ptrdiff_t)len && (s.p[len] == '4' || s.p[len] == '5')) {
			text.end = s.p;
			break;
		}
	}
	while ((text.p = span_ifind(text, command)) != NULL) {
		text.p += len;
		take_verb((struct span){ text.p, end }, &stage);
	}
	return stage;
}

static enum bounce_stage
find_stage(const struct words *words)
{
	enum bounce_stage where = BOUNCE_STAGE_UNKNOWN;

	for (size_t i = 0; i < COUNT(stages); i++)
		if (sieve_passes(&words->sieve, stages[i].words) &&
		    span_ifind(words->text, stages[i].words) != NULL)
			return stages[i].stage;
	for (size_t i = 0; i < COUNT(arrows) && where == BOUNCE_STAGE_UNKNOWN; i++)
		if (sieve_passes(&words->sieve, arrows[i].command))
			where = transcript_stage(words->text, arrows[i].command, arrows[i].answer);
	return where;
}

enum bounce_stage
reply_stage(struct span text)
{
	struct words words = { .text = text };

	sieve_add(&words.sieve, text);
	return find_stage(&words);
}

void
reply_read(struct span diagnostic, uint16_t *smtp, struct bounce_status *status,
	   enum bounce_stage *stage)
{
	struct words words = { .text = diagnostic };
	struct reply found = { 0 }, other;
	enum bounce_stage where;

	if (span_empty(diagnostic))
		return;
	sieve_add(&words.sieve, diagnostic);
	where = find_stage(&words);
	if (!take_reply(diagnostic, &found))
		(void)find_led(&words, &found);
	if (find_passed_on(&words, &other)) {
		found.smtp = other.smtp != 0 ? other.smtp : found.smtp;
		found.status = other.status.class != 0 ? other.status : found.status;
	}
	if (is_class_alone(found.status) && find_exact(diagnostic, found.smtp, &other)) {
		found.smtp = found.smtp != 0 ? found.smtp : other.smtp;
		found.status = other.status;
	}
	if (found.smtp != 0)
		*smtp = found.smtp;
	if (found.status.class != 0)
		*status = found.status;
	if (where != BOUNCE_STAGE_UNKNOWN)
		*stage = where;
}
