/*
 * pipeline - one batch: fetch, record in ONE transaction, move, tick
 *
 * The order is the guarantee: nothing in the mailbox is touched before its transaction has
 * committed, and each step may run twice. Killed anywhere, the next start finishes the job from the
 * store's intents. Between store_begin() and store_commit() there is no wait, for all mailboxes
 * share one store.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_PIPELINE_H
#define MAILBOUNCED_PIPELINE_H

#include "config.h"
#include "imap.h"
#include "ledger.h"

/* Most uids listed at once; more wait for the next listing. A server may have to open every message
 * to tell its size, so the first batch does not wait for the size of the last message. */
#define PIPELINE_MAX_LIST ((size_t)16384)

/* Sessions in a row in which a server must withhold a message, and give none after it, before the
 * message is passed over. Not more than SESSION_ONCE_ATTEMPTS, or --once would never get past it.
 */
#define PIPELINE_DOUBT_SESSIONS 3

enum pipeline_result {
	PIPELINE_OK,
	PIPELINE_MAILBOX_BAD, /* back off and reconnect; imap_error() says why */
	PIPELINE_STORE_BAD,   /* stop taking mail, keep trying; store_error() says why */
	PIPELINE_CANCELED,
};

struct pipeline_totals {
	uint64_t messages, duplicates, unreadable, refused;
	uint64_t kind[BOUNCE_KIND_COUNT];
	uint64_t recipients, changed, moved;
};

/* The first message that the last session could not get. */
struct pipeline_doubt {
	uint32_t uid;
	unsigned sessions;
};

/* The last message whose parts were asked for when a session was lost. */
struct pipeline_breaker {
	uint32_t uid;
	unsigned sessions; /* lost so, in a row */
};

/* After so many of them the message is fetched in one piece: a server may die of being asked for
 * parts of it. Less than MAILBOX_ONCE_ATTEMPTS. */
#define PIPELINE_BREAKER_SESSIONS 2

/* Messages refused one after the other, and none taken, until the target is held to be the trouble
 * and not the messages. */
#define PIPELINE_MOST_REFUSED 8

/* A message that is refused is tried again at least this often, in seconds. */
#define PIPELINE_RETRY_MOST 86400

/* Marks mail that the server cannot take away: an IMAP keyword. */
#define PIPELINE_KEYWORD "$Mailbounced"

/* A target that takes nothing at the moment. */
struct pipeline_hold {
	char *target;
	int64_t until; /* it is tried again then; what it refuses after that is not told again */
};

/* A MOVE whose answer was lost, for as long as the store cannot be told of it. */
struct pipeline_lost {
	int64_t folder; /* the store's */
	char *target;   /* as the server names it */
	uint32_t *uid;
	size_t count; /* 0 = none */
};

/* What is known of moving from one folder; outlives the session. */
struct pipeline_filing {
	struct pipeline_lost lost;
	struct pipeline_hold *hold;
	size_t holds;
	int64_t due; /* when something may be tried again; 0 = nothing waits */
	bool traced; /* what an earlier run may have left in the targets was looked for */
	bool told_read_only, told_kept, told_stuck, told_hidden;
};
void pipeline_filing_free(struct pipeline_filing *filing);

struct pipeline_moving; /* a MOVE under way while something else is done */

struct pipeline {
	struct imap *imap;
	struct store *store;
	const struct config *config;
	const struct config_account *account;
	const char *where;   /* "account/folder", for the log */
	const char *watched; /* the folder's name */
	uint32_t uidvalidity;
	double selected_at; /* co_clock() */
	bool read_only;     /* nothing can be moved: why was told */
	struct store_folder folder;
	const volatile bool *stop; /* turns true: the batch under way is finished, no other begun */
	struct pipeline_totals *totals;
	struct pipeline_doubt *doubt;     /* outlives the session */
	struct pipeline_breaker *breaker; /* so does this */
	struct pipeline_filing *filing;
	size_t turn;                /* most messages that one drain takes in; 0 = all: nobody
				       else waits */
	bool more;                  /* the drain ended because its turn was over */
	size_t unmoved;             /* intents written since the last move */
	bool looked_away;           /* the folder was selected anew: news may have been missed */
	char *asked, *asked_folder; /* the last target whose folder was asked for, and the folder */
	struct pipeline_moving *moving; /* NULL = none */
	struct arena arena;
};

/* Readies p for one session; the caller has set the fields above `more`. */
void pipeline_init(struct pipeline *p);
void pipeline_free(struct pipeline *p);

/* First thing in a session: moves and copies that a crash or a lost connection cut short are
 * finished, or known not to have been made. */
enum pipeline_result pipeline_recover(struct pipeline *p);

/*
 * Selects the watched folder anew. A server that renamed it under us goes on with the old one
 * without a word, and new mail comes to the new one. PIPELINE_MAILBOX_BAD when it is another folder
 * now, or none.
 */
enum pipeline_result pipeline_select_again(struct pipeline *p);

/*
 * Carries out every intent to move that nothing holds back. A server that refuses is no error: a
 * message that it refuses alone is set aside, a target that it refuses is held for a while; both
 * are told once and tried again at filing->due.
 */
enum pipeline_result pipeline_move(struct pipeline *p);

/* Takes in everything above folder.last_uid, or as much as `turn` says, batch by batch, moving in
 * sets as it goes. */
enum pipeline_result pipeline_drain(struct pipeline *p);

#endif
