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

#define KEYS_AT_ONCE 500

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
	if (store_run(store, s) < 0)
		return -1;
	return store_put_recipient(store, &word->key, word->next, 0, SPAN(""));
}

/* Addresses are listed a piece at a time, so that no statement is open while others write: SQLite's
 * log could not begin anew, and would grow. */
struct piece {
	size_t count;
	char *address[KEYS_AT_ONCE], *scope[KEYS_AT_ONCE];
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

static int
read_piece(struct store *store, const struct store_undo *undo, const struct store_key *after,
	   struct piece *piece)
{
	sqlite3_stmt *s =
		store_statement(store, undo->of != 0 ? "undo_keys_operation" : "undo_keys");
	int result;

	store_bind_whole(store, s, "address", after->address);
	store_bind_whole(store, s, "scope", after->scope);
	store_bind_number(store, s, "most", KEYS_AT_ONCE);
	if (undo->of != 0) {
		store_bind_number(store, s, "of", undo->of);
	} else {
		store_bind_word(store, s, "domain", undo->domain);
		store_bind_number(store, s, "since", undo->since);
		store_bind_number(store, s, "until", undo->until);
	}
	while ((result = store_step(store, s)) > 0 && piece->count < KEYS_AT_ONCE) {
		piece->address[piece->count] = xstrndup(store_column_text(s, 0));
		piece->scope[piece->count++] = xstrndup(store_column_text(s, 1));
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
	struct store_key after = { SPAN(""), SPAN("") };
	struct piece last = { 0 }, piece = { 0 };
	int result;

	do {
		result = read_piece(store, undo, &after, &piece);
		if (result == 0)
			result = each_of_piece(&piece, each, context);
		drop_piece(&last);
		last = piece; /* `after` stays in it */
		piece.count = 0;
		if (last.count > 0)
			after = (struct store_key){ span_of(last.address[last.count - 1]),
						    span_of(last.scope[last.count - 1]) };
	} while (result == 0 && last.count == KEYS_AT_ONCE);
	drop_piece(&last);
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
