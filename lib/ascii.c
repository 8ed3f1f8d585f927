/*
 * ascii - what a byte is, in ASCII and in no locale
 *
 * The table is written by the preprocessor out of what each class says of itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ascii.h"

#define BETWEEN(c, low, high) ((c) >= (low) && (c) <= (high))

#define IS_CONTROL(c) ((c) < ' ' || (c) == 0x7f)
#define IS_LETTER(c) (BETWEEN(c, 'a', 'z') || BETWEEN(c, 'A', 'Z'))
#define IS_SPECIAL(c)                                                                        \
	((c) == '(' || (c) == ')' || (c) == '<' || (c) == '>' || (c) == '[' || (c) == ']' || \
	 (c) == ':' || (c) == ';' || (c) == ',' || (c) == '@' || (c) == '"' || (c) == '\\')

#define CLASS(c)                                                                        \
	((IS_CONTROL(c) ? ASCII_CONTROL : 0) | ((c) == ' ' ? ASCII_SPACE : 0) |         \
	 (BETWEEN(c, '0', '9') ? ASCII_DIGIT : 0) | (IS_LETTER(c) ? ASCII_LETTER : 0) | \
	 (IS_SPECIAL(c) ? ASCII_SPECIAL : 0) | ((c) >= 0x80 ? ASCII_8BIT : 0))

#define CLASS4(c) CLASS(c), CLASS((c) + 1), CLASS((c) + 2), CLASS((c) + 3)
#define CLASS16(c) CLASS4(c), CLASS4((c) + 4), CLASS4((c) + 8), CLASS4((c) + 12)
#define CLASS64(c) CLASS16(c), CLASS16((c) + 16), CLASS16((c) + 32), CLASS16((c) + 48)

const uint8_t ascii_class[256] = { CLASS64(0), CLASS64(64), CLASS64(128), CLASS64(192) };
