/*
 * code_phrase - every phrase of the code table that stands in a text, in one pass
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_CODE_PHRASE_H
#define BOUNCE_CODE_PHRASE_H

#include "code.h"

struct code_hit {
	uint16_t row;        /* index into code_rows() */
	uint32_t begin, end; /* where in the text the phrase stands first */
};

/* No text has more hits: each row at most once. */
#define CODE_MAX_HITS 3072

/* Texts longer than this are read up to here. A diagnostic is shorter (BOUNCE_MAX_DIAGNOSTIC). */
#define CODE_MAX_TEXT ((size_t)1 << 20)

/*
 * Finds what match_phrase() would find, row by row, at the same places: the first place of each
 * row's phrase. Hits stand in the order in which they were met. Returns how many there are. One
 * pass over the text, which costs a few steps a byte; each phrase with wildcards whose longest
 * piece stands in the text costs one match_phrase() more. *hosts tells whose hosts the
 * text names: bit i is the provider i of code_providers().
 */
size_t code_phrases(struct span text, struct code_hit hit[CODE_MAX_HITS], uint64_t *hosts);

/* The providers that a host's name or an address belongs to, as bits. */
uint64_t code_belongs_to(struct span name);

#endif
