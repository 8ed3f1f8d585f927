/*
 * format - which system wrote a report
 *
 * For people and statistics only: nothing is decided by it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_FORMAT_H
#define BOUNCE_FORMAT_H

#include "bounce.h"
#include "mime.h"

/*
 * The short name of the system that wrote the report, told by marks that no language changes:
 * "exchange-online", "postfix", ...; "rfc3464" when no mark is known. `dsn` is the decoded body of
 * its delivery-status part. Never NULL.
 */
const char *format_of(struct arena *a, const struct mime_message *m, struct span dsn,
		      const struct bounce_report *report);

#endif
