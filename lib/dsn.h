/*
 * dsn - delivery status notifications (RFC 3464, RFC 6533)
 *
 * Reads the body of a message/delivery-status (or message/global-delivery-status) part: a block of
 * per-message fields, then one block a recipient, blank lines between. Forgiving where servers are
 * careless: field names in any case and order, comments behind Status, missing or extra blank
 * lines, missing types.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_DSN_H
#define BOUNCE_DSN_H

#include "bounce.h"

#define DSN_MAX_SNIFF 50 /* fields that dsn_is() looks at */

/*
 * Fills the report's per-message fields and appends one recipient a block; a recipient that stands
 * there twice, now or in an earlier call, is kept once, with the worse of its two fates. `text` is
 * the decoded body of part `part`, `line` its first line. Returns the number of recipients that the
 * text names, or -1 when the arena is out. Fields already filled stay.
 */
int dsn_read(struct arena *a, struct span text, uint32_t part, uint32_t line,
	     struct bounce_report *report) BOUNCE_MUST_CHECK;

/* Does text read like the body of a delivery-status part? Some relays type it text/plain. */
bool dsn_is(struct span text);

#endif
