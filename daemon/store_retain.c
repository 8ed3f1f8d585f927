/*
 * store_retain - the rows of the past, found and dropped
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_retain.h"

#include "store_private.h"

int
store_erase_begin(struct store *store)
{
	if (sqlite3_exec(store->db, store_sql("erase_begin"), NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, "erase_begin");
	return store_begin(store);
}

int
store_erase_end(struct store *store)
{
	if (sqlite3_exec(store->db, store_sql("erase_end"), NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, "erase_end");
	return 0;
}

/* The number that a bound statement gives; 1, 0 = it gives none, -1. */
static int
find_number(struct store *store, sqlite3_stmt *s, int64_t *out)
{
	int result = store_step(store, s);

	if (result > 0 && store_column(store, s, 0, INT64_MAX, out) < 0)
		result = -1;
	store_done(s);
	return result;
}

/* A statement that wants a key and nothing else. */
static int
run_key(struct store *store, const char *name, const struct store_key *key)
{
	sqlite3_stmt *s = store_statement(store, name);

	store_bind_key(store, s, key);
	return store_run(store, s);
}

/* ---- texts ---- */

static int
texts_at(struct store *store, int64_t *after)
{
	*after = 0;
	return find_number(store, store_statement(store, "retain_texts_at"), after) < 0 ? -1 : 0;
}

/* Up to the last old one of the next rows: a few that a wrong clock made young keep their texts as
 * long as they live. */
static int
next_texts(struct store *store, int64_t before, int64_t after, int64_t *last)
{
	sqlite3_stmt *s = store_statement(store, "retain_texts_next");
	int64_t rows = 0;
	int result;

	store_bind_number(store, s, "before", before);
	store_bind_number(store, s, "after", after);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, STORE_RETAIN_MOST, &rows) < 0 ||
			   store_column(store, s, 1, INT64_MAX, last) < 0))
		result = -1;
	store_done(s);
	return result < 0 ? -1 : (int)rows;
}

int
store_retain_texts(struct store *store, int64_t before, uint64_t *dropped)
{
	int64_t after, last = 0;
	sqlite3_stmt *s;
	int rows;

	if (texts_at(store, &after) < 0)
		return -1;
	rows = next_texts(store, before, after, &last);
	if (rows <= 0 || last == 0)
		return rows < 0 ? -1 : 0;
	s = store_statement(store, "retain_texts");
	store_bind_number(store, s, "after", after);
	store_bind_number(store, s, "last", last);
	store_bind_number(store, s, "before", before);
	if (store_run(store, s) < 0)
		return -1;
	*dropped += (uint64_t)sqlite3_changes(store->db);
	return store_setting(store, "texts_dropped", last) < 0 ? -1 : rows;
}

int
store_retain_incidents(struct store *store, int64_t before)
{
	sqlite3_stmt *s = store_statement(store, "retain_incidents");

	store_bind_number(store, s, "before", before);
	return store_run(store, s);
}

/* ---- history ---- */

static int
keep_key(sqlite3_stmt *s, int64_t id, struct arena *arena, struct store_old_keys *out)
{
	struct store_key key = { store_column_text(s, 2), store_column_text(s, 3) };
	struct store_old_key *own;

	for (size_t i = 0; i < out->count; i++) {
		if (span_ieq(out->key[i].key.address, key.address) &&
		    span_eq(out->key[i].key.scope, key.scope))
			return 0;
	}
	own = &out->key[out->count++];
	own->id = id;
	own->key.address = arena_copy(arena, key.address);
	own->key.scope = arena_copy(arena, key.scope);
	return own->key.address.p == NULL || own->key.scope.p == NULL ? -1 : 0;
}

int
store_retain_keys(struct store *store, int64_t before, int64_t *after, struct arena *arena,
		  struct store_old_keys *out)
{
	sqlite3_stmt *s = store_statement(store, "retain_next");
	int64_t id, time;
	int result, rows = 0;

	out->count = 0;
	store_bind_number(store, s, "after", *after);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	while ((result = store_step(store, s)) > 0) {
		rows++;
		if (store_column(store, s, 0, INT64_MAX, &id) < 0 ||
		    store_column(store, s, 1, INT64_MAX, &time) < 0 ||
		    (time < before && keep_key(s, id, arena, out) < 0)) {
			result = -1;
			break;
		}
		*after = id;
	}
	store_done(s);
	return result < 0 ? -1 : rows;
}

static int
find_last(struct store *store, const struct store_key *key, int64_t before, int64_t *last)
{
	sqlite3_stmt *s = store_statement(store, "retain_last");

	store_bind_key(store, s, key);
	store_bind_number(store, s, "before", before);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	return find_number(store, s, last);
}

/* 1 = it is less now, 0, -1. */
static int
spare_echoed(struct store *store, const struct store_key *key, int64_t *last)
{
	sqlite3_stmt *s = store_statement(store, "retain_echoed");

	store_bind_key(store, s, key);
	store_bind_number(store, s, "last", *last);
	return find_number(store, s, last);
}

int
store_retain_bound(struct store *store, const struct store_key *key, int64_t before,
		   struct store_old *out)
{
	sqlite3_stmt *s;
	int more = 1;

	*out = (struct store_old){ 0 };
	if (find_last(store, key, before, &out->last) < 0)
		return -1;
	while (more > 0 && out->last != 0)
		more = spare_echoed(store, key, &out->last);
	if (more < 0)
		return -1;
	s = store_statement(store, "baseline_at");
	store_bind_key(store, s, key);
	return find_number(store, s, &out->baseline) < 0 ? -1 : 0;
}

int
store_baseline_put(struct store *store, const struct store_key *key, int64_t last,
		   const struct bounce_standing *standing)
{
	sqlite3_stmt *s = store_statement(store, "baseline_put");

	store_bind_key(store, s, key);
	store_bind_number(store, s, "transition", last);
	store_bind_standing(store, s, standing);
	return store_run(store, s);
}

static int
run_last(struct store *store, const char *name, const struct store_key *key, int64_t last)
{
	sqlite3_stmt *s = store_statement(store, name);

	store_bind_key(store, s, key);
	store_bind_number(store, s, "last", last);
	return store_run(store, s);
}

static int
drop_last_event(struct store *store, const struct store_key *key)
{
	sqlite3_stmt *s = store_statement(store, "drop_last_event");

	store_bind_text(store, s, "address", key->address);
	return store_run(store, s);
}

int
store_drop_entries(struct store *store, const struct store_key *key, int64_t last)
{
	if (store_run(store, store_statement(store, "drop_numbers")) < 0 ||
	    run_last(store, "baseline_dropped", key, last) < 0 ||
	    run_last(store, "drop_undone", key, last) < 0 ||
	    run_last(store, "drop_events", key, last) < 0 || drop_last_event(store, key) < 0 ||
	    run_last(store, "drop_outbox_event", key, last) < 0 ||
	    run_last(store, "drop_transitions", key, last) < 0)
		return -1;
	return sqlite3_changes(store->db);
}

/* ---- messages ---- */

static int
drop_message(struct store *store, const unsigned char *fingerprint, int64_t before,
	     uint64_t *dropped)
{
	sqlite3_stmt *s = store_statement(store, "retain_message");

	store_bind_blob(store, s, "fingerprint", fingerprint, STORE_FINGERPRINT);
	store_bind_number(store, s, "before", before);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	if (store_run(store, s) < 0)
		return -1;
	*dropped += (uint64_t)sqlite3_changes(store->db);
	return 0;
}

struct old_messages {
	unsigned char fingerprint[STORE_RETAIN_MOST][STORE_FINGERPRINT];
	size_t count;
};

static int
old_messages(struct store *store, int64_t before, int64_t *after, struct old_messages *out)
{
	sqlite3_stmt *s = store_statement(store, "retain_messages_next");
	int64_t time;
	int result, rows = 0;

	out->count = 0;
	store_bind_number(store, s, "after", *after);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	while ((result = store_step(store, s)) > 0) {
		rows++;
		if (store_column(store, s, 0, INT64_MAX, after) < 0 ||
		    store_column(store, s, 1, INT64_MAX, &time) < 0) {
			result = -1;
			break;
		}
		/* The schema says that it has so many bytes. */
		if (time < before)
			memcpy(out->fingerprint[out->count++], sqlite3_column_blob(s, 2),
			       STORE_FINGERPRINT);
	}
	store_done(s);
	return result < 0 ? -1 : rows;
}

int
store_retain_messages(struct store *store, int64_t before, int64_t *after, uint64_t *dropped)
{
	struct old_messages old;
	int rows = old_messages(store, before, after, &old);

	for (size_t i = 0; rows >= 0 && i < old.count; i++) {
		if (drop_message(store, old.fingerprint[i], before, dropped) < 0)
			return -1;
	}
	return rows < 0 ? -1 : old.count == 0 ? 0 : rows;
}

/* ---- standings ---- */

static int
read_past(struct store *store, sqlite3_stmt *s, struct store_past *out)
{
	*out = (struct store_past){
		.key = { store_column_text(s, 18), store_column_text(s, 19) },
		.history = sqlite3_column_int(s, 20) != 0,
	};
	return store_read_standing(store, s, &out->standing);
}

int
store_each_past(struct store *store, sqlite3_stmt *s,
		int (*each)(void *context, const struct store_past *past), void *context)
{
	struct store_past past;
	int result, rows = 0;

	while ((result = store_step(store, s)) > 0) {
		rows++;
		if (read_past(store, s, &past) < 0 || each(context, &past) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result < 0 ? -1 : rows;
}

int
store_retain_standings(struct store *store, const struct store_key *after,
		       int (*each)(void *context, const struct store_past *past), void *context)
{
	sqlite3_stmt *s = store_statement(store, "retain_standings");

	store_bind_whole(store, s, "address", after->address);
	store_bind_whole(store, s, "scope", after->scope);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	return store_each_past(store, s, each, context);
}

int
store_drop_standing(struct store *store, const struct store_key *key)
{
	sqlite3_stmt *s;

	if (run_key(store, "drop_standing", key) < 0 || run_key(store, "drop_baseline", key) < 0)
		return -1;
	s = store_statement(store, "drop_tombstone");
	store_bind_text(store, s, "address", key->address);
	return store_run(store, s);
}

int
store_retain_operations(struct store *store, int64_t before)
{
	sqlite3_stmt *s = store_statement(store, "retain_operations");

	store_bind_number(store, s, "before", before);
	store_bind_number(store, s, "most", STORE_RETAIN_MOST);
	if (store_run(store, s) < 0)
		return -1;
	return sqlite3_changes(store->db);
}
