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
 * message is passed over. Not more than MAILBOX_ONCE_ATTEMPTS, or --once would never get past it.
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

struct pipeline {
	struct imap *imap;
	struct store *store;
	const struct config *config;
	const struct config_account *account;
	const char *where; /* "account/folder", for the log */
	struct store_folder folder;
	const volatile bool *stop; /* turns true: the batch under way is finished, no other begun */
	struct pipeline_totals *totals;
	struct pipeline_doubt *doubt; /* outlives the session */
	size_t unmoved;               /* intents written since the last move */
	bool told_move;               /* the log says already why nothing is moved */
	struct arena arena;
};

/* Readies p for one session; the caller has set the fields above `unmoved`. */
void pipeline_init(struct pipeline *p);
void pipeline_free(struct pipeline *p);

/*
 * Carries out every intent to move that the store holds for the folder. A server that refuses a
 * move is no error: the mail stays, the intent waits for the next time, the log says it once.
 */
enum pipeline_result pipeline_move(struct pipeline *p);

/* Takes in everything above folder.last_uid, batch by batch, moving in sets as it goes. */
enum pipeline_result pipeline_drain(struct pipeline *p);

#endif
