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
	store_any_forget(store, STORE_ANY_TOKEN_LIST);
	return 0;
}

int
store_mailing_known(struct store *store, struct span list, struct span message_id, bool *out)
{
	sqlite3_stmt *s;

	if (store_any(store, STORE_ANY_MAILING, out) < 0)
		return -1;
	if (!*out)
		return 0;
	s = store_statement(store, "mailing_known");
	store_bind_text(store, s, "list", list);
	store_bind_text(store, s, "mailing", message_id);
	return store_ask(store, s, out);
}

int
store_token_lists(struct store *store, struct span list, bool *known, bool *any)
{
	sqlite3_stmt *s;

	*known = false;
	if (store_any(store, STORE_ANY_TOKEN_LIST, any) < 0)
		return -1;
	if (!*any)
		return 0;
	s = store_statement(store, "token_list");
	store_bind_text(store, s, "list", list);
	return store_ask(store, s, known);
}
