/*
 * utf8 - characters one by one, for everything that writes text from strangers
 *
 * The log, the terminal and JSON each have to look at every character before it goes out; the
 * decoding and the question "would a terminal obey this?" are answered here, once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_UTF8_H
#define MAILBOUNCED_UTF8_H

#include "span.h"

#define UTF8_ESCAPED_SIZE 16 /* room for one character as utf8_escape() writes it, with its NUL */

/*
 * Takes one character off the front of *rest, which must not be empty. Returns true with *code its
 * number, or false when the bytes are not UTF-8 (RFC 3629: no surrogates, no overlong forms); then
 * one byte was taken and *code is that byte.
 */
bool utf8_take(struct span *rest, uint32_t *code);

/* Would a terminal, or the reader's eye, be led astray by it: control characters (C0, DEL, C1),
 * line and paragraph separators, marks of direction, invisible characters. */
bool utf8_is_unsafe(uint32_t code);

/*
 * Takes one character like utf8_take() and writes it into out as it may be shown: itself, or \xNN
 * for a control character below U+0080 and for a byte that is not UTF-8, or \u{NNNN}. Returns its
 * length.
 */
size_t utf8_escape(struct span *rest, char out[UTF8_ESCAPED_SIZE]);

#endif
