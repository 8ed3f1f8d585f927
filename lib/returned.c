/*
 * returned - the message that came back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "returned.h"

#include "address.h"
#include "ascii.h"
#include "date.h"
#include "field.h"
#include "token.h"

static void
keep(struct span *slot, struct span text)
{
	if (span_empty(*slot))
		*slot = text;
}

/* The first address of a list, canonical. */
static struct span
first_address(struct arena *a, struct span value)
{
	struct address address;

	return address_next(a, &value, &address) ? address.canonical : (struct span){ NULL, NULL };
}

/* The first word of Received-SPF, which some servers write as "pass;" or "Pass(...)". */
static struct span
first_word(struct arena *a, struct span value)
{
	struct span word = { value.p, value.p };

	while (word.end != value.end && ascii_is_letter(*word.end))
		word.end++;
	return field_lower(a, word);
}

/* For what is read later. */
static int
keep_fields(struct arena *a, const struct header_list *headers, struct bounce_report *report)
{
	struct bounce_returned *kept = arena_alloc(a, sizeof(*kept)), **last = &report->returned;

	if (kept == NULL)
		return -1;
	kept->headers = *headers;
	while (*last != NULL)
		last = &(*last)->next;
	*last = kept;
	return 0;
}

/* Two tokens, whoever put the second one there, would prove whatever one of them proves. */
static void
keep_token(const struct header_list *headers, uint32_t part, struct bounce_report *report)
{
	const struct header_field *field = header_find(headers, BOUNCE_TOKEN_FIELD);

	if (report->token_count > 0 || field == NULL)
		return;
	for (size_t i = 0; i < headers->count; i++)
		report->token_count += span_ieq(headers->field[i].name, SPAN(BOUNCE_TOKEN_FIELD));
	report->token = field->value;
	report->token_at = (struct bounce_where){ part, field->line };
}

int
returned_headers(struct arena *a, const struct header_list *headers, uint32_t part,
		 struct bounce_report *report)
{
	keep(&report->original_message_id, field_id(a, header_value(headers, "Message-ID")));
	keep(&report->original_list_id, field_id(a, header_value(headers, "List-Id")));
	keep(&report->original_to, first_address(a, header_value(headers, "To")));
	if (span_empty(report->original_to_list))
		report->original_to_list = header_value(headers, "To");
	if (report->original_time == 0)
		(void)date_read(header_value(headers, "Date"), &report->original_time);
	keep_token(headers, part, report);
	return keep_fields(a, headers, report) != 0 || a->refused ? -1 : 0;
}

int
returned_details(struct arena *a, struct bounce_report *report)
{
	bool *clipped = &report->clipped;

	for (const struct bounce_returned *r = report->returned; r != NULL; r = r->next) {
		const struct header_list *headers = &r->headers;
		struct span subject = header_text(a, header_value(headers, "Subject"));

		keep(&report->original_from, first_address(a, header_value(headers, "From")));
		keep(&report->original_subject, field_line(a, subject, FIELD_MAX_TEXT, clipped));
		keep(&report->original_date,
		     field_line(a, header_value(headers, "Date"), FIELD_MAX_TEXT, clipped));
		keep(&report->received_spf, first_word(a, header_value(headers, "Received-SPF")));
	}
	return a->refused ? -1 : 0;
}

/* Does a part of this type hold nothing but headers (RFC 6522 section 4, RFC 6533 section 6.3)? */
static bool
is_headers_only(struct span type)
{
	return span_eq(type, SPAN("text/rfc822-headers")) ||
	       span_eq(type, SPAN("message/rfc822-headers")) ||
	       span_eq(type, SPAN("message/global-headers"));
}

static bool
is_message(struct span type)
{
	return span_eq(type, SPAN("message/rfc822")) || span_eq(type, SPAN("message/global"));
}

bool
returned_is(struct span type)
{
	return is_message(type) || is_headers_only(type);
}

/* Is part `index` the message inside part `outer`? The walk lists it right behind. */
static bool
is_inside(const struct mime_message *m, size_t index, size_t outer)
{
	return index < m->count && m->part[index].parent == outer;
}

int
returned_read(struct arena *a, const struct mime_message *m, struct bounce_report *report)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct mime_part *part = &m->part[i];
		struct header_list headers;
		struct span body;

		/* the part that made the report is no message, whatever its type */
		if (mime_inside_message(m, i) || i == report->report_at.part)
			continue;
		if (is_message(part->type) && is_inside(m, i + 1, i))
			return returned_headers(a, &m->part[i + 1].headers, (uint32_t)i + 1,
						report);
		if (!returned_is(part->type))
			continue;
		/* A message too deep for the walk, or in base64, which RFC 2046 forbids, ends up
		 * here. */
		if (header_parse(a, mime_body(a, part), part->body_line, &headers, &body) != 0)
			return -1;
		return returned_headers(a, &headers, (uint32_t)i, report);
	}
	return 0;
}
