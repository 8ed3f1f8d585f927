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

/* The hash moves on by one byte: after three of them the first has left it. Case is lost on the
 * way. */
static inline unsigned
sieve_next(unsigned hash, char c)
{
	return (hash << SIEVE_BITS / 3 ^ ((unsigned char)c | 0x20U)) & ((1U << SIEVE_BITS) - 1);
}

static inline bool
sieve_has(const struct sieve *s, const char *three)
{
	return s->seen[sieve_next(sieve_next(sieve_next(0, three[0]), three[1]), three[2])];
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
	if (!sieve_has(s, word))
		return false;
	len = strlen(word);
	return sieve_has(s, word + len - 3) && sieve_has(s, word + len / 2 - 1);
}

#endif
