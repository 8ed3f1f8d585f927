/*
 * pace - how often a list posts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pace.h"

#include "policy.h"

int64_t
bounce_pace_day(int64_t sent, int64_t now)
{
	const int64_t today = now / STATE_DAY;

	if (sent <= 0 || sent > now)
		return today;
	return today - sent / STATE_DAY > PACE_LATEST ? PACE_NO_DAY : sent / STATE_DAY;
}

/* How many gaps are shorter than that one, or as short and in front of it. */
static size_t
rank(const int64_t *day, size_t count, size_t gap)
{
	int64_t length = day[gap + 1] - day[gap];
	size_t shorter = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		int64_t other = day[i + 1] - day[i];

		shorter += other < length || (other == length && i < gap);
	}
	return shorter;
}

int64_t
bounce_pace_gap(const int64_t *day, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++) {
		if (rank(day, count, i) == (count - 2) / 2) {
			int64_t gap = (day[i + 1] - day[i]) * STATE_DAY;

			return gap < STATE_MAX_CADENCE ? gap : STATE_MAX_CADENCE;
		}
	}
	return 0;
}
