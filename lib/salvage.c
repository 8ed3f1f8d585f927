/*
 * salvage - a delivery-status part in a message that lost its structure
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "salvage.h"

/* Lines that begin a returned message. */
static const char *const returned[] = {
	"Return-Path:",
	"Received:",
	"Content-Type: message/rfc822",
	"Content-Type: text/rfc822-headers",
};

/* Where its Content-Type is lost as well, its first fields tell. */
static const char *const fields[] = {
	"Reporting-MTA:",
	"Final-Recipient:",
	"Original-Recipient:",
};

static const char *const status[] = {
	"Content-Type: message/delivery-status",
	"Content-Type: message/global-delivery-status",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
begins_with_any(struct span line, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_istarts(line, span_of(words[i])))
			return true;
	return false;
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
		if (begins_with_any(line, returned, COUNT(returned)))
			break;
		if (begins_with_any(line, status, COUNT(status))) {
			*lines = count;
			return up_to_boundary(text);
		}
		if (begins_with_any(line, fields, COUNT(fields))) {
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
		if (!begins_with_any(line, returned, COUNT(returned)))
			continue;
		text.p = line.p;
		return span_istarts(line, SPAN("Content-")) ? past_headers(text) : text;
	}
	return (struct span){ NULL, NULL };
}
