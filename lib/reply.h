/*
 * reply - what a quoted SMTP reply says
 *
 * A report quotes the refusal as Diagnostic-Code, often wrapped in the words of one or two servers
 * in between. The reply is the evidence that no translation touches, so its codes count more than
 * the report's own Status field.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_REPLY_H
#define BOUNCE_REPLY_H

#include "arena.h"
#include "bounce.h"

/*
 * A diagnostic that stands on one line, without the codes that a reply of several lines repeats at
 * the front of each (RFC 5321 section 4.2.1): "550-5.1.1 no such 550 5.1.1 user" is "550-5.1.1 no
 * such user". Servers break lines anywhere, also within the words that tell why. Codes that differ
 * from the first line's stay. Returns the diagnostic itself when there is nothing to take out, or
 * when the arena is out.
 */
struct span reply_join(struct arena *a, struct span diagnostic);

/*
 * Finds reply code, enhanced status and stage in a diagnostic that stands on one line. Sets only
 * what it finds. The first code counts ("550-5.1.1 text 550 5.1.1 more" is one reply of several
 * lines), but
 * - a reply that another server passes on beats the words around it: "550 5.1.351 ... -> 550 5.2.1
 * ..", "Remote Server returned '550 5.1.1 ...'", "5.1.0 - Unknown address error 550-'5.7.1 ...'";
 * - a class alone (5.0.0) gives way to an exact code further on.
 * Behind the first words a code must stand where servers put one, so that addresses, versions,
 * dates and sizes are not taken for codes.
 */
void reply_read(struct span diagnostic, uint16_t *smtp, struct bounce_status *status,
		enum bounce_stage *stage);

/* Where in the dialogue the reply came, by words that stand on one line; UNKNOWN when none tells.
 */
enum bounce_stage reply_stage(struct span words);

#endif
