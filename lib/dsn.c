/*
 * dsn - delivery status notifications (RFC 3464, RFC 6533)
 *
 * Fields are pulled one by one and put into the block of the recipient that they belong to. Blank
 * lines separate recipients by the book; where a server forgets them, the second Final-Recipient,
 * Action or Status begins a new one, and where a server puts one too many, a block that names no
 * recipient belongs to the one before.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "dsn.h"

#include "address.h"
#include "ascii.h"
#include "field.h"
#include "header.h"
#include "recipient.h"
#include "reply.h"
#include "xtext.h"

enum dsn_field {
	DSN_OTHER,
	DSN_REPORTING_MTA,
	DSN_RECEIVED_FROM_MTA,
	DSN_ENVELOPE_ID,
	DSN_ARRIVAL_DATE,
	DSN_FINAL,
	DSN_ORIGINAL,
	DSN_ACTUAL,
	DSN_ACTION,
	DSN_STATUS,
	DSN_DIAGNOSTIC,
	DSN_REMOTE_MTA,
	DSN_WILL_RETRY,
};

#define NAME(text) .name = (text), .len = sizeof(text) - 1

static const struct {
	const char *name;
	size_t len;
	enum dsn_field field;
} fields[] = {
	{ NAME("Reporting-MTA"), DSN_REPORTING_MTA },
	{ NAME("Received-From-MTA"), DSN_RECEIVED_FROM_MTA },
	{ NAME("Original-Envelope-Id"), DSN_ENVELOPE_ID },
	{ NAME("Arrival-Date"), DSN_ARRIVAL_DATE },
	{ NAME("Final-Recipient"), DSN_FINAL },
	{ NAME("Original-Recipient"), DSN_ORIGINAL },
	{ NAME("X-Actual-Recipient"), DSN_ACTUAL },
	{ NAME("Action"), DSN_ACTION },
	{ NAME("Status"), DSN_STATUS },
	{ NAME("Diagnostic-Code"), DSN_DIAGNOSTIC },
	{ NAME("Remote-MTA"), DSN_REMOTE_MTA },
	{ NAME("Will-Retry-Until"), DSN_WILL_RETRY },
};

/* Servers write "failed (delivery)", "failure", "Delayed", "expired": the first letters tell. A
 * mail that is still being tried must not count as lost, whatever it is called. */
static const struct {
	const char *begin;
	enum bounce_action action;
} actions[] = {
	{ "fail", BOUNCE_ACTION_FAILED },       { "expire", BOUNCE_ACTION_FAILED },
	{ "bounce", BOUNCE_ACTION_FAILED },     { "undeliver", BOUNCE_ACTION_FAILED },
	{ "delay", BOUNCE_ACTION_DELAYED },     { "defer", BOUNCE_ACTION_DELAYED },
	{ "warn", BOUNCE_ACTION_DELAYED },      { "retry", BOUNCE_ACTION_DELAYED },
	{ "deliver", BOUNCE_ACTION_DELIVERED }, { "relay", BOUNCE_ACTION_RELAYED },
	{ "expand", BOUNCE_ACTION_EXPANDED },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One field of the part. */
struct item {
	enum dsn_field field;
	struct span value; /* raw, trimmed */
	uint32_t line;
	bool gap; /* a blank line stood in front of it */
};

struct cursor {
	struct span rest;
	uint32_t line; /* of the first line of rest */
};

/* The fields of one recipient as they come. */
struct block {
	struct item final, original, actual, action, status, diagnostic, remote, retry;
};

struct walk {
	struct arena *arena;
	struct bounce_report *report;
	uint32_t part;
	size_t cap; /* of report->recipient */
	int found;
	struct block lead;   /* fields of nobody in front of the first recipient */
	struct block open;   /* being filled */
	struct block closed; /* complete but for what a stray blank line cut off */
	bool have_closed;
};

static bool
is_set(const struct item *item)
{
	return item->field != DSN_OTHER;
}

static enum dsn_field
field_of(struct span name)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (span_ieq(name, span_make(fields[i].name, fields[i].len)))
			return fields[i].field;
	return DSN_OTHER;
}

/* Takes the lines that continue a field off the front; the end of the last one. */
static const char *
take_folds(struct cursor *c, const char *end)
{
	struct span rest = c->rest, line;

	while (!span_empty(rest) && ascii_is_blank(*rest.p)) {
		(void)span_next_line(&rest, &line);
		if (span_empty(span_trim(line)))
			break;
		end = line.end;
		c->rest = rest;
		c->line++;
	}
	return end;
}

/* The next field; what is no field is passed over. */
static bool
next_item(struct cursor *c, struct item *item)
{
	bool gap = false;
	struct span line, name, value;

	while (span_next_line(&c->rest, &line)) {
		uint32_t number = c->line++;

		if (!header_split(line, &name, &value)) {
			gap = gap || span_empty(span_trim(line));
			continue;
		}
		item->field = field_of(name);
		item->line = number;
		item->gap = gap;
		item->value = span_trim((struct span){ value.p, take_folds(c, line.end) });
		return true;
	}
	return false;
}

bool
dsn_is(struct span text)
{
	struct cursor c = { .rest = text, .line = 1 };
	struct item item;

	if (!next_item(&c, &item) || !is_set(&item))
		return false;
	for (int i = 0; i < DSN_MAX_SNIFF; i++) {
		if (item.field == DSN_REPORTING_MTA || item.field == DSN_FINAL ||
		    item.field == DSN_ORIGINAL)
			return true;
		if (!next_item(&c, &item))
			return false;
	}
	return false;
}

static bool
names_recipient(const struct block *b)
{
	return is_set(&b->final) || is_set(&b->original) || is_set(&b->actual);
}

/* The first of a field in a block counts. */
static void
keep_first(struct item *slot, const struct item *item)
{
	if (!is_set(slot))
		*slot = *item;
}

static void
merge_blocks(struct block *into, const struct block *from)
{
	keep_first(&into->action, &from->action);
	keep_first(&into->status, &from->status);
	keep_first(&into->diagnostic, &from->diagnostic);
	keep_first(&into->remote, &from->remote);
	keep_first(&into->retry, &from->retry);
}

static struct bounce_where
where(const struct walk *w, const struct item *item)
{
	return (struct bounce_where){ is_set(item) ? w->part : 0, item->line };
}

/* The word may stand behind a comment (RFC 3464 section 2.1.1) and, against the RFC, in quotes. */
static enum bounce_action
action_of(struct span value)
{
	header_skip_cfws(&value);
	if (!span_empty(value) && *value.p == '"')
		value.p++;
	for (size_t i = 0; i < COUNT(actions); i++)
		if (span_istarts(value, span_of(actions[i].begin)))
			return actions[i].action;
	return BOUNCE_ACTION_NONE;
}

/* Original-Recipient, decoded where the server forgot to; not where Final-Recipient spells it so,
 * too. */
static struct span
original_of(struct arena *a, struct span value, struct span final)
{
	struct span raw = address_typed(a, value), plain;

	if (span_eq(raw, final))
		return raw;
	plain = xtext_decode(a, raw);
	return plain.p == raw.p ? raw : address_canonical(a, plain);
}

/* Final-Recipient where a name of the sender's directory ("x500;/o=...") stands for an address:
 * that the name is gone says nothing of the mailbox. What is typed as an X.400 address is one. */
static struct span
directory_name(struct walk *w, struct span value)
{
	const struct span none = { NULL, NULL };
	struct span name = value, type;

	if (field_take_type(&name, &type) && span_ieq(type, SPAN("x400")))
		return none;
	name = field_line(w->arena, name, FIELD_MAX_TEXT, &w->report->clipped);
	return address_is_directory_name(name) ? name : none;
}

/* The address that WE mailed is the original one, unless that is a name of somebody's directory. */
static void
read_addresses(struct walk *w, const struct block *b, struct bounce_recipient *r)
{
	r->final = address_typed(w->arena, b->final.value);
	if (span_empty(r->final))
		r->final = address_typed(w->arena, b->actual.value);
	r->original = original_of(w->arena, b->original.value, r->final);
	r->address = r->original;
	r->address_at = where(w, &b->original);
	if (span_empty(r->final)) {
		r->final = directory_name(w, b->final.value);
		return;
	}
	if (span_empty(r->original) || address_is_directory_name(r->original)) {
		r->address = r->final;
		r->address_at = where(w, is_set(&b->final) ? &b->final : &b->actual);
	}
}

static void
read_status(struct walk *w, const struct block *b, struct bounce_recipient *r)
{
	struct span value = b->status.value;
	enum bounce_stage stage;
	uint16_t smtp;

	/* "Status: 550 5.1.1" and "Status: #5.1.1" are against the RFC and exist. */
	if (!bounce_status_take(&value, &r->field_status))
		reply_read(value, &smtp, &r->field_status, &stage);
	r->status_at = where(w, &b->status);
}

/* What stands behind the status in brackets: "5.0.0 (host name lookup failure)". */
static struct span
comment_of(struct span status)
{
	const char *open = span_chr(status, '(');

	if (open == NULL || !span_iends(status, SPAN(")")))
		return (struct span){ NULL, NULL };
	return (struct span){ open + 1, status.end - 1 };
}

/* The comment on the status is the only diagnostic where there is no other, and may tell the
 * stage where there is one. */
static void
read_comment(struct walk *w, const struct block *b, struct bounce_recipient *r)
{
	struct span comment = comment_of(b->status.value);
	struct bounce_status status;
	enum bounce_stage stage = BOUNCE_STAGE_UNKNOWN;
	uint16_t smtp;

	if (span_empty(comment))
		return;
	comment = field_line(w->arena, comment, BOUNCE_MAX_DIAGNOSTIC, &w->report->clipped);
	reply_read(comment, &smtp, &status, &stage);
	if (r->stage == BOUNCE_STAGE_UNKNOWN)
		r->stage = stage;
	if (!span_empty(r->diagnostic))
		return;
	r->diagnostic = comment;
	r->diagnostic_at = r->status_at;
}

static void
read_diagnostic(struct walk *w, const struct block *b, struct bounce_recipient *r)
{
	struct span text = b->diagnostic.value, type;

	if (field_take_type(&text, &type))
		r->diagnostic_type = field_lower(w->arena, type);
	text = field_line(w->arena, text, BOUNCE_MAX_DIAGNOSTIC, &w->report->clipped);
	r->diagnostic = reply_join(w->arena, text);
	r->diagnostic_at = where(w, &b->diagnostic);
	reply_read(r->diagnostic, &r->smtp, &r->reply_status, &r->stage);
}

/* Makes a recipient of a complete block. */
static int
add_recipient(struct walk *w, const struct block *b)
{
	struct bounce_report *report = w->report;
	struct bounce_recipient *wider, *r;

	w->found++;
	if (report->recipient_count >= BOUNCE_MAX_RECIPIENTS) {
		report->recipients_dropped++;
		report->clipped = true;
		return 0;
	}
	wider = arena_grow(w->arena, report->recipient, report->recipient_count, &w->cap,
			   sizeof(*wider));
	if (wider == NULL)
		return -1;
	report->recipient = wider;
	r = &report->recipient[report->recipient_count++];
	*r = (struct bounce_recipient){ .action = action_of(b->action.value) };
	r->action_at = where(w, &b->action);
	/* Only what is delayed will be tried again (RFC 3464 section 2.3.9). */
	if (r->action == BOUNCE_ACTION_NONE && is_set(&b->retry)) {
		r->action = BOUNCE_ACTION_DELAYED;
		r->action_at = where(w, &b->retry);
	}
	r->remote_mta = field_host(w->arena, b->remote.value);
	read_addresses(w, b, r);
	read_status(w, b, r);
	read_diagnostic(w, b, r);
	read_comment(w, b, r);
	return 0;
}

static int
flush(struct walk *w)
{
	if (!w->have_closed)
		return 0;
	w->have_closed = false;
	return add_recipient(w, &w->closed);
}

/* The open block ended. What names no recipient goes to the one before, or waits for the first one,
 * whose own fields count more. */
static int
close_block(struct walk *w)
{
	struct block block = w->open;

	w->open = (struct block){ 0 };
	if (!names_recipient(&block)) {
		merge_blocks(w->have_closed ? &w->closed : &w->lead, &block);
		return 0;
	}
	if (flush(w) != 0)
		return -1;
	merge_blocks(&block, &w->lead);
	w->lead = (struct block){ 0 };
	w->closed = block;
	w->have_closed = true;
	return 0;
}

/* Does Final-Recipient follow at once? */
static bool
final_is_next(const struct cursor *c)
{
	struct cursor ahead = *c;
	struct item item;

	return next_item(&ahead, &item) && item.field == DSN_FINAL && !item.gap;
}

/* Does the field begin another recipient although no blank line stands in front of it? */
static bool
begins_block(const struct walk *w, const struct cursor *c, const struct item *item)
{
	const struct block *b = &w->open;

	if (!names_recipient(b))
		return false;
	if (item->field == DSN_FINAL)
		return is_set(&b->final);
	if (item->field == DSN_ACTION)
		return is_set(&b->action);
	if (item->field == DSN_STATUS)
		return is_set(&b->status);
	if (item->field == DSN_ORIGINAL)
		return is_set(&b->original) || (is_set(&b->final) && final_is_next(c));
	return false;
}

static void
keep_text(struct span *slot, struct span text)
{
	if (span_empty(*slot))
		*slot = text;
}

static void
take_item(struct walk *w, const struct item *item)
{
	struct bounce_report *report = w->report;
	struct block *b = &w->open;
	bool clipped = false;

	switch (item->field) {
	case DSN_REPORTING_MTA:
		keep_text(&report->reporting_mta, field_host(w->arena, item->value));
		break;
	case DSN_RECEIVED_FROM_MTA:
		keep_text(&report->received_from_mta, field_host(w->arena, item->value));
		break;
	case DSN_ENVELOPE_ID:
		keep_text(&report->envelope_id,
			  xtext_decode(w->arena, field_line(w->arena, item->value, FIELD_MAX_TEXT,
							    &clipped)));
		break;
	case DSN_ARRIVAL_DATE:
		keep_text(&report->arrival_date,
			  field_line(w->arena, item->value, FIELD_MAX_TEXT, &clipped));
		break;
	case DSN_FINAL:
		keep_first(&b->final, item);
		break;
	case DSN_ORIGINAL:
		keep_first(&b->original, item);
		break;
	case DSN_ACTUAL:
		keep_first(&b->actual, item);
		break;
	case DSN_ACTION:
		keep_first(&b->action, item);
		break;
	case DSN_STATUS:
		keep_first(&b->status, item);
		break;
	case DSN_DIAGNOSTIC:
		keep_first(&b->diagnostic, item);
		break;
	case DSN_REMOTE_MTA:
		keep_first(&b->remote, item);
		break;
	case DSN_WILL_RETRY:
		keep_first(&b->retry, item);
		break;
	case DSN_OTHER:
		break;
	}
}

/* Room for all recipients at once: an array that doubles leaves as much again behind in the arena.
 */
static int
reserve(struct walk *w, struct span text)
{
	struct bounce_report *report = w->report;
	size_t room = BOUNCE_MAX_RECIPIENTS - report->recipient_count;
	size_t final = 0, original = 0, more;
	struct bounce_recipient *wider;
	struct span line;

	while (span_next_line(&text, &line)) {
		final += span_istarts(line, SPAN("Final-Recipient"));
		original += span_istarts(line, SPAN("Original-Recipient"));
	}
	more = (final > original ? final : original) + 1;
	w->cap = report->recipient_count + (more < room ? more : room);
	wider = arena_array(w->arena, w->cap, sizeof(*wider));
	if (wider == NULL)
		return -1;
	if (report->recipient_count > 0)
		memcpy(wider, report->recipient, report->recipient_count * sizeof(*wider));
	report->recipient = wider;
	return 0;
}

int
dsn_read(struct arena *a, struct span text, uint32_t part, uint32_t line,
	 struct bounce_report *report)
{
	struct walk w = { .arena = a, .report = report, .part = part };
	struct cursor c = { .rest = text, .line = line };
	struct item item;

	if (reserve(&w, text) != 0)
		return -1;
	while (next_item(&c, &item)) {
		if ((item.gap || begins_block(&w, &c, &item)) && close_block(&w) != 0)
			return -1;
		take_item(&w, &item);
	}
	if (close_block(&w) != 0 || flush(&w) != 0 || recipient_merge(a, report) != 0)
		return -1;
	return a->refused ? -1 : w.found;
}
