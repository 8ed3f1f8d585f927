/*
 * mta/postfix - Postfix, where its status part was lost or never written
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#define POSTFIX_ENDS                                                  \
	{                                                             \
		"Content-Description: Undelivered Message",           \
			"Content-Description: Delivery report",       \
			"Content-Description: Delivery error report", \
	}

const struct mta mta_postfix[] = {
	{
		/* Tells the postmaster what went wrong in a session with somebody: no mail came
		 * back, so nothing here names a recipient. */
		.name = "postfix",
		.any = { { MTA_SUBJECT, "Postfix SMTP server: errors from", NULL },
			 { MTA_SUBJECT, "Postfix SMTP client: errors from", NULL } },
	},
	{
		.name = "postfix",
		.any = {
			{ MTA_LINE, "This is the Postfix program at host", NULL },
			{ MTA_LINE, "This is the mail system at host", NULL },
			{ MTA_LINE, "I'm sorry to have to inform you that", NULL },
			{ MTA_LINE, "I'm sorry to have to tell you that your message", NULL },
		},
		.shapes = MTA_ALONE | MTA_SAID,
		.end = POSTFIX_ENDS,
	},
	{
		/* In other languages its answers stay: "(in reply to RCPT TO command)". */
		.name = "postfix",
		.any = { { MTA_WITHIN, " TO command)", NULL },
			 { MTA_WITHIN, " DATA command)", NULL } },
		.quoted = true,
		.shapes = MTA_ALONE | MTA_SAID,
		.end = POSTFIX_ENDS,
	},
	{ .name = NULL },
};
