/*
 * mta/amazon - the texts of SES, without their status part
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

const struct mta mta_amazon[] = {
	{
		.name = "ses",
		.any = { { MTA_LINE,
			   "An error occurred while trying to deliver the mail to the following",
			   NULL },
			 { MTA_FROM, "amazonses.com", NULL } },
		.shapes = MTA_ALONE | MTA_SAID,
		.begin = { "trying to deliver the mail to the following" },
		.lead = { "recipients: ", "following recipient: " },
		.reason = { "Technical report:" },
	},
	{ .name = NULL },
};
