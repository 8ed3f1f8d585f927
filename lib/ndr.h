/*
 * ndr - what a report tells people beside the verdict
 *
 * Exchange and Microsoft 365 write for two readers: what went wrong and who should act for the
 * user, servers and headers for the administrator. Read by structure and by headings in many
 * languages; nothing here decides about an address.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_NDR_H
#define BOUNCE_NDR_H

#include "bounce.h"
#include "textual.h"

#define NDR_MAX_TEXT 1000 /* bytes kept of each piece of text */

/* Fills what the report's text says: cause, how to fix it, who should, servers, links, hops. 0, or
 * -1: arena out. */
int ndr_read(struct textual *t, struct bounce_report *report) BOUNCE_MUST_CHECK;

#endif
