/*
 * arf_test - who complained
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "report_read.h"

static void
the_complainer_is_found_where_he_stands(void **state)
{
	static const struct {
		const char *fields, *returned;
		const char *address; /* "" = nobody */
		bool guessed;
	} rows[] = {
		{ "Original-Rcpt-To: a@example.com\n", "To: b@example.com\n", "a@example.com",
		  false },
		{ "Original-Rcpt-To: <A@Example.com>\n", "", "A@example.com", false },
		{ "Original-Rcpt-To: rfc822; a@example.com\n", "", "a@example.com", false },
		{ "Removal-Recipient: a@example.com\n", "", "a@example.com", false },
		{ "", "X-HmXmrOriginalRecipient: a@example.com\nTo: b@example.com\n",
		  "a@example.com", false },
		{ "", "To: a@example.com\n", "a@example.com", true },
		{ "", "To: list@example.org\nList-Id: <list.example.org>\n", "", false },
		{ "", "Subject: x\n", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char mail[1024];
		struct read r;

		snprintf(
			mail, sizeof(mail),
			"From: fbl@example.net\nMIME-Version: 1.0\nContent-Type: multipart/report; "
			"report-type=feedback-report; boundary=b\n\n--b\nContent-Type: "
			"message/feedback-report\n\nFeedback-Type: abuse\n%s\n--b\nContent-Type: "
			"message/rfc822\n\nFrom: l@example.org\n%s\nText\n--b--\n",
			rows[i].fields, rows[i].returned);
		assert_int_equal(read_mail(&r, mail)->kind, BOUNCE_KIND_COMPLAINT);
		assert_int_equal(r.report.recipient_count, rows[i].address[0] != '\0');
		if (r.report.recipient_count == 1) {
			assert_span(r.report.recipient[0].address, rows[i].address);
			assert_int_equal(r.report.recipient[0].guessed, rows[i].guessed);
			assert_int_equal(r.report.recipient[0].action, BOUNCE_ACTION_NONE);
		}
		read_done(&r);
	}
}

static void
a_failed_check_or_praise_is_no_complaint(void **state)
{
	static const struct {
		const char *type;
		enum bounce_kind kind;
	} rows[] = {
		{ "abuse", BOUNCE_KIND_COMPLAINT },    { "opt-out", BOUNCE_KIND_COMPLAINT },
		{ "other", BOUNCE_KIND_COMPLAINT },    { "", BOUNCE_KIND_COMPLAINT },
		{ "auth-failure", BOUNCE_KIND_OTHER }, { "Auth-Failure", BOUNCE_KIND_OTHER },
		{ "not-spam", BOUNCE_KIND_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char mail[512];
		struct read r;

		snprintf(
			mail, sizeof(mail),
			"From: fbl@example.net\nMIME-Version: 1.0\nContent-Type: multipart/report; "
			"report-type=feedback-report; boundary=b\n\n--b\nContent-Type: "
			"message/feedback-report\n\nFeedback-Type: %s\n"
			"Original-Rcpt-To: a@example.com\n--b--\n",
			rows[i].type);
		assert_int_equal(read_mail(&r, mail)->kind, rows[i].kind);
		assert_int_equal(r.report.recipient_count, rows[i].kind == BOUNCE_KIND_COMPLAINT);
		read_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_complainer_is_found_where_he_stands),
		cmocka_unit_test(a_failed_check_or_praise_is_no_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
