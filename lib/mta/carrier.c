/*
 * mta/carrier - mobile carriers and Internet providers with servers of their own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

const struct mta mta_carrier[] = {
	{
		.name = "ezweb",
		.any = { { MTA_FROM, "postmaster@ezweb.ne.jp", NULL },
			 { MTA_FROM, "postmaster@au.com", NULL } },
		/* "The user(s) account is disabled." stands above an answer that says less. */
		.shapes = MTA_ALONE | MTA_SAID | MTA_GAP | MTA_ABOVE,
		.lead = { "Recipient: ", "Could not be delivered to: " },
		.reason = { "The user(s) " },
		.end = { "-------------------------" },
	},
	{
		.name = "kddi",
		.any = { { MTA_LINE, "Your mail sent on", NULL },
			 { MTA_LINE, "Your mail attempted to be delivered on", NULL } },
		.lead = { "Could not be delivered to: ", "delivered to: " },
	},
	{
		.name = "verizon",
		.any = { { MTA_FROM, "post_master@", NULL },
			 { MTA_FROM, "sysadmin@vzwpix.com", NULL } },
		.all = { { MTA_LINE, "Message details:", NULL } },
		.proves = true,
		.shapes = MTA_APART,
		.lead = { "RCPT TO: ", "To: " },
		.reason = { "Error message below:", "Error: " },
	},
	{
		.name = "verizon",
		.all = { { MTA_FROM, "sysadmin@vzwpix.com", NULL } },
		.proves = true,
		.shapes = MTA_APART,
		.lead = { "To: " },
		.reason = { "Error: ", "could not be delivered" },
	},
	{ .name = NULL },
};
