/*
 * forget - what names an address goes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "forget.h"

#include <errno.h>
#include <sysexits.h>
#include <time.h>

#include "log.h"

#define PAUSE 2000000L        /* ns between two transactions: the daemon has its turn */
#define LOG_TRIES 2           /* to empty the log; each waits for others as long as any lock, */
#define LOG_PAUSE 100000000L  /* ns between two of them */
#define PIECE ((size_t)65536) /* bytes of the file at once */

static void
wait_a_moment(long nanoseconds)
{
	const struct timespec pause = { .tv_nsec = nanoseconds };

	nanosleep(&pause, NULL);
}

static bool
is_suppressed(enum bounce_state state)
{
	switch (state) {
	case BOUNCE_STATE_DEAD:
	case BOUNCE_STATE_COMPLAINED:
	case BOUNCE_STATE_PINNED_DEAD:
		return true;
	case BOUNCE_STATE_OK:
	case BOUNCE_STATE_BACKOFF:
	case BOUNCE_STATE_SUSPENDED:
	case BOUNCE_STATE_PINNED_OK:
	case BOUNCE_STATE_COUNT:
		break;
	}
	return false;
}

/* ---- its own rows ---- */

/* The standings, read before anything is written. */
struct own {
	struct {
		char *scope;
		struct bounce_standing standing;
	} * of;
	size_t count;
};

static int
on_standing(void *context, const struct store_past *past)
{
	struct own *own = context;

	own->of = xgrow(own->of, own->count + 1, sizeof(*own->of));
	own->of[own->count].scope = xstrndup(past->key.scope);
	own->of[own->count++].standing = past->standing;
	return 0;
}

static void
own_free(struct own *own)
{
	for (size_t i = 0; i < own->count; i++)
		free(own->of[i].scope);
	free(own->of);
	*own = (struct own){ 0 };
}

/* Where the address is forgotten already, a former run wrote it, and reports may have come since.
 */
static int
keep_suppressed(struct forget *f, struct span address, const struct own *own)
{
	char pseudonym[STORE_PSEUDONYM_SIZE];
	int before = store_forgotten(f->store, address, pseudonym, NULL);

	for (size_t i = 0; i < own->count && before >= 0; i++) {
		const struct store_key key = { span_of(f->pseudonym), span_of(own->of[i].scope) };
		struct bounce_standing known;
		int found;

		if (!is_suppressed(own->of[i].standing.state))
			continue;
		f->kept++;
		found = before > 0 ? store_standing(f->store, &key, &known) : 0;
		if (found < 0 ||
		    (found == 0 && store_put_standing(f->store, &key, &own->of[i].standing) < 0) ||
		    store_tombstone_put(f->store, f->pseudonym, f->operation, f->what.time) < 0)
			return -1;
	}
	return before < 0 ? -1 : 0;
}

/* First of all, so that whatever reports come from now on say it of the pseudonym. */
static int
take_over(struct forget *f, struct span address, struct own *own)
{
	if (store_forget_key(f->store) < 0 ||
	    store_pseudonym(f->store, address, f->pseudonym) <= 0 ||
	    store_standings_of(f->store, address, on_standing, own) < 0)
		return -1;
	f->what.arguments = f->pseudonym;
	f->standings = (int)own->count;
	if (store_operation_add(f->store, &f->what, &f->operation) < 0)
		return -1;
	return keep_suppressed(f, address, own);
}

/* In one transaction; what `work` says rolls it back. */
static int
end(struct store *store, int result)
{
	if (result >= 0 && store_commit(store) < 0)
		result = -1;
	if (result < 0)
		store_rollback(store);
	wait_a_moment(PAUSE);
	return result;
}

/* Some entries, behind a baseline as everything that goes; at last the standing. 1 = there is more,
 * 0, -1. */
static int
drop_some(struct forget *f, const struct store_key *key)
{
	struct bounce_standing standing;
	int64_t next, last;

	if (store_forget_next(f->store, key, &next, &last) < 0)
		return -1;
	if (last == 0)
		return store_drop_standing(f->store, key);
	if (store_standing(f->store, key, &standing) < 0 ||
	    store_baseline_put(f->store, key, last, &standing) < 0 ||
	    store_drop_entries(f->store, key, next) < 0)
		return -1;
	return 1;
}

static int
drop_own(struct forget *f, struct span address, const struct own *own)
{
	for (size_t i = 0; i < own->count; i++) {
		const struct store_key key = { address, span_of(own->of[i].scope) };
		int more = 1;

		while (more > 0) {
			more = store_begin(f->store);
			if (more == 0)
				more = end(f->store, drop_some(f, &key));
		}
		if (more < 0)
			return -1;
	}
	return 0;
}

/* ---- the texts of others ---- */

/* Rows are sought without a transaction, and dropped in short ones. */
static int
drop_mention(struct forget *f, enum store_mention what, const struct store_sought *sought,
	     const int64_t *id, int count)
{
	int result = store_begin(f->store);

	for (int i = 0; i < count && result >= 0; i++) {
		if (i > 0 && i % STORE_RETAIN_MOST == 0)
			result = end(f->store, 0) < 0 ? -1 : store_begin(f->store);
		if (result >= 0)
			result = store_mention_drop(f->store, what, sought, id[i]);
		if (result > 0)
			f->mentions[what]++;
	}
	return end(f->store, result);
}

static int
drop_mentions(struct forget *f, enum store_mention what, const struct store_sought *sought)
{
	int64_t *id = xarray(STORE_MENTION_MOST, sizeof(*id));
	int64_t after = 0;
	int count = 0;

	while (count >= 0) {
		count = store_mentions(f->store, what, sought, &after, id);
		if (count > 0 && drop_mention(f, what, sought, id, count) < 0)
			count = -1;
	}
	free(id);
	return count == STORE_MENTION_END ? 0 : -1;
}

static int
drop_texts(struct forget *f, struct span address)
{
	struct store_sought sought = store_sought_of(address);
	int result = 0;

	for (unsigned what = 0; what < STORE_MENTION_COUNT && result == 0; what++)
		result = drop_mentions(f, (enum store_mention)what, &sought);
	if (result == 0)
		result = store_begin(f->store);
	if (result == 0) {
		f->words = end(f->store, store_mentions_drop(f->store, &sought));
		result = f->words < 0 ? -1 : 0;
	}
	store_sought_free(&sought);
	return result;
}

/* ---- all of it ---- */

static int
count_only(struct forget *f, struct span address)
{
	struct own own = { 0 };
	int result = store_standings_of(f->store, address, on_standing, &own);

	for (size_t i = 0; i < own.count; i++)
		f->kept += is_suppressed(own.of[i].standing.state);
	f->standings = (int)own.count;
	own_free(&own);
	return result < 0 ? -1 : 0;
}

/* Who reads keeps the log; mostly not for long. */
static int
empty_log(struct forget *f)
{
	int result = 0;

	for (unsigned tries = 0; tries < LOG_TRIES && result == 0; tries++) {
		if (tries > 0)
			wait_a_moment(LOG_PAUSE);
		result = store_truncate_log(f->store);
	}
	f->log_open = result == 0;
	return result < 0 ? -1 : 0;
}

int
forget_address(struct forget *f, struct span address)
{
	struct own own = { 0 };
	int result;

	if (store_forget_count(f->store, address, &f->entries, &f->reports) < 0)
		return -1;
	if (f->dry)
		return count_only(f, address);
	if (store_forget_begin(f->store) < 0 || store_begin(f->store) < 0)
		return -1;
	result = end(f->store, take_over(f, address, &own));
	if (result == 0)
		result = drop_own(f, address, &own);
	own_free(&own);
	if (result == 0)
		result = drop_texts(f, address);
	if (result == 0 && f->vacuum)
		result = store_vacuum(f->store);
	return result < 0 ? -1 : empty_log(f);
}

/* ---- what is left ---- */

/* Of the bytes in `text`, which an occurrence may run over the end of. */
static int64_t
count_in(struct span text, struct span wanted)
{
	const size_t length = span_len(wanted);
	int64_t count = 0;

	for (; span_len(text) >= length; text.p++)
		count += span_ieq(span_make(text.p, length), wanted);
	return count;
}

static int64_t
count_in_file(FILE *file, struct span wanted)
{
	const size_t overlap = span_len(wanted) - 1;
	char *piece = xarray(PIECE + overlap, 1);
	size_t kept = 0, got;
	int64_t count = 0;

	while ((got = fread(piece + kept, 1, PIECE, file)) > 0) {
		const size_t all = kept + got;

		count += count_in(span_make(piece, all), wanted);
		kept = all < overlap ? all : overlap;
		memmove(piece, piece + all - kept, kept);
	}
	if (ferror(file))
		count = -1;
	free(piece);
	return count;
}

int64_t
forget_left(const char *path, struct span address)
{
	static const char *const ending[] = { "", "-wal" };
	int64_t count = 0;

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]) && count >= 0; i++) {
		char *name = NULL;
		FILE *file;
		int64_t in_file;

		if (asprintf(&name, "%s%s", path, ending[i]) < 0)
			log_fatal(EX_OSERR, "out of memory");
		file = fopen(name, "re");
		free(name);
		if (file == NULL && errno == ENOENT)
			continue;
		in_file = file != NULL ? count_in_file(file, address) : -1;
		count = in_file < 0 ? -1 : count + in_file;
		if (file != NULL)
			fclose(file);
	}
	return count;
}
