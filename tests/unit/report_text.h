/*
 * report_text - reports after RFC 3464 for tests, put together from their parts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_REPORT_TEXT_H
#define MAILBOUNCED_REPORT_TEXT_H

#include "buf.h"

/* Up to the recipients. */
static inline void
begin_report(struct buf *out)
{
	buf_clear(out);
	buf_adds(out, "From: MAILER-DAEMON@mx.example.net\r\n"
		      "To: bounces@example.org\r\n"
		      "Subject: Undelivered Mail Returned to Sender\r\n"
		      "Message-ID: <report@mx.example.net>\r\n"
		      "MIME-Version: 1.0\r\n"
		      "Content-Type: multipart/report; report-type=delivery-status; "
		      "boundary=\"b\"\r\n\r\n"
		      "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
		      "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
		      "Reporting-MTA: dns; mx.example.net\r\n\r\n");
}

static inline void
add_recipient(struct buf *out, const char *address, const char *action, const char *status,
	      const char *reply)
{
	buf_addf(out,
		 "Final-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s\r\n"
		 "Diagnostic-Code: smtp; %s\r\n\r\n",
		 address, action, status, reply);
}

static inline void
end_report(struct buf *out, const char *message_id)
{
	buf_addf(out,
		 "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
		 "From: news@example.org\r\nList-Id: News <news.example.org>\r\n"
		 "Message-ID: <%s>\r\nSubject: News\r\n\r\n--b--\r\n",
		 message_id);
	assert_true(buf_ok(out));
}

static inline void
make_report(struct buf *out, const char *address, const char *status, const char *reply,
	    const char *message_id)
{
	begin_report(out);
	add_recipient(out, address, "failed", status, reply);
	end_report(out, message_id);
}

#endif
