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
	{
		/* "Sorry, your mail was returned": NetEase and QQ. "Recipient", "cause". */
		.name = "netease",
		.all = { { MTA_WITHIN,
			   "\xe6\x82\xa8\xe7\x9a\x84\xe9\x82\xae\xe4\xbb\xb6\xe8\xa2\xab\xe9\x80"
			   "\x80\xe5\x9b\x9e",
			   NULL } },
		.shapes = MTA_APART,
		.lead = { "\xe6\x94\xb6\xe4\xbb\xb6\xe4\xba\xba", "收件人邮件地址（", "收件人：" },
		.reason = { "\xe9\x80\x80\xe4\xbf\xa1\xe5\x8e\x9f\xe5\x9b\xa0\xef\xbc\x9a" },
	},
	{ .name = NULL },
};
