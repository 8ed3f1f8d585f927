/*
 * section - how IMAP numbers the parts of a message (RFC 3501 section 6.4.5)
 *
 * "2.1" is the first part of the second one. The number is what our own walk of the message says;
 * a server that walked it otherwise has other numbers, so whoever asks by them compares.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_SECTION_H
#define BOUNCE_SECTION_H

#include "mime.h"

#define SECTION_MAX_NUMBERS (MIME_MAX_DEPTH + 1)

struct section {
	uint32_t number[SECTION_MAX_NUMBERS];
	size_t count; /* 0 = the whole message */
};

/* Part `part` of the message. A multipart that is all of a message has no number of its own and
 * gets that of the message. */
struct section section_of(const struct mime_message *m, size_t part);

/* The part that stands `steps` behind this one in the same multipart, if there is one. */
struct section section_behind(struct section section, uint32_t steps);

bool section_same(const struct section *a, const struct section *b);

/*
 * The part that others may stand behind: `part` itself or the nearest one around it that is a part
 * of a multipart. MIME_NO_PARENT when there is none.
 */
size_t section_step(const struct mime_message *m, size_t part);

#endif
