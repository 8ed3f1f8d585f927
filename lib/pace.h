/*
 * pace - how often a list posts
 *
 * From the days on which its mailings were sent, told by its sender or seen in the mails that come
 * back. What comes back is a poor witness (mailings of which nothing comes back, mails without a
 * date), so a guess is kept on the low side: too short a gap makes points fade by days alone, which
 * harms nobody, while too long a one would let a good address' strikes add up.
 *
 * The days are a set of the last few. So it does not matter in which order reports come, how often,
 * or under how many Message-IDs: a late report of an older mailing is of a day that is known, or
 * too old to be kept.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_PACE_H
#define BOUNCE_PACE_H

#include <stddef.h>
#include <stdint.h>

#define PACE_DAYS 8    /* days with mailings that are remembered of a list */
#define PACE_LATEST 30 /* days after which a mailing that comes back says nothing of today */
#define PACE_NO_DAY (-1)

/*
 * The day (since 1970) of a mailing that comes back at `now`, by the date that it bears: `sent`, 0
 * = it bears none. Nobody vouches for the date: one in the future is none. Without one it is the
 * day of its report. PACE_NO_DAY: it was sent too long ago.
 */
int64_t bounce_pace_day(int64_t sent, int64_t now);

/* Seconds between mailings that were sent on those days, which are different and in order; 0 =
 * unknown. Half of the gaps are as long at least: one long silence, or one wrong day, changes
 * little. */
int64_t bounce_pace_gap(const int64_t *day, size_t count);

#endif
