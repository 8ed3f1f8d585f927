/*
 * mime - the parts of a message (RFC 2045, 2046)
 *
 * One pass over the bytes, no recursion, every limit named here: libetpan's own parser overflows a
 * coroutine's stack on 1,000 nested parts and takes 46 s for 2.4 MB of them, so it is never called.
 * Parts are listed in document order; a part of type message/rfc822 (also message/global, RFC 6532)
 * is followed by the message inside it as its child.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_MIME_H
#define BOUNCE_MIME_H

#include "arena.h"
#include "decode.h"
#include "header.h"
#include "span.h"

#define MIME_MAX_DEPTH 20     /* nesting followed; a deeper part is kept as one leaf */
#define MIME_MAX_PARTS 500    /* parts listed; what follows is passed over */
#define MIME_MAX_BOUNDARY 250 /* RFC 2046 says 70; servers write more */
#define MIME_MAX_PARAMS 20    /* parameters read of one Content-Type */

#define MIME_NO_PARENT ((size_t)-1)

struct mime_part {
	struct header_list headers; /* the part's own; for index 0 those of the message */
	struct span type;     /* "multipart/report", lower case, never empty (default text/plain, or
				 message/rfc822 in a digest) */
	struct span body;     /* raw: still in its transfer encoding */
	struct span boundary; /* of a multipart, behind its "--"; empty when nobody knows */
	enum decode_encoding encoding;
	size_t parent; /* index of the part around it, or MIME_NO_PARENT */
	size_t depth;  /* 0 = the message itself */
	uint32_t line; /* first line of the part's headers, counted from 1 over the whole message */
	uint32_t body_line; /* first line of its body */
	bool truncated;     /* multipart whose final boundary is missing */
	bool untyped;       /* multipart by its body alone: its headers say that it is text */
};

struct mime_message {
	struct mime_part *part; /* part[0] is the message itself */
	size_t count;
	bool clipped; /* a limit was reached */
};

/*
 * Walks text. Everything is arena memory or spans into text. A message/rfc822 part that breaks the
 * rules by being in base64 or quoted-printable is decoded into the arena and walked as well; the
 * lines inside it are counted from 1 again. A message that lost the Content-Type of its multipart,
 * or the boundary in it, gets it back where its body begins with one: it is a multipart/mixed then,
 * or what it says. Returns 0, or -1 when the arena is out.
 */
int mime_parse(struct arena *a, struct span text, struct mime_message *out)
	__attribute__((warn_unused_result));

/* A parameter of the part's Content-Type, RFC 2231 continuations and charset decoded; an empty span
 * when absent. Where a name stands twice the first one counts. */
struct span mime_param(struct arena *a, const struct mime_part *part, const char *name);

/* The part's body with its transfer encoding undone (bytes, charset untouched). */
struct span mime_body(struct arena *a, const struct mime_part *part);

/* The part's body as UTF-8 text: transfer encoding undone, charset converted. */
struct span mime_text(struct arena *a, const struct mime_part *part);

/* Is a media type one that has a message inside it: message/rfc822 or message/global? */
bool mime_is_message(struct span type);

/* Is part `index` inside a message/rfc822 part, that is: not of the report itself but of what it
 * returns or forwards? */
bool mime_inside_message(const struct mime_message *m, size_t index);

#endif
