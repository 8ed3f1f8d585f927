/*
 * store_incident - incidents in the database
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_incident.h"

#include <limits.h>

#include "log.h"
#include "store_private.h"

#define HELD_AT_ONCE 500

int
store_mailed(struct store *store, const struct store_surge *what, int64_t since, int64_t until,
	     uint64_t *out)
{
	sqlite3_stmt *s = store_statement(store, strcmp(what->kind, "list") == 0 ? "mailed_list"
										 : "mailed_domain");
	int64_t mailed = 0;
	int result;

	store_bind_whole(store, s, "name", what->name);
	store_bind_number(store, s, "since", since);
	store_bind_number(store, s, "until", until);
	*out = 0;
	while ((result = store_step(store, s)) > 0) {
		if (store_column(store, s, 0, INT64_MAX, &mailed) < 0) {
			result = -1;
			break;
		}
		*out += (uint64_t)mailed;
	}
	store_done(s);
	return result;
}

int
store_mailed_add(struct store *store, const struct store_mailed *mailed)
{
	sqlite3_stmt *s = store_statement(store, "mailed_add");

	store_bind_text(store, s, "list", mailed->list);
	store_bind_number(store, s, "sent_at", mailed->time);
	store_bind_text(store, s, "domain", mailed->domain);
	store_bind_number(store, s, "recipients", (int64_t)mailed->recipients);
	return store_run(store, s);
}

static int
read_active(struct store *store, sqlite3_stmt *s, struct store_incident *out)
{
	int64_t usual;

	if (store_column(store, s, 0, INT64_MAX, &out->id) < 0 ||
	    store_column(store, s, 2, INT64_MAX, &out->opened_at) < 0 ||
	    store_column(store, s, 3, INT64_MAX, &out->last_at) < 0 ||
	    store_column(store, s, 4, INT64_MAX, &out->decided_at) < 0 ||
	    store_column(store, s, 5, INT64_MAX, &usual) < 0)
		return -1;
	out->released = span_eq(store_column_text(s, 1), SPAN(STORE_RELEASED));
	out->usual = (uint64_t)usual;
	return 0;
}

int
store_incident_active(struct store *store, const struct store_commons *commons,
		      struct store_incident *out)
{
	sqlite3_stmt *s;
	bool any;
	int result;

	if (store_any(store, STORE_ANY_INCIDENT, &any) < 0)
		return -1;
	if (!any)
		return 0;
	s = store_statement(store, "incident_active");
	for (unsigned kind = 0; kind < BREAKER_KIND_COUNT; kind++) {
		store_bind_text(store, s, breaker_kind_name((enum breaker_kind)kind),
				commons->name[kind]);
	}
	result = store_step(store, s);
	if (result > 0 && read_active(store, s, out) < 0)
		result = -1;
	store_done(s);
	return result;
}

int
store_incident_open(struct store *store, int64_t after, struct store_incident *out)
{
	sqlite3_stmt *s = store_statement(store, "incident_open");
	int result;

	store_bind_number(store, s, "after", after);
	result = store_step(store, s);
	if (result > 0 && read_active(store, s, out) < 0)
		result = -1;
	store_done(s);
	return result;
}

int
store_incident_add(struct store *store, const struct store_incident_start *start, int64_t *id)
{
	sqlite3_stmt *s = store_statement(store, "incident_add");
	char status[BOUNCE_STATUS_TEXT];

	store_bind_word(store, s, "kind", breaker_kind_name(start->kind));
	store_bind_whole(store, s, "name", start->name);
	store_bind_number(store, s, "time", start->time);
	store_bind_number(store, s, "addresses", (int64_t)start->counts.failed);
	if (start->counts.history)
		store_bind_number(store, s, "usual", (int64_t)start->counts.usual);
	store_bind_some(store, s, "mailed", (int64_t)start->counts.mailed);
	store_bind_word(store, s, "reason", bounce_reason_name(start->verdict->reason));
	store_bind_word(store, s, "status", bounce_status_format(start->verdict->status, status));
	store_bind_text(store, s, "diagnostic", start->diagnostic);
	store_bind_number(store, s, "operation", start->operation);
	if (store_run(store, s) < 0)
		return -1;
	store_any_forget(store, STORE_ANY_INCIDENT);
	*id = sqlite3_last_insert_rowid(store->db);
	return 0;
}

static int
touch(struct store *store, const char *statement, int64_t id, int64_t time)
{
	sqlite3_stmt *s = store_statement(store, statement);

	store_bind_number(store, s, "id", id);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}

int
store_incident_seen(struct store *store, int64_t id, int64_t time)
{
	return touch(store, "incident_seen", id, time);
}

int
store_incident_end(struct store *store, int64_t id, int64_t time)
{
	store_any_forget(store, STORE_ANY_INCIDENT);
	return touch(store, "incident_end", id, time);
}

int
store_incident_suspect(struct store *store, int64_t transition, int64_t first, struct arena *arena,
		       struct store_suspect *out)
{
	sqlite3_stmt *s = store_statement(store, "incident_suspect");
	int64_t counted;
	int result;

	store_bind_number(store, s, "id", transition);
	store_bind_number(store, s, "first", first);
	result = store_step(store, s);
	if (result == 0)
		result = store_nonsense(store, "the transition table");
	if (result > 0) {
		*out = (struct store_suspect){
			.key = { store_keep(arena, s, 0), store_keep(arena, s, 1) },
			.domain = store_keep(arena, s, 3),
			.remote_mta = store_keep(arena, s, 4),
			.list = store_keep(arena, s, 5),
			.diagnostic = store_keep(arena, s, 6),
		};
		if (store_column(store, s, 2, INT64_MAX, &out->time) < 0 ||
		    store_column(store, s, 7, 1, &counted) < 0)
			result = -1;
		else
			out->counted = counted != 0;
	}
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_incident_hold(struct store *store, const struct store_hold *hold)
{
	sqlite3_stmt *s = store_statement(store, "incident_hold");

	store_bind_number(store, s, "id", hold->transition);
	store_bind_number(store, s, "time", hold->time);
	store_bind_word(store, s, "why", STORE_HELD_WHY);
	store_bind_number(store, s, "operation", hold->operation);
	store_bind_number(store, s, "incident", hold->incident);
	store->last_transition = 0;
	return store_run(store, s);
}

int
store_incident_decision(struct store *store, int64_t id, struct store_decision *out)
{
	sqlite3_stmt *s = store_statement(store, "incident_find");
	int64_t applied = 0;
	int result;

	store_bind_number(store, s, "id", id);
	result = store_step(store, s);
	if (result > 0) {
		snprintf(out->word, sizeof(out->word), "%.*s", SPAN_ARG(store_column_text(s, 0)));
		if (store_column(store, s, 1, 1, &applied) < 0)
			result = -1;
	}
	out->applied = applied != 0;
	store_done(s);
	return result;
}

int
store_incident_of(struct store *store, const char *query, int64_t operation, int64_t *incident)
{
	sqlite3_stmt *s = store_statement(store, query);
	int result;

	store_bind_number(store, s, "operation", operation);
	result = store_step(store, s);
	if (result > 0 && store_column(store, s, 0, INT64_MAX, incident) < 0)
		result = -1;
	store_done(s);
	return result;
}

int
store_incident_dropped_by(struct store *store, int64_t operation, int64_t *incident)
{
	return store_incident_of(store, "incident_dropped_by", operation, incident);
}

int
store_incident_decide(struct store *store, int64_t id, const char *decision, int64_t operation,
		      int64_t time)
{
	sqlite3_stmt *s = store_statement(store, "incident_decide");

	store_bind_number(store, s, "id", id);
	store_bind_word(store, s, "decision", decision);
	store_bind_number(store, s, "operation", operation);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}

/* Held reports, a piece at a time: no statement is open while others write (see store_word.c). */
struct held_piece {
	struct arena arena; /* its keys */
	size_t count;
	struct held {
		int64_t id;
		struct store_key key;
	} held[HELD_AT_ONCE];
	int64_t event, id; /* the next piece is behind these */
};

static int
read_piece(struct store *store, int64_t incident, struct held_piece *piece)
{
	sqlite3_stmt *s = store_statement(store, "incident_held");
	int result = 0;

	arena_reset(&piece->arena);
	piece->count = 0;
	store_bind_number(store, s, "incident", incident);
	store_bind_number(store, s, "event", piece->event);
	store_bind_number(store, s, "id", piece->id);
	store_bind_number(store, s, "most", HELD_AT_ONCE);
	while (piece->count < HELD_AT_ONCE && (result = store_step(store, s)) > 0) {
		struct held *held = &piece->held[piece->count];

		if (store_column(store, s, 0, INT64_MAX, &held->id) < 0 ||
		    store_column(store, s, 3, INT64_MAX, &piece->event) < 0) {
			result = -1;
			break;
		}
		held->key.address = store_keep(&piece->arena, s, 1);
		held->key.scope = store_keep(&piece->arena, s, 2);
		piece->id = held->id;
		piece->count++;
	}
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_incident_held(struct store *store, int64_t id,
		    int (*each)(void *context, int64_t held, const struct store_key *key),
		    void *context)
{
	struct held_piece piece = { .count = 0 };
	int result;

	arena_init(&piece.arena, 0);
	do {
		result = read_piece(store, id, &piece);
		for (size_t i = 0; i < piece.count && result == 0; i++)
			result = each(context, piece.held[i].id, &piece.held[i].key) < 0 ? -1 : 0;
	} while (result == 0 && piece.count == HELD_AT_ONCE);
	arena_free(&piece.arena);
	return result;
}

static void
keep_words(struct arena *arena, sqlite3_stmt *s, struct bounce_record *r)
{
	r->cause = store_keep(arena, s, 3);
	r->kind = store_keep(arena, s, 6);
	r->reason = store_keep(arena, s, 7);
	r->disposition = store_keep(arena, s, 8);
	r->severity = store_keep(arena, s, 9);
	r->status = store_keep(arena, s, 10);
	r->domain = store_keep(arena, s, 11);
	r->list = store_keep(arena, s, 18);
}

static int
read_held(struct store *store, sqlite3_stmt *s, struct arena *arena, struct store_held *out)
{
	struct bounce_record *r = &out->entry.record;
	int64_t weight, overtaken, forwarded, counts;

	if (store_column(store, s, 0, INT64_MAX, &out->entry.id) < 0 ||
	    store_column(store, s, 1, INT64_MAX, &r->time) < 0 ||
	    store_column(store, s, 4, INT64_MAX, &out->entry.policy) < 0 ||
	    store_column(store, s, 12, UINT_MAX, &weight) < 0 ||
	    store_column(store, s, 13, INT64_MAX, &out->event) < 0 ||
	    store_column(store, s, 15, INT64_MAX, &r->cadence) < 0 ||
	    store_column(store, s, 16, INT64_MAX, &out->incident) < 0 ||
	    store_column(store, s, 17, 1, &overtaken) < 0 ||
	    store_column(store, s, 19, 1, &forwarded) < 0 ||
	    store_column(store, s, 20, 1, &counts) < 0)
		return -1;
	keep_words(arena, s, r);
	r->reported = true;
	r->repeated = sqlite3_column_int(s, 5) != 0;
	r->weight = (unsigned)weight;
	out->mailing = store_keep(arena, s, 14);
	r->forwarded = forwarded != 0;
	out->overtaken = overtaken != 0;
	out->counts = counts != 0;
	return 0;
}

int
store_held(struct store *store, int64_t id, struct arena *arena, struct store_held *out)
{
	sqlite3_stmt *s = store_statement(store, "held_entry");
	int result;

	*out = (struct store_held){ 0 };
	store_bind_number(store, s, "id", id);
	result = store_step(store, s);
	if (result == 0)
		result = store_nonsense(store, "the transition table");
	if (result > 0)
		result = read_held(store, s, arena, out);
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_release_add(struct store *store, const struct store_release *release)
{
	const struct bounce_transition *t = release->transition;
	const struct store_held *held = release->held;
	sqlite3_stmt *s = store_statement(store, "transition_add");

	store_bind_number(store, s, "event", held->event);
	store_bind_number(store, s, "time", held->entry.record.time);
	store_bind_key(store, s, &release->key);
	store_bind_text(store, s, "mailing", held->mailing);
	store_bind_word(store, s, "cause", bounce_event_name(t->event));
	store_bind_word(store, s, "from_state", bounce_state_name(release->before->state));
	store_bind_word(store, s, "to_state", bounce_state_name(t->next.state));
	store_bind_number(store, s, "strike", t->strike);
	store_bind_number(store, s, "score", t->next.score);
	store_bind_some(store, s, "until", t->next.until);
	store_bind_word(store, s, "operator_rule", t->rule);
	store_bind_whole(store, s, "why", span_of(t->why));
	store_bind_number(store, s, "speaks", t->speaks);
	store_bind_some(store, s, "policy", release->policy);
	store_bind_some(store, s, "cadence", held->entry.record.cadence);
	store_bind_number(store, s, "operation", release->operation);
	store_bind_number(store, s, "incident", held->incident);
	store->last_transition = 0;
	if (store_run(store, s) < 0)
		return -1;
	return store_put_recipient(store, &release->key, &t->next, held->event,
				   held->entry.record.list);
}
