/*
 * mta/notes - Domino, Notes, GroupWise
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

const struct mta mta_notes[] = {
	{
		.name = "domino",
		.all = { { MTA_LINE, "was not delivered to:", NULL } },
		.shapes = MTA_APART | MTA_ALONE | MTA_NAMED,
		.begin = { "was not delivered to:" },
		.reason = { "because:" },
	},
	{
		/* In other languages: an address by itself, a word or two, the error by itself. */
		.name = "domino",
		.any = { { MTA_SUBJECT, "DELIVERY FAILURE:", NULL },
			 { MTA_SUBJECT, "DELIVERY_FAILURE:", NULL },
			 { MTA_HEADER, "Lotus Domino", "X-Mailer" },
			 { MTA_HEADER, "HCL Domino", "X-Mailer" } },
		.shapes = MTA_ALONE | MTA_NAMED | MTA_GAP,
	},
	{
		.name = "notes",
		.any = { { MTA_LINE, "Failure Reasons  --------", NULL },
			 { MTA_LINE, "Failure Reasons", NULL } },
		.shapes = MTA_APART | MTA_ALONE | MTA_NAMED,
		.begin = { "------- Failure Reasons" },
		.reason = { "------- Failure Reasons" },
		.end = { "------- Returned Message" },
	},
	{
		.name = "groupwise",
		.any = { { MTA_HEADER, "Novell GroupWise", "X-Mailer" },
			 { MTA_HEADER, "GroupWise", "X-Mailer" },
			 { MTA_LINE, "The message that you sent was undeliverable to the following",
			   NULL },
			 { MTA_SUBJECT, "Message status - undeliverable", NULL } },
		.shapes = MTA_ALONE | MTA_SAID | MTA_WORDS,
		.begin = { "undeliverable to the following" },
	},
	{ .name = NULL },
};
