/*
 * store_token - what the database knows that can prove a report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sqlite3.h>

#include "store_private.h"

int
store_token_seen(struct store *store, struct span list, int64_t time, bool *first)
{
	sqlite3_stmt *s = store_statement(store, "token_list_add");

	store_bind_text(store, s, "list", list);
	store_bind_number(store, s, "time", time);
	if (store_run(store, s) < 0)
		return -1;
	*first = sqlite3_changes(store->db) > 0;
	return 0;
}

/* Does the statement give a row? */
static int
ask(struct store *store, sqlite3_stmt *s, bool *yes)
{
	int result = store_step(store, s);

	store_done(s);
	*yes = result > 0;
	return result < 0 ? -1 : 0;
}

int
store_mailing_known(struct store *store, struct span list, struct span message_id, bool *out)
{
	sqlite3_stmt *s = store_statement(store, "mailing_known");

	store_bind_text(store, s, "list", list);
	store_bind_text(store, s, "mailing", message_id);
	return ask(store, s, out);
}

int
store_token_lists(struct store *store, struct span list, bool *known, bool *any)
{
	sqlite3_stmt *s = store_statement(store, "token_list");

	store_bind_text(store, s, "list", list);
	if (ask(store, s, known) < 0)
		return -1;
	*any = *known;
	return *known ? 0 : ask(store, store_statement(store, "token_any"), any);
}
