/*
 * mta/google - Gmail before it wrote standard reports, and Google Groups
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

const struct mta mta_google[] = {
	{
		/* In the language of the sender; only a header names the group. */
		.name = "google-groups",
		.all = { { MTA_FROM, "mailer-daemon@googlemail.com", NULL },
			 { MTA_HEADER, "", "X-Failed-Recipients" },
			 { MTA_HEADER, "", "Auto-Submitted" } },
		.any = { { MTA_WITHIN, "groups.google.com", NULL },
			 { MTA_WITHIN, "support.google.com/a/", NULL },
			 { MTA_WITHIN, "/groups", NULL } },
		.shapes = MTA_HEADED,
		/* It does not say whether there is no group, or none for this sender. */
		.implied = { "format:google-groups", BOUNCE_REASON_RECIPIENT_RESTRICTED },
		.end = { "----- Original message -----" },
	},
	{
		.name = "gmail",
		.any = {
			{ MTA_FROM, "mailer-daemon@googlemail.com", NULL },
			{ MTA_FROM, "mailer-daemon@google.com", NULL },
			{ MTA_LINE, "Delivery to the following recipient failed permanently", NULL },
			{ MTA_LINE, "Delivery to the following recipient has been delayed", NULL },
		},
		.shapes = MTA_APART | MTA_ALONE,
		.begin = { "Delivery to the following recipient" },
		.lead = { "wasn't delivered to ", "problem delivering your message to ",
			  "couldn't be delivered to ", "delivering your message to " },
		.reason = { "The error that the other server returned was:",
			    "The response from the remote server was:", "The response was:",
			    "Technical details of permanent failure:",
			    "Technical details of temporary failure:" },
		.end = { "----- Original message -----", "   ----- Original message -----",
			 "----- Message header follows -----" },
	},
	{ .name = NULL },
};
