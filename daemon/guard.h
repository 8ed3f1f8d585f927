/*
 * guard - holds what reports say while too many say it at once
 *
 * Asked in the ledger's transaction before a report's transition is written. Addresses that begin
 * to fail for good are counted by what they have in common (lib/breaker); where that is an
 * incident, what has been done in its window is taken back and held as well, the operator is told
 * once, and later reports of the kind are held until he decides, or the incident is over.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_GUARD_H
#define MAILBOUNCED_GUARD_H

#include "config.h"
#include "store_incident.h"

/* One recipient's report, and what it would do. */
struct guard_report {
	struct span address, domain, list, remote_mta, diagnostic;
	const struct bounce_verdict *verdict;
	const struct bounce_standing *before;
	const struct bounce_transition *transition;
	int64_t time;
};

/* *incident: the one that holds it, 0 = it is to be applied. 0 or -1. */
int guard_ask(struct store *store, const struct config *config, const struct guard_report *report,
	      int64_t *incident) BOUNCE_MUST_CHECK;

/* Takes back and holds the next slice of what an incident did before it began, in a transaction of
 * its own. 1 = there may be more, 0 = nothing is left, -1 = the store is in trouble. */
int guard_resume(struct store *store, const struct config *config, int64_t now) BOUNCE_MUST_CHECK;

/* Ends the first incident that nothing more belongs to. horizon: all that was in the folders up to
 * that time is recorded. 1 = there may be another, 0 = there is none, -1 = the store is in trouble.
 */
int guard_sweep(struct store *store, const struct config *config, int64_t horizon,
		int64_t now) BOUNCE_MUST_CHECK;

#endif
