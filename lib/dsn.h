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
#include "mime.h"

/*
 * Fills the report's per-message fields and appends one recipient a block. `text` is the decoded
 * body of part `part`, `line` its first line. Returns the number of recipients found, or -1 when
 * the arena is out. Fields already filled stay.
 */
int dsn_read(struct arena *a, struct span text, uint32_t part, uint32_t line,
	     struct bounce_report *report) BOUNCE_MUST_CHECK;

/*
 * What a quoted SMTP reply says, as it stands in Diagnostic-Code: reply code, enhanced status and
 * stage. Understands "550 5.1.1 text", "550-5.1.1 text 550 5.1.1 more" (a joined multi-line reply),
 * "#5.1.1", "(#5.1.1)", "5.1.1:", "550: 5.1.1", and does not take IP addresses, versions or dates
 * for codes: class 2, 4 or 5, three parts, no fourth. Sets only what it finds; the FIRST code
 * counts.
 */
void dsn_read_reply(struct span diagnostic, uint16_t *smtp, struct bounce_status *status,
		    enum bounce_stage *stage);

/* The kind of a DSN from its recipients' actions: any failure makes it a BOUNCE, else any delay
 * DELAYED, else SUCCESS. */
enum bounce_kind dsn_kind(const struct bounce_report *report);

#endif
