/*
 * ctl_replay - the two halves of bouncectl replay
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_REPLAY_H
#define MAILBOUNCED_CTL_REPLAY_H

#include "replay.h"

/* Prints which standings would be another under that configuration. Returns the exit code. */
int ctl_diff(struct store *store, const struct config *config, bool as_json, int64_t now);

#endif
