/*
 * sieve - tells quickly that words do not stand in a text
 *
 * A text is held against hundreds of words of which a handful stand in it. One pass notes which
 * four bytes in a row the text has, at every second place of it; a word whose own are not among
 * them need not be searched for. What passes may still not be there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_SIEVE_H
#define BOUNCE_SIEVE_H

#include "span.h"

#define SIEVE_BITS 12
#define SIEVE_LEAST 5 /* bytes of a word: four of them begin at an even place of the text */

/* Which hashes of four bytes were seen; zeroed it has seen nothing. */
struct sieve {
	bool seen[1U << SIEVE_BITS];
};

/* Of four bytes, their case lost on the way. The same on every machine: some are made while
 * building. */
static inline unsigned
sieve_hash(const char *four)
{
	const unsigned char *p = (const unsigned char *)four;
	uint32_t bytes = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];

	return (bytes | 0x20202020U) * 0x9e3779b1U >> (32 - SIEVE_BITS);
}

/* Notes a text; may be called for several. */
void sieve_add(struct sieve *s, struct span text);

/* May these SIEVE_LEAST bytes stand in one of the texts? */
static inline bool
sieve_has(const struct sieve *s, const char *p)
{
	return s->seen[sieve_hash(p)] || s->seen[sieve_hash(p + 1)];
}

/* False: the word, ASCII case ignored, stands in none of the texts. Most words fail at once. */
static inline bool
sieve_passes(const struct sieve *s, struct span word)
{
	size_t len = span_len(word);

	return len < SIEVE_LEAST || (sieve_has(s, word.p) && sieve_has(s, word.end - SIEVE_LEAST) &&
				     sieve_has(s, word.p + (len - SIEVE_LEAST) / 2));
}

#endif
