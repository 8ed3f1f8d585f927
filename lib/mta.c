/*
 * mta - which system wrote a report, by the marks of its row
 *
 * The rows are held against the mail in the order of this list: what one system alone writes comes
 * before what many have copied.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

static const struct mta *const tables[] = {
	mta_amazon, mta_google,   mta_gateway, mta_carrier, mta_desktop, mta_notes,
	mta_hosted, mta_exchange, mta_qmail,   mta_exim,    mta_postfix, mta_sendmail,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The lines in which marks are looked for. */
struct head {
	struct span text; /* all of them */
	struct span line[MTA_HEAD_LINES];
	size_t count;
};

/* line without the dashes and the like that frame it. */
static struct span
past_signs(struct span line)
{
	while (!span_empty(line) && (*line.p == '-' || *line.p == '*' || *line.p == '=' ||
				     *line.p == '|' || *line.p == ' '))
		line.p++;
	return line;
}

static void
read_head(struct span text, struct head *head)
{
	struct span rest = text, line;

	head->text = (struct span){ text.p, text.p };
	head->count = 0;
	while (head->count < MTA_HEAD_LINES && span_next_line(&rest, &line)) {
		head->text.end = line.end;
		line = past_signs(span_trim(line));
		if (!span_empty(line))
			head->line[head->count++] = line;
	}
}

static bool
begins_line(const struct head *head, struct span text)
{
	for (size_t i = 0; i < head->count; i++)
		if (span_istarts(head->line[i], text))
			return true;
	return false;
}

static bool
bears(const struct mta_mail *mail, const struct head *head, const struct mta_mark *mark)
{
	const struct header_field *field;
	struct span text;

	if (mark->place != MTA_HEADER && !sieve_passes(mail->sieve, mark->text))
		return false;
	text = span_of(mark->text);
	switch (mark->place) {
	case MTA_NOWHERE:
		break;
	case MTA_FROM:
		return span_ifind(mail->from, text) != NULL;
	case MTA_SUBJECT:
		return span_ifind(mail->subject, text) != NULL;
	case MTA_HEADER:
		field = header_find(mail->headers, mark->name);
		return field != NULL &&
		       (span_empty(text) || span_ifind(field->value, text) != NULL);
	case MTA_LINE:
		return begins_line(head, text);
	case MTA_WITHIN:
		return span_ifind(head->text, text) != NULL;
	}
	return false;
}

static bool
is_row_of(const struct mta_mail *mail, const struct head *head, const struct mta *mta)
{
	size_t i;

	if ((!mail->machine && !mta->proves) || (!mail->program && mta->quoted))
		return false;
	for (i = 0; i < MTA_MAX_MARKS && mta->all[i].place != MTA_NOWHERE; i++)
		if (!bears(mail, head, &mta->all[i]))
			return false;
	for (i = 0; i < MTA_MAX_MARKS && mta->any[i].place != MTA_NOWHERE; i++)
		if (bears(mail, head, &mta->any[i]))
			return true;
	return i == 0;
}

static const struct mta *
find(const struct mta_mail *mail, const struct mta *const *table, size_t count)
{
	struct head head;

	read_head(mail->text, &head);
	for (size_t i = 0; i < count; i++)
		for (const struct mta *mta = table[i]; mta->name != NULL; mta++)
			if (is_row_of(mail, &head, mta))
				return mta;
	return NULL;
}

const struct mta *
mta_recognise(const struct mta_mail *mail)
{
	return find(mail, tables, COUNT(tables));
}

const struct mta *
mta_unknown(const struct mta_mail *mail)
{
	static const struct mta *const last[] = { mta_plain };

	return find(mail, last, COUNT(last));
}
