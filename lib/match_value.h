/*
 * match_value - the values that a phrase stands open for: addresses, hosts, numbers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_MATCH_VALUE_H
#define BOUNCE_MATCH_VALUE_H

#include "ascii.h"
#include "match.h"

/* A placeholder: "{ip}". */
struct match_value {
	const char *name;
	const char *open;              /* brackets that may stand around it */
	size_t (*take)(struct span s); /* bytes of the value at the front; NULL: any text */
};

/* A letter, digit or piece of a UTF-8 letter. */
static inline bool
match_is_word(char c)
{
	return ascii_is(c, ASCII_LETTER | ASCII_DIGIT | ASCII_8BIT) || c == '_';
}

/* The placeholder whose "{" stands at p; *end is behind its "}". NULL when there is none such. */
const struct match_value *match_value_at(const char *p, const char **end);

/* Bytes that the value takes at the front of s, its brackets included; *out is without them. */
size_t match_value_take(const struct match_value *v, struct span s, struct span *out);

/* Digits at the front of s; 0 when there are none, or too many for a number. */
size_t match_number(struct span s);

#endif
