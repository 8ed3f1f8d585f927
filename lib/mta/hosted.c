/*
 * mta/hosted - OpenSMTPD, DragonFly, Zoho, SendGrid, PowerMTA and others of few words
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

const struct mta mta_hosted[] = {
	{
		.name = "opensmtpd",
		.any = { { MTA_LINE, "This is the MAILER-DAEMON, please DO NOT REPLY", NULL },
			 { MTA_SUBJECT, "Delivery status notification: error", NULL },
			 { MTA_SUBJECT, "Delivery status notification: warning", NULL } },
		.shapes = MTA_SAID,
		.end = { "Below is a copy of the original message" },
	},
	{
		.name = "dragonfly",
		.any = { { MTA_LINE, "This is the DragonFly Mail Agent", NULL } },
		.shapes = MTA_GAP,
		.lead = { "error delivering your mail to " },
		.end = { "Message headers follow", "Original message follows" },
	},
	{
		.name = "zoho",
		.any = { { MTA_FROM, "mailer-daemon@mail.zoho", NULL },
			 { MTA_HEADER, "Zoho Mail", "X-Mailer" },
			 { MTA_WITHIN, "ERROR_CODE :", NULL } },
		.shapes = MTA_ALONE | MTA_SAID | MTA_WORDS,
		.begin = { "could not be delivered", "permanent error", "recipients" },
	},
	{
		.name = "sendgrid",
		.any = { { MTA_LINE, "This is an automatically generated message from SendGrid",
			   NULL } },
		.shapes = MTA_SAID,
		.begin = { "contact SendGrid" },
	},
	{
		/* Momentum and others have copied its greeting, not the last words of a line. */
		.name = "powermta",
		.all = { { MTA_LINE, "Hello, this is the mail server on ", NULL },
			 { MTA_WITHIN, "continue trying", NULL } },
		.shapes = MTA_WORDS,
	},
	{
		.name = "courier",
		.any = { { MTA_LINE, "running the Courier mail server", NULL },
			 { MTA_LINE, "UNDELIVERABLE MAIL", NULL } },
		.shapes = MTA_ALONE,
		.end = { "If your message was also sent to additional recipients" },
	},
	{
		.name = "facebook",
		.any = { { MTA_LINE, "This message was created automatically by Facebook", NULL } },
		.shapes = MTA_ALONE | MTA_SAID,
	},
	{
		.name = "smail",
		.any = { { MTA_LINE, "Message log follows: -", NULL },
			 { MTA_LINE, "Failed addresses follow: -", NULL } },
		.shapes = MTA_ALONE | MTA_SAID | MTA_WORDS,
		.begin = { "- Failed addresses follow: -" },
		.reason = { "- Message log follows: -" },
		.end = { "|------------------------- Message text follows",
			 "|------------------------- Message header follows" },
	},
	{
		/* fml refuses what comes to a list in a circle, or from strangers. */
		.name = "fml",
		.any = { { MTA_SUBJECT, "Loop Alert: Duplicated Message-ID", NULL },
			 { MTA_SUBJECT, "Loop Back Warning:", NULL },
			 { MTA_SUBJECT, "WARNING: UNIX FROM Loop", NULL },
			 { MTA_SUBJECT, "NOT MEMBER article from", NULL },
			 { MTA_SUBJECT, "Ignored non-member post from", NULL } },
		.all = { { MTA_HEADER, ".FML", "Message-ID" } },
		.proves = true,
		.shapes = MTA_LEADS,
		.lead = { "Message-ID in ", "Loop to ", "post to ", "mail to " },
		.end = { "Original mail as follows" },
	},
	{ .name = NULL },
};
