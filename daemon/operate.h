/*
 * operate - an operator's command, carried out beside a running daemon
 *
 * The operation, its transitions, the new standings and what hooks are to be told stand in the same
 * transactions. Each transaction is short, and between two of them the daemon has its turn: a
 * mailbox that waits for the store would see no mail meanwhile.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_OPERATE_H
#define MAILBOUNCED_OPERATE_H

#include "config.h"
#include "replay.h"

#define OPERATE_MOST 200              /* addresses in one transaction */
#define OPERATE_LONGEST INT64_C(5000) /* microseconds after which a transaction takes no more */

struct operate {
	struct store *store;         /* STORE_BESIDE */
	struct replay *replay;       /* of that store */
	const struct config *config; /* whose hooks are told; NULL: no hook is */
	struct store_operation what;
	bool dry;    /* everything is rolled back */
	bool within; /* the caller has begun a transaction, written the operation (id, policy), and
			ends it */
	/* Kept by the module. */
	int64_t id; /* of the operation, 0 = nothing is written yet */
	int64_t policy;
	unsigned in_transaction; /* addresses so far */
	bool open;
	int64_t began; /* microseconds */
};

/* What became of one address. */
struct operate_change {
	struct bounce_standing before, after;
	bool known;   /* it was heard of before */
	int taken;    /* entries taken back, of an undo */
	bool refused; /* a pin is stronger than this word */
};

/* Begins a transaction and writes the operation, when that was not done yet; for what the module
 * has no function for. 0 or -1. */
int operate_begin(struct operate *operate) BOUNCE_MUST_CHECK;

/* Says an event (REVIVE, KILL, a pin, UNPIN) of an address. One that was never heard of is only
 * pinned or killed. 0 or -1: replay_error(). */
int operate_word(struct operate *operate, const struct store_key *key, enum bounce_event event,
		 struct operate_change *out) BOUNCE_MUST_CHECK;

/* Takes back what matches of an address, and derives its standing anew. undo->operation is filled
 * in. */
int operate_undo(struct operate *operate, struct store_undo *undo, const struct store_key *key,
		 struct operate_change *out) BOUNCE_MUST_CHECK;

/* What became of a report that was held. The last two stay held. */
enum operate_answer {
	OPERATE_RELEASED,
	OPERATE_OVERTAKEN, /* a sign of life, or an operator's word, is newer */
	OPERATE_COUNTS,    /* it counts already: an undo gave it back, or another release did */
};

/* A report that an incident held does what it would have done, as of its own time. */
int operate_release(struct operate *operate, int64_t held, const struct store_key *key,
		    struct operate_change *out, enum operate_answer *answer) BOUNCE_MUST_CHECK;

/* Ends the last transaction. 0 or -1. */
int operate_end(struct operate *operate) BOUNCE_MUST_CHECK;
/* After an error: what is not committed is rolled back. */
void operate_cancel(struct operate *operate);

#endif
