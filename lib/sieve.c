/*
 * sieve - tells quickly that words do not stand in a text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sieve.h"

void
sieve_add(struct sieve *s, struct span text)
{
	for (size_t left = span_len(text); left >= 3; left--)
		s->seen[sieve_hash(text.p++)] = true;
}
