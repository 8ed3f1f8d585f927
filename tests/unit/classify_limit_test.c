/*
 * classify_limit_test - what limits a verdict once something has decided
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify_world.h"

static void
common_words_alone_kill_nobody(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, NULL, 550, "550 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, "5.0.0", 550, "550 mailbox unavailable", NULL, 0 },
		  "phrase:mailbox unavailable",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.7.1", "5.7.1", 550, "550 5.7.1 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		/* codes of the sender's address bear nothing out, and in the reply they decide */
		{ { "5.1.7", NULL, 550, "550 5.1.7 User unknown", NULL, BOUNCE_STAGE_RCPT },
		  "registry:X.1.7",
		  V(SENDER_CONFIG, OPERATOR, NO, 0, SOFT) },
		{ { NULL, "5.1.8", 550, "550 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
		/* and a temporary failure stays one */
		{ { NULL, NULL, 450, "450 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { NULL, "5.0.0", 550, "550 User unknown", NULL, BOUNCE_STAGE_DATA },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_second_witness_bears_common_words_out(void **state)
{
	static const struct judgement cases[] = {
		/* a code about the address, in the reply or the report's own */
		{ { "5.1.1", NULL, 550, "550 5.1.1 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { NULL, "5.1.1", 550, "550 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "5.1.0", NULL, 550, "550 5.1.0 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		/* the command that it answers */
		{ { NULL, "5.0.0", 550, "550 No such user", NULL, BOUNCE_STAGE_RCPT },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "4.1.1", NULL, 450, "450 4.1.1 No such user", NULL, 0 },
		  "phrase:No such user",
		  V(NO_SUCH_USER, DISABLE, YES, 250, HARD) },
		/* a system that speaks of its own directory */
		{ { NULL, NULL, 550, "550 <a@b>: User unknown in local recipient table", NULL, 0 },
		  "phrase:User unknown in local recipient table",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { NULL, NULL, 0, "User ann (ann@b) not listed in Domino Directory", NULL, 0 },
		  "phrase:not listed in Domino Directory",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

/* x.2.x: the mailbox is there. */
static void
a_code_of_the_mailbox_beats_common_words_but_at_rcpt(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.2.1", "5.2.1", 550, "550 5.2.1 User unknown", NULL, 0 },
		  "registry:X.2.1",
		  V(MAILBOX_DISABLED, DISABLE, UNKNOWN, 200, SOFT) },
		{ { "5.2.2", NULL, 550, "550 5.2.2 User unknown", NULL, 0 },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { "5.2.1", "5.2.1", 550, "550 5.2.1 User unknown", NULL, BOUNCE_STAGE_RCPT },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		/* 5.2.0 says nothing of the mailbox */
		{ { "5.2.0", NULL, 550, "550 5.2.0 User unknown", NULL, 0 },
		  "phrase:User unknown",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

/* Exim without a route: behind a reply code it is the last server, which has no such user; of
 * itself, the first one, which found no such domain. */
static void
who_says_unrouteable_tells_what_is_missing(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, "5.0.0", 0, "Unrouteable address", NULL, 0 },
		  "phrase:reporter: Unrouteable address",
		  V(NO_SUCH_DOMAIN, DISABLE, UNKNOWN, 100, HARD) },
		{ { NULL, "5.0.0", 550, "550 Unrouteable address", NULL, BOUNCE_STAGE_RCPT },
		  "phrase:Unrouteable address",
		  V(NO_SUCH_USER, DISABLE, UNKNOWN, 100, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_format_tells_where_nothing_else_does(void **state)
{
	struct said said = { 0 };
	struct bounce_recipient r = recipient_of(&said);
	struct bounce_report report = {
		.kind = BOUNCE_KIND_BOUNCE,
		.format = "",
		.implied = { "format:example", BOUNCE_REASON_RECIPIENT_RESTRICTED },
		.recipient = &r,
		.recipient_count = 1,
	};
	struct bounce_verdict v = bounce_classify(&report, 0);

	(void)state;
	assert_string_equal(v.rule, "format:example");
	assert_int_equal(v.reason, BOUNCE_REASON_RECIPIENT_RESTRICTED);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_OPERATOR);
	assert_int_equal(v.severity, BOUNCE_SEVERITY_SOFT);
	r.field_status = status_of("5.2.2");
	assert_string_equal(bounce_classify(&report, 0).rule, "registry:X.2.2");
}

static void
a_name_of_the_senders_directory_never_counts(void **state)
{
	static const char *const names[] = {
		"IMCEAEX-_O=EXAMPLE_OU=FIRST_CN=RECIPIENTS_CN=kari@example.com",
		"imceaex-_o=example_cn=kari@eurprd05.prod.outlook.com",
	};
	static const char *const codes[] = { "5.1.0", "5.1.1", "5.0.0", "5.1.2", "4.1.1" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		for (size_t c = 0; c < COUNT(codes); c++) {
			struct said said = { .reply = codes[c] };
			struct bounce_recipient r = recipient_of(&said);
			struct bounce_verdict v;

			r.address = r.final = span_of(names[i]);
			v = judge(&r);
			assert_true(v.disposition <= BOUNCE_DISPOSITION_OPERATOR);
			assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
			assert_int_equal(v.weight, 0);
			assert_int_equal(v.severity, BOUNCE_SEVERITY_SOFT);
			/* nor when only the final recipient is such a name */
			r.address = SPAN("kari@example.com");
			assert_int_equal(judge(&r).weight, 0);
		}
	}
}

static void
what_is_no_failure_is_ignored(void **state)
{
	static const struct {
		enum bounce_action action;
		const char *rule;
	} cases[] = {
		{ BOUNCE_ACTION_DELAYED, "action:delayed" },
		{ BOUNCE_ACTION_DELIVERED, "action:delivered" },
		{ BOUNCE_ACTION_RELAYED, "action:relayed" },
		{ BOUNCE_ACTION_EXPANDED, "action:expanded" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = { "5.1.1", "5.1.1", 550, "User unknown", NULL, 0 };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_verdict v;

		r.action = cases[i].action;
		v = judge(&r);
		assert_string_equal(v.rule, cases[i].rule);
		assert_int_equal(v.disposition, BOUNCE_DISPOSITION_IGNORE);
		assert_int_equal(v.severity, BOUNCE_SEVERITY_NONE);
		assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
		assert_int_equal(v.weight, 0);
	}
}

/* Reports without Action: the kind of the whole message tells whether something failed. */
static void
without_an_action_the_kind_decides(void **state)
{
	struct said said = { "5.1.1", "5.1.1", 550, "User unknown", NULL, 0 };
	struct bounce_recipient r = recipient_of(&said);
	struct bounce_report report = { .format = "", .recipient = &r, .recipient_count = 1 };

	(void)state;
	r.action = BOUNCE_ACTION_NONE;
	for (unsigned kind = 0; kind < BOUNCE_KIND_COUNT; kind++) {
		struct bounce_verdict v;

		report.kind = (enum bounce_kind)kind;
		v = bounce_classify(&report, 0);
		if (kind == BOUNCE_KIND_BOUNCE) {
			assert_int_equal(v.disposition, BOUNCE_DISPOSITION_DEAD);
			continue;
		}
		assert_int_equal(v.disposition, BOUNCE_DISPOSITION_IGNORE);
		assert_int_equal(v.severity, BOUNCE_SEVERITY_NONE);
		assert_memory_equal(v.rule, "kind:", 5);
	}
	r = (struct bounce_recipient){ .address = SPAN("kari@example.com") };
	report.kind = BOUNCE_KIND_BOUNCE;
	assert_string_equal(bounce_classify(&report, 0).rule, "kind:bounce");
	assert_int_equal(bounce_classify(&report, 0).disposition, BOUNCE_DISPOSITION_IGNORE);
	r.field_status = status_of("2.1.5");
	assert_int_equal(bounce_classify(&report, 0).disposition, BOUNCE_DISPOSITION_IGNORE);
	assert_int_equal(bounce_classify(&report, 0).severity, BOUNCE_SEVERITY_NONE);
}

/* A mailbox that somebody's alias or forwarding leads to is not the one that we mailed. */
static void
a_refusal_behind_a_forwarding_is_never_dead(void **state)
{
	static const struct {
		const char *original, *final, *code;
		enum bounce_disposition disposition;
		unsigned weight;
	} cases[] = {
		{ "kari@example.com", "kari@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "KARI@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "kari@mx.example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD,
		  500 },
		{ "kari@mx.example.com", "kari@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD,
		  500 },
		{ "", "kari@example.com", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "", "5.1.1", BOUNCE_DISPOSITION_DEAD, 500 },
		{ "kari@example.com", "ola@example.com", "5.1.1", BOUNCE_DISPOSITION_DISABLE, 250 },
		{ "kari@example.com", "kari@example.net", "5.1.1", BOUNCE_DISPOSITION_DISABLE,
		  250 },
		{ "kari@example.com", "kari@notexample.com", "5.1.1", BOUNCE_DISPOSITION_DISABLE,
		  250 },
		{ "kari@example.com", "kari@example.net", "5.1.2", BOUNCE_DISPOSITION_DISABLE,
		  125 },
		{ "kari@example.com", "kari@example.net", "5.2.2", BOUNCE_DISPOSITION_BACK_OFF,
		  25 },
		{ "kari@example.com", "kari@example.net", "5.7.26", BOUNCE_DISPOSITION_OPERATOR,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = { NULL, cases[i].code, 0, "", NULL, 0 };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_verdict v;

		r.original = span_of(cases[i].original);
		r.final = span_of(cases[i].final);
		v = judge(&r);
		assert_int_equal(v.disposition, cases[i].disposition);
		assert_int_equal(v.weight, cases[i].weight);
		assert_int_equal(v.forwarded, i >= 6);
		if (strstr(v.why, "passes its mail on") != NULL)
			assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
	}
}

static void
only_who_blocks_our_mail_himself_is_to_be_unsubscribed(void **state)
{
	static const struct {
		const char *words;
		bool unwanted;
	} cases[] = {
		{ "550 5.7.1 Message blocked by the recipient", true },
		{ "550 The recipient does not want your mail", true },
		{ "550 Envelope blocked - User Entry", true },
		{ "550 5.7.1 Recipient only accepts mail from its own domain", false },
		{ "550 5.7.1 Blocked by policy", false },
		{ "550 5.1.1 User unknown", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = { NULL, "5.0.0", 550, cases[i].words, NULL, 0 };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_verdict v = judge(&r);

		if (v.unwanted != cases[i].unwanted)
			fail_msg("%s: %s", cases[i].words, v.rule);
		if (v.unwanted)
			assert_int_equal(v.disposition, BOUNCE_DISPOSITION_OPERATOR);
	}
}

static void
hard_means_that_the_address_is_bad_for_good(void **state)
{
	(void)state;
	for (unsigned class = 4; class <= 5; class ++) {
		for (unsigned subject = 0; subject <= 8; subject++) {
			for (unsigned detail = 0; detail <= 999; detail++) {
				struct bounce_recipient r = {
					.address = SPAN("kari@example.com"),
					.action = BOUNCE_ACTION_FAILED,
					.field_status = { (uint16_t) class, (uint16_t)subject,
							  (uint16_t)detail },
				};
				struct bounce_verdict v = judge(&r);
				bool counts = v.disposition >= BOUNCE_DISPOSITION_DISABLE;

				assert_int_equal(v.severity == BOUNCE_SEVERITY_HARD,
						 v.bad == BOUNCE_BAD_YES);
				assert_true(v.bad != BOUNCE_BAD_YES || (class == 5 && counts));
				assert_true(v.disposition != BOUNCE_DISPOSITION_DEAD ||
					    v.bad == BOUNCE_BAD_YES);
				assert_true(counts || v.weight <= 50);
				assert_int_equal(v.weight > 0 && v.bad == BOUNCE_BAD_NO,
						 v.reason == BOUNCE_REASON_MAILBOX_FULL);
			}
		}
	}
}

static void
the_code_that_counts_is_the_one_that_decided(void **state)
{
	static const struct {
		const char *reply, *field, *want;
	} cases[] = {
		{ "5.1.1", "5.0.0", "5.1.1" }, { "5.0.0", "5.1.1", "5.1.1" },
		{ "5.2.2", "5.1.1", "5.2.2" }, { NULL, "5.0.0", "5.0.0" },
		{ "5.7.1", NULL, "5.7.1" },    { "5.1.1", "5.7.1", "5.7.1" },
	};
	char text[BOUNCE_STATUS_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct said said = { .reply = cases[i].reply, .field = cases[i].field };
		struct bounce_recipient r = recipient_of(&said);
		struct bounce_verdict v = judge(&r);

		assert_string_equal(bounce_status_format(v.status, text), cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common_words_alone_kill_nobody),
		cmocka_unit_test(a_second_witness_bears_common_words_out),
		cmocka_unit_test(a_code_of_the_mailbox_beats_common_words_but_at_rcpt),
		cmocka_unit_test(who_says_unrouteable_tells_what_is_missing),
		cmocka_unit_test(a_format_tells_where_nothing_else_does),
		cmocka_unit_test(a_name_of_the_senders_directory_never_counts),
		cmocka_unit_test(what_is_no_failure_is_ignored),
		cmocka_unit_test(without_an_action_the_kind_decides),
		cmocka_unit_test(a_refusal_behind_a_forwarding_is_never_dead),
		cmocka_unit_test(only_who_blocks_our_mail_himself_is_to_be_unsubscribed),
		cmocka_unit_test(hard_means_that_the_address_is_bad_for_good),
		cmocka_unit_test(the_code_that_counts_is_the_one_that_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
