/*
 * feature_older_test - the older reports of Microsoft, in two parts
 *
 * Boxes C1 to C15e of the list that this project began with, one test a box.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "feature_world.h"

static void
c1_either_part_may_be_absent(void **state)
{
	struct read user, admin;

	(void)state;
	assert_int_equal(read_mail(&user, NDR OLDER_USER)->recipient_count, 2);
	assert_int_equal(read_mail(&admin, NDR OLDER_ADMIN "\n")->recipient_count, 1);
	read_done(&user);
	read_done(&admin);
}

static void
c2_each_recipient_has_a_reason_of_its_own(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(&r, NDR OLDER_USER);

	(void)state;
	assert_int_equal(report->recipient_count, 2);
	assert_span(report->recipient[0].address, "ann@contoso.com");
	assert_span(report->recipient[1].address, "bob@contoso.com");
	assert_span(report->recipient[0].diagnostic, "The address was not found.");
	assert_span(report->recipient[1].diagnostic, "The mailbox is full.");
	read_done(&r);
}

static void
c3_the_rejecting_organization_is_named(void **state)
{
	struct read r;

	(void)state;
	assert_span(read_mail(&r, NDR OLDER_USER)->rejecting_organization, "mail.contoso.com");
	read_done(&r);
}

static void
c4_the_opening_line_begins_the_list(void **state)
{
	struct read with, without;

	(void)state;
	/* addresses in front of it are no recipients */
	read_mail(&with, NDR "Questions? Write to help@contoso.com\n\n" OLDER_USER);
	assert_int_equal(with.report.recipient_count, 2);
	assert_span(with.report.recipient[0].address, "ann@contoso.com");
	read_mail(&without, NDR OLDER_USER);
	assert_int_equal(without.report.recipient_count, 2);
	read_done(&with);
	read_done(&without);
}

static void
c5_the_second_part_begins_with_or_without_a_colon(void **state)
{
	static const char *const marks[] = { "Diagnostic information for administrators:",
					     "Diagnostic information for administrators" };

	(void)state;
	for (size_t i = 0; i < COUNT(marks); i++) {
		struct read r;
		const struct bounce_report *report =
			read_ndr(&r,
				 NDR OLDER_USER
				 "%s\n\nGenerating server: alpineskihouse.com\n\n"
				 "ann@contoso.com\nmail.contoso.com #<exchange.contoso.com "
				 "#5.7.1 smtp;530 5.7.1 Client was not authenticated> #SMTP#\n",
				 marks[i]);

		assert_int_equal(report->recipient_count, 2);
		assert_int_equal(report->recipient[0].smtp, 530);
		assert_span(report->recipient[1].diagnostic, "The mailbox is full.");
		read_done(&r);
	}
}

/* Heading by heading in the order of the document, without any of the words of the first part. */
static void
c6_the_second_part_is_read_in_its_order(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, NDR "Generating server: alpineskihouse.com\n\n"
				  "ann@contoso.com\nmx.fabrikam.com\n"
				  "Remote Server returned '550 5.1.1 no ann'\n\n"
				  "bob@contoso.com\nRemote Server returned '552 5.2.2 full'\n\n"
				  "Original message headers:\n\nTo: ann@contoso.com\n"
				  "Message-ID: <one@example.org>\n");

	(void)state;
	assert_span(report->generated_by, "alpineskihouse.com");
	assert_int_equal(report->recipient_count, 2);
	assert_span(report->recipient[0].remote_mta, "mx.fabrikam.com");
	assert_int_equal(report->recipient[0].reply_status.subject, 1);
	assert_int_equal(report->recipient[1].reply_status.subject, 2);
	assert_span(report->original_message_id, "one@example.org");
	read_done(&r);
}

static void
c7_the_generating_server_stands_on_its_line_or_the_next(void **state)
{
	static const char *const mails[] = {
		NDR "Generating server: Alpineskihouse.com\n\nann@contoso.com\n#550 5.1.1 x ##\n",
		NDR "Generating server:\nAlpineskihouse.com\n\nann@contoso.com\n#550 5.1.1 x ##\n",
		NDR "Genererende server\nAlpineskihouse.com\n\nann@contoso.com\n#550 5.1.1 x ##\n",
		NDR "Luontipalvelin: Alpineskihouse.com\n\nann@contoso.com\n#550 5.1.1 x ##\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(mails); i++) {
		struct read r;

		assert_span(read_mail(&r, mails[i])->generated_by, "alpineskihouse.com");
		read_done(&r);
	}
}

static void
c8_each_rejected_recipient_has_fields_of_its_own(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, NDR "ann@contoso.com\nmx.fabrikam.com\n"
				  "Remote Server returned '550 5.1.1 no ann'\n\n"
				  "bob@contoso.com\nRemote Server returned '552 5.2.2 full'\n");

	(void)state;
	assert_int_equal(report->recipient_count, 2);
	assert_span(report->recipient[0].remote_mta, "mx.fabrikam.com");
	assert_int_equal(report->recipient[0].smtp, 550);
	assert_span(report->recipient[1].remote_mta, "");
	assert_int_equal(report->recipient[1].smtp, 552);
	read_done(&r);
}

static void
c9_the_remote_server_is_optional(void **state)
{
	struct read with, without;

	(void)state;
	read_older(&with, "mx.fabrikam.com\nRemote Server returned '550 5.1.1 no ann'");
	assert_span(with.report.recipient[0].remote_mta, "mx.fabrikam.com");
	read_older(&without, "Remote Server returned '550 5.1.1 no ann'");
	assert_span(without.report.recipient[0].remote_mta, "");
	assert_int_equal(without.report.recipient[0].smtp, 550);
	read_done(&with);
	read_done(&without);
}

static void
c10_reply_and_status_are_both_read(void **state)
{
	static const struct {
		const char *words;
		unsigned smtp, class, subject, detail;
	} rows[] = {
		{ "Remote Server returned '550 5.1.10 no'", 550, 5, 1, 10 },
		{ "Remote Server returned '452 4.2.2 wait'", 452, 4, 2, 2 },
		{ "#550 5.7.133 no ##", 550, 5, 7, 133 },
		{ "Remote Server returned '550 no'", 550, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r;
		const struct bounce_recipient *got = read_older(&r, rows[i].words)->recipient;

		assert_int_equal(got->smtp, rows[i].smtp);
		assert_int_equal(got->reply_status.class, rows[i].class);
		assert_int_equal(got->reply_status.subject, rows[i].subject);
		assert_int_equal(got->reply_status.detail, rows[i].detail);
		read_done(&r);
	}
}

static void
c11_class_5_lasts_and_class_4_passes(void **state)
{
	struct read hard, soft;

	(void)state;
	read_older(&hard, "Remote Server returned '550 5.1.1 banana'");
	read_older(&soft, "Remote Server returned '450 4.1.1 banana'");
	assert_int_equal(bounce_classify(&hard.report, 0).severity, BOUNCE_SEVERITY_HARD);
	assert_int_equal(bounce_classify(&soft.report, 0).severity, BOUNCE_SEVERITY_SOFT);
	assert_int_equal(bounce_classify(&hard.report, 0).effect, BOUNCE_EFFECT_PERMANENT);
	assert_int_equal(bounce_classify(&soft.report, 0).effect, BOUNCE_EFFECT_TEMPORARY);
	read_done(&hard);
	read_done(&soft);
}

/* The friendly text tells what 5.7.1 usually means; the response tells what happened. */
static void
c12_the_response_is_preferred_to_the_friendly_text(void **state)
{
	struct read r;
	struct bounce_verdict v;

	(void)state;
	read_mail(&r, NDR "Delivery has failed to these recipients or groups:\n\n"
			  "ann@contoso.com\nYou do not have permission to send to this recipient.\n"
			  "Delivery not authorized.\n\n"
			  "Diagnostic information for administrators:\n\n"
			  "Generating server: alpineskihouse.com\n\nann@contoso.com\n"
			  "#530 5.7.1 Client was not authenticated ##\n");
	v = bounce_classify(&r.report, 0);
	assert_int_equal(v.reason, BOUNCE_REASON_AUTH_REQUIRED);
	assert_string_equal(v.rule, "microsoft:18");
	read_done(&r);
}

static void
c13_the_response_is_read_in_any_language(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(
		&r, NDR "Viestin toimittaminen ei onnistunut:\n\nann@contoso.com\n"
			"Postilaatikko on t\xc3\xa4ynn\xc3\xa4.\n\n"
			"Vianm\xc3\xa4\xc3\xa4ritystiedot j\xc3\xa4rjestelm\xc3\xa4nvalvojille:\n\n"
			"ann@contoso.com\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n");

	(void)state;
	assert_int_equal(report->recipient_count, 1);
	assert_int_equal(report->recipient[0].reply_status.subject, 1);
	assert_span(report->recipient[0].diagnostic,
		    "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##");
	read_done(&r);
}

static void
c14_the_original_headers_are_read_from_the_text(void **state)
{
	struct read r;

	(void)state;
	assert_span(read_mail(&r, NDR OLDER_ADMIN "\n" OLDER_HEADERS)->original_message_id,
		    "one@example.org");
	read_done(&r);
}

static void
c15a_the_bracket_notation_is_taken_apart(void **state)
{
	struct read r;
	const struct bounce_recipient *got = read_mail(&r, NDR OLDER_ADMIN "\n")->recipient;

	(void)state;
	assert_span(got->remote_mta, "mail.contoso.com");
	assert_span(got->told_by, "exchange.contoso.com");
	assert_int_equal(got->reply_status.class, 5);
	assert_int_equal(got->reply_status.subject, 7);
	assert_int_equal(got->reply_status.detail, 1);
	assert_span(got->diagnostic_type, "smtp");
	assert_int_equal(got->smtp, 530);
	assert_span(got->diagnostic, "530 5.7.1 Client was not authenticated");
	read_done(&r);
}

/* What is not quite the notation is left as it stands. */
static void
c15a_what_only_resembles_the_notation_is_kept_whole(void **state)
{
	static const char *const words[] = {
		"mail.contoso.com #<exchange.contoso.com #5.7.1 smtp;530 5.7.1 no> #SMTX#",
		"mail.contoso.com #<exchange #5.7.1 smtp;530 5.7.1 no> #SMTP#",
		"mail.contoso.com #<exchange.contoso.com 5.7.1 smtp;530 5.7.1 no> #SMTP#",
		"mail.contoso.com #<exchange.contoso.com #5.7.1 530 5.7.1 no> #SMTP#",
		"mail.contoso.com #<exchange.contoso.com #5.7.1 smtp;> #SMTP#",
		"mail.contoso.com > #SMTP# #<exchange.contoso.com #5.7.1 smtp;530",
		"#<> #SMTP#",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct read r;
		const struct bounce_recipient *got = read_older(&r, words[i])->recipient;

		assert_span(got->told_by, "");
		assert_non_null(span_ifind(got->diagnostic, SPAN("#")));
		read_done(&r);
	}
}

static void
c15b_the_next_heading_may_be_glued_to_it(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(
		&r, NDR OLDER_ADMIN "Original message headers:\n\n"
				    "To: ann@contoso.com\nMessage-ID: <one@example.org>\n");

	(void)state;
	assert_span(report->recipient[0].diagnostic, "530 5.7.1 Client was not authenticated");
	assert_int_equal(report->recipient_count, 1);
	read_done(&r);
}

static void
c15c_the_status_in_the_response_wins(void **state)
{
	static const struct {
		const char *words;
		unsigned subject, detail;
	} rows[] = {
		{ "mx.example.com #<x.example.com #5.0.0 smtp;530 5.7.1 no> #SMTP#", 7, 1 },
		{ "mx.example.com #<x.example.com #5.1.1 smtp;530 5.7.1 no> #SMTP#", 7, 1 },
		{ "mx.example.com #<x.example.com #5.7.1 smtp;530 no> #SMTP#", 7, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char mail[1024];
		struct read r;

		snprintf(mail, sizeof(mail), NDR "ann@contoso.com\n%s\n", rows[i].words);
		(void)read_mail(&r, mail);
		assert_int_equal(r.report.recipient[0].smtp, 530);
		assert_int_equal(r.report.recipient[0].reply_status.subject, rows[i].subject);
		assert_int_equal(r.report.recipient[0].reply_status.detail, rows[i].detail);
		read_done(&r);
	}
}

static void
c15d_the_shorter_form_is_read(void **state)
{
	static const char *const forms[] = {
		"#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##",
		"#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##rfc822;ann@contoso.com",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct read r;
		const struct bounce_report *report = read_older(&r, forms[i]);

		assert_int_equal(report->recipient_count, 1);
		assert_span(report->recipient[0].address, "ann@contoso.com");
		assert_int_equal(report->recipient[0].smtp, 550);
		assert_int_equal(report->recipient[0].reply_status.subject, 1);
		read_done(&r);
	}
}

static void
c15e_of_the_later_form_the_newest_stands_first(void **state)
{
	static const char *const forms[] = {
		"Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'",
		"3/2/2026 8:05:56 PM - Remote Server at contoso.com (198.51.100.9) returned '550 "
		"5.1.10 not found'\n3/2/2026 7:05:56 PM - Remote Server at contoso.com "
		"(198.51.100.9) returned '441 4.4.1 busy'",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct read r;
		const struct bounce_report *report = read_older(&r, forms[i]);

		assert_int_equal(report->recipient_count, 1);
		assert_int_equal(report->recipient[0].smtp, 550);
		assert_int_equal(report->recipient[0].reply_status.detail, 10);
		assert_span(report->recipient[0].remote_mta, i == 0 ? "" : "contoso.com");
		assert_span(report->recipient[0].remote_ip, i == 0 ? "" : "198.51.100.9");
		read_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c1_either_part_may_be_absent),
		cmocka_unit_test(c2_each_recipient_has_a_reason_of_its_own),
		cmocka_unit_test(c3_the_rejecting_organization_is_named),
		cmocka_unit_test(c4_the_opening_line_begins_the_list),
		cmocka_unit_test(c5_the_second_part_begins_with_or_without_a_colon),
		cmocka_unit_test(c6_the_second_part_is_read_in_its_order),
		cmocka_unit_test(c7_the_generating_server_stands_on_its_line_or_the_next),
		cmocka_unit_test(c8_each_rejected_recipient_has_fields_of_its_own),
		cmocka_unit_test(c9_the_remote_server_is_optional),
		cmocka_unit_test(c10_reply_and_status_are_both_read),
		cmocka_unit_test(c11_class_5_lasts_and_class_4_passes),
		cmocka_unit_test(c12_the_response_is_preferred_to_the_friendly_text),
		cmocka_unit_test(c13_the_response_is_read_in_any_language),
		cmocka_unit_test(c14_the_original_headers_are_read_from_the_text),
		cmocka_unit_test(c15a_the_bracket_notation_is_taken_apart),
		cmocka_unit_test(c15a_what_only_resembles_the_notation_is_kept_whole),
		cmocka_unit_test(c15b_the_next_heading_may_be_glued_to_it),
		cmocka_unit_test(c15c_the_status_in_the_response_wins),
		cmocka_unit_test(c15d_the_shorter_form_is_read),
		cmocka_unit_test(c15e_of_the_later_form_the_newest_stands_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
