/*
 * xtext - the two escapes of delivery reports
 *
 * SMTP carries the original recipient and the envelope id as xtext; RFC 3464 wants both decoded in
 * the report, and some servers forget it. RFC 6533 adds another escape for addresses in UTF-8.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_XTEXT_H
#define BOUNCE_XTEXT_H

#include "arena.h"
#include "span.h"

/*
 * text with its xtext undone (RFC 3461 section 4). text itself when it is not xtext: there every
 * "+" hides a byte that must be hidden ("+2B", "+3D" or 8-bit), while "bob+22@example.com" is an
 * address as it stands. Empty when the arena is out.
 */
struct span xtext_decode(struct arena *a, struct span text);

/* text with each "\x{20AC}" (RFC 6533 section 3) as UTF-8; what is no escape stays as it is. */
struct span xtext_unescape(struct arena *a, struct span text);

#endif
