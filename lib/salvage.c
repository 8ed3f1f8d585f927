/*
 * salvage - a delivery-status part in a message that lost its structure
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "salvage.h"

enum mark {
	MARK_NONE,
	MARK_RETURNED, /* a line that begins a returned message */
	MARK_STATUS,   /* the Content-Type of a delivery-status part */
	MARK_FIELD, /* one of its first fields: where the Content-Type is lost as well, they tell */
};

static const struct {
	const char *begin;
	enum mark mark;
} marks[] = {
	{ "Return-Path:", MARK_RETURNED },
	{ "Received:", MARK_RETURNED },
	{ "Content-Type: message/rfc822", MARK_RETURNED },
	{ "Content-Type: text/rfc822-headers", MARK_RETURNED },
	{ "Content-Type: message/delivery-status", MARK_STATUS },
	{ "Content-Type: message/global-delivery-status", MARK_STATUS },
	{ "Reporting-MTA:", MARK_FIELD },
	{ "Final-Recipient:", MARK_FIELD },
	{ "Original-Recipient:", MARK_FIELD },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum mark
mark_of(struct span line)
{
	char first = span_empty(line) ? '\0' : span_lower(*line.p);

	for (size_t i = 0; i < COUNT(marks); i++)
		if (first == span_lower(marks[i].begin[0]) &&
		    span_istarts(line, span_of(marks[i].begin)))
			return marks[i].mark;
	return MARK_NONE;
}

/* text up to the first line that looks like a boundary. */
static struct span
up_to_boundary(struct span text)
{
	struct span rest = text, line;

	while (span_next_line(&rest, &line))
		if (span_istarts(span_trim(line), SPAN("--")))
			return (struct span){ text.p, line.p };
	return text;
}

struct span
salvage_status(struct span text, uint32_t *lines)
{
	struct span line;
	uint32_t count = 0;

	while (span_next_line(&text, &line)) {
		count++;
		switch (mark_of(line)) {
		case MARK_NONE:
			continue;
		case MARK_RETURNED:
			return (struct span){ NULL, NULL };
		case MARK_STATUS:
			*lines = count;
			return up_to_boundary(text);
		case MARK_FIELD:
			*lines = count;
			return up_to_boundary((struct span){ line.p, text.end });
		}
	}
	return (struct span){ NULL, NULL };
}

/* text behind the part headers that it begins with. */
static struct span
past_headers(struct span text)
{
	struct span line;

	while (span_next_line(&text, &line))
		if (span_empty(span_trim(line)))
			break;
	return text;
}

struct span
salvage_returned(struct span text)
{
	struct span line;

	while (span_next_line(&text, &line)) {
		if (mark_of(line) != MARK_RETURNED)
			continue;
		text.p = line.p;
		return span_istarts(line, SPAN("Content-")) ? past_headers(text) : text;
	}
	return (struct span){ NULL, NULL };
}
