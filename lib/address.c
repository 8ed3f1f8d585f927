/*
 * address - mail addresses out of header text (RFC 5322 section 3.4, RFC 6532)
 *
 * One reader of addr-spec stands under everything; around it are the two ways in: a list, as
 * headers have it, and one address with whatever a report's writer put about it. The reader takes
 * more local parts than RFC 5322 (dots anywhere, since carriers gave such addresses away) and fewer
 * domains (only what can be looked up), because the result becomes a key: two spellings of one
 * address must meet, and a hostile one must not look like another.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "address.h"

#include "ascii.h"
#include "decode.h"
#include "field.h"
#include "header.h"
#include "xtext.h"

/* Every byte of a quoted local part may need a backslash; then the quotes, "@" and the domain. */
#define CANONICAL_MOST (2 * ADDRESS_MAX_LOCAL + 3 + ADDRESS_MAX_DOMAIN)

#define QUOTED_MOST 1000 /* bytes of a quoted string; RFC 5322 allows a line 998 */

static const struct span nothing = { NULL, NULL };

/* What a local part may hold unquoted: atext of RFC 5322 and 6532, and the dot. */
static bool
is_bare(char c)
{
	return !ascii_is(c, ASCII_SPECIAL | ASCII_CONTROL | ASCII_SPACE);
}

static bool
is_domain_byte(char c)
{
	return ascii_is(c, ASCII_LETTER | ASCII_DIGIT | ASCII_8BIT) || c == '-' || c == '_' ||
	       c == '.';
}

static bool
is_literal_byte(char c)
{
	return ascii_is(c, ASCII_LETTER | ASCII_DIGIT) || c == '.' || c == ':' || c == '-';
}

/* The next character of valid UTF-8. */
static uint32_t
next_char(struct span *rest)
{
	unsigned char first = (unsigned char)*rest->p++;
	uint32_t c = first;

	if (first >= 0xf0)
		c = first & 0x07U;
	else if (first >= 0xe0)
		c = first & 0x0fU;
	else if (first >= 0xc0)
		c = first & 0x1fU;
	while (rest->p != rest->end && ((unsigned char)*rest->p & 0xc0) == 0x80)
		c = c << 6 | ((unsigned char)*rest->p++ & 0x3fU);
	return c;
}

/* Characters that are not seen, or turn the text around them: an address with one looks like
 * another address. */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{ 0x80, 0xa0 },     { 0xad, 0xad },     { 0x61c, 0x61c },   { 0x1680, 0x1680 },
	{ 0x180e, 0x180e }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f },
	{ 0x3000, 0x3000 }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
};

static bool
is_seen(uint32_t c)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return false;
	return true;
}

static bool
is_readable(struct span text)
{
	if (decode_is_ascii(text))
		return true;
	if (!decode_utf8_valid(text))
		return false;
	while (!span_empty(text))
		if (!is_seen(next_char(&text)))
			return false;
	return true;
}

struct local {
	char text[ADDRESS_MAX_LOCAL]; /* without quotes and backslashes */
	size_t len;
	bool quote; /* holds something that must stand in quotes */
};

static bool
local_add(struct local *local, char c)
{
	if (local->len == sizeof(local->text) || ascii_is(c, ASCII_CONTROL))
		return false;
	if (!is_bare(c))
		local->quote = true;
	local->text[local->len++] = c;
	return true;
}

/* Takes a quoted string off the front. */
static bool
local_quoted(struct span *rest, struct local *local)
{
	const char *p = rest->p + 1;

	for (; p != rest->end && *p != '"'; p++) {
		if (*p == '\\' && ++p == rest->end)
			return false;
		if (!local_add(local, *p))
			return false;
	}
	if (p == rest->end)
		return false;
	rest->p = p + 1;
	return true;
}

/* Takes what needs no quotes off the front; false when nothing such stands there. */
static bool
local_bare(struct span *rest, struct local *local)
{
	const char *p = rest->p;
	size_t len;

	while (p != rest->end && is_bare(*p))
		p++;
	len = (size_t)(p - rest->p);
	if (len == 0 || len > sizeof(local->text) - local->len)
		return false;
	memcpy(local->text + local->len, rest->p, len);
	local->len += len;
	rest->p = p;
	return true;
}

/* Takes the local part off the front: bare and quoted pieces, as obsolete syntax mixes them. */
static bool
take_local(struct span *rest, struct local *local)
{
	local->len = 0;
	local->quote = false;
	while (!span_empty(*rest) && *rest->p != '@') {
		if (*rest->p == '"' ? !local_quoted(rest, local) : !local_bare(rest, local))
			return false;
	}
	return local->len > 0 && !span_empty(*rest);
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" */
static bool
take_literal(struct span *rest, struct span *domain)
{
	const char *p = rest->p + 1;

	while (p != rest->end && is_literal_byte(*p))
		p++;
	if (p == rest->end || *p != ']' || p == rest->p + 1)
		return false;
	*domain = (struct span){ rest->p, p + 1 };
	rest->p = p + 1;
	return span_len(*domain) <= ADDRESS_MAX_DOMAIN;
}

/* Do two dots stand side by side in a domain, whose last byte is none? */
static bool
has_empty_label(struct span domain)
{
	for (const char *p = domain.p; p != domain.end; p++)
		if (*p == '.' && p[1] == '.')
			return true;
	return false;
}

/* Takes the domain off the front; *domain is it without the root's dots. */
static bool
take_domain(struct span *rest, struct span *domain)
{
	const char *p = rest->p;

	if (p != rest->end && *p == '[')
		return take_literal(rest, domain);
	while (p != rest->end && is_domain_byte(*p))
		p++;
	*domain = (struct span){ rest->p, p };
	rest->p = p;
	while (!span_empty(*domain) && domain->end[-1] == '.')
		domain->end--;
	return !span_empty(*domain) && *domain->p != '.' &&
	       span_len(*domain) <= ADDRESS_MAX_DOMAIN && !has_empty_label(*domain);
}

/* Writes the local part in quotes; the end of what was written. */
static char *
spell_quoted(const struct local *local, char *p)
{
	*p++ = '"';
	for (size_t i = 0; i < local->len; i++) {
		if (local->text[i] == '"' || local->text[i] == '\\')
			*p++ = '\\';
		*p++ = local->text[i];
	}
	*p++ = '"';
	return p;
}

/* Writes the canonical spelling into text[CANONICAL_MOST]; returns its length. */
static size_t
spell(const struct local *local, struct span domain, char *text)
{
	char *p = text;

	if (local->quote) {
		p = spell_quoted(local, p);
	} else {
		memcpy(p, local->text, local->len);
		p += local->len;
	}
	*p++ = '@';
	while (!span_empty(domain))
		*p++ = span_lower(*domain.p++);
	return (size_t)(p - text);
}

/* Takes "local@domain" off the front. */
static bool
take_addr_spec(struct arena *a, struct span *rest, struct address *out)
{
	struct span s = *rest, source, domain, spelled;
	struct local local;
	char text[CANONICAL_MOST];

	if (!take_local(&s, &local))
		return false;
	s.p++;
	if (!take_domain(&s, &domain))
		return false;
	spelled = span_make(text, spell(&local, domain, text));
	if (!is_readable(spelled))
		return false;
	/* Most addresses are canonical already: then a hundred thousand of them cost no memory. */
	source = (struct span){ rest->p, domain.end };
	out->canonical = span_eq(spelled, source) ? source : arena_copy(a, spelled);
	if (span_empty(out->canonical))
		return false;
	out->domain = (struct span){ out->canonical.end - span_len(domain), out->canonical.end };
	*rest = s;
	return true;
}

/*
 * Where the quoted string that begins at p ends (one past its quote); NULL when it is not closed
 * within QUOTED_MOST bytes, a bound that keeps a list of unclosed quotes linear.
 */
static const char *
quote_end(const char *p, const char *end)
{
	if (end - p > QUOTED_MOST)
		end = p + QUOTED_MOST;
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

/* One past the "]" that closes the literal at p, or NULL. */
static const char *
literal_end(const char *p, const char *end)
{
	size_t most =
		(size_t)(end - p) < ADDRESS_MAX_DOMAIN ? (size_t)(end - p) : ADDRESS_MAX_DOMAIN;
	const char *close = memchr(p, ']', most);

	return close == NULL ? NULL : close + 1;
}

/*
 * The first of the bytes in `stops`, all of them specials, outside quotes, comments and domain
 * literals; the end when there is none. What is opened and never closed counts as an ordinary byte.
 */
static const char *
find_stop(struct span s, const char *stops)
{
	bool quotes = true;

	for (;;) {
		const char *past = NULL;

		while (!span_empty(s) && !ascii_is(*s.p, ASCII_SPECIAL))
			s.p++;
		if (span_empty(s) || ascii_is_one_of(*s.p, stops))
			return s.p;
		if (*s.p == '(') {
			header_skip_cfws(&s);
			continue;
		}
		if (*s.p == '"' && quotes) {
			past = quote_end(s.p, s.end);
			quotes = past != NULL;
		} else if (*s.p == '[') {
			past = literal_end(s.p, s.end);
		}
		s.p = past != NULL ? past : s.p + 1;
	}
}

/* s without a route, "@a.example,@b.example:" (RFC 5322 section 4.4). */
static struct span
skip_route(struct span s)
{
	const char *colon = !span_empty(s) && *s.p == '@' ? span_chr(s, ':') : NULL;

	return colon == NULL ? s : (struct span){ colon + 1, s.end };
}

static struct span
skip_mailto(struct span s)
{
	struct span mailto = SPAN("mailto:");

	return span_istarts(s, mailto) ? span_trim((struct span){ s.p + span_len(mailto), s.end })
				       : s;
}

/* What stands between < and >, when they are there. */
static struct span
inside_angles(struct span s)
{
	const char *open;

	if (span_chr(s, '<') == NULL)
		return s;
	open = find_stop(s, "<");
	if (open == s.end)
		return s;
	s.p = open + 1;
	s.end = find_stop(s, ">");
	return span_trim(s);
}

/* Outlook writes 'user@example.com' where it has no name. */
static struct span
inside_apostrophes(struct span s)
{
	if (span_len(s) > 2 && *s.p == '\'' && s.end[-1] == '\'')
		return (struct span){ s.p + 1, s.end - 1 };
	return s;
}

/* Is there only what may follow an address in a sentence? */
static bool
is_tail(struct span rest)
{
	header_skip_cfws(&rest);
	while (!span_empty(rest) && ascii_is_one_of(*rest.p, ".,;:")) {
		rest.p++;
		header_skip_cfws(&rest);
	}
	return span_empty(rest);
}

/* The one address in text; see address_canonical(). */
static bool
read_one(struct arena *a, struct span text, struct address *out)
{
	struct span s = skip_mailto(span_trim(text));

	s = skip_mailto(inside_angles(s));
	s = inside_apostrophes(span_trim(skip_route(s)));
	header_skip_cfws(&s);
	return take_addr_spec(a, &s, out) && is_tail(s);
}

struct span
address_canonical(struct arena *a, struct span text)
{
	struct address address;

	return read_one(a, text, &address) ? address.canonical : nothing;
}

bool
address_next(struct arena *a, struct span *rest, struct address *out)
{
	for (;;) {
		struct span item;
		char stop;

		header_skip_cfws(rest);
		if (span_empty(*rest))
			return false;
		item = (struct span){ rest->p, find_stop(*rest, "<,;:") };
		stop = ',';
		if (item.end != rest->end)
			stop = *item.end;
		rest->p = item.end == rest->end ? rest->end : item.end + 1;
		if (stop == ':') /* a group's name; its members follow */
			continue;
		if (stop == '<') {
			item = (struct span){ rest->p, find_stop(*rest, ">") };
			rest->p = item.end == rest->end ? rest->end : item.end + 1;
		}
		if (read_one(a, item, out))
			return true;
	}
}

struct span
address_typed(struct arena *a, struct span value)
{
	struct span text = span_trim(header_unfold(a, value)), type;

	if (field_take_type(&text, &type) && span_ieq(type, SPAN("utf-8")))
		text = xtext_unescape(a, text);
	return address_canonical(a, text);
}

struct span
address_domain(struct span canonical)
{
	const char *at = canonical.end;

	while (at != canonical.p && at[-1] != '@')
		at--;
	return (struct span){ at, canonical.end };
}

/* How such names begin: X.500 and X.400 names that Exchange and Notes wrap into SMTP addresses. */
static const char *const directory_names[] = {
	"imceaex-",
	"imceax400-",
	"imceax500-",
	"imceanotes-",
	"imceafax-",
	"imceams-",
	"imceacc+3amail-",
	"imceainvalid-",
	"/o=",
	"/c=",
	"/g=",
	"/s=",
	"/cn=",
	"cn=",
};

bool
address_is_directory_name(struct span canonical)
{
	char first = span_empty(canonical) ? '\0' : span_lower(*canonical.p);

	for (size_t i = 0; i < sizeof(directory_names) / sizeof(directory_names[0]); i++)
		if (first == directory_names[i][0] &&
		    span_istarts(canonical, span_of(directory_names[i])))
			return true;
	return false;
}
