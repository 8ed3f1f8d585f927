/*
 * mta - which system wrote a report, by the marks of its row
 *
 * The rows are held against the mail in the order of mta/tables.def. Most are out before their
 * marks are looked for: marks.h, made while building, tells by the sieve.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#include "marks.h"

#define WORD_BITS 64
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One bit a row. */
struct rows {
	uint64_t bits[COUNT(marks_free)];
};

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

	text = span_of(mark->text);
	if (mark->place != MTA_HEADER && !sieve_passes(mail->sieve, text))
		return false;
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

static bool
may_say(const struct mta_mail *mail, const struct marks_words *mark)
{
	const bool *seen = mail->sieve->seen;

	return (seen[mark->hash[0]] | seen[mark->hash[1]]) &
	       (seen[mark->hash[2]] | seen[mark->hash[3]]);
}

static bool
may_have(const struct mta_mail *mail, const struct marks_field *mark)
{
	return (mail->headers->names[mark->bit / WORD_BITS] >> mark->bit % WORD_BITS & 1) != 0;
}

static void
set(struct rows *rows, size_t row, bool value)
{
	rows->bits[row / WORD_BITS] |= (uint64_t)value << row % WORD_BITS;
}

/* The rows whose marks the mail may bear: no row that is left out is one of its. */
static struct rows
sift(const struct mta_mail *mail)
{
	struct rows lacking = { 0 }, rows;

	memcpy(rows.bits, marks_free, sizeof(rows.bits));
	for (size_t i = 0; i < COUNT(marks_any_words); i++)
		set(&rows, marks_any_words[i].row, may_say(mail, &marks_any_words[i]));
	for (size_t i = 0; i < COUNT(marks_any_fields); i++)
		set(&rows, marks_any_fields[i].row, may_have(mail, &marks_any_fields[i]));
	for (size_t i = 0; i < COUNT(marks_all_words); i++)
		set(&lacking, marks_all_words[i].row, !may_say(mail, &marks_all_words[i]));
	for (size_t i = 0; i < COUNT(marks_all_fields); i++)
		set(&lacking, marks_all_fields[i].row, !may_have(mail, &marks_all_fields[i]));
	for (size_t i = 0; i < COUNT(rows.bits); i++)
		rows.bits[i] &= ~lacking.bits[i];
	return rows;
}

const struct mta *
mta_recognise(const struct mta_mail *mail)
{
	struct rows rows = sift(mail);
	struct head head;

	read_head(mail->text, &head);
	for (size_t i = 0; i < COUNT(rows.bits); i++) {
		for (uint64_t bits = rows.bits[i]; bits != 0; bits &= bits - 1) {
			size_t row = i * WORD_BITS + (size_t)__builtin_ctzll(bits);

			if (is_row_of(mail, &head, marks_row[row]))
				return marks_row[row];
		}
	}
	return NULL;
}

const struct mta *
mta_unknown(const struct mta_mail *mail)
{
	struct head head;

	read_head(mail->text, &head);
	for (const struct mta *mta = mta_plain; mta->name != NULL; mta++)
		if (is_row_of(mail, &head, mta))
			return mta;
	return NULL;
}
