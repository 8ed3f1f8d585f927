/*
 * store_fill - months of bounces in a database, within minutes
 *
 * By the daemon's own statements and its own rules of state, so that the ledger replays; but block
 * by block of the addresses, without a log and without waiting for the disk. Round by round, so
 * that what is known of one address lies as far apart as it does in life.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_FILL_H
#define MAILBOUNCED_STORE_FILL_H

#include <stdint.h>

#define FILL_FOLDER "INBOX"
#define FILL_UIDVALIDITY 1

/* Makes the database, which must not exist, of a population of that size and so many of its
 * WORLD_ROUNDS months; in all of them, everybody bounced about five times. Ends the program when
 * that fails. */
void fill(const char *path, uint64_t recipients, unsigned months);

#endif
