/*
 * restore_group - finds filed messages of one folder, and moves them back to another
 *
 * By the uid that the server told, else by their bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "restore_private.h"

#include <stdlib.h>
#include <time.h>

#include "locate.h"
#include "log.h"

#define CANNOT_TELL "nobody can tell whether it is back already; run it again"

static int
compare_now(const void *a, const void *b)
{
	uint32_t left = ((const struct restore_entry *)a)->now,
		 right = ((const struct restore_entry *)b)->now;

	return (left > right) - (left < right);
}

static int
compare_uid(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void
settle(struct restore_entry *entry, enum restore_outcome outcome, const char *why)
{
	entry->outcome = outcome;
	free(entry->why);
	entry->why = xstrdup(why);
}

static enum imap_result
store_failed(struct restore_group *group)
{
	log_error("%s: the state database is in trouble: %s", group->job->name,
		  store_error(group->job->restore->store));
	return IMAP_CANCELED;
}

/* Those that are still under the uid that the server told. */
static enum imap_result
look_at_uids(struct restore_group *group)
{
	uint32_t *uid = xarray(group->count, sizeof(*uid));
	struct imap_item *found = NULL;
	size_t count = 0, found_count = 0;
	enum imap_result result = IMAP_OK;

	for (size_t i = 0; i < group->count; i++) {
		const struct store_restorable *item = group->entry[i].item;

		if (item->uid != 0 && item->uidvalidity == group->filed.uidvalidity)
			uid[count++] = item->uid;
	}
	qsort(uid, count, sizeof(*uid), compare_uid);
	if (count > 0)
		result = imap_look(group->job->imap, (struct imap_uids){ uid, count }, &found,
				   &found_count);
	for (size_t i = 0; i < group->count && result == IMAP_OK; i++) {
		const struct store_restorable *item = group->entry[i].item;

		if (found_count > 0 && item->uidvalidity == group->filed.uidvalidity &&
		    bsearch(&item->uid, found, found_count, sizeof(*found), compare_uid) != NULL)
			group->entry[i].now = item->uid;
	}
	free(found);
	free(uid);
	return result;
}

/* The others by their bytes. */
static enum imap_result
look_at_bytes(struct restore_group *group)
{
	const struct locate in = { group->job->imap, group->job->restore->store, group->job->name,
				   group->filed.uidvalidity, 0 };
	enum imap_result result = IMAP_OK;

	for (size_t i = 0; i < group->count && result == IMAP_OK; i++) {
		struct restore_entry *entry = &group->entry[i];

		if (entry->now == 0)
			result = locate(&in, &entry->item->trace, &entry->now);
	}
	return result;
}

/* Entries before `end` whose copy is back and is alike to that of entry `end`. */
static size_t
alike_and_back(const struct restore_group *group, size_t end)
{
	const unsigned char *fingerprint = group->entry[end].item->trace.fingerprint;
	size_t count = 0;

	for (size_t i = 0; i < end; i++) {
		const struct restore_entry *entry = &group->entry[i];

		count += entry->returned && memcmp(entry->item->trace.fingerprint, fingerprint,
						   STORE_FINGERPRINT) == 0;
	}
	return count;
}

/* The folder that it came from is selected. When nobody can tell nothing is done to it. */
static enum imap_result
look_for_copy(struct restore_group *group, size_t i, uint32_t uidvalidity)
{
	struct restore_job *job = group->job;
	struct restore_entry *entry = &group->entry[i];
	struct store_trace there = entry->item->trace;
	struct locate in = { job->imap, job->restore->store, job->name, uidvalidity, 0 };
	enum imap_result result;
	uint32_t uid;

	there.folder = entry->item->origin;
	if (store_restore_others(in.store, entry->item->id, &in.others) < 0)
		return store_failed(group);
	in.others += alike_and_back(group, i);
	result = locate(&in, &there, &uid);
	entry->returned = uid != 0;
	if (result == IMAP_REFUSED)
		settle(entry, RESTORE_REFUSED, CANNOT_TELL);
	return result == IMAP_REFUSED ? IMAP_OK : result;
}

/* What a former run, or a session that was lost, was about to bring back may be back: also when the
 * server left the original where it was. Those that are gone are looked for first, for of two that
 * are alike the copy is rather theirs. */
static enum imap_result
look_at_origin(struct restore_group *group)
{
	struct imap *imap = group->job->imap;
	struct imap_folder folder;
	enum imap_result result = imap_examine(imap, group->entry[0].item->origin, &folder);
	const bool hidden = result == IMAP_REFUSED && !locate_no_folder(imap);

	for (size_t i = 0; i < group->count && (result == IMAP_OK || hidden); i++) {
		if (!group->entry[i].item->begun)
			continue;
		if (hidden)
			settle(&group->entry[i], RESTORE_REFUSED, CANNOT_TELL);
		else
			result = look_for_copy(group, i, folder.uidvalidity);
	}
	return result == IMAP_REFUSED ? IMAP_OK : result;
}

static bool
any_begun(const struct restore_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		if (group->entry[i].item->begun)
			return true;
	}
	return false;
}

/* What is settled already goes behind the others, which stay in their order. */
static void
leave_out_settled(struct restore_group *group)
{
	size_t open = 0;

	for (size_t i = 0; i < group->count; i++) {
		struct restore_entry entry = group->entry[i];

		if (entry.outcome != RESTORE_OPEN)
			continue;
		memmove(&group->entry[open + 1], &group->entry[open], (i - open) * sizeof(entry));
		group->entry[open++] = entry;
	}
	group->count = open;
}

/* Copies them, and notes what became of each: whatever fails next, nothing is copied twice. */
static enum imap_result
copy_back(struct restore_group *group, struct restore_entry *entry, struct imap_uids uids,
	  struct imap_copies *copies)
{
	enum imap_result result = imap_copy(group->job->imap, uids, entry[0].item->origin, copies);

	if (result != IMAP_OK)
		return result;
	for (size_t i = 0; i < uids.count; i++) {
		entry[i].returned = copies->uid[i] != 0;
		entry[i].unsure = copies->uid[i] == 0;
	}
	/* The next run finds what is there, and takes away what is still here. */
	return copies->told < uids.count ? IMAP_REFUSED : IMAP_OK;
}

/* MOVE, or its steps: also what is left of a MOVE that was carried out in part. */
static enum imap_result
transfer(struct restore_group *group, struct restore_entry *entry, struct imap_uids uids)
{
	struct imap *imap = group->job->imap;
	struct imap_copies copies = { .uid = xarray(uids.count, sizeof(uint32_t)) };
	const bool expunges = imap_can(imap, "UIDPLUS");
	enum imap_result result = IMAP_OK;

	if (imap_can(imap, "MOVE") && !(entry[0].returned && expunges)) {
		result = imap_move(imap, uids, entry[0].item->origin, &copies);
	} else if (!expunges) {
		result = imap_expunge(imap, uids); /* which says that the server cannot */
	} else {
		if (!entry[0].returned)
			result = copy_back(group, entry, uids, &copies);
		if (result == IMAP_OK)
			result = imap_mark(imap, uids, "\\Deleted");
		if (result == IMAP_OK)
			result = imap_expunge(imap, uids);
	}
	free(copies.uid);
	return result;
}

static int
write_step(struct restore_group *group, enum store_restore_step step, size_t first, size_t count)
{
	struct store *store = group->job->restore->store;
	int64_t now = (int64_t)time(NULL);

	if (store_begin(store) < 0)
		return -1;
	for (size_t i = first; i < first + count; i++) {
		int64_t id = group->entry[i].item->id;

		if (store_restore_step(store, step, id, now) < 0 ||
		    (step == STORE_RESTORE_BEGIN && group->job->restore->reprocess &&
		     store_restore_step(store, STORE_RESTORE_REPROCESS, id, now) < 0)) {
			store_rollback(store);
			return -1;
		}
	}
	if (store_commit(store) == 0)
		return 0;
	store_rollback(store);
	return -1;
}

/* Some entries, which are there and ascending by uid. */
static enum imap_result
bring_back(struct restore_group *group, size_t first, size_t count)
{
	struct restore_entry *entry = &group->entry[first];
	uint32_t *uid = xarray(count, sizeof(*uid));
	enum imap_result result;

	for (size_t i = 0; i < count; i++)
		uid[i] = entry[i].now;
	if (write_step(group, STORE_RESTORE_BEGIN, first, count) < 0) {
		free(uid);
		return store_failed(group);
	}
	result = transfer(group, entry, (struct imap_uids){ uid, count });
	if (result == IMAP_OK && write_step(group, STORE_RESTORE_DONE, first, count) < 0)
		result = store_failed(group);
	for (size_t i = 0; i < count && result == IMAP_OK; i++)
		settle(&entry[i], RESTORE_BACK, "");
	free(uid);
	return result;
}

/* One that the server refuses must not keep the others. */
static enum imap_result
bring_back_one_by_one(struct restore_group *group, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		struct restore_entry *entry = &group->entry[i];
		enum imap_result result = entry->unsure ? IMAP_REFUSED : bring_back(group, i, 1);

		if (result != IMAP_OK && result != IMAP_REFUSED)
			return result;
		if (result == IMAP_REFUSED) {
			settle(entry, RESTORE_REFUSED,
			       entry->unsure ? "copied, but not told where; run it again"
					     : imap_error(group->job->imap));
		}
	}
	return IMAP_OK;
}

/* How many entries from `first` on go with one command: found, of one kind, fitting. */
static size_t
set_at(const struct restore_group *group, size_t first)
{
	size_t most = group->job->account->move_messages, count = 1;

	/* 500 numbers of ten digits fit a command, however they lie. */
	if (most > 500)
		most = 500;
	while (first + count < group->count && count < most &&
	       group->entry[first + count].now != group->entry[first + count - 1].now &&
	       group->entry[first + count].returned == group->entry[first].returned)
		count++;
	return count;
}

static enum imap_result
bring_back_all(struct restore_group *group)
{
	enum imap_result result = IMAP_OK;
	size_t first = 0, count;

	for (; first < group->count && group->entry[first].now == 0; first++) {
		if (group->entry[first].returned &&
		    write_step(group, STORE_RESTORE_DONE, first, 1) < 0)
			return store_failed(group);
		settle(&group->entry[first],
		       group->entry[first].returned ? RESTORE_BACK : RESTORE_GONE, "");
	}
	for (; first < group->count && result == IMAP_OK; first += count) {
		count = set_at(group, first);
		if (first > 0 && group->entry[first].now == group->entry[first - 1].now) {
			settle(&group->entry[first], RESTORE_GONE,
			       "one with the same bytes came back");
			count = 1;
			continue;
		}
		result = bring_back(group, first, count);
		if (result == IMAP_REFUSED)
			result = bring_back_one_by_one(group, first, count);
	}
	return result;
}

static void
foretell(struct restore_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		settle(&group->entry[i],
		       group->entry[i].now != 0 || group->entry[i].returned ? RESTORE_BACK
									    : RESTORE_GONE,
		       "");
	}
}

/* Selects the folder where they were filed. */
static enum imap_result
open_filed(struct restore_group *group)
{
	const char *folder = group->entry[0].item->trace.folder;

	return group->job->restore->dry_run ? imap_examine(group->job->imap, folder, &group->filed)
					    : imap_select(group->job->imap, folder, &group->filed);
}

/* Where each of them is. */
static enum imap_result
look(struct restore_group *group)
{
	enum imap_result result = look_at_uids(group);
	const uint32_t uidvalidity = group->filed.uidvalidity;

	if (result == IMAP_OK)
		result = look_at_bytes(group);
	if (result != IMAP_OK)
		return result;
	qsort(group->entry, group->count, sizeof(*group->entry), compare_now);
	if (!any_begun(group))
		return IMAP_OK;
	result = look_at_origin(group);
	leave_out_settled(group);
	if (result == IMAP_OK && group->count > 0)
		result = open_filed(group);
	/* Made anew meanwhile: what was seen is worth nothing. */
	return group->filed.uidvalidity == uidvalidity ? result : IMAP_LOST;
}

/* The folder where they were filed is gone, and they with it, but for those that a former run
 * brought back before. */
static enum imap_result
look_without_filed(struct restore_group *group)
{
	char *why = xstrdup(imap_error(group->job->imap));
	enum imap_result result = any_begun(group) ? look_at_origin(group) : IMAP_OK;

	for (size_t i = 0; i < group->count && result == IMAP_OK; i++) {
		struct restore_entry *entry = &group->entry[i];

		if (entry->outcome == RESTORE_OPEN && !entry->returned)
			settle(entry, RESTORE_GONE, why);
	}
	free(why);
	leave_out_settled(group);
	return result;
}

enum imap_result
restore_group(struct restore_group *group)
{
	enum imap_result result = open_filed(group);

	if (result == IMAP_REFUSED)
		result = look_without_filed(group);
	else if (result == IMAP_OK)
		result = look(group);
	if (result != IMAP_OK)
		return result;
	if (!group->job->restore->dry_run)
		return bring_back_all(group);
	foretell(group);
	return IMAP_OK;
}
