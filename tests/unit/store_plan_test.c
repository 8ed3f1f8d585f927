/*
 * store_plan_test - no statement takes longer because the database has grown
 *
 * What SQLite intends to do is read, not the time that it takes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include "sql.h"

/*
 * Statistics and what an operator brings back look at everything; all else must find its rows by an
 * index. With an INSERT whose table has a trigger SQLite lists the tables that refer to it, and
 * passes them over while no foreign key is violated.
 */
static bool
may_scan(const char *query, const char *step)
{
	return strcmp(query, "message_add") == 0 || strncmp(query, "restorable", 10) == 0 ||
	       strcmp(query, "list_setting_clear") == 0 || strncmp(query, "stats_", 6) == 0 ||
	       strncmp(query, "replay_", 7) == 0 || strcmp(query, "incident_list") == 0 ||
	       strcmp(query, "incident_dropped_by") == 0 || strcmp(query, "undo_beyond") == 0 ||
	       strcmp(query, "table_count") == 0 || strstr(step, "json_each") != NULL ||
	       (strcmp(query, "recipient_list") == 0 && strcmp(step, "SCAN recipient") == 0);
}

/* Without one column that must equal something, a search is a walk over all behind a point. These
 * look at few rows, for the index holds only what is open or the first row is enough; or an
 * operator asked for all that. */
static bool
may_walk(const char *query)
{
	static const char *const few[] = {
		"token_any",         "mailing_due", "outbox_next",       "outbox_forget",
		"taken_back_folder", "surge_add",   "surge_forget",      "undo_keys",
		"undo_keys_since",   "restorable",  "incident_suspects", NULL,
	};

	for (size_t i = 0; few[i] != NULL; i++) {
		if (strcmp(query, few[i]) == 0)
			return true;
	}
	return false;
}

static bool
walks_behind_a_point(const char *step)
{
	return strncmp(step, "SEARCH", 6) == 0 && strstr(step, "=?") == NULL;
}

/* Every row that one folder ever had: as good as a scan. (A covering index is the foreign key's.)
 */
static bool
walks_a_folder(const char *step)
{
	return strstr(step, "USING INDEX sqlite_autoindex_message_1 (folder=?)") != NULL;
}

static void
no_statement_scans_a_table(void **state)
{
	struct place *p = *state;
	sqlite3 *db = by_hand(p);

	for (size_t i = 0; sql_queries[i].name != NULL; i++) {
		struct buf sql = BUF_INIT;
		sqlite3_stmt *s;

		buf_addf(&sql, "EXPLAIN QUERY PLAN %s", sql_queries[i].text);
		if (sqlite3_prepare_v2(db, buf_str(&sql), -1, &s, NULL) != SQLITE_OK)
			fail_msg("%s: %s", sql_queries[i].name, sqlite3_errmsg(db));
		while (sqlite3_step(s) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(s, 3);

			if ((strncmp(step, "SCAN", 4) == 0 || walks_a_folder(step)) &&
			    !may_scan(sql_queries[i].name, step))
				fail_msg("%s: %s", sql_queries[i].name, step);
			if (walks_behind_a_point(step) && !may_walk(sql_queries[i].name))
				fail_msg("%s: %s", sql_queries[i].name, step);
		}
		sqlite3_finalize(s);
		buf_free(&sql);
	}
	sqlite3_close(db);
}

/* SQLite's own words for changing an entry of an index. The row itself is one, for the table has no
 * rowid. */
static unsigned
count_index_writes(sqlite3 *db, const char *query)
{
	struct buf sql = BUF_INIT;
	unsigned writes = 0;
	size_t i = 0;
	sqlite3_stmt *s;

	while (strcmp(sql_queries[i].name, query) != 0)
		i++;
	buf_addf(&sql, "EXPLAIN %s", sql_queries[i].text);
	if (sqlite3_prepare_v2(db, buf_str(&sql), -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *opcode = (const char *)sqlite3_column_text(s, 1);

		writes += strcmp(opcode, "IdxInsert") == 0 || strcmp(opcode, "IdxDelete") == 0;
	}
	sqlite3_finalize(s);
	buf_free(&sql);
	return writes;
}

static void
a_report_that_changes_neither_state_nor_list_changes_no_index(void **state)
{
	sqlite3 *db = by_hand(*state);

	assert_int_equal(count_index_writes(db, "recipient_same"), 1);
	assert_true(count_index_writes(db, "recipient_put") > 3); /* the words are SQLite's */
	sqlite3_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(no_statement_scans_a_table),
		on_a_file(a_report_that_changes_neither_state_nor_list_changes_no_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
