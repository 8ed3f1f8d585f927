/*
 * mta/qmail - qmail and the servers whose reports grew from its
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#define QMAIL_SHAPES (MTA_ALONE | MTA_SAID)

#define QMAIL_ENDS                                                      \
	{                                                               \
		"--- Below this line is", "--- Below the next line is", \
			"--- Enclosed are the original headers",        \
			"--- Undelivered message follows",              \
	}

/* A paragraph a recipient: "<user@example.com>:", then what became of it. */
const struct mta mta_qmail[] = {
	{
		.name = "yahoo",
		.any = {
			{ MTA_LINE, "Sorry, we were unable to deliver your message to the following", NULL },
			{ MTA_LINE, "Unable to deliver message to the following address", NULL },
		},
		.shapes = QMAIL_SHAPES,
		.end = { "--- Below this line is", "--- Original message follows",
			 "--- Forwarded message follows" },
	},
	{
		.name = "james",
		.any = {
			{ MTA_LINE, "Hi. This is the James mail server", NULL },
			{ MTA_WITHIN, "Failed recipient(s):", NULL },
		},
		.shapes = MTA_APART | MTA_ALONE,
		.begin = { "Failed recipient(s):" },
		.reason = { "Error message:" },
		.end = { "The original message is attached", "Message details:" },
	},
	{
		.name = "qmail",
		.any = {
			{ MTA_LINE, "Hi. This is the qmail-send program", NULL },
			{ MTA_LINE, "Below this line is a copy of the message", NULL },
			{ MTA_HEADER, "invoked for bounce", "Received" },
		},
		.shapes = QMAIL_SHAPES,
		.end = QMAIL_ENDS,
	},
	{
		/* In any language it names itself. */
		.name = "qmail",
		.any = { { MTA_WITHIN, "qmail-send", NULL } },
		.quoted = true,
		.shapes = QMAIL_SHAPES,
		.end = QMAIL_ENDS,
	},
	{ .name = NULL },
};
