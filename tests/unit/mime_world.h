/*
 * mime_world - a message read into its parts, and what the tests ask of them
 *
 * Most tests compare one line a part: its depth, type, first line of headers and of body, "cut"
 * where the final boundary is missing, and the body of a part that has none inside it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_MIME_WORLD_H
#define MAILBOUNCED_MIME_WORLD_H

#include "buf.h"
#include "mime.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MIXED(boundary) "Content-Type: multipart/mixed; boundary=" boundary "\n"

static struct arena arena;
static struct mime_message message;

static inline int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static inline void
parse(struct span text)
{
	assert_int_equal(mime_parse(&arena, text, &message), 0);
}

#endif
