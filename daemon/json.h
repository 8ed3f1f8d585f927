/*
 * json - writes JSON (RFC 8259) into a buf
 *
 * For output only. Text is written as UTF-8 with control characters escaped; bytes that are not
 * UTF-8 become U+FFFD. Commas are put where they belong.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_JSON_H
#define MAILBOUNCED_JSON_H

#include "buf.h"

#define JSON_MAX_DEPTH 16

struct json {
	struct buf *out;
	bool comma[JSON_MAX_DEPTH]; /* a value stands before the next one */
	unsigned depth;
};

void json_init(struct json *j, struct buf *out);
/* key: NULL inside arrays and for the outermost value. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);
void json_text(struct json *j, const char *key, struct span text);
void json_string(struct json *j, const char *key, const char *text); /* NULL: null */
void json_number(struct json *j, const char *key, int64_t number);
/* A number that stands as text already, written as it is. */
void json_literal(struct json *j, const char *key, const char *number);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
