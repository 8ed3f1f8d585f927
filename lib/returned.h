/*
 * returned - the message that came back
 *
 * Reads what identifies it from the message/rfc822, text/rfc822-headers, message/global or
 * message/global-headers part of a report (RFC 6522 section 3, RFC 6533): Message-ID, List-Id,
 * From, To, Subject, Date, Received-SPF.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_RETURNED_H
#define BOUNCE_RETURNED_H

#include "bounce.h"
#include "mime.h"

/* Does a part of this type hold the returned message, or its headers? */
bool returned_is(struct span type);

/* A header block that a returned message left, and the next one. */
struct bounce_returned {
	struct header_list headers;
	struct bounce_returned *next;
};

/* Fills those of the report's original_* fields that something is decided by from the first
 * returned message found. 0, or -1: arena out. */
int returned_read(struct arena *a, const struct mime_message *m,
		  struct bounce_report *report) BOUNCE_MUST_CHECK;

/* The same from a bare header block, which stands in that part. */
int returned_headers(struct arena *a, const struct header_list *headers, uint32_t part,
		     struct bounce_report *report) BOUNCE_MUST_CHECK;

/* Fills the others, and received_spf. May be called again when more came back. 0, or -1: arena out.
 */
int returned_details(struct arena *a, struct bounce_report *report) BOUNCE_MUST_CHECK;

#endif
