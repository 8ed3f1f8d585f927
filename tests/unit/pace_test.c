/*
 * pace_test - how often a list posts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "pace.h"
#include "policy.h"

#define DAY INT64_C(86400)
#define D0 INT64_C(20000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
a_gap_is_the_middle_one_and_of_two_the_shorter(void **state)
{
	static const struct {
		size_t count;
		int64_t day[PACE_DAYS], want;
	} rows[] = {
		{ 0, { 0 }, 0 },
		{ 1, { D0 }, 0 },
		{ 2, { D0, D0 + 28 }, 28 },
		{ 3, { D0, D0 + 28, D0 + 60 }, 28 },
		{ 3, { D0, D0 + 32, D0 + 60 }, 28 },
		{ 4, { D0, D0 + 28, D0 + 60, D0 + 61 }, 28 },
		{ 4, { D0, D0 + 7, D0 + 14, D0 + 300 }, 7 },
		{ 5, { D0, D0 + 7, D0 + 8, D0 + 15, D0 + 22 }, 7 },
		{ 8, { D0, D0 + 1, D0 + 2, D0 + 3, D0 + 4, D0 + 5, D0 + 6, D0 + 7 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(bounce_pace_gap(rows[i].day, rows[i].count), rows[i].want * DAY);
}

static void
no_gap_is_longer_than_a_policy_can_use(void **state)
{
	const int64_t most = STATE_MAX_CADENCE / DAY;

	(void)state;
	for (int64_t days = most - 1; days <= most + 1; days++) {
		const int64_t day[] = { D0, D0 + days };

		assert_int_equal(bounce_pace_gap(day, 2), (days < most ? days : most) * DAY);
	}
}

static void
a_mailing_is_of_the_day_that_its_date_says_unless_nobody_can_believe_it(void **state)
{
	const int64_t now = D0 * DAY + 3600;

	(void)state;
	assert_int_equal(bounce_pace_day(now - 5 * DAY, now), D0 - 5);
	assert_int_equal(bounce_pace_day(now, now), D0);
	assert_int_equal(bounce_pace_day(0, now), D0);
	assert_int_equal(bounce_pace_day(-1, now), D0);
	assert_int_equal(bounce_pace_day(now + 1, now), D0);
	assert_int_equal(bounce_pace_day(INT64_MAX, now), D0);
	assert_int_equal(bounce_pace_day((D0 - PACE_LATEST) * DAY, now), D0 - PACE_LATEST);
	assert_int_equal(bounce_pace_day((D0 - PACE_LATEST) * DAY - 1, now), PACE_NO_DAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gap_is_the_middle_one_and_of_two_the_shorter),
		cmocka_unit_test(no_gap_is_longer_than_a_policy_can_use),
		cmocka_unit_test(
			a_mailing_is_of_the_day_that_its_date_says_unless_nobody_can_believe_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
