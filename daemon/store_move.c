/*
 * store_move - messages that are to be moved, and how far that got
 *
 * The intent is written with the message and ticked off when the server has moved it. Each step
 * between the two that a crash could fall into is written before it is taken.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <limits.h>

#include "log.h"

int
store_move_target(struct store *store, int64_t folder, int64_t now, const char *after,
		  char **target)
{
	sqlite3_stmt *s = store_statement(store, "move_target");
	int result;

	*target = NULL;
	store_bind_number(store, s, "folder", folder);
	store_bind_number(store, s, "now", now);
	store_bind_whole(store, s, "after", span_of(after));
	result = store_step(store, s);
	if (result > 0)
		*target = xstrndup(store_column_text(s, 0));
	store_done(s);
	return result < 0 ? -1 : 0;
}

static int
read_uids(struct store *store, sqlite3_stmt *s, struct store_move_set *set)
{
	int64_t number;
	int result;

	set->count = 0;
	store_bind_number(store, s, "folder", set->folder);
	store_bind_number(store, s, "now", set->now);
	store_bind_number(store, s, "most", set->most > INT64_MAX ? INT64_MAX : (int64_t)set->most);
	while ((result = store_step(store, s)) > 0) {
		result = store_column(store, s, 0, UINT32_MAX, &number);
		if (result < 0)
			break;
		set->uid[set->count++] = (uint32_t)number;
	}
	store_done(s);
	return result;
}

int
store_moves(struct store *store, const char *target, struct store_move_set *set)
{
	sqlite3_stmt *s = store_statement(store, "moves");

	if (store_settle(store) < 0)
		return -1;
	store_bind_word(store, s, "target", target);
	return read_uids(store, s, set);
}

int
store_copies_done(struct store *store, struct store_move_set *set)
{
	return read_uids(store, store_statement(store, "copies_done"), set);
}

int
store_move_retry_at(struct store *store, int64_t folder, int64_t now, int64_t *time)
{
	sqlite3_stmt *s = store_statement(store, "move_retry_at");
	int result;

	*time = 0;
	store_bind_number(store, s, "folder", folder);
	store_bind_number(store, s, "now", now);
	result = store_step(store, s);
	if (result > 0 && store_column(store, s, 0, INT64_MAX, time) < 0)
		result = -1;
	store_done(s);
	return result < 0 ? -1 : 0;
}

/* The uid of the copy; 0 = not told. */
static uint32_t
copy_of(const struct store_move *move, size_t i)
{
	return move->filed.uid != NULL ? move->filed.uid[i] : 0;
}

/* How many from the i-th on can be ticked off together: their uids follow each other, and so do
 * those of their copies, or none is told. */
static size_t
run_length(const struct store_move *move, size_t i)
{
	uint32_t copy = copy_of(move, i);
	size_t n = 1;

	while (i + n < move->count && move->uid[i + n] == move->uid[i] + n &&
	       copy_of(move, i + n) == (copy == 0 ? 0 : copy + n))
		n++;
	return n;
}

/* Nearly every message is moved, and many at once: one statement a run, not one a message. */
static void
bind_moved(struct store *store, sqlite3_stmt *s, const struct store_move *move, size_t i)
{
	uint32_t copy = copy_of(move, i);

	store_bind_number(store, s, "folder", move->folder);
	store_bind_number(store, s, "first", move->uid[i]);
	store_bind_number(store, s, "last", move->uid[i + run_length(move, i) - 1]);
	store_bind_number(store, s, "time", move->time);
	store_bind_word(store, s, "to", move->filed.folder);
	store_bind_some(store, s, "uidvalidity", copy != 0 ? move->filed.uidvalidity : 0);
	if (copy != 0)
		store_bind_number(store, s, "higher", (int64_t)copy - move->uid[i]);
}

static void
bind_step(struct store *store, sqlite3_stmt *s, const struct store_move *move, size_t i)
{
	const struct store_filed *filed = &move->filed;

	if (move->step == STORE_MOVED) {
		bind_moved(store, s, move, i);
		return;
	}
	store_bind_number(store, s, "folder", move->folder);
	store_bind_number(store, s, "uid", move->uid[i]);
	switch (move->step) {
	case STORE_COPY_DONE:
		store_bind_number(store, s, "time", move->time);
		store_bind_some(store, s, "uidvalidity",
				copy_of(move, i) != 0 ? filed->uidvalidity : 0);
		store_bind_some(store, s, "copy", copy_of(move, i));
		return;
	case STORE_COPY_BEGIN:
		store_bind_word(store, s, "to", filed->folder);
		store_bind_number(store, s, "time", move->time);
		return;
	case STORE_KEPT:
		store_bind_number(store, s, "time", move->time);
		return;
	case STORE_COPY_UNDONE:
	case STORE_MOVED:
		return;
	}
}

int
store_move_step(struct store *store, const struct store_move *move)
{
	static const char *const statements[] = {
		[STORE_MOVED] = "moved",
		[STORE_KEPT] = "move_kept",
		[STORE_COPY_BEGIN] = "copy_begin",
		[STORE_COPY_DONE] = "copy_done",
		[STORE_COPY_UNDONE] = "copy_undone",
	};
	int result = store_begin(store);

	if (result < 0)
		return -1;
	for (size_t i = 0, n; i < move->count && result == 0; i += n) {
		sqlite3_stmt *s = store_statement(store, statements[move->step]);

		n = move->step == STORE_MOVED ? run_length(move, i) : 1;
		bind_step(store, s, move, i);
		result = store_run(store, s);
	}
	if (result == 0 && store_commit(store) == 0)
		return 0;
	store_rollback(store);
	return -1;
}

int
store_move_refused(struct store *store, int64_t folder, uint32_t uid,
		   const struct store_retry *retry)
{
	sqlite3_stmt *s = store_statement(store, "move_refused");
	int64_t times = 0;
	int result;

	store_bind_number(store, s, "folder", folder);
	store_bind_number(store, s, "uid", uid);
	store_bind_number(store, s, "time", retry->time);
	store_bind_number(store, s, "least", retry->least);
	store_bind_number(store, s, "most", retry->most);
	result = store_step(store, s);
	if (result > 0 && store_column(store, s, 0, INT_MAX, &times) < 0)
		result = -1;
	store_done(s);
	return result < 0 ? -1 : (int)times;
}

int
store_copies_unsure(struct store *store, int64_t folder, struct store_unsure **copies,
		    size_t *count)
{
	sqlite3_stmt *s = store_statement(store, "copies_unsure");
	size_t room = 0;
	int64_t others;
	int result;

	*copies = NULL;
	*count = 0;
	store_bind_number(store, s, "folder", folder);
	while ((result = store_step(store, s)) > 0) {
		struct store_unsure *copy;

		if (*count == room) {
			room = room == 0 ? 64 : 2 * room;
			*copies = xgrow(*copies, room, sizeof(**copies));
		}
		copy = &(*copies)[(*count)++];
		if (store_read_trace(store, s, 1, &copy->uid, &copy->trace) < 0 ||
		    store_column(store, s, 6, UINT32_MAX, &others) < 0) {
			result = -1;
			break;
		}
		copy->others = (size_t)others;
	}
	store_done(s);
	return result;
}

void
store_unsure_free(struct store_unsure *copies, size_t count)
{
	for (size_t i = 0; i < count; i++)
		store_trace_free(&copies[i].trace);
	free(copies);
}

/* Columns from `at` on: uid, folder, Message-ID, size, fingerprint. */
int
store_read_trace(struct store *store, sqlite3_stmt *s, int at, uint32_t *uid,
		 struct store_trace *trace)
{
	int64_t number, size;

	*trace = (struct store_trace){ 0 };
	if (store_column(store, s, at, UINT32_MAX, &number) < 0 ||
	    store_column(store, s, at + 3, INT64_MAX, &size) < 0)
		return -1;
	*uid = (uint32_t)number;
	trace->size = (uint64_t)size;
	if (sqlite3_column_bytes(s, at + 4) != STORE_FINGERPRINT)
		return store_nonsense(store, "a fingerprint in the message table");
	memcpy(trace->fingerprint, sqlite3_column_blob(s, at + 4), STORE_FINGERPRINT);
	trace->folder = xstrndup(store_column_text(s, at + 1));
	trace->message_id = xstrndup(store_column_text(s, at + 2));
	return 0;
}

void
store_trace_free(struct store_trace *trace)
{
	free(trace->folder);
	free(trace->message_id);
	*trace = (struct store_trace){ 0 };
}

int
store_filed_as(struct store *store, const struct store_trace *trace, uint32_t uidvalidity,
	       uint32_t uid)
{
	sqlite3_stmt *s = store_statement(store, "filed_as");
	int result;

	store_bind_blob(store, s, "fingerprint", trace->fingerprint, STORE_FINGERPRINT);
	store_bind_word(store, s, "to", trace->folder);
	store_bind_number(store, s, "uidvalidity", uidvalidity);
	store_bind_number(store, s, "copy", uid);
	result = store_step(store, s);
	store_done(s);
	return result;
}

int
store_filed_last(struct store *store, int64_t folder, const struct store_filed *filed,
		 uint32_t *uid)
{
	sqlite3_stmt *s = store_statement(store, "filed_last");
	int result;

	store_bind_number(store, s, "folder", folder);
	store_bind_word(store, s, "to", filed->folder);
	store_bind_number(store, s, "uidvalidity", filed->uidvalidity);
	result = store_step(store, s);
	*uid = result == 1 ? (uint32_t)sqlite3_column_int64(s, 0) : 0;
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_moves_forget(struct store *store, const char *account, const char *name, uint32_t uidvalidity)
{
	sqlite3_stmt *s = store_statement(store, "moves_forget");

	store_bind_whole(store, s, "account", span_of(account));
	store_bind_whole(store, s, "name", span_of(name));
	store_bind_number(store, s, "uidvalidity", uidvalidity);
	if (store_run(store, s) < 0)
		return -1;
	return sqlite3_changes(store->db);
}

int
store_moves_revive(struct store *store, int64_t folder)
{
	sqlite3_stmt *s = store_statement(store, "moves_revive");

	store_bind_number(store, s, "folder", folder);
	if (store_run(store, s) < 0)
		return -1;
	return sqlite3_changes(store->db);
}

static int
take_back(struct store *store, int64_t folder, uint32_t uidnext, int64_t time)
{
	sqlite3_stmt *s = store_statement(store, "taken_back_folder");
	int64_t into = 0;
	int result;

	store_bind_number(store, s, "folder", folder);
	store_bind_number(store, s, "time", time);
	result = store_step(store, s);
	if (result > 0 && store_column(store, s, 0, INT64_MAX, &into) < 0)
		result = -1;
	store_done(s);
	if (result < 0)
		return -1;
	s = store_statement(store, "taken_back_messages");
	store_bind_number(store, s, "folder", folder);
	store_bind_number(store, s, "into", into);
	store_bind_number(store, s, "uidnext", uidnext);
	store_bind_number(store, s, "time", time);
	if (store_run(store, s) < 0)
		return -1;
	s = store_statement(store, "taken_back_advance");
	store_bind_number(store, s, "folder", folder);
	store_bind_number(store, s, "uidnext", uidnext);
	return store_run(store, s);
}

int
store_taken_back(struct store *store, int64_t folder, uint32_t uidnext, int64_t time)
{
	if (store_begin(store) < 0)
		return -1;
	if (take_back(store, folder, uidnext, time) == 0 && store_commit(store) == 0)
		return 0;
	store_rollback(store);
	return -1;
}
