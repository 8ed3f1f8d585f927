/*
 * code_phrase - every phrase of the code table that stands in a text, in one pass
 *
 * The automaton is made while building (gen/automaton.c) and reads the text as phrases are
 * written: in lower case, each run of blanks one space.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "code_phrase.h"

#include "automaton.h"

_Static_assert(AUTOMATON_ROWS <= CODE_MAX_HITS, "every row has room for its hit");

#define WORD_BITS 64

/* The pass. */
struct pass {
	struct span text;
	const struct bounce_row *rows;
	struct code_hit *hit;
	size_t count;
	uint64_t hosts; /* providers that are named */
	bool folded;    /* a blank of more than one byte was met */
	uint64_t seen[(AUTOMATON_ROWS + WORD_BITS - 1) / WORD_BITS]; /* rows that need no more */
};

/* The state behind one far from the root. */
static unsigned
next_far(unsigned state, unsigned c)
{
	while (state >= AUTOMATON_FULL) {
		const struct automaton_state *from = &automaton_state[state];
		unsigned last = from->child + from->children;

		for (unsigned at = from->child; at < last; at++)
			if (automaton_state[at].label == c)
				return at;
		state = from->fail;
	}
	return automaton_full[state * AUTOMATON_CLASSES + c];
}

/* The state behind `state` when a byte of class c is read. */
static inline unsigned
next_state(unsigned state, unsigned c)
{
	return state < AUTOMATON_FULL ? automaton_full[state * AUTOMATON_CLASSES + c]
				      : next_far(state, c);
}

/* Where the blanks at the front of s end; s.p when there are none. */
static const char *
behind_blanks(struct span s)
{
	size_t len;

	while ((len = match_blank(s)) > 0)
		s.p += len;
	return s.p;
}

/* The byte or blank before p; where it begins. */
static const char *
step_back(struct span text, const char *p)
{
	const char *begin = p;

	for (;;) {
		size_t len = 0;

		if (begin - text.p >= 2 && match_blank(span_make(begin - 2, 2)) == 2)
			len = 2;
		else if (begin > text.p && match_blank(span_make(begin - 1, 1)) == 1)
			len = 1;
		if (len == 0)
			break;
		begin -= len;
	}
	return begin < p ? begin : p - 1;
}

static void
add_hit(struct pass *pass, unsigned row, const char *begin, const char *end)
{
	pass->seen[row / WORD_BITS] |= UINT64_C(1) << row % WORD_BITS;
	pass->hit[pass->count++] = (struct code_hit){
		.row = (uint16_t)row,
		.begin = (uint32_t)(begin - pass->text.p),
		.end = (uint32_t)(end - pass->text.p),
	};
}

/* A host of a provider's may end at `end`. */
static void
try_host(struct pass *pass, unsigned row, const char *end)
{
	uint64_t bit = UINT64_C(1) << automaton_provider[row - AUTOMATON_ROWS];

	if (match_boundary(pass->text, end) &&
	    match_boundary(pass->text, end - automaton_whole[row]))
		pass->hosts |= bit;
}

/* The anchor of the row ends at `end`. */
static void
try_row(struct pass *pass, unsigned row, const char *end)
{
	struct match_result match;
	const char *begin = end;

	if (row >= AUTOMATON_ROWS) {
		try_host(pass, row, end);
		return;
	}
	if ((pass->seen[row / WORD_BITS] >> row % WORD_BITS & 1) != 0)
		return;
	if (automaton_whole[row] == 0) {
		/* tried once, whether it stands there or not: match_find() looks everywhere */
		pass->seen[row / WORD_BITS] |= UINT64_C(1) << row % WORD_BITS;
		if (match_find(pass->rows[row].phrase, pass->text, pass->text.p, &match))
			add_hit(pass, row, match.at.p, match.at.end);
		return;
	}
	if (!match_boundary(pass->text, end))
		return;
	for (unsigned i = 0; pass->folded && i < automaton_whole[row]; i++)
		begin = step_back(pass->text, begin);
	if (!pass->folded)
		begin -= automaton_whole[row];
	if (match_boundary(pass->text, begin))
		add_hit(pass, row, begin, end);
}

static void
try_rows(struct pass *pass, unsigned state, const char *end)
{
	for (state = automaton_state[state].hit; state != 0;
	     state = automaton_state[automaton_state[state].fail].hit)
		for (unsigned row = automaton_row[state]; row != 0;
		     row = automaton_next_row[row - 1])
			try_row(pass, row - 1, end);
}

size_t
code_phrases(struct span text, struct code_hit hit[CODE_MAX_HITS], uint64_t *hosts)
{
	struct pass pass = { .text = text, .hit = hit };
	const unsigned blank = automaton_class[' '];
	unsigned state = 0;
	size_t rows;

	if (text.p == NULL)
		return 0;
	if (span_len(text) > CODE_MAX_TEXT)
		pass.text.end = text.end = text.p + CODE_MAX_TEXT;
	pass.rows = code_rows(&rows);
	while (!span_empty(text)) {
		const char *p = text.p++;
		unsigned c = automaton_class[(unsigned char)*p];

		/* U+00A0 is a blank, too, but what it begins with also begins letters. */
		if (c == blank || *p == '\xc2') {
			const char *behind = behind_blanks((struct span){ p, text.end });

			if (behind != p) {
				c = blank;
				text.p = behind;
				pass.folded = pass.folded || behind - p > 1;
			}
		}
		state = next_state(state, c);
		if (automaton_state[state].hit != 0)
			try_rows(&pass, state, text.p);
	}
	*hosts = pass.hosts;
	return pass.count;
}

uint64_t
code_belongs_to(struct span name)
{
	unsigned state = 0;
	uint64_t hosts = 0;

	for (const char *p = name.p; p < name.end; p++)
		state = next_state(state, automaton_class[(unsigned char)*p]);
	for (state = automaton_state[state].hit; state != 0;
	     state = automaton_state[automaton_state[state].fail].hit) {
		for (unsigned row = automaton_row[state]; row != 0;
		     row = automaton_next_row[row - 1]) {
			const char *begin;

			if (row <= AUTOMATON_ROWS)
				continue;
			begin = name.end - automaton_whole[row - 1];
			if (begin == name.p || begin[-1] == '.' || begin[-1] == '@')
				hosts |= UINT64_C(1)
					 << automaton_provider[row - 1 - AUTOMATON_ROWS];
		}
	}
	return hosts;
}
