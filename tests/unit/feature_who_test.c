/*
 * feature_who_test - who rejected a mail, and what its headers hint at
 *
 * Boxes D1 to E4 of the list that this project began with, one test a box.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "code.h"
#include "feature_world.h"

static void
d1_a_remote_server_below_the_recipient_rejected(void **state)
{
	struct read r;

	(void)state;
	read_older(&r, "mail.contoso.com\nRemote Server returned '550 5.1.1 no ann'");
	assert_span(r.report.recipient[0].rejected_by, "mail.contoso.com");
	read_done(&r);
}

static void
d2_without_one_the_generating_server_rejected(void **state)
{
	struct read r;

	(void)state;
	read_older(&r, "#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##");
	assert_span(r.report.recipient[0].rejected_by, "alpineskihouse.com");
	read_done(&r);
}

/* It took the message, then a rule of its own refused it: it writes the report and is not remote.
 */
static void
d3_a_later_rejection_names_the_remote_side_as_generator(void **state)
{
	struct read r;

	(void)state;
	read_mail(&r, NDR "Generating server: mail.contoso.com\n\nann@contoso.com\n"
			  "#550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by "
			  "organization policy ##\n");
	assert_span(r.report.recipient[0].remote_mta, "");
	assert_span(r.report.recipient[0].rejected_by, "mail.contoso.com");
	read_done(&r);
}

static void
d4_where_nobody_took_it_exchange_online_writes_as_sender(void **state)
{
	struct read r;

	(void)state;
	read_mail(&r, NDR "Generating server: AM1.prod.outlook.com\n\nann@contoso.com\n"
			  "#550 5.4.300 Message expired ##\n");
	assert_span(r.report.generated_by, "am1.prod.outlook.com");
	assert_true(r.report.made_by_microsoft);
	assert_true(r.report.recipient[0].rejected_by_microsoft);
	assert_int_not_equal(bounce_classify(&r.report, 0).fixer, BOUNCE_FIXER_MICROSOFT);
	read_done(&r);
}

static void
d5_who_rejected_and_who_wrote_may_differ(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(&r, NDR OLDER_ADMIN "\n");

	(void)state;
	assert_span(report->generated_by, "alpineskihouse.com");
	assert_span(report->recipient[0].rejected_by, "mail.contoso.com");
	read_done(&r);
}

static void
d6_a_rejecter_of_microsofts_is_told_by_its_name(void **state)
{
	static const struct {
		const char *server;
		bool microsoft;
	} rows[] = {
		{ "AM1.prod.outlook.com", true },    { "x.mail.protection.outlook.com", true },
		{ "y.prod.exchangelabs.com", true }, { "mail.contoso.com", false },
		{ "myoutlook.com", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char mail[512];
		struct read r;

		snprintf(mail, sizeof(mail),
			 NDR "Generating server: %s\n\nann@contoso.com\n#550 5.1.1 x ##\n",
			 rows[i].server);
		(void)read_mail(&r, mail);
		assert_int_equal(r.report.recipient[0].rejected_by_microsoft, rows[i].microsoft);
		read_done(&r);
	}
}

static void
d7_without_a_generating_server_the_last_received_tells(void **state)
{
	static const char received[] = "Original message headers:\n\n"
				       "Received: from mx.example.org by relay.contoso.com;\n"
				       " Mon, 2 Mar 2026 08:15:02 +0000\n"
				       "Received: from web.example.org by mx.example.org;\n"
				       " Mon, 2 Mar 2026 08:15:00 +0000\n"
				       "Message-ID: <one@example.org>\n";
	struct read named, nameless;

	(void)state;
	read_ndr(&nameless, NDR "ann@contoso.com\n#550 5.1.1 x ##\n\n%s", received);
	assert_span(nameless.report.generated_by, "relay.contoso.com");
	assert_span(nameless.report.recipient[0].rejected_by, "relay.contoso.com");
	read_ndr(&named,
		 NDR "Generating server: alpineskihouse.com\n\nann@contoso.com\n"
		     "#550 5.1.1 x ##\n\n%s",
		 received);
	assert_span(named.report.generated_by, "alpineskihouse.com");
	read_done(&named);
	read_done(&nameless);
}

/* The table says that the sending side acts, the example that the rejecting side does: both stand
 * there, and the one that refused is named. */
static void
d8_who_takes_no_anonymous_mail_is_named_with_its_admins(void **state)
{
	struct read r;
	struct bounce_verdict v;

	(void)state;
	read_mail(&r, NDR OLDER_ADMIN "\n");
	v = bounce_classify(&r.report, 0);
	assert_int_equal(v.reason, BOUNCE_REASON_AUTH_REQUIRED);
	assert_span(r.report.recipient[0].rejected_by, "mail.contoso.com");
	assert_int_equal(v.row->fixer, BOUNCE_FIXER_SENDER_ADMIN);
	assert_int_equal(v.row->fixer_alt, BOUNCE_FIXER_RECIPIENT_ADMIN);
	read_done(&r);
}

static void
d9_the_address_of_a_server_that_did_not_answer_is_told(void **state)
{
	static const struct {
		const char *ip, *want;
	} rows[] = {
		{ "192.0.2.9", "192.0.2.9" },
		{ "192.0.2.9:25", "192.0.2.9" },
		{ "2001:db8::9", "2001:db8::9" },
		{ "banana", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r;

		read_ndr(&r,
			 NDR "ann@contoso.com\nRemote Server returned '450 4.4.316 Connection "
			     "refused [Message=Socket error code 10061] "
			     "[LastAttemptedServerName=mail.contoso.com] [LastAttemptedIP=%s] "
			     "[AM1.prod.outlook.com]'\n",
			 rows[i].ip);
		assert_span(r.report.recipient[0].remote_ip, rows[i].want);
		assert_span(r.report.recipient[0].rejected_by, "mail.contoso.com");
		assert_string_equal(bounce_classify(&r.report, 0).rule, "microsoft:1");
		read_done(&r);
	}
}

static void
e1_the_to_is_compared_with_the_recipient(void **state)
{
	static const struct {
		const char *headers;
		enum bounce_to to;
	} rows[] = {
		{ "To: ann@contoso.com\n", BOUNCE_TO_SAME },
		{ "To: x@contoso.com, Ann <ANN@contoso.com>\n", BOUNCE_TO_SAME },
		{ "To: anne@contoso.com\n", BOUNCE_TO_DIFFERS },
		{ "To: l@example.org\nList-Id: <l.example.org>\n", BOUNCE_TO_ABSENT },
		{ "To: x@contoso.com, y@contoso.com\n", BOUNCE_TO_ABSENT },
		{ "Subject: x\n", BOUNCE_TO_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char mail[1024];
		struct read r;

		snprintf(mail, sizeof(mail),
			 NDR "ann@contoso.com\n#550 5.1.1 x ##\n\nOriginal message headers:\n\n"
			     "Message-ID: <one@example.org>\n%s",
			 rows[i].headers);
		(void)read_mail(&r, mail);
		assert_int_equal(r.report.recipient[0].to, rows[i].to);
		read_done(&r);
	}
}

static void
e2_the_way_is_read_from_received_where_no_table_stands(void **state)
{
	struct read r;
	const struct bounce_report *report = read_mail(&r, NDR OLDER_ADMIN "\n" OLDER_HEADERS);

	(void)state;
	assert_int_equal(report->hop_count, 1);
	assert_span(report->hop[0].from, "web.example.org");
	assert_span(report->hop[0].to, "mx.example.org");
	assert_int_equal(report->slowest_hop, report->hop_count);
	read_done(&r);
}

static void
e3_the_first_word_of_received_spf_is_read_in_any_case(void **state)
{
	static const struct {
		const char *field, *want;
	} rows[] = {
		{ "pass (x: domain of y)", "pass" },
		{ "Fail (x)", "fail" },
		{ "SoftFail (x)", "softfail" },
		{ "NEUTRAL", "neutral" },
		{ "none", "none" },
		{ "TempError (x)", "temperror" },
		{ "PermError;", "permerror" },
		{ "Pass(x)", "pass" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct read r;

		read_ndr(&r,
			 NDR OLDER_ADMIN "\nOriginal message headers:\n\nReceived-SPF: %s\n"
					 "Message-ID: <one@example.org>\n",
			 rows[i].field);
		assert_span(r.report.received_spf, rows[i].want);
		read_done(&r);
	}
}

static void
e4_hints_change_no_verdict(void **state)
{
	static const char *const headers[] = {
		"To: ann@contoso.com\nReceived-SPF: pass\n",
		"To: other@contoso.com\nReceived-SPF: fail\n",
		"To: list@example.org, x@example.org\nReceived-SPF: permerror\n",
	};
	struct read plain;
	struct bounce_verdict want;

	(void)state;
	read_mail(&plain, NDR OLDER_ADMIN "\n");
	want = bounce_classify(&plain.report, 0);
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct bounce_verdict v;
		struct read r;

		read_ndr(&r, NDR OLDER_ADMIN "\nOriginal message headers:\n\n%s", headers[i]);
		v = bounce_classify(&r.report, 0);
		assert_int_equal(v.reason, want.reason);
		assert_int_equal(v.bad, want.bad);
		assert_int_equal(v.disposition, want.disposition);
		assert_int_equal(v.weight, want.weight);
		assert_ptr_equal(v.row, want.row);
		read_done(&r);
	}
	read_done(&plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(d1_a_remote_server_below_the_recipient_rejected),
		cmocka_unit_test(d2_without_one_the_generating_server_rejected),
		cmocka_unit_test(d3_a_later_rejection_names_the_remote_side_as_generator),
		cmocka_unit_test(d4_where_nobody_took_it_exchange_online_writes_as_sender),
		cmocka_unit_test(d5_who_rejected_and_who_wrote_may_differ),
		cmocka_unit_test(d6_a_rejecter_of_microsofts_is_told_by_its_name),
		cmocka_unit_test(d7_without_a_generating_server_the_last_received_tells),
		cmocka_unit_test(d8_who_takes_no_anonymous_mail_is_named_with_its_admins),
		cmocka_unit_test(d9_the_address_of_a_server_that_did_not_answer_is_told),
		cmocka_unit_test(e1_the_to_is_compared_with_the_recipient),
		cmocka_unit_test(e2_the_way_is_read_from_received_where_no_table_stands),
		cmocka_unit_test(e3_the_first_word_of_received_spf_is_read_in_any_case),
		cmocka_unit_test(e4_hints_change_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
