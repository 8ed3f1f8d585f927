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
 * Statistics, what an operator brings back, and who is to be forgotten look at everything; all else
 * must find its rows by an index. With an INSERT whose table has a trigger SQLite lists the tables
 * that refer to it, and passes them over while no foreign key is violated.
 */
static bool
may_scan(const char *query, const char *step)
{
	return strcmp(query, "message_add") == 0 || strncmp(query, "restorable", 10) == 0 ||
	       strcmp(query, "list_setting_clear") == 0 || strncmp(query, "stats_", 6) == 0 ||
	       strncmp(query, "replay_", 7) == 0 || strcmp(query, "incident_list") == 0 ||
	       strcmp(query, "incident_dropped_by") == 0 || strcmp(query, "undo_beyond") == 0 ||
	       strcmp(query, "undo_dropped") == 0 || strcmp(query, "retain_operations") == 0 ||
	       strcmp(query, "retain_incidents") == 0 || strncmp(query, "forget_", 7) == 0 ||
	       strncmp(query, "export_", 7) == 0 || strcmp(query, "suppressed_all") == 0 ||
	       strcmp(query, "filed_last") == 0 || strncmp(step, "SCAN (subquery", 14) == 0 ||
	       strcmp(step, "SCAN echoed") == 0 || strcmp(query, "table_count") == 0 ||
	       strstr(step, "json_each") != NULL ||
	       (strcmp(query, "recipient_list") == 0 && strcmp(step, "SCAN recipient") == 0);
}

/* Without one column that must equal something, a search is a walk over all behind a point. These
 * look at few rows, for the index holds only what is open or the first row is enough; or go on
 * piece by piece; or an operator asked for all that. */
static bool
may_walk(const char *query)
{
	static const char *const few[] = {
		"any_token_list",    "any_mailing",     "any_incident",
		"mailing_due",       "outbox_next",     "outbox_forget",
		"taken_back_folder", "surge_forget",    "transition_last",
		"undo_keys",         "undo_keys_since", "restorable",
		"incident_suspects", "incident_open",   "taking_add",
		"taking_next",       "taking_by",       "event_add",
		"transition_add",    "incident_hold",   NULL,
	};

	for (size_t i = 0; few[i] != NULL; i++) {
		if (strcmp(query, few[i]) == 0)
			return true;
	}
	return strncmp(query, "retain_", 7) == 0 || strncmp(query, "drop_", 5) == 0 ||
	       strncmp(query, "forget_", 7) == 0 || strncmp(query, "export_", 7) == 0 ||
	       strncmp(query, "suppressed_", 11) == 0;
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

/* Where rows go that others name, foreign keys are off: see store_erase_begin(). */
static void
set_foreign_keys(sqlite3 *db, const char *query)
{
	bool off = strcmp(query, "retain_message") == 0 || strcmp(query, "drop_events") == 0;

	assert_int_equal(
		sqlite3_exec(db, off ? "PRAGMA foreign_keys = OFF" : "PRAGMA foreign_keys = ON",
			     NULL, NULL, NULL),
		SQLITE_OK);
}

static void
no_statement_scans_a_table(void **state)
{
	struct place *p = *state;
	sqlite3 *db = by_hand(p);

	for (size_t i = 0; sql_queries[i].name != NULL; i++) {
		struct buf sql = BUF_INIT;
		sqlite3_stmt *s;

		set_foreign_keys(db, sql_queries[i].name);
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

/* By way of an index, each is still found. */

#define CROWD 1203 /* addresses: more than are listed at a time */

/* Each twice within a second that is the same for many, and once before the time that is asked for;
 * and whom only an operator's undo touched in that time. */
static void
make_crowd(struct place *p)
{
	static const char sql[] = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
				  "WHERE i < 3 * 1203 - 1) "
				  "INSERT INTO transition (time, address, cause, from_state, "
				  "to_state, strike, score, why) "
				  "SELECT iif(i < 1203, 10, 1000 + i / 1000), "
				  "format('u%d@example.com', i % 1203), 'strike', "
				  "'ok', 'ok', 0, 0, '' FROM n;"
				  "INSERT INTO transition (time, address, cause, from_state, "
				  "to_state, strike, score, why) "
				  "VALUES (10, 'old@example.com', 'strike', 'ok', 'ok', 0, 0, ''), "
				  "(1002, 'old@example.com', 'undo', 'ok', 'ok', 0, 0, '');";

	assert_int_equal(run_by_hand(p, sql), SQLITE_OK);
}

static int
count_key(void *context, const struct store_key *key)
{
	unsigned *seen = context;
	struct span rest = { key->address.p + 1, key->address.end };
	uint64_t number;

	assert_true(span_number(&rest, CROWD - 1, &number));
	seen[number]++;
	return 0;
}

static void
an_undo_since_a_time_comes_by_each_address_once(void **state)
{
	struct place *p = *state;
	const struct store_undo undo = { .since = 1000, .until = INT64_MAX };
	unsigned seen[CROWD] = { 0 };

	make_crowd(p);
	assert_int_equal(store_undo_keys(p->store, &undo, count_key, seen), 0);
	for (size_t i = 0; i < CROWD; i++)
		assert_int_equal(seen[i], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(no_statement_scans_a_table),
		on_a_file(a_report_that_changes_neither_state_nor_list_changes_no_index),
		on_a_file(an_undo_since_a_time_comes_by_each_address_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
