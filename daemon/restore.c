/*
 * restore - moves filed mail back to where it came from
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "restore.h"

#include <ev.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "locate.h"
#include "mailbox.h"

/* One message of a page. */
struct entry {
	const struct store_restorable *item;
	enum restore_outcome outcome;
	uint32_t now;  /* its uid where it was filed; 0 = not there */
	bool returned; /* a former run brought it back already */
	char *why;
};

/* One account. */
struct job {
	struct restore *restore;
	const struct config_account *account;
	const char *name;
	int64_t after; /* all up to this id are done */
	bool done;
	struct imap *imap;
	struct mailbox mailbox;
};

static int
compare_entries(const void *a, const void *b)
{
	const struct store_restorable *left = ((const struct entry *)a)->item;
	const struct store_restorable *right = ((const struct entry *)b)->item;
	int order = strcmp(left->trace.folder, right->trace.folder);

	if (order == 0)
		order = strcmp(left->origin, right->origin);
	return order != 0 ? order : (left->id > right->id) - (left->id < right->id);
}

static int
compare_now(const void *a, const void *b)
{
	uint32_t left = ((const struct entry *)a)->now, right = ((const struct entry *)b)->now;

	return (left > right) - (left < right);
}

static int
compare_uid(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void
settle(struct entry *entry, enum restore_outcome outcome, const char *why)
{
	entry->outcome = outcome;
	free(entry->why);
	entry->why = xstrdup(why);
}

/* Entries of the same two folders. */
struct group {
	struct job *job;
	struct entry *entry;
	size_t count;
	struct imap_folder filed; /* the folder that is selected */
};

/* What a former run was about to bring back may be back. */
static enum imap_result
look_at_origin(struct group *group)
{
	struct job *job = group->job;
	struct imap_folder folder;
	enum imap_result result = IMAP_OK;
	bool begun = false;

	for (size_t i = 0; i < group->count; i++)
		begun = begun || group->entry[i].item->begun;
	if (begun)
		result = imap_examine(job->imap, group->entry[0].item->origin, &folder);
	if (!begun || result != IMAP_OK)
		return result == IMAP_REFUSED ? IMAP_OK : result;
	for (size_t i = 0; i < group->count && result == IMAP_OK; i++) {
		struct entry *entry = &group->entry[i];
		const struct locate in = { job->imap, job->restore->store, job->name,
					   folder.uidvalidity };
		uint32_t uid = 0;

		if (entry->item->begun)
			result = locate(&in, &entry->item->trace, &uid);
		entry->returned = uid != 0;
	}
	return result;
}

/* Those that are still under the uid that the server told. */
static enum imap_result
look_at_uids(struct group *group)
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
look_at_bytes(struct group *group)
{
	const struct locate in = { group->job->imap, group->job->restore->store, group->job->name,
				   group->filed.uidvalidity };
	enum imap_result result = IMAP_OK;

	for (size_t i = 0; i < group->count && result == IMAP_OK; i++) {
		struct entry *entry = &group->entry[i];

		if (entry->now == 0)
			result = locate(&in, &entry->item->trace, &entry->now);
	}
	return result;
}

/* MOVE, or its steps. */
static enum imap_result
transfer(struct group *group, struct imap_uids uids, bool copy)
{
	struct imap *imap = group->job->imap;
	struct imap_copies copies = { .uid = xarray(uids.count, sizeof(uint32_t)) };
	const char *origin = group->entry[0].item->origin;
	enum imap_result result = IMAP_OK;

	if (imap_can(imap, "MOVE")) {
		result = imap_move(imap, uids, origin, &copies);
	} else if (!imap_can(imap, "UIDPLUS")) {
		result = imap_expunge(imap, uids); /* which says that the server cannot */
	} else {
		if (copy)
			result = imap_copy(imap, uids, origin, &copies);
		/* The next run finds what is there, and takes away what is still here. */
		if (result == IMAP_OK && copy && copies.told < uids.count)
			result = IMAP_REFUSED;
		if (result == IMAP_OK)
			result = imap_mark(imap, uids, "\\Deleted");
		if (result == IMAP_OK)
			result = imap_expunge(imap, uids);
	}
	free(copies.uid);
	return result;
}

static int
write_step(struct group *group, enum store_restore_step step, size_t first, size_t count)
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
	return store_commit(store);
}

static enum imap_result
store_failed(struct group *group)
{
	log_error("%s: the state database is in trouble: %s", group->job->name,
		  store_error(group->job->restore->store));
	return IMAP_CANCELED;
}

/* Some entries, which are there and ascending by uid. */
static enum imap_result
bring_back(struct group *group, size_t first, size_t count)
{
	struct entry *entry = &group->entry[first];
	uint32_t *uid = xarray(count, sizeof(*uid));
	enum imap_result result;

	for (size_t i = 0; i < count; i++)
		uid[i] = entry[i].now;
	if (write_step(group, STORE_RESTORE_BEGIN, first, count) < 0) {
		free(uid);
		return store_failed(group);
	}
	result = transfer(group, (struct imap_uids){ uid, count }, !entry[0].returned);
	if (result == IMAP_OK && write_step(group, STORE_RESTORE_DONE, first, count) < 0)
		result = store_failed(group);
	for (size_t i = 0; i < count && result == IMAP_OK; i++)
		settle(&entry[i], RESTORE_BACK, "");
	free(uid);
	return result;
}

/* One that the server refuses must not keep the others. */
static enum imap_result
bring_back_one_by_one(struct group *group, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		enum imap_result result = bring_back(group, i, 1);

		const char *why = imap_error(group->job->imap);

		if (result == IMAP_REFUSED)
			settle(&group->entry[i], RESTORE_REFUSED,
			       why[0] != '\0' ? why : "copied, but not told where; run it again");
		else if (result != IMAP_OK)
			return result;
	}
	return IMAP_OK;
}

/* How many entries from `first` on go with one command: found, of one kind, fitting. */
static size_t
set_at(const struct group *group, size_t first)
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
bring_back_all(struct group *group)
{
	enum imap_result result = IMAP_OK;
	size_t first = 0, count;

	qsort(group->entry, group->count, sizeof(*group->entry), compare_now);
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
foretell(struct group *group)
{
	for (size_t i = 0; i < group->count; i++)
		settle(&group->entry[i],
		       group->entry[i].now != 0 || group->entry[i].returned ? RESTORE_BACK
									    : RESTORE_GONE,
		       "");
}

static enum imap_result
restore_group(struct group *group)
{
	const char *folder = group->entry[0].item->trace.folder;
	bool dry_run = group->job->restore->dry_run;
	struct imap *imap = group->job->imap;
	enum imap_result result = look_at_origin(group);

	if (result == IMAP_OK)
		result = dry_run ? imap_examine(imap, folder, &group->filed)
				 : imap_select(imap, folder, &group->filed);
	if (result == IMAP_REFUSED) {
		for (size_t i = 0; i < group->count; i++)
			settle(&group->entry[i], RESTORE_GONE, imap_error(imap));
		return IMAP_OK;
	}
	if (result == IMAP_OK)
		result = look_at_uids(group);
	if (result == IMAP_OK)
		result = look_at_bytes(group);
	if (result != IMAP_OK)
		return result;
	if (!dry_run)
		return bring_back_all(group);
	foretell(group);
	return IMAP_OK;
}

static enum imap_result
restore_entries(struct job *job, struct entry *entry, size_t count)
{
	enum imap_result result = IMAP_OK;

	qsort(entry, count, sizeof(*entry), compare_entries);
	for (size_t first = 0, n; first < count && result == IMAP_OK; first += n) {
		struct group group = { .job = job, .entry = entry + first };
		const struct store_restorable *head = entry[first].item;

		for (n = 1; first + n < count; n++) {
			const struct store_restorable *item = entry[first + n].item;

			if (strcmp(item->trace.folder, head->trace.folder) != 0 ||
			    strcmp(item->origin, head->origin) != 0)
				break;
		}
		group.count = n;
		result = restore_group(&group);
	}
	return result;
}

/* A page that broke off is looked at again, but for those that are back. */
static void
tell_page(struct job *job, struct entry *entry, size_t count, bool whole)
{
	struct restore *restore = job->restore;

	for (size_t i = 0; i < count; i++) {
		if (entry[i].outcome != RESTORE_OPEN &&
		    (whole || (entry[i].outcome == RESTORE_BACK && !restore->dry_run))) {
			restore->count[entry[i].outcome]++;
			restore->tell(restore->context, job->name, entry[i].item, entry[i].outcome,
				      entry[i].why);
		}
		free(entry[i].why);
	}
}

/* *count: how many there were. */
static enum imap_result
restore_page(struct job *job, size_t *count)
{
	struct restore *restore = job->restore;
	struct store_restorable *item;
	struct entry *entry;
	enum imap_result result = IMAP_CANCELED;

	restore->filter.account = job->name;
	if (store_restorable(restore->store, &restore->filter, job->after, RESTORE_PAGE, &item,
			     count) < 0) {
		log_error("%s: %s", job->name, store_error(restore->store));
	} else {
		entry = xarray(*count + 1, sizeof(*entry));
		for (size_t i = 0; i < *count; i++)
			entry[i].item = &item[i];
		result = restore_entries(job, entry, *count);
		tell_page(job, entry, *count, result == IMAP_OK);
		if (result == IMAP_OK && *count > 0)
			job->after = item[*count - 1].id;
		free(entry);
	}
	store_restorable_free(item, *count);
	return result;
}

/* What the session is for. */
static bool
work(struct mailbox *mailbox, struct imap *imap)
{
	struct job *job = mailbox->owner;
	enum imap_result result;
	size_t count;

	job->imap = imap;
	do
		result = restore_page(job, &count);
	while (result == IMAP_OK && count == RESTORE_PAGE);
	if (result == IMAP_LOST)
		log_warn("%s: %s: %s", mailbox->where, imap_peer(imap), imap_error(imap));
	job->done = result == IMAP_OK;
	return result == IMAP_OK;
}

static void
no_matter(struct mailbox *mailbox)
{
	(void)mailbox;
}

/* Each account in a loop of its own, one after the other. */
static void
run_account(struct job *job)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct co_loop *loop;
	struct net *net;

	if (ev == NULL)
		log_fatal(EX_OSERR, "no event loop: the kernel offers neither epoll nor poll");
	loop = co_loop_new(ev);
	net = net_new(loop);
	job->mailbox = (struct mailbox){
		.loop = loop,
		.net = net,
		.store = job->restore->store,
		.config = job->restore->config,
		.account = job->account,
		.folder = "restore",
		.once = true,
		.job = work,
		.recorded = no_matter,
		.ended = no_matter,
		.owner = job,
	};
	mailbox_start(&job->mailbox);
	ev_run(ev, 0);
	free(job->mailbox.where);
	net_free(net);
	co_loop_free(loop);
	ev_loop_destroy(ev);
}

static const struct config_account *
find_account(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->account_count; i++) {
		if (strcmp(config->account[i].name, name) == 0)
			return &config->account[i];
	}
	return NULL;
}

/* Names of the accounts whose mail the store knows. */
struct names {
	char **name;
	size_t count;
};

static bool
on_account(void *context, int columns, const char *const *names, const char *const *values)
{
	struct names *all = context;

	(void)columns;
	(void)names;
	all->name = xgrow(all->name, all->count + 1, sizeof(*all->name));
	all->name[all->count++] = xstrdup(values[0]);
	return true;
}

/* True when an account has nothing that could be brought back. */
static bool
has_none(struct restore *restore, const char *name)
{
	struct store_restorable *item;
	size_t count;
	int result;

	restore->filter.account = name;
	result = store_restorable(restore->store, &restore->filter, 0, 1, &item, &count);
	store_restorable_free(item, count);
	return result == 0 && count == 0;
}

static int
restore_account(struct restore *restore, const char *name)
{
	struct job job = { .restore = restore, .name = name };

	if (has_none(restore, name))
		return 0;
	job.account = find_account(restore->config, name);
	if (job.account == NULL) {
		log_error("%s: the account is not configured any more; to bring its mail back, "
			  "configure it",
			  name);
		return -1;
	}
	run_account(&job);
	return job.done ? 0 : -1;
}

int
restore_run(struct restore *restore)
{
	const char *wanted = restore->filter.account;
	struct names names = { NULL, 0 };
	int result = 0;

	if (store_query(restore->store, "restorable_accounts", NULL, on_account, &names) < 0) {
		log_error("%s", store_error(restore->store));
		result = -1;
	}
	for (size_t i = 0; i < names.count; i++) {
		if ((wanted == NULL || strcmp(wanted, names.name[i]) == 0) &&
		    restore_account(restore, names.name[i]) < 0)
			result = -1;
		free(names.name[i]);
	}
	free(names.name);
	return result;
}
