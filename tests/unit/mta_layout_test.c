/*
 * mta_layout_test - lines of a report: transcripts, empty lines, what stands behind it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "mta.h"
#include "report_read.h"

#define SENDMAIL \
	"   ----- The following addresses had permanent fatal errors -----\n<a@example.com>\n"

static void
a_transcript_tells_where_the_refusal_came(void **state)
{
	static const struct {
		const char *text;
		enum bounce_stage stage;
		uint16_t smtp;
	} cases[] = {
		{ ">>> DATA\n<<< 550 No such user\n554 5.0.0 Service unavailable\n",
		  BOUNCE_STAGE_DATA, 550 },
		{ ">>> DATA\n<<< 552 Too much\n552 5.2.2 <a@example.com>... Mailbox full\n",
		  BOUNCE_STAGE_DATA, 552 },
		{ ">>> RCPT To:<a@example.com>\n<<< 553 No such user\n", BOUNCE_STAGE_RCPT, 553 },
		/* sent in one go: the summary blames the address, as only the answer to RCPT can */
		{ ">>> DATA\n<<< 550 No such user\n550 5.1.1 <a@example.com>... User unknown\n",
		  BOUNCE_STAGE_UNKNOWN, 550 },
		{ ">>> DATA\n<<< 550 5.7.1 Spam\n550 5.1.1 <a@example.com>... User unknown\n",
		  BOUNCE_STAGE_DATA, 550 },
		{ ">>> DATA\n<<< 550 5.1.1 No such user\n"
		  "550 5.1.1 <a@example.com>... User unknown\n<<< 503 5.0.0 Need RCPT\n",
		  BOUNCE_STAGE_UNKNOWN, 550 },
		/* an echo is no answer */
		{ "<<< 503 5.0.0 Need RCPT\n<<< 554 5.5.1 Error: no valid recipients\n"
		  ">>> MAIL From:<b@example.org>\n<<< 553 Not you\n554 5.0.0 Service unavailable\n",
		  BOUNCE_STAGE_MAIL, 553 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf mail = BUF_INIT;
		const struct bounce_report *report;
		struct read r;

		buf_addf(&mail, "%s%s\n   ----- Transcript of session follows -----\n%s", PLAIN,
			 SENDMAIL, cases[i].text);
		report = read_mail(&r, buf_str(&mail));
		assert_int_equal(report->recipient_count, 1);
		assert_string_equal(bounce_stage_name(report->recipient[0].stage),
				    bounce_stage_name(cases[i].stage));
		assert_int_equal(report->recipient[0].smtp, cases[i].smtp);
		read_done(&r);
		buf_free(&mail);
	}
}

static void
of_a_transcript_each_recipient_gets_his_own_answer(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, PLAIN SENDMAIL "<b@example.com>\n\n"
					     "   ----- Transcript of session follows -----\n"
					     ">>> RCPT TO:<a@example.com>\n<<< 550 No\n"
					     ">>> RCPT TO:<b@example.com>\n<<< 452 Full\n");

	(void)state;
	assert_int_equal(report->recipient_count, 2);
	assert_int_equal(report->recipient[0].smtp, 550);
	assert_int_equal(report->recipient[1].smtp, 452);
	assert_int_equal(report->recipient[1].stage, BOUNCE_STAGE_RCPT);
	read_done(&r);
}

static void
what_a_recipient_is_told_ends_with_sendmails_summary(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, PLAIN SENDMAIL "<b@example.com>\n\n"
					     "   ----- Transcript of session follows -----\n"
					     ">>> DATA\n<<< 550 No such user\n"
					     "550 5.1.1 <a@example.com>... User unknown\n"
					     "<<< 552 Too much\n"
					     "552 5.2.2 <b@example.com>... Mailbox full\n"
					     "<<< 503 Bad sequence of commands\n");

	(void)state;
	assert_int_equal(report->recipient_count, 2);
	assert_span(report->recipient[0].diagnostic, "<<< 550 No such user");
	assert_int_equal(report->recipient[0].field_status.subject, 1);
	assert_span(report->recipient[1].diagnostic, "<<< 552 Too much");
	assert_int_equal(report->recipient[1].field_status.subject, 2);
	read_done(&r);
}

static void
an_empty_line_between_all_lines_says_nothing(void **state)
{
	static const struct {
		const char *text, *diagnostic;
	} cases[] = {
		{ "Hi.\n\nThis is the mail system.\n\n\n\n<a@example.com>:\n\n550 No\n\nsuch "
		  "user\n",
		  "550 No such user" },
		/* what stands no further from the recipient than from each other are paragraphs,
		 * but his error is behind him */
		{ "The mail system.\n\n\nSorry, not delivered:\n\n<a@example.com>: 550 No\n\nIf "
		  "the mailbox "
		  "is full, wait.\n\nThis is the mail system.\n",
		  "550 No" },
		{ "This is the mail system.\n\n\nSorry:\n\n<a@example.com>:\n\n550 No\n\nBye.\n",
		  "550 No" },
		/* nothing stands further apart: these are paragraphs */
		{ "This is the mail system.\n\nSorry.\n\n<a@example.com>: 550 No\n\nBye.\n",
		  "550 No" },
		/* two lines stand together */
		{ "This is\nthe mail system.\n\n\n\nSorry.\n\nYes.\n\n<a@example.com>: 550 "
		  "No\n\nBye.\n",
		  "550 No" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf mail = BUF_INIT;
		const struct bounce_report *report;
		struct read r;

		buf_addf(&mail, "%s%s", PLAIN, cases[i].text);
		report = read_mail(&r, buf_str(&mail));
		assert_int_equal(report->recipient_count, 1);
		assert_span(report->recipient[0].diagnostic, cases[i].diagnostic);
		read_done(&r);
		buf_free(&mail);
	}
}

static void
a_footer_names_no_recipient(void **state)
{
	static const struct {
		const char *line;
		size_t recipients;
	} cases[] = {
		{ "____________________\n", 1 },
		{ "___________________\n", 2 },
		{ "-- \n", 1 },
		{ "---\n", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf mail = BUF_INIT;
		const struct bounce_report *report;
		struct read r;

		buf_addf(&mail,
			 "%sThis is the mail system.\n\n<a@example.com>: 550 "
			 "No\n\n%s<b@example.com>:\n",
			 PLAIN, cases[i].line);
		report = read_mail(&r, buf_str(&mail));
		assert_int_equal(report->recipient_count, cases[i].recipients);
		read_done(&r);
		buf_free(&mail);
	}
}

#define DRAWN "____________________\n"

static void
behind_a_drawn_line_a_recipient_with_a_code_is_none_of_a_footer(void **state)
{
	static const struct {
		const char *text;
		size_t recipients;
		uint16_t last_smtp;
	} cases[] = {
		{ "<a@example.com>:\n550 No\n" DRAWN "<b@example.com>:\n552 Full\n-- \n"
		  "<c@example.com>:\n551 Gone\n" DRAWN "<list@example.com>:\nAll about it\n",
		  3, 551 },
		{ "<a@example.com>:\n" DRAWN "550 No\n", 1, 550 },
		/* the eighth line behind it, and the ninth */
		{ "<a@example.com>: 550 No\n" DRAWN "\n\n\n\n\n\n\n<b@example.com>: 552 Full\n", 2,
		  552 },
		{ "<a@example.com>: 550 No\n" DRAWN "\n\n\n\n\n\n\n\n<b@example.com>: 552 Full\n",
		  1, 550 },
		{ "<a@example.com>: 550 No\n" DRAWN "552 Bytes\n<b@example.com>:\n", 1, 550 },
		{ "<a@example.com>: 550 No\n" DRAWN "<b@example.com>:\nReceived: by x; 552 Full\n",
		  1, 550 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf mail = BUF_INIT;
		const struct bounce_report *report;
		struct read r;

		buf_addf(&mail, "%sThis is the mail system.\n\n%s", PLAIN, cases[i].text);
		report = read_mail(&r, buf_str(&mail));
		assert_int_equal(report->recipient_count, cases[i].recipients);
		assert_int_equal(report->recipient[0].smtp, 550);
		assert_int_equal(report->recipient[report->recipient_count - 1].smtp,
				 cases[i].last_smtp);
		read_done(&r);
		buf_free(&mail);
	}
}

/* Postfix tells of all of them in one report when it is asked to trace a mail. */
static void
a_reply_beats_the_words_about_success(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, PLAIN "This is the mail system.\n\n"
				    "Enclosed is the mail delivery report that you requested.\n\n"
				    "<a@example.com>: 550 5.1.1 Unknown\n\n"
				    "<b@example.com>: delivery via mx.example.com: 250 2.0.0 Ok\n");

	(void)state;
	assert_int_equal(report->recipient_count, 2);
	assert_int_equal(report->recipient[0].action, BOUNCE_ACTION_FAILED);
	assert_int_equal(report->recipient[1].action, BOUNCE_ACTION_DELIVERED);
	assert_int_equal(report->kind, BOUNCE_KIND_BOUNCE);
	read_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transcript_tells_where_the_refusal_came),
		cmocka_unit_test(of_a_transcript_each_recipient_gets_his_own_answer),
		cmocka_unit_test(what_a_recipient_is_told_ends_with_sendmails_summary),
		cmocka_unit_test(an_empty_line_between_all_lines_says_nothing),
		cmocka_unit_test(a_footer_names_no_recipient),
		cmocka_unit_test(a_reply_beats_the_words_about_success),
		cmocka_unit_test(behind_a_drawn_line_a_recipient_with_a_code_is_none_of_a_footer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
