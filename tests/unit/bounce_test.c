/*
 * bounce_test - what a message is, decided by its structure
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "bounce_world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sample {
	const char *text;
	enum bounce_kind kind;
	size_t recipients;
};

static void
check(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bounce_report report;
		struct arena arena;

		read_message(&arena, span_of(samples[i].text), &report);
		if (report.kind != samples[i].kind ||
		    report.recipient_count != samples[i].recipients)
			fail_msg("%s with %zu recipients, from:\n%s", bounce_kind_name(report.kind),
				 report.recipient_count, samples[i].text);
		arena_free(&arena);
	}
}

static void
a_standard_report_is_read_whole(void **state)
{
	struct bounce_report report;
	const struct bounce_recipient *r;
	struct arena arena;

	(void)state;
	read_message(
		&arena,
		SPAN(DAEMON
		     "Message-ID: <dsn@mx.example.com>\nSubject: =?utf-8?Q?Zur=C3=BCck?=\n" REPORT
			     PART("text/plain") "Sorry.\n" PART("message/delivery-status")
				     STATUS ORIGINAL "--b--\n"),
		&report);
	assert_int_equal(report.kind, BOUNCE_KIND_BOUNCE);
	assert_string_equal(report.format, "rfc3464");
	assert_span(report.message_id, "dsn@mx.example.com");
	assert_span(report.subject, "Zur\xc3\xbc"
				    "ck");
	assert_span(report.reporting_mta, "mx.example.com");
	assert_span(report.original_message_id, "1@lists.example.net");
	assert_int_equal(report.report_at.part, 2);
	assert_int_equal(report.report_at.line, 11);
	assert_false(report.clipped);
	assert_int_equal(report.recipient_count, 1);
	r = &report.recipient[0];
	assert_span(r->address, "ann@example.com");
	assert_int_equal(r->action, BOUNCE_ACTION_FAILED);
	assert_int_equal(r->address_at.part, 2);
	assert_int_equal(r->address_at.line, 15);
	assert_int_equal(r->status_at.line, 17);
	arena_free(&arena);
}

static void
every_line_end_gives_the_same_report(void **state)
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };
	struct span text = SPAN(DAEMON REPORT PART("text/plain") "Sorry.\n" PART(
		"message/delivery-status") STATUS "--b--\n");

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct buf copy = BUF_INIT;
		struct bounce_report report;
		struct arena arena;

		for (const char *p = text.p; p != text.end; p++) {
			if (*p == '\n')
				buf_adds(&copy, ends[i]);
			else
				buf_addc(&copy, *p);
		}
		read_message(&arena, buf_span(&copy), &report);
		assert_int_equal(report.kind, BOUNCE_KIND_BOUNCE);
		assert_int_equal(report.recipient_count, 1);
		assert_span(report.recipient[0].diagnostic, "550 5.1.1 no such user");
		assert_int_equal(report.recipient[0].address_at.line, 13);
		arena_free(&arena);
		buf_free(&copy);
	}
}

static void
the_actions_make_the_kind(void **state)
{
	static const struct sample samples[] = {
		{ DAEMON REPORT PART("message/delivery-status") STATUS "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		{ DAEMON REPORT PART("message/delivery-status") "Final-Recipient: rfc822; "
								"ann@example.com\nAction: "
								"delayed\nStatus: 4.4.1\n--b--\n",
		  BOUNCE_KIND_DELAYED, 1 },
		{ DAEMON REPORT PART("message/delivery-status") "Final-Recipient: rfc822; "
								"ann@example.com\nAction: "
								"failed\nStatus: 4.4.7\n--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		{ DAEMON REPORT PART("message/delivery-status") "Final-Recipient: rfc822; "
								"ann@example.com\nAction: "
								"relayed\nStatus: 2.0.0\n--b--\n",
		  BOUNCE_KIND_SUCCESS, 1 },
		{ DAEMON REPORT PART(
			  "message/delivery-status") "Final-Recipient: rfc822; "
						     "ann@example.com\nAction: delivered\n\n"
						     "Final-Recipient: rfc822; "
						     "bob@example.com\nAction: failed\n--b--\n",
		  BOUNCE_KIND_BOUNCE, 2 },
		{ DAEMON REPORT PART(
			  "message/delivery-status") "Final-Recipient: rfc822; "
						     "ann@example.com\nStatus: 5.1.1\n--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		{ DAEMON REPORT PART("message/delivery-status") "Final-Recipient: rfc822; "
								"ann@example.com\n--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ DAEMON REPORT PART(
			  "message/delivery-status") "Reporting-MTA: dns; mx.example.com\n--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
a_report_counts_whatever_is_wrapped_around_it(void **state)
{
	static const struct sample samples[] = {
		/* Domino: mixed around report */
		{ DAEMON "Content-Type: multipart/mixed; boundary=a\n\n--a\n" REPORT PART(
			  "message/delivery-status") STATUS "--b--\n--a--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* a list's wrapper with its footer, sent on in the name of a person */
		{ PERSON "Content-Type: multipart/mixed; boundary=a\n\n--a\n" REPORT PART(
			  "message/delivery-status") STATUS "--b--\n--a\n\nfooter\n--a--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* RFC 6533 */
		{ DAEMON REPORT PART("message/global-delivery-status") STATUS "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* no multipart/report, but from a machine by one mark or another */
		{ DAEMON MIXED PART("message/delivery-status") STATUS "--b--\n", BOUNCE_KIND_BOUNCE,
		  1 },
		{ "From: postmaster@example.com\n" MIXED PART("message/delivery-status") STATUS
		  "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		{ PERSON "Return-Path: <>\n" MIXED PART("message/delivery-status") STATUS "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		{ PERSON "Auto-Submitted: auto-generated (failure)\n" MIXED PART(
			  "message/delivery-status") STATUS "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		{ PERSON "X-Failed-Recipients: ann@example.com\n" MIXED PART(
			  "message/delivery-status") STATUS "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* the part is the message */
		{ DAEMON "Content-Type: message/delivery-status\n\n" STATUS, BOUNCE_KIND_BOUNCE,
		  1 },
		/* in base64 */
		{ DAEMON REPORT
		  "--b\nContent-Type: message/delivery-status\n"
		  "Content-Transfer-Encoding: base64\n\n"
		  "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFubkBleGFtcGxlLmNvbQpBY3Rpb246IGZh\n"
		  "aWxlZAo=\n--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* in quoted-printable */
		{ DAEMON REPORT
		  "--b\nContent-Type: message/delivery-status\n"
		  "Content-Transfer-Encoding: quoted-printable\n\n"
		  "Final-Recipient: rfc822; ann=40example.com\nAction: fai=\nled\n--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* typed as text */
		{ DAEMON REPORT PART("text/plain") "Sorry.\n" PART("text/plain") STATUS "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* without its final boundary */
		{ DAEMON REPORT PART("message/delivery-status") STATUS, BOUNCE_KIND_BOUNCE, 1 },
		/* detached by a postmaster that is a program */
		{ POSTMASTER "Return-Path: <>\n" MIXED PART("message/delivery-status") STATUS
		  "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* Content-Type lost, or boundaries indented, by a gateway */
		{ DAEMON "\n--b\n\nSorry.\n" PART("message/delivery-status") STATUS ORIGINAL
		  "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		{ DAEMON REPORT "--b\n\nSorry.\n " PART("message/delivery-status") STATUS
		  " --b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
a_forwarded_report_is_not_ours(void **state)
{
	static const struct sample samples[] = {
		{ PERSON MIXED PART("text/plain") "See below.\n" PART("message/rfc822") DAEMON
		  "Content-Type: multipart/report; boundary=c\n\n--c\n"
		  "Content-Type: message/delivery-status\n\n" STATUS "--c--\n--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON "Content-Type: message/rfc822\n\n" DAEMON REPORT PART(
			  "message/delivery-status") STATUS "--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		/* passed on with its parts, behind a person's text */
		{ PERSON
		  "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nSee below.\n--a\n" REPORT
			  PART("message/delivery-status") STATUS "--b--\n--a--\n",
		  BOUNCE_KIND_OTHER, 0 },
		/* pasted by a postmaster who is a person */
		{ POSTMASTER "Return-Path: <postmaster@example.com>\n\nWhat is this?\n\n"
			     "Content-Type: message/delivery-status\n\n" STATUS,
		  BOUNCE_KIND_OTHER, 0 },
		/* told of by a ticket system */
		{ PERSON
		  "Return-Path: <tickets@example.com>\nAuto-Submitted: auto-generated\n" MIXED PART(
			  "text/plain") "Bob wrote:\n" PART("message/delivery-status") STATUS
		  "--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		/* answered automatically */
		{ PERSON "Return-Path: <>\nAuto-Submitted: auto-replied\n" MIXED PART(
			  "text/plain") "I am away.\n" PART("message/delivery-status") STATUS
		  "--b--\n",
		  BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "Return-Path: <>\nAuto-Submitted: auto-replied\n\nI am away. You wrote:\n"
			 "Content-Type: message/delivery-status\n\n" STATUS,
		  BOUNCE_KIND_AUTO_REPLY, 0 },
		/* attached alone, beside a person's text */
		{ PERSON MIXED PART("text/plain") "What is this?\n" PART("message/delivery-status")
			  STATUS "--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON "Auto-Submitted: no\n" MIXED PART("message/delivery-status") STATUS
		  "--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		/* pasted raw: its parts are text of the person's */
		{ PERSON "\n" PART("text/plain") "Sorry.\n" PART("message/delivery-status") STATUS
		  "--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON "\n--a\n" REPORT PART("message/delivery-status") STATUS "--b--\n--a--\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON "\n--a\n" REPORT PART("text/plain") STATUS "--b--\n--a--\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON
		  "\n" PART("message/feedback-report") "Feedback-Type: abuse\n"
						       "Original-Rcpt-To: ann@example.com\n" PART(
							       "message/rfc822") "Subject: "
										 "x\n\n--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON "\n" PART("message/disposition-notification") "Disposition: x; displayed\n"
								       "--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
		/* quoted */
		{ PERSON "\nWhat is this?\n\n--b\nContent-Type: message/delivery-status\n\n" STATUS,
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON MIXED PART("text/plain") STATUS "--b--\n", BOUNCE_KIND_OTHER, 0 },
		/* the bounced mail was itself a report: its recipients are not ours */
		{ DAEMON "\nSorry.\n\nReceived: by mx.example.net\n"
			 "Content-Type: message/delivery-status\n\n" STATUS,
		  BOUNCE_KIND_OTHER, 0 },
	};

	(void)state;
	check(samples, COUNT(samples));
}

/* A boundary that can be foreseen must not let the author of a mail put people into its report. */
static void
nothing_is_read_behind_the_returned_message(void **state)
{
	static const struct sample samples[] = {
		{ DAEMON REPORT PART("message/delivery-status") STATUS ORIGINAL PART(
			  "message/delivery-status") "Final-Recipient: rfc822; "
						     "victim@example.com\nAction: failed\n"
						     "Status: 5.1.1\n--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
		/* some put the message first */
		{ DAEMON REPORT ORIGINAL PART("message/delivery-status") STATUS "--b--\n",
		  BOUNCE_KIND_BOUNCE, 1 },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
other_reports_have_their_kinds(void **state)
{
	static const struct sample samples[] = {
		{ PERSON "Content-Type: multipart/report; report-type=disposition-notification;"
			 " boundary=b\n\n" PART("text/plain") "Read.\n" PART(
				 "message/disposition-notification") "Final-Recipient: rfc822; "
								     "bob@example.com\nDisposition:"
								     " x; displayed\n--b--\n",
		  BOUNCE_KIND_RECEIPT, 0 },
		{ PERSON
		  "Content-Type: multipart/report; report-type=feedback-report;"
		  " boundary=b\n\n" PART("message/feedback-report") "Feedback-Type: abuse\n" PART(
			  "message/rfc822") DAEMON
		  "Content-Type: message/delivery-status\n\n" STATUS "--b--\n",
		  BOUNCE_KIND_COMPLAINT, 0 },
		{ PERSON MIXED PART("message/rfc822") "Content-Type: "
						      "message/feedback-report\n\nFeedback-Type: "
						      "abuse\n--b--\n",
		  BOUNCE_KIND_OTHER, 0 },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
automatic_answers_are_known_by_their_headers(void **state)
{
	static const struct sample samples[] = {
		{ PERSON "Auto-Submitted: auto-replied\n\nAway.\n", BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "Auto-Submitted: Auto-Replied (vacation)\nReturn-Path: <>\n\nAway.\n",
		  BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "Auto-Submitted: auto-replied; owner-email=\"b@example.com\"\n\nAway.\n",
		  BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "X-Autoreply: yes\n\nAway.\n", BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "X-Autorespond: Re: news\n\nAway.\n", BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "Precedence: auto_reply\n\nAway.\n", BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "X-Auto-Response-Suppress: All\nReturn-Path: <>\n\nAway.\n",
		  BOUNCE_KIND_AUTO_REPLY, 0 },
		{ PERSON "X-Auto-Response-Suppress: All\nReturn-Path: <bob@example.com>\n\nHi.\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON "Auto-Submitted: no\n\nHi.\n", BOUNCE_KIND_OTHER, 0 },
		{ PERSON "Auto-Submitted: auto-generated\n\nHeld for approval.\n",
		  BOUNCE_KIND_OTHER, 0 },
		{ PERSON "Precedence: list\n\nHi.\n", BOUNCE_KIND_OTHER, 0 },
		/* reports in a format without delivery-status, not answers */
		{ DAEMON "Auto-Submitted: auto-replied\n\nSorry.\n", BOUNCE_KIND_OTHER, 0 },
		{ PERSON
		  "Auto-Submitted: auto-replied\nX-Failed-Recipients: a@example.com\n\nSorry.\n",
		  BOUNCE_KIND_OTHER, 0 },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
any_bytes_are_a_message(void **state)
{
	static const struct sample samples[] = {
		{ "", BOUNCE_KIND_OTHER, 0 },
		{ "\n", BOUNCE_KIND_OTHER, 0 },
		{ "\r", BOUNCE_KIND_OTHER, 0 },
		{ "hello", BOUNCE_KIND_OTHER, 0 },
		{ "\xff\xfe\x01", BOUNCE_KIND_OTHER, 0 },
		{ "From:\nContent-Type:\n\n", BOUNCE_KIND_OTHER, 0 },
		{ "Content-Type: multipart/report\n\n--\n----\n", BOUNCE_KIND_OTHER, 0 },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
a_pipe_gets_the_address_of_failed_recipients_when_there_is_one(void **state)
{
	static const struct {
		const char *failed, *address;
	} cases[] = {
		{ "ann@example.com", "ann@example.com" },
		{ "ann@example.com, bob@example.com", "" },
		{ "nobody", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf text = BUF_INIT;
		struct bounce_report report;
		struct arena arena;

		buf_addf(&text,
			 DAEMON "X-Failed-Recipients: %s\n" REPORT PART(
				 "message/delivery-status") "Action: failed\nFinal-Recipient: "
							    "rfc822;|/bin/filter\n--b--\n",
			 cases[i].failed);
		read_message(&arena, buf_span(&text), &report);
		assert_int_equal(report.kind, BOUNCE_KIND_BOUNCE);
		assert_int_equal(report.recipient_count, 1);
		assert_span(report.recipient[0].address, cases[i].address);
		arena_free(&arena);
		buf_free(&text);
	}
}

static void
the_format_is_told_by_marks(void **state)
{
	static const struct {
		const char *header; /* of the message */
		const char *field;  /* of the delivery-status part */
		const char *format;
	} cases[] = {
		{ "", "Reporting-MTA: dns;AB1.prod.outlook.com", "exchange-online" },
		{ "", "Reporting-MTA: dns;ab1-omc1.hotmail.com", "outlook.com" },
		{ "", "Reporting-MTA: dns; googlemail.com", "gmail" },
		{ "", "Reporting-MTA: dns; notgooglemail.com", "rfc3464" },
		{ "", "Reporting-MTA: dsn; a1.smtp-out.amazonses.com", "ses" },
		{ "", "X-Postfix-Queue-ID: 4X1", "postfix" },
		{ "", "X-PowerMTA-VirtualMTA: v1", "powermta" },
		{ "", "X-Display-Name: Ann", "exchange" },
		{ "X-MS-Exchange-Message-Is-Ndr:\n", "X-A: b", "exchange" },
		{ "", "X-Actual-Recipient: rfc822; a@example.com", "sendmail" },
		{ "Auto-Submitted: auto-generated (failure)\n", "X-A: b", "sendmail" },
		{ "X-Failed-Recipients: ann@example.com\n", "X-A: b", "exim" },
		{ "Message-ID: <courier.0A1B@example.com>\n", "X-A: b", "courier" },
		{ "Subject: Delivery status notification: error\n", "X-A: b", "opensmtpd" },
		{ "", "Diagnostic-Code: X-Notes; nobody", "domino" },
		{ "", "X-Note: X-Postfix-Queue-ID: 4X1", "rfc3464" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf text = BUF_INIT;
		struct bounce_report report;
		struct arena arena;

		buf_addf(&text,
			 DAEMON
			 "%s" REPORT PART("message/delivery-status") "Final-Recipient: rfc822; "
								     "ann@example.com\nAction: "
								     "failed\n%s\n--b--\n",
			 cases[i].header, cases[i].field);
		read_message(&arena, buf_span(&text), &report);
		assert_string_equal(report.format, cases[i].format);
		arena_free(&arena);
		buf_free(&text);
	}
}

static void
a_boundary_may_tell_the_format(void **state)
{
	static const struct {
		const char *boundary, *format;
	} cases[] = {
		{ "1770000000-eximdsn-12345", "exim" },
		{ "Boundary_(ID_abc)", "messaging-server" },
		{ "plain", "rfc3464" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf text = BUF_INIT;
		struct bounce_report report;
		struct arena arena;

		buf_addf(&text,
			 DAEMON "Content-Type: multipart/report; boundary=\"%s\"\n\n--%s\n"
				"Content-Type: message/delivery-status\n\n" STATUS "--%s--\n",
			 cases[i].boundary, cases[i].boundary, cases[i].boundary);
		read_message(&arena, buf_span(&text), &report);
		assert_string_equal(report.format, cases[i].format);
		arena_free(&arena);
		buf_free(&text);
	}
}

/* However a report returns the message: the line is that of the whole mail. */
static void
a_token_is_told_with_the_line_where_it_stands(void **state)
{
#define FIELDS \
	"Message-ID: <one@lists.example.net>\nX-Mailbounced-Token: a b\nSubject: News\n\nHi.\n"
#define FROM "From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n"
#define OF_ANN                                                    \
	"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: " \
	"rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n\n"
	static const struct {
		const char *text;
		uint32_t part;
	} rows[] = {
		{ FROM "Content-Type: multipart/report; boundary=b\n\n--b\n"
		       "Content-Type: message/delivery-status\n\n" OF_ANN
		       "--b\nContent-Type: message/rfc822\n\n" FIELDS "--b--\n",
		  3 },
		{ FROM "Content-Type: multipart/report; boundary=b\n\n--b\n"
		       "Content-Type: message/delivery-status\n\n" OF_ANN
		       "--b\nContent-Type: text/rfc822-headers\n\n" FIELDS "--b--\n",
		  2 },
		{ FROM "\nSorry.\n\n--lost\nContent-Type: message/delivery-status\n\n" OF_ANN
		       "--lost\nContent-Type: message/rfc822\n\n" FIELDS "--lost--\n",
		  0 },
		{ FROM "\nHi. This is the qmail-send program at mx.example.net.\n"
		       "I'm afraid I wasn't able to deliver your message to the following "
		       "addresses.\nThis is a permanent error; I've given up. Sorry it didn't "
		       "work out.\n\n<ann@example.com>:\nSorry, no mailbox here by that name. "
		       "(#5.1.1)\n\n--- Below this line is a copy of the message.\n\n" FIELDS,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *field = strstr(rows[i].text, "X-Mailbounced-Token");
		struct bounce_report report;
		struct arena arena;

		arena_init(&arena, 0);
		assert_int_equal(bounce_read(&arena, span_of(rows[i].text), &report), 0);
		assert_int_equal(report.token_count, 1);
		assert_int_equal(report.token_at.part, rows[i].part);
		assert_int_equal(report.token_at.line,
				 span_lines((struct span){ rows[i].text, field }) + 1);
		arena_free(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_told_with_the_line_where_it_stands),
		cmocka_unit_test(a_standard_report_is_read_whole),
		cmocka_unit_test(every_line_end_gives_the_same_report),
		cmocka_unit_test(the_actions_make_the_kind),
		cmocka_unit_test(a_report_counts_whatever_is_wrapped_around_it),
		cmocka_unit_test(a_forwarded_report_is_not_ours),
		cmocka_unit_test(nothing_is_read_behind_the_returned_message),
		cmocka_unit_test(other_reports_have_their_kinds),
		cmocka_unit_test(automatic_answers_are_known_by_their_headers),
		cmocka_unit_test(any_bytes_are_a_message),
		cmocka_unit_test(a_pipe_gets_the_address_of_failed_recipients_when_there_is_one),
		cmocka_unit_test(the_format_is_told_by_marks),
		cmocka_unit_test(a_boundary_may_tell_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
