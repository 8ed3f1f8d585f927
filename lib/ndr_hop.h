/*
 * ndr_hop - the way of a returned message, server by server
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_NDR_HOP_H
#define BOUNCE_NDR_HOP_H

#include "bounce.h"
#include "header.h"

/*
 * Reads the rows of a "Message Hops" table: number, time, from, to, with, relay time. Rows may be
 * broken over lines anywhere; a row begins with the number that is due and a date. Sets hop,
 * hop_count and slowest_hop; leaves them and returns false when there is no row.
 */
bool ndr_hops(struct arena *a, struct span table, struct bounce_report *report);

#endif
