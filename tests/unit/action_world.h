/*
 * action_world - hooks on a loop, with a store and a directory of their own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_ACTION_WORLD_H
#define MAILBOUNCED_ACTION_WORLD_H

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action.h"
#include "remove_tree.h"

struct place {
	char directory[64];
	char path[96];
	char log[96];
	int standard_error;
	struct store *store;
	struct config config;
	const struct config *current; /* what the runner looks through */
	struct config_hook hook;
	char *command[4];
	char script[96];
	struct ev_loop *ev;
	struct co_loop *loop;
	struct action_runner runner;
};

static inline int
make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	static char name[] = "tell";
	char error[STORE_ERROR_SIZE];
	int fd;

	snprintf(p->directory, sizeof(p->directory), "/tmp/action_test.XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->path, sizeof(p->path), "%s/state.db", p->directory);
	snprintf(p->log, sizeof(p->log), "%s/log", p->directory);
	snprintf(p->script, sizeof(p->script), "%s/script", p->directory);
	p->store = store_open(p->path, STORE_WRITE, error);
	if (p->store == NULL)
		fail_msg("%s", error);
	p->command[0] = p->script;
	p->command[1] = p->directory;
	p->hook = (struct config_hook){ .name = name, .command = p->command, .timeout = 200 };
	p->config.hook = &p->hook;
	p->config.hook_count = 1;
	p->config.outbox_keep = 86400; /* with none an entry is gone when the second ends */
	p->current = &p->config;
	p->ev = ev_loop_new(EVFLAG_AUTO);
	p->loop = co_loop_new(p->ev);
	p->runner = (struct action_runner){
		.loop = p->loop, .store = p->store, .config = &p->current, .once = true
	};
	fd = open(p->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	p->standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(fd, STDERR_FILENO);
	close(fd);
	*state = p;
	return 0;
}

static inline int
drop_place(void **state)
{
	struct place *p = *state;

	dup2(p->standard_error, STDERR_FILENO);
	close(p->standard_error);
	assert_int_equal(co_count(p->loop), 0);
	co_loop_free(p->loop);
	ev_loop_destroy(p->ev);
	store_close(p->store);
	remove_tree(p->directory);
	/* No program is left behind as a zombie. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	free(p);
	return 0;
}

/* The hook's program: gets the test's directory as $1. */
static inline void
write_script(const struct place *p, const char *body)
{
	FILE *f = fopen(p->script, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	fclose(f);
	assert_int_equal(chmod(p->script, 0700), 0);
}

static inline void
add_entry(struct place *p, const char *payload)
{
	assert_int_equal(store_outbox_add(p->store, "tell", 0, span_of(payload), 1000), 0);
}

static inline void
run_outbox(struct place *p)
{
	co_spawn(p->loop, "outbox", action_run, &p->runner);
	ev_run(p->ev, 0);
}

static inline void
read_text(const char *directory, const char *name, char *text, size_t size)
{
	char path[128];
	FILE *f;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "r");
	if (f != NULL) {
		n = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[n] = '\0';
}

static inline void
assert_file(const struct place *p, const char *name, const char *want)
{
	char text[8192];

	read_text(p->directory, name, text, sizeof(text));
	assert_string_equal(text, want);
}

static inline bool
is_logged(const struct place *p, const char *part)
{
	char text[8192];

	read_text(p->directory, "log", text, sizeof(text));
	return strstr(text, part) != NULL;
}

static inline void
assert_logged(const struct place *p, const char *part)
{
	if (!is_logged(p, part))
		fail_msg("the log lacks \"%s\"", part);
}

struct outcome {
	bool done;
	int attempts;
	int64_t due;
	char error[STORE_ERROR_SIZE];
};

static inline struct outcome
outcome_of(const struct place *p)
{
	struct outcome o = { 0 };
	sqlite3_stmt *s;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	sqlite3_prepare_v2(db,
			   "SELECT done_at IS NOT NULL, attempts, due_at, coalesce(error, '') FROM "
			   "outbox ORDER BY id LIMIT 1",
			   -1, &s, NULL);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	o.done = sqlite3_column_int(s, 0) != 0;
	o.attempts = sqlite3_column_int(s, 1);
	o.due = sqlite3_column_int64(s, 2);
	snprintf(o.error, sizeof(o.error), "%s", (const char *)sqlite3_column_text(s, 3));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return o;
}

static inline void
run_sql(const struct place *p, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

#endif
