/*
 * mta/exchange - Exchange and Microsoft 365 where the status part is lost, and before they had one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

/* What stays the same in every language: the server's own codes and the way it quotes replies.
 */
const struct mta mta_exchange[] = {
	{
		.name = "exchange-ims",
		.any = { { MTA_HEADER, "Internet Mail Service (5.", "X-Mailer" },
			 { MTA_HEADER, "", "X-MS-Embedded-Report" },
			 { MTA_LINE, "did not reach the following recipient(s):", NULL },
			 { MTA_LINE, "MSEXCH:", NULL } },
		.shapes = MTA_ALONE | MTA_SAID | MTA_WORDS,
		.begin = { "did not reach the following recipient(s):" },
	},
	{
		.name = "exchange",
		.any = { { MTA_HEADER, "", "X-MS-Exchange-Message-Is-Ndr" },
			 { MTA_FROM, "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e", NULL },
			 { MTA_WITHIN, "Remote Server returned '", NULL },
			 { MTA_WITHIN, "#SMTP#", NULL },
			 { MTA_WITHIN, " RESOLVER.", NULL },
			 { MTA_WITHIN, " STOREDRV.", NULL } },
		.shapes = MTA_ALONE | MTA_NAMED | MTA_MIXED,
		.lead = { "Recipient Address:" },
		.reason = { "Reported error:", "Status code:" },
		.end = { "Original message headers", "Original Message Headers" },
	},
	{
		.name = "exchange",
		.any = { { MTA_WITHIN, " QUEUE.Expired", NULL },
			 { MTA_WITHIN, " ROUTING.", NULL },
			 { MTA_WITHIN, " SMTPSEND.", NULL },
			 { MTA_LINE, "Diagnostic information for administrators", NULL },
			 { MTA_LINE, "Delivery has failed to these recipients or", NULL } },
		.shapes = MTA_ALONE | MTA_NAMED | MTA_MIXED,
		.end = { "Original message headers" },
	},
	{ .name = NULL },
};
