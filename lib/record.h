/*
 * record - a transition as the ledger recorded it, and what it does again
 *
 * The ledger keeps of every transition all that it was made of. So a standing can be derived anew
 * from its entries in their order: bounce_replay() on a standing that begins as all zero gives what
 * was given live, and without the entries that somebody took back what would have been given.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_RECORD_H
#define BOUNCE_RECORD_H

#include "state.h"

/* The words as the ledger has them; empty where there is none. */
struct bounce_record {
	int64_t time;
	bool reported;     /* a report did it; else an operator's word or the program's own, which
			      `cause` names */
	struct span cause; /* name of an enum bounce_event */
	/* Of the report. */
	struct span kind, reason, disposition, severity, status, domain, list;
	unsigned weight; /* of the verdict, hundredths */
	bool forwarded;
	int64_t cadence; /* as in struct bounce_incident */
	bool repeated;   /* as in struct bounce_incident */
};

/*
 * The transition that the record is made of, from the standing that is given. Returns 0, or -1 when
 * a word of the record is none that we know: somebody changed the ledger. Then *bad is that word.
 */
int bounce_replay(const struct bounce_standing *now, const struct bounce_record *record,
		  const struct bounce_policy *policy, struct bounce_transition *out,
		  struct span *bad) BOUNCE_MUST_CHECK;

/* Do both say the same of an address? A reason counts only where something counted. */
bool bounce_standing_same(const struct bounce_standing *a, const struct bounce_standing *b);

#endif
