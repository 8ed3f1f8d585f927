/*
 * feature_newest_test - what a report is, and what the newest ones of Microsoft tell
 *
 * Boxes A1 to A3 and B1 to B7 of the list that this project began with, one test a box.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "feature_world.h"

static const struct bounce_report *
read_newest(struct read *r, const char *action)
{
	return read_ndr(r, NDR NEWEST, action);
}

static void
a1_the_kind_is_named(void **state)
{
	static const struct {
		const char *action;
		enum bounce_kind kind;
		const char *name;
	} rows[] = {
		{ "failed", BOUNCE_KIND_BOUNCE, "bounce" },
		{ "delayed", BOUNCE_KIND_DELAYED, "delayed" },
		{ "delivered", BOUNCE_KIND_SUCCESS, "success" },
		{ "relayed", BOUNCE_KIND_SUCCESS, "success" },
		{ "expanded", BOUNCE_KIND_SUCCESS, "success" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r;

		read_ndr(&r,
			 "From: postmaster@contoso.com\nMIME-Version: 1.0\nContent-Type: "
			 "multipart/report; boundary=b\n\n--b\nContent-Type: "
			 "message/delivery-status\n\nReporting-MTA: dns;x.example\n\n"
			 "Final-Recipient: rfc822;a@example.com\nAction: %s\n--b--\n",
			 rows[i].action);
		assert_int_equal(r.report.kind, rows[i].kind);
		assert_string_equal(bounce_kind_name(r.report.kind), rows[i].name);
		read_done(&r);
	}
}

static void
a2_code_fix_link_and_detail_are_separate(void **state)
{
	struct read r;
	const struct bounce_report *report = read_newest(&r, "Action Required");

	(void)state;
	assert_int_equal(report->recipient[0].reply_status.detail, 10);
	assert_span(report->how_to_fix, "Look at the address. Send it again.");
	assert_int_equal(report->link_count, 1);
	assert_span(report->link[0], "https://help.example.com/x");
	assert_span(report->admin_info, "Status code: 550 5.1.10 See https://help.example.com/x");
	read_done(&r);
}

static void
a3_ndr_code_and_enhanced_status_are_one(void **state)
{
	struct read r;
	const struct bounce_report *report = read_newest(&r, "");
	struct bounce_verdict verdict = bounce_classify(report, 0);

	(void)state;
	assert_int_equal(verdict.status.class, 5);
	assert_int_equal(verdict.status.subject, 1);
	assert_int_equal(verdict.status.detail, 10);
	read_done(&r);
}

static void
b1_office_365_made_it_and_is_not_at_fault(void **state)
{
	struct read r;
	const struct bounce_report *report = read_newest(&r, "Action Required");

	(void)state;
	assert_true(report->made_by_microsoft);
	assert_int_not_equal(bounce_classify(report, 0).fixer, BOUNCE_FIXER_MICROSOFT);
	read_done(&r);
}

static void
b2_the_cause_is_one_statement(void **state)
{
	struct read r;

	(void)state;
	assert_span(read_newest(&r, "")->cause, "Nobody called ann is here.");
	read_done(&r);
}

static void
b3_action_required_stands_under_its_owner(void **state)
{
	static const struct {
		const char *line;
		enum bounce_fixer owner;
	} rows[] = {
		{ "Action Required", BOUNCE_FIXER_SENDER },
		{ "          Action Required", BOUNCE_FIXER_MICROSOFT },
		{ "                     Action Required", BOUNCE_FIXER_RECIPIENT },
		{ "nothing", BOUNCE_FIXER_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r;

		assert_int_equal(read_newest(&r, rows[i].line)->fix_owner, rows[i].owner);
		read_done(&r);
	}
}

static void
b4_how_to_fix_it_is_found(void **state)
{
	struct read r;

	(void)state;
	assert_span(read_newest(&r, "")->how_to_fix, "Look at the address. Send it again.");
	read_done(&r);
}

static void
b5_explanation_detail_and_link_for_admins_are_found(void **state)
{
	struct read r;
	const struct bounce_report *report = read_newest(&r, "");

	(void)state;
	assert_span(report->admin_info, "Status code: 550 5.1.10 See https://help.example.com/x");
	assert_span(report->link[0], "https://help.example.com/x");
	assert_span(report->generated_by, "am1.prod.outlook.com");
	assert_span(report->recipient[0].diagnostic,
		    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found");
	read_done(&r);
}

static void
b6_hops_are_listed_and_the_slowest_is_flagged(void **state)
{
	struct read r;
	const struct bounce_report *report = read_newest(&r, "");

	(void)state;
	assert_int_equal(report->hop_count, 2);
	assert_int_equal(report->slowest_hop, 1);
	assert_span(report->hop[0].from, "web.example.org");
	assert_span(report->hop[0].to, "mx.example.org");
	assert_span(report->hop[0].with, "ESMTP");
	assert_span(report->hop[0].time, "3/2/2026 8:15:00 AM");
	assert_int_equal(report->hop[0].delay, 2);
	assert_int_equal(report->hop[1].delay, 132);
	assert_span(report->hop[1].with, "Microsoft SMTP Server");
	read_done(&r);
}

static void
b7_friendly_text_decides_nothing(void **state)
{
	struct read r;
	const struct bounce_report *report =
		read_mail(&r, NDR "Delivery has failed to these recipients or groups:\n\n"
				  "ann@contoso.com\nThe mailbox is full.\n\n"
				  "Diagnostic information for administrators:\n\nann@contoso.com\n"
				  "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n");

	(void)state;
	assert_int_equal(report->recipient_count, 1);
	assert_int_equal(bounce_classify(report, 0).reason, BOUNCE_REASON_NO_SUCH_USER);
	read_done(&r);
}

static void
b7_friendly_text_alone_gives_no_address_up(void **state)
{
	static const char *const words[] = {
		"The email address you entered couldn't be found.",
		"No such user here.",
		"User unknown",
		"The mailbox has been disabled.",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		struct bounce_verdict v;
		struct read r;

		read_ndr(&r,
			 NDR "Delivery has failed to these recipients or groups:\n\n"
			     "ann@contoso.com\n%s\n",
			 words[i]);
		assert_int_equal(r.report.recipient_count, 1);
		v = bounce_classify(&r.report, 0);
		assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
		assert_int_not_equal(v.severity, BOUNCE_SEVERITY_HARD);
		assert_true(v.disposition < BOUNCE_DISPOSITION_DISABLE);
		read_done(&r);
		/* a server's own answer in the same place is believed */
		read_older(&r, "Remote Server returned '550 5.1.1 User unknown'");
		assert_int_equal(bounce_classify(&r.report, 0).bad, BOUNCE_BAD_YES);
		read_done(&r);
	}
}

/* Whichever section is missing, the others are found. */
static void
b_each_field_is_found_whatever_else_is_missing(void **state)
{
	static const char *const heading[] = { "Your message to", "How to Fix It",
					       "More Info for Email Admins", "Message Hops" };

	(void)state;
	for (size_t gone = 0; gone < COUNT(heading); gone++) {
		char text[4096], *at;
		struct read r;

		snprintf(text, sizeof(text), NEWEST, "Action Required");
		at = strstr(text, heading[gone]);
		assert_non_null(at);
		memset(at, 'x', strlen(heading[gone]));
		read_ndr(&r, NDR "%s", text);
		assert_int_equal(span_empty(r.report.cause), gone == 0);
		assert_int_equal(span_empty(r.report.how_to_fix), gone == 1);
		assert_int_equal(span_empty(r.report.admin_info), gone == 2);
		/* without the table, the way stands in the returned headers, which have none here
		 */
		assert_int_equal(r.report.hop_count, gone == 3 ? 0 : 2);
		assert_int_equal(r.report.fix_owner, BOUNCE_FIXER_SENDER);
		assert_int_equal(r.report.recipient_count, 1);
		assert_int_equal(r.report.link_count, 1);
		read_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a1_the_kind_is_named),
		cmocka_unit_test(a2_code_fix_link_and_detail_are_separate),
		cmocka_unit_test(a3_ndr_code_and_enhanced_status_are_one),
		cmocka_unit_test(b1_office_365_made_it_and_is_not_at_fault),
		cmocka_unit_test(b2_the_cause_is_one_statement),
		cmocka_unit_test(b3_action_required_stands_under_its_owner),
		cmocka_unit_test(b4_how_to_fix_it_is_found),
		cmocka_unit_test(b5_explanation_detail_and_link_for_admins_are_found),
		cmocka_unit_test(b6_hops_are_listed_and_the_slowest_is_flagged),
		cmocka_unit_test(b7_friendly_text_decides_nothing),
		cmocka_unit_test(b7_friendly_text_alone_gives_no_address_up),
		cmocka_unit_test(b_each_field_is_found_whatever_else_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
