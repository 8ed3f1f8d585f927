/*
 * store_taking - what an incident has still to take back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_incident.h"
#include "store_private.h"

int
store_taking_add(struct store *store, struct store_taking *taking)
{
	sqlite3_stmt *s = store_statement(store, "taking_add");
	int result;

	store_bind_number(store, s, "incident", taking->incident);
	store_bind_number(store, s, "first", taking->first);
	store_bind_number(store, s, "since", taking->since);
	result = store_step(store, s);
	if (result > 0)
		result = store_column(store, s, 0, INT64_MAX, &taking->last);
	store_done(s);
	taking->next = taking->first;
	return result < 0 ? -1 : 0;
}

static int
read_taking(struct store *store, sqlite3_stmt *s, struct arena *arena, struct store_taking *out)
{
	if (store_column(store, s, 0, INT64_MAX, &out->incident) < 0 ||
	    store_column(store, s, 1, INT64_MAX, &out->first) < 0 ||
	    store_column(store, s, 2, INT64_MAX, &out->next) < 0 ||
	    store_column(store, s, 3, INT64_MAX, &out->last) < 0 ||
	    store_column(store, s, 4, INT64_MAX, &out->since) < 0 ||
	    store_column(store, s, 5, INT64_MAX, &out->operation) < 0)
		return -1;
	for (unsigned kind = 0; kind < BREAKER_KIND_COUNT; kind++) {
		const char *word = breaker_kind_name((enum breaker_kind)kind);

		if (span_eq(store_column_text(s, 6), span_of(word)))
			out->what.kind = word;
	}
	out->what.name = store_keep(arena, s, 7);
	out->why = store_keep(arena, s, 8);
	return out->what.kind != NULL ? 0 : store_nonsense(store, "the incident table");
}

int
store_taking_next(struct store *store, struct arena *arena, struct store_taking *out)
{
	sqlite3_stmt *s = store_statement(store, "taking_next");
	int result = store_step(store, s);

	*out = (struct store_taking){ 0 };
	if (result > 0 && read_taking(store, s, arena, out) < 0)
		result = -1;
	store_done(s);
	return result;
}

int
store_taking_progress(struct store *store, const struct store_taking *taking)
{
	sqlite3_stmt *s;

	if (taking->next > taking->last)
		return store_taking_end(store, taking->incident);
	s = store_statement(store, "taking_progress");
	store_bind_number(store, s, "incident", taking->incident);
	store_bind_number(store, s, "next", taking->next);
	return store_run(store, s);
}

int
store_taking_by(struct store *store, int64_t operation, int64_t *incident)
{
	return store_incident_of(store, "taking_by", operation, incident);
}

int
store_taking_end(struct store *store, int64_t incident)
{
	sqlite3_stmt *s = store_statement(store, "taking_done");

	store_bind_number(store, s, "incident", incident);
	return store_run(store, s);
}

int
store_incident_suspects(struct store *store, const struct store_taking *taking, int64_t until,
			int64_t ids[STORE_SUSPECTS])
{
	sqlite3_stmt *s = store_statement(store, "incident_suspects");
	int result, count = 0;

	store_bind_word(store, s, "kind", taking->what.kind);
	store_bind_whole(store, s, "name", taking->what.name);
	store_bind_number(store, s, "next", taking->next);
	store_bind_number(store, s, "until", until);
	store_bind_number(store, s, "since", taking->since);
	store_bind_number(store, s, "most", STORE_SUSPECTS);
	while ((result = store_step(store, s)) > 0 && count < STORE_SUSPECTS) {
		if (store_column(store, s, 0, INT64_MAX, &ids[count++]) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result < 0 ? -1 : count;
}
