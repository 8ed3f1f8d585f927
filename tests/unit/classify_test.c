/*
 * classify_test - the order of evidence
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify_world.h"

static void
the_first_evidence_that_knows_something_decides(void **state)
{
	static const struct judgement cases[] = {
		/* phrase before code */
		{ { "5.7.1", "5.1.1", 550, "5.7.1 Unable to relay", NULL, 0 },
		  "microsoft:17",
		  V(RELAY_DENIED, OPERATOR, UNKNOWN, 0, SOFT) },
		{ { NULL, "5.7.1", 550, "Unable to relay", NULL, 0 },
		  "microsoft:17",
		  V(RELAY_DENIED, OPERATOR, UNKNOWN, 0, SOFT) },
		/* code of the reply before the Status field */
		{ { "5.2.2", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { "4.2.2", "4.4.7", 450, "", NULL, 0 },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		/* Status field before three digits */
		{ { NULL, "5.1.1", 554, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		/* three digits */
		{ { NULL, NULL, 552, "", NULL, 0 },
		  "reply:552",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { NULL, NULL, 550, "", NULL, 0 },
		  "reply:550",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, NULL, 556, "", NULL, 0 },
		  "reply:556",
		  V(DOMAIN_NO_MAIL, DISABLE, YES, 250, HARD) },
		{ { NULL, NULL, 599, "", NULL, 0 },
		  "reply:5yz",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, NULL, 499, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		/* nothing */
		{ { NULL, NULL, 0, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_general_code_gives_way_to_a_more_exact_one(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.0.0", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "5.1.0", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { "5.1.1", "5.0.0", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
		{ { NULL, "5.0.0", 552, "", NULL, 0 },
		  "reply:552",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { NULL, "5.0.0", 550, "", NULL, 0 },
		  "registry:X.0.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.2.0", "5.0.0", 550, "", NULL, 0 },
		  "registry:X.2.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
an_unknown_detail_falls_back_to_its_subject_and_class(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.1.99", NULL, 550, "", NULL, 0 },
		  "registry:X.1.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.7.99", NULL, 550, "", NULL, 0 },
		  "registry:X.7.0",
		  V(UNCLASSIFIED, OPERATOR, NO, 0, SOFT) },
		{ { "5.6.99", NULL, 550, "", NULL, 0 },
		  "registry:X.6.0",
		  V(MALFORMED_MESSAGE, CONTENT, NO, 0, SOFT) },
		{ { "4.7.99", NULL, 450, "", NULL, 0 },
		  "reply:450",
		  V(GREYLISTED, RETRY, UNKNOWN, 0, SOFT) },
		{ { "4.7.99", NULL, 0, "", NULL, 0 },
		  "registry:4.7.0",
		  V(RATE_LIMITED, BACK_OFF, NO, 0, SOFT) },
		{ { "5.9.1", NULL, 0, "", NULL, 0 },
		  "registry:X.0.0",
		  V(UNCLASSIFIED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "4.9.1", NULL, 0, "", NULL, 0 },
		  "registry:X.0.0",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		/* a positive code in a failure says nothing */
		{ { "2.1.5", NULL, 0, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		{ { NULL, NULL, 250, "", NULL, 0 },
		  "action:failed",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
on_a_conflict_the_reading_that_spares_the_address_wins(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.1.1", "5.7.1", 550, "", NULL, 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		{ { "5.7.1", "5.1.1", 550, "", NULL, 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		/* reply and code of different classes: it may pass */
		{ { "5.1.1", "5.1.1", 450, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { "4.1.1", "4.1.1", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { "5.1.1", "4.4.7", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, RETRY, UNKNOWN, 25, SOFT) },
		{ { "5.5.0", "4.5.0", 550, "", NULL, 0 },
		  "registry:X.5.0",
		  V(UNCLASSIFIED, RETRY, UNKNOWN, 25, SOFT) },
		/* sendmail makes 5.1.3 of any 553 and 5.1.6 of any 551 */
		{ { NULL, "5.1.3", 553, "", NULL, 0 },
		  "reply:553",
		  V(BAD_ADDRESS_SYNTAX, DISABLE, UNKNOWN, 100, SOFT) },
		{ { NULL, "5.1.6", 551, "", NULL, 0 },
		  "reply:551",
		  V(MAILBOX_MOVED, DISABLE, UNKNOWN, 100, SOFT) },
		{ { "5.1.6", "5.1.6", 551, "", NULL, 0 },
		  "registry:X.1.6",
		  V(MAILBOX_MOVED, DEAD, YES, 500, HARD) },
		/* an exact statement about the subject that nobody contradicts */
		{ { "5.1.1", "5.4.7", 550, "", NULL, 0 },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_temporary_failure_is_never_a_full_strike(void **state)
{
	(void)state;
	for (unsigned subject = 0; subject <= 8; subject++) {
		for (unsigned detail = 0; detail <= 999; detail++) {
			struct bounce_recipient r = {
				.address = SPAN("kari@example.com"),
				.action = BOUNCE_ACTION_FAILED,
				.reply_status = { 4, (uint16_t)subject, (uint16_t)detail },
			};
			struct bounce_verdict v = judge(&r);

			assert_true(v.disposition < BOUNCE_DISPOSITION_DISABLE);
			assert_int_not_equal(v.bad, BOUNCE_BAD_YES);
			assert_int_not_equal(v.severity, BOUNCE_SEVERITY_HARD);
			assert_true(v.weight <= 50);
		}
	}
}

static void
five_seven_one_without_a_phrase_is_the_operators(void **state)
{
	static const struct judgement cases[] = {
		{ { "5.7.1", "5.7.1", 550, "Go away", NULL, 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		{ { "5.7.1", "5.7.1", 550, "", "mx.prod.outlook.com", 0 },
		  "registry:X.7.1",
		  V(RECIPIENT_RESTRICTED, OPERATOR, NO, 0, SOFT) },
		{ { "4.7.1", "4.7.1", 450, "", NULL, 0 },
		  "registry:4.7.1",
		  V(GREYLISTED, RETRY, NO, 0, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_refusal_before_rcpt_is_never_about_the_recipient(void **state)
{
	static const enum bounce_stage early[] = { BOUNCE_STAGE_GREETING, BOUNCE_STAGE_HELO,
						   BOUNCE_STAGE_MAIL };
	size_t count;
	const struct bounce_row *rows = code_rows(&count);

	(void)state;
	for (size_t s = 0; s < COUNT(early); s++) {
		for (size_t i = 0; i < count; i++) {
			struct bounce_recipient r = { .address = SPAN("kari@example.com"),
						      .action = BOUNCE_ACTION_FAILED,
						      .stage = early[s] };
			struct bounce_verdict v;

			if (rows[i].table == CODE_REPLY)
				r.smtp = rows[i].low.class;
			else
				r.reply_status = (struct bounce_status){ 5, rows[i].low.subject,
									 rows[i].low.detail };
			v = judge(&r);
			assert_int_equal(v.bad, BOUNCE_BAD_NO);
			assert_true(v.disposition < BOUNCE_DISPOSITION_DISABLE);
			assert_int_equal(v.severity, BOUNCE_SEVERITY_SOFT);
			assert_int_equal(v.weight, 0);
		}
	}
}

static void
the_stage_tells_what_an_early_refusal_is(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, NULL, 554, "", NULL, BOUNCE_STAGE_GREETING },
		  "stage:greeting",
		  V(IP_BLOCKED, OPERATOR, NO, 0, SOFT) },
		{ { NULL, NULL, 421, "", NULL, BOUNCE_STAGE_GREETING },
		  "reply:421",
		  V(SYSTEM_ERROR, RETRY, NO, 0, SOFT) },
		{ { "5.1.1", NULL, 550, "", NULL, BOUNCE_STAGE_MAIL },
		  "stage:mail",
		  V(SENDER_CONFIG, OPERATOR, NO, 0, SOFT) },
		{ { NULL, NULL, 550, "", NULL, BOUNCE_STAGE_HELO },
		  "stage:helo",
		  V(SENDER_CONFIG, OPERATOR, NO, 0, SOFT) },
		{ { "4.1.1", NULL, 450, "", NULL, BOUNCE_STAGE_MAIL },
		  "stage:mail",
		  V(SYSTEM_ERROR, RETRY, NO, 0, SOFT) },
		{ { NULL, "5.7.1", 550, "550 relaying denied", NULL, BOUNCE_STAGE_MAIL },
		  "phrase:Relaying denied",
		  V(RELAY_DENIED, OPERATOR, NO, 0, SOFT) },
		{ { "5.7.26", NULL, 550, "", NULL, BOUNCE_STAGE_MAIL },
		  "registry:X.7.26",
		  V(AUTH_FAILURE, OPERATOR, NO, 0, SOFT) },
		{ { "5.1.1", NULL, 550, "", NULL, BOUNCE_STAGE_RCPT },
		  "registry:X.1.1",
		  V(NO_SUCH_USER, DEAD, YES, 500, HARD) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_refusal_of_the_message_is_about_the_message(void **state)
{
	static const struct judgement cases[] = {
		{ { NULL, NULL, 550, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		{ { NULL, NULL, 554, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		{ { "5.1.1", NULL, 550, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		{ { NULL, NULL, 552, "", NULL, BOUNCE_STAGE_DATA },
		  "stage:data",
		  V(CONTENT_REJECTED, CONTENT, NO, 0, SOFT) },
		/* quota is allowed to speak at this stage, and so is a loop */
		{ { "5.2.2", NULL, 552, "", NULL, BOUNCE_STAGE_DATA },
		  "registry:X.2.2",
		  V(MAILBOX_FULL, BACK_OFF, NO, 50, SOFT) },
		{ { "5.4.6", NULL, 554, "", NULL, BOUNCE_STAGE_DATA },
		  "registry:X.4.6",
		  V(MAIL_LOOP, DISABLE, UNKNOWN, 100, SOFT) },
		/* so is the phrase that names the mailbox */
		{ { "5.7.504", NULL, 550,
		    "[kari@example.com]: Recipient address rejected: Access denied", NULL,
		    BOUNCE_STAGE_DATA },
		  "microsoft:29",
		  V(NO_SUCH_USER, DISABLE, YES, 250, HARD) },
		{ { NULL, NULL, 451, "", NULL, BOUNCE_STAGE_DATA },
		  "reply:451",
		  V(SYSTEM_ERROR, RETRY, NO, 0, SOFT) },
	};

	(void)state;
	check(cases, COUNT(cases));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_evidence_that_knows_something_decides),
		cmocka_unit_test(a_general_code_gives_way_to_a_more_exact_one),
		cmocka_unit_test(an_unknown_detail_falls_back_to_its_subject_and_class),
		cmocka_unit_test(on_a_conflict_the_reading_that_spares_the_address_wins),
		cmocka_unit_test(a_temporary_failure_is_never_a_full_strike),
		cmocka_unit_test(five_seven_one_without_a_phrase_is_the_operators),
		cmocka_unit_test(a_refusal_before_rcpt_is_never_about_the_recipient),
		cmocka_unit_test(the_stage_tells_what_an_early_refusal_is),
		cmocka_unit_test(a_refusal_of_the_message_is_about_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
