/*
 * sent - the addresses that a mail was sent to
 *
 * The envelope is gone when a mail lies in a mailbox, but servers write into its header for whom
 * they put it there, and the one that wrote a report wrote its recipient into To. Anybody else can
 * write these fields as well: they are hints, and only a token in them proves something.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_SENT_H
#define BOUNCE_SENT_H

#include "header.h"

#define SENT_MAX 16 /* addresses looked at */

struct sent {
	struct span address;              /* canonical */
	const struct header_field *field; /* where it stands */
};

/* Each address once, those that servers wrote first. How many; at most SENT_MAX. */
size_t sent_to(struct arena *a, const struct header_list *headers, struct sent out[SENT_MAX]);

#endif
