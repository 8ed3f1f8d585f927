/*
 * buf - bytes that grow
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_SIZE ((size_t)64)

void
buf_free(struct buf *b)
{
	size_t limit = b->limit;

	free(b->data);
	*b = BUF_INIT;
	b->limit = limit;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->broken = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_cut(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

/* Makes room for `more` bytes and a NUL behind the content; breaks b when that cannot be. */
static bool
reserve(struct buf *b, size_t more)
{
	size_t need, cap;
	char *wider;

	if (b->broken)
		return false;
	if (more >= SIZE_MAX - b->len || (b->limit != 0 && b->len + more > b->limit)) {
		b->broken = true;
		return false;
	}
	need = b->len + more + 1;
	if (need <= b->cap)
		return true;
	cap = b->cap > SIZE_MAX / 2 || need > b->cap * 2 ? need : b->cap * 2;
	if (cap < FIRST_SIZE)
		cap = FIRST_SIZE;
	wider = realloc(b->data, cap);
	if (wider == NULL) {
		b->broken = true;
		return false;
	}
	b->data = wider;
	b->cap = cap;
	return true;
}

void
buf_add(struct buf *b, struct span text)
{
	size_t len = span_len(text);

	if (!reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, text.p, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_addc(struct buf *b, char c)
{
	if (!reserve(b, 1))
		return;
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void
buf_adds(struct buf *b, const char *text)
{
	buf_add(b, span_of(text));
}

void
buf_addf(struct buf *b, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0) {
		b->broken = true;
		return;
	}
	if (!reserve(b, (size_t)len))
		return;
	va_start(ap, format);
	(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, ap);
	va_end(ap);
	b->len += (size_t)len;
}

struct span
buf_span(const struct buf *b)
{
	return span_make(b->data, b->len);
}

const char *
buf_str(const struct buf *b)
{
	return b->data == NULL ? "" : b->data;
}

bool
buf_ok(const struct buf *b)
{
	return !b->broken;
}
