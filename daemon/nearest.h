/*
 * nearest - which known word somebody meant
 *
 * For "unknown option 'idel'; did you mean 'idle'?": of all candidates, the one that the fewest
 * single-letter changes turn the word into, when those are few enough to be a slip.
 *
 *	struct nearest nearest = nearest_to("idel");
 *
 *	for (each known word)
 *		nearest_try(&nearest, known);
 *	if (nearest.best != NULL) ...
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_NEAREST_H
#define MAILBOUNCED_NEAREST_H

#include "span.h"

#define NEAREST_MAX_WORD 40 /* longer words are never near anything */

struct nearest {
	struct span word;
	const char *best; /* NULL = none is near */
	size_t changes;   /* what `best` takes; a candidate must need fewer than this */
};

struct nearest nearest_to(const char *word);
void nearest_try(struct nearest *nearest, const char *candidate);

#endif
