/*
 * seeds_test - every code and phrase of the Exchange documents, in whole messages
 *
 * What each row must come to is written down here a second time, apart from microsoft.def, so that
 * a slip in the table is seen. Each case goes the way of a fetched mail: bounce_read(), then
 * bounce_classify().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

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

/* What we make of a report about one recipient: the code, and what the server said behind it. */
static struct bounce_verdict
judge(const char *code, const char *said, const char *host)
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
		       "Final-Recipient: rfc822;kari@contoso.com\r\n"
		       "Action: failed\r\n"
		       "Status: %s\r\n"
		       "Remote-MTA: dns;%s\r\n"
		       "Diagnostic-Code: smtp;550 %s %s\r\n"
		       "\r\n"
		       "--b--\r\n",
		       code, host, code, said);
	assert_true(len > 0 && (size_t)len < sizeof(mail));
	arena_reset(&arena);
	assert_int_equal(bounce_read(&arena, span_make(mail, (size_t)len), &report), 0);
	assert_int_equal(report.kind, BOUNCE_KIND_BOUNCE);
	assert_int_equal(report.recipient_count, 1);
	return bounce_classify(&report, 0);
}

static const struct bounce_row *
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

static void
assert_rule(const char *code, struct bounce_verdict v, const char *want)
{
	if (strcmp(v.rule, want) != 0)
		fail_msg("%s: %s, not %s", code, v.rule, want);
}

static void
every_row_of_the_documents_is_there(void **state)
{
	(void)state;
	assert_int_equal(COUNT(seeds), 41);
	for (size_t i = 0; i < COUNT(seeds); i++) {
		const struct bounce_row *row = row_named(seeds[i].row);

		assert_int_equal(row->reason, seeds[i].reason);
		assert_int_equal(row->disposition, seeds[i].disposition);
		assert_int_equal(row->bad, seeds[i].bad);
		assert_int_equal(row->effect, seeds[i].effect);
		assert_int_equal(row->fixer, seeds[i].fixer);
	}
}

static void
a_remedy_that_the_documents_do_not_give_is_absent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		const struct bounce_row *row = row_named(seeds[i].row);
		bool none = strcmp(row->id, "33") == 0 || strcmp(row->id, "34") == 0 ||
			    strcmp(row->id, "35") == 0;

		assert_int_equal(row->remedy[0] == '\0', none);
	}
}

static void
code_and_phrase_pick_the_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		const struct seed *s = &seeds[i];
		struct bounce_verdict v = judge(s->low, s->text, FOREIGN);

		assert_non_null(v.row);
		if (strcmp(v.row->id, s->row) != 0)
			fail_msg("row %s: %s", s->row, v.rule);
		assert_int_equal(v.row->table, CODE_MICROSOFT);
		assert_int_equal(v.reason, s->reason);
		assert_int_equal(v.disposition, s->disposition);
		assert_int_equal(v.bad, s->bad);
		assert_int_equal(v.effect, s->effect);
		assert_int_equal(v.fixer, s->fixer);
		assert_string_equal(v.why, v.row->cause);
	}
}

/* Capitals, folds, runs of blanks and no-break spaces do not hide a phrase. */
static void
the_layout_of_a_phrase_does_not_matter(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		size_t len = 0;

		for (const char *p = seeds[i].text; *p != '\0' && len < sizeof(text) - 8; p++) {
			static const char *const blanks[] = { "  ", "\xc2\xa0", "\r\n\t" };
			const char *blank = blanks[(size_t)(p - seeds[i].text) % 3];

			if (*p == ' ')
				len += (size_t)snprintf(text + len, 8, "%s", blank);
			else if (*p >= 'a' && *p <= 'z')
				text[len++] = (char)(*p - 'a' + 'A');
			else
				text[len++] = *p;
		}
		text[len] = '\0';
		assert_string_equal(judge(seeds[i].low, text, FOREIGN).row->id, seeds[i].row);
	}
}

static void
what_stands_for_a_placeholder_is_reported(void **state)
{
	struct bounce_verdict v;

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		v = judge(seeds[i].low, seeds[i].text, FOREIGN);
		assert_int_equal(v.found_count > 0, seeds[i].kind != NULL);
		if (seeds[i].kind == NULL)
			continue;
		assert_string_equal(v.found[0].kind, seeds[i].kind);
		assert_span(v.found[0].value, seeds[i].value);
	}
	v = judge("5.7.513",
		  "Service unavailable, Client host [192.0.2.7] blocked by contoso.com using "
		  "Customer Block list (AS16012607)",
		  FOREIGN);
	assert_int_equal(v.found_count, 3);
	assert_string_equal(v.found[1].kind, "domain");
	assert_span(v.found[1].value, "contoso.com");
	assert_string_equal(v.found[2].kind, "as");
	assert_span(v.found[2].value, "AS16012607");
	v = judge(
		"5.7.508",
		"Access denied, [2001:db8::25] has exceeded permitted limits within 2001:db8::/64 "
		"range",
		FOREIGN);
	assert_int_equal(v.found_count, 2);
	assert_string_equal(v.found[1].kind, "text");
	assert_span(v.found[1].value, "2001:db8::/64");
}

/* A word where an IP address should be is another sentence; then the code alone decides. */
static void
a_value_of_the_wrong_kind_is_no_match(void **state)
{
	struct bounce_verdict v =
		judge("5.7.606", "Access denied, banned sending IP [contoso.com]", FOREIGN);

	(void)state;
	assert_rule("5.7.606", v, "microsoft:39");
	assert_int_equal(v.found_count, 0);
}

static void
a_code_alone_is_read_as_exchange_means_it_when_exchange_speaks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++)
		assert_rule(seeds[i].low, judge(seeds[i].low, "", EXCHANGE), seeds[i].alone);
}

/* Nobody else's 5.1.0, 5.1.8, 5.7.12 or 5.7.13 means what Exchange means by it. */
static void
a_registered_code_is_read_as_registered_when_others_speak(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++)
		assert_rule(seeds[i].low, judge(seeds[i].low, "", FOREIGN), seeds[i].foreign);
}

static void
a_translated_phrase_leaves_the_code_to_decide(void **state)
{
	(void)state;
	assert_rule("4.4.316", judge("4.4.316", "Tilkobling nektes", FOREIGN), "microsoft:1");
	assert_rule("5.2.121",
		    judge("5.2.121",
			  "Grensen er n\xc3\xa5"
			  "dd",
			  FOREIGN),
		    "microsoft:10");
}

static void
relay_denied_needs_its_phrase(void **state)
{
	struct bounce_verdict v = judge("5.4.1", "something else", EXCHANGE);

	(void)state;
	assert_int_equal(v.reason, BOUNCE_REASON_CONNECTION_FAILED);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_RETRY);
	v = judge("5.4.1", "Relay Access Denied", FOREIGN);
	assert_int_equal(v.reason, BOUNCE_REASON_RELAY_DENIED);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_DISABLE);
}

/* Exchange's 5.1.10 kills, the registry's only disables: without a phrase the milder one counts. */
static void
where_exchange_blames_more_the_registry_is_believed(void **state)
{
	(void)state;
	assert_rule("5.1.10", judge("5.1.10", "", EXCHANGE), "registry:X.1.10");
	assert_int_equal(
		judge("5.1.10", "RESOLVER.ADR.RecipientNotFound; not found", FOREIGN).reason,
		BOUNCE_REASON_NO_SUCH_USER);
}

struct end_case {
	const char *code, *rule;
};

static void
the_ends_of_a_range_are_in_it_and_their_neighbours_are_not(void **state)
{
	static const struct end_case cases[] = {
		{ "4.7.499", "registry:4.7.0" }, { "4.7.500", "microsoft:71" },
		{ "4.7.699", "microsoft:5" },    { "4.7.701", "registry:4.7.0" },
		{ "4.7.849", "registry:4.7.0" }, { "4.7.850", "microsoft:6" },
		{ "4.7.899", "microsoft:6" },    { "4.7.900", "registry:4.7.0" },
		{ "5.7.605", "registry:X.7.0" }, { "5.7.606", "microsoft:39" },
		{ "5.7.649", "microsoft:39" },   { "5.7.650", "registry:X.7.0" },
		{ "5.7.699", "registry:X.7.0" }, { "5.7.700", "microsoft:40" },
		{ "5.7.749", "microsoft:40" },   { "5.7.751", "registry:X.7.0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_rule(cases[i].code, judge(cases[i].code, "", FOREIGN), cases[i].rule);
}

/* Rows 5 and 6 print the same words: only the code tells them apart. */
static void
one_phrase_in_two_ranges_is_told_apart_by_the_code(void **state)
{
	const char *said = "Access denied, please try again later";

	(void)state;
	assert_rule("4.7.550", judge("4.7.550", said, FOREIGN), "microsoft:5");
	assert_rule("4.7.860", judge("4.7.860", said, FOREIGN), "microsoft:6");
}

static void
a_fault_of_ours_never_weighs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		struct bounce_verdict v = judge(seeds[i].low, seeds[i].text, EXCHANGE);

		if (v.disposition == BOUNCE_DISPOSITION_OPERATOR ||
		    v.disposition == BOUNCE_DISPOSITION_CONTENT)
			assert_int_equal(v.weight, 0);
		assert_int_equal(v.severity == BOUNCE_SEVERITY_HARD, v.bad == BOUNCE_BAD_YES);
	}
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_documents_is_there),
		cmocka_unit_test(a_remedy_that_the_documents_do_not_give_is_absent),
		cmocka_unit_test(code_and_phrase_pick_the_row),
		cmocka_unit_test(the_layout_of_a_phrase_does_not_matter),
		cmocka_unit_test(what_stands_for_a_placeholder_is_reported),
		cmocka_unit_test(a_value_of_the_wrong_kind_is_no_match),
		cmocka_unit_test(a_code_alone_is_read_as_exchange_means_it_when_exchange_speaks),
		cmocka_unit_test(a_registered_code_is_read_as_registered_when_others_speak),
		cmocka_unit_test(a_translated_phrase_leaves_the_code_to_decide),
		cmocka_unit_test(relay_denied_needs_its_phrase),
		cmocka_unit_test(where_exchange_blames_more_the_registry_is_believed),
		cmocka_unit_test(the_ends_of_a_range_are_in_it_and_their_neighbours_are_not),
		cmocka_unit_test(one_phrase_in_two_ranges_is_told_apart_by_the_code),
		cmocka_unit_test(a_fault_of_ours_never_weighs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
