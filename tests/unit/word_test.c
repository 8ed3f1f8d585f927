/*
 * word_test - every value has a word, every word its value
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "bounce.h"

static void
every_reason_is_found_again_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < BOUNCE_REASON_COUNT; i++) {
		enum bounce_reason found;
		enum bounce_reason reason = (enum bounce_reason)i;

		assert_int_equal(bounce_reason_parse(span_of(bounce_reason_name(reason)), &found),
				 0);
		assert_int_equal(found, i);
		assert_true(strlen(bounce_reason_text(reason)) > 0);
	}
}

static void
every_disposition_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < BOUNCE_DISPOSITION_COUNT; i++) {
		assert_true(strlen(bounce_disposition_text((enum bounce_disposition)i)) > 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
				bounce_disposition_name((enum bounce_disposition)i),
				bounce_disposition_name((enum bounce_disposition)k));
	}
}

static void
a_word_counts_in_any_case_and_only_whole(void **state)
{
	enum bounce_reason reason = BOUNCE_REASON_EXPIRED;

	(void)state;
	assert_int_equal(bounce_reason_parse(SPAN("Mailbox-FULL"), &reason), 0);
	assert_int_equal(reason, BOUNCE_REASON_MAILBOX_FULL);
	assert_int_equal(bounce_reason_parse(SPAN("mailbox"), &reason), -1);
	assert_int_equal(bounce_reason_parse(SPAN("mailbox-full "), &reason), -1);
	assert_int_equal(bounce_reason_parse(SPAN(""), &reason), -1);
	assert_int_equal(reason, BOUNCE_REASON_MAILBOX_FULL);
}

static void
a_value_out_of_range_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(bounce_kind_name(BOUNCE_KIND_COUNT), "?");
	assert_string_equal(bounce_action_name(BOUNCE_ACTION_COUNT), "?");
	assert_string_equal(bounce_stage_name(BOUNCE_STAGE_COUNT), "?");
	assert_string_equal(bounce_bad_name(BOUNCE_BAD_COUNT), "?");
	assert_string_equal(bounce_effect_name(BOUNCE_EFFECT_COUNT), "?");
	assert_string_equal(bounce_fixer_name(BOUNCE_FIXER_COUNT), "?");
	assert_string_equal(bounce_fixer_text(BOUNCE_FIXER_COUNT), "?");
	assert_string_equal(bounce_disposition_name(BOUNCE_DISPOSITION_COUNT), "?");
	assert_string_equal(bounce_disposition_text(BOUNCE_DISPOSITION_COUNT), "?");
	assert_string_equal(bounce_reason_name(BOUNCE_REASON_COUNT), "?");
	assert_string_equal(bounce_reason_text(BOUNCE_REASON_COUNT), "?");
	assert_string_equal(bounce_severity_name((enum bounce_severity)77), "?");
	assert_string_equal(bounce_kind_name((enum bounce_kind) - 1), "?");
}

static void
words_are_those_of_the_lists(void **state)
{
	(void)state;
	assert_string_equal(bounce_kind_name(BOUNCE_KIND_AUTO_REPLY), "auto-reply");
	assert_string_equal(bounce_action_name(BOUNCE_ACTION_NONE), "");
	assert_string_equal(bounce_action_name(BOUNCE_ACTION_RELAYED), "relayed");
	assert_string_equal(bounce_stage_name(BOUNCE_STAGE_RCPT), "rcpt");
	assert_string_equal(bounce_bad_name(BOUNCE_BAD_YES), "yes");
	assert_string_equal(bounce_effect_name(BOUNCE_EFFECT_UNTIL_FIXED), "until-fixed");
	assert_string_equal(bounce_fixer_name(BOUNCE_FIXER_SENDER_ADMIN), "sender-admin");
	assert_string_equal(bounce_fixer_text(BOUNCE_FIXER_SENDER), "who wrote the message");
	assert_string_equal(bounce_severity_name(BOUNCE_SEVERITY_HARD), "hard");
}

static void
facts_of_a_reason_are_its_row(void **state)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(BOUNCE_REASON_NO_SUCH_DOMAIN);

	(void)state;
	assert_int_equal(facts->bad, BOUNCE_BAD_YES);
	assert_int_equal(facts->severity, BOUNCE_SEVERITY_HARD);
	assert_int_equal(facts->disposition, BOUNCE_DISPOSITION_DISABLE);
	assert_int_equal(facts->weight, 250);
	assert_int_equal(facts->decay_days, 30);
	assert_int_equal(facts->fixer, BOUNCE_FIXER_SENDER);
	assert_ptr_equal(bounce_reason_facts(BOUNCE_REASON_COUNT),
			 bounce_reason_facts(BOUNCE_REASON_UNCLASSIFIED));
}

static void
only_a_bad_address_is_hard(void **state)
{
	(void)state;
	for (int i = 0; i < BOUNCE_REASON_COUNT; i++) {
		const struct bounce_reason_facts *facts =
			bounce_reason_facts((enum bounce_reason)i);

		if (facts->severity == BOUNCE_SEVERITY_HARD)
			assert_int_equal(facts->bad, BOUNCE_BAD_YES);
	}
}

static void
a_status_is_three_numbers_and_no_fourth(void **state)
{
	static const struct {
		const char *text;
		const char *status; /* "" = none */
		const char *rest;
	} cases[] = {
		{ "5.1.1", "5.1.1", "" },
		{ "2.0.0 Ok", "2.0.0", " Ok" },
		{ "4.7.651: wait", "4.7.651", ": wait" },
		{ "5.2.1 (comment)", "5.2.1", " (comment)" },
		{ "5.1.1.", "5.1.1", "." },
		{ "5.1.1-more", "5.1.1", "-more" },
		{ "5.999.999", "5.999.999", "" },
		{ "5.1000.1", "", "5.1000.1" },
		{ "5.1.1000", "", "5.1.1000" },
		{ "5.1.2026", "", "5.1.2026" },
		{ "5.01.26", "", "5.01.26" },
		{ "5.1.01", "", "5.1.01" },
		{ "3.1.1", "", "3.1.1" },
		{ "1.1.1", "", "1.1.1" },
		{ "6.1.1", "", "6.1.1" },
		{ "5.1", "", "5.1" },
		{ "5.1.", "", "5.1." },
		{ "5..1", "", "5..1" },
		{ "5.1.1.7", "", "5.1.1.7" },
		{ "5.1.1.example.com", "", "5.1.1.example.com" },
		{ "5.1.1b", "", "5.1.1b" },
		{ "5.1.1@example.com", "", "5.1.1@example.com" },
		{ "15.1.1", "", "15.1.1" },
		{ "5.-1.1", "", "5.-1.1" },
		{ "", "", "" },
		{ "5", "", "5" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span rest = span_of(cases[i].text);
		struct bounce_status status = { 0, 0, 0 };
		char text[BOUNCE_STATUS_TEXT];

		assert_int_equal(bounce_status_take(&rest, &status), cases[i].status[0] != '\0');
		assert_string_equal(bounce_status_format(status, text), cases[i].status);
		assert_span(rest, cases[i].rest);
	}
}

static void
the_longest_status_fits_its_text(void **state)
{
	struct bounce_status most = { UINT16_MAX, UINT16_MAX, UINT16_MAX };
	char text[BOUNCE_STATUS_TEXT];

	(void)state;
	assert_string_equal(bounce_status_format(most, text), "65535.65535.65535");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_found_again_by_its_name),
		cmocka_unit_test(every_disposition_has_a_name_of_its_own),
		cmocka_unit_test(a_word_counts_in_any_case_and_only_whole),
		cmocka_unit_test(a_value_out_of_range_is_a_question_mark),
		cmocka_unit_test(words_are_those_of_the_lists),
		cmocka_unit_test(facts_of_a_reason_are_its_row),
		cmocka_unit_test(only_a_bad_address_is_hard),
		cmocka_unit_test(a_status_is_three_numbers_and_no_fourth),
		cmocka_unit_test(the_longest_status_fits_its_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
