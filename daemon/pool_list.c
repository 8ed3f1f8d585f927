/*
 * pool_list - asks what the wildcards of a pool mean, and watches that
 *
 * Of each account first all is asked, then all is changed: half an answer takes no folder away.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "choice.h"
#include "pool_private.h"

#include <stdlib.h>

#include "log.h"

/* What the wildcards of one account mean. */
struct list {
	struct choice_site site;
	char **name; /* taken */
	size_t count;
	size_t beyond; /* more than may be taken */
	size_t unread;
	size_t left[CHOICE_COUNT];
};

static const char *const reasons[CHOICE_COUNT] = {
	[CHOICE_NAMED] = "watched by its own name",
	[CHOICE_CLOSED] = "holds no mail",
	[CHOICE_TARGET] = "mail is filed there",
	[CHOICE_USE] = "for another use",
};

static void
on_entry(void *context, const struct imap_entry *entry)
{
	struct list *list = context;
	const struct config_account *account = list->site.account;
	enum choice choice = choice_of(&list->site, entry);

	if (choice == CHOICE_FOREIGN)
		return;
	list->left[choice]++;
	if (choice != CHOICE_TAKEN) {
		log_debug("%s/%s: not watched by a wildcard: %s%s%s", account->name, entry->name,
			  reasons[choice], entry->use != NULL ? ", " : "",
			  entry->use != NULL ? entry->use : "");
	} else if (list->count == account->max_folders) {
		list->beyond++;
	} else {
		list->name = xgrow(list->name, list->count + 1, sizeof(*list->name));
		list->name[list->count++] = xstrdup(entry->name);
	}
}

/* Is what begins with this asked for already, with the pattern at `at` or a broader one? */
static bool
is_covered(char *const *folders, size_t at, const char *prefix)
{
	bool covered = false;

	for (size_t i = 0; folders[i] != NULL && !covered; i++) {
		char *other;

		if (i == at || !config_is_wildcard(folders[i]))
			continue;
		other = choice_prefix(folders[i]);
		covered = strncmp(other, prefix, strlen(other)) == 0 &&
			  (strlen(other) < strlen(prefix) || i < at);
		free(other);
	}
	return covered;
}

static enum imap_result
ask(struct imap *imap, struct list *list)
{
	struct imap_survey survey = { .each = on_entry, .context = list };
	char *const *folders = list->site.account->folders;
	enum imap_result result = IMAP_OK;

	for (size_t i = 0; folders[i] != NULL && result == IMAP_OK; i++) {
		char *prefix;

		if (!config_is_wildcard(folders[i]))
			continue;
		prefix = choice_prefix(folders[i]);
		if (!is_covered(folders, i, prefix)) {
			result = imap_survey(imap, prefix, &survey);
			list->unread += survey.unread;
		}
		free(prefix);
	}
	return result;
}

/* Alphabetically, each once: a server may name a folder twice. */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
put_in_order(struct list *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->name, list->count, sizeof(*list->name), compare_names);
	for (size_t i = 1; i < list->count; i++) {
		if (strcmp(list->name[kept], list->name[i]) == 0)
			free(list->name[i]);
		else
			list->name[++kept] = list->name[i];
	}
	list->count = kept + 1;
}

/* What wildcards have taken by now, by name: each name is looked up, of thousands maybe, and
 * meanwhile nobody else runs. */
struct taken {
	struct mailbox **at;
	size_t count;
};

static int
compare_folders(const void *a, const void *b)
{
	return strcmp((*(struct mailbox *const *)a)->folder, (*(struct mailbox *const *)b)->folder);
}

static struct taken
taken_by_now(const struct pool *pool)
{
	struct taken taken = { xarray(pool_folders(pool) + 1, sizeof(struct mailbox *)), 0 };
	struct mailbox *m;

	TAILQ_FOREACH(m, &pool->mailboxes, link)
	{
		if (m->wild)
			taken.at[taken.count++] = m;
	}
	qsort(taken.at, taken.count, sizeof(struct mailbox *), compare_folders);
	return taken;
}

/* The place of the first folder that is not before this name. */
static size_t
place_of(const struct taken *taken, const char *name)
{
	size_t low = 0, high = taken->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(taken->at[middle]->folder, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Who watches the folder for this account or for one that comes before it, which then has it, maybe
 * only since now; NULL = nobody does. */
static struct mailbox *
watcher_of(const struct taken *taken, const struct config_account *account, const char *name)
{
	struct mailbox *found = NULL;

	for (size_t i = place_of(taken, name);
	     i < taken->count && strcmp(taken->at[i]->folder, name) == 0; i++) {
		if (taken->at[i]->account <= account &&
		    (found == NULL || taken->at[i]->account < found->account))
			found = taken->at[i];
	}
	return found;
}

/* How many folders came. */
static size_t
watch_new(struct pool *pool, const struct list *list)
{
	const struct config_account *account = list->site.account;
	struct taken taken = taken_by_now(pool);
	size_t came = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct mailbox *m = watcher_of(&taken, account, list->name[i]);

		if (m == NULL) {
			m = pool_watch(pool, account, list->name[i]);
			m->wild = true;
			log_info("%s: watched by a wildcard", m->where);
			came++;
		}
		if (m->account == account)
			m->listed = true;
	}
	free(taken.at);
	return came;
}

/* How many folders went. */
static size_t
drop_old(struct pool *pool, const struct config_account *account)
{
	struct mailbox *m = TAILQ_FIRST(&pool->mailboxes);
	size_t went = 0;

	while (m != NULL) {
		struct mailbox *next = TAILQ_NEXT(m, link);

		if (m->wild && m->account == account && !m->listed) {
			log_info("%s: not watched any more, no wildcard means it now", m->where);
			pool_drop(pool, m);
			went++;
		} else {
			m->listed = false;
		}
		m = next;
	}
	return went;
}

static void
tell(const struct list *list)
{
	const struct config_account *account = list->site.account;

	log_info("%s: the wildcards in folders mean %zu folders; left out: %zu that mail is filed "
		 "to, %zu for another use (Trash and its like), %zu that hold no mail",
		 account->name, list->count, list->left[CHOICE_TARGET], list->left[CHOICE_USE],
		 list->left[CHOICE_CLOSED]);
	if (list->count == 0)
		log_warn("%s: the wildcards in folders mean no folder; to act: write them as the "
			 "server names its folders, with its separator",
			 account->name);
	if (list->beyond > 0)
		log_error("%s: the wildcards in folders mean %zu folders, of which only the first "
			  "%zu are watched; to act: write narrower ones, or raise max-folders",
			  account->name, list->count + list->beyond, list->count);
	if (list->unread > 0)
		log_warn("%s: %zu folders have names that cannot be read: a wildcard does not take "
			 "them",
			 account->name, list->unread);
}

/* One account. */
static enum imap_result
list_one(struct pool *pool, struct imap *imap, const struct config_account *account)
{
	struct list list = { .site = { account, pool->account, pool->account_count } };
	enum imap_result result = ask(imap, &list);

	if (result == IMAP_OK) {
		size_t changes;

		put_in_order(&list);
		changes = watch_new(pool, &list);

		changes += drop_old(pool, account);
		if (changes > 0 || !(pool->listed || pool->told_unlisted))
			tell(&list);
	}
	for (size_t i = 0; i < list.count; i++)
		free(list.name[i]);
	free(list.name);
	return result;
}

static bool
has_wildcards(const struct config_account *account)
{
	for (char **folder = account->folders; *folder != NULL; folder++) {
		if (config_is_wildcard(*folder))
			return true;
	}
	return false;
}

/* A server that refuses is asked again in due time, and what was known stays known. */
static void
tell_refused(const struct pool *pool, const struct config_account *account, const struct imap *imap)
{
	if (pool->told_unlisted)
		return;
	log_error("%s: the server does not list its folders: %s; what the wildcards in folders "
		  "mean %s",
		  account->name, imap_error(imap),
		  pool->listed ? "stays as it was" : "is not known, and none is watched");
}

enum imap_result
pool_list(struct pool *pool, struct imap *imap)
{
	enum imap_result result = IMAP_OK;
	bool refused = false;

	for (size_t i = 0; i < pool->account_count && result == IMAP_OK; i++) {
		if (!has_wildcards(pool->account[i]))
			continue;
		result = list_one(pool, imap, pool->account[i]);
		if (result != IMAP_REFUSED)
			continue;
		tell_refused(pool, pool->account[i], imap);
		refused = true;
		result = IMAP_OK;
	}
	if (result == IMAP_OK) {
		pool->told_unlisted = refused;
		pool->listed = pool->listed || !refused;
		pool->unlisted = refused && pool->once;
	}
	/* What came of one account stands, whatever became of the next. */
	pool_assign(pool);
	return result;
}
