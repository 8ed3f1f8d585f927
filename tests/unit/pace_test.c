/*
 * pace_test - how often a list posts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "pace.h"
#include "policy.h"

#define DAY INT64_C(86400)
#define T0 (20000 * DAY)

static void
two_mailings_make_a_gap_and_more_of_them_an_average(void **state)
{
	struct bounce_pace p = { 0 };

	(void)state;
	assert_true(bounce_pace_add(&p, true, T0));
	assert_int_equal(p.gap, 0);
	assert_true(bounce_pace_add(&p, true, T0 + 28 * DAY));
	assert_int_equal(p.gap, 28 * DAY);
	assert_true(bounce_pace_add(&p, true, T0 + 60 * DAY)); /* 32 days */
	assert_int_equal(p.gap, 29 * DAY);
	assert_true(bounce_pace_add(&p, true, T0 + 61 * DAY));
	assert_int_equal(p.gap, 22 * DAY);
}

static void
what_is_closer_than_a_day_is_one_mailing(void **state)
{
	struct bounce_pace p = { 0 };

	(void)state;
	bounce_pace_add(&p, false, T0);
	assert_false(bounce_pace_add(&p, false, T0 + PACE_LEAST - 1));
	assert_false(bounce_pace_add(&p, false, T0 - 10 * DAY));
	assert_int_equal(p.last_at, T0);
	assert_true(bounce_pace_add(&p, false, T0 + PACE_LEAST));
	assert_int_equal(p.gap, DAY);
}

static void
a_sender_s_word_forgets_guesses_and_no_guess_overrules_it(void **state)
{
	struct bounce_pace p = { 0 };

	(void)state;
	bounce_pace_add(&p, false, T0);
	bounce_pace_add(&p, false, T0 + 3 * DAY);
	assert_true(bounce_pace_add(&p, true, T0 + 4 * DAY));
	assert_true(p.reported);
	assert_int_equal(p.gap, 0);
	assert_false(bounce_pace_add(&p, false, T0 + 9 * DAY));
	assert_int_equal(p.last_at, T0 + 4 * DAY);
}

static void
no_gap_is_longer_than_a_policy_can_use(void **state)
{
	(void)state;
	for (int over = 0; over <= 1; over++) {
		struct bounce_pace p = { 0 };

		bounce_pace_add(&p, true, T0);
		bounce_pace_add(&p, true, T0 + STATE_MAX_CADENCE + over);
		assert_int_equal(p.gap, STATE_MAX_CADENCE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_mailings_make_a_gap_and_more_of_them_an_average),
		cmocka_unit_test(what_is_closer_than_a_day_is_one_mailing),
		cmocka_unit_test(a_sender_s_word_forgets_guesses_and_no_guess_overrules_it),
		cmocka_unit_test(no_gap_is_longer_than_a_policy_can_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
