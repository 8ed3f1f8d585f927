/*
 * xtext - the two escapes of delivery reports
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "xtext.h"

#include "ascii.h"

#define XTEXT_DIGITS 2
#define ESCAPE_LEAST 2 /* hex digits in "\x{..}", RFC 6533 section 3 */
#define ESCAPE_MOST 6

/*
 * "+2B" at the front: a byte that xtext must hide, "+", "=" or an 8-bit one. Any other one was
 * meant as it stands: bob+22@example.com.
 */
static bool
read_xtext(struct span s, char *out)
{
	int high, low;

	if (span_len(s) <= XTEXT_DIGITS || s.p[1] >= 'a' || s.p[2] >= 'a')
		return false;
	high = ascii_hex(s.p[1]);
	low = ascii_hex(s.p[2]);
	if (high < 0 || low < 0)
		return false;
	*out = (char)(high << 4 | low);
	return *out == '+' || *out == '=' || (unsigned char)*out >= 0x80;
}

struct span
xtext_decode(struct arena *a, struct span text)
{
	struct span rest = text;
	char *start, *to;

	if (span_chr(text, '+') == NULL)
		return text;
	start = to = arena_alloc(a, span_len(text));
	if (start == NULL)
		return (struct span){ NULL, NULL };
	while (!span_empty(rest)) {
		if (*rest.p != '+') {
			*to++ = *rest.p++;
			continue;
		}
		if (!read_xtext(rest, to))
			return text;
		to++;
		rest.p += 1 + XTEXT_DIGITS;
	}
	return (struct span){ start, to };
}

static size_t
put_utf8(uint32_t c, char *out)
{
	char *p = out;

	if (c < 0x80) {
		*p++ = (char)c;
	} else if (c < 0x800) {
		*p++ = (char)(0xc0 | c >> 6);
		*p++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*p++ = (char)(0xe0 | c >> 12);
		*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		*p++ = (char)(0x80 | (c & 0x3f));
	} else {
		*p++ = (char)(0xf0 | c >> 18);
		*p++ = (char)(0x80 | (c >> 12 & 0x3f));
		*p++ = (char)(0x80 | (c >> 6 & 0x3f));
		*p++ = (char)(0x80 | (c & 0x3f));
	}
	return (size_t)(p - out);
}

/* Takes "\x{20AC}" off the front (RFC 6533 section 3); never longer than its source in UTF-8. */
static bool
take_escape(struct span *rest, uint32_t *out)
{
	struct span s = *rest;
	uint32_t c = 0;
	int digits = 0;

	if (!span_istarts(s, SPAN("\\x{")))
		return false;
	for (s.p += 3; !span_empty(s) && ascii_hex(*s.p) >= 0 && digits < ESCAPE_MOST; digits++)
		c = c << 4 | (uint32_t)ascii_hex(*s.p++);
	if (digits < ESCAPE_LEAST || span_empty(s) || *s.p != '}' || c > 0x10ffff)
		return false;
	s.p++;
	*rest = s;
	*out = c;
	return true;
}

struct span
xtext_unescape(struct arena *a, struct span text)
{
	char *start, *to;
	uint32_t c;

	if (span_len(text) == 0 || span_chr(text, '\\') == NULL)
		return text;
	start = to = arena_alloc(a, span_len(text));
	if (start == NULL)
		return (struct span){ NULL, NULL };
	while (!span_empty(text)) {
		if (take_escape(&text, &c))
			to += put_utf8(c, to);
		else
			*to++ = *text.p++;
	}
	return (struct span){ start, to };
}
