/*
 * buf - bytes that grow
 *
 * For text that is put together piece by piece. The bytes belong to the buf until buf_free(). An
 * allocation that fails makes the buf "broken": later appends do nothing and buf_ok() says so, thus
 * a chain of appends needs one check at its end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_BUF_H
#define BOUNCE_BUF_H

#include "span.h"

struct buf {
	char *data;   /* always NUL-terminated once something was appended; NULL before */
	size_t len;   /* bytes used, without that NUL */
	size_t cap;   /* bytes allocated */
	size_t limit; /* most bytes that it may hold; 0 = no limit. An append that would pass it
			 adds nothing and breaks the buf */
	bool broken;
};

#define BUF_INIT ((struct buf){ NULL, 0, 0, 0, false })

/* Gives back the bytes; the buf is as new (its limit stays). */
void buf_free(struct buf *b);

/* Forgets the content, keeps the memory, mends a broken buf. */
void buf_clear(struct buf *b);

/* Forgets what stands behind the first len bytes. */
void buf_cut(struct buf *b, size_t len);

void buf_add(struct buf *b, struct span text);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *text);

/* printf into the buf. */
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The content; valid until the next call that changes b. */
struct span buf_span(const struct buf *b);

/* The content as a C string, "" when empty; valid until the next call that changes b. */
const char *buf_str(const struct buf *b);

/* False when an append failed for want of memory or for the limit. */
bool buf_ok(const struct buf *b);

#endif
