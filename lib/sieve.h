/*
 * sieve - tells quickly that words do not stand in a text
 *
 * A text is held against hundreds of words of which a handful stand in it. One pass notes which
 * three bytes in a row the text has; a word whose own are not among them need not be searched for.
 * What passes may still not be there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_SIEVE_H
#define BOUNCE_SIEVE_H

#include "span.h"

#define SIEVE_BITS 12

/* Which hashes of three bytes were seen; zeroed it has seen nothing. */
struct sieve {
	bool seen[1U << SIEVE_BITS];
};

/* Of three bytes, their case lost on the way. */
static inline unsigned
sieve_hash(const char *p)
{
	const unsigned char *three = (const unsigned char *)p;
	uint32_t bytes = three[0] | (uint32_t)three[1] << 8 | (uint32_t)three[2] << 16;

	return (bytes | 0x202020U) * 0x9e3779b1U >> (32 - SIEVE_BITS);
}

/* Notes a text; may be called for several. */
void sieve_add(struct sieve *s, struct span text);

/* False: the word, ASCII case ignored, stands in none of the texts. */
static inline bool
sieve_passes(const struct sieve *s, const char *word)
{
	size_t len;

	if (word[0] == '\0' || word[1] == '\0' || word[2] == '\0')
		return true;
	if (!s->seen[sieve_hash(word)])
		return false;
	len = strlen(word);
	return s->seen[sieve_hash(word + len - 3)] && s->seen[sieve_hash(word + len / 2 - 1)];
}

#endif
