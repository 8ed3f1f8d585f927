/*
 * pace - how often a list posts
 *
 * From the times of its mailings as they become known: told by its sender, or seen in the mails
 * that come back. What comes back is a poor witness (late reports, several ids of one mailing,
 * mailings of which nothing comes back), so a guess is kept on the low side: too short a gap makes
 * points fade by days alone, which harms nobody.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_PACE_H
#define BOUNCE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_LEAST INT64_C(86400) /* seconds: mailings closer than this are taken for one */
#define PACE_SHARE 4              /* a new gap counts for one of so many parts */

/* All zero = nothing is known. */
struct bounce_pace {
	bool reported;   /* by the list's sender */
	int64_t last_at; /* the last mailing; 0 = none */
	int64_t gap;     /* seconds between two; 0 = not known */
};

/* A mailing at `time`. Returns whether anything changed: a guess never overrules what the sender
 * reported, a report forgets all guesses, and what is older than the last one tells nothing. */
bool bounce_pace_add(struct bounce_pace *pace, bool reported, int64_t time);

#endif
