/*
 * code - lookups in the code table
 *
 * A lookup goes over the rows of one table: a scan of some hundred rows is cheaper to read than an
 * index that must be kept right. Phrases, which are many, have an automaton (code_phrase.c).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "code.h"

#define ANY CODE_ANY

const char *
code_table_name(enum code_table which)
{
	switch (which) {
	case CODE_OPERATOR:
		return "operator";
	case CODE_PROVIDER:
		return "provider";
	case CODE_MICROSOFT:
		return "microsoft";
	case CODE_PHRASE:
		return "phrase";
	case CODE_STATUS:
		return "registry";
	case CODE_REPLY:
		return "reply";
	case CODE_TABLE_COUNT:
		break;
	}
	return "?";
}

bool
code_covers(const struct bounce_row *row, struct bounce_status status)
{
	if (status.class == 0 || (row->low.class != ANY && row->low.class != status.class))
		return false;
	if (row->low.subject != ANY && row->low.subject != status.subject)
		return false;
	if (row->low.detail == ANY)
		return true;
	return status.detail >= row->low.detail && status.detail <= row->detail_high;
}

/* How much a row leaves open; 0 = one code and no other. */
static unsigned
openness(const struct bounce_row *row)
{
	unsigned range = row->low.detail != row->detail_high ? 1 : 0;
	unsigned class = row->low.class == ANY ? 2 : 0;
	unsigned detail = row->low.detail == ANY ? 4 : 0;
	unsigned subject = row->low.subject == ANY ? 8 : 0;

	return range + class + detail + subject;
}

size_t
code_find(enum code_table which, struct bounce_status status, const struct bounce_row **out,
	  size_t room)
{
	size_t count = 0, kept = 0, at, rows;
	const struct bounce_row *table = code_table(which, &rows);
	const uint16_t *subject = code_subjects(which);

	for (size_t i = 0; i < rows; i++) {
		const struct bounce_row *row = &table[i];

		if ((subject[i] != status.subject && subject[i] != ANY) ||
		    !code_covers(row, status))
			continue;
		count++;
		for (at = 0; at < kept && openness(out[at]) <= openness(row); at++)
			;
		if (at >= room)
			continue;
		if (kept < room)
			kept++;
		for (size_t j = kept - 1; j > at; j--)
			out[j] = out[j - 1];
		out[at] = row;
	}
	return count;
}

const struct bounce_row *
code_find_reply(uint16_t smtp)
{
	size_t rows;
	const struct bounce_row *table = code_table(CODE_REPLY, &rows);

	for (size_t i = 0; i < rows; i++)
		if (table[i].low.class == smtp)
			return &table[i];
	return NULL;
}

/* Dispositions stand in word.def from the mildest to the hardest, and so do the answers to "bad?"
 * but for the first two. */
unsigned
code_blame(enum bounce_bad bad)
{
	switch (bad) {
	case BOUNCE_BAD_NO:
		return 0;
	case BOUNCE_BAD_YES:
		return 2;
	case BOUNCE_BAD_UNKNOWN:
	case BOUNCE_BAD_COUNT:
		break;
	}
	return 1;
}

bool
code_spares(const struct bounce_row *a, const struct bounce_row *b)
{
	if (a->disposition != b->disposition)
		return a->disposition < b->disposition;
	return code_blame(a->bad) < code_blame(b->bad);
}

const struct bounce_row *
code_common(const struct bounce_row *const *rows, size_t count)
{
	const struct bounce_row *best = count > 0 ? rows[0] : NULL;

	for (size_t i = 1; i < count; i++) {
		if (rows[i]->reason != best->reason)
			return NULL;
		if (code_spares(rows[i], best))
			best = rows[i];
	}
	return best;
}

const struct bounce_row *
code_pick(enum code_table which, struct bounce_status status, struct span text,
	  struct match_result *result)
{
	const struct bounce_row *best = NULL;
	size_t longest = 0, rows;
	const struct bounce_row *table = code_table(which, &rows);

	*result = (struct match_result){ 0 };
	for (size_t i = 0; i < rows; i++) {
		const struct bounce_row *row = &table[i];
		struct match_result match;
		size_t len;

		if (row->phrase[0] == '\0' || !code_covers(row, status))
			continue;
		len = match_phrase(row->phrase, text, &match);
		if (len == 0 || len < longest)
			continue;
		if (len == longest && !code_spares(row, best))
			continue;
		best = row;
		longest = len;
		*result = match;
	}
	return best;
}

/* "-699" or U+2013 "699" behind the first code of a range; the end may not lie before the start. */
static bool
take_range(struct span *rest, uint16_t low)
{
	uint64_t high;

	if (span_istarts(*rest, SPAN("-")))
		rest->p += 1;
	else if (span_istarts(*rest, SPAN("\xe2\x80\x93")))
		rest->p += 3;
	else
		return true;
	return span_number(rest, 999, &high) && high >= low;
}

/* "550" alone, or in front of "5.1.1"; false when what stands there is neither. */
static bool
take_reply(struct span *rest, uint16_t *smtp)
{
	struct span ahead = *rest;
	uint64_t number;

	if (!span_number(&ahead, 999, &number) || (!span_empty(ahead) && *ahead.p == '.'))
		return true; /* no reply code: "5.1.1" */
	if (number < 200 || number > 599)
		return false;
	if (!span_empty(ahead) && *ahead.p != ' ' && *ahead.p != '-' && *ahead.p != '\t')
		return false; /* RFC 5321 section 4.2: "550 5.1.1", "550-5.1.1" */
	*smtp = (uint16_t)number;
	if (!span_empty(ahead))
		ahead.p++;
	*rest = span_trim(ahead);
	return true;
}

int
code_parse(struct span text, struct bounce_status *status, uint16_t *smtp)
{
	struct span rest = span_trim(text);
	struct bounce_status found = { 0 };
	uint16_t reply = 0;

	*status = found;
	*smtp = 0;
	if (!take_reply(&rest, &reply))
		return -1;
	if (reply == 0 || !span_empty(rest)) {
		if (span_istarts(rest, SPAN("#")))
			rest.p++;
		if (!bounce_status_take(&rest, &found) || !take_range(&rest, found.detail) ||
		    !span_empty(rest))
			return -1;
	}
	*status = found;
	*smtp = reply;
	return 0;
}
