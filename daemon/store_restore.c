/*
 * store_restore - filed messages that an operator wants back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include "log.h"

static int
read_item(struct store *store, sqlite3_stmt *s, struct store_restorable *item)
{
	int64_t uidvalidity;

	*item = (struct store_restorable){ 0 };
	if (store_column(store, s, 0, INT64_MAX, &item->id) < 0 ||
	    store_read_trace(store, s, 1, &item->uid, &item->trace) < 0 ||
	    store_column(store, s, 7, UINT32_MAX, &uidvalidity) < 0)
		return -1;
	item->uidvalidity = (uint32_t)uidvalidity;
	item->origin = xstrndup(store_column_text(s, 6));
	item->kind = xstrndup(store_column_text(s, 8));
	item->begun = sqlite3_column_int(s, 9) != 0;
	return 0;
}

int
store_restorable(struct store *store, const struct store_restore_filter *filter, int64_t after,
		 size_t most, struct store_restorable **items, size_t *count)
{
	sqlite3_stmt *s = store_statement(store, "restorable");
	int result;

	*items = xarray(most, sizeof(**items));
	*count = 0;
	store_bind_number(store, s, "after", after);
	store_bind_number(store, s, "since", filter->since);
	store_bind_number(store, s, "until", filter->until);
	store_bind_whole(store, s, "account", span_of(filter->account));
	store_bind_word(store, s, "folder", filter->folder);
	store_bind_word(store, s, "kind", filter->kind);
	store_bind_number(store, s, "most", (int64_t)most);
	while ((result = store_step(store, s)) > 0 && *count < most) {
		result = read_item(store, s, &(*items)[(*count)++]);
		if (result < 0)
			break;
	}
	store_done(s);
	return result < 0 ? -1 : 0;
}

void
store_restorable_free(struct store_restorable *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		store_trace_free(&items[i].trace);
		free(items[i].origin);
		free(items[i].kind);
	}
	free(items);
}

int
store_restore_others(struct store *store, int64_t id, size_t *count)
{
	sqlite3_stmt *s = store_statement(store, "restore_others");
	int result;

	store_bind_number(store, s, "id", id);
	result = store_step(store, s);
	*count = result > 0 ? (size_t)sqlite3_column_int64(s, 0) : 0;
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_restore_step(struct store *store, enum store_restore_step step, int64_t id, int64_t time)
{
	static const char *const statements[] = {
		[STORE_RESTORE_BEGIN] = "restore_begin",
		[STORE_RESTORE_REPROCESS] = "restore_reprocess",
		[STORE_RESTORE_DONE] = "restore_done",
	};
	sqlite3_stmt *s = store_statement(store, statements[step]);

	store_bind_number(store, s, "id", id);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}
