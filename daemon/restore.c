/*
 * restore - moves filed mail back to where it came from
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "restore_private.h"

#include <ev.h>
#include <stdlib.h>
#include <sysexits.h>

#include "log.h"

static int
compare_entries(const void *a, const void *b)
{
	const struct store_restorable *left = ((const struct restore_entry *)a)->item;
	const struct store_restorable *right = ((const struct restore_entry *)b)->item;
	int order = strcmp(left->trace.folder, right->trace.folder);

	if (order == 0)
		order = strcmp(left->origin, right->origin);
	return order != 0 ? order : (left->id > right->id) - (left->id < right->id);
}

static enum imap_result
restore_entries(struct restore_job *job, struct restore_entry *entry, size_t count)
{
	enum imap_result result = IMAP_OK;

	qsort(entry, count, sizeof(*entry), compare_entries);
	for (size_t first = 0, n; first < count && result == IMAP_OK; first += n) {
		struct restore_group group = { .job = job, .entry = entry + first };
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
tell_page(struct restore_job *job, struct restore_entry *entry, size_t count, bool whole)
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
restore_page(struct restore_job *job, size_t *count)
{
	struct restore *restore = job->restore;
	struct store_restorable *item;
	struct restore_entry *entry;
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
static enum session_end
work(struct session *session, struct imap *imap)
{
	struct restore_job *job = session->owner;
	enum imap_result result;
	size_t count;

	session->waiting = false;
	job->imap = imap;
	do
		result = restore_page(job, &count);
	while (result == IMAP_OK && count == RESTORE_PAGE);
	if (result == IMAP_LOST)
		log_warn("%s: %s: %s", session->where, imap_peer(imap), imap_error(imap));
	job->done = result == IMAP_OK;
	return result == IMAP_OK ? SESSION_DONE : SESSION_LOST;
}

static void
no_matter(struct session *session)
{
	(void)session;
}

/* Each account in a loop of its own, one after the other. */
static void
run_account(struct restore_job *job)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	size_t size = strlen(job->account->name) + sizeof("/restore");
	char *where = xalloc(size);
	struct oauth2 *oauth2;
	struct co_loop *loop;
	struct net *net;

	if (ev == NULL)
		log_fatal(EX_OSERR, "no event loop: the kernel offers neither epoll nor poll");
	snprintf(where, size, "%s/restore", job->account->name);
	loop = co_loop_new(ev);
	net = net_new(loop);
	oauth2 = oauth2_new(loop, net);
	job->session = (struct session){
		.loop = loop,
		.net = net,
		.oauth2 = oauth2,
		.account = job->account,
		.where = where,
		.once = true,
		.work = work,
		.ended = no_matter,
		.owner = job,
	};
	session_start(&job->session, where);
	ev_run(ev, 0);
	free(where);
	oauth2_free(oauth2);
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
	struct restore_job job = { .restore = restore, .name = name };

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
