/*
 * store_open_test - how the database is made, locked, shared and refused
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "log.h"
#include "replay.h"
#include "sql.h"

/* The database as it is made. */

static void
a_new_database_is_marked_as_ours(void **state)
{
	struct place *p = *state;

	assert_sql(p, "PRAGMA application_id", "1835167332");
	assert_sql(p, "PRAGMA user_version", "8");
	assert_sql(p, "PRAGMA journal_mode", "wal");
	assert_sql(p, "PRAGMA integrity_check", "ok");
}

static void
the_files_mode_does_not_depend_on_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077 };
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		mode_t before = umask(masks[i]);
		struct stat st;

		close_store(p);
		unlink(p->path);
		p->store = store_open(p->path, STORE_WRITE, p->error);
		umask(before);
		assert_non_null(p->store);
		assert_int_equal(stat(p->path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
}

static void
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(out, span_make(piece, n));
	fclose(f);
	assert_true(buf_ok(out));
}

static void
sql_is_compiled_in_as_it_is_written(void **state)
{
	struct buf schema = BUF_INIT, queries = BUF_INIT;
	size_t i;

	(void)state;
	read_file(SQL_DIRECTORY "/schema.sql", &schema);
	assert_string_equal(sql_schema, buf_str(&schema));
	read_file(SQL_DIRECTORY "/queries.sql", &queries);
	for (i = 0; sql_queries[i].name != NULL; i++) {
		struct buf head = BUF_INIT;
		const char *at;

		buf_addf(&head, "\n-- name: %s\n", sql_queries[i].name);
		at = strstr(buf_str(&queries), buf_str(&head));
		assert_non_null(at);
		assert_memory_equal(at + head.len, sql_queries[i].text,
				    strlen(sql_queries[i].text));
		buf_free(&head);
	}
	assert_true(i > 30);
	buf_free(&schema);
	buf_free(&queries);
}

/*
 * Statistics, what an operator brings back, and who is to be forgotten look at everything; all else
 * must find its rows by an index. With an INSERT whose table has a trigger SQLite lists the tables
 * that refer to it, and passes them over while no foreign key is violated. Where rows go that
 * others name, foreign keys are off.
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
	       strcmp(query, "drop_events") == 0 || strcmp(query, "retain_message") == 0 ||
	       strncmp(step, "SCAN (subquery", 14) == 0 || strcmp(step, "SCAN echoed") == 0 ||
	       strcmp(query, "table_count") == 0 || strstr(step, "json_each") != NULL ||
	       (strcmp(query, "recipient_list") == 0 && strcmp(step, "SCAN recipient") == 0);
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
		}
		sqlite3_finalize(s);
		buf_free(&sql);
	}
	sqlite3_close(db);
}

/* Locks and readers. */

static void
a_second_writer_is_refused_with_the_firsts_pid(void **state)
{
	struct place *p = *state;
	char want[64];

	snprintf(want, sizeof(want), "another mailbounced (pid %ld) holds ", (long)getpid());
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_memory_equal(p->error, want, strlen(want));
	close_store(p);
	p->store = store_open(p->path, STORE_WRITE, p->error);
	assert_non_null(p->store);
}

static void
a_writer_that_was_killed_leaves_no_lock(void **state)
{
	struct place *p = *state;
	pid_t child;
	int status;

	close_store(p);
	child = fork();
	if (child == 0) {
		if (store_open(p->path, STORE_WRITE, p->error) != NULL)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	p->store = store_open(p->path, STORE_WRITE, p->error);
	assert_non_null(p->store);
}

static void
a_reader_sees_what_is_committed_and_writes_nothing(void **state)
{
	struct place *p = *state;
	struct store *reader = store_open(p->path, STORE_READ, p->error);
	struct bounce_standing got;
	struct store_folder folder;
	struct sample s;

	assert_non_null(reader);
	make_sample(&s, "ann@example.com");
	ok(store_begin(p->store));
	add_sample(p, &s, 'a');
	assert_int_equal(store_standing(reader, general(SPAN("ann@example.com")), &got), 0);
	assert_int_equal(got.state, BOUNCE_STATE_OK);
	ok(store_commit(p->store));
	assert_int_equal(store_standing(reader, general(SPAN("ann@example.com")), &got), 1);
	assert_int_equal(got.state, BOUNCE_STATE_DEAD);
	assert_int_equal(store_folder_open(reader, "lists", "New", 1, &folder), -1);
	assert_non_null(strstr(store_error(reader), "must be writable"));
	store_close(reader);
}

/* In a child, for it gives its rights away. Reports with its exit status. */
static int
as_group_member(const char *path)
{
	char error[STORE_ERROR_SIZE];
	struct bounce_standing got;
	struct store *reader;

	if (setgid(0) < 0 || setuid(65534) < 0)
		return 2;
	reader = store_open(path, STORE_READ, error);
	if (reader == NULL)
		return 3;
	if (store_standing(reader, general(SPAN("ann@example.com")), &got) < 0)
		return 4;
	store_close(reader);
	return got.state == BOUNCE_STATE_DEAD ? 0 : 5;
}

static void
who_may_only_read_the_file_can_open_it_when_the_daemon_is_down(void **state)
{
	struct place *p = *state;
	struct sample s;
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	close_store(p);
	assert_int_equal(chmod(p->directory, 0755), 0);
	child = fork();
	if (child == 0)
		_exit(as_group_member(p->path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* What is refused. */

/* What a database is made of; columns in the order of their names. */
static void
describe(const struct place *p, struct buf *out)
{
	ask_sql(p,
		"SELECT type, name, iif(type = 'table', '', sql) FROM sqlite_schema "
		"WHERE sql IS NOT NULL ORDER BY 1, 2",
		out);
	ask_sql(p,
		"SELECT t.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk "
		"FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c "
		"WHERE t.type = 'table' ORDER BY 1, 2",
		out);
}

static void
a_database_of_version_1_becomes_like_a_new_one(void **state)
{
	struct place *p = *state;
	struct buf fresh = BUF_INIT, migrated = BUF_INIT, schema = BUF_INIT;

	describe(p, &fresh);
	close_store(p);
	unlink(p->path);
	read_file(SQL_DIRECTORY "/../tests/unit/schema-1.sql", &schema);
	assert_int_equal(run_by_hand(p, buf_str(&schema)), SQLITE_OK);
	assert_int_equal(run_by_hand(p, "INSERT INTO folder (account, name, uidvalidity) VALUES "
					"('lists', 'INBOX', 1);"
					"INSERT INTO message (folder, uid, fingerprint, size, "
					"received_at, kind, target, moved_at) VALUES "
					"(1, 1, zeroblob(32), 1, 1, 'bounce', 'Done', 5), "
					"(1, 2, zeroblob(32), 1, 1, 'bounce', 'Done', NULL)"),
			 SQLITE_OK);
	p->store = store_open(p->path, STORE_WRITE, p->error);
	if (p->store == NULL)
		fail_msg("%s", p->error);
	describe(p, &migrated);
	assert_string_equal(buf_str(&migrated), buf_str(&fresh));
	assert_sql(p, "SELECT uid, filed_to, refused FROM message ORDER BY uid", "1|Done|0\n2|-|0");
	buf_free(&fresh);
	buf_free(&migrated);
	buf_free(&schema);
}

static void
tell_difference(void *context, const struct store_key *key, const struct bounce_standing *written,
		const struct bounce_standing *derived)
{
	(void)context;
	(void)written;
	(void)derived;
	fail_msg("%.*s", SPAN_ARG(key->address));
}

/* What older versions recorded is not enough to derive a standing from. */
static void
an_older_ledger_begins_with_the_standings_that_it_had(void **state)
{
	struct place *p = *state;
	struct store_undo undo = { .until = INT64_MAX, .all = true };
	struct buf schema = BUF_INIT;
	struct replay *replay;
	uint64_t checked;
	int64_t beyond;

	close_store(p);
	unlink(p->path);
	read_file(SQL_DIRECTORY "/../tests/unit/schema-1.sql", &schema);
	assert_int_equal(run_by_hand(p, buf_str(&schema)), SQLITE_OK);
	assert_int_equal(
		run_by_hand(p, "INSERT INTO recipient (address, domain, state, reason, since, "
			       "level, score, scored_at, strike_day, gone_at) VALUES "
			       "('ann@example.com', 'example.com', 'dead', 'no-such-user', 5, 0, "
			       "500, 5, 0, 5);"
			       "INSERT INTO transition (time, address, mailing, cause, from_state, "
			       "to_state, strike, score, why) VALUES "
			       "(5, 'ann@example.com', 'm', 'gone', 'ok', 'dead', 500, 500, 'x')"),
		SQLITE_OK);
	p->store = store_open(p->path, STORE_WRITE, p->error);
	assert_non_null(p->store);
	replay = replay_new(p->store);
	assert_int_equal(replay_check(replay, &checked, tell_difference, NULL), 0);
	assert_int_equal(checked, 1);
	replay_free(replay);
	assert_sql(p, "SELECT speaks FROM transition", "1");
	/* and no undo goes behind them */
	assert_int_equal(store_operation_add(p->store,
					     &(struct store_operation){ 1, "w", "undo", "", "y" },
					     &undo.operation),
			 0);
	assert_int_equal(store_undo_mark(p->store, &undo, general(SPAN("ann@example.com"))), 0);
	assert_int_equal(store_undo_beyond(p->store, &undo, &beyond), 0);
	assert_int_equal(beyond, 1);
	undo.all = false;
	assert_int_equal(store_undo_beyond(p->store, &undo, &beyond), 0);
	assert_int_equal(beyond, 0);
	buf_free(&schema);
}

static void
a_newer_database_is_refused_and_not_touched(void **state)
{
	struct place *p = *state;

	close_store(p);
	assert_int_equal(run_by_hand(p, "PRAGMA user_version = 9"), SQLITE_OK);
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "has version 9, this mailbounced knows 8"));
	assert_null(store_open(p->path, STORE_READ, p->error));
	assert_non_null(strstr(p->error, "has version 9"));
	assert_sql(p, "PRAGMA user_version", "9");
}

static void
a_foreign_database_is_refused_and_not_touched(void **state)
{
	struct place *p = *state;

	close_store(p);
	unlink(p->path);
	assert_int_equal(run_by_hand(p, "CREATE TABLE song (name TEXT)"), SQLITE_OK);
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "another program"));
	assert_null(store_open(p->path, STORE_READ, p->error));
	assert_non_null(strstr(p->error, "another program"));
	assert_sql(p, "PRAGMA journal_mode", "delete");
	assert_sql(p, "SELECT name FROM sqlite_schema", "song");
}

static void
write_bytes(const char *path, off_t at, const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, length, at), (ssize_t)length);
	close(fd);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	static char text[4096];
	struct place *p = *state;

	close_store(p);
	memset(text, 'x', sizeof(text));
	write_bytes(p->path, 0, text, sizeof(text));
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "not a database; restore a backup"));
}

static void
damage(const struct place *p, off_t at)
{
	static char garbage[1000];

	memset(garbage, 0xa5, sizeof(garbage));
	write_bytes(p->path, at, garbage, sizeof(garbage));
}

static void
a_damaged_page_is_an_error_and_no_crash(void **state)
{
	struct place *p = *state;
	struct bounce_standing got;
	struct sample s;
	sqlite3_stmt *root;
	sqlite3 *db;
	int page;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	close_store(p);
	db = by_hand(p);
	sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'recipient'", -1,
			   &root, NULL);
	assert_int_equal(sqlite3_step(root), SQLITE_ROW);
	page = sqlite3_column_int(root, 0);
	sqlite3_finalize(root);
	sqlite3_close(db);
	damage(p, (off_t)(page - 1) * 4096);
	p->store = store_open(p->path, STORE_WRITE, p->error);
	assert_non_null(p->store);
	assert_int_equal(store_standing(p->store, general(SPAN("ann@example.com")), &got), -1);
	assert_non_null(strstr(store_error(p->store), "malformed; stop mailbounced, keep a copy"));
	close_store(p);
	damage(p, 100); /* behind the file's header: where the schema begins */
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "malformed; stop mailbounced, keep a copy"));
}

static void
a_missing_directory_is_named(void **state)
{
	struct place *p = *state;

	assert_null(store_open("/nonexistent/state.db", STORE_WRITE, p->error));
	assert_string_equal(p->error,
			    "/nonexistent/state.db.lock: No such file or directory; make its "
			    "directory first");
}

static void
a_missing_file_cannot_be_read(void **state)
{
	struct place *p = *state;
	struct stat st;

	close_store(p);
	unlink(p->path);
	assert_null(store_open(p->path, STORE_READ, p->error));
	assert_non_null(strstr(p->error, "mailbounced makes it when it first runs"));
	assert_int_equal(stat(p->path, &st), -1);
}

static int
open_as_nobody(const char *path)
{
	char error[STORE_ERROR_SIZE] = "";

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 2;
	if (store_open(path, STORE_WRITE, error) != NULL)
		return 3;
	return strstr(error, "must be writable for this user") != NULL ? 0 : 4;
}

static void
a_directory_that_is_not_ours_is_told(void **state)
{
	struct place *p = *state;
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	close_store(p);
	assert_int_equal(chmod(p->directory, 0755), 0);
	child = fork();
	if (child == 0)
		_exit(open_as_nobody(p->path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* In a child, with a limit on the size of files as a full disk. */
static int
fill_the_disk(struct place *p)
{
	struct rlimit limit = { (rlim_t)200 * 1024, RLIM_INFINITY };
	uint32_t uid;
	int64_t folder = open_folder(p, "INBOX", 1);

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	for (uid = 1; uid < 100000; uid++) {
		struct store_message message = { .folder = folder, .uid = uid, .time = NOW };
		enum store_seen seen;
		int64_t id;

		memcpy(message.fingerprint, &uid, sizeof(uid));
		if (store_begin(p->store) < 0 ||
		    store_message_add(p->store, &message, &seen, &id) < 0 ||
		    store_commit(p->store) < 0)
			break;
	}
	if (uid == 100000 || strstr(store_error(p->store), "free space") == NULL)
		return 2;
	store_rollback(p->store);
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	/* The same message again, now that there is room: it was not recorded by half. */
	return add_message(p, folder, uid, (unsigned char)(uid & 0xff), NULL) == STORE_KNOWN ? 3
											     : 0;
}

static void
a_full_disk_is_told_and_survived(void **state)
{
	struct place *p = *state;
	pid_t child;
	int status;

	close_store(p);
	child = fork();
	if (child == 0) {
		p->store = store_open(p->path, STORE_WRITE, p->error);
		status = p->store == NULL ? 1 : fill_the_disk(p);
		store_close(p->store);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_sql(p, "PRAGMA integrity_check", "ok");
	assert_sql(p, "SELECT count(*) = max(uid) FROM message", "1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(a_new_database_is_marked_as_ours),
		on_a_file(the_files_mode_does_not_depend_on_the_umask),
		on_a_file(sql_is_compiled_in_as_it_is_written),
		on_a_file(no_statement_scans_a_table),
		on_a_file(a_second_writer_is_refused_with_the_firsts_pid),
		on_a_file(a_writer_that_was_killed_leaves_no_lock),
		on_a_file(a_reader_sees_what_is_committed_and_writes_nothing),
		on_a_file(who_may_only_read_the_file_can_open_it_when_the_daemon_is_down),
		on_a_file(a_database_of_version_1_becomes_like_a_new_one),
		on_a_file(an_older_ledger_begins_with_the_standings_that_it_had),
		on_a_file(a_newer_database_is_refused_and_not_touched),
		on_a_file(a_foreign_database_is_refused_and_not_touched),
		on_a_file(a_file_that_is_no_database_is_refused),
		on_a_file(a_damaged_page_is_an_error_and_no_crash),
		on_a_file(a_missing_directory_is_named),
		on_a_file(a_missing_file_cannot_be_read),
		on_a_file(a_directory_that_is_not_ours_is_told),
		on_a_file(a_full_disk_is_told_and_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
