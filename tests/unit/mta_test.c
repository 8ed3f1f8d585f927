/*
 * mta_test - reports without a delivery-status part
 *
 * What each system's report gives stands in the golden pairs; here is what the engine promises.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "mta.h"
#include "report_read.h"

#define QMAIL "Hi. This is the qmail-send program at mx.example.net.\n\n"
#define EXIM                                                                    \
	"This message was created automatically by mail delivery software.\n\n" \
	"The following address(es) failed:\n\n"

static void
words_count_only_in_a_machines_mail(void **state)
{
	static const struct {
		const char *header;
		bool counts;
	} rows[] = {
		{ "From: MAILER-DAEMON@mx.example.net\n", true },
		{ "From: postmaster@mx.example.net\n", true },
		{ "From: MAILER-DAEMON <>\n", true },
		{ "From: Mail System <MAILER-DAEMON>\n", true },
		{ "Return-Path: <>\nFrom: robot@mx.example.net\n", true },
		{ "From: robot@mx.example.net\nX-Failed-Recipients: a@example.com\n", true },
		{ "From: ann@example.net\n", false },
		{ "Return-Path: <ann@example.net>\nFrom: Ann <ann@example.net>\n", false },
		{ "From: ann@example.net\nAuto-Submitted: no\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf mail = BUF_INIT;
		struct read r;

		buf_addf(&mail, "%sSubject: x\n\n%s<a@example.com>:\nNo. (#5.1.1)\n",
			 rows[i].header, QMAIL);
		assert_int_equal(read_mail(&r, buf_str(&mail))->kind == BOUNCE_KIND_BOUNCE,
				 rows[i].counts);
		read_done(&r);
		buf_free(&mail);
	}
}

static void
recipients_are_written_alike(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(&r, PLAIN EXIM "  a@example.com\n"
								      "    550 5.1.1 unknown:\n"
								      "    not@example.com\n"
								      "  b@example.com\n"
								      "    552 5.2.2 full\n");

	(void)state;
	assert_int_equal(report->recipient_count, 2);
	assert_span(report->recipient[0].address, "a@example.com");
	assert_span(report->recipient[0].diagnostic, "550 5.1.1 unknown: not@example.com");
	assert_span(report->recipient[1].address, "b@example.com");
	assert_int_equal(report->recipient[1].smtp, 552);
	read_done(&r);
}

static void
a_returned_message_names_no_recipient(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, PLAIN QMAIL "<a@example.com>:\nNo. (#5.1.1)\n\n"
					  "--- Below this line is a copy of the message.\n\n"
					  "Return-Path: <list@example.org>\n"
					  "Message-ID: <one@example.org>\n\n"
					  "<b@example.com>:\nNo. (#5.1.1)\n");

	(void)state;
	assert_int_equal(report->recipient_count, 1);
	assert_span(report->original_message_id, "one@example.org");
	read_done(&r);
}

static void
a_recipient_named_twice_is_kept_with_the_servers_words(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, PLAIN QMAIL "<a@example.com>:\nSorry, he is away.\n\n"
					  "<a@example.com>:\nRemote host said: 550 5.1.1 No\n");

	(void)state;
	assert_int_equal(report->recipient_count, 1);
	assert_int_equal(report->recipient[0].smtp, 550);
	read_done(&r);
}

static void
a_guess_is_marked_and_a_list_is_never_guessed(void **state)
{
	static const struct {
		const char *headers;
		size_t count;
	} rows[] = {
		{ "To: a@example.com\n", 1 },
		{ "To: a@example.com\nList-Id: <list.example.org>\n", 0 },
		{ "From: MAILER-DAEMON@example.org\nTo: a@example.com\n", 0 },
		{ "Subject: nobody\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf mail = BUF_INIT;
		const struct bounce_report *report;
		struct read r;

		buf_addf(&mail,
			 PLAIN "%s--- Below this line is a copy of the message.\n\n"
			       "Message-ID: <one@example.org>\n%s\nText\n",
			 QMAIL, rows[i].headers);
		report = read_mail(&r, buf_str(&mail));
		assert_int_equal(report->recipient_count, rows[i].count);
		if (rows[i].count == 1)
			assert_true(report->recipient[0].guessed);
		read_done(&r);
		buf_free(&mail);
	}
}

static void
a_poor_status_part_is_completed_from_the_text(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(
		&r,
		"From: MAILER-DAEMON@mx.example.net\nSubject: Delivery status notification: "
		"error\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n"
		"--b\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n"
		"a@example.com: 550 5.1.1 no such plant\n"
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
		"Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.0.0\n"
		"--b--\n");

	(void)state;
	assert_int_equal(report->recipient_count, 1);
	assert_span(report->recipient[0].diagnostic, "550 5.1.1 no such plant");
	assert_int_equal(report->recipient[0].smtp, 550);
	assert_int_equal(report->recipient[0].reply_status.subject, 1);
	read_done(&r);
}

static void
a_status_part_that_quotes_a_reply_is_left_alone(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(
		&r,
		"From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n"
		"MIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n"
		"--b\n\n" QMAIL "<a@example.com>:\n552 5.2.2 other words\n"
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
		"Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n"
		"Diagnostic-Code: smtp; 550 5.1.1 no\n--b--\n");

	(void)state;
	assert_int_equal(report->recipient[0].smtp, 550);
	assert_span(report->recipient[0].diagnostic, "550 5.1.1 no");
	read_done(&r);
}

static void
marks_are_looked_for_in_the_first_lines_only(void **state)
{
	(void)state;
	for (int lines = MTA_HEAD_LINES - 1; lines <= MTA_HEAD_LINES; lines++) {
		struct buf mail = BUF_INIT;
		struct read r;

		buf_adds(&mail, "Return-Path: <>\nFrom: robot@mx.example.net\nSubject: x\n\n");
		for (int i = 0; i < lines; i++)
			buf_adds(&mail, "word\n");
		buf_addf(&mail, "%s<a@example.com>:\nNo. (#5.1.1)\n", QMAIL);
		assert_int_equal(read_mail(&r, buf_str(&mail))->recipient_count,
				 lines < MTA_HEAD_LINES ? 1 : 0);
		read_done(&r);
		buf_free(&mail);
	}
}

static void
a_reason_is_read_up_to_its_limit(void **state)
{
	struct buf mail = BUF_INIT;
	struct read r;
	const struct bounce_report *report;

	(void)state;
	buf_adds(&mail, PLAIN QMAIL "<a@example.com>:\nNo. (#5.1.1)\n");
	for (int i = 0; i < MTA_MAX_REASON; i++)
		buf_adds(&mail, "more\n");
	report = read_mail(&r, buf_str(&mail));
	assert_int_equal(report->recipient_count, 1);
	assert_true(span_len(report->recipient[0].diagnostic) <= BOUNCE_MAX_DIAGNOSTIC);
	assert_true(report->clipped);
	read_done(&r);
	buf_free(&mail);
}

/* Words that nothing marks as the error, and a transcript that no summary follows: neither is
 * collected line by line. The blanks are folded, so only its length cuts it. */
static void
a_reason_that_is_cut_says_so(void **state)
{
	static const struct {
		const char *head, *begin;
	} cases[] = {
		{ PLAIN "a@example.com\n\n", "No." },
		{ PLAIN "   ----- The following addresses had permanent fatal errors -----\n"
			"<a@example.com>\n\n   ----- Transcript of session follows -----\n",
		  "<<< 550 No." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int extra = -1; extra <= 1; extra++) {
			struct buf mail = BUF_INIT;
			struct read r;

			buf_addf(&mail, "%s%s%*s\n", cases[i].head, cases[i].begin,
				 MTA_MAX_REASON + extra - (int)strlen(cases[i].begin), "end");
			read_mail(&r, buf_str(&mail));
			assert_int_equal(r.report.recipient_count, 1);
			assert_int_equal(r.report.clipped, extra > 0);
			assert_true(span_iends(r.report.recipient[0].diagnostic,
					       extra > 0 ? SPAN("No. en") : SPAN("No. end")));
			read_done(&r);
			buf_free(&mail);
		}
	}
}

static void
what_somebody_quotes_names_nobody(void **state)
{
	static const char *const texts[] = {
		QMAIL "> <a@example.com>:\n> No. (#5.1.1)\n",
		"> Hi. This is the qmail-send program at mx.example.net.\n>\n"
		"> <a@example.com>:\n> No. (#5.1.1)\n",
		"> <a@example.com>: host mx.example.com said: 550 no (in reply to RCPT TO\n"
		"> command)\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf mail = BUF_INIT;
		struct read r;

		buf_addf(&mail, "Return-Path: <>\nFrom: robot@example.net\n\n%s", texts[i]);
		assert_int_equal(read_mail(&r, buf_str(&mail))->recipient_count, 0);
		read_done(&r);
		buf_free(&mail);
	}
}

static void
of_a_sessions_transcript_the_refusal_counts(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, PLAIN "The attached message had PERMANENT fatal delivery errors!\n\n"
				    "Failed address: a@example.com\n\n--- Session Transcript ---\n"
				    " 08:19:01: * From: l@example.org 552 5.2.2 is no reply here\n"
				    " 08:19:02: <-- 250 2.1.0 Ok\n"
				    " 08:19:02: --> RCPT To:<a@example.com>\n"
				    " 08:19:03: <-- 550 5.1.1 nobody\n"
				    " 08:19:03: --> RSET\n"
				    " 08:19:03: <-- 503 5.5.1 out of order\n"
				    "--- End Transcript ---\n");

	(void)state;
	assert_int_equal(report->recipient_count, 1);
	assert_int_equal(report->recipient[0].smtp, 550);
	assert_int_equal(report->recipient[0].stage, BOUNCE_STAGE_RCPT);
	assert_span(report->recipient[0].diagnostic,
		    "--> RCPT To:<a@example.com> 08:19:03: <-- 550 5.1.1 nobody");
	read_done(&r);
}

static void
a_letter_names_its_recipient_in_its_first_2048_bytes(void **state)
{
	static const char letter[] = "a@example.com: hej\nl\tOffice 365\ta\n";

	(void)state;
	for (size_t beyond = 0; beyond < 2; beyond++) {
		struct buf mail = BUF_INIT;
		struct read r;

		buf_adds(&mail, "Return-Path: <>\nFrom: m@example.net\n"
				"X-MS-Exchange-Message-Is-Ndr:\n\n");
		for (size_t i = strlen("a@example.com"); i < 2048 + beyond; i++)
			buf_adds(&mail, i % 64 == 0 ? "\n" : "x");
		buf_addf(&mail,
			 "%sVon: l@example.org\nAn: a@example.com\n"
			 "Fehler: 550 5.1.1\nFehler: 550 5.1.10 nobody\n",
			 letter);
		assert_int_equal(read_mail(&r, buf_str(&mail))->recipient_count, 1 - beyond);
		if (beyond == 0) {
			assert_span(r.report.recipient[0].address, "a@example.com");
			assert_span(r.report.recipient[0].diagnostic, "550 5.1.10 nobody");
		}
		read_done(&r);
		buf_free(&mail);
	}
}

static void
when_a_delivery_failed_is_no_error(void **state)
{
	static const struct {
		const char *rest, *diagnostic;
	} rows[] = {
		{ "on Mon, 2 Mar 2026 09:19:51 +0100\n    MSEXCH:IMS no", "MSEXCH:IMS no" },
		{ "am Mon, 2 Mar 2026 09:19:51 +0100\n    MSEXCH:IMS no", "MSEXCH:IMS no" },
		{ "is not, we fear, here\n    MSEXCH:IMS no",
		  "is not, we fear, here MSEXCH:IMS no" },
		{ "on\n    MSEXCH:IMS no", "on MSEXCH:IMS no" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf mail = BUF_INIT;
		struct read r;

		buf_addf(&mail, PLAIN "MSEXCH:\n\na@example.com %s\n", rows[i].rest);
		assert_int_equal(read_mail(&r, buf_str(&mail))->recipient_count, 1);
		assert_span(r.report.recipient[0].diagnostic, rows[i].diagnostic);
		read_done(&r);
		buf_free(&mail);
	}
}

/* A report of so many recipients and one error of so many bytes for all of them. */
static const struct bounce_report *
read_shared(struct read *r, size_t recipients, size_t bytes)
{
	struct buf mail = BUF_INIT;
	size_t from;

	buf_adds(&mail, DAEMON "X-AHMAILID: 1\n\n"
			       "The following addresses had permanent fatal errors\n");
	for (size_t i = 0; i < recipients; i++)
		buf_addf(&mail, "<u%zu@example.com>\n", i);
	buf_adds(&mail, "----- Transcript of session follows -----\n");
	from = mail.len;
	buf_adds(&mail, "550 5.1.1 ");
	while (mail.len - from < bytes)
		buf_addc(&mail, 'x');
	buf_addc(&mail, '\n');
	/* spans of the report point into the mail */
	arena_init(&r->arena, 0);
	assert_int_equal(bounce_read(&r->arena, arena_copy(&r->arena, buf_span(&mail)), &r->report),
			 0);
	buf_free(&mail);
	assert_int_equal(r->report.recipient_count, recipients);
	return &r->report;
}

static void
an_error_for_many_is_cut_and_its_codes_are_not(void **state)
{
	size_t most = MTA_MAX_SHARED / BOUNCE_MAX_DIAGNOSTIC;

	(void)state;
	for (size_t count = most; count <= most + 1; count++) {
		struct read r;
		const struct bounce_report *report = read_shared(&r, count, BOUNCE_MAX_DIAGNOSTIC);
		const struct bounce_recipient *last = &report->recipient[count - 1];

		assert_int_equal(span_len(last->diagnostic), MTA_MAX_SHARED / count);
		assert_int_equal(report->clipped, count > most);
		assert_int_equal(last->smtp, 550);
		assert_int_equal(last->reply_status.detail, 1);
		read_done(&r);
	}
}

static void
a_line_gives_as_many_addresses_as_its_limit_allows(void **state)
{
	(void)state;
	for (int count = MTA_MAX_IN_LINE - 1; count <= MTA_MAX_IN_LINE + 1; count++) {
		struct buf mail = BUF_INIT;
		struct read r;

		buf_adds(&mail, PLAIN "Recipient Address:");
		for (int i = 0; i < count; i++)
			buf_addf(&mail, " <u%d@example.com>,", i);
		buf_adds(&mail, "\nReported error: 550 5.1.1 nobody\n");
		read_mail(&r, buf_str(&mail));
		assert_int_equal(r.report.recipient_count,
				 count < MTA_MAX_IN_LINE ? count : MTA_MAX_IN_LINE);
		assert_int_equal(r.report.clipped, count > MTA_MAX_IN_LINE);
		assert_int_equal(r.report.recipient[0].smtp, 550);
		read_done(&r);
		buf_free(&mail);
	}
}

static void
a_name_and_an_address_have_their_lengths(void **state)
{
	struct mta_line line;
	struct arena arena;
	char text[1024];

	(void)state;
	arena_init(&arena, 0);
	for (int length = MTA_MAX_NAME - 1; length <= MTA_MAX_NAME + 1; length++) {
		snprintf(text, sizeof(text), "%0*d <ann@example.com>", length - 1, 0);
		assert_int_equal(mta_line_read(&arena, span_of(text), MTA_NAMED, &line),
				 length <= MTA_MAX_NAME);
	}
	for (int length = MTA_MAX_ADDRESS - 1; length <= MTA_MAX_ADDRESS + 1; length++) {
		snprintf(text, sizeof(text), "%0*d:ann@example.com", length - 16, 0);
		assert_int_equal(strlen(text), length);
		assert_int_equal(mta_line_read(&arena, span_of(text), MTA_ALONE, &line),
				 length <= MTA_MAX_ADDRESS);
	}
	arena_free(&arena);
}

static void
an_error_for_many_takes_memory_once(void **state)
{
	size_t used[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct read r;

		(void)read_shared(&r, 20000, i == 0 ? 10 : MTA_MAX_REASON);
		used[i] = r.arena.used;
		read_done(&r);
	}
	assert_true(used[1] - used[0] < (size_t)10 * MTA_MAX_REASON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_count_only_in_a_machines_mail),
		cmocka_unit_test(recipients_are_written_alike),
		cmocka_unit_test(a_returned_message_names_no_recipient),
		cmocka_unit_test(a_recipient_named_twice_is_kept_with_the_servers_words),
		cmocka_unit_test(a_guess_is_marked_and_a_list_is_never_guessed),
		cmocka_unit_test(a_poor_status_part_is_completed_from_the_text),
		cmocka_unit_test(a_status_part_that_quotes_a_reply_is_left_alone),
		cmocka_unit_test(marks_are_looked_for_in_the_first_lines_only),
		cmocka_unit_test(a_reason_is_read_up_to_its_limit),
		cmocka_unit_test(a_reason_that_is_cut_says_so),
		cmocka_unit_test(what_somebody_quotes_names_nobody),
		cmocka_unit_test(of_a_sessions_transcript_the_refusal_counts),
		cmocka_unit_test(a_letter_names_its_recipient_in_its_first_2048_bytes),
		cmocka_unit_test(when_a_delivery_failed_is_no_error),
		cmocka_unit_test(a_line_gives_as_many_addresses_as_its_limit_allows),
		cmocka_unit_test(a_name_and_an_address_have_their_lengths),
		cmocka_unit_test(an_error_for_many_is_cut_and_its_codes_are_not),
		cmocka_unit_test(an_error_for_many_takes_memory_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
