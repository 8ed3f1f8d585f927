/*
 * imap_command - commands in lines of our own
 *
 * For what libetpan loses, cannot say, or reads by recursion: which copy of a message is which
 * (COPYUID of RFC 4315), what a NO is about (RFC 5530), flags, searches and lists of folders.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <sysexits.h>

#include "log.h"

enum imap_result
imap_command(struct imap *imap, const struct imap_ask *ask)
{
	enum imap_result result;
	enum imap_line line = IMAP_LINE_LOST;
	const char *text;

	if (!buf_ok(ask->command))
		log_fatal(EX_OSERR, "out of memory");
	result = imap_begin(imap, ask->timeout, ask->budget);
	if (result != IMAP_OK)
		return result;
	if (imap_send(imap, true, buf_str(ask->command)) < 0)
		return imap_lost(imap, ask->what);
	do {
		line = imap_line(imap, &text);
		if (line == IMAP_LINE_UNTAGGED)
			(void)imap_is_news(imap, text);
		if (ask->line != NULL && (line == IMAP_LINE_UNTAGGED || line == IMAP_LINE_TAGGED))
			ask->line(ask->context, span_of(text));
	} while (line == IMAP_LINE_UNTAGGED);
	return imap_end_own(imap, line, ask->what);
}

void
imap_add_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

bool
imap_number_in(struct span line, struct span name, uint64_t *out)
{
	const char *at = span_ifind(line, name);
	struct span rest;

	if (at == NULL || (at > line.p && at[-1] != ' ' && at[-1] != '('))
		return false;
	rest = (struct span){ at + span_len(name), line.end };
	return span_number(&rest, UINT64_MAX, out);
}

bool
imap_take_astring(struct span *rest, struct buf *out)
{
	buf_clear(out);
	if (span_empty(*rest))
		return false;
	if (*rest->p != '"') {
		/* no "{": of a literal only the announcement stands in the line */
		while (!span_empty(*rest) && strchr(" (){\r", *rest->p) == NULL)
			buf_addc(out, *rest->p++);
		return out->len > 0;
	}
	for (rest->p++; !span_empty(*rest) && *rest->p != '"'; rest->p++) {
		if (*rest->p == '\\' && rest->p + 1 < rest->end)
			rest->p++;
		buf_addc(out, *rest->p);
	}
	if (span_empty(*rest))
		return false;
	rest->p++;
	return true;
}

/* What a NO is about, by its response code (RFC 5530, RFC 3501 section 7.1, RFC 9208). LIMIT is not
 * here: fewer messages at once may be the cure. */
static const struct {
	const char *code;
	enum imap_cause cause;
} causes[] = {
	{ "ALREADYEXISTS", IMAP_CAUSE_EXISTS }, { "CANNOT", IMAP_CAUSE_MISSING },
	{ "INUSE", IMAP_CAUSE_SERVER },         { "NONEXISTENT", IMAP_CAUSE_MISSING },
	{ "NOPERM", IMAP_CAUSE_RIGHTS },        { "OVERQUOTA", IMAP_CAUSE_QUOTA },
	{ "READ-ONLY", IMAP_CAUSE_RIGHTS },     { "SERVERBUG", IMAP_CAUSE_SERVER },
	{ "TRYCREATE", IMAP_CAUSE_MISSING },    { "UNAVAILABLE", IMAP_CAUSE_SERVER },
};

enum imap_cause
imap_cause(const struct imap *imap)
{
	struct span rest = span_of(imap->wire.tagged), word;

	/* the tag, then NO */
	(void)span_next_word(&rest, &word);
	(void)span_next_word(&rest, &word);
	while (!span_empty(rest) && *rest.p == ' ')
		rest.p++;
	if (!span_empty(rest) && *rest.p == '[') {
		struct span code = { rest.p + 1, rest.p + 1 };

		while (code.end < rest.end && *code.end != ']' && *code.end != ' ')
			code.end++;
		for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
			if (span_ieq(code, span_of(causes[i].code)))
				return causes[i].cause;
	}
	/* Servers from before the codes have words only. */
	if (span_ifind(rest, SPAN("quota")) != NULL)
		return IMAP_CAUSE_QUOTA;
	/* Cyrus, where it would not let us make it either. */
	if (span_ifind(rest, SPAN("mailbox does not exist")) != NULL)
		return IMAP_CAUSE_MISSING;
	return imap->no_target ? IMAP_CAUSE_MISSING : IMAP_CAUSE_UNKNOWN;
}
