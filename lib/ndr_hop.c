/*
 * ndr_hop - the way of a returned message, server by server
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ndr_hop.h"

#include "field.h"
#include "returned.h"

#define MOST_DELAY 100000000 /* seconds, three years */

/* How reports write the unit of a relay time. */
static const struct {
	const char *begin;
	int32_t seconds;
} units[] = {
	{ "sec", 1 }, { "min", 60 }, { "hour", 3600 }, { "hr", 3600 }, { "day", 86400 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_date(struct span word)
{
	uint64_t number;

	return span_number(&word, 9999, &number) && !span_empty(word) &&
	       (*word.p == '/' || *word.p == '.' || *word.p == '-') && span_len(word) >= 4;
}

/* Does row `number` begin here? */
static bool
row_begins(struct span rest, size_t number)
{
	struct span word, next;
	uint64_t value;

	return span_next_word(&rest, &word) && span_number(&word, BOUNCE_MAX_HOPS + 1, &value) &&
	       span_empty(word) && value == number && span_next_word(&rest, &next) && is_date(next);
}

static int32_t
unit_of(struct span word)
{
	for (size_t i = 0; i < COUNT(units); i++)
		if (span_istarts(word, span_of(units[i].begin)))
			return units[i].seconds;
	return 0;
}

/* Time: date, clock and, in some languages, AM or PM. */
static struct span
take_time(struct span *rest)
{
	struct span word, ahead, time = { NULL, NULL };

	if (!span_next_word(rest, &time) || !span_next_word(rest, &word))
		return time;
	time.end = word.end;
	ahead = *rest;
	if (span_next_word(&ahead, &word) &&
	    (span_ieq(word, SPAN("AM")) || span_ieq(word, SPAN("PM")))) {
		time.end = word.end;
		*rest = ahead;
	}
	return time;
}

/* The last words of a row tell its delay, "2 min 3 sec"; "*" and nothing at all tell none. What
 * stands behind a delay is not the row's. */
static void
take_rest(struct span *rest, size_t next, struct bounce_hop *hop)
{
	struct span word;
	uint64_t number = 0;

	hop->delay = -1;
	while (!row_begins(*rest, next) && span_next_word(rest, &word)) {
		struct span digits = word;
		int32_t unit = unit_of(word);

		if (unit != 0 && hop->delay < MOST_DELAY) {
			hop->delay = (hop->delay < 0 ? 0 : hop->delay) + (int32_t)number * unit;
			continue;
		}
		if (span_number(&digits, 9999, &number) && span_empty(digits))
			continue;
		if (hop->delay >= 0)
			continue;
		if (hop->with.p == NULL)
			hop->with.p = word.p;
		hop->with.end = word.end;
	}
}

/* A new hop at the array's end, zeroed, or NULL when the arena is out. */
static struct bounce_hop *
next_hop(struct arena *a, struct bounce_hop **hop, size_t *count, size_t *cap)
{
	struct bounce_hop *wider = arena_grow(a, *hop, *count, cap, sizeof(*wider));

	if (wider == NULL)
		return NULL;
	*hop = wider;
	return &wider[(*count)++];
}

bool
ndr_hops(struct arena *a, struct span table, struct bounce_report *report)
{
	struct bounce_hop *hop = NULL;
	struct span rest = table, word;
	size_t count = 0, cap = 0;
	bool clipped = false;

	while (!row_begins(rest, 1))
		if (!span_next_word(&rest, &word))
			return false;
	while (count < BOUNCE_MAX_HOPS && row_begins(rest, count + 1)) {
		struct bounce_hop *h = next_hop(a, &hop, &count, &cap);

		if (h == NULL)
			return false;
		(void)span_next_word(&rest, &word);
		h->time = field_line(a, take_time(&rest), FIELD_MAX_TEXT, &clipped);
		(void)span_next_word(&rest, &h->from);
		(void)span_next_word(&rest, &h->to);
		take_rest(&rest, count + 1, h);
		h->with = field_line(a, h->with, FIELD_MAX_TEXT, &clipped);
	}
	if (count == 0)
		return false;
	report->clipped = report->clipped || row_begins(rest, count + 1);
	report->hop = hop;
	report->hop_count = report->slowest_hop = count;
	for (size_t i = 0; i < count; i++)
		if (hop[i].delay >= 0 &&
		    (report->slowest_hop == count || hop[i].delay > hop[report->slowest_hop].delay))
			report->slowest_hop = i;
	return true;
}

/* Where the word behind `word` belongs; NULL when it says nothing, or was said already. */
static struct span *
slot_of(struct span word, struct bounce_hop *hop)
{
	struct span *slot;

	if (span_ieq(word, SPAN("from")))
		slot = &hop->from;
	else if (span_ieq(word, SPAN("by")))
		slot = &hop->to;
	else if (span_ieq(word, SPAN("with")))
		slot = &hop->with;
	else
		return NULL;
	return slot->p == NULL ? slot : NULL;
}

static bool
is_told(const struct bounce_hop *hop)
{
	return hop->from.p != NULL && hop->to.p != NULL && hop->with.p != NULL;
}

/* The words behind "from", "by" and "with" in a Received field (RFC 5321 section 4.4). A word with
 * a semicolon is the last one in front of the date. */
static void
take_clauses(struct span value, struct bounce_hop *hop)
{
	const char *semicolon = span_chr(value, ';');
	struct span word, *slot = NULL;
	bool last = false;

	while (!last && !is_told(hop) && span_next_word(&value, &word)) {
		last = semicolon != NULL && word.end > semicolon;
		if (slot != NULL) {
			*slot = word;
			if (word.end[-1] == ';')
				slot->end--;
		}
		slot = slot_of(word, hop);
	}
}

/* The first header block that tells of the way; NULL when none does. */
static const struct header_list *
traced(const struct bounce_report *report)
{
	for (const struct bounce_returned *r = report->returned; r != NULL; r = r->next)
		if (header_find(&r->headers, "Received") != NULL)
			return &r->headers;
	return NULL;
}

int
bounce_trace(struct arena *a, struct bounce_report *report)
{
	const struct header_list *headers = traced(report);
	size_t count = 0, cap = 0;
	bool clipped = false;

	if (returned_details(a, report) != 0)
		return -1;
	if (headers == NULL || report->hop_count > 0)
		return 0;
	for (size_t i = headers->count; i > 0; i--) {
		struct span value = headers->field[i - 1].value;
		struct bounce_hop *h;
		const char *date;

		if (!span_ieq(headers->field[i - 1].name, SPAN("Received")))
			continue;
		if (count == BOUNCE_MAX_HOPS) {
			report->clipped = true;
			break;
		}
		h = next_hop(a, &report->hop, &count, &cap);
		if (h == NULL)
			return -1;
		take_clauses(value, h);
		h->from = field_host(a, h->from);
		h->to = field_host(a, h->to);
		date = memrchr(value.p, ';', span_len(value));
		if (date != NULL)
			h->time = field_line(a, (struct span){ date + 1, value.end },
					     FIELD_MAX_TEXT, &clipped);
		h->delay = -1;
	}
	report->hop_count = report->slowest_hop = count;
	return a->refused ? -1 : 0;
}
