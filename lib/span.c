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
		if (a[i] != b[i] && span_lower(a[i]) != span_lower(b[i]))
			return false;
	}
	return true;
}

/* Most that is compared is spelled alike, so words of bytes are tried first. */
bool
span_same_letters(const char *a, const char *b, size_t len)
{
	uint64_t x, y;

	for (; len >= sizeof(x); len -= sizeof(x)) {
		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		if (x != y && !same_letters(a, b, sizeof(x)))
			return false;
		a += sizeof(x);
		b += sizeof(x);
	}
	return same_letters(a, b, len);
}

bool
span_iany(struct span s, const char *const *texts, size_t count)
{
	char first = span_empty(s) ? '\0' : span_lower(*s.p);

	for (size_t i = 0; i < count; i++)
		if (first == span_lower(texts[i][0]) && span_ieq(s, span_of(texts[i])))
			return true;
	return false;
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

		if (span_same(p, needle.p, len))
			return p;
		if (p == small)
			small = seek(p + 1, last, a);
		else
			large = seek(p + 1, last, b);
	}
	return NULL;
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
