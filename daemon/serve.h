/*
 * serve - the running daemon
 *
 * Owns the loop, the store, the network and the mailboxes. Signals: TERM and INT finish the batches
 * under way and end (a second one ends at once), HUP reads the configuration again and keeps the
 * old one when the new one has an error.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SERVE_H
#define MAILBOUNCED_SERVE_H

#include <stdbool.h>

#include "config.h"

/* Seconds that a batch may take to finish after TERM or HUP; then its mailbox is cut off. */
#define SERVE_STOP_SECONDS 60

/*
 * Runs until a signal ends it or, with `once`, until every mailbox is drained. Takes over config.
 * Returns an exit status of sysexits.h; with `once` EX_TEMPFAIL when a mailbox could not be
 * drained.
 */
int serve(struct config *config, bool once);

#endif
