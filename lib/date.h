/*
 * date - the time that a mail bears (RFC 5322 section 3.3)
 *
 * Whoever wrote the mail chose it: good for telling mails of one sender apart, never for proof.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_DATE_H
#define BOUNCE_DATE_H

#include "span.h"

/*
 * The value of a Date field, in seconds since 1970 (UTC), the obsolete forms of section 4.3 as
 * well: years of two digits, zones by name; a zone that nobody knows, or none, is UTC. False,
 * leaving *out alone: it is no date of the years 1970 to 9999.
 */
bool date_read(struct span value, int64_t *out);

#endif
