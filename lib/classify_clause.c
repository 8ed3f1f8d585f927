/*
 * classify_clause - whom the clause is about that a phrase stands in
 *
 * The same words blame the recipient in one clause and the sender in another, and a phrase with a
 * gap may begin in one statement and end in the next.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify.h"

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
static const char *const sender_words[] = {
	"sender",
	"sender's",
	"senders",
	"sending",
	"mailfrom",
	"mail from",
	"from domain",
	"from address",
	"from header",
	"return-path",
	"return path",
	"originating",
	"client",
	"helo",
	"ehlo",
	"envelope from",
	"your domain",
	"your host",
	"your hostname",
	"your email address",
	"your e-mail address",
	"your address",
};

/* What is checked of senders only: a domain that is missed beside them is the sender's. */
static const char *const sender_checks[] = {
	"spf", "dkim", "dmarc", "ptr", "rdns", "reverse",
};

#define SENDER_REACH 48  /* bytes in front of a phrase in which sender_words count */
#define SENDER_OVERLAP 8 /* and in the phrase: "your email address ... does not exist" */

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

static bool
names_any(struct span text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct span word = span_of(words[i]);
		const char *at = span_ifind(text, word);

		if (at != NULL && match_boundary(text, at) &&
		    match_boundary(text, at + span_len(word)))
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
	if (row->reason == BOUNCE_REASON_NO_SUCH_DOMAIN &&
	    names_any(text, sender_checks, COUNT(sender_checks)))
		return true;
	return names_any(clause_before(text, hit), sender_words, COUNT(sender_words));
}
