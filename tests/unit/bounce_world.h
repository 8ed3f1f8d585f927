/*
 * bounce_world - mails of machines and people, put together from their parts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_BOUNCE_WORLD_H
#define MAILBOUNCED_BOUNCE_WORLD_H

#include "bounce.h"
#include "buf.h"

#define STATUS                                       \
	"Reporting-MTA: dns; mx.example.com\n\n"     \
	"Final-Recipient: rfc822; ann@example.com\n" \
	"Action: failed\nStatus: 5.1.1\n"            \
	"Diagnostic-Code: smtp; 550 5.1.1 no such user\n"

#define PART(type) "--b\nContent-Type: " type "\n\n"
#define REPORT "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define DAEMON "From: Mail Delivery System <MAILER-DAEMON@mx.example.com>\n"
#define POSTMASTER "From: Postmaster <postmaster@example.com>\n"
#define PERSON "From: Bob Roe <bob@example.com>\n"
#define ORIGINAL PART("message/rfc822") "Message-ID: <1@lists.example.net>\n\nHello.\n"

static inline void
read_message(struct arena *a, struct span text, struct bounce_report *report)
{
	arena_init(a, 0);
	assert_int_equal(bounce_read(a, text, report), 0);
}

#endif
