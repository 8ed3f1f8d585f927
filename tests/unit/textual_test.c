/*
 * textual_test - which text of a message is read, and what a status part takes from it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "report_read.h"
#include "textual.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PLAIN_PART(text) "--b\nContent-Type: text/plain\n\n" text "\n"
#define HTML_PART(text) "--b\nContent-Type: text/html\n\n" text "\n"
#define INNER_PART(text) "--b\nContent-Type: message/rfc822\n\nSubject: x\n\n" text "\n"
#define EITHER "Content-Type: multipart/alternative; boundary=b\n\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static void
the_text_that_a_reader_sees_first_is_read(void **state)
{
	static const struct {
		const char *mail, *want;
		uint32_t part, line;
	} rows[] = {
		{ "\nhello", "hello", 0, 2 },
		{ MIXED PLAIN_PART("one") PLAIN_PART("two") "--b--\n", "one", 1, 6 },
		{ MIXED PLAIN_PART(" \n\t") PLAIN_PART("two") "--b--\n", "two", 2, 11 },
		{ MIXED HTML_PART("<p>h</p>") PLAIN_PART("plain") "--b--\n", "h", 1, 6 },
		{ MIXED PLAIN_PART("plain") HTML_PART("<p>h</p>") "--b--\n", "plain", 1, 6 },
		{ MIXED HTML_PART("<p></p>") PLAIN_PART("plain") "--b--\n", "plain", 2, 10 },
		{ MIXED HTML_PART("h") PLAIN_PART("") "--b--\n", "h", 1, 6 },
		{ EITHER HTML_PART("h") PLAIN_PART("plain") "--b--\n", "plain", 2, 10 },
		{ EITHER HTML_PART("h") PLAIN_PART(" ") PLAIN_PART("plain") "--b--\n", "plain", 3,
		  14 },
		{ EITHER HTML_PART("h") INNER_PART("inner") PLAIN_PART(" ") "--b--\n", "h", 1, 6 },
		{ MIXED INNER_PART("inner") PLAIN_PART("outer") "--b--\n", "outer", 3, 12 },
		{ MIXED INNER_PART("inner") "--b--\n", "", 0, 3 },
		{ MIXED "no part at all", "no part at all", 0, 3 },
		{ "Content-Type: image/png\n\nhello", "", 0, 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mime_message mime;
		struct arena arena;
		struct textual t = { .arena = &arena, .message = &mime };
		const struct mta_mail *mail;

		arena_init(&arena, 0);
		assert_int_equal(mime_parse(&arena, span_of(rows[i].mail), &mime), 0);
		mail = textual_open(&t);
		assert_span(span_trim(mail->text), rows[i].want);
		if (rows[i].want[0] != '\0') {
			assert_int_equal(mail->part, rows[i].part);
			assert_int_equal(mail->line, rows[i].line);
		}
		assert_ptr_equal(textual_open(&t), mail); /* made once */
		arena_free(&arena);
	}
}

static void
behind_a_banner_stands_the_report(void **state)
{
	static const struct {
		const char *mail;
		size_t recipients;
	} rows[] = {
		{ DAEMON MIXED HTML_PART("<p>Take care.</p>")
			  PLAIN_PART("This is the mail system at host "
				     "mx.example.net.\n\n<a@example.com>: 550 No") "--b--\n",
		  1 },
		{ DAEMON MIXED HTML_PART(
			  "<p>Could not be delivered:</p><p>a@example.com: 550 No</p>")
			  PLAIN_PART("This is the mail system.\n\n<b@example.com>: 550 No\n\n"
				     "<c@example.com>: 550 No") "--b--\n",
		  1 },
		{ "From: ann@example.com\n" MIXED HTML_PART("<p>Hi.</p>")
			  PLAIN_PART("This is the mail system at host "
				     "mx.example.net.\n\n<a@example.com>: 550 No") "--b--\n",
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r;

		assert_int_equal(read_mail(&r, rows[i].mail)->recipient_count, rows[i].recipients);
		read_done(&r);
	}
}

static void
a_shell_is_a_multipart_in_which_no_part_was_found(void **state)
{
	static const struct {
		const char *mail;
		bool shell;
	} rows[] = {
		{ MIXED "text\n", true },
		{ MIXED PLAIN_PART("text"), false },
		{ "Content-Type: multipart/report\n\ntext\n", true },
		{ "Content-Type: text/plain\n\ntext\n", false },
		{ "\ntext\n", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mime_message mime;
		struct arena arena;

		arena_init(&arena, 0);
		assert_int_equal(mime_parse(&arena, span_of(rows[i].mail), &mime), 0);
		assert_int_equal(textual_is_shell(&mime, 0), rows[i].shell);
		arena_free(&arena);
	}
}

#define HEAD                                                                                      \
	"From: MAILER-DAEMON@mx.example.net\nSubject: failure\nMIME-Version: 1.0\nContent-Type: " \
	"multipart/report; boundary=b\n\n--b\nContent-Type: text/plain\n\n"                       \
	"Hi. This is the qmail-send program at mx.example.net.\n\n"
#define STATUS \
	"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"

/* A report in qmail's words whose status part tells nothing of each recipient but that it failed.
 */
static void
make_report(struct buf *mail, unsigned count)
{
	buf_adds(mail, HEAD);
	for (unsigned i = 0; i < count; i++)
		buf_addf(mail, "<User%u@example.com>:\n550 5.1.1 nobody called %u\n\n", i, i);
	buf_adds(mail, STATUS);
	/* in another order than the text has them */
	for (unsigned i = count; i-- > 0;) {
		buf_addf(mail,
			 "Final-Recipient: rfc822; user%u@example.com\nAction: failed\n"
			 "Status: 5.0.0\n\n",
			 i);
	}
	buf_adds(mail, "--b--\n");
	assert_true(buf_ok(mail));
}

static void
every_recipient_is_completed_up_to_the_limit(void **state)
{
	static const unsigned counts[] = {
		1, 2, 100, 101, TEXTUAL_MAX_COMPLETE, TEXTUAL_MAX_COMPLETE + 1
	};

	(void)state;
	for (size_t n = 0; n < COUNT(counts); n++) {
		struct buf mail = BUF_INIT;
		struct read r;

		make_report(&mail, counts[n]);
		read_mail(&r, buf_str(&mail));
		assert_int_equal(r.report.recipient_count, counts[n]);
		assert_int_equal(r.report.clipped, counts[n] > TEXTUAL_MAX_COMPLETE);
		for (unsigned i = 0; i < counts[n]; i++) {
			const struct bounce_recipient *got = &r.report.recipient[counts[n] - 1 - i];
			char want[100] = "";

			if (counts[n] <= TEXTUAL_MAX_COMPLETE)
				snprintf(want, sizeof(want), "550 5.1.1 nobody called %u", i);
			assert_span(got->diagnostic, want);
			assert_int_equal(got->smtp, want[0] == '\0' ? 0 : 550);
		}
		read_done(&r);
		buf_free(&mail);
	}
}

static void
a_recipient_is_known_by_his_final_address_as_well(void **state)
{
	struct read r;

	(void)state;
	read_mail(&r, HEAD "<alias@example.net>:\n550 5.1.1 no alias\n\n"
			   "<x@example.com>:\n552 5.2.2 full\n\n" STATUS
			   "Original-Recipient: rfc822; ann@example.com\n"
			   "Final-Recipient: rfc822; alias@example.net\nAction: failed\n"
			   "Status: 5.0.0\n\nFinal-Recipient: rfc822; y@example.com\n"
			   "Action: failed\nStatus: 5.0.0\n--b--\n");
	assert_int_equal(r.report.recipient_count, 2);
	assert_span(r.report.recipient[0].address, "ann@example.com");
	assert_int_equal(r.report.recipient[0].smtp, 550);
	/* nobody in the text is y */
	assert_span(r.report.recipient[1].diagnostic, "");
	read_done(&r);
}

static void
the_only_one_on_either_side_is_the_same(void **state)
{
	struct read r;

	(void)state;
	read_mail(&r, HEAD "<ann@example.com>:\n550 5.1.1 no ann\n\n" STATUS
			   "Final-Recipient: local; ann\nAction: failed\nStatus: 5.0.0\n--b--\n");
	assert_int_equal(r.report.recipient_count, 1);
	assert_span(r.report.recipient[0].address, "ann@example.com");
	assert_int_equal(r.report.recipient[0].smtp, 550);
	read_done(&r);
}

static void
where_a_reply_came_is_not_taken_from_what_is_quoted(void **state)
{
	static const struct {
		const char *text;
		enum bounce_stage stage;
	} rows[] = {
		{ "It failed (in reply to RCPT TO command)", BOUNCE_STAGE_RCPT },
		{ "It failed:\n>>> RCPT To:<ann@example.com>\n<<< 550 No", BOUNCE_STAGE_RCPT },
		{ "It failed:\n> (in reply to RCPT TO command)", BOUNCE_STAGE_UNKNOWN },
		{ "It failed:\n\nReceived: from a\n\n(in reply to RCPT TO command)",
		  BOUNCE_STAGE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf mail = BUF_INIT;
		struct read r;

		buf_addf(&mail,
			 "Content-Type: multipart/report; boundary=b\n\n"
			 "--b\nContent-Type: text/plain\n\n%s\n"
			 "--b\nContent-Type: message/delivery-status\n\n"
			 "Reporting-MTA: dns; mx.example.net\n\n"
			 "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.0.0\n"
			 "Diagnostic-Code: smtp; 550 user unknown\n\n--b--\n",
			 rows[i].text);
		assert_int_equal(read_mail(&r, buf_str(&mail))->recipient_count, 1);
		assert_int_equal(r.report.recipient[0].stage, rows[i].stage);
		read_done(&r);
		buf_free(&mail);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_that_a_reader_sees_first_is_read),
		cmocka_unit_test(behind_a_banner_stands_the_report),
		cmocka_unit_test(a_shell_is_a_multipart_in_which_no_part_was_found),
		cmocka_unit_test(every_recipient_is_completed_up_to_the_limit),
		cmocka_unit_test(a_recipient_is_known_by_his_final_address_as_well),
		cmocka_unit_test(the_only_one_on_either_side_is_the_same),
		cmocka_unit_test(where_a_reply_came_is_not_taken_from_what_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
