/*
 * replay_agrees - the standings that are written are those that the ledger gives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef REPLAY_AGREES_H
#define REPLAY_AGREES_H

#include "test.h"

#include "replay.h"

static inline void
replay_differs(void *context, const struct store_key *key, const struct bounce_standing *written,
	       const struct bounce_standing *derived)
{
	(void)context;
	fail_msg("%.*s is written as %s with %u, the ledger gives %s with %u",
		 SPAN_ARG(key->address),
		 written != NULL ? bounce_state_name(written->state) : "nothing",
		 written != NULL ? written->score : 0, bounce_state_name(derived->state),
		 derived->score);
}

/* How many there are. */
static inline uint64_t
replay_agrees(struct store *store)
{
	struct replay *replay = replay_new(store);
	uint64_t checked = 0;

	if (replay_check(replay, &checked, replay_differs, NULL) < 0)
		fail_msg("%s", replay_error(replay));
	replay_free(replay);
	return checked;
}

#endif
