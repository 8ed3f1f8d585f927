/*
 * store_surge - the counts that make incidents
 *
 * Every address that newly begins to fail is counted under some names, and each count is asked for
 * at once. Most names come again in the same transaction ("all", the list, the text): a name is
 * read once, counted in memory, and written once, at the commit. Between BEGIN IMMEDIATE and COMMIT
 * nobody else can change what was read; whoever looks with SQL must write first.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "arena.h"
#include "log.h"
#include "store_incident.h"
#include "store_private.h"

#define HISTORY (BREAKER_HISTORY_DAYS * STATE_DAY)
#define HOUR INT64_C(3600)
#define MOST_NAMES ((size_t)1024)      /* in memory; with more, what is pending is written */
#define SLOTS (2 * MOST_NAMES)         /* at least half stay free, so a search ends */
#define MOST_TEXT ((size_t)512 * 1024) /* bytes of their text: so too */
#define NOTHING_READ INT64_C(-1)       /* as struct name.since */

struct name {
	struct store_surge what;
	int64_t hour, pending; /* addresses of that hour that are not written yet */
	int64_t first;         /* of them: no transition before that one */

	int64_t since; /* behind that hour there are, what is pending left out: */
	int64_t sum, least;
};

struct store_surges {
	struct arena text;
	size_t count;
	struct name name[MOST_NAMES];
	uint16_t slot[SLOTS]; /* index into name[] and 1; 0 = free */
};

void
store_surge_forget(struct store *store)
{
	struct store_surges *surges = store->surges;

	store->last_transition = 0;
	if (surges == NULL || surges->count == 0)
		return;
	surges->count = 0;
	memset(surges->slot, 0, sizeof(surges->slot));
	arena_reset(&surges->text);
}

void
store_surge_free(struct store *store)
{
	if (store->surges == NULL)
		return;
	arena_free(&store->surges->text);
	free(store->surges);
	store->surges = NULL;
}

/* FNV-1a, without the case of ASCII letters: so the table compares names. */
static size_t
hash(const struct store_surge *what)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *p = what->kind; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	for (const char *p = what->name.p; p < what->name.end; p++)
		h = (h ^ (unsigned char)span_lower(*p)) * UINT64_C(0x100000001b3);
	return (size_t)(h >> 32) % SLOTS;
}

static sqlite3_stmt *
surge_statement(struct store *store, const char *name, const struct store_surge *what)
{
	sqlite3_stmt *s = store_statement(store, name);

	store_bind_word(store, s, "kind", what->kind);
	store_bind_whole(store, s, "name", what->name);
	return s;
}

static int
write_name(struct store *store, struct name *name)
{
	sqlite3_stmt *s = surge_statement(store, "surge_add", &name->what);

	store_bind_number(store, s, "hour", name->hour);
	store_bind_number(store, s, "addresses", name->pending);
	store_bind_number(store, s, "first", name->first);
	if (store_run(store, s) < 0)
		return -1;
	name->pending = 0;
	name->since = NOTHING_READ;
	return 0;
}

/* Two old rows go for each that may be new, so that they never become more. */
static int
forget_old(struct store *store, int64_t hour, int64_t written)
{
	sqlite3_stmt *s = store_statement(store, "surge_forget");

	store_bind_number(store, s, "before", hour - 2 * HISTORY / HOUR);
	store_bind_number(store, s, "most", 2 * written);
	return store_run(store, s);
}

int
store_surge_write(struct store *store)
{
	struct store_surges *surges = store->surges;
	int64_t written = 0, hour = 0;

	for (size_t i = 0; surges != NULL && i < surges->count; i++) {
		struct name *name = &surges->name[i];

		if (name->pending == 0)
			continue;
		hour = name->hour;
		written++;
		if (write_name(store, name) < 0)
			return -1;
	}
	return written > 0 ? forget_old(store, hour, written) : 0;
}

/* What was read is still true in this transaction, and may not be in the next one. */
static int
write_and_forget(struct store *store)
{
	int result = store_surge_write(store);

	store_surge_forget(store);
	return result;
}

static uint16_t *
find_slot(struct store_surges *surges, const struct store_surge *what)
{
	size_t i = hash(what);

	while (surges->slot[i] != 0) {
		const struct store_surge *other = &surges->name[surges->slot[i] - 1].what;

		if (strcmp(other->kind, what->kind) == 0 && span_ieq(other->name, what->name))
			break;
		i = (i + 1) % SLOTS;
	}
	return &surges->slot[i];
}

static struct store_surges *
surges_of(struct store *store)
{
	if (store->surges == NULL) {
		store->surges = xalloc(sizeof(*store->surges));
		arena_init(&store->surges->text, SIZE_MAX); /* see MOST_TEXT */
	}
	return store->surges;
}

/* The name, new when it was not heard of yet. NULL: the store is in trouble. */
static struct name *
find_name(struct store *store, const struct store_surge *what)
{
	struct store_surges *surges = surges_of(store);
	uint16_t *slot = find_slot(surges, what);
	struct name *name;
	struct span text;

	if (*slot != 0)
		return &surges->name[*slot - 1];
	if (surges->count == MOST_NAMES || surges->text.used >= MOST_TEXT) {
		if (write_and_forget(store) < 0)
			return NULL;
		slot = find_slot(surges, what);
	}
	text = arena_copy(&surges->text, what->name);
	if (text.p == NULL)
		log_fatal(EX_OSERR, "out of memory");
	name = &surges->name[surges->count++];
	*name = (struct name){ .what = { what->kind, text }, .since = NOTHING_READ };
	*slot = (uint16_t)surges->count;
	return name;
}

/* The transition that is written next is the first that can be part of what is counted now. */
static int
next_transition(struct store *store, int64_t *next)
{
	sqlite3_stmt *s;
	int result = 0;

	if (store->last_transition == 0 || sqlite3_get_autocommit(store->db) != 0) {
		s = store_statement(store, "transition_last");
		result = store_step(store, s);
		if (result > 0 &&
		    store_column(store, s, 0, INT64_MAX - 1, &store->last_transition) < 0)
			result = -1;
		store_done(s);
	}
	*next = store->last_transition + 1;
	return result < 0 ? -1 : 0;
}

int
store_surge_add(struct store *store, const struct store_surge *what, int64_t time)
{
	struct name *name = find_name(store, what);

	if (name == NULL ||
	    (name->pending > 0 && name->hour != time / HOUR && write_name(store, name) < 0) ||
	    (name->pending == 0 && next_transition(store, &name->first) < 0))
		return -1;
	name->hour = time / HOUR;
	name->pending++;
	return sqlite3_get_autocommit(store->db) == 0 ? 0 : write_and_forget(store);
}

static int
read_name(struct store *store, struct name *name, int64_t since)
{
	sqlite3_stmt *s = surge_statement(store, "surge_count", &name->what);
	int result;

	store_bind_number(store, s, "since", since);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, INT64_MAX, &name->sum) < 0 ||
			   store_column(store, s, 1, INT64_MAX, &name->least) < 0))
		result = -1;
	store_done(s);
	name->since = result < 0 ? NOTHING_READ : since;
	return result < 0 ? -1 : 0;
}

int
store_surge_count(struct store *store, const struct store_surge *what, int64_t since,
		  uint64_t *count, int64_t *first)
{
	struct name *name = find_name(store, what);
	int64_t least;

	if (name == NULL ||
	    (name->since != since / HOUR && read_name(store, name, since / HOUR) < 0))
		return -1;
	*count = (uint64_t)name->sum;
	least = name->least;
	if (name->pending > 0 && name->hour > since / HOUR) {
		*count += (uint64_t)name->pending;
		least = least == 0 || name->first < least ? name->first : least;
	}
	if (first != NULL)
		*first = least;
	if (sqlite3_get_autocommit(store->db) != 0)
		store_surge_forget(store);
	return 0;
}

int
store_surge_take(struct store *store, const struct store_surge *what, int64_t time)
{
	sqlite3_stmt *s;

	if (write_and_forget(store) < 0)
		return -1;
	s = surge_statement(store, "surge_take", what);
	store_bind_number(store, s, "hour", time / HOUR);
	return store_run(store, s);
}

int
store_surge_usual(struct store *store, const struct store_surge *what, int64_t until,
		  uint64_t *a_day, int64_t *oldest)
{
	int64_t sum = 0, days = 0;
	sqlite3_stmt *s;
	int result;

	*a_day = 0;
	*oldest = 0;
	if (store_surge_write(store) < 0)
		return -1;
	s = surge_statement(store, "surge_usual", what);
	store_bind_number(store, s, "since", until - HISTORY);
	store_bind_number(store, s, "until", until);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, INT64_MAX, &sum) < 0 ||
			   store_column(store, s, 1, INT64_MAX, &days) < 0 ||
			   store_column(store, s, 2, INT64_MAX, oldest) < 0))
		result = -1;
	store_done(s);
	*a_day = days > 0 ? (uint64_t)((sum + days - 1) / days) : 0;
	return result < 0 ? -1 : 0;
}
