/*
 * store_word - what operators say, and what they take back
 *
 * Nothing is ever deleted: what is taken back is marked by the operation that does so, and the
 * newest mark of an entry counts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include "log.h"

int
store_operation_add(struct store *store, const struct store_operation *operation, int64_t *id)
{
	sqlite3_stmt *s = store_statement(store, "operation_add");

	store_bind_number(store, s, "time", operation->time);
	store_bind_whole(store, s, "who", span_of(operation->who));
	store_bind_whole(store, s, "what", span_of(operation->what));
	store_bind_whole(store, s, "arguments", span_of(operation->arguments));
	store_bind_whole(store, s, "why", span_of(operation->why));
	if (store_run(store, s) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(store->db);
	return 0;
}

int
store_operation_known(struct store *store, int64_t id)
{
	sqlite3_stmt *s = store_statement(store, "operation_find");
	int result;

	store_bind_number(store, s, "id", id);
	result = store_step(store, s);
	store_done(s);
	return result;
}

int
store_word_add(struct store *store, const struct store_word *word)
{
	sqlite3_stmt *s = store_statement(store, "transition_add");

	store_bind_number(store, s, "time", word->time);
	store_bind_key(store, s, &word->key);
	store_bind_word(store, s, "cause", word->cause);
	store_bind_word(store, s, "from_state", bounce_state_name(word->before->state));
	store_bind_word(store, s, "to_state", bounce_state_name(word->next->state));
	store_bind_number(store, s, "strike", 0);
	store_bind_number(store, s, "score", word->next->score);
	store_bind_some(store, s, "until", word->next->until);
	store_bind_whole(store, s, "why", span_of(word->why));
	store_bind_number(store, s, "speaks", 0);
	store_bind_some(store, s, "policy", word->policy);
	store_bind_some(store, s, "operation", word->operation);
	store->last_transition = 0;
	if (store_run(store, s) < 0)
		return -1;
	return store_put_recipient(store, &word->key, word->next, 0, SPAN(""));
}

/* Addresses are listed a piece at a time, so that no statement is open while others write: SQLite's
 * log could not begin anew, and would grow. The pieces of one operation are large, for each is
 * sorted out of all that it did. */
struct piece {
	size_t count;
	char *address[STORE_UNDO_KEYS], *scope[STORE_UNDO_KEYS];
	int64_t time, id; /* of the last one's transition, where they come by time */
};

static void
drop_piece(struct piece *piece)
{
	for (size_t i = 0; i < piece->count; i++) {
		free(piece->address[i]);
		free(piece->scope[i]);
	}
	piece->count = 0;
}

static bool
goes_by_time(const struct store_undo *undo)
{
	return undo->of == 0 && undo->domain == NULL && undo->since > 0;
}

static const char *
keys_statement(const struct store_undo *undo)
{
	if (undo->of != 0)
		return "undo_keys_operation";
	if (undo->domain != NULL)
		return "undo_keys_domain";
	return goes_by_time(undo) ? "undo_keys_since" : "undo_keys";
}

/* Where the last piece ended, and what is asked for. */
static void
bind_piece(struct store *store, sqlite3_stmt *s, const struct store_undo *undo,
	   const struct piece *last)
{
	if (goes_by_time(undo)) {
		store_bind_number(store, s, "time", last->time);
		store_bind_number(store, s, "id", last->id);
	} else {
		bool begins = last->count == 0;
		size_t end = last->count - 1;

		store_bind_whole(store, s, "address", span_of(begins ? "" : last->address[end]));
		store_bind_whole(store, s, "scope", span_of(begins ? "" : last->scope[end]));
	}
	store_bind_number(store, s, "most", STORE_UNDO_KEYS);
	if (undo->of != 0) {
		store_bind_number(store, s, "of", undo->of);
		return;
	}
	store_bind_number(store, s, "since", undo->since);
	store_bind_number(store, s, "until", undo->until);
	if (undo->domain != NULL)
		store_bind_word(store, s, "domain", undo->domain);
}

static int
read_piece(struct store *store, const struct store_undo *undo, const struct piece *last,
	   struct piece *piece)
{
	sqlite3_stmt *s = store_statement(store, keys_statement(undo));
	int result;

	bind_piece(store, s, undo, last);
	while ((result = store_step(store, s)) > 0 && piece->count < STORE_UNDO_KEYS) {
		piece->address[piece->count] = xstrndup(store_column_text(s, 0));
		piece->scope[piece->count++] = xstrndup(store_column_text(s, 1));
		if (goes_by_time(undo) && (store_column(store, s, 2, INT64_MAX, &piece->time) < 0 ||
					   store_column(store, s, 3, INT64_MAX, &piece->id) < 0)) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result < 0 ? -1 : 0;
}

static int
each_of_piece(const struct piece *piece, int (*each)(void *context, const struct store_key *key),
	      void *context)
{
	for (size_t i = 0; i < piece->count; i++) {
		const struct store_key key = { span_of(piece->address[i]),
					       span_of(piece->scope[i]) };

		if (each(context, &key) < 0)
			return -1;
	}
	return 0;
}

int
store_undo_keys(struct store *store, const struct store_undo *undo,
		int (*each)(void *context, const struct store_key *key), void *context)
{
	struct piece *last = xalloc(sizeof(*last)), *piece = xalloc(sizeof(*piece));
	bool more = true;
	int result = 0;

	while (result == 0 && more) {
		struct piece *used = last;

		result = read_piece(store, undo, last, piece);
		if (result == 0)
			result = each_of_piece(piece, each, context);
		more = piece->count == STORE_UNDO_KEYS;
		drop_piece(last);
		last = piece; /* the next one goes on behind it */
		piece = used;
	}
	drop_piece(last);
	free(last);
	free(piece);
	return result;
}

/* What an entry must be like. */
static void
bind_choice(struct store *store, sqlite3_stmt *s, const struct store_undo *undo)
{
	store_bind_number(store, s, "all", undo->all);
	store_bind_number(store, s, "since", undo->since);
	store_bind_number(store, s, "until", undo->until);
	store_bind_word(store, s, "reason", undo->reason);
	store_bind_word(store, s, "rule", undo->rule);
	store_bind_word(store, s, "match", undo->match);
}

int
store_undo_beyond(struct store *store, const struct store_undo *undo, int64_t *count)
{
	sqlite3_stmt *s = store_statement(store, "undo_beyond");
	int result;

	*count = 0;
	bind_choice(store, s, undo);
	store_bind_word(store, s, "domain", undo->domain);
	result = store_step(store, s);
	if (result > 0 && store_column(store, s, 0, INT64_MAX, count) < 0)
		result = -1;
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_undo_dropped(struct store *store, const struct store_undo *undo, int64_t *count)
{
	sqlite3_stmt *s = store_statement(store, "undo_dropped");
	int result;

	*count = 0;
	store_bind_number(store, s, "since", undo->since);
	store_bind_word(store, s, "domain", undo->domain);
	result = store_step(store, s);
	if (result > 0 && store_column(store, s, 0, INT64_MAX, count) < 0)
		result = -1;
	store_done(s);
	return result < 0 ? -1 : 0;
}

static int
turn_marks(struct store *store, const struct store_undo *undo, const struct store_key *key)
{
	sqlite3_stmt *s = store_statement(store, "undo_turn");

	store_bind_number(store, s, "operation", undo->operation);
	store_bind_number(store, s, "of", undo->of);
	store_bind_key(store, s, key);
	return store_run(store, s) < 0 ? -1 : sqlite3_changes(store->db);
}

int
store_undo_mark(struct store *store, const struct store_undo *undo, const struct store_key *key)
{
	sqlite3_stmt *s = store_statement(store, "undo_mark");
	int turned;

	store_bind_number(store, s, "operation", undo->operation);
	store_bind_some(store, s, "of", undo->of);
	store_bind_key(store, s, key);
	bind_choice(store, s, undo);
	store_bind_some(store, s, "transition", undo->transition);
	if (store_run(store, s) < 0)
		return -1;
	turned = sqlite3_changes(store->db);
	if (undo->of != 0) {
		int more = turn_marks(store, undo, key);

		turned = more < 0 ? -1 : turned + more;
	}
	return turned;
}
