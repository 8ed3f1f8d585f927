/*
 * store_settle_test - when what is committed is on the disk
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

/* SQLite's own way to files, which counts how often the log is brought to the disk. */
static struct sqlite3_vfs vfs;
static sqlite3_io_methods methods;
static int (*real_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
static int (*real_sync)(sqlite3_file *, int);
static int syncs;
static bool broken;

static int
count_sync(sqlite3_file *file, int flags)
{
	if (broken)
		return SQLITE_IOERR_FSYNC;
	syncs++;
	return real_sync(file, flags);
}

static int
open_file(sqlite3_vfs *own, const char *name, sqlite3_file *file, int flags, int *out)
{
	int result = real_open(own, name, file, flags, out);

	if (result == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
		real_sync = file->pMethods->xSync;
		methods = *file->pMethods;
		methods.xSync = count_sync;
		file->pMethods = &methods;
	}
	return result;
}

static int
make_counted_place(void **state)
{
	broken = false;
	vfs = *sqlite3_vfs_find(NULL);
	real_open = vfs.xOpen;
	vfs.zName = "counting";
	vfs.xOpen = open_file;
	assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
	return make_place(state);
}

static int
drop_counted_place(void **state)
{
	int result = drop_place(state);

	sqlite3_vfs_unregister(&vfs);
	return result;
}

/* Since the last call. */
static int
counted(void)
{
	int count = syncs;

	syncs = 0;
	return count;
}

static void
write_something(struct place *p)
{
	ok(store_outbox_add(p->store, "hook", 1, SPAN("x"), NOW));
}

static void
commit_part(struct place *p)
{
	ok(store_begin_part(p->store));
	write_something(p);
	ok(store_commit(p->store));
}

/* The log is new, and its head is brought to the disk once. */
static struct place *
begin_counting(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "anna@example.com");
	add_sample(p, &s, 'a');
	(void)counted();
	return p;
}

static void
a_transaction_is_on_the_disk_when_it_is_committed(void **state)
{
	struct place *p = begin_counting(state);

	ok(store_begin(p->store));
	write_something(p);
	assert_int_equal(counted(), 0);
	ok(store_commit(p->store));
	assert_int_equal(counted(), 1);
	ok(store_settle(p->store));
	assert_int_equal(counted(), 0);
}

static void
parts_come_to_the_disk_together(void **state)
{
	struct place *p = begin_counting(state);

	for (int i = 0; i < 3; i++)
		commit_part(p);
	assert_int_equal(counted(), 0);
	ok(store_settle(p->store));
	assert_int_equal(counted(), 1);
	ok(store_settle(p->store));
	assert_int_equal(counted(), 0);
	assert_sql(p, "SELECT count(*) FROM outbox", "3");
}

static void
after_a_part_all_else_is_safe_at_once(void **state)
{
	struct place *p = begin_counting(state);

	commit_part(p);
	write_something(p); /* a transaction of its own */
	assert_int_equal(counted(), 1);
	ok(store_begin_part(p->store));
	write_something(p);
	store_rollback(p->store);
	write_something(p);
	assert_int_equal(counted(), 1);
}

static void
what_is_handed_out_to_be_moved_is_on_the_disk(void **state)
{
	struct place *p = begin_counting(state);
	struct store_move_set set = { .now = NOW, .most = 2 };
	uint32_t uid[2];

	set.uid = uid;
	set.folder = open_folder(p, "INBOX", 1);
	(void)counted();
	ok(store_begin_part(p->store));
	add_message(p, set.folder, 1, 'a', "Done");
	ok(store_commit(p->store));
	assert_int_equal(counted(), 0);
	ok(store_moves(p->store, "Done", &set));
	assert_int_equal(set.count, 1);
	assert_int_equal(counted(), 1);
}

static void
what_is_handed_out_to_be_told_is_on_the_disk(void **state)
{
	struct place *p = begin_counting(state);
	struct store_outbox entry;

	commit_part(p);
	assert_int_equal(store_outbox_next(p->store, NOW - 1, &entry), 0); /* nothing is due yet */
	assert_int_equal(counted(), 0);
	assert_int_equal(store_outbox_next(p->store, NOW, &entry), 1);
	assert_int_equal(counted(), 1);
	store_outbox_free(&entry);
}

static void
a_disk_that_fails_is_told_and_nothing_is_handed_out(void **state)
{
	struct place *p = begin_counting(state);
	struct store_move_set set = { .now = NOW, .most = 2 };
	struct store_outbox entry;
	uint32_t uid[2];

	set.uid = uid;
	set.folder = open_folder(p, "INBOX", 1);
	commit_part(p);
	broken = true;
	assert_int_equal(store_settle(p->store), -1);
	assert_non_null(strstr(store_error(p->store), "does not come to the disk: disk I/O error"));
	assert_int_equal(store_moves(p->store, "Done", &set), -1);
	assert_int_equal(store_outbox_next(p->store, NOW, &entry), -1);
	broken = false;
	(void)counted();
	ok(store_moves(p->store, "Done", &set));
	assert_int_equal(counted(), 1);
}

static void
copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	int c;

	assert_non_null(in);
	assert_non_null(out);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* Without its log. */
static void
assert_in_the_file_alone(const struct place *p, const char *sql, const char *want)
{
	struct place alone = *p;

	snprintf(alone.path, sizeof(alone.path), "%s/alone.db", p->directory);
	copy_file(p->path, alone.path);
	assert_sql(&alone, sql, want);
}

/* What fsync failed for once it may call done the next time. */
static void
a_log_that_failed_once_is_copied_before_it_is_believed(void **state)
{
	struct place *p = begin_counting(state);
	const char *sql = "SELECT count(*) FROM outbox";

	assert_int_equal(run_by_hand(p, "PRAGMA wal_checkpoint(FULL)"), SQLITE_OK);
	commit_part(p);
	ok(store_settle(p->store));
	assert_in_the_file_alone(p, sql, "0"); /* it is in the log */
	commit_part(p);
	broken = true;
	assert_int_equal(store_settle(p->store), -1);
	assert_int_equal(store_settle(p->store), -1);
	broken = false;
	ok(store_settle(p->store));
	assert_in_the_file_alone(p, sql, "2");
	commit_part(p);
	ok(store_settle(p->store));
	assert_in_the_file_alone(p, sql, "2"); /* the log again */
}

#define T(test) cmocka_unit_test_setup_teardown(test, make_counted_place, drop_counted_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_transaction_is_on_the_disk_when_it_is_committed),
		T(parts_come_to_the_disk_together),
		T(after_a_part_all_else_is_safe_at_once),
		T(what_is_handed_out_to_be_moved_is_on_the_disk),
		T(what_is_handed_out_to_be_told_is_on_the_disk),
		T(a_disk_that_fails_is_told_and_nothing_is_handed_out),
		T(a_log_that_failed_once_is_copied_before_it_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
