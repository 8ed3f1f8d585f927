/*
 * mta/plain - reports of systems that nobody described yet
 *
 * Only for mail that a machine sent: it must say that a delivery failed, and name an address where
 * reports name the failed one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#define PLAIN \
	.name = "plain", .shapes = MTA_ALONE | MTA_SAID | MTA_NAMED | MTA_REST,                \
	.lead = {                                                                              \
		"could not be delivered to",                                                   \
		"couldn't be delivered to",                                                    \
		"message to ",                                                                 \
		"undeliverable to ",                                                           \
		"recipient: ",                                                                 \
		"recipient address: ",                                                         \
		"delivered to: ",                                                              \
		"delivered to ",                                                               \
		"failed to ",                                                                  \
		"RCPT TO:",                                                                    \
		"user: ",                                                                      \
		"failed address: ",                                                            \
		"failed: ",                                                                    \
		"Empfänger: ", "Destinataire : ", "Destinatario: ",                            \
		"deliver to ",                                                                 \
		"delivery to ",                                                                \
	},                                                                                     \
	.reason = { "Diagnostic code:", "Reported error:", "error message:", "said:", "Reason:", \
		    "for the following reason", "because:", "Error:", "reason(s):", "Grund:",  \
		    "Raison :", "Motivo:", "Причина:", "原因：", "理由：", "理由:" },           \
	.end = {                                                                               \
		"Original message follows",                                                    \
		"----- Original message",                                                      \
		"--- Below this line",                                                         \
		"Below is a copy",                                                             \
		"------ This is a copy",                                                       \
		"Message headers follow",                                                      \
		"----- Unsent message",                                                        \
		"--- Original message",                                                        \
		"Original headers:",                                                           \
		"The original message",                                                        \
	}

const struct mta mta_plain[] = {
	{
		PLAIN,
		.any = { { MTA_SUBJECT, "undeliver", NULL },
			 { MTA_SUBJECT, "delivery fail", NULL },
			 { MTA_SUBJECT, "returned mail", NULL },
			 { MTA_SUBJECT, "failure notice", NULL },
			 { MTA_SUBJECT, "delivery has failed", NULL },
			 { MTA_SUBJECT, "delivery status notification", NULL },
			 { MTA_SUBJECT, "could not be delivered", NULL },
			 { MTA_SUBJECT, "not delivered", NULL },
			 { MTA_SUBJECT, "mail delivery", NULL },
			 { MTA_SUBJECT, "delivery error", NULL },
			 { MTA_SUBJECT, "error sending your mail", NULL },
			 { MTA_SUBJECT, "mail system error", NULL },
			 { MTA_SUBJECT, "delivery delay", NULL },
			 { MTA_SUBJECT, "mail rejected", NULL },
			 { MTA_SUBJECT, "message rejected", NULL },
			 { MTA_SUBJECT, "mail refused", NULL } },
	},
	{
		PLAIN,
		.any = { { MTA_WITHIN, "could not be delivered", NULL },
			 { MTA_WITHIN, "couldn't be delivered", NULL },
			 { MTA_WITHIN, "unable to deliver", NULL },
			 { MTA_WITHIN, "not able to deliver", NULL },
			 { MTA_WITHIN, "delivery failed", NULL },
			 { MTA_WITHIN, "undeliverable", NULL },
			 { MTA_WITHIN, "delivery has failed", NULL } },
	},
	{
		/* What subjects say in other languages. */
		PLAIN,
		.any = { { MTA_SUBJECT, "unzustellbar", NULL },
			 { MTA_SUBJECT, "nicht zugestellt", NULL },
			 { MTA_SUBJECT, "Zustellung fehlgeschlagen", NULL },
			 { MTA_SUBJECT, "ei voi toimittaa", NULL },
			 { MTA_SUBJECT, "ei voitu toimittaa", NULL },
			 { MTA_SUBJECT, "non remis", NULL },
			 { MTA_SUBJECT, "non distribu", NULL },
			 { MTA_SUBJECT, "échec de la remise", NULL },
			 { MTA_SUBJECT, "non recapitat", NULL },
			 { MTA_SUBJECT, "mancata consegna", NULL },
			 { MTA_SUBJECT, "no entregado", NULL },
			 { MTA_SUBJECT, "no se puede entregar", NULL },
			 { MTA_SUBJECT, "não entregue", NULL },
			 { MTA_SUBJECT, "onbestelbaar", NULL },
			 { MTA_SUBJECT, "olevererbar", NULL },
			 { MTA_SUBJECT, "kan ikke leveres", NULL },
			 { MTA_SUBJECT, "niedostarcz", NULL },
			 { MTA_SUBJECT, "nie dostarczon", NULL },
			 { MTA_SUBJECT, "nedoručiteln", NULL },
			 { MTA_SUBJECT, "не доставлен", NULL },
			 { MTA_SUBJECT, "недоставлен", NULL },
			 { MTA_SUBJECT, "配信できません", NULL },
			 { MTA_SUBJECT, "配信不能", NULL },
			 { MTA_SUBJECT, "退信", NULL },
			 { MTA_SUBJECT, "无法投递", NULL },
			 { MTA_SUBJECT, "반송", NULL } },
	},
	{
		/* In any language: a reply is quoted. */
		PLAIN,
		.any = { { MTA_WITHIN, "550 5.", NULL },
			 { MTA_WITHIN, "552 5.", NULL },
			 { MTA_WITHIN, "553 5.", NULL },
			 { MTA_WITHIN, "554 5.", NULL },
			 { MTA_WITHIN, "550-5.", NULL },
			 { MTA_WITHIN, "(#5.", NULL },
			 { MTA_WITHIN, " said: 55", NULL },
			 { MTA_WITHIN, "<<< 55", NULL } },
	},
	{ .name = NULL },
};
