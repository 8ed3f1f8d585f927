/*
 * nearest - which known word somebody meant
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "nearest.h"

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
swapped(struct span a, size_t i, struct span b, size_t j)
{
	return i > 0 && j > 0 && a.p[i] == b.p[j - 1] && a.p[i - 1] == b.p[j];
}

/* Letters inserted, dropped, replaced or swapped with their neighbour; both at most
 * NEAREST_MAX_WORD long. Row i of the table holds what the first i letters of a cost. */
static size_t
changes_between(struct span a, struct span b)
{
	size_t cost[NEAREST_MAX_WORD + 1][NEAREST_MAX_WORD + 1] = { { 0 } };
	size_t rows = span_len(a), columns = span_len(b);

	for (size_t i = 0; i <= rows; i++)
		cost[i][0] = i;
	for (size_t j = 0; j <= columns; j++)
		cost[0][j] = j;
	for (size_t i = 0; i < rows; i++) {
		for (size_t j = 0; j < columns; j++) {
			size_t here = cost[i][j] + (a.p[i] == b.p[j] ? 0 : 1);

			here = least(here, cost[i][j + 1] + 1);
			here = least(here, cost[i + 1][j] + 1);
			if (swapped(a, i, b, j))
				here = least(here, cost[i - 1][j - 1] + 1);
			cost[i + 1][j + 1] = here;
		}
	}
	return cost[rows][columns];
}

/* A third of the letters may be wrong: "prot" is a slip of "port", "xyz" is none of "tls". */
struct nearest
nearest_to(const char *word)
{
	struct span span = span_of(word);

	return (struct nearest){ .word = span, .changes = span_len(span) / 3 + 2 };
}

void
nearest_try(struct nearest *nearest, const char *candidate)
{
	struct span span = span_of(candidate);
	size_t changes;

	if (span_len(nearest->word) > NEAREST_MAX_WORD || span_len(span) > NEAREST_MAX_WORD)
		return;
	changes = changes_between(nearest->word, span);
	if (changes < nearest->changes && changes < span_len(span)) {
		nearest->changes = changes;
		nearest->best = candidate;
	}
}
