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

/* Takes a word or a quoted string; false at a ";" and at the end. */
static bool
take_word(struct reading *r, struct span *out)
{
	header_skip_cfws(&r->rest);
	if (span_first(r->rest) == '"')
		return header_token(r->arena, &r->rest, out);
	out->p = out->end = r->rest.p;
	while (!span_empty(r->rest) && !ascii_is_white(*r->rest.p) &&
	       !ascii_is_one_of(*r->rest.p, ";=(\""))
		out->end = ++r->rest.p;
	return !span_empty(*out);
}

/* Takes "name=value". */
static bool
take_pair(struct reading *r, struct span *name, struct span *value)
{
	if (!take_word(r, name))
		return false;
	header_skip_cfws(&r->rest);
	if (span_first(r->rest) != '=')
		return false;
	r->rest.p++;
	return take_word(r, value);
}

static void
add(struct reading *r, struct span value)
{
	const char *at = span_empty(value) ? NULL : memrchr(value.p, '@', span_len(value));
	struct span domain = { at == NULL ? value.p : at + 1, value.end };

	domain = field_lower(r->arena, domain);
	if (r->count < AUTHRES_MAX && !span_empty(domain))
		r->out[r->count++] = domain;
}

/* One method's result and its properties, up to the ";" or what cannot be read. */
static void
read_result(struct reading *r)
{
	struct span method, result, property, value;
	bool passed;

	if (!take_pair(r, &method, &result))
		return;
	passed = span_ieq(result, SPAN("pass"));
	method.end = span_chr(method, '/') != NULL ? span_chr(method, '/') : method.end;
	while (take_pair(r, &property, &value)) {
		for (size_t i = 0; passed && i < COUNT(proofs); i++) {
			if (span_ieq(method, proofs[i].method) &&
			    span_ieq(property, proofs[i].property))
				add(r, value);
		}
	}
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

	if (!take_word(r, &name) || !is_own(own, name))
		return false;
	(void)take_word(r, &version);
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
