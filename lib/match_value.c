/*
 * match_value - the values that a phrase stands open for: addresses, hosts, numbers
 *
 * Each taker says how long the value at the front of a text is; 0: there is none.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "match_value.h"

#define MAX_IPV4 15
#define MAX_IPV6 45
#define MAX_LOCAL 256
#define MAX_DOMAIN 255
#define MAX_LABEL 63
#define MAX_DIGITS 20

static bool
is_hex(char c)
{
	return ascii_hex(c) >= 0;
}

size_t
match_number(struct span s)
{
	size_t len = 0;

	while (len < span_len(s) && len <= MAX_DIGITS && ascii_is_digit(s.p[len]))
		len++;
	return len <= MAX_DIGITS ? len : 0;
}

static size_t
take_ipv4(struct span s)
{
	struct span rest = s;
	uint64_t octet;

	for (int i = 0; i < 4; i++) {
		if (i > 0 && (span_empty(rest) || *rest.p++ != '.'))
			return 0;
		if (!span_number(&rest, 255, &octet))
			return 0;
	}
	if (!span_empty(rest) && match_is_word(*rest.p))
		return 0;
	if (span_len(rest) >= 2 && rest.p[0] == '.' && ascii_is_digit(rest.p[1]))
		return 0; /* a fifth number: a version, an OID */
	return rest.p - s.p <= MAX_IPV4 ? (size_t)(rest.p - s.p) : 0;
}

/* Is all of s an IPv6 address (RFC 4291 section 2.2)? */
static bool
is_ipv6(struct span s)
{
	unsigned groups = 0;
	bool gap = false;

	if (span_len(s) >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		gap = true;
		s.p += 2;
	}
	while (!span_empty(s)) {
		size_t digits = 0;

		if (groups >= 1 && take_ipv4(s) == span_len(s)) {
			groups += 2;
			break;
		}
		while (digits < span_len(s) && is_hex(s.p[digits]))
			digits++;
		if (digits == 0 || digits > 4)
			return false;
		groups++;
		s.p += digits;
		if (span_empty(s))
			break;
		if (*s.p++ != ':' || span_empty(s))
			return false;
		if (*s.p == ':') {
			if (gap)
				return false;
			gap = true;
			s.p++;
		}
	}
	return gap ? groups <= 7 : groups == 8;
}

static size_t
take_ipv6(struct span s)
{
	size_t prefix = span_istarts(s, SPAN("IPv6:")) ? 5 : 0; /* RFC 5321 section 4.1.3 */
	size_t most = prefix + MAX_IPV6 + 2; /* and a colon and a full stop behind it */
	size_t len = prefix;

	while (len < span_len(s) && len <= most &&
	       (is_hex(s.p[len]) || s.p[len] == ':' || s.p[len] == '.'))
		len++;
	if (len > most || (len < span_len(s) && match_is_word(s.p[len])))
		return 0;
	while (len > prefix && s.p[len - 1] == '.')
		len--;
	if (is_ipv6(span_make(s.p + prefix, len - prefix)))
		return len;
	/* "2001:db8::1: refused": the last colon belongs to the sentence */
	if (len > prefix + 1 && s.p[len - 1] == ':' &&
	    is_ipv6(span_make(s.p + prefix, len - prefix - 1)))
		return len - 1;
	return 0;
}

static size_t
take_ip(struct span s)
{
	size_t len = take_ipv4(s);

	return len > 0 ? len : take_ipv6(s);
}

static size_t
take_label(struct span s)
{
	size_t len = 0;

	if (span_empty(s) || *s.p == '-')
		return 0;
	while (len < span_len(s) && len <= MAX_LABEL &&
	       (match_is_word(s.p[len]) || s.p[len] == '-') &&
	       match_blank(span_make(s.p + len, span_len(s) - len)) == 0)
		len++;
	return len <= MAX_LABEL ? len : 0;
}

/* At least two labels, the last one no number; a dot behind it belongs to the sentence. */
static size_t
take_domain(struct span s)
{
	size_t len = take_label(s);
	bool number = true;
	size_t label;

	if (len == 0)
		return 0;
	do {
		if (len + 1 >= span_len(s) || s.p[len] != '.')
			break;
		label = take_label(span_make(s.p + len + 1, span_len(s) - len - 1));
		if (label == 0)
			break;
		number = match_number(span_make(s.p + len + 1, label)) == label;
		len += 1 + label;
	} while (len <= MAX_DOMAIN);
	return len <= MAX_DOMAIN && !number ? len : 0;
}

static size_t
take_local(struct span s)
{
	size_t len = 0;

	if (!span_empty(s) && *s.p == '"') {
		for (len = 1; len < span_len(s) && len < MAX_LOCAL; len++) {
			if (s.p[len] == '\\')
				len++;
			else if (s.p[len] == '"')
				return len + 1;
		}
		return 0;
	}
	while (len < span_len(s) && len <= MAX_LOCAL &&
	       !ascii_is(s.p[len], ASCII_SPECIAL | ASCII_CONTROL | ASCII_SPACE) &&
	       match_blank(span_make(s.p + len, span_len(s) - len)) == 0)
		len++;
	return len <= MAX_LOCAL ? len : 0;
}

static size_t
take_address(struct span s)
{
	size_t local = take_local(s);
	struct span rest;
	size_t len;

	if (local == 0 || local >= span_len(s) || s.p[local] != '@')
		return 0;
	rest = span_make(s.p + local + 1, span_len(s) - local - 1);
	if (!span_empty(rest) && *rest.p == '[') {
		rest.p++;
		len = take_ip(rest);
		return len > 0 && len < span_len(rest) && rest.p[len] == ']' ? local + len + 3 : 0;
	}
	len = take_domain(rest);
	return len > 0 ? local + 1 + len : 0;
}

/* AS16012607 or AS(16012607) */
static size_t
take_as(struct span s)
{
	struct span rest = s;
	size_t digits;

	if (!span_istarts(s, SPAN("AS")))
		return 0;
	rest.p += 2;
	if (!span_empty(rest) && *rest.p == '(') {
		rest.p++;
		digits = match_number(rest);
		return digits > 0 && digits < span_len(rest) && rest.p[digits] == ')' ? digits + 4
										      : 0;
	}
	digits = match_number(rest);
	return digits > 0 ? digits + 2 : 0;
}

static const struct match_value values[] = {
	{ "ip", "[(", take_ip }, { "domain", "[<", take_domain }, { "address", "[<", take_address },
	{ "as", "(", take_as },  { "number", "", match_number },  { "text", "", NULL },
};

const struct match_value *
match_value_at(const char *p, const char **end)
{
	const char *close = strchr(p, '}');

	if (close == NULL)
		return NULL;
	*end = close + 1;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (p[1] == values[i].name[0] &&
		    span_eq((struct span){ p + 1, close }, span_of(values[i].name)))
			return &values[i];
	return NULL;
}

static char
closing(char open)
{
	switch (open) {
	case '[':
		return ']';
	case '(':
		return ')';
	default:
		return '>';
	}
}

size_t
match_value_take(const struct match_value *v, struct span s, struct span *out)
{
	size_t len;

	if (span_empty(s))
		return 0;
	if (*s.p != '\0' && strchr(v->open, *s.p) != NULL) {
		len = v->take(span_make(s.p + 1, span_len(s) - 1));
		if (len == 0 || len + 1 >= span_len(s) || s.p[len + 1] != closing(*s.p))
			return 0;
		*out = span_make(s.p + 1, len);
		return len + 2;
	}
	len = v->take(s);
	*out = span_make(s.p, len);
	return len;
}
