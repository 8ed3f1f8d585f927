/*
 * notbounce_test - who wrote a mail
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "report_read.h"

static void
mail_that_is_no_bounce_is_told_by_kind(void **state)
{
	static const struct {
		const char *headers;
		enum bounce_kind kind;
	} rows[] = {
		{ "From: a@example.com\nAuto-Submitted: auto-replied\n", BOUNCE_KIND_AUTO_REPLY },
		{ "From: a@example.com\nAuto-Submitted: auto-generated\n", BOUNCE_KIND_OTHER },
		{ "From: a@example.com\nX-Autoreply: yes\n", BOUNCE_KIND_AUTO_REPLY },
		{ "From: a@example.com\nPrecedence: auto_reply\n", BOUNCE_KIND_AUTO_REPLY },
		{ "From: a@example.com\nSubject: Automatisk svar: Hei\n", BOUNCE_KIND_AUTO_REPLY },
		{ "From: a@example.com\nSubject: Automaattinen vastaus: Hei\n",
		  BOUNCE_KIND_AUTO_REPLY },
		{ "From: a@example.com\nSubject: Abwesenheitsnotiz: Hallo\n",
		  BOUNCE_KIND_AUTO_REPLY },
		{ "From: a@example.com\nSubject: Please confirm your message\n",
		  BOUNCE_KIND_CHALLENGE },
		{ "From: a@example.com\nSubject: Re: Automatic reply?\n", BOUNCE_KIND_OTHER },
		{ "From: a@example.com\nAuto-Submitted: auto-replied\nX-Challenge: 1\n",
		  BOUNCE_KIND_CHALLENGE },
		{ "From: a@example.com\nSubject: Hello\n", BOUNCE_KIND_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct read r;

		assert_int_equal(read_mail(&r, rows[i].headers)->kind, rows[i].kind);
		read_done(&r);
	}
}

static void
a_person_who_passes_on_a_bounce_sends_none(void **state)
{
	static const char *const bodies[] = {
		"Hi. This is the qmail-send program at x.\n\n<a@example.com>:\nNo (#5.1.1)\n",
		"> Hi. This is the qmail-send program at x.\n>\n> <a@example.com>:\n> No\n",
		"   ----- The following addresses had permanent fatal errors -----\n"
		"<a@example.com>\n    (reason: 550 5.1.1 no)\n",
		"Delivery has failed to these recipients or groups:\n\na@example.com\n"
		"#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n",
		"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@example.com\n"
		"Action: failed\nStatus: 5.1.1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char mail[1024];
		struct read r;

		snprintf(mail, sizeof(mail),
			 "Return-Path: <b@example.com>\nFrom: Bo <b@example.com>\n"
			 "Subject: Fwd: failure notice\n\n%s",
			 bodies[i]);
		assert_int_equal(read_mail(&r, mail)->kind, BOUNCE_KIND_OTHER);
		assert_int_equal(r.report.recipient_count, 0);
		read_done(&r);
	}
}

#define BOUNCED "This is the mail system at host x.\n\n<a@example.com>: host y said: 550 5.1.1 no\n"
#define REPORTED                                                                             \
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"                   \
	"--b\nContent-Type: message/rfc822\n\nFrom: MAILER-DAEMON@x.example.net\n\n" BOUNCED \
	"--b--\n"

static void
a_postmaster_with_a_path_reports_unless_he_passes_on(void **state)
{
	static const struct {
		const char *headers, *rest;
		bool bounce;
	} rows[] = {
		{ "From: postmaster@example.net\nSubject: failure notice\n", "\n" BOUNCED, true },
		{ "From: postmaster@example.net\nSubject: Fwd: failure notice\n", "\n" BOUNCED,
		  false },
		{ "From: postmaster@example.net\nSubject: AW: failure notice\n", "\n" BOUNCED,
		  false },
		{ "From: mailman@example.net\nSubject: Uncaught bounce notification\n", REPORTED,
		  true },
		{ "From: mailman@example.net\nSubject: Bounce action notification\n", REPORTED,
		  false },
		{ "From: ann@example.net\nAuto-Submitted: auto-replied\n", "\n" BOUNCED, false },
		{ "From: ann@example.net\nAuto-Submitted: auto-replied\n", REPORTED, false },
		{ "From: ann@example.net\nAuto-Submitted: auto-generated\n", REPORTED, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char mail[1024];
		struct read r;

		snprintf(mail, sizeof(mail), "Return-Path: <p@example.net>\n%s%s", rows[i].headers,
			 rows[i].rest);
		assert_int_equal(read_mail(&r, mail)->kind == BOUNCE_KIND_BOUNCE, rows[i].bounce);
		read_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_that_is_no_bounce_is_told_by_kind),
		cmocka_unit_test(a_person_who_passes_on_a_bounce_sends_none),
		cmocka_unit_test(a_postmaster_with_a_path_reports_unless_he_passes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
