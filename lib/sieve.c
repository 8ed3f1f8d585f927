/*
 * sieve - tells quickly that words do not stand in a text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sieve.h"

void
sieve_add(struct sieve *s, struct span text)
{
	unsigned hash;

	if (span_len(text) < 3)
		return;
	hash = sieve_next(sieve_next(0, text.p[0]), text.p[1]);
	for (const char *p = text.p + 2; p != text.end; p++) {
		hash = sieve_next(hash, *p);
		s->seen[hash] = true;
	}
}
