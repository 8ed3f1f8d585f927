/*
 * life_dice - numbers and verdicts made up out of a seed, for the tests of whole lives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_LIFE_DICE_H
#define MAILBOUNCED_LIFE_DICE_H

#include "bounce.h"

static inline uint64_t
life_random(uint64_t seed)
{
	return seed * 0x9e3779b97f4a7c15ULL + 1;
}

static inline uint64_t
life_dice(uint64_t *random, uint64_t sides)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random % sides;
}

static inline struct bounce_verdict
life_verdict(uint64_t *random)
{
	enum bounce_reason reason = (enum bounce_reason)life_dice(random, BOUNCE_REASON_COUNT);
	const struct bounce_reason_facts *facts = bounce_reason_facts(reason);
	bool usual = life_dice(random, 8) > 0, graded = life_dice(random, 9) > 0;
	bool whole = life_dice(random, 5) > 0;

	return (struct bounce_verdict){
		.reason = reason,
		.bad = facts->bad,
		.disposition = usual ? facts->disposition : BOUNCE_DISPOSITION_RETRY,
		.severity = graded ? facts->severity : BOUNCE_SEVERITY_NONE,
		.weight = whole ? facts->weight : facts->weight / 2,
		.forwarded = life_dice(random, 7) == 0,
		.status = { 5, 1, (uint16_t)life_dice(random, 3) },
		.smtp = 550,
		.rule = "test",
		.why = "A test says so.",
	};
}

#endif
