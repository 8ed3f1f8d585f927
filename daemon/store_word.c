/*
 * store_word - what operators say, and what they take back
 *
 * Nothing is ever deleted: what is taken back is marked by the operation that does so, and the
 * newest mark of an entry counts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

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
	return store_put_recipient(store, &word->key, word->next, 0);
}

/* The statement that lists the addresses, bound. */
static sqlite3_stmt *
keys_of(struct store *store, const struct store_undo *undo)
{
	sqlite3_stmt *s;

	if (undo->of != 0) {
		s = store_statement(store, "undo_keys_operation");
		store_bind_number(store, s, "of", undo->of);
	} else if (undo->domain != NULL) {
		s = store_statement(store, "undo_keys_domain");
		store_bind_word(store, s, "domain", undo->domain);
	} else {
		s = store_statement(store, "undo_keys");
		store_bind_number(store, s, "since", undo->since);
		store_bind_number(store, s, "until", undo->until);
	}
	return s;
}

int
store_undo_keys(struct store *store, const struct store_undo *undo,
		int (*each)(void *context, const struct store_key *key), void *context)
{
	sqlite3_stmt *s = keys_of(store, undo);
	int result;

	while ((result = store_step(store, s)) > 0) {
		const struct store_key key = { store_column_text(s, 0), store_column_text(s, 1) };

		if (each(context, &key) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result;
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
	store_bind_number(store, s, "all", undo->all);
	store_bind_number(store, s, "since", undo->since);
	store_bind_number(store, s, "until", undo->until);
	store_bind_word(store, s, "reason", undo->reason);
	store_bind_word(store, s, "rule", undo->rule);
	store_bind_word(store, s, "match", undo->match);
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
