/*
 * store_outbox - what is still to be done: programs to tell
 *
 * An entry is written with the fact that causes it and ticked off when it is carried out, so a
 * crash in between does the work again and never forgets it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <limits.h>

#include "log.h"

int
store_outbox_add(struct store *store, const char *hook, int64_t event, struct span payload,
		 int64_t time)
{
	sqlite3_stmt *s = store_statement(store, "outbox_add");

	store_bind_word(store, s, "hook", hook);
	store_bind_some(store, s, "event", event);
	store_bind_whole(store, s, "payload", payload);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}

int
store_outbox_incident(struct store *store, const char *hook, int64_t incident, int64_t time)
{
	sqlite3_stmt *s;

	if (store_surge_write(store) < 0) /* the statement looks at what was counted */
		return -1;
	s = store_statement(store, "outbox_incident");
	store_bind_word(store, s, "hook", hook);
	store_bind_number(store, s, "incident", incident);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}

/* SQLite reads the JSON that we write. */
static int
read_facts(struct store *store, struct store_outbox *out)
{
	sqlite3_stmt *s = store_statement(store, "outbox_facts");
	size_t count = 0;
	int result;

	out->fact = xarray(1, sizeof(*out->fact));
	store_bind_number(store, s, "id", out->id);
	while ((result = store_step(store, s)) > 0) {
		out->fact = xgrow(out->fact, count + 2, sizeof(*out->fact));
		out->fact[count++] = xstrndup(store_column_text(s, 0));
		out->fact[count] = NULL;
	}
	store_done(s);
	return result;
}

int
store_outbox_next(struct store *store, int64_t time, struct store_outbox *out)
{
	sqlite3_stmt *s = store_statement(store, "outbox_next");
	int64_t attempts = 0;
	int result;

	*out = (struct store_outbox){ 0 };
	store_bind_number(store, s, "time", time);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, INT64_MAX, &out->id) < 0 ||
			   store_column(store, s, 3, UINT_MAX, &attempts) < 0))
		result = -1;
	if (result > 0) {
		out->hook = xstrndup(store_column_text(s, 1));
		out->payload = xstrndup(store_column_text(s, 2));
		out->attempts = (unsigned)attempts;
	}
	store_done(s);
	if (result > 0 && (store_settle(store) < 0 || read_facts(store, out) < 0)) {
		store_outbox_free(out);
		return -1;
	}
	return result;
}

void
store_outbox_free(struct store_outbox *entry)
{
	for (char **fact = entry->fact; fact != NULL && *fact != NULL; fact++)
		free(*fact);
	free(entry->fact);
	free(entry->hook);
	free(entry->payload);
	*entry = (struct store_outbox){ 0 };
}

int
store_outbox_done(struct store *store, int64_t id, int64_t time)
{
	sqlite3_stmt *s = store_statement(store, "outbox_done");

	store_bind_number(store, s, "id", id);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}

int
store_outbox_retry(struct store *store, int64_t id, int64_t due, const char *error)
{
	sqlite3_stmt *s = store_statement(store, "outbox_retry");

	store_bind_number(store, s, "id", id);
	store_bind_number(store, s, "due", due);
	store_bind_text(store, s, "error", span_of(error));
	return store_run(store, s);
}

int
store_outbox_forget(struct store *store, int64_t before)
{
	sqlite3_stmt *s = store_statement(store, "outbox_forget");

	store_bind_number(store, s, "before", before);
	store_bind_number(store, s, "most", STORE_FORGET_MOST);
	if (store_run(store, s) < 0)
		return -1;
	return sqlite3_changes(store->db);
}
