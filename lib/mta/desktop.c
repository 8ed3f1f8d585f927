/*
 * mta/desktop - IMail, MDaemon, MailEnable, hMailServer and other servers for Windows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

const struct mta mta_desktop[] = {
	{
		/* The words in front of the address are the error. */
		.name = "imail",
		.all = { { MTA_HEADER, "<SMTP32 v", "X-Mailer" } },
		.proves = true,
		.shapes = MTA_LEADS,
		.lead = { "Unknown user: ", "User mailbox exceeds allowed size: ",
			  "Invalid final delivery userid: ", "Unknown host: ", "undeliverable to ",
			  "attempts: ", "user name: ", "Unknown local user: ",
			  "Delivery failed: " },
		.reason = { "Body of message generated response:" },
		.end = { "Original message follows" },
	},
	{
		.name = "mdaemon",
		.any = { { MTA_LINE, "The attached message had PERMANENT fatal delivery errors",
			   NULL },
			 { MTA_LINE, "The attached message has been undeliverable", NULL },
			 { MTA_LINE,
			   "The following data may contain sections which represent BASE64", NULL },
			 { MTA_HEADER, "MDaemon", "X-Mailer" },
			 { MTA_HEADER, "", "X-MDDSN-Message" } },
		.shapes = MTA_ALONE | MTA_SAID,
		.lead = { "Failed address: ", "undeliverable to: ", "recipient: " },
		.reason = { "--- Session Transcript ---", "Reason:" },
		.end = { "--- End Transcript ---" },
	},
	{
		.name = "mailenable",
		.any = { { MTA_LINE, "MailEnable: Message could not be delivered", NULL },
			 { MTA_WITHIN, "MailEnable", NULL },
			 { MTA_LINE, "Message could not be delivered to some recipients", NULL } },
		.shapes = MTA_APART | MTA_ALONE | MTA_SAID | MTA_WORDS | MTA_NAMED,
		.lead = { "Recipient: [SMTP:", "[SMTP:", "Recipient: " },
		.reason = { "Reason:" },
		.end = { "Message headers follow", "Message contents follow" },
	},
	{
		/* The first line is Exchange 5.5's as well. */
		.name = "hmailserver",
		.all = { { MTA_LINE, "Your message did not reach some or all of the intended",
			   NULL },
			 { MTA_WITHIN, "hMailServer", NULL } },
		.shapes = MTA_ALONE,
		.begin = { "The following recipient(s) could not be reached:" },
	},
	{ .name = NULL },
};
