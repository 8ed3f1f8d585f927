/*
 * authres - what our own server found out about a mail's sender (RFC 8601)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "authres.h"

#include "ascii.h"
#include "field.h"

/* Properties that name whom a method proved. */
static const struct {
	struct span method, property;
} proofs[] = {
	{ SPAN_INIT("dkim"), SPAN_INIT("header.d") },
	{ SPAN_INIT("dmarc"), SPAN_INIT("header.from") },
	{ SPAN_INIT("spf"), SPAN_INIT("smtp.mailfrom") },
	{ SPAN_INIT("spf"), SPAN_INIT("smtp.helo") },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A value being read, and what was found so far. */
struct reading {
	struct arena *arena;
	struct span rest;
	struct span *out;
	size_t count;
};

/* Takes what stands in front of a blank or one of `ends`, maybe nothing. */
static struct span
take_plain(struct reading *r, const char *ends)
{
	struct span word = { r->rest.p, r->rest.p };

	while (!span_empty(r->rest) && !ascii_is_white(*r->rest.p) &&
	       !ascii_is_one_of(*r->rest.p, ends))
		word.end = ++r->rest.p;
	return word;
}

/* Takes a word or a quoted string; false at a ";" and at the end. */
static bool
take_word(struct reading *r, const char *ends, struct span *out)
{
	header_skip_cfws(&r->rest);
	if (span_first(r->rest) == '"')
		return header_token(r->arena, &r->rest, out);
	*out = take_plain(r, ends);
	return !span_empty(*out);
}

#define NAME_ENDS ";=(\""
#define VALUE_ENDS ";(\""

/* Takes a value (RFC 8601 section 2.2). It may be an address, whose local part its sender chose:
 * of "a@b"@c and of b=a@c alike the domain is c. */
static bool
take_value(struct reading *r, struct span *out)
{
	struct span behind;
	bool quoted;

	header_skip_cfws(&r->rest);
	quoted = span_first(r->rest) == '"';
	if (!take_word(r, VALUE_ENDS, out))
		return false;
	behind = quoted ? take_plain(r, VALUE_ENDS) : *out;
	if (!span_empty(behind))
		*out = behind;
	return true;
}

/* Takes "name=value". */
static bool
take_pair(struct reading *r, struct span *name, struct span *value)
{
	if (!take_word(r, NAME_ENDS, name))
		return false;
	header_skip_cfws(&r->rest);
	if (span_first(r->rest) != '=')
		return false;
	r->rest.p++;
	return take_value(r, value);
}

/* What stands behind the last "@", or all of it. */
static struct span
domain_of(struct span value)
{
	const char *at = span_empty(value) ? NULL : memrchr(value.p, '@', span_len(value));

	return (struct span){ at == NULL ? value.p : at + 1, value.end };
}

static void
add(struct reading *r, struct span value)
{
	struct span domain = field_lower(r->arena, domain_of(value));

	if (r->count < AUTHRES_MAX && !span_empty(domain))
		r->out[r->count++] = domain;
}

static bool
proves(struct span method, struct span property)
{
	for (size_t i = 0; i < COUNT(proofs); i++) {
		if (span_ieq(method, proofs[i].method) && span_ieq(property, proofs[i].property))
			return true;
	}
	return false;
}

/* One method's result and its properties, up to the ";" or what cannot be read. Some servers tell
 * the name that the client gave itself beside the sender, and it is the sender that SPF was asked
 * about (RFC 8601 section 2.7.2): the name is proved only where there is no sender. */
static void
read_result(struct reading *r)
{
	struct span method, result, property, value, helo = { NULL, NULL };
	bool passed, has_sender = false;

	if (!take_pair(r, &method, &result))
		return;
	passed = span_ieq(result, SPAN("pass"));
	method.end = span_chr(method, '/') != NULL ? span_chr(method, '/') : method.end;
	while (take_pair(r, &property, &value)) {
		if (!passed || !proves(method, property) || span_eq(value, SPAN("<>")))
			continue;
		if (span_ieq(property, SPAN("smtp.helo"))) {
			helo = value;
			continue;
		}
		has_sender |= span_ieq(method, SPAN("spf")) && !span_empty(value);
		add(r, value);
	}
	if (!has_sender)
		add(r, helo);
}

static bool
is_own(const struct authres_own *own, struct span name)
{
	for (char *const *p = own->name; *p != NULL; p++) {
		if (span_ieq(span_of(*p), name))
			return true;
	}
	return false;
}

/* One field's value; false: it is not of our own servers. What cannot be read ends it: a stranger's
 * words are not guessed at. */
static bool
read_field(struct reading *r, const struct authres_own *own)
{
	struct span name, version;

	if (!take_word(r, NAME_ENDS, &name) || !is_own(own, name))
		return false;
	(void)take_word(r, NAME_ENDS, &version);
	header_skip_cfws(&r->rest);
	while (span_first(r->rest) == ';') {
		r->rest.p++;
		read_result(r);
		header_skip_cfws(&r->rest);
	}
	return true;
}

int
authres_read(struct arena *a, struct span value, const struct authres_own *own,
	     struct span out[AUTHRES_MAX])
{
	struct reading r = { .arena = a, .rest = value, .out = out };

	return read_field(&r, own) ? (int)r.count : -1;
}

size_t
authres_fields(const struct header_list *headers, unsigned own_received)
{
	unsigned received = 0;

	for (size_t i = 0; i < headers->count; i++) {
		if (span_ieq(headers->field[i].name, SPAN("Received")) &&
		    received++ == own_received)
			return i;
	}
	return 0;
}

size_t
authres_domains(struct arena *a, const struct header_list *headers, const struct authres_own *own,
		struct span out[AUTHRES_MAX])
{
	size_t count = authres_fields(headers, own->own_received);
	struct reading r = { .arena = a, .out = out };

	for (size_t i = 0; i < count; i++) {
		if (!span_ieq(headers->field[i].name, SPAN("Authentication-Results")))
			continue;
		r.rest = headers->field[i].value;
		(void)read_field(&r, own);
	}
	return r.count;
}

bool
authres_aligned(struct span proved, struct span domain)
{
	if (span_chr(proved, '.') == NULL || span_chr(domain, '.') == NULL)
		return false;
	return field_host_within(proved, domain) || field_host_within(domain, proved);
}
