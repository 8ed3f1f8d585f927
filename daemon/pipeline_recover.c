/*
 * pipeline_recover - copies that nobody knows of
 *
 * Without MOVE a message is copied, and the original deleted. Cut off between the two, only the
 * target knows whether there is a copy: it is asked before anything is copied again. A MOVE is the
 * same when its answer is lost: a server may have died within it. So is one that nobody remembers,
 * for we died as well.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_private.h"

#include <stdlib.h>
#include <time.h>

#include "locate.h"
#include "log.h"

/* The search through one target after the other. */
struct search {
	struct pipeline *p;
	const char *folder; /* that is open; NULL = none */
	bool missing;       /* it is not there */
	bool hidden;        /* the server does not let us look into it */
	uint32_t uidvalidity;
	uint32_t *lost; /* uids without a copy */
	size_t lost_count;
};

/* Nobody can tell now whether there is a copy: the message waits, for a second copy would be worse.
 */
static void
leave_unsure(struct search *search)
{
	struct pipeline *p = search->p;

	search->hidden = true;
	if (p->filing->told_hidden)
		return;
	p->filing->told_hidden = true;
	log_warn("%s: messages stay where they are, for it cannot be seen whether they were copied "
		 "to \"%s\" already; looked for again in the next session; to act: give this user "
		 "the right to read there; the server's words: %s",
		 p->where, search->folder, imap_error(p->imap));
}

static enum imap_result
open_target(struct search *search, const char *folder)
{
	struct imap_folder info;
	enum imap_result result;

	if (search->folder != NULL && strcmp(search->folder, folder) == 0)
		return IMAP_OK;
	result = imap_examine(search->p->imap, folder, &info);
	search->folder = folder;
	search->missing = result == IMAP_REFUSED && locate_no_folder(search->p->imap);
	search->hidden = false;
	search->uidvalidity = result == IMAP_OK ? info.uidvalidity : 0;
	if (result == IMAP_REFUSED && !search->missing)
		leave_unsure(search);
	return result == IMAP_REFUSED ? IMAP_OK : result;
}

static enum pipeline_result
look_for(struct search *search, const struct store_unsure *unsure)
{
	struct pipeline *p = search->p;
	struct store_filed filed = { .folder = unsure->trace.folder };
	uint32_t copy = 0;
	enum imap_result result = open_target(search, unsure->trace.folder);
	const struct locate in = {
		.imap = p->imap,
		.store = p->store,
		.where = p->where,
		.uidvalidity = search->uidvalidity,
		.others = unsure->others,
	};

	if (result == IMAP_OK && !search->missing && !search->hidden)
		result = locate(&in, &unsure->trace, &copy);
	if (result == IMAP_REFUSED)
		leave_unsure(search);
	else if (result != IMAP_OK)
		return pipeline_result_of(result);
	if (search->hidden)
		return PIPELINE_OK;
	if (copy == 0) {
		search->lost[search->lost_count++] = unsure->uid;
		return PIPELINE_OK;
	}
	log_debug("%s: uid %u was copied to \"%s\" before", p->where, unsure->uid,
		  unsure->trace.folder);
	filed.uidvalidity = search->uidvalidity;
	filed.uid = &copy;
	return pipeline_write_step(p, STORE_COPY_DONE, (struct imap_uids){ &unsure->uid, 1 },
				   &filed);
}

enum pipeline_result
pipeline_select_again(struct pipeline *p)
{
	struct imap_folder folder;
	enum imap_result result = imap_select(p->imap, p->watched, &folder);

	p->looked_away = true;
	p->selected_at = co_clock();
	if (result != IMAP_OK)
		return pipeline_result_of(result);
	if (folder.uidvalidity == p->uidvalidity)
		return PIPELINE_OK;
	log_warn("%s: the folder was made anew under us; beginning again", p->where);
	return PIPELINE_MAILBOX_BAD;
}

static enum pipeline_result
settle(struct search *search, const struct store_unsure *unsure, size_t count, bool said)
{
	struct pipeline *p = search->p;
	enum pipeline_result result = PIPELINE_OK;
	struct imap_uids lost;

	for (size_t i = 0; i < count && result == PIPELINE_OK; i++)
		result = look_for(search, &unsure[i]);
	if (result == PIPELINE_OK)
		result = pipeline_select_again(p);
	lost = (struct imap_uids){ search->lost, search->lost_count };
	if (result == PIPELINE_OK)
		result = said ? pipeline_no_copy(p, lost)
			      : pipeline_write_step(p, STORE_COPY_UNDONE, lost, NULL);
	return result;
}

enum pipeline_result
pipeline_settle_copies(struct pipeline *p, bool said)
{
	struct search search = { .p = p };
	struct store_unsure *unsure = NULL;
	enum pipeline_result result = PIPELINE_STORE_BAD;
	size_t count;

	if (store_copies_unsure(p->store, p->folder.id, &unsure, &count) == 0) {
		search.lost = xarray(count, sizeof(uint32_t));
		result = count == 0 ? PIPELINE_OK : settle(&search, unsure, count, said);
	}
	store_unsure_free(unsure, count);
	free(search.lost);
	return result;
}

static int
compare_uid(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* Most of what a lost connection leaves unsure was moved: one look saves a search for each. */
static enum pipeline_result
settle_gone(struct pipeline *p)
{
	struct store_unsure *unsure = NULL;
	enum pipeline_result result = PIPELINE_STORE_BAD;
	uint32_t *uid = NULL;
	size_t count;

	if (store_copies_unsure(p->store, p->folder.id, &unsure, &count) == 0) {
		uid = xarray(count, sizeof(*uid));
		for (size_t i = 0; i < count; i++)
			uid[i] = unsure[i].uid;
		qsort(uid, count, sizeof(*uid), compare_uid);
		result = count == 0 ? PIPELINE_OK
				    : pipeline_tick_gone(p, (struct imap_uids){ uid, count });
	}
	free(uid);
	store_unsure_free(unsure, count);
	return result;
}

/* May the target hold copies of ours that we do not know? Each was put behind those that we know,
 * so as a rule it tells by its UIDNEXT alone that there are none. Where nobody may look, none is
 * looked for. */
static enum pipeline_result
may_hold_copies(struct pipeline *p, const char *folder, bool *may)
{
	struct store_filed filed = { .folder = folder };
	struct imap_folder info;
	enum imap_result result = imap_examine(p->imap, folder, &info);
	uint32_t last;

	*may = false;
	if (result != IMAP_OK || info.exists == 0)
		return result == IMAP_REFUSED ? PIPELINE_OK : pipeline_result_of(result);
	filed.uidvalidity = info.uidvalidity;
	if (store_filed_last(p->store, p->folder.id, &filed, &last) < 0)
		return PIPELINE_STORE_BAD;
	*may = last == 0 || info.uidnext == 0 || info.uidnext - 1 > last;
	return PIPELINE_OK;
}

/* The set that a MOVE to this target would have been sent for. */
static enum pipeline_result
suspect(struct filing_job *job)
{
	struct pipeline *p = job->p;
	struct store_move_set set = { .folder = p->folder.id, .now = (int64_t)time(NULL) };
	enum pipeline_result result = pipeline_find_folder(job);
	bool may = false;

	if (result == PIPELINE_OK && !job->held)
		result = may_hold_copies(p, job->folder, &may);
	if (result != PIPELINE_OK || !may)
		return result;
	set.most = p->account->move_messages;
	set.uid = xarray(set.most, sizeof(*set.uid));
	if (store_moves(p->store, job->target, &set) < 0) {
		result = PIPELINE_STORE_BAD;
	} else {
		const struct store_filed filed = { .folder = job->folder };

		result = pipeline_write_step(p, STORE_COPY_BEGIN,
					     (struct imap_uids){ set.uid, set.count }, &filed);
		log_info("%s: of %zu messages it is not known whether they were moved to \"%s\" "
			 "when we ended; looking for them",
			 p->where, set.count, job->folder);
	}
	free(set.uid);
	return result;
}

/*
 * Nothing is written before a MOVE: it would cost a commit each, and the server moves all of a set
 * or nothing. Unless it died within it, and we as well: then the copies may be there and the
 * originals here. Only the first set of a target can have been under way.
 */
static enum pipeline_result
suspect_all(struct pipeline *p)
{
	int64_t now = (int64_t)time(NULL);
	char *target;
	enum pipeline_result result = pipeline_next_target(p, now, NULL, &target);
	bool looked = false;

	while (result == PIPELINE_OK && target != NULL) {
		struct filing_job job = { .p = p, .target = target };

		if (pipeline_way_to(p, target) == FILING_MOVE && imap_can(p->imap, "UIDPLUS")) {
			looked = true;
			result = suspect(&job);
			free(job.folder);
		}
		if (result != PIPELINE_OK)
			free(target);
		else
			result = pipeline_next_target(p, now, target, &target);
	}
	if (result == PIPELINE_OK && looked)
		result = pipeline_select_again(p);
	return result;
}

enum pipeline_result
pipeline_recover(struct pipeline *p)
{
	enum pipeline_result result = pipeline_note_lost(p);

	if (result != PIPELINE_OK || p->read_only)
		return result;
	if (!p->filing->traced)
		result = suspect_all(p);
	p->filing->traced = p->filing->traced || result == PIPELINE_OK;
	if (result == PIPELINE_OK)
		result = settle_gone(p);
	return result == PIPELINE_OK ? pipeline_settle_copies(p, false) : result;
}
