/*
 * store_fill - years of bounces in a database, within minutes
 *
 * By the daemon's own statements and its own rules of state, so that the ledger replays; but in the
 * order of the addresses, without a log and without waiting for the disk. Round by round, so that
 * what is known of one address lies as far apart as it does in life.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_FILL_H
#define MAILBOUNCED_STORE_FILL_H

#include <stdint.h>

#define FILL_FOLDER "INBOX"
#define FILL_UIDVALIDITY 1

/* Makes the database, which must not exist, with so many recipients; about five times as many
 * events. Ends the program when that fails. Returns the number of events. */
uint64_t fill(const char *path, uint64_t recipients);

#endif
