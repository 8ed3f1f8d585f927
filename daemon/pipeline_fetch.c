/*
 * pipeline_fetch - the messages of one batch, and what became of those that did not come
 *
 * A message that the server never gives must not block all that come after it. But a server that
 * refuses because it is overloaded, or out of order for an hour, must not make us pass over the
 * whole folder. So a refusal is believed when the server gives a later message, or when it has been
 * repeated in several sessions; until then it stands in doubt, and so does what follows.
 *
 * First comes the beginning of each message, which is all of most; the others are completed one by
 * one (gather.h). A rest that is refused stands in doubt like a whole message; when it is given up
 * the beginning is read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_private.h"

#include <stdlib.h>
#include <sysexits.h>

#include "gather.h"
#include "log.h"

static struct batch_message *
batch_find(struct batch *batch, uint32_t uid)
{
	size_t low = 0, high = batch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (batch->message[middle].item.uid == uid)
			return &batch->message[middle];
		if (batch->message[middle].item.uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Bytes of a message that are fetched before anybody looks at it. */
static uint32_t
first_bytes(const struct pipeline *p)
{
	uint64_t most = p->account->message_bytes;

	return (uint32_t)(most < GATHER_FIRST ? most : GATHER_FIRST);
}

/* Is more fetched of a message of which so much came? */
static bool
completes(const struct pipeline *p)
{
	return first_bytes(p) < p->account->message_bytes;
}

/* Did only the beginning of it come, or may that be? */
static bool
is_beginning(const struct pipeline *p, const struct batch_message *message)
{
	return completes(p) && span_len(message->bytes) == first_bytes(p);
}

static void
keep(struct batch *batch, struct batch_message *message, struct span bytes)
{
	message->bytes = arena_copy(batch->bytes, bytes);
	if (message->bytes.p == NULL)
		log_fatal(EX_OSERR, "%s: out of memory for a batch of messages", batch->p->where);
}

/* imap_fetch() gives the messages in any order. */
static void
batch_take(void *context, uint32_t uid, struct span bytes)
{
	struct batch *batch = context;
	struct batch_message *message = batch_find(batch, uid);

	if (message == NULL || message->fate == BATCH_CAME)
		return;
	/* Nothing of a message that has a size is not that message. */
	if (span_empty(bytes) && message->item.size > 0)
		return;
	message->fate = BATCH_CAME;
	keep(batch, message, bytes);
	/* The server prepares the next one meanwhile. */
	if (!is_beginning(batch->p, message))
		batch_read(batch->p, batch, message);
}

uint64_t
batch_expect(const struct config_account *account, uint64_t size)
{
	uint64_t most = account->message_bytes;

	if (size <= GATHER_FIRST || most <= GATHER_FIRST)
		return size < most ? size : most;
	return most / BATCH_SHARE > GATHER_FIRST ? most / BATCH_SHARE : GATHER_FIRST;
}

static enum imap_result
fetch(struct pipeline *p, struct batch *batch, const uint32_t *uid, size_t count)
{
	return imap_fetch(p->imap, uid, count, first_bytes(p), batch_take, batch);
}

/* *proved: the server still gave the message before this one. */
static enum imap_result
fetch_all(struct pipeline *p, struct batch *batch, size_t *proved)
{
	uint32_t *uid = xarray(batch->count, sizeof(*uid));
	enum imap_result result;

	for (size_t i = 0; i < batch->count; i++)
		uid[i] = batch->message[i].item.uid;
	result = fetch(p, batch, uid, batch->count);
	free(uid);
	for (size_t i = 0; i < batch->count && result == IMAP_OK; i++) {
		if (batch->message[i].fate == BATCH_CAME)
			*proved = i + 1;
	}
	return result;
}

bool
batch_comes_whole(const struct pipeline *p, const struct imap_item *item, size_t count)
{
	for (size_t i = 0; i < count && completes(p); i++) {
		if (item[i].size >= first_bytes(p))
			return false;
	}
	return true;
}

enum pipeline_result
batch_post(struct pipeline *p, const struct imap_item *item, size_t count, bool *posted)
{
	uint32_t *uid = xarray(count, sizeof(*uid));
	enum imap_result result;

	for (size_t i = 0; i < count; i++)
		uid[i] = item[i].uid;
	result = imap_post_fetch(p->imap, (struct imap_uids){ uid, count }, first_bytes(p), posted);
	free(uid);
	return pipeline_result_of(result);
}

static enum imap_result
fetch_one_by_one(struct pipeline *p, struct batch *batch, size_t *proved)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct batch_message *message = &batch->message[i];
		enum imap_result result;

		if (message->fate == BATCH_CAME)
			continue;
		result = fetch(p, batch, &message->item.uid, 1);
		if (result == IMAP_REFUSED)
			message->fate = BATCH_WITHHELD;
		else if (result != IMAP_OK)
			return result;
		if (message->fate == BATCH_CAME)
			*proved = i + 1;
	}
	return IMAP_OK;
}

/* Completes a message of which only the beginning came. */
static enum imap_result
complete(struct pipeline *p, struct batch *batch, struct batch_message *message)
{
	struct pipeline_breaker *breaker = p->breaker;
	struct arena arena;
	uint32_t uid = message->item.uid;
	struct gather job = {
		.imap = p->imap,
		.arena = &arena,
		.where = p->where,
		.uid = uid,
		.size = message->item.size,
		.most = (uint32_t)p->account->message_bytes,
		.plain = breaker->uid == uid && breaker->sessions >= PIPELINE_BREAKER_SESSIONS,
	};
	struct buf text = BUF_INIT;
	enum imap_result result;
	bool gone;

	arena_init(&arena, 0);
	buf_add(&text, message->bytes);
	result = gather(&job, &text, &gone);
	arena_free(&arena);
	if (result == IMAP_OK && !gone) {
		keep(batch, message, buf_span(&text));
		batch_read(p, batch, message);
	} else {
		message->fate = gone ? BATCH_GONE : BATCH_WITHHELD;
	}
	if (result == IMAP_LOST)
		*breaker =
			(struct pipeline_breaker){ uid, breaker->uid == uid ? breaker->sessions + 1
									    : 1 };
	buf_free(&text);
	return result == IMAP_REFUSED ? IMAP_OK : result;
}

/* *proved as in fetch_all(): a server that gave all beginnings may be in trouble since. */
static enum imap_result
complete_all(struct pipeline *p, struct batch *batch, size_t *proved)
{
	enum imap_result result = IMAP_OK;

	for (size_t i = 0; i < batch->count && result == IMAP_OK; i++) {
		struct batch_message *message = &batch->message[i];

		if (message->fate != BATCH_CAME || !is_beginning(p, message))
			continue;
		result = complete(p, batch, message);
		if (message->fate != BATCH_CAME && *proved > i)
			*proved = i;
		if (message->fate == BATCH_CAME && *proved <= i)
			*proved = i + 1;
	}
	return result;
}

/* First message of this fate from index `from` on, or count. */
static size_t
find_fate(const struct batch *batch, size_t from, enum batch_fate fate)
{
	while (from < batch->count && batch->message[from].fate != fate)
		from++;
	return from;
}

/* What neither came nor was refused was taken away by somebody, unless it is still listed. */
static enum imap_result
look_for_missing(struct pipeline *p, struct batch *batch)
{
	size_t first = find_fate(batch, 0, BATCH_GONE), count = 0;
	struct imap_item *item = NULL;
	enum imap_result result;

	if (first == batch->count)
		return IMAP_OK;
	/* Lets the server tell us of what is gone; before that it may list it still. */
	result = imap_noop(p->imap);
	if (result == IMAP_OK)
		result = imap_list(p->imap, batch->message[first].item.uid - 1, batch->count, &item,
				   &count);
	for (size_t i = 0; i < count && result == IMAP_OK; i++) {
		struct batch_message *message = batch_find(batch, item[i].uid);

		if (message != NULL && message->fate == BATCH_GONE)
			message->fate = BATCH_WITHHELD;
	}
	free(item);
	return result;
}

/* Of a message whose rest is withheld for good the beginning is read. */
static void
keep_beginnings(struct pipeline *p, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct batch_message *message = &batch->message[i];

		if (message->fate != BATCH_WITHHELD || span_empty(message->bytes))
			continue;
		message->fate = BATCH_CAME;
		log_warn("%s: of uid %u only the first %zu bytes are read, the server does not "
			 "give the rest",
			 p->where, message->item.uid, span_len(message->bytes));
	}
}

/* Cuts off what stands in doubt; its first message is given up after so many sessions. */
static void
cut_doubts(struct pipeline *p, struct batch *batch, size_t proved, bool *cut)
{
	size_t first = find_fate(batch, proved, BATCH_WITHHELD);

	if (first == batch->count)
		return;
	if (p->doubt->uid != batch->message[first].item.uid)
		*p->doubt = (struct pipeline_doubt){ .uid = batch->message[first].item.uid };
	if (++p->doubt->sessions >= PIPELINE_DOUBT_SESSIONS)
		first = find_fate(batch, first + 1, BATCH_WITHHELD);
	*cut = first < batch->count;
	if (*cut)
		log_warn("%s: the server does not give uid %u; this one and what follows it wait "
			 "for the next session",
			 p->where, batch->message[first].item.uid);
	batch->count = first;
}

enum imap_result
batch_fetch(struct pipeline *p, struct batch *batch, bool *cut)
{
	size_t proved = 0;
	enum imap_result result = fetch_all(p, batch, &proved);

	*cut = false;
	if (result == IMAP_REFUSED) {
		log_warn("%s: the server refused to give %zu messages at once, asking one by one: "
			 "%s",
			 p->where, batch->count, imap_error(p->imap));
		result = fetch_one_by_one(p, batch, &proved);
	}
	if (result == IMAP_OK)
		result = complete_all(p, batch, &proved);
	if (result == IMAP_OK)
		result = look_for_missing(p, batch);
	if (result != IMAP_OK)
		return result;
	cut_doubts(p, batch, proved, cut);
	keep_beginnings(p, batch);
	return IMAP_OK;
}
