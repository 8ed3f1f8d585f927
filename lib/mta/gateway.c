/*
 * mta/gateway - filters and relays that stand in front of mail servers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

/* m-FILTER names the command below the answer, under a heading of its own: both are one text. */
static bool
command_below(struct mta_walk *w, struct span line)
{
	bool heading = span_istarts(line, SPAN("-------SMTP command"));
	struct span *answer = w->speaker == MTA_REASON ? &w->said : &w->reason;

	if (!heading && span_empty(w->command))
		return false;
	w->command = heading ? line : (struct span){ NULL, NULL };
	if (!span_empty(*answer))
		answer->end = line.end;
	return true;
}

const struct mta mta_gateway[] = {
	{
		.name = "mxlogic",
		.any = { { MTA_HEADER, "mta/src/queue/bounce", "X-MX-Bounce" },
			 { MTA_HEADER, "<mxl~", "Message-ID" },
			 { MTA_HEADER, "", "X-MXL-NoteHash" } },
		.shapes = MTA_ALONE | MTA_SAID,
		.begin = { "address failed", "address(es) failed", "addresses failed" },
		.end = { "Included is a copy of the message header" },
	},
	{
		.name = "mimecast",
		.any = { { MTA_HEADER, "", "X-Mimecast-Originator" },
			 { MTA_HEADER, "", "X-MC-System" },
			 { MTA_SUBJECT, "[Postmaster] Email Delivery Failure", NULL } },
		.shapes = MTA_APART | MTA_ALONE | MTA_GAP,
		.begin = { "could not be delivered:", "an email you addressed to" },
		.reason = { "Additional information follows :", "The problem appears to be :" },
		.end = { "This condition occurred after" },
	},
	{
		.name = "m-filter",
		.any = { { MTA_HEADER, "m-FILTER", "X-Mailer" },
			 { MTA_LINE, "server message", NULL } },
		.proves = true,
		.shapes = MTA_APART | MTA_ALONE,
		.reason = { "-------server message" },
		.end = { "-------original m" },
		.hook = command_below,
	},
	{
		.name = "mailfoundry",
		.any = { { MTA_LINE, "Unable to deliver message to: <", NULL } },
		.shapes = MTA_APART,
		.lead = { "Unable to deliver message to:" },
		.reason = { "Delivery failed for the following reason:" },
		.end = { "This has been a permanent failure" },
	},
	{
		.name = "interscan",
		.any = { { MTA_FROM, "InterScan", NULL },
			 { MTA_LINE, "Message from InterScan", NULL },
			 { MTA_HEADER, "InterScan_NT_MIME_Boundary", "Content-Type" } },
		.shapes = MTA_GAP,
		.lead = { "Unable to deliver message to ", "<<< RCPT TO:", "RCPT TO:" },
		.reason = { "Received >>> ", "Received <<< " },
	},
	{
		.name = "surfcontrol",
		.any = { { MTA_HEADER, "SurfControl", "X-Mailer" },
			 { MTA_HEADER, "", "X-SEF-Processed" },
			 { MTA_LINE, "Your message could not be sent.", NULL } },
		.proves = true,
		.shapes = MTA_SAID,
		.begin = { "Failed to send to identified host" },
		.lead = { "Addressed To: " },
		.end = { "--- Message non-deliverable" },
	},
	{
		.name = "mailmarshal",
		.any = { { MTA_LINE, "The following recipients were affected:", NULL } },
		.shapes = MTA_APART | MTA_ALONE,
		.begin = { "The following recipients were affected:" },
		.reason = { "Could not be delivered because of" },
		.end = { "Additional Information" },
	},
	{
		/* McAfee's errors stand beside the address, Biglobe's under a heading. */
		.name = "mcafee",
		.any = { { MTA_LINE, "The following addresses had delivery problems ---", NULL },
			 { MTA_HEADER, "Modified by McAfee", "X-NAI-Header" } },
		.shapes = MTA_ALONE | MTA_SAID,
		.begin = { "addresses had delivery problems" },
		.reason = { "Non-delivered information" },
		.end = { "--------------" },
	},
	{
		.name = "messagelabs",
		.any = { { MTA_LINE,
			   "This is the mail delivery agent at Symantec Email Security.cloud",
			   NULL },
			 { MTA_LINE, "This is the mail delivery agent at MessageLabs", NULL },
			 { MTA_FROM, "MAILER-DAEMON@messagelabs.com", NULL } },
		.shapes = MTA_ALONE | MTA_SAID,
		.begin = { "deliver your message to the following addresses" },
		.reason = { "Reason: " },
		.end = { "The message subject was:" },
	},
	{
		/* A relay that writes "SMTP:RCPT host 192.0.2.8: 550 ..." */
		.name = "mail-gateway",
		.all = { { MTA_LINE,
			   "This is an automatically generated Delivery Status Notification",
			   NULL } },
		.any = { { MTA_LINE, "Technical details:", NULL } },
		.shapes = MTA_APART | MTA_ALONE,
		.begin = { "to the following recipients" },
		.reason = { "Technical details:" },
	},
	{
		.name = "mailgate",
		.all = { { MTA_LINE, "We had trouble delivering your message", NULL } },
		.lead = { "returned permanent errors: ", "returned temporary errors: ",
			  "returned errors: ", "rejected recipient " },
	},
	{
		/* "Diagnostics" of Mail2000 and its kin */
		.name = "mail2000",
		.any = { { MTA_LINE, "The following addresses had delivery errors---", NULL } },
		.shapes = MTA_ALONE | MTA_SAID,
		.begin = { "addresses had delivery errors" },
	},
	{
		.name = "ironport",
		.all = { { MTA_LINE, "The following message to <", NULL },
			 { MTA_LINE, "The reason for the problem:", NULL } },
		.shapes = MTA_APART,
		.lead = { "The following message to " },
		.reason = { "The reason for the problem:" },
	},
	{
		.name = "barracuda",
		.all = { { MTA_LINE, "Your message to: ", NULL } },
		.any = { { MTA_WITHIN, "was blocked by our Spam Firewall", NULL },
			 { MTA_SUBJECT, "Message you sent blocked by our bulk email filter",
			   NULL } },
		.lead = { "Your message to: " },
		.end = { "Subject:" },
	},
	{
		/* MIXER's ancestors (RFC 1327) tell the user in words, the administrator in
		   X.400's. */
		.name = "x400",
		.all = { { MTA_LINE, "This report relates to your message", NULL } },
		.any = { { MTA_LINE, "Your message was not delivered to", NULL },
			 { MTA_WITHIN, "Subject-Submission-Identifier:", NULL } },
		.shapes = MTA_APART | MTA_ALONE,
		.begin = { "Your message was not delivered to" },
		.reason = { "for the following reason:" },
		.end = { "***** The following information is directed" },
	},
	{
		/* amavisd-new where it writes letters: "VIRUS (...) in mail FROM YOU", "BANNED
		   contents", "Considered UNSOLICITED BULK EMAIL". */
		.name = "amavis",
		.all = { { MTA_WITHIN, "Our internal reference code for your message is", NULL } },
		.shapes = MTA_APART | MTA_ALONE,
		.begin = { "following recipient", " to:" },
		.reason = { "content checker found", "was considered " },
		.end = { "Our internal reference code", "The message has been", "Return-Path:" },
	},
	{ .name = NULL },
};
