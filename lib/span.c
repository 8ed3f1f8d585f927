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

/* The bit that tells a small letter from its capital. */
#define CASE_BITS ASCII8_EACH(0x20)

/* Are the eight bytes the same but for the case of letters? */
static bool
same_word(uint64_t x, uint64_t y)
{
	uint64_t differ = x ^ y;

	return differ == 0 ||
	       ((differ & ~CASE_BITS) == 0 && (differ & ~(ascii8_letters(x) >> 2)) == 0);
}

static uint64_t
load_four(const char *p)
{
	uint32_t four;

	memcpy(&four, p, sizeof(four));
	return four;
}

/* The first and the last bytes of up to eight; they may overlap. */
static uint64_t
load_short(const char *p, size_t len)
{
	if (len >= 4)
		return load_four(p) << 32 | load_four(p + len - 4);
	return (uint64_t)(unsigned char)p[0] << 16 | (uint64_t)(unsigned char)p[len / 2] << 8 |
	       (unsigned char)p[len - 1];
}

bool
span_same_letters(const char *a, const char *b, size_t len)
{
	if (len < 8)
		return same_word(load_short(a, len), load_short(b, len));
	for (size_t at = 0; at + 8 < len; at += 8)
		if (!same_word(ascii8_load(a + at), ascii8_load(b + at)))
			return false;
	return same_word(ascii8_load(a + len - 8), ascii8_load(b + len - 8));
}

bool
span_iany(struct span s, const char *const *texts, size_t count)
{
	char first = span_first(s);

	for (size_t i = 0; i < count; i++)
		if (first == span_lower(texts[i][0]) && span_ieq(s, span_of(texts[i])))
			return true;
	return false;
}

/* At which of the places from p on may a needle begin? Its outer letters tell, in small, one bit a
 * place: most are none for these two, and no branch is taken for each. */
static unsigned
may_begin(const char *p, size_t len, char first, char final)
{
	struct ascii16 begin = ascii16_load(p), end = ascii16_load(p + len - 1);

	begin.byte |= 0x20;
	end.byte |= 0x20;
	return ascii16_bits(ascii16_and(ascii16_is(begin, first), ascii16_is(end, final)));
}

/* The first place from p to last where the needle stands, each looked at by itself. */
static const char *
find_slowly(const char *p, const char *last, struct span needle)
{
	size_t len = span_len(needle);

	for (; p <= last; p++)
		if (span_same(p, needle.p, len))
			return p;
	return NULL;
}

const char *
span_ifind(struct span s, struct span needle)
{
	size_t len = span_len(needle);
	const char *last_places;
	char first, final;

	if (len == 0 || span_len(s) < len)
		return NULL;
	if (span_len(s) - len + 1 < ASCII16)
		return find_slowly(s.p, s.end - len, needle);
	last_places = s.end - len + 1 - ASCII16;
	first = (char)(*needle.p | 0x20);
	final = (char)(needle.end[-1] | 0x20);
	for (;;) {
		unsigned places = may_begin(s.p, len, first, final);

		for (; places != 0; places &= places - 1)
			if (span_same_letters(s.p + __builtin_ctz(places), needle.p, len))
				return s.p + __builtin_ctz(places);
		if (s.p == last_places)
			return NULL;
		s.p = last_places - s.p < ASCII16 ? last_places : s.p + ASCII16;
	}
}

uint32_t
span_lines(struct span s)
{
	uint32_t count = 0;

	for (const char *lf; (lf = span_chr(s, '\n')) != NULL; s.p = lf + 1)
		count++;
	return count;
}

/* Lines differ in length, and a branch for each few bytes is one that is guessed wrong: most lines
 * end in the first 64 bytes or the next. */
const char *
span_line_end(struct span s)
{
	for (; s.end - s.p >= 64; s.p += 64) {
		uint64_t ends = ascii64_is(s.p, '\n');

		if (ends != 0)
			return s.p + __builtin_ctzll(ends);
	}
	return span_chr(s, '\n');
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
