/*
 * pipeline - one batch: fetch, record in ONE transaction, move, tick
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_private.h"

#include <gnutls/crypto.h>
#include <stdlib.h>
#include <time.h>

#include "crash.h"
#include "log.h"

void
pipeline_init(struct pipeline *p)
{
	p->more = false;
	p->unmoved = 0;
	p->looked_away = false;
	p->asked = p->asked_folder = NULL;
	arena_init(&p->arena, 0);
}

void
pipeline_free(struct pipeline *p)
{
	free(p->asked);
	free(p->asked_folder);
	arena_free(&p->arena);
}

enum pipeline_result
pipeline_result_of(enum imap_result result)
{
	switch (result) {
	case IMAP_OK:
		return PIPELINE_OK;
	case IMAP_CANCELED:
		return PIPELINE_CANCELED;
	case IMAP_REFUSED:
	case IMAP_DENIED:
	case IMAP_LOST:
		break;
	}
	return PIPELINE_MAILBOX_BAD;
}

/* How many of the items make the next batch: bounded by count and by bytes, one at least. */
static size_t
batch_size(const struct config_account *account, const struct imap_item *item, size_t count)
{
	uint64_t bytes = 0;
	size_t n;

	for (n = 0; n < count && n < account->batch_messages; n++) {
		bytes += batch_expect(account, item[n].size);
		if (n > 0 && bytes > account->batch_bytes)
			break;
	}
	return n;
}

static int
record_withheld(struct pipeline *p, const struct batch_message *message, int64_t now)
{
	struct store_message row = {
		.folder = p->folder.id,
		.uid = message->item.uid,
		.size = message->item.size,
		.time = now,
	};
	enum store_seen seen;
	int64_t id;

	/* Nothing is known of its bytes: a fingerprint that no other message has. */
	if (gnutls_rnd(GNUTLS_RND_NONCE, row.fingerprint, sizeof(row.fingerprint)) < 0)
		log_panic("pipeline: no random bytes");
	log_warn("%s: uid %u stays where it is, the server does not give it", p->where,
		 message->item.uid);
	p->totals->refused++;
	return store_message_add(p->store, &row, &seen, &id);
}

static int
record_message(struct pipeline *p, const struct batch *batch, const struct batch_message *message,
	       int64_t now)
{
	struct ledger_message what = {
		.folder = p->folder.id,
		.where = p->where,
		.uid = message->item.uid,
		.size = message->item.size,
		.bytes = span_make(batch->bytes.data + message->offset, message->length),
		.time = now,
	};
	struct ledger_result result;

	if (ledger_record(p->store, p->config, p->account, &p->arena, &what, &result) < 0)
		return -1;
	if (result.seen == STORE_KNOWN)
		return 0;
	p->totals->messages++;
	p->totals->duplicates += result.seen == STORE_DUPLICATE;
	p->totals->unreadable += result.unreadable;
	p->totals->kind[result.kind]++;
	p->totals->recipients += result.recipients;
	p->totals->changed += result.changed;
	p->unmoved += result.moves;
	return 0;
}

static int
record_one(struct pipeline *p, const struct batch *batch, const struct batch_message *message,
	   int64_t now)
{
	crash_here("in-transaction");
	switch (message->fate) {
	case BATCH_CAME:
		return record_message(p, batch, message, now);
	case BATCH_WITHHELD:
		return record_withheld(p, message, now);
	case BATCH_GONE:
		break;
	}
	return 0;
}

/* The transaction. Nothing waits in here: the store is shared. */
static int
batch_record(struct pipeline *p, const struct batch *batch)
{
	uint32_t last = batch->message[batch->count - 1].item.uid;
	int64_t now = (int64_t)time(NULL);

	if (store_begin(p->store) < 0)
		return -1;
	for (size_t i = 0; i < batch->count; i++) {
		if (record_one(p, batch, &batch->message[i], now) < 0)
			return -1;
	}
	if (store_folder_advance(p->store, p->folder.id, last) < 0)
		return -1;
	crash_here("before-commit");
	if (store_commit(p->store) < 0)
		return -1;
	p->folder.last_uid = last;
	crash_here("after-commit");
	return 0;
}

static enum pipeline_result
batch_run(struct pipeline *p, const struct imap_item *item, size_t count)
{
	struct batch batch = { .bytes = BUF_INIT, .count = count };
	struct pipeline_totals before = *p->totals;
	enum pipeline_result result;
	bool cut;

	batch.message = xarray(count, sizeof(*batch.message));
	for (size_t i = 0; i < count; i++)
		batch.message[i].item = item[i];
	result = pipeline_result_of(batch_fetch(p, &batch, &cut));
	if (result != PIPELINE_OK)
		goto out;
	if (!buf_ok(&batch.bytes))
		log_fatal(71, "%s: out of memory for a batch of %zu messages", p->where, count);
	crash_here("after-fetch");
	if (batch.count > 0 && batch_record(p, &batch) < 0) {
		store_rollback(p->store);
		*p->totals = before;
		result = PIPELINE_STORE_BAD;
	} else if (cut) {
		result = PIPELINE_MAILBOX_BAD;
	}
out:
	buf_free(&batch.bytes);
	free(batch.message);
	return result;
}

/* One listing, batch by batch. */
static enum pipeline_result
take_listed(struct pipeline *p, const struct imap_item *item, size_t count)
{
	enum pipeline_result result = PIPELINE_OK;

	while (count > 0 && !*p->stop && result == PIPELINE_OK) {
		size_t n = batch_size(p->account, item, count);

		result = batch_run(p, item, n);
		item += n;
		count -= n;
		if (result == PIPELINE_OK && p->unmoved >= p->account->move_messages)
			result = pipeline_move(p);
		/* New mail elsewhere must not wait behind a batch of ours for every word. When this
		 * was cancelled the next command says so. */
		if (count > 0)
			(void)co_give_way(imap_loop(p->imap));
	}
	return result;
}

/* Everything that is there by now, or what a turn allows. */
static enum pipeline_result
take_in(struct pipeline *p)
{
	size_t most = p->turn > 0 && p->turn < PIPELINE_MAX_LIST ? p->turn : PIPELINE_MAX_LIST;
	enum pipeline_result result = PIPELINE_OK;

	while (result == PIPELINE_OK && !*p->stop) {
		struct imap_item *item = NULL;
		size_t count = 0;

		result = pipeline_result_of(
			imap_list(p->imap, p->folder.last_uid, most, &item, &count));
		crash_here("after-list");
		if (result == PIPELINE_OK && count > 0)
			result = take_listed(p, item, count);
		free(item);
		p->more = p->turn > 0 && count == most;
		if (count == 0 || p->turn > 0)
			break;
	}
	return result;
}

static bool
moves_are_due(const struct pipeline *p)
{
	return p->unmoved > 0 || (p->filing->due != 0 && p->filing->due <= (int64_t)time(NULL));
}

enum pipeline_result
pipeline_drain(struct pipeline *p)
{
	enum pipeline_result result;

	do {
		p->looked_away = p->more = false;
		result = take_in(p);
		if (result == PIPELINE_OK && moves_are_due(p))
			result = pipeline_move(p);
	} while (result == PIPELINE_OK && p->looked_away && !*p->stop && !p->more);
	crash_here("after-tick");
	return result;
}
