/*
 * store_checkpoint_test - what is told of a log that does not come into the database file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include <string.h>

#include "log_heard.h"

#define MIB ((size_t)1024 * 1024)
#define PAGE ((size_t)4096)
#define STUCK ((size_t)32 * 1024) /* pages, as in store_checkpoint.c */
#define MOST_WAITS 20000

/* SQLite's own way to files, but for writes to a database file, which only a checkpoint does. */
static struct sqlite3_vfs vfs;
static sqlite3_io_methods methods;
static int (*real_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
static int (*real_write)(sqlite3_file *, const void *, int, sqlite3_int64);
static volatile bool full;

static int
write_or_not(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	return full ? SQLITE_FULL : real_write(file, bytes, count, offset);
}

static int
open_file(sqlite3_vfs *own, const char *name, sqlite3_file *file, int flags, int *out)
{
	int result = real_open(own, name, file, flags, out);

	if (result == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
		real_write = file->pMethods->xWrite;
		methods = *file->pMethods;
		methods.xWrite = write_or_not;
		file->pMethods = &methods;
	}
	return result;
}

static int
make_failing_place(void **state)
{
	full = false;
	vfs = *sqlite3_vfs_find(NULL);
	real_open = vfs.xOpen;
	vfs.zName = "failing";
	vfs.xOpen = open_file;
	assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
	return make_place(state);
}

static int
drop_failing_place(void **state)
{
	int result = drop_place(state);

	sqlite3_vfs_unregister(&vfs);
	return result;
}

/* One transaction of so many bytes. */
static void
commit(struct place *p, size_t bytes)
{
	char *text = malloc(bytes);

	assert_non_null(text);
	memset(text, 'x', bytes);
	ok(store_begin(p->store));
	ok(store_outbox_add(p->store, "hook", 1, span_make(text, bytes), NOW));
	ok(store_commit(p->store));
	free(text);
}

/* Small transactions until it has been said: the thread works beside us. */
static const char *
heard_after_some(struct place *p, const char *what)
{
	const char *said = "";

	for (size_t i = 0; i < MOST_WAITS && strstr(said, what) == NULL; i++) {
		hear_log(LOG_LEVEL_DEBUG);
		commit(p, 1);
		said = heard_log();
		usleep(100);
	}
	return said;
}

static void
a_database_file_that_takes_nothing_is_told_once_and_so_is_its_end(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "anna@example.com");
	add_sample(p, &s, 'a');
	full = true;
	commit(p, 8 * MIB);
	assert_heard(heard_after_some(p, "cannot be brought"),
		     "database or disk is full; free space on its file system; nothing is lost");
	hear_log(LOG_LEVEL_DEBUG);
	for (size_t i = 0; i < 100; i++)
		commit(p, 1);
	assert_string_equal(heard_log(), "");
	full = false;
	assert_heard(heard_after_some(p, "again"), "comes into the database file again");
}

static void
a_reader_without_end_is_told_once_when_the_log_is_long(void **state)
{
	struct place *p = *state;
	struct sample s;
	sqlite3 *reader;
	const char *said;
	size_t half;

	make_sample(&s, "anna@example.com");
	add_sample(p, &s, 'a');
	reader = by_hand(p);
	assert_int_equal(
		sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM event;", NULL, NULL, NULL),
		SQLITE_OK);
	half = STUCK / 2 * PAGE;
	hear_log(LOG_LEVEL_DEBUG);
	commit(p, half);
	commit(p, half - 2 * MIB);
	assert_string_equal(heard_log(), "");
	hear_log(LOG_LEVEL_DEBUG);
	commit(p, 3 * MIB);
	said = heard_log();
	assert_heard(said, "a program reads the database and does not end");
	hear_log(LOG_LEVEL_DEBUG);
	commit(p, 1);
	assert_string_equal(heard_log(), "");
	sqlite3_close(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_database_file_that_takes_nothing_is_told_once_and_so_is_its_end,
			make_failing_place, drop_failing_place),
		on_a_file(a_reader_without_end_is_told_once_when_the_log_is_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
