/*
 * format - which system wrote a report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "format.h"

#include "field.h"

enum place {
	IN_HEADER,   /* a header field of the report named `name` contains `text` */
	IN_MTA,      /* the reporting MTA is `text` or a host below it */
	IN_DSN,      /* the delivery-status part has an extension field "X-..." that begins so */
	IN_TYPE,     /* the first diagnostic is of type `text` */
	IN_BOUNDARY, /* the boundary of the outermost multipart contains `text` */
};

/* The first mark that is there names the format: one maker's marks stand before marks that others
 * copy. */
static const struct {
	const char *format;
	enum place place;
	const char *name;
	struct span text;
} marks[] = {
	{ "exchange-online", IN_MTA, NULL, SPAN_INIT("outlook.com") },
	{ "exchange-online", IN_MTA, NULL, SPAN_INIT("exchangelabs.com") },
	{ "outlook.com", IN_MTA, NULL, SPAN_INIT("hotmail.com") },
	{ "gmail", IN_MTA, NULL, SPAN_INIT("googlemail.com") },
	{ "gmail", IN_MTA, NULL, SPAN_INIT("google.com") },
	{ "ses", IN_MTA, NULL, SPAN_INIT("amazonses.com") },
	{ "ses", IN_HEADER, "X-SES-Outgoing", SPAN_INIT("") },
	{ "exim", IN_BOUNDARY, NULL, SPAN_INIT("eximdsn") },
	{ "postfix", IN_DSN, NULL, SPAN_INIT("X-Postfix-") },
	{ "postfix", IN_DSN, NULL, SPAN_INIT("X-Yandex-") },
	{ "postfix", IN_TYPE, NULL, SPAN_INIT("x-postfix") },
	{ "powermta", IN_DSN, NULL, SPAN_INIT("X-PowerMTA-") },
	{ "sendgrid", IN_DSN, NULL, SPAN_INIT("X-SendGrid-") },
	{ "aol", IN_DSN, NULL, SPAN_INIT("X-Outbound-Mail-Relay-") },
	{ "mailgun", IN_MTA, NULL, SPAN_INIT("mailgun.net") },
	{ "mailgun", IN_MTA, NULL, SPAN_INIT("mailgun.org") },
	{ "mailgun", IN_HEADER, "X-Mailgun-Sid", SPAN_INIT("") },
	{ "x400", IN_TYPE, NULL, SPAN_INIT("x400") },
	{ "barracuda", IN_HEADER, "From", SPAN_INIT("Barracuda") },
	{ "groupwise", IN_HEADER, "X-Mailer", SPAN_INIT("GroupWise") },
	{ "communigate", IN_HEADER, "X-Mailer", SPAN_INIT("CommuniGate Pro") },
	{ "messaging-server", IN_BOUNDARY, NULL, SPAN_INIT("Boundary_(ID_") },
	{ "exchange", IN_HEADER, "X-MS-Exchange-Message-Is-Ndr", SPAN_INIT("") },
	{ "exchange", IN_HEADER, "X-MS-Embedded-Report", SPAN_INIT("") },
	{ "exchange", IN_HEADER, "X-DSNContext", SPAN_INIT("") },
	{ "exchange", IN_DSN, NULL, SPAN_INIT("X-Display-Name") },
	{ "domino", IN_TYPE, NULL, SPAN_INIT("x-notes") },
	{ "domino", IN_HEADER, "X-MIMETrack", SPAN_INIT("") },
	{ "domino", IN_HEADER, "X-Mailer", SPAN_INIT("Lotus Domino") },
	{ "domino", IN_HEADER, "X-Mailer", SPAN_INIT("HCL Domino") },
	{ "courier", IN_HEADER, "Message-ID", SPAN_INIT("<courier.") },
	{ "opensmtpd", IN_HEADER, "Subject", SPAN_INIT("Delivery status notification: ") },
	{ "sendmail", IN_HEADER, "Auto-Submitted", SPAN_INIT("auto-generated (") },
	{ "sendmail", IN_DSN, NULL, SPAN_INIT("X-Actual-Recipient") },
	{ "exim", IN_HEADER, "X-Failed-Recipients", SPAN_INIT("") },
};

static bool
in_header(const struct header_list *headers, const char *name, struct span text)
{
	const struct header_field *field = header_find(headers, name);

	return field != NULL && (span_empty(text) || span_ifind(field->value, text) != NULL);
}

/* dsn from its first extension field on: most parts have none. */
static struct span
extensions(struct span dsn)
{
	struct span rest = dsn, line;

	while (span_next_line(&rest, &line))
		if (span_first(line) == 'x')
			return (struct span){ line.p, dsn.end };
	return (struct span){ dsn.end, dsn.end };
}

static bool
in_dsn(struct span dsn, struct span name)
{
	struct span line;

	while (span_next_line(&dsn, &line))
		if (span_istarts(line, name))
			return true;
	return false;
}

const char *
format_of(struct arena *a, const struct mime_message *m, struct span dsn,
	  const struct bounce_report *report)
{
	struct span boundary = mime_param(a, &m->part[0], "boundary");
	bool there = false;

	dsn = extensions(dsn);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct span text = marks[i].text;

		switch (marks[i].place) {
		case IN_HEADER:
			there = in_header(&m->part[0].headers, marks[i].name, text);
			break;
		case IN_MTA:
			there = field_host_within(report->reporting_mta, text);
			break;
		case IN_DSN:
			there = in_dsn(dsn, text);
			break;
		case IN_TYPE:
			there = report->recipient_count > 0 &&
				span_eq(report->recipient[0].diagnostic_type, text);
			break;
		case IN_BOUNDARY:
			there = span_ifind(boundary, text) != NULL;
			break;
		}
		if (there)
			return marks[i].format;
	}
	return "rfc3464";
}
