/*
 * span - a piece of text that somebody else owns
 *
 * Case is folded for ASCII alone and without the locale: what a header means must not depend on
 * where the daemon runs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "span.h"

#include "ascii.h"

static char
upper(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return c;
}

static bool
same_letters(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (span_lower(a[i]) != span_lower(b[i]))
			return false;
	}
	return true;
}

bool
span_eq(struct span a, struct span b)
{
	size_t len = span_len(a);

	return len == span_len(b) && (len == 0 || memcmp(a.p, b.p, len) == 0);
}

bool
span_ieq(struct span a, struct span b)
{
	return span_len(a) == span_len(b) && same_letters(a.p, b.p, span_len(a));
}

bool
span_iany(struct span s, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_ieq(s, span_of(texts[i])))
			return true;
	return false;
}

bool
span_istarts(struct span s, struct span prefix)
{
	return span_len(s) >= span_len(prefix) && same_letters(s.p, prefix.p, span_len(prefix));
}

bool
span_iends(struct span s, struct span suffix)
{
	size_t len = span_len(suffix);

	return len == 0 || (span_len(s) >= len && same_letters(s.end - len, suffix.p, len));
}

/* The next c in [p, last], or one past last. */
static const char *
seek(const char *p, const char *last, char c)
{
	const char *hit = p > last ? NULL : memchr(p, c, (size_t)(last - p) + 1);

	return hit == NULL ? last + 1 : hit;
}

/*
 * Two memchr(), one for each case of the needle's first letter, each moved on only when its hit is
 * used up: every byte is looked at once by each, plus one comparison of the needle a candidate.
 */
const char *
span_ifind(struct span s, struct span needle)
{
	size_t len = span_len(needle);
	const char *small, *large, *last;
	char a, b;

	if (len == 0 || span_len(s) < len)
		return NULL;
	a = span_lower(needle.p[0]);
	b = upper(needle.p[0]);
	last = s.end - len;
	small = seek(s.p, last, a);
	large = a == b ? last + 1 : seek(s.p, last, b);
	while (small <= last || large <= last) {
		const char *p = small < large ? small : large;

		if (same_letters(p, needle.p, len))
			return p;
		if (p == small)
			small = seek(p + 1, last, a);
		else
			large = seek(p + 1, last, b);
	}
	return NULL;
}

const char *
span_chr(struct span s, char c)
{
	return span_empty(s) ? NULL : memchr(s.p, c, span_len(s));
}

struct span
span_trim(struct span s)
{
	while (s.p != s.end && ascii_is_white(*s.p))
		s.p++;
	while (s.p != s.end && ascii_is_white(s.end[-1]))
		s.end--;
	return s;
}

bool
span_next_line(struct span *rest, struct span *line)
{
	const char *lf;

	if (span_empty(*rest))
		return false;
	lf = span_chr(*rest, '\n');
	if (lf == NULL) {
		*line = *rest;
		rest->p = rest->end;
		return true;
	}
	line->p = rest->p;
	line->end = lf > rest->p && lf[-1] == '\r' ? lf - 1 : lf;
	rest->p = lf + 1;
	return true;
}

bool
span_cut(struct span *rest, char stop, struct span *head)
{
	const char *hit;

	if (span_empty(*rest))
		return false;
	hit = span_chr(*rest, stop);
	head->p = rest->p;
	head->end = hit == NULL ? rest->end : hit;
	rest->p = hit == NULL ? rest->end : hit + 1;
	return true;
}

bool
span_next_word(struct span *rest, struct span *word)
{
	const char *p = rest->p, *start;

	while (p != rest->end && ascii_is_white(*p))
		p++;
	start = p;
	while (p != rest->end && !ascii_is_white(*p))
		p++;
	rest->p = p;
	if (p == start)
		return false;
	*word = (struct span){ start, p };
	return true;
}

bool
span_number(struct span *rest, uint64_t most, uint64_t *out)
{
	const char *p = rest->p;
	uint64_t number = 0;

	while (p != rest->end && *p >= '0' && *p <= '9') {
		uint64_t digit = (uint64_t)(*p - '0');

		if (digit > most || number > (most - digit) / 10)
			return false;
		number = number * 10 + digit;
		p++;
	}
	if (p == rest->p)
		return false;
	rest->p = p;
	*out = number;
	return true;
}
