/*
 * tell - what hooks are told of a change of state, and of incidents
 *
 * An outbox entry for each hook that wants to hear of the new state, in the caller's transaction:
 * told if and only if the change is written. Names as in bouncectl's JSON.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_TELL_H
#define MAILBOUNCED_TELL_H

#include "config.h"
#include "store.h"

struct tell {
	int64_t event; /* 0: an operator did it */
	int64_t time;
	struct store_key key;
	enum bounce_state from;
	const struct bounce_standing *now;
	/* Of a report; empty where there was none. */
	const char *reason, *rule, *why;
	struct bounce_status status;
	unsigned smtp;
	struct span diagnostic, list_id, original_message_id;
	const char *who; /* the operator, "" = a report did it */
};

/* Nothing when the state stays. 0 or -1. */
int tell_hooks(struct store *store, const struct config *config,
	       const struct tell *tell) BOUNCE_MUST_CHECK;

/* An incident began, holds no more, or was decided: as it stands written, to the hooks that hear of
 * incidents. 0 or -1. */
int tell_incident(struct store *store, const struct config *config, int64_t incident,
		  int64_t time) BOUNCE_MUST_CHECK;

#endif
