/*
 * salvage - a delivery-status part in a message that lost its structure
 *
 * Gateways drop the Content-Type of a report or indent its boundaries; then the part stands in the
 * text, headers and all, and is still the best evidence there is.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_SALVAGE_H
#define BOUNCE_SALVAGE_H

#include "span.h"

/*
 * The body of the delivery-status part that stands in text behind its own Content-Type line, up to
 * the next boundary; *lines counts the lines in front of it. Empty when there is none, or when a
 * returned message begins before it: then it may be that message's own, and tell of recipients that
 * are not ours.
 */
struct span salvage_status(struct span text, uint32_t *lines);

/* The returned message in text, from its headers on: behind a Content-Type line of its own, else
 * from the first line that begins one. Empty when there is none. */
struct span salvage_returned(struct span text);

#endif
