/*
 * sns - notifications of Amazon SES
 *
 * Read string by string, without a tree: what matters are strings behind a known key, and which
 * array they stand in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sns.h"

#include "address.h"
#include "field.h"
#include "recipient.h"
#include "reply.h"

#define SNS_TEXTS 2 /* the mail's, and one in a string of it */

enum key {
	KEY_OTHER,
	KEY_ADDRESS,
	KEY_STATUS,
	KEY_DIAGNOSTIC,
	KEY_MESSAGE,
	KEY_BOUNCED,
	KEY_DELAYED,
	KEY_COMPLAINED,
	KEY_END,
	KEY_KIND,
	KEY_MESSAGE_ID,
};

static const struct {
	const char *name;
	enum key key;
} keys[] = {
	{ "emailAddress", KEY_ADDRESS },
	{ "status", KEY_STATUS },
	{ "diagnosticCode", KEY_DIAGNOSTIC },
	{ "Message", KEY_MESSAGE },
	{ "bouncedRecipients", KEY_BOUNCED },
	{ "delayedRecipients", KEY_DELAYED },
	{ "complainedRecipients", KEY_COMPLAINED },
	{ "mail", KEY_END },
	{ "notificationType", KEY_KIND },
	{ "eventType", KEY_KIND },
	{ "messageId", KEY_MESSAGE_ID },
};

static const struct {
	const char *word;
	enum bounce_kind kind;
} kinds[] = {
	{ "Bounce", BOUNCE_KIND_BOUNCE },
	{ "Complaint", BOUNCE_KIND_COMPLAINT },
	{ "Delivery", BOUNCE_KIND_SUCCESS },
	{ "DeliveryDelay", BOUNCE_KIND_DELAYED },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct reading {
	struct arena *arena;
	struct bounce_report *report;
	struct bounce_where where;
	struct span rest;
	struct span wrapped; /* the text in a string, to be read next */
	size_t cap;
	enum key section, key;
	enum bounce_action action;
	bool cut; /* the string that was taken has no end */
	bool failed;
};

/* Writes the string without escapes and folds ("!" line end blank, or the line end alone). */
static struct span
plain_string(struct arena *a, struct span raw)
{
	char *copy, *to;

	if (span_chr(raw, '\\') == NULL && span_chr(raw, '\n') == NULL)
		return raw;
	copy = to = arena_alloc(a, span_len(raw));
	for (const char *p = raw.p; copy != NULL && p != raw.end; p++) {
		if (*p == '\n' || *p == '\r') {
			if (to != copy && to[-1] == '!')
				to--;
			if (*p == '\n' && p + 1 != raw.end && p[1] == ' ')
				p++;
		} else if (*p == '\\' && p + 1 != raw.end) {
			p++;
			*to++ = (char)(*p == 'n' || *p == 'r' || *p == 't' ? ' ' : *p);
		} else {
			*to++ = *p;
		}
	}
	return (struct span){ copy, to };
}

/* The next string of the text; *is_key when a colon follows. */
static bool
next_string(struct reading *r, struct span *out, bool *is_key)
{
	const char *p = span_chr(r->rest, '"'), *begin;

	if (p == NULL)
		return false;
	begin = ++p;
	while (p != r->rest.end && *p != '"')
		p += *p == '\\' && p + 1 != r->rest.end ? 2 : 1;
	*out = plain_string(r->arena, (struct span){ begin, p });
	r->cut = p == r->rest.end;
	r->rest.p = r->cut ? p : p + 1;
	p = r->rest.p;
	while (p != r->rest.end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	*is_key = p != r->rest.end && *p == ':';
	return true;
}

static enum key
key_of(struct span name)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (span_eq(name, span_of(keys[i].name)))
			return keys[i].key;
	return KEY_OTHER;
}

static void
add(struct reading *r, struct span value)
{
	struct bounce_report *report = r->report;
	struct bounce_recipient *wider;
	struct address found = { .canonical = { NULL, NULL } };

	(void)address_next(r->arena, &value, &found);
	if (report->recipient_count >= BOUNCE_MAX_RECIPIENTS) {
		report->recipients_dropped++;
		report->clipped = true;
		return;
	}
	wider = arena_grow(r->arena, report->recipient, report->recipient_count, &r->cap,
			   sizeof(*wider));
	if (wider == NULL) {
		r->failed = true;
		return;
	}
	report->recipient = wider;
	report->recipient[report->recipient_count++] = (struct bounce_recipient){
		.address = found.canonical,
		.final = found.canonical,
		.action = r->action,
		.address_at = r->where,
	};
}

static void
take_key(struct reading *r, enum key key)
{
	r->key = key;
	switch (key) {
	case KEY_BOUNCED:
		r->section = key;
		r->action = BOUNCE_ACTION_FAILED;
		break;
	case KEY_DELAYED:
		r->section = key;
		r->action = BOUNCE_ACTION_DELAYED;
		break;
	case KEY_COMPLAINED:
		r->section = key;
		r->action = BOUNCE_ACTION_NONE;
		break;
	case KEY_END:
		r->section = key;
		break;
	case KEY_OTHER:
	case KEY_ADDRESS:
	case KEY_STATUS:
	case KEY_DIAGNOSTIC:
	case KEY_MESSAGE:
	case KEY_KIND:
	case KEY_MESSAGE_ID:
		break;
	}
}

static bool
in_list(const struct reading *r)
{
	return r->section == KEY_BOUNCED || r->section == KEY_DELAYED ||
	       r->section == KEY_COMPLAINED;
}

/* A value that belongs to the recipient added last. */
static void
take_detail(struct reading *r, struct span value)
{
	struct bounce_report *report = r->report;
	struct bounce_recipient *last;
	struct span type, rest = value;

	if (report->recipient_count == 0)
		return;
	last = &report->recipient[report->recipient_count - 1];
	if (r->key == KEY_STATUS) {
		(void)bounce_status_take(&rest, &last->field_status);
		last->status_at = r->where;
		return;
	}
	if (field_take_type(&rest, &type))
		last->diagnostic_type = field_lower(r->arena, type);
	rest = field_line(r->arena, rest, BOUNCE_MAX_DIAGNOSTIC, &report->clipped);
	last->diagnostic = reply_join(r->arena, rest);
	last->diagnostic_at = r->where;
	reply_read(last->diagnostic, &last->smtp, &last->reply_status, &last->stage);
}

/* Half an address may be somebody else's: of what is cut off only a text is read. */
static void
take_value(struct reading *r, struct span value)
{
	if (r->key == KEY_MESSAGE)
		r->wrapped = value;
	if (r->cut)
		return;
	if (r->key == KEY_MESSAGE_ID && span_empty(r->report->original_message_id))
		r->report->original_message_id = value;
	if (r->key == KEY_KIND)
		for (size_t i = 0; i < COUNT(kinds); i++)
			if (span_eq(value, span_of(kinds[i].word)))
				r->report->kind = kinds[i].kind;
	if (!in_list(r))
		return;
	if (r->key == KEY_ADDRESS)
		add(r, value);
	if (r->key == KEY_STATUS || r->key == KEY_DIAGNOSTIC)
		take_detail(r, value);
}

bool
sns_is(const struct header_list *headers, struct span text)
{
	struct span body = span_trim(text);

	if (span_empty(body) || *body.p != '{')
		return false;
	return header_find(headers, "x-amz-sns-message-id") != NULL ||
	       span_ifind(header_value(headers, "From"), SPAN("sns.amazonaws.com")) != NULL;
}

int
sns_read(struct arena *a, struct span text, uint32_t part, uint32_t line,
	 struct bounce_report *report)
{
	struct reading r = {
		.arena = a,
		.report = report,
		.where = { part, line },
		.cap = report->recipient_count,
		.wrapped = text,
	};
	struct span value;
	bool is_key;

	for (int i = 0; i < SNS_TEXTS && !span_empty(r.wrapped); i++) {
		r.rest = r.wrapped;
		r.wrapped = (struct span){ NULL, NULL };
		while (!r.failed && next_string(&r, &value, &is_key)) {
			if (is_key) {
				take_key(&r, key_of(value));
				continue;
			}
			take_value(&r, value);
			r.key = KEY_OTHER; /* a key has one value */
		}
	}
	return r.failed || a->refused || recipient_merge(a, report) != 0 ? -1 : 0;
}
