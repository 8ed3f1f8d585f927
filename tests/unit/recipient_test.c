/*
 * recipient_test - what the recipients' fates make of a report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "recipient.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
a_missing_action_is_told_by_the_codes(void **state)
{
	static const struct {
		struct bounce_recipient recipient;
		enum bounce_action fate;
	} cases[] = {
		{ { .action = BOUNCE_ACTION_DELAYED, .field_status = { 5, 1, 1 } },
		  BOUNCE_ACTION_DELAYED },
		{ { .action = BOUNCE_ACTION_RELAYED }, BOUNCE_ACTION_RELAYED },
		{ { .field_status = { 5, 1, 1 } }, BOUNCE_ACTION_FAILED },
		{ { .field_status = { 4, 2, 2 } }, BOUNCE_ACTION_FAILED },
		{ { .field_status = { 2, 0, 0 }, .reply_status = { 5, 1, 1 } },
		  BOUNCE_ACTION_DELIVERED },
		{ { .reply_status = { 5, 1, 1 }, .smtp = 250 }, BOUNCE_ACTION_FAILED },
		{ { .smtp = 450 }, BOUNCE_ACTION_FAILED },
		{ { .smtp = 250 }, BOUNCE_ACTION_DELIVERED },
		{ { .smtp = 0 }, BOUNCE_ACTION_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(recipient_fate(&cases[i].recipient), cases[i].fate);
}

static void
the_worst_fate_is_the_kind(void **state)
{
	static const struct {
		enum bounce_action action[3];
		enum bounce_kind kind;
	} cases[] = {
		{ { BOUNCE_ACTION_DELIVERED, BOUNCE_ACTION_DELAYED, BOUNCE_ACTION_FAILED },
		  BOUNCE_KIND_BOUNCE },
		{ { BOUNCE_ACTION_FAILED, BOUNCE_ACTION_NONE, BOUNCE_ACTION_NONE },
		  BOUNCE_KIND_BOUNCE },
		{ { BOUNCE_ACTION_RELAYED, BOUNCE_ACTION_DELAYED, BOUNCE_ACTION_NONE },
		  BOUNCE_KIND_DELAYED },
		{ { BOUNCE_ACTION_RELAYED, BOUNCE_ACTION_EXPANDED, BOUNCE_ACTION_DELIVERED },
		  BOUNCE_KIND_SUCCESS },
		{ { BOUNCE_ACTION_NONE, BOUNCE_ACTION_NONE, BOUNCE_ACTION_NONE },
		  BOUNCE_KIND_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_recipient r[3] = { { .action = cases[i].action[0] },
						 { .action = cases[i].action[1] },
						 { .action = cases[i].action[2] } };
		struct bounce_report report = { .recipient = r, .recipient_count = 3 };

		assert_int_equal(recipient_kind(&report), cases[i].kind);
	}
}

static void
a_report_without_recipients_is_other(void **state)
{
	struct bounce_report report = { .recipient_count = 0 };

	(void)state;
	assert_int_equal(recipient_kind(&report), BOUNCE_KIND_OTHER);
}

static void
recipients_without_address_all_stay(void **state)
{
	struct bounce_recipient r[3] = { { .smtp = 550 }, { .smtp = 551 }, { .smtp = 552 } };
	struct bounce_report report = { .recipient = r, .recipient_count = 3 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(recipient_merge(&arena, &report), 0);
	assert_int_equal(report.recipient_count, 3);
	assert_int_equal(report.recipient[2].smtp, 552);
	arena_free(&arena);
}

static void
merging_keeps_the_order_of_first_mention(void **state)
{
	struct bounce_recipient r[6] = {
		{ .address = SPAN("cy@example.com"), .action = BOUNCE_ACTION_DELAYED },
		{ .address = SPAN("ann@example.com"), .action = BOUNCE_ACTION_FAILED },
		{ .address = SPAN("cy@example.com"), .action = BOUNCE_ACTION_FAILED },
		{ .address = SPAN("bob@example.com"), .action = BOUNCE_ACTION_FAILED },
		{ .address = SPAN("ann@example.com"), .action = BOUNCE_ACTION_DELIVERED },
		{ .address = SPAN("BOB@example.com"), .action = BOUNCE_ACTION_FAILED },
	};
	struct bounce_report report = { .recipient = r, .recipient_count = 6 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(recipient_merge(&arena, &report), 0);
	assert_int_equal(report.recipient_count, 3);
	assert_span(report.recipient[0].address, "cy@example.com");
	assert_int_equal(report.recipient[0].action, BOUNCE_ACTION_FAILED);
	assert_span(report.recipient[1].address, "ann@example.com");
	assert_int_equal(report.recipient[1].action, BOUNCE_ACTION_FAILED);
	assert_span(report.recipient[2].address, "bob@example.com");
	arena_free(&arena);
}

static void
a_stage_is_learned_from_the_same_reply_only(void **state)
{
	static const struct {
		struct bounce_recipient own, other;
		enum bounce_stage stage;
	} cases[] = {
		{ { .smtp = 550 }, { .smtp = 550, .stage = BOUNCE_STAGE_DATA }, BOUNCE_STAGE_DATA },
		{ { .smtp = 0 }, { .smtp = 550, .stage = BOUNCE_STAGE_RCPT }, BOUNCE_STAGE_RCPT },
		{ { .smtp = 550 }, { .stage = BOUNCE_STAGE_RCPT }, BOUNCE_STAGE_RCPT },
		/* another answer */
		{ { .smtp = 550 },
		  { .smtp = 450, .stage = BOUNCE_STAGE_RCPT },
		  BOUNCE_STAGE_UNKNOWN },
		/* it knows its own */
		{ { .smtp = 550, .stage = BOUNCE_STAGE_RCPT },
		  { .smtp = 550, .stage = BOUNCE_STAGE_DATA },
		  BOUNCE_STAGE_RCPT },
		/* its code says enough */
		{ { .smtp = 550, .reply_status = { 5, 1, 1 } },
		  { .smtp = 550, .stage = BOUNCE_STAGE_DATA },
		  BOUNCE_STAGE_UNKNOWN },
		{ { .smtp = 550, .field_status = { 5, 1, 1 } },
		  { .smtp = 550, .stage = BOUNCE_STAGE_DATA },
		  BOUNCE_STAGE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_recipient r = cases[i].own;

		recipient_learn_stage(&r, &cases[i].other);
		assert_int_equal(r.stage, cases[i].stage);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stage_is_learned_from_the_same_reply_only),
		cmocka_unit_test(a_missing_action_is_told_by_the_codes),
		cmocka_unit_test(the_worst_fate_is_the_kind),
		cmocka_unit_test(a_report_without_recipients_is_other),
		cmocka_unit_test(recipients_without_address_all_stay),
		cmocka_unit_test(merging_keeps_the_order_of_first_mention),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
