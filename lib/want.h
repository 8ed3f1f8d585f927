/*
 * want - what else is worth fetching of a message whose beginning is here
 *
 * Reports carry what they return, with attachments of many megabytes, in front of what counts or
 * behind it. Nobody reads an attachment; so it is left out, and the part behind it is fetched.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_WANT_H
#define BOUNCE_WANT_H

#include "mime.h"

/* Bytes wanted of a part that only might tell something: a text of the returned message, headers
 * that came back, an octet-stream that may be a status part in disguise. */
#define WANT_LITTLE ((size_t)64 * 1024)

/* A text leaves this share of all that may be fetched to the parts behind it. */
#define WANT_KEPT 4

enum want_what {
	WANT_NOTHING, /* what is here tells all that there is to tell, or no more may be fetched */
	WANT_MORE,    /* the bytes that follow */
	WANT_NEXT,    /* not the rest of `part`, but the parts behind it */
};

struct want {
	enum want_what what;
	size_t part; /* that the text ends in: of the multipart that others may follow in */
	size_t leaf; /* the innermost one that it ends in */
	size_t most; /* bytes of MORE that are wanted by what is known so far, 1 at least */
};

/*
 * text is what came so far of a message of which at most `total` bytes may be fetched; parts may
 * be cut short in it, or have no body at all. *m gets its parts. 0, or -1 when the arena is out.
 */
int want_of(struct arena *a, struct span text, size_t total, struct mime_message *m,
	    struct want *out) __attribute__((warn_unused_result));

#endif
