/*
 * field - values of fields as reports write them
 *
 * RFC 3464 section 2.1.2 puts a type in front of many values ("dns; mx.example.com"); servers fold
 * them, add comments and send any bytes. What leaves here is one clean line.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_FIELD_H
#define BOUNCE_FIELD_H

#include "arena.h"
#include "span.h"

#define FIELD_MAX_TYPE 32  /* bytes of a type, as in "x-postfix; ..." */
#define FIELD_MAX_HOST 255 /* bytes kept of a host name */
#define FIELD_MAX_TEXT 998 /* bytes kept of a subject or an identifier: a line of RFC 5322 */

/*
 * Takes "type;" and the blanks behind it off the front of *rest. False, leaving *rest alone, when
 * no type stands there: letters, digits, "-" and "/", beginning with a letter.
 */
bool field_take_type(struct span *rest, struct span *type);

/*
 * text on one line, at most `most` bytes: valid UTF-8 (else taken for windows-1252), each run of
 * blanks, folds and control characters one blank, none at the ends. Returns a part of text when
 * that is clean already, an empty span when the arena is out. *clipped is set, never cleared.
 */
struct span field_line(struct arena *a, struct span text, size_t most, bool *clipped);

/* s with ASCII letters in lower case; s itself when they are. */
struct span field_lower(struct arena *a, struct span s);

/* The host of "dns; Mx.Example.com. (192.0.2.1, comment)": lower case, without type, brackets,
 * final dot and comment. */
struct span field_host(struct arena *a, struct span value);

/* Is host the domain itself, or a host below it? */
bool field_host_within(struct span host, struct span domain);

/* What stands in the first <...> of value, all of it when there is none; one clean line. */
struct span field_id(struct arena *a, struct span value);

#endif
