/*
 * mta/plain - reports of systems that nobody described yet
 *
 * Only for mail that a machine sent: it must say that a delivery failed, and name an address where
 * reports name the failed one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#define PLAIN_SHAPES (MTA_ALONE | MTA_SAID | MTA_NAMED)

#define PLAIN_LEADS                                                                         \
	{                                                                                   \
		"could not be delivered to", "message to ", "undeliverable to ",            \
			"ecipient: ", "ecipient address: ", "delivered to: ", "failed to ", \
			"RCPT TO:", "user: ", "ailed address: ",                            \
	}

#define PLAIN_REASONS                                                                   \
	{                                                                               \
		"Diagnostic code:", "error message:", "said:", "Reason:",               \
			"for the following reason", "because:", "Error:", "reason(s):", \
	}

#define PLAIN_ENDS                                                                            \
	{                                                                                     \
		"Original message follows", "----- Original message", "--- Below this line",  \
			"Below is a copy", "------ This is a copy", "Message headers follow", \
			"----- Unsent message", "--- Original message",                       \
			"Original headers:", "The original message",                          \
	}

const struct mta mta_plain[] = {
	{
		.name = "plain",
		.any = { { MTA_SUBJECT, "undeliver", NULL },
			 { MTA_SUBJECT, "delivery fail", NULL },
			 { MTA_SUBJECT, "returned mail", NULL },
			 { MTA_SUBJECT, "failure notice", NULL },
			 { MTA_SUBJECT, "delivery has failed", NULL },
			 { MTA_SUBJECT, "delivery status notification", NULL } },
		.shapes = PLAIN_SHAPES,
		.lead = PLAIN_LEADS,
		.reason = PLAIN_REASONS,
		.end = PLAIN_ENDS,
	},
	{
		.name = "plain",
		.any = { { MTA_SUBJECT, "could not be delivered", NULL },
			 { MTA_SUBJECT, "not delivered", NULL },
			 { MTA_SUBJECT, "mail delivery", NULL },
			 { MTA_SUBJECT, "delivery error", NULL },
			 { MTA_SUBJECT, "error sending your mail", NULL },
			 { MTA_SUBJECT, "mail system error", NULL } },
		.shapes = PLAIN_SHAPES,
		.lead = PLAIN_LEADS,
		.reason = PLAIN_REASONS,
		.end = PLAIN_ENDS,
	},
	{
		.name = "plain",
		.any = { { MTA_WITHIN, "could not be delivered", NULL },
			 { MTA_WITHIN, "unable to deliver", NULL },
			 { MTA_WITHIN, "not able to deliver", NULL },
			 { MTA_WITHIN, "delivery failed", NULL },
			 { MTA_WITHIN, "undeliverable", NULL },
			 { MTA_WITHIN, "delivery has failed", NULL } },
		.shapes = PLAIN_SHAPES,
		.lead = PLAIN_LEADS,
		.reason = PLAIN_REASONS,
		.end = PLAIN_ENDS,
	},
	{
		/* In any language: a reply is quoted. */
		.name = "plain",
		.any = { { MTA_WITHIN, "550 5.", NULL },
			 { MTA_WITHIN, "552 5.", NULL },
			 { MTA_WITHIN, "553 5.", NULL },
			 { MTA_WITHIN, "554 5.", NULL },
			 { MTA_WITHIN, "550-5.", NULL },
			 { MTA_WITHIN, "(#5.", NULL } },
		.shapes = PLAIN_SHAPES,
		.lead = PLAIN_LEADS,
		.reason = PLAIN_REASONS,
		.end = PLAIN_ENDS,
	},
	{
		.name = "plain",
		.any = { { MTA_WITHIN, " said: 55", NULL }, { MTA_WITHIN, "<<< 55", NULL } },
		.shapes = PLAIN_SHAPES,
		.lead = PLAIN_LEADS,
		.reason = PLAIN_REASONS,
		.end = PLAIN_ENDS,
	},
	{ .name = NULL },
};
