/*
 * pipeline - one batch: fetch, record in ONE transaction, move, tick
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_private.h"

#include <gnutls/crypto.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "crash.h"
#include "log.h"

#define FIRST_BATCHES 2 /* that are listed before the first FETCH */

/* Bytes of what was read that wait to be recorded; one message may have more. */
#define MOST_READ ((size_t)8 * 1024 * 1024)

void
pipeline_init(struct pipeline *p)
{
	p->more = false;
	p->unmoved = 0;
	p->looked_away = false;
	p->asked = p->asked_folder = NULL;
	p->moving = NULL;
	arena_init(&p->arena,
		   MOST_READ + ARENA_DEFAULT_LIMIT); /* one message may need all of that */
}

void
pipeline_free(struct pipeline *p)
{
	pipeline_forget_move(p);
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

/* Messages of one batch at most. */
static size_t
most_at_once(const struct config_account *account)
{
	return account->batch_messages > account->move_messages ? account->batch_messages
								: account->move_messages;
}

/* How many of the items make the next batch, which is recorded at once: bounded by count and by
 * bytes, one at least. */
static size_t
batch_size(const struct config_account *account, const struct imap_item *item, size_t count)
{
	size_t most = most_at_once(account);
	uint64_t bytes = 0;
	size_t n;

	for (n = 0; n < count && n < most; n++) {
		bytes += batch_expect(account, item[n].size);
		if (n > 0 && bytes > account->batch_bytes)
			break;
	}
	return n;
}

/* What is fetched with one command: a piece of a batch. */
struct step {
	const struct imap_item *item;
	size_t count;
	bool ends_batch;
};

/* All steps of a listing. *steps: how many. The caller frees them. */
static struct step *
plan(const struct config_account *account, const struct imap_item *item, size_t count,
     size_t *steps)
{
	struct step *step = xarray(count, sizeof(*step));
	size_t n = 0, left = 0;

	while (count > 0) {
		if (left == 0)
			left = batch_size(account, item, count);
		step[n].item = item;
		step[n].count = left < account->batch_messages ? left : account->batch_messages;
		item += step[n].count;
		count -= step[n].count;
		left -= step[n].count;
		step[n++].ends_batch = left == 0;
	}
	*steps = n;
	return step;
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

static struct ledger_message
ledger_of(const struct pipeline *p, const struct batch *batch, const struct batch_message *message)
{
	return (struct ledger_message){
		.folder = p->folder.id,
		.where = p->where,
		.uid = message->item.uid,
		.size = message->item.size,
		.bytes = message->bytes,
		.time = batch->time,
	};
}

static int
record_message(struct pipeline *p, const struct batch *batch, const struct batch_message *message)
{
	struct ledger_message what = ledger_of(p, batch, message);
	struct ledger_result result;

	if (ledger_record(p->store, p->config, &what, &message->reading, &result) < 0)
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
record_one(struct pipeline *p, const struct batch *batch, const struct batch_message *message)
{
	crash_here("in-transaction");
	switch (message->fate) {
	case BATCH_CAME:
		return record_message(p, batch, message);
	case BATCH_WITHHELD:
		return record_withheld(p, message, batch->time);
	case BATCH_GONE:
		break;
	}
	return 0;
}

void
batch_read(struct pipeline *p, const struct batch *batch, struct batch_message *message)
{
	struct ledger_message what = ledger_of(p, batch, message);

	if (p->arena.used >= MOST_READ)
		return;
	ledger_read(&p->arena, p->config, p->account, &what, &message->reading);
	message->read = true;
}

/* What was read is recorded by now: its memory serves again. */
static void
forget_readings(struct pipeline *p, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->message[i].read = false;
	arena_reset(&p->arena);
}

/* Most messages were read when they came; what the memory did not suffice for is read now. Returns
 * the index behind the last one that can be recorded. */
static size_t
read_some(struct pipeline *p, struct batch *batch, size_t from)
{
	size_t i;

	for (i = from; i < batch->count; i++) {
		struct batch_message *message = &batch->message[i];

		if (message->fate != BATCH_CAME || message->read)
			continue;
		if (i == from && p->arena.used >= MOST_READ)
			forget_readings(p, batch);
		batch_read(p, batch, message);
		if (!message->read)
			break;
		/* When this was cancelled the next command says so. */
		(void)co_breathe(imap_loop(p->imap));
	}
	return i;
}

/* One transaction: messages from `from` up to `end`, fewer when it takes too long for the others
 * who share the thread. Nothing waits in here: the store is shared. Returns the index behind the
 * last one, or 0 when the store is in trouble. */
static size_t
record_some(struct pipeline *p, const struct batch *batch, size_t from, size_t end)
{
	double began = co_clock();
	size_t i = from;
	uint32_t last;

	if (store_begin_part(p->store) < 0)
		return 0;
	do {
		if (record_one(p, batch, &batch->message[i]) < 0)
			return 0;
	} while (++i < end && (!co_shared(imap_loop(p->imap)) || co_clock() - began < CO_SLICE));
	last = batch->message[i - 1].item.uid;
	if (store_folder_advance(p->store, p->folder.id, last) < 0)
		return 0;
	crash_here("before-commit");
	if (store_commit(p->store) < 0)
		return 0;
	p->folder.last_uid = last;
	crash_here("after-commit");
	return i;
}

static int
batch_record(struct pipeline *p, struct batch *batch)
{
	size_t done = 0;

	batch->time = (int64_t)time(NULL);
	while (done < batch->count) {
		size_t end = read_some(p, batch, done);

		while (done < end) {
			struct pipeline_totals before = *p->totals;
			size_t unmoved = p->unmoved, next;

			(void)co_breathe(imap_loop(p->imap));
			next = record_some(p, batch, done, end);

			if (next == 0) {
				store_rollback(p->store);
				*p->totals = before;
				p->unmoved = unmoved;
				return -1;
			}
			done = next;
			if (done < batch->count)
				(void)co_give_way(imap_loop(p->imap));
		}
	}
	return store_settle(p->store);
}

/* Fetches the step's messages into the batch. */
static enum pipeline_result
step_fetch(struct pipeline *p, const struct step *step, struct batch *batch, bool *cut)
{
	struct batch part = { .p = p, .count = step->count, .bytes = batch->bytes };
	enum pipeline_result result;

	batch->message = xgrow(batch->message, batch->count + step->count, sizeof(*part.message));
	part.message = batch->message + batch->count;
	memset(part.message, 0, step->count * sizeof(*part.message));
	for (size_t i = 0; i < step->count; i++)
		part.message[i].item = step->item[i];
	result = pipeline_result_of(batch_fetch(p, &part, cut));
	if (result == PIPELINE_OK)
		batch->count += part.count;
	return result;
}

/* The session ends after this batch, and what it has done already must be known: a MOVE under way.
 * Its answer takes the place of the words why the session ends. */
static enum pipeline_result
finish_early(struct pipeline *p)
{
	if (p->moving == NULL)
		return PIPELINE_OK;
	if (imap_error(p->imap)[0] != '\0')
		log_warn("%s: %s: %s", p->where, imap_peer(p->imap), imap_error(p->imap));
	return pipeline_finish_move(p);
}

/* Records the batch and empties it. */
static enum pipeline_result
record_batch(struct pipeline *p, struct batch *batch)
{
	struct pipeline_totals before = *p->totals;

	crash_here("after-fetch");
	if (batch->count > 0 && batch_record(p, batch) < 0)
		return PIPELINE_STORE_BAD;
	if (p->totals->messages > before.messages) {
		log_info("%s: recorded up to uid %u: %" PRIu64 " messages, %" PRIu64
			 " recipients, %" PRIu64 " changed state",
			 p->where, p->folder.last_uid, p->totals->messages - before.messages,
			 p->totals->recipients - before.recipients,
			 p->totals->changed - before.changed);
	}
	batch->count = 0;
	arena_reset(batch->bytes);
	arena_reset(&p->arena);
	return PIPELINE_OK;
}

/* The steps of one listing, and how far the server has been asked for them. */
struct course {
	struct step *step;
	size_t count;
	size_t posted;            /* the first step that was not sent ahead */
	bool goes_on;             /* there may be more than was listed, ... */
	bool asked;               /* ... and the server was asked for it */
	struct imap_item *beyond; /* what it said */
};

static enum pipeline_result
post_step(struct pipeline *p, struct course *course, size_t at)
{
	bool sent = true;
	enum pipeline_result result = PIPELINE_OK;

	/* What was sent ahead is lost when something else was asked since. */
	if (course->posted < at || imap_is_quiet(p->imap))
		course->posted = at;
	if (course->posted == at && at < course->count)
		result = batch_post(p, course->step[at].item, course->step[at].count, &sent);
	if (course->posted == at)
		course->posted += sent;
	return result;
}

/* Is there enough to move? A batch may end somewhat earlier than a MOVE is full. */
static bool
is_move_due(const struct pipeline *p)
{
	return p->unmoved > 0 && p->unmoved >= p->account->move_messages / 2;
}

static uint32_t
last_uid(const struct course *course)
{
	const struct step *last = &course->step[course->count - 1];

	return last->item[last->count - 1].uid;
}

/* A long listing takes the server as long as a batch takes us: it is made while we record. */
static enum pipeline_result
ask_beyond(struct pipeline *p, struct course *course)
{
	if (!course->goes_on)
		return PIPELINE_OK;
	course->goes_on = false;
	return pipeline_result_of(
		imap_post_list(p->imap, last_uid(course), PIPELINE_MAX_LIST, &course->asked));
}

/*
 * Gives the server work for the time in which this step is read and recorded: behind its own FETCH
 * the MOVE of what was recorded before, whose answer is short and waits for nobody, and then the
 * next FETCH. *moving: the MOVE was sent, if it is due.
 */
static enum pipeline_result
send_ahead(struct pipeline *p, struct course *course, size_t at, bool due, bool *moving)
{
	const struct step *step = &course->step[at];
	enum pipeline_result result = due ? pipeline_finish_move(p) : PIPELINE_OK;

	*moving = false;
	if (result == PIPELINE_OK)
		result = post_step(p, course, at);
	if (due && result == PIPELINE_OK)
		result = pipeline_post_move(p, moving);
	/* Other commands in between would make the server send for nothing what was asked for. */
	if (result == PIPELINE_OK && due == *moving &&
	    batch_comes_whole(p, step->item, step->count)) {
		result = post_step(p, course, at + 1);
		if (result == PIPELINE_OK && step->ends_batch)
			result = ask_beyond(p, course);
	}
	return result;
}

/* The last step is about to be taken: what else is there follows it as if it had been listed with
 * it. */
static enum pipeline_result
go_on(struct pipeline *p, struct course *course)
{
	enum pipeline_result result;
	struct step *more;
	size_t count, steps;

	course->asked = false;
	result = pipeline_result_of(
		imap_list(p->imap, last_uid(course), PIPELINE_MAX_LIST, &course->beyond, &count));
	if (result != PIPELINE_OK || count == 0)
		return result;
	more = plan(p->account, course->beyond, count, &steps);
	course->step = xgrow(course->step, course->count + steps, sizeof(*more));
	memcpy(course->step + course->count, more, steps * sizeof(*more));
	course->count += steps;
	free(more);
	return PIPELINE_OK;
}

/* Records the batch; then moves what no MOVE could be sent ahead for. */
static enum pipeline_result
end_batch(struct pipeline *p, struct batch *batch, bool waits, bool cut)
{
	enum pipeline_result result = cut ? finish_early(p) : PIPELINE_OK;

	if (result == PIPELINE_OK)
		result = record_batch(p, batch);
	if (result == PIPELINE_OK && cut)
		return PIPELINE_MAILBOX_BAD;
	if (result == PIPELINE_OK && waits)
		result = pipeline_finish_move(p);
	return result == PIPELINE_OK && waits ? pipeline_move(p) : result;
}

/* Fetches one step. The batch is recorded when it ends with it, and when the server does not give
 * what follows (cut). */
static enum pipeline_result
take_step(struct pipeline *p, struct course *course, size_t at, struct batch *batch)
{
	bool ends = course->step[at].ends_batch, due = ends && is_move_due(p);
	bool moving = false, cut = false;
	enum pipeline_result result = PIPELINE_OK;

	if (course->asked && at + 1 == course->count)
		result = go_on(p, course);
	if (result == PIPELINE_OK)
		result = send_ahead(p, course, at, due, &moving);
	if (result == PIPELINE_OK)
		result = step_fetch(p, &course->step[at], batch, &cut);
	if (result != PIPELINE_OK || (!ends && !cut && !*p->stop))
		return result;
	result = end_batch(p, batch, due && !moving, cut);
	/* New mail elsewhere must not wait behind a batch of ours for every word. When this was
	 * cancelled the next command says so. */
	if (at + 1 < course->count)
		(void)co_give_way(imap_loop(p->imap));
	return result;
}

/*
 * One listing, batch by batch. The server is never without work: while a batch is read and recorded
 * it moves those before it and prepares the next one.
 */
static enum pipeline_result
take_steps(struct pipeline *p, struct course *course)
{
	struct arena bytes;
	struct batch batch = { .p = p, .bytes = &bytes };
	enum pipeline_result result = PIPELINE_OK;

	arena_init(&bytes, SIZE_MAX);
	for (size_t i = 0; i < course->count && result == PIPELINE_OK && !*p->stop; i++)
		result = take_step(p, course, i, &batch);
	arena_free(&bytes);
	free(batch.message);
	return result == PIPELINE_OK ? pipeline_finish_move(p) : result;
}

static enum pipeline_result
take_listed(struct pipeline *p, const struct imap_item *item, size_t count, bool goes_on)
{
	struct course course = { .goes_on = goes_on };
	enum pipeline_result result = PIPELINE_OK;

	course.step = plan(p->account, item, count, &course.count);
	if (course.count > 1)
		result = pipeline_expect_moves(p);
	if (result == PIPELINE_OK)
		result = take_steps(p, &course);
	free(course.step);
	free(course.beyond);
	return result;
}

static bool
moves_are_due(const struct pipeline *p)
{
	return p->unmoved > 0 || (p->filing->due != 0 && p->filing->due <= (int64_t)time(NULL));
}

/* What is listed before anything is fetched: a turn, or some batches, so that there is time to list
 * the others. */
static size_t
first_listing(const struct pipeline *p)
{
	size_t most = FIRST_BATCHES * most_at_once(p->account);

	if (p->turn > 0)
		most = p->turn;
	else if (most < IMAP_LIST_MANY)
		most = IMAP_LIST_MANY;
	return most < PIPELINE_MAX_LIST ? most : PIPELINE_MAX_LIST;
}

/* Everything that is there by now, or what a turn allows. */
static enum pipeline_result
take_in(struct pipeline *p)
{
	size_t most = first_listing(p);
	enum pipeline_result result = PIPELINE_OK;

	while (result == PIPELINE_OK && !*p->stop) {
		struct imap_item *item = NULL;
		size_t count = 0;

		result = pipeline_result_of(
			imap_list(p->imap, p->folder.last_uid, most, &item, &count));
		crash_here("after-list");
		if (result == PIPELINE_OK && count > 0)
			result = take_listed(p, item, count, p->turn == 0 && count == most);
		free(item);
		/* What is here is filed before anybody looks whether more has come meanwhile. */
		if (result == PIPELINE_OK && count < most && moves_are_due(p))
			result = pipeline_move(p);
		p->more = p->turn > 0 && count == most;
		if (count == 0 || p->turn > 0)
			break;
	}
	return result;
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
