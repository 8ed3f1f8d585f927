/*
 * mta/desktop - IMail, MDaemon, MailEnable, CommuniGate Pro and other servers of small offices
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
		.name = "communigate",
		.any = { { MTA_HEADER, "CommuniGate Pro", "X-Mailer" },
			 { MTA_LINE, "Failed to deliver to '", NULL } },
		.shapes = MTA_APART,
		.lead = { "Failed to deliver to " },
		.reason = { "reports:" },
	},
	{
		.name = "hmailserver",
		.all = { { MTA_LINE, "Your message did not reach some or all", NULL },
			 { MTA_WITHIN, "hMailServer", NULL } },
		.shapes = MTA_ALONE,
		.begin = { "recipient(s) could not be reached:" },
	},
	{
		.name = "smartermail",
		.all = { { MTA_LINE, "Could not deliver message to the following recipient",
			   NULL } },
		.any = { { MTA_LINE, "Failed Recipient: ", NULL } },
		.shapes = MTA_APART,
		.lead = { "Failed Recipient: " },
		.reason = { "Reason: " },
		.end = { "-- The header and top" },
	},
	{
		.name = "xmail",
		.any = { { MTA_WITHIN, "XMail bounce: Rcpt=[", NULL },
			 { MTA_HEADER, "", "X-MailerError" } },
		.shapes = MTA_APART,
		.lead = { "Rcpt To:" },
		.reason = { "The reason of the delivery failure was:" },
		.end = { "[<05>] " },
	},
	{ .name = NULL },
};
