/*
 * pipeline_way - how messages leave a folder: moved, copied and deleted, deleted, or marked
 *
 * MOVE does it in one step. Without it a copy is made first, and the original is deleted only when
 * the server has told which copy is whose, or the copy was found by its bytes. UID EXPUNGE names
 * the uids; where the server has none nothing is deleted: the message gets a keyword and stays.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_private.h"

#include <stdlib.h>
#include <time.h>

#include "crash.h"
#include "locate.h"
#include "log.h"

/* Writes one step of all the messages. */
enum pipeline_result
pipeline_write_step(struct pipeline *p, enum store_move_step step, struct imap_uids uids,
		    const struct store_filed *filed)
{
	struct store_move move = {
		.step = step,
		.folder = p->folder.id,
		.time = (int64_t)time(NULL),
		.uid = uids.uid,
		.count = uids.count,
	};

	if (filed != NULL)
		move.filed = *filed;
	if (uids.count == 0)
		return PIPELINE_OK;
	return store_move_step(p->store, &move) < 0 ? PIPELINE_STORE_BAD : PIPELINE_OK;
}

/* A set, parted by what became of each message. */
struct parted {
	uint32_t *gone, *gone_copy; /* not here any more, and their copies */
	uint32_t *here;
	size_t gone_count, here_count;
};

static void
parted_free(struct parted *parted)
{
	free(parted->gone);
	free(parted->gone_copy);
	free(parted->here);
}

/* copy may be NULL. */
static enum imap_result
look_which_left(struct pipeline *p, struct imap_uids uids, const uint32_t *copy,
		struct parted *parted)
{
	struct imap_item *item = NULL;
	size_t count = 0, next = 0;
	enum imap_result result;

	*parted = (struct parted){
		.gone = xarray(uids.count, sizeof(uint32_t)),
		.gone_copy = xarray(uids.count, sizeof(uint32_t)),
		.here = xarray(uids.count, sizeof(uint32_t)),
	};
	result = imap_look(p->imap, uids, &item, &count);
	for (size_t i = 0; i < uids.count && result == IMAP_OK; i++) {
		while (next < count && item[next].uid < uids.uid[i])
			next++;
		if (next < count && item[next].uid == uids.uid[i]) {
			parted->here[parted->here_count++] = uids.uid[i];
			continue;
		}
		parted->gone_copy[parted->gone_count] = copy == NULL ? 0 : copy[i];
		parted->gone[parted->gone_count++] = uids.uid[i];
	}
	free(item);
	return result;
}

/* The server says that they are gone, and they are not: once is enough, or the copies would become
 * more and more. */
static void
tell_stuck(struct pipeline *p, const struct parted *parted)
{
	if (parted->here_count == 0 || p->filing->told_stuck)
		return;
	p->filing->told_stuck = true;
	log_warn("%s: the server said that it has taken %zu messages away, uid %u first, but they "
		 "are still there; they are recorded and not touched again; to act: give this user "
		 "the right to delete and expunge, then move them by hand",
		 p->where, parted->here_count, parted->here[0]);
}

/* Ticks off what has left, and leaves alone what should have. copy may be NULL. */
static enum pipeline_result
tick(struct filing_job *job, struct imap_uids uids, const uint32_t *copy)
{
	struct pipeline *p = job->p;
	struct store_filed filed = { job->folder, job->copies.uidvalidity, NULL };
	struct parted parted;
	enum pipeline_result result = pipeline_result_of(look_which_left(p, uids, copy, &parted));

	filed.uid = parted.gone_copy;
	if (result == PIPELINE_OK)
		result = pipeline_write_step(p, STORE_MOVED,
					     (struct imap_uids){ parted.gone, parted.gone_count },
					     &filed);
	if (result == PIPELINE_OK)
		result = pipeline_write_step(
			p, STORE_KEPT, (struct imap_uids){ parted.here, parted.here_count }, NULL);
	if (result == PIPELINE_OK) {
		tell_stuck(p, &parted);
		p->totals->moved += parted.gone_count;
	}
	parted_free(&parted);
	return result;
}

/* UID EXPUNGE takes away what is found to be copied; where the server has none the MOVE is sent
 * again, and we do not ask what became of it. */
void
pipeline_lose_move(struct pipeline *p, struct imap_uids uids, const char *folder)
{
	struct pipeline_lost *lost = &p->filing->lost;

	if (!imap_can(p->imap, "UIDPLUS"))
		return;
	if (lost->count > 0)
		log_panic("pipeline: a MOVE before it is known what became of the last one");
	*lost = (struct pipeline_lost){
		.folder = p->folder.id,
		.target = xstrdup(folder),
		.uid = xarray(uids.count, sizeof(uint32_t)),
		.count = uids.count,
	};
	memcpy(lost->uid, uids.uid, uids.count * sizeof(uint32_t));
	log_info("%s: the connection was lost while %zu messages were moved to \"%s\"; what became "
		 "of them is looked for in the next session",
		 p->where, uids.count, folder);
	/* When the store is in trouble the next session tells it. */
	(void)pipeline_note_lost(p);
}

enum pipeline_result
pipeline_note_lost(struct pipeline *p)
{
	struct pipeline_lost *lost = &p->filing->lost;
	const struct store_move move = {
		.step = STORE_COPY_BEGIN,
		.folder = lost->folder,
		.time = (int64_t)time(NULL),
		.uid = lost->uid,
		.count = lost->count,
		.filed = { .folder = lost->target },
	};

	if (lost->count == 0)
		return PIPELINE_OK;
	if (store_move_step(p->store, &move) < 0)
		return PIPELINE_STORE_BAD;
	pipeline_forget_lost(lost);
	return PIPELINE_OK;
}

/* A set, parted by whether the server told of a copy. */
struct told {
	uint32_t *uid, *copy;
	uint32_t *other; /* without one */
	size_t count, others;
};

static struct told
told_of(const struct filing_job *job, struct imap_uids uids)
{
	struct told told = {
		.uid = xarray(uids.count, sizeof(uint32_t)),
		.copy = xarray(uids.count, sizeof(uint32_t)),
		.other = xarray(uids.count, sizeof(uint32_t)),
	};

	for (size_t i = 0; i < uids.count; i++) {
		if (job->copies.uid[i] == 0) {
			told.other[told.others++] = uids.uid[i];
			continue;
		}
		told.copy[told.count] = job->copies.uid[i];
		told.uid[told.count++] = uids.uid[i];
	}
	return told;
}

static void
told_free(struct told *told)
{
	free(told->uid);
	free(told->copy);
	free(told->other);
}

/* The server said OK, and not of each message that it is gone. Of which it tells a copy, that was
 * moved; where it tells of none at all only a look shows. */
static enum pipeline_result
look_what_moved(struct filing_job *job, struct imap_uids uids)
{
	struct told told;
	enum pipeline_result result;

	if (job->copies.told == 0)
		return tick(job, uids, NULL);
	told = told_of(job, uids);
	result = tick(job, (struct imap_uids){ told.uid, told.count }, told.copy);
	if (result == PIPELINE_OK)
		result = pipeline_no_copy(job->p, (struct imap_uids){ told.other, told.others });
	told_free(&told);
	return result;
}

static enum pipeline_result
way_move(struct filing_job *job, struct imap_uids uids, bool *refused)
{
	struct pipeline *p = job->p;
	struct store_filed filed = { .folder = job->folder };
	enum pipeline_result stored;
	enum imap_result result;

	crash_here("before-move");
	result = imap_move(p->imap, uids, job->folder, &job->copies);
	if (job->copies.unsure)
		pipeline_lose_move(p, uids, job->folder);
	*refused = result == IMAP_REFUSED;
	if (result != IMAP_OK)
		return *refused ? PIPELINE_OK : pipeline_result_of(result);
	crash_here("in-move");
	/* What others take away meanwhile is told with the same words (RFC 6851 section 3.3): their
	 * number proves nothing where the copies are not told. */
	if (job->copies.told == uids.count && job->copies.expunged >= uids.count) {
		filed.uidvalidity = job->copies.uidvalidity;
		filed.uid = job->copies.uid;
		stored = pipeline_write_step(p, STORE_MOVED, uids, &filed);
		p->totals->moved += stored == PIPELINE_OK ? uids.count : 0;
	} else {
		stored = look_what_moved(job, uids);
		if (stored == PIPELINE_MAILBOX_BAD || stored == PIPELINE_CANCELED)
			pipeline_lose_move(p, uids, job->folder);
	}
	if (stored == PIPELINE_OK)
		log_debug("%s: %zu messages moved to \"%s\"", p->where, uids.count, job->folder);
	crash_here("after-move");
	return stored;
}

/* \Deleted and UID EXPUNGE, of these and no others. */
static enum pipeline_result
take_away(struct filing_job *job, struct imap_uids uids, bool *refused)
{
	struct pipeline *p = job->p;
	enum imap_result result = imap_mark(p->imap, uids, "\\Deleted");

	crash_here("after-mark");
	if (result == IMAP_OK)
		result = imap_expunge(p->imap, uids);
	crash_here("in-expunge");
	*refused = result == IMAP_REFUSED;
	if (result != IMAP_OK)
		return *refused ? PIPELINE_OK : pipeline_result_of(result);
	job->copies = (struct imap_copies){ .uid = job->copies.uid };
	return tick(job, uids, NULL);
}

static enum pipeline_result
way_delete(struct filing_job *job, struct imap_uids uids, bool *refused)
{
	enum pipeline_result result;

	crash_here("before-delete");
	result = take_away(job, uids, refused);
	for (size_t i = 0; i < uids.count && result == PIPELINE_OK && !*refused; i++)
		log_info("%s: uid %u deleted", job->p->where, uids.uid[i]);
	return result;
}

/* The server refuses to take away what it has copied. */
static enum pipeline_result
leave_copied(struct pipeline *p, struct imap_uids uids)
{
	enum pipeline_result result = PIPELINE_OK;
	char *why = xstrdup(imap_error(p->imap));
	int times = 0;

	for (size_t i = 0; i < uids.count && result == PIPELINE_OK; i++)
		result = pipeline_set_aside(p, uids.uid[i], &times);
	if (times == 1) {
		log_warn(
			"%s: %zu messages, uid %u first, are copied to their target but the server "
			"does not take them away here, tried again in %u s and then more rarely; "
			"to "
			"act: give this user the right to delete and expunge; the server's words: "
			"%s",
			p->where, uids.count, uids.uid[0], p->account->move_retry, why);
	}
	free(why);
	return result;
}

enum pipeline_result
pipeline_take_copied(struct pipeline *p)
{
	struct filing_job job = { .p = p };
	struct store_move_set set = { .folder = p->folder.id, .now = (int64_t)time(NULL) };
	enum pipeline_result result = PIPELINE_OK;

	set.most = p->account->move_messages;
	set.uid = xarray(set.most, sizeof(*set.uid));
	while (result == PIPELINE_OK) {
		struct imap_uids uids;
		bool refused = false;

		if (store_copies_done(p->store, &set) < 0)
			result = PIPELINE_STORE_BAD;
		if (result != PIPELINE_OK || set.count == 0)
			break;
		uids = (struct imap_uids){ set.uid, set.count };
		uids.count = imap_fit(uids);
		result = take_away(&job, uids, &refused);
		if (result == PIPELINE_OK && refused)
			result = leave_copied(p, uids);
	}
	free(set.uid);
	return result;
}

enum pipeline_result
pipeline_tick_gone(struct pipeline *p, struct imap_uids uids)
{
	struct parted parted;
	enum pipeline_result result = pipeline_result_of(look_which_left(p, uids, NULL, &parted));

	if (result == PIPELINE_OK && parted.gone_count > 0)
		result = pipeline_write_step(
			p, STORE_MOVED, (struct imap_uids){ parted.gone, parted.gone_count }, NULL);
	if (result == PIPELINE_OK) {
		log_debug("%s: of %zu messages nobody knew whether they had been moved: %zu had",
			  p->where, uids.count, parted.gone_count);
		p->totals->moved += parted.gone_count;
	}
	parted_free(&parted);
	return result;
}

enum pipeline_result
pipeline_no_copy(struct pipeline *p, struct imap_uids uids)
{
	struct parted parted;
	enum pipeline_result result;
	int times = 0;

	if (uids.count == 0)
		return PIPELINE_OK;
	result = pipeline_result_of(look_which_left(p, uids, NULL, &parted));
	if (result == PIPELINE_OK)
		result = pipeline_write_step(
			p, STORE_MOVED, (struct imap_uids){ parted.gone, parted.gone_count }, NULL);
	for (size_t i = 0; i < parted.here_count && result == PIPELINE_OK; i++)
		result = pipeline_set_aside(p, parted.here[i], &times);
	if (times == 1) {
		log_warn("%s: the server said that it has copied %zu messages, uid %u first, but "
			 "there is no copy; they stay where they are, tried again in %u s and then "
			 "more rarely; to act: look into the server's log",
			 p->where, parted.here_count, parted.here[0], p->account->move_retry);
	}
	parted_free(&parted);
	return result;
}

/* A copy was made, and the server tells of which. What it does not tell of was taken by somebody
 * else, or refused without a word. */
static enum pipeline_result
note_copies(struct filing_job *job, struct imap_uids uids, bool *refused)
{
	struct pipeline *p = job->p;
	struct told told = told_of(job, uids);
	const struct store_filed filed = { job->folder, job->copies.uidvalidity, told.copy };
	enum pipeline_result result = pipeline_write_step(
		p, STORE_COPY_DONE, (struct imap_uids){ told.uid, told.count }, &filed);

	if (result == PIPELINE_OK)
		result = pipeline_no_copy(p, (struct imap_uids){ told.other, told.others });
	*refused = false;
	told_free(&told);
	return result;
}

static enum pipeline_result
way_copy(struct filing_job *job, struct imap_uids uids, bool *refused)
{
	struct pipeline *p = job->p;
	struct store_filed filed = { .folder = job->folder };
	enum pipeline_result result = pipeline_write_step(p, STORE_COPY_BEGIN, uids, &filed);
	enum imap_result copied;

	if (result != PIPELINE_OK)
		return result;
	crash_here("before-copy");
	copied = imap_copy(p->imap, uids, job->folder, &job->copies);
	crash_here("in-copy");
	*refused = copied == IMAP_REFUSED;
	if (*refused)
		return pipeline_write_step(p, STORE_COPY_UNDONE, uids, NULL);
	if (copied != IMAP_OK)
		return pipeline_result_of(copied);
	if (job->copies.told > 0)
		result = note_copies(job, uids, refused);
	else
		result = pipeline_settle_copies(p, true);
	crash_here("after-copy");
	if (result == PIPELINE_OK)
		result = pipeline_take_copied(p);
	return result;
}

static enum pipeline_result
way_keep(struct filing_job *job, struct imap_uids uids, bool *refused)
{
	struct pipeline *p = job->p;
	enum imap_result result = imap_mark(p->imap, uids, PIPELINE_KEYWORD);

	*refused = false;
	if (result != IMAP_OK && result != IMAP_REFUSED)
		return pipeline_result_of(result);
	if (!p->filing->told_kept) {
		log_warn("%s: the server can neither MOVE nor UID EXPUNGE, so mail stays where it "
			 "is: recorded, %s%s, not read again; to act: a server or a proxy with "
			 "MOVE, or leave as the target",
			 p->where,
			 result == IMAP_OK ? "marked " PIPELINE_KEYWORD
					   : "not even marked, for it refuses: ",
			 result == IMAP_OK ? "" : imap_error(p->imap));
	}
	p->filing->told_kept = true;
	return pipeline_write_step(p, STORE_KEPT, uids, NULL);
}

enum pipeline_result
pipeline_file(struct filing_job *job, struct imap_uids uids, bool *refused)
{
	switch (job->way) {
	case FILING_MOVE:
		return way_move(job, uids, refused);
	case FILING_COPY:
		return way_copy(job, uids, refused);
	case FILING_DELETE:
		return way_delete(job, uids, refused);
	case FILING_KEEP:
		break;
	}
	return way_keep(job, uids, refused);
}
