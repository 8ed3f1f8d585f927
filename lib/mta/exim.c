/*
 * mta/exim - Exim, and the services that speak its words
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

/* MXLogic and Zoho open with Exim's first sentence, too; their own marks stand in other tables,
 * which come first. */
const struct mta mta_exim[] = {
	{
		.name = "exim",
		.any = {
			{ MTA_LINE, "This message was created automatically by mail delivery software", NULL },
			{ MTA_LINE, "This message was created automatically by the SMTP relay on", NULL },
			{ MTA_LINE, "This message was created automatically by the ", NULL },
			{ MTA_SUBJECT, "Mail delivery failed: returning message to sender", NULL },
			{ MTA_WITHIN, "has been frozen (delivery error message)", NULL },
		},
		.shapes = MTA_ALONE | MTA_SAID,
		.begin = {
			"following address(es) failed",
			"The following address failed",
			"has not yet been delivered to",
			"address(es) have not yet been delivered",
			"address to which the message has not yet been delivered",
			"addresses to which the message has not yet been delivered",
			"its recipients. This is a permanent error. The following address",
			"failed:",
			"сервером Mail.Ru",
			"have yet to be delivered",
		},
		.reason = { "For the following reason:",
			    "The following text was generated during the delivery attempt" },
		.end = {
			"------ This is a copy of",
			"----- This is a copy of",
			"------ The body of the message is",
			"--- The header of the original message",
			"--- Below this line is a copy",
			"Included is a copy of the message header",
		},
	},
	{ .name = NULL },
};
