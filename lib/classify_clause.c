/*
 * classify_clause - whom the clause is about that a phrase stands in
 *
 * The same words blame the recipient in one clause and the sender in another, and a phrase with a
 * gap may begin in one statement and end in the next.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify.h"

#include "ascii.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SENDER_REACH 48  /* bytes in front of a phrase in which sender_words count */
#define SENDER_OVERLAP 8 /* and in the phrase: "your email address ... does not exist" */

/* Does a clause end at p? */
static bool
ends_clause(const char *p, const char *end)
{
	return p + 1 < end && p[1] == ' ' && *p != '\0' && strchr(".,;:!?", *p) != NULL;
}

bool
classify_runs_on(const struct bounce_row *row, struct span hit)
{
	const char *gap = strstr(row->phrase, " * ");
	size_t tail;

	if (gap == NULL || strpbrk(row->phrase, ".,;:!?") != NULL)
		return false;
	tail = strlen(gap + 2);
	for (const char *p = hit.p; hit.end - p > (ptrdiff_t)tail + 1; p++)
		if (ends_clause(p, hit.end))
			return true;
	return false;
}

/* Words that make what follows in their clause a statement about the sender. */
static const struct span sender_words[] = {
	SPAN_INIT("sender"),
	SPAN_INIT("senders"),
	SPAN_INIT("sending account"),
	SPAN_INIT("sending address"),
	SPAN_INIT("sending client"),
	SPAN_INIT("sending domain"),
	SPAN_INIT("sending email address"),
	SPAN_INIT("sending e-mail address"),
	SPAN_INIT("sending host"),
	SPAN_INIT("sending hostname"),
	SPAN_INIT("sending ip"),
	SPAN_INIT("sending mail server"),
	SPAN_INIT("sending mailbox"),
	SPAN_INIT("sending mta"),
	SPAN_INIT("sending server"),
	SPAN_INIT("sending system"),
	SPAN_INIT("sending user"),
	SPAN_INIT("mailfrom"),
	SPAN_INIT("mail from"),
	SPAN_INIT("from domain"),
	SPAN_INIT("from address"),
	SPAN_INIT("from header"),
	SPAN_INIT("return-path"),
	SPAN_INIT("return path"),
	SPAN_INIT("originating"),
	SPAN_INIT("client"),
	SPAN_INIT("helo"),
	SPAN_INIT("ehlo"),
	SPAN_INIT("envelope from"),
	SPAN_INIT("your domain"),
	SPAN_INIT("your host"),
	SPAN_INIT("your hostname"),
	SPAN_INIT("your email address"),
	SPAN_INIT("your e-mail address"),
	SPAN_INIT("your address"),
};

/* What holds such words and says nothing of the sender's own address. */
static const struct span no_sender_words[] = {
	SPAN_INIT("sender has been told"),     SPAN_INIT("sender was told"),
	SPAN_INIT("sender has been notified"), SPAN_INIT("sender was notified"),
	SPAN_INIT("sender has been informed"), SPAN_INIT("sender was informed"),
	SPAN_INIT("sender will be notified"),  SPAN_INIT("sender will be informed"),
	SPAN_INIT("return to sender"),         SPAN_INIT("return to the sender"),
	SPAN_INIT("returned to sender"),       SPAN_INIT("returned to the sender"),
	SPAN_INIT("your address book"),        SPAN_INIT("your email address book"),
	SPAN_INIT("your address list"),        SPAN_INIT("your email address list"),
};

/* What is checked of senders only: a domain that is missed beside them is the sender's. */
static const struct span sender_checks[] = {
	SPAN_INIT("spf"), SPAN_INIT("dkim"), SPAN_INIT("dmarc"),
	SPAN_INIT("ptr"), SPAN_INIT("rdns"), SPAN_INIT("reverse"),
};

/* The words of a phrase's clause that stand right in front of it, and its first one. */
static struct span
clause_before(struct span text, struct span hit)
{
	struct span s = { hit.p, hit.p };

	while (s.p > text.p && hit.p - s.p < SENDER_REACH &&
	       !(*s.p == ' ' && ends_clause(s.p - 1, hit.end)))
		s.p--;
	s.end += span_len(hit) < SENDER_OVERLAP ? span_len(hit) : SENDER_OVERLAP;
	return s;
}

/* Bytes of the first of the words that begins at p, where a word begins; 0 when none does. */
static size_t
take_any(struct span text, const char *p, const struct span *words, size_t count)
{
	const struct span rest = { p, text.end };
	char first = span_first(rest);

	for (size_t i = 0; i < count; i++)
		if (*words[i].p == first && span_istarts(rest, words[i]) &&
		    match_boundary(text, p) && match_boundary(text, p + span_len(words[i])))
			return span_len(words[i]);
	return 0;
}

static bool
begins_word(struct span text, const char *p)
{
	return p == text.p || !ascii_is(p[-1], ASCII_LETTER | ASCII_DIGIT);
}

static bool
names_check(struct span text)
{
	for (const char *p = text.p; p < text.end; p++)
		if (begins_word(text, p) &&
		    take_any(text, p, sender_checks, COUNT(sender_checks)) > 0)
			return true;
	return false;
}

static bool
names_sender(struct span clause)
{
	for (const char *p = clause.p; p < clause.end; p++) {
		size_t other;

		if (!begins_word(clause, p))
			continue;
		other = take_any(clause, p, no_sender_words, COUNT(no_sender_words));
		if (other > 0)
			p += other - 1;
		else if (take_any(clause, p, sender_words, COUNT(sender_words)) > 0)
			return true;
	}
	return false;
}

/* May the row blame the recipient's address or domain? */
static bool
blames_recipient(const struct bounce_row *row)
{
	return row->bad != BOUNCE_BAD_NO && row->table == CODE_PHRASE &&
	       row->whose == CODE_WORDS_COMMON &&
	       (row->reason == BOUNCE_REASON_NO_SUCH_USER ||
		row->reason == BOUNCE_REASON_NO_SUCH_DOMAIN ||
		row->reason == BOUNCE_REASON_DOMAIN_NO_MAIL ||
		row->reason == BOUNCE_REASON_BAD_ADDRESS_SYNTAX ||
		row->reason == BOUNCE_REASON_MAILBOX_DISABLED);
}

bool
classify_is_about_sender(const struct bounce_row *row, struct span text, struct span hit)
{
	if (!blames_recipient(row))
		return false;
	if (row->reason == BOUNCE_REASON_NO_SUCH_DOMAIN && names_check(text))
		return true;
	return names_sender(clause_before(text, hit));
}
