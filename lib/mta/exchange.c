/*
 * mta/exchange - Exchange and Microsoft 365 where the status part is lost, and before they had one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

/* Exchange 2007 puts the heading of the returned headers, in any language, right behind "#SMTP#".
 */
static bool
glued_heading(struct mta_walk *w, struct span line)
{
	const char *mark = span_ifind(line, SPAN("#SMTP#"));
	struct span said;

	if (mark == NULL)
		return false;
	said = (struct span){ line.p, mark + strlen("#SMTP#") };
	if (span_empty(span_trim((struct span){ said.end, line.end })))
		return false;
	mta_say(w, span_trim(said));
	w->ended = true;
	return true;
}

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
		/* The newest: a letter to the user with the details in a table. */
		.name = "exchange",
		.all = { { MTA_LINE, "Reported error:", NULL } },
		.shapes = MTA_APART,
		.lead = { "Recipient Address:" },
		.reason = { "Reported error:" },
		.end = { "Message Hops", "Original Message Headers" },
	},
	{
		.name = "exchange",
		.any = { { MTA_HEADER, "", "X-MS-Exchange-Message-Is-Ndr" },
			 { MTA_FROM, "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e", NULL },
			 { MTA_WITHIN, "Remote Server returned '", NULL },
			 { MTA_WITHIN, "#SMTP#", NULL },
			 { MTA_WITHIN, "RESOLVER.", NULL },
			 { MTA_WITHIN, "STOREDRV.", NULL } },
		.shapes = MTA_ALONE | MTA_NAMED | MTA_MIXED,
		.hook = glued_heading,
		.end = { "Original message headers", "Original Message Headers" },
	},
	{
		.name = "exchange",
		.any = { { MTA_WITHIN, "QUEUE.Expired", NULL },
			 { MTA_WITHIN, "ROUTING.", NULL },
			 { MTA_WITHIN, "SMTPSEND.", NULL },
			 { MTA_LINE, "Diagnostic information for administrators", NULL },
			 { MTA_LINE, "Delivery has failed to these recipients or", NULL } },
		.shapes = MTA_ALONE | MTA_NAMED | MTA_MIXED,
		.hook = glued_heading,
		.end = { "Original message headers" },
	},
	{ .name = NULL },
};
