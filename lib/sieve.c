/*
 * sieve - tells quickly that words do not stand in a text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sieve.h"

void
sieve_add(struct sieve *s, struct span text)
{
	size_t len = span_len(text), at = 0;

	for (; at + 10 <= len; at += 8) {
		s->seen[sieve_hash(text.p + at)] = true;
		s->seen[sieve_hash(text.p + at + 2)] = true;
		s->seen[sieve_hash(text.p + at + 4)] = true;
		s->seen[sieve_hash(text.p + at + 6)] = true;
	}
	for (; at + 4 <= len; at += 2)
		s->seen[sieve_hash(text.p + at)] = true;
}
