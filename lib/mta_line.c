/*
 * mta_line - a recipient at the front of a line
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#include "address.h"
#include "ascii.h"

#define TAB 8 /* columns */

static size_t
indent_of(struct span line)
{
	size_t columns = 0;

	for (const char *p = line.p; p != line.end && ascii_is_blank(*p); p++)
		columns += *p == '\t' ? TAB - columns % TAB : 1;
	return columns;
}

/* Takes "* ", "-- ", ">>> " off the front. */
static char
take_bullet(struct span *s)
{
	const char *p = s->p;

	while (p != s->end && (*p == '*' || *p == '-' || *p == '>' || *p == '+'))
		p++;
	if (p == s->p || p == s->end || !ascii_is_blank(*p))
		return ' ';
	while (p != s->end && ascii_is_blank(*p))
		p++;
	s->p = p;
	return p[-2];
}

/* The address in text, past a name of its kind: "SMTP:a@b", "rfc822; a@b", "SMTP=a@b". */
static struct span
address_in(struct arena *a, struct span text)
{
	struct span found = address_canonical(a, text);
	const char *at = span_chr(text, '@');

	if (!span_empty(found) && span_chr(found, ':') == NULL)
		return found;
	if (at == NULL)
		return (struct span){ NULL, NULL };
	for (const char *p = at; p != text.p; p--)
		if (p[-1] == ':' || p[-1] == '=' || p[-1] == ';')
			return address_canonical(a, span_trim((struct span){ p, text.end }));
	return found;
}

/* The wide signs of Chinese and Japanese: "(" ")" "," ":" ";" "<" ">" of U+FF00, and the stops and
 * brackets from U+3001 on. */
static bool
is_wide_sign(const char *p, const char *end)
{
	if (end - p < 3)
		return false;
	if (p[0] == '\xef' && p[1] == '\xbc')
		return strchr("\x88\x89\x8c\x9a\x9b\x9c\x9e", p[2]) != NULL && p[2] != '\0';
	return p[0] == '\xe3' && p[1] == '\x80' && p[2] >= '\x81' && p[2] <= '\x91';
}

static bool
ends_word(const char *p, const char *end)
{
	if (is_wide_sign(p, end))
		return true;
	if (ascii_is_blank(*p) || *p == ',' || *p == ';' || *p == '[' || *p == '(' || *p == '<' ||
	    *p == ')' || *p == ']' || *p == '\'')
		return true;
	return *p == ':' && (p + 1 == end || ascii_is_blank(p[1]));
}

/* The end of the bare word at the front of s; blanks inside quotes belong to it. */
static const char *
word_end(struct span s)
{
	bool quoted = false;

	for (const char *p = s.p; p != s.end; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && p != s.p && ends_word(p, s.end))
			return p;
	}
	return s.end;
}

/* What closes the bracket or quote at the front of s, which must not be empty; NULL when there is
 * none such, or not near enough: a line of a thousand that are not closed is not searched so often.
 */
static const char *
bracket_end(struct span s)
{
	static const char pairs[] = "<>\"\"''[]";

	for (const char *pair = pairs; *pair != '\0'; pair += 2) {
		if (*s.p != *pair)
			continue;
		s.p++;
		if (span_len(s) > MTA_MAX_ADDRESS + 1)
			s.end = s.p + MTA_MAX_ADDRESS + 1;
		return span_chr(s, pair[1]);
	}
	return NULL;
}

/* Takes an address off the front, bare or in brackets or quotes. */
static bool
take_address(struct arena *a, struct span *rest, struct span *address, char *bracket)
{
	struct span s = *rest, token;
	const char *end;

	*bracket = ' ';
	if (span_empty(s))
		return false;
	end = bracket_end(s);
	if (end != NULL && memchr(s.p, '@', (size_t)(end - s.p)) != NULL) {
		*bracket = *s.p;
		token = (struct span){ s.p + 1, end };
		end++;
	} else {
		end = word_end(s);
		token = (struct span){ s.p, end };
	}
	if (span_len(token) > MTA_MAX_ADDRESS || span_chr(token, '@') == NULL)
		return false;
	*address = address_in(a, token);
	rest->p = end;
	return !span_empty(*address);
}

/* "Ann Other <a@b>" and nothing behind it. "From: Ann Other <a@b>" is a field that the text quotes;
 * a name with a colon would stand in quotes (RFC 5322 section 3.2.3). */
static bool
take_named(struct arena *a, struct span s, struct mta_line *out)
{
	const char *open = span_empty(s) ? NULL : memrchr(s.p, '<', span_len(s));
	struct span inner;

	if (open == NULL || s.end[-1] != '>' || open - s.p > MTA_MAX_NAME ||
	    span_chr((struct span){ s.p, open }, ':') != NULL)
		return false;
	inner = (struct span){ open + 1, s.end - 1 };
	out->address = address_in(a, inner);
	out->bracket = 'n';
	out->rest = (struct span){ s.end, s.end };
	return !span_empty(out->address);
}

/* "550 5.1.1 ...": a code is as good as a sign. */
static bool
is_reply(struct span s)
{
	return span_len(s) > 4 && (*s.p == '4' || *s.p == '5') && ascii_is_digit(s.p[1]) &&
	       ascii_is_digit(s.p[2]) && (s.p[3] == ' ' || s.p[3] == '-');
}

/* Is what stands behind the address a form that the row has? */
static bool
fits(struct span behind, unsigned shapes, struct mta_line *out)
{
	struct span rest = span_trim(behind);
	bool sign = false;

	while (!span_empty(rest) && (*rest.p == ':' || *rest.p == ',' || *rest.p == ';')) {
		rest.p++;
		sign = true;
	}
	rest = span_trim(rest);
	out->rest = rest;
	if (span_empty(rest))
		return (shapes & (MTA_ALONE | MTA_SAID)) != 0;
	sign = sign || *rest.p == '[' || *rest.p == '(' || span_istarts(rest, SPAN("...")) ||
	       is_reply(rest);
	return (sign && (shapes & MTA_SAID) != 0) || (shapes & MTA_WORDS) != 0;
}

bool
mta_line_read(struct arena *a, struct span line, unsigned shapes, struct mta_line *out)
{
	struct span s = span_trim(line);

	out->indent = indent_of(line);
	out->bullet = take_bullet(&s);
	if (span_empty(s) || span_chr(s, '@') == NULL)
		return false;
	if (take_address(a, &s, &out->address, &out->bracket) && fits(s, shapes, out))
		return true;
	if ((shapes & MTA_NAMED) == 0)
		return false;
	s = span_trim(line);
	(void)take_bullet(&s);
	return take_named(a, s, out);
}

bool
mta_line_next(struct arena *a, struct span *rest, struct span *address)
{
	struct span s = *rest;
	char bracket;

	while (!span_empty(s) &&
	       (ascii_is_blank(*s.p) || *s.p == ',' || *s.p == ':' || *s.p == '='))
		s.p++;
	if (!take_address(a, &s, address, &bracket))
		return false;
	*rest = s;
	return true;
}
