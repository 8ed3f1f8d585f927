/*
 * span - a piece of text that somebody else owns
 *
 * Parsers take and give spans: no NUL is needed, nothing is copied, absent text is an empty span. A
 * span never owns its bytes; it lives as long as the message or the arena that it points into.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_SPAN_H
#define BOUNCE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes from p up to, but not including, end. Empty when p == end; both may be NULL then. */
struct span {
	const char *p;
	const char *end;
};

/* A span over a string literal, without its NUL; SPAN_INIT() for a member of a table. */
#define SPAN_INIT(literal)                                 \
	{                                                  \
		(literal), (literal) + sizeof(literal) - 1 \
	}
#define SPAN(literal) ((struct span)SPAN_INIT(literal))

static inline struct span
span_of(const char *text)
{
	return text == NULL ? (struct span){ NULL, NULL }
			    : (struct span){ text, text + strlen(text) };
}

static inline struct span
span_make(const char *p, size_t len)
{
	return p == NULL ? (struct span){ NULL, NULL } : (struct span){ p, p + len };
}

static inline size_t
span_len(struct span s)
{
	return s.p == NULL ? 0 : (size_t)(s.end - s.p);
}

static inline bool
span_empty(struct span s)
{
	return s.p == s.end;
}

/* An ASCII letter in lower case, any other byte as it is, in every locale. */
static inline char
span_lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

/* The first byte, in lower case; NUL when there is none. */
static inline char
span_first(struct span s)
{
	if (span_empty(s))
		return '\0';
	return span_lower(*s.p);
}

/* Are `len` bytes, at least one, the same when ASCII letters count without case? The first one
 * tells nearly always: it is compared without a call. */
bool span_same_letters(const char *a, const char *b, size_t len);

static inline bool
span_same(const char *a, const char *b, size_t len)
{
	return a != NULL && b != NULL && span_lower(*a) == span_lower(*b) &&
	       span_same_letters(a, b, len);
}

/* Same bytes. */
static inline bool
span_eq(struct span a, struct span b)
{
	size_t len = span_len(a);

	return len == span_len(b) &&
	       (len == 0 || (a.p != NULL && b.p != NULL && memcmp(a.p, b.p, len) == 0));
}

/* Same bytes when ASCII letters count without case; other bytes compare as they are. */
static inline bool
span_ieq(struct span a, struct span b)
{
	size_t len = span_len(a);

	return len == span_len(b) && (len == 0 || span_same(a.p, b.p, len));
}

/* Is s one of the texts, ASCII case ignored? */
bool span_iany(struct span s, const char *const *texts, size_t count);

/* Does s begin with prefix, ASCII case ignored? */
static inline bool
span_istarts(struct span s, struct span prefix)
{
	size_t len = span_len(prefix);

	return len == 0 || (span_len(s) >= len && span_same(s.p, prefix.p, len));
}

/* Does s end with suffix, ASCII case ignored? */
static inline bool
span_iends(struct span s, struct span suffix)
{
	size_t len = span_len(suffix);

	return len == 0 || (span_len(s) >= len && span_same(s.end - len, suffix.p, len));
}

/* First place of needle in s, ASCII case ignored; NULL when it is not there or needle is empty.
 * Linear in practice. */
const char *span_ifind(struct span s, struct span needle);

/* First place of byte c in s; NULL when it is not there. */
static inline const char *
span_chr(struct span s, char c)
{
	return span_empty(s) ? NULL : memchr(s.p, c, span_len(s));
}

/* s without blanks, tabs, CR and LF at both ends. */
struct span span_trim(struct span s);

/* How many line ends are in s. */
uint32_t span_lines(struct span s);

/* The first line end in s, which must not be empty; NULL when there is none. */
const char *span_line_end(struct span s);

/*
 * Takes the next line off the front of *rest and puts it, without its line end (CR LF or LF), into
 * *line. Returns false, leaving both alone, when nothing is left. A last line without an end counts
 * as a line.
 */
static inline bool
span_next_line(struct span *rest, struct span *line)
{
	const char *lf;

	if (span_empty(*rest))
		return false;
	lf = span_line_end(*rest);
	if (lf == NULL) {
		*line = *rest;
		rest->p = rest->end;
		return true;
	}
	line->p = rest->p;
	line->end = lf > rest->p && lf[-1] == '\r' ? lf - 1 : lf;
	rest->p = lf + 1;
	return true;
}

/*
 * Takes the text before the first `stop` off the front of *rest into *head; the stop byte itself is
 * dropped. Without a stop byte the head is all of it and *rest becomes empty. Returns false when
 * nothing was left.
 */
bool span_cut(struct span *rest, char stop, struct span *head);

/* Takes the next run of bytes that are not blank, tab, CR or LF into *word; false when only blanks
 * are left. */
bool span_next_word(struct span *rest, struct span *word);

/*
 * Reads a decimal number from the front of *rest, at most `most`. Returns false, leaving *rest
 * alone, when there is no digit or the number is larger.
 */
bool span_number(struct span *rest, uint64_t most, uint64_t *out);

#endif
