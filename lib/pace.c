/*
 * pace - how often a list posts
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pace.h"

#include "policy.h"

bool
bounce_pace_add(struct bounce_pace *pace, bool reported, int64_t time)
{
	int64_t gap;

	if (pace->reported && !reported)
		return false;
	if (reported && !pace->reported)
		*pace = (struct bounce_pace){ .reported = true };
	gap = time - pace->last_at;
	if (pace->last_at == 0) {
		pace->last_at = time;
		return true;
	}
	if (gap < PACE_LEAST)
		return false;
	if (gap > STATE_MAX_CADENCE)
		gap = STATE_MAX_CADENCE;
	pace->gap = pace->gap == 0 ? gap : pace->gap + (gap - pace->gap) / PACE_SHARE;
	pace->last_at = time;
	return true;
}
