/*
 * guard_trip - the beginning of an incident
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_GUARD_TRIP_H
#define MAILBOUNCED_GUARD_TRIP_H

#include "guard.h"

/* What a report has in common with others. The names point into the report and into text. */
struct guard_text {
	char bytes[BREAKER_TEXT_SIZE];
};
void guard_commons(const struct guard_report *report, struct guard_text *text,
		   struct store_commons *out);

struct guard_trip {
	enum breaker_kind kind;
	struct store_commons commons; /* of the report that did it */
	struct breaker_counts counts;
	int64_t first; /* no transition before that is part of it */
};
/* Begins it with this report, whose transition is not written yet; takes back and holds what it did
 * before, the first slice of it at once, what is left by guard_resume(); tells the operator. */
#define GUARD_SLICE 2000 /* transitions looked at in one transaction */
int guard_trip(struct store *store, const struct config *config, const struct guard_report *report,
	       const struct guard_trip *trip, int64_t *incident) BOUNCE_MUST_CHECK;

/* Under what name the reports are counted that an incident holds. */
struct guard_held {
	struct store_surge surge; /* points into id */
	char id[24];
};
void guard_held(int64_t incident, struct guard_held *out);

/* One report more of them. */
int guard_count_held(struct store *store, int64_t incident, int64_t time) BOUNCE_MUST_CHECK;

#endif
