/*
 * json_read - one JSON object from a stranger (RFC 8259)
 *
 * What token endpoints answer and what IMAP servers say of a token: an object with texts and
 * numbers in it. Anything deeper is parsed and passed over.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_JSON_READ_H
#define MAILBOUNCED_JSON_READ_H

#include "span.h"

#define JSON_READ_MAX ((size_t)64 * 1024) /* bytes; more is refused */
#define JSON_READ_DEPTH 16                /* objects and arrays in each other; more is refused */

struct json_read;

/* NULL when it is not one object, not UTF-8, or passes a limit above. */
struct json_read *json_read(struct span text);

/* The text of that name; "" when there is none, or one with a NUL in it. Valid until
 * json_read_free(). */
const char *json_read_text(const struct json_read *read, const char *name);

/* The whole number of that name, which may stand as text ("3600"); -1 when there is none, or it is
 * negative. */
int64_t json_read_number(const struct json_read *read, const char *name);

/* NULL is fine. */
void json_read_free(struct json_read *read);

#endif
