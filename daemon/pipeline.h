/*
 * pipeline - one batch: fetch, record in ONE transaction, move, tick
 *
 * The order is the guarantee: nothing in the mailbox is touched before its transaction has
 * committed, and each step may run twice. Killed anywhere, the next start finishes the job from the
 * store's intents.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_PIPELINE_H
#define MAILBOUNCED_PIPELINE_H

#include "config.h"
#include "imap.h"
#include "ledger.h"

/* Most uids listed at once: 8 bytes each; more wait for the next listing. */
#define PIPELINE_MAX_LIST ((size_t)1000000)

enum pipeline_result {
	PIPELINE_OK,
	PIPELINE_MAILBOX_BAD, /* back off and reconnect */
	PIPELINE_STORE_BAD,   /* stop taking mail, keep trying */
	PIPELINE_CANCELED,
};

struct pipeline_totals {
	uint64_t messages, kind[BOUNCE_KIND_COUNT], unreadable, duplicates, recipients, changed,
		moved;
};

struct pipeline {
	struct imap *imap;
	struct store *store;
	struct co_loop *loop;
	const struct config *config;
	const struct config_account *account;
	const char *where; /* "account/folder" */
	struct store_folder folder;
	const volatile bool
		*stop; /* when it turns true, the batch under way is finished and no other begun */
	struct pipeline_totals totals;
	bool outbox; /* entries were added */
	bool told_no_move;
	struct arena arena;
};

/* Carries out every intent to move that the store holds for the folder. */
enum pipeline_result pipeline_finish_moves(struct pipeline *p);

/* Takes in everything above folder.last_uid, batch by batch, moving in sets as it goes. */
enum pipeline_result pipeline_drain(struct pipeline *p);

void pipeline_free(struct pipeline *p);

#endif
