/*
 * store_replay - the ledger of one address, entry by entry
 *
 * Rows are handed on as they come, so that an address takes no more memory than one entry and the
 * whole ledger no more than an address.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <limits.h>

static int
read_entry(struct store *store, sqlite3_stmt *s, struct store_entry *out)
{
	struct bounce_record *r = &out->record;
	int64_t weight, flag, forwarded;

	*out = (struct store_entry){ 0 };
	if (store_column(store, s, 0, INT64_MAX, &out->id) < 0 ||
	    store_column(store, s, 1, INT64_MAX, &r->time) < 0 ||
	    store_column(store, s, 2, 1, &flag) < 0 ||
	    store_column(store, s, 4, INT64_MAX, &out->policy) < 0 ||
	    store_column(store, s, 12, UINT_MAX, &weight) < 0 ||
	    store_column(store, s, 14, 1, &forwarded) < 0 ||
	    store_column(store, s, 15, INT64_MAX, &r->cadence) < 0)
		return -1;
	r->reported = flag != 0;
	r->cause = store_column_text(s, 3);
	r->repeated = sqlite3_column_int(s, 5) != 0;
	r->kind = store_column_text(s, 6);
	r->reason = store_column_text(s, 7);
	r->disposition = store_column_text(s, 8);
	r->severity = store_column_text(s, 9);
	r->status = store_column_text(s, 10);
	r->domain = store_column_text(s, 11);
	r->weight = (unsigned)weight;
	r->list = store_column_text(s, 13);
	r->forwarded = forwarded != 0;
	out->to_state = store_column_text(s, 16);
	out->rule = store_column_text(s, 17);
	return 0;
}

int
store_entries(struct store *store, const struct store_key *key,
	      int (*each)(void *context, const struct store_entry *entry), void *context)
{
	sqlite3_stmt *s = store_statement(store, "entries");
	struct store_entry entry;
	int result;

	store_bind_key(store, s, key);
	while ((result = store_step(store, s)) > 0) {
		if (read_entry(store, s, &entry) < 0 || each(context, &entry) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result;
}

int
store_baseline(struct store *store, const struct store_key *key, struct bounce_standing *out)
{
	return store_find_standing(store, "baseline", key, out);
}

static int
lost_ones(struct store *store,
	  int (*each)(void *context, const struct store_key *key,
		      const struct bounce_standing *standing),
	  void *context)
{
	sqlite3_stmt *s = store_statement(store, "replay_lost");
	int result;

	while ((result = store_step(store, s)) > 0) {
		const struct store_key key = { store_column_text(s, 0), store_column_text(s, 1) };

		if (each(context, &key, NULL) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result;
}

int
store_standings(struct store *store,
		int (*each)(void *context, const struct store_key *key,
			    const struct bounce_standing *standing),
		void *context)
{
	sqlite3_stmt *s = store_statement(store, "replay_all");
	int result;

	while ((result = store_step(store, s)) > 0) {
		const struct store_key key = { store_column_text(s, 18), store_column_text(s, 19) };
		struct bounce_standing standing = { 0 };

		if (store_read_standing(store, s, &standing) < 0 ||
		    each(context, &key, &standing) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result < 0 ? -1 : lost_ones(store, each, context);
}

int
store_policy_text(struct store *store, int64_t id, struct buf *text)
{
	sqlite3_stmt *s = store_statement(store, "policy_text");
	int result;

	store_bind_number(store, s, "id", id);
	result = store_step(store, s);
	if (result > 0)
		buf_add(text, store_column_text(s, 0));
	store_done(s);
	return result;
}

int
store_policy_now(struct store *store, int64_t *id)
{
	sqlite3_stmt *s = store_statement(store, "policy_now");
	int result = store_step(store, s);

	*id = 0;
	if (result > 0 && store_column(store, s, 0, INT64_MAX, id) < 0)
		result = -1;
	store_done(s);
	return result < 0 ? -1 : 0;
}
