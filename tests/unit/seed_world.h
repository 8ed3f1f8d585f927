/*
 * seed_world - what the tests of the Exchange documents share
 *
 * The rows of the documents with what each must come to, written down apart from microsoft.def; and
 * the way of a fetched mail: bounce_read(), then bounce_classify().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SEED_WORLD_H
#define MAILBOUNCED_SEED_WORLD_H

#include "bounce.h"
#include "code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EXCHANGE "am6pr05mb0001.eurprd05.prod.outlook.com"
#define FOREIGN "mx.contoso.com"

struct seed {
	const char *row, *low, *high;
	const char *text; /* as a server prints it, with a value for each placeholder */
	enum bounce_reason reason;
	enum bounce_disposition disposition;
	enum bounce_bad bad;
	enum bounce_effect effect;
	enum bounce_fixer fixer;
	const char *alone;   /* rule for the code without a phrase, from Exchange */
	const char *foreign; /* rule for the code without a phrase, from anybody else */
	const char *kind, *value;
};

static const struct seed seeds[] = {
	{ "1", "4.4.316", "4.4.316", "Connection refused [Message=Socket error code 10061]",
	  BOUNCE_REASON_CONNECTION_FAILED, BOUNCE_DISPOSITION_RETRY, BOUNCE_BAD_UNKNOWN,
	  BOUNCE_EFFECT_TEMPORARY, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:1", "microsoft:1",
	  "number", "10061" },
	{ "2", "4.4.7", "4.4.7", "Message expired", BOUNCE_REASON_EXPIRED, BOUNCE_DISPOSITION_RETRY,
	  BOUNCE_BAD_UNKNOWN, BOUNCE_EFFECT_FINAL, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:2",
	  "registry:X.4.7", NULL, NULL },
	{ "3", "4.5.3", "4.5.3", "Too many recipients", BOUNCE_REASON_TOO_MANY_RECIPIENTS,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_SENDER_ADMIN, "microsoft:3", "registry:X.5.3", NULL, NULL },
	{ "4", "4.7.26", "4.7.26",
	  "Access denied, a message sent over IPv6 [2001:db8:200:2004::240] must pass either SPF "
	  "or DKIM validation, this message is not signed",
	  BOUNCE_REASON_AUTH_FAILURE, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:4", "registry:X.7.26",
	  "ip", "2001:db8:200:2004::240" },
	{ "5", "4.7.500", "4.7.699", "Access denied, please try again later",
	  BOUNCE_REASON_RATE_LIMITED, BOUNCE_DISPOSITION_BACK_OFF, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_TEMPORARY, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:71", "microsoft:71", NULL,
	  NULL },
	{ "6", "4.7.850", "4.7.899", "Access denied, please try again later",
	  BOUNCE_REASON_RATE_LIMITED, BOUNCE_DISPOSITION_BACK_OFF, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_TEMPORARY, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:6", "microsoft:6", NULL,
	  NULL },
	{ "7", "5.1.0", "5.1.0", "Sender denied", BOUNCE_REASON_UNCLASSIFIED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_UNKNOWN, BOUNCE_EFFECT_PERMANENT,
	  BOUNCE_FIXER_SENDER, "microsoft:7", "registry:X.1.0", NULL, NULL },
	{ "8", "5.1.1", "5.1.1", "Bad destination mailbox address", BOUNCE_REASON_NO_SUCH_USER,
	  BOUNCE_DISPOSITION_DEAD, BOUNCE_BAD_YES, BOUNCE_EFFECT_PERMANENT, BOUNCE_FIXER_SENDER,
	  "microsoft:8", "registry:X.1.1", NULL, NULL },
	{ "9", "5.1.8", "5.1.8", "Access denied, bad outbound sender", BOUNCE_REASON_SENDER_BANNED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_SENDER_ADMIN, "microsoft:9", "registry:X.1.8", NULL, NULL },
	{ "10", "5.2.121", "5.2.121",
	  "Recipient's per hour message receive limit from specific sender exceeded.",
	  BOUNCE_REASON_MAILBOX_BUSY, BOUNCE_DISPOSITION_BACK_OFF, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_TEMPORARY, BOUNCE_FIXER_SENDER, "microsoft:10", "microsoft:10", NULL,
	  NULL },
	{ "11", "5.2.122", "5.2.122", "Recipient's per hour message receive limit exceeded.",
	  BOUNCE_REASON_MAILBOX_BUSY, BOUNCE_DISPOSITION_BACK_OFF, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_TEMPORARY, BOUNCE_FIXER_SENDER, "microsoft:11", "microsoft:11", NULL,
	  NULL },
	{ "12", "5.3.190", "5.3.190",
	  "Journaling on-premises messages to Office 365 not supported when Journaling Archive is "
	  "disabled.",
	  BOUNCE_REASON_SYSTEM_ERROR, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:12", "microsoft:12",
	  NULL, NULL },
	{ "13", "5.4.1", "5.4.1", "Relay Access Denied", BOUNCE_REASON_RELAY_DENIED,
	  BOUNCE_DISPOSITION_DISABLE, BOUNCE_BAD_UNKNOWN, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_RECIPIENT_ADMIN, "registry:X.4.1", "registry:X.4.1", NULL, NULL },
	{ "14", "5.4.6", "5.4.6", "Routing loop detected", BOUNCE_REASON_MAIL_LOOP,
	  BOUNCE_DISPOSITION_DISABLE, BOUNCE_BAD_UNKNOWN, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:14", "registry:X.4.6", NULL, NULL },
	{ "15", "5.6.11", "5.6.11", "Invalid characters", BOUNCE_REASON_MALFORMED_MESSAGE,
	  BOUNCE_DISPOSITION_CONTENT, BOUNCE_BAD_NO, BOUNCE_EFFECT_PERMANENT, BOUNCE_FIXER_SENDER,
	  "microsoft:15", "microsoft:15", NULL, NULL },
	{ "16", "5.7.1", "5.7.1", "Delivery not authorized", BOUNCE_REASON_RECIPIENT_RESTRICTED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_PERMANENT, BOUNCE_FIXER_SENDER,
	  "registry:X.7.1", "registry:X.7.1", NULL, NULL },
	{ "17", "5.7.1", "5.7.1", "Unable to relay", BOUNCE_REASON_RELAY_DENIED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_UNKNOWN, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_RECIPIENT_ADMIN, "registry:X.7.1", "registry:X.7.1", NULL, NULL },
	{ "18", "5.7.1", "5.7.1", "Client was not authenticated", BOUNCE_REASON_AUTH_REQUIRED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_SENDER_ADMIN, "registry:X.7.1", "registry:X.7.1", NULL, NULL },
	{ "19", "5.7.12", "5.7.12", "Sender was not authenticated by organization",
	  BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:19",
	  "registry:X.7.12", NULL, NULL },
	{ "20", "5.7.124", "5.7.124", "Sender not in allowed-senders list",
	  BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT, "microsoft:20", "microsoft:20", NULL,
	  NULL },
	{ "21", "5.7.133", "5.7.133", "Sender not authenticated for group",
	  BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:21", "microsoft:21",
	  NULL, NULL },
	{ "22", "5.7.134", "5.7.134", "Sender was not authenticated for mailbox",
	  BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:22", "microsoft:22",
	  NULL, NULL },
	{ "23a", "5.7.13", "5.7.13", "Sender was not authenticated for public folder",
	  BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:23a",
	  "registry:X.7.13", NULL, NULL },
	{ "23b", "5.7.135", "5.7.135", "Sender was not authenticated for public folder",
	  BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:23b", "microsoft:23b",
	  NULL, NULL },
	{ "24", "5.7.136", "5.7.136", "Sender was not authenticated",
	  BOUNCE_REASON_RECIPIENT_RESTRICTED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:24", "microsoft:24",
	  NULL, NULL },
	{ "25", "5.7.25", "5.7.25",
	  "Access denied, the sending IPv6 address [2001:db8:200:2004::240] must have a reverse "
	  "DNS record",
	  BOUNCE_REASON_SENDER_CONFIG, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:25", "registry:X.7.25",
	  "ip", "2001:db8:200:2004::240" },
	{ "26", "5.7.501", "5.7.501", "Access denied, spam abuse detected",
	  BOUNCE_REASON_SENDER_BANNED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:26", "microsoft:26",
	  NULL, NULL },
	{ "27", "5.7.502", "5.7.502", "Access denied, banned sender", BOUNCE_REASON_SENDER_BANNED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_SENDER_ADMIN, "microsoft:27", "microsoft:27", NULL, NULL },
	{ "28", "5.7.503", "5.7.503", "Access denied, banned sender", BOUNCE_REASON_SENDER_BANNED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_SENDER_ADMIN, "microsoft:28", "microsoft:28", NULL, NULL },
	{ "29", "5.7.504", "5.7.504",
	  "[kari@contoso.com]: Recipient address rejected: Access denied",
	  BOUNCE_REASON_NO_SUCH_USER, BOUNCE_DISPOSITION_DISABLE, BOUNCE_BAD_YES,
	  BOUNCE_EFFECT_PERMANENT, BOUNCE_FIXER_SENDER, "microsoft:29", "microsoft:29", "address",
	  "kari@contoso.com" },
	{ "30", "5.7.505", "5.7.505", "Access denied, banned recipient",
	  BOUNCE_REASON_MAILBOX_DISABLED, BOUNCE_DISPOSITION_DISABLE, BOUNCE_BAD_UNKNOWN,
	  BOUNCE_EFFECT_PERMANENT, BOUNCE_FIXER_MICROSOFT, "microsoft:30", "microsoft:30", NULL,
	  NULL },
	{ "31", "5.7.506", "5.7.506", "Access Denied, Bad HELO", BOUNCE_REASON_SENDER_CONFIG,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_SENDER_ADMIN, "microsoft:31", "microsoft:31", NULL, NULL },
	{ "32", "5.7.507", "5.7.507", "Access denied, rejected by recipient",
	  BOUNCE_REASON_IP_BLOCKED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:32", "microsoft:32",
	  NULL, NULL },
	{ "33", "5.7.508", "5.7.508",
	  "Access denied, [2001:db8::25] has exceeded permitted limits within 2001:db8::/64 range",
	  BOUNCE_REASON_RATE_LIMITED, BOUNCE_DISPOSITION_BACK_OFF, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_TEMPORARY, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:33", "microsoft:33", "ip",
	  "2001:db8::25" },
	{ "34", "5.7.509", "5.7.509",
	  "Access denied, sending domain [example.com] does not pass DMARC verification",
	  BOUNCE_REASON_AUTH_FAILURE, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:34", "microsoft:34",
	  "domain", "example.com" },
	{ "35", "5.7.510", "5.7.510",
	  "Access denied, [contoso.com] does not accept email over IPv6",
	  BOUNCE_REASON_SENDER_CONFIG, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:35", "microsoft:35",
	  "domain", "contoso.com" },
	{ "36", "5.7.511", "5.7.511", "Access denied, banned sender", BOUNCE_REASON_SENDER_BANNED,
	  BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO, BOUNCE_EFFECT_UNTIL_FIXED,
	  BOUNCE_FIXER_SENDER_ADMIN, "microsoft:36", "microsoft:36", NULL, NULL },
	{ "37", "5.7.512", "5.7.512",
	  "Access denied, message must be RFC 5322 section 3.6.2 compliant",
	  BOUNCE_REASON_MALFORMED_MESSAGE, BOUNCE_DISPOSITION_CONTENT, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_PERMANENT, BOUNCE_FIXER_SENDER, "microsoft:37", "microsoft:37", NULL,
	  NULL },
	{ "38", "5.7.513", "5.7.513",
	  "Service unavailable, Client host [192.0.2.7] blocked by contoso.com using Customer "
	  "Block list (AS16012607)",
	  BOUNCE_REASON_IP_BLOCKED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_RECIPIENT_ADMIN, "microsoft:38", "microsoft:38",
	  "ip", "192.0.2.7" },
	{ "39", "5.7.606", "5.7.649", "Access denied, banned sending IP [192.0.2.7]",
	  BOUNCE_REASON_IP_BLOCKED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:39", "microsoft:39",
	  "ip", "192.0.2.7" },
	{ "40", "5.7.700", "5.7.749", "Access denied, tenant has exceeded threshold",
	  BOUNCE_REASON_SENDER_BANNED, BOUNCE_DISPOSITION_OPERATOR, BOUNCE_BAD_NO,
	  BOUNCE_EFFECT_UNTIL_FIXED, BOUNCE_FIXER_SENDER_ADMIN, "microsoft:40", "microsoft:40",
	  NULL, NULL },
};

static struct arena arena;

/* A report about one recipient: as whom it names him, the code, and what the server said behind it.
 */
struct seed_report {
	const char *recipient; /* lines of his, "Final-Recipient: ...\r\n" */
	const char *code, *said, *host;
};

/* What we make of it. */
static inline struct bounce_verdict
judge_report(const struct seed_report *r)
{
	static char mail[4096];
	struct bounce_report report;
	int len;

	len = snprintf(mail, sizeof(mail),
		       "From: postmaster@example.org\r\n"
		       "MIME-Version: 1.0\r\n"
		       "Content-Type: multipart/report; report-type=delivery-status; "
		       "boundary=\"b\"\r\n"
		       "\r\n"
		       "--b\r\n"
		       "Content-Type: text/plain\r\n"
		       "\r\n"
		       "Delivery has failed.\r\n"
		       "--b\r\n"
		       "Content-Type: message/delivery-status\r\n"
		       "\r\n"
		       "Reporting-MTA: dns;mail.example.org\r\n"
		       "\r\n"
		       "%s"
		       "Action: failed\r\n"
		       "Status: %s\r\n"
		       "Remote-MTA: dns;%s\r\n"
		       "Diagnostic-Code: smtp;550 %s %s\r\n"
		       "\r\n"
		       "--b--\r\n",
		       r->recipient, r->code, r->host, r->code, r->said);
	assert_true(len > 0 && (size_t)len < sizeof(mail));
	arena_reset(&arena);
	assert_int_equal(bounce_read(&arena, span_make(mail, (size_t)len), &report), 0);
	assert_int_equal(report.kind, BOUNCE_KIND_BOUNCE);
	assert_int_equal(report.recipient_count, 1);
	return bounce_classify(&report, 0);
}

static inline struct bounce_verdict
judge(const char *code, const char *words, const char *host)
{
	const struct seed_report report = {
		.recipient = "Final-Recipient: rfc822;kari@contoso.com\r\n",
		.code = code,
		.said = words,
		.host = host,
	};

	return judge_report(&report);
}

static inline const struct bounce_row *
row_named(const char *id)
{
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].table == CODE_MICROSOFT && strcmp(rows[i].id, id) == 0)
			return &rows[i];
	fail_msg("there is no row %s", id);
	return NULL;
}

static inline int
setup_arena(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static inline int
teardown_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

#endif
