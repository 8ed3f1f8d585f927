/*
 * mta/sendmail - Sendmail, and the servers that print its transcript
 *
 * A transcript is a dialogue: ">>> RCPT To:<a@b>", "<<< 550 No", then Sendmail's own summary,
 * "550 <a@b>... User unknown". The answer in front of a summary is what the other server said. An
 * answer that follows a refusal ("503 Need RCPT") is its echo, so the first one since the last
 * summary counts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#include "ascii.h"
#include "reply.h"

/* "550 5.1.1 <a@b>... User unknown": takes the codes off the front. */
static bool
take_codes(struct span *s)
{
	struct bounce_status status;
	struct span rest = *s;

	if (span_len(rest) < 4 || !ascii_is_digit(rest.p[0]) || !ascii_is_digit(rest.p[1]) ||
	    !ascii_is_digit(rest.p[2]) || rest.p[3] != ' ')
		return false;
	rest.p += 4;
	(void)bounce_status_take(&rest, &status);
	*s = span_trim(rest);
	return true;
}

/* What the summary says behind "...", where it quotes a reply of its own. */
static struct span
words_of(struct span line)
{
	const char *dots = span_ifind(line, SPAN("... "));
	struct span inner = { dots == NULL ? line.end : dots + 4, line.end };

	return span_len(inner) > 3 && (*inner.p == '4' || *inner.p == '5') &&
			       ascii_is_digit(inner.p[1]) && ascii_is_digit(inner.p[2])
		       ? inner
		       : line;
}

/* Answers that only follow from a refusal before them: no recipient is left. */
static bool
is_echo(struct span answer)
{
	return span_istarts(answer, SPAN("<<< 503")) ||
	       span_ifind(answer, SPAN("no valid recipients")) != NULL;
}

/* The enhanced code in front of a summary, which Sendmail puts into its status part as well. */
static struct bounce_status
summary_status(struct span summary)
{
	struct bounce_status status = { 0 };
	enum bounce_stage stage;
	uint16_t smtp;

	reply_read(summary, &smtp, &status, &stage);
	return status;
}

/*
 * Sendmail sends RCPT and DATA in one go and then shows ">>> DATA" in front of the answer to RCPT.
 * Where its own summary blames the address and the answer says nothing else, it was that.
 */
static struct span
answer_to(struct span answer, struct bounce_status summary)
{
	const char *begin = span_ifind(answer, SPAN("<<< "));
	struct bounce_status said = { 0 };
	enum bounce_stage stage;
	struct span s;
	uint16_t smtp;

	if (begin == NULL || !span_istarts(answer, SPAN(">>> DATA")))
		return answer;
	s = (struct span){ begin + strlen("<<< "), answer.end };
	reply_read(s, &smtp, &said, &stage);
	return summary.subject == 1 && (said.class == 0 || said.subject == 1)
		       ? (struct span){ begin, answer.end }
		       : answer;
}

/* What Sendmail's summary says of the address that stands in it. */
static void
take_summary(struct mta_walk *w, struct span address, struct span line)
{
	struct bounce_status status = summary_status(line);
	size_t before = w->report->recipient_count;

	mta_add(w, address);
	if (w->report->recipient_count > before)
		w->report->recipient[before].field_status = status;
	mta_say(w, span_empty(w->answer) ? words_of(line) : answer_to(w->answer, status));
	w->command = w->answer = (struct span){ NULL, NULL };
}

static bool
transcript(struct mta_walk *w, struct span line)
{
	struct span s = span_trim(line), address;
	bool command = span_istarts(s, SPAN(">>> ")), answer = span_istarts(s, SPAN("<<< "));

	if ((command || answer) && w->speaker == MTA_RECIPIENT && !span_empty(w->said))
		mta_hush(w); /* the dialogue goes on with the next recipient */
	if (command) {
		w->command = s;
		return w->speaker == MTA_SILENT;
	}
	if (answer) {
		if (span_empty(w->answer) && span_len(s) >= strlen("<<< 550") &&
		    (s.p[4] == '4' || s.p[4] == '5') && !is_echo(s))
			w->answer =
				(struct span){ span_empty(w->command) ? s.p : w->command.p, s.end };
		return w->speaker == MTA_SILENT;
	}
	if (span_ifind(s, SPAN("while talking to ")) != NULL)
		w->command = w->answer = (struct span){ NULL, NULL };
	if (!take_codes(&s) &&
	    (span_empty(s) || *s.p != '<' || span_ifind(s, SPAN(">... ")) == NULL))
		return false;
	line = span_trim(line);
	if (!mta_line_next(w->arena, &s, &address)) {
		mta_reason(w, span_empty(w->answer) ? line : w->answer, MTA_MAX_WORDS - 1);
		return true;
	}
	take_summary(w, address, line);
	return true;
}

const struct mta mta_sendmail[] = {
	{
		.name = "active-hunter",
		.all = { { MTA_HEADER, "", "X-AHMAILID" } },
		.shapes = MTA_APART | MTA_ALONE | MTA_NAMED,
		.begin = { "The following addresses had permanent fatal errors" },
		.reason = { "----- Transcript of session follows -----" },
	},
	{
		.name = "sendmail",
		.any = {
			{ MTA_LINE, "The following addresses had permanent", NULL },
			{ MTA_LINE, "The following addresses had transient", NULL },
			{ MTA_LINE, "The following addresses had delivery", NULL },
			{ MTA_LINE, "Transcript of session follows -----", NULL },
			{ MTA_LINE, "The following addresses have", NULL },
		},
		.shapes = MTA_ALONE | MTA_SAID,
		.begin = { "----- The following addresses had", "----- Recipients of this delivery",
			   "----- The following addresses have" },
		.end = { "----- Unsent message follows", "----- Original message follows",
			 "----- Message header follows", "----- Returned message follows",
			 "----- No session transcript", "----- Message body suppressed" },
		.hook = transcript,
	},
	{ .name = NULL },
};
