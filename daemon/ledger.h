/*
 * ledger - one message's facts into the store
 *
 * In two steps: a message is read and judged without the store, which may take as long as it likes
 * and wait in between; then it is recorded inside the caller's transaction: message row, an event
 * and a transition a recipient, new standings, alerts, outbox entries, the intent to move.
 * Recording may run twice for the same message: the second time changes nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_LEDGER_H
#define MAILBOUNCED_LEDGER_H

#include "config.h"
#include "store.h"
#include "trust.h"

struct ledger_message {
	int64_t folder;    /* store_folder.id */
	const char *where; /* "account/folder", for the log */
	uint32_t uid;
	uint64_t size; /* RFC822.SIZE; bytes may be fewer when the message was clipped */
	struct span bytes;
	int64_t time;
};

struct ledger_result {
	enum store_seen seen;
	enum bounce_kind kind;
	bool unreadable; /* a report that cannot be read, or names nobody: to the review folder */
	size_t recipients, changed;
	bool moves; /* an intent to move was written */
};

/* What a message says. */
struct ledger_reading {
	unsigned char fingerprint[STORE_FINGERPRINT];
	const struct bounce_report *report;   /* NULL: could not be read */
	const struct bounce_verdict *verdict; /* one a recipient */
	struct trust trust;                   /* what proves that the report is real */
	enum bounce_kind kind;
	bool unreadable;
	const char *target; /* folder to move it to; NULL = it stays */
};

/* Everything points into the arena, the message's bytes and the configuration. */
void ledger_read(struct arena *arena, const struct config *config,
		 const struct config_account *account, const struct ledger_message *message,
		 struct ledger_reading *out);

/* This configuration's policy is in force from now on: the ledger says so with every transition,
 * and the views judge by its times. Own transaction. 0, or -1 when the store is in trouble: then
 * the ledger learns of it with the next report. */
int ledger_rule(struct store *store, const struct config *config, int64_t now) BOUNCE_MUST_CHECK;

/* 0, or -1 when the store is in trouble (the caller rolls back). */
int ledger_record(struct store *store, const struct config *config,
		  const struct ledger_message *message, const struct ledger_reading *reading,
		  struct ledger_result *out) BOUNCE_MUST_CHECK;

/*
 * The size and the first bytes tell a message again after UIDVALIDITY changed or when it lies in
 * two folders. The size as told by the server and no byte more than every configuration fetches, so
 * that a change of how much is fetched changes nothing. Every header on the way adds an id of its
 * own at the beginning, so that no two mails are alike there.
 */
void ledger_fingerprint(uint64_t message_size, struct span bytes,
			unsigned char out[STORE_FINGERPRINT]);

#endif
