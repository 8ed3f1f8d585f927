/*
 * action_test - real programs on a real loop
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action.h"

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

static int
drop(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static int
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
	p->hook = (struct config_hook){ .name = name, .command = p->command, .timeout = 20 };
	p->config.hook = &p->hook;
	p->config.hook_count = 1;
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

static int
drop_place(void **state)
{
	struct place *p = *state;

	dup2(p->standard_error, STDERR_FILENO);
	close(p->standard_error);
	assert_int_equal(co_count(p->loop), 0);
	co_loop_free(p->loop);
	ev_loop_destroy(p->ev);
	store_close(p->store);
	assert_int_equal(nftw(p->directory, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
	/* No program is left behind as a zombie. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	free(p);
	return 0;
}

/* The hook's program: gets the test's directory as $1. */
static void
write_script(const struct place *p, const char *body)
{
	FILE *f = fopen(p->script, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	fclose(f);
	assert_int_equal(chmod(p->script, 0700), 0);
}

static void
add_entry(struct place *p, const char *payload)
{
	assert_int_equal(store_outbox_add(p->store, "tell", 0, span_of(payload), 1000), 0);
}

static void
run_outbox(struct place *p)
{
	co_spawn(p->loop, "outbox", action_run, &p->runner);
	ev_run(p->ev, 0);
}

static void
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

static void
assert_file(const struct place *p, const char *name, const char *want)
{
	char text[8192];

	read_text(p->directory, name, text, sizeof(text));
	assert_string_equal(text, want);
}

static void
assert_logged(const struct place *p, const char *part, bool want)
{
	char text[8192];

	read_text(p->directory, "log", text, sizeof(text));
	if ((strstr(text, part) != NULL) != want)
		fail_msg("the log %s \"%s\": %s", want ? "lacks" : "has", part, text);
}

struct outcome {
	bool done;
	int attempts;
	int64_t due;
	char error[STORE_ERROR_SIZE];
};

static struct outcome
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

static void
run_sql(const struct place *p, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
the_exit_status_decides(void **state)
{
	static const struct {
		const char *body;
		bool done;
		const char *error; /* its end */
	} row[] = {
		{ "exit 0", true, "" },
		{ "exit 1", false, "/script: exit status 1" },
		{ "exit 75", false, "/script: exit status 75" },
		{ "echo the list is gone >&2; exit 3", false,
		  "/script: exit status 3: the list is gone" },
		{ "kill -9 $$", false, "/script: killed by signal 9" },
		{ "echo fine >&2; cat; exit 0", true, "" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct outcome got;

		write_script(p, row[i].body);
		add_entry(p, "{}");
		run_outbox(p);
		got = outcome_of(p);
		assert_int_equal(got.done, row[i].done);
		assert_int_equal(got.attempts, 1);
		assert_true(span_iends(span_of(got.error), span_of(row[i].error)));
		assert_int_equal(got.error[0] == '\0', row[i].done);
		run_sql(p, "DELETE FROM outbox");
	}
}

static void
plain_programs_need_no_script(void **state)
{
	static char name_true[] = "true", name_false[] = "false", absent[] = "/nonexistent/program";
	static const struct {
		char *name;
		bool done;
	} row[] = { { name_false, false }, { absent, false }, { name_true, true } };
	struct place *p = *state;

	p->command[1] = NULL;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		p->command[0] = row[i].name;
		if (i == 0)
			add_entry(p, "{}");
		else
			assert_int_equal(store_outbox_retry(p->store, 1, 1000, "again"), 0);
		run_outbox(p);
		assert_int_equal(outcome_of(p).done, row[i].done);
	}
	assert_logged(p, "/nonexistent/program: cannot be started: No such file", true);
}

static void
the_program_gets_json_on_standard_input(void **state)
{
	struct place *p = *state;

	write_script(p, "cat > \"$1/input\"");
	add_entry(p, "{\"address\":\"ann@example.com\",\"state\":\"dead\"}");
	run_outbox(p);
	assert_true(outcome_of(p).done);
	assert_file(p, "input", "{\"address\":\"ann@example.com\",\"state\":\"dead\"}\n");
}

static void
the_environment_has_the_facts_and_little_else(void **state)
{
	struct place *p = *state;
	char text[8192];

	setenv("NOTIFY_SOCKET", "/run/secret", 1);
	setenv("MAILBOUNCED_STATE", "forged", 1);
	write_script(p, "env > \"$1/environment\"");
	add_entry(p, "{\"event_id\":7,\"address\":\"ann@example.com\",\"state\":\"dead\","
		     "\"previous\":\"ok\",\"reason\":\"no-such-user\",\"status\":\"5.1.1\","
		     "\"diagnostic\":\"a\\u001b[2J\\nLD_PRELOAD=x\\u202e $(reboot)\"}");
	run_outbox(p);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("MAILBOUNCED_STATE");
	read_text(p->directory, "environment", text, sizeof(text));
	assert_non_null(strstr(text, "MAILBOUNCED_EVENT_ID=7\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_ADDRESS=ann@example.com\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_STATE=dead\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_PREVIOUS=ok\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_REASON=no-such-user\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_STATUS=5.1.1\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_DIAGNOSTIC=a?[2J?LD_PRELOAD=x? $(reboot)\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_ID=1\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_HOOK=tell\n"));
	assert_non_null(strstr(text, "MAILBOUNCED_ATTEMPT=1\n"));
	assert_non_null(strstr(text, "PATH="));
	assert_null(strstr(text, "NOTIFY_SOCKET"));
	assert_null(strstr(text, "forged"));
}

static void
the_program_inherits_no_descriptor_and_no_ignored_signal(void **state)
{
	struct place *p = *state;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int loose = fcntl(null, F_DUPFD, 200); /* without FD_CLOEXEC */
	char text[64];

	assert_int_equal(loose, 200);
	write_script(p, "for fd in 0 1 2 200; do [ -e /proc/$$/fd/$fd ] && echo $fd; done "
			"> \"$1/fds\"\n"
			"sed -n 's/^SigIgn:.//p' /proc/$$/status > \"$1/ignored\"");
	add_entry(p, "{}");
	run_outbox(p);
	close(loose);
	close(null);
	assert_true(outcome_of(p).done);
	assert_file(p, "fds", "0\n1\n2\n");
	/* Above are the two that glibc keeps for itself. */
	read_text(p->directory, "ignored", text, sizeof(text));
	assert_int_equal(strlen(text), 17);
	assert_int_equal(strtoull(text, NULL, 16) & 0x7fffffff, 0);
}

static void
a_program_that_hangs_is_killed_with_its_children(void **state)
{
	struct place *p = *state;
	struct timespec from, to;
	struct outcome got;
	char pid[32];

	p->hook.timeout = 1;
	write_script(p, "sleep 1000 & echo $! > \"$1/pid\"; wait");
	add_entry(p, "{}");
	clock_gettime(CLOCK_MONOTONIC, &from);
	run_outbox(p);
	clock_gettime(CLOCK_MONOTONIC, &to);
	got = outcome_of(p);
	assert_false(got.done);
	assert_true(span_iends(span_of(got.error), SPAN("not done after 1 s, killed")));
	assert_true(to.tv_sec - from.tv_sec < 10);
	read_text(p->directory, "pid", pid, sizeof(pid));
	/* Killed; a zombie at most, until init takes it. */
	for (int i = 0; i < 100; i++) {
		char path[64], status[4096];

		snprintf(path, sizeof(path), "/proc/%ld", strtol(pid, NULL, 10));
		read_text(path, "status", status, sizeof(status));
		if (status[0] == '\0' || strstr(status, "State:\tZ") != NULL)
			return;
		usleep(50000);
	}
	fail_msg("the child %s is still there", pid);
}

/* {"k0":"xxx...","k1":...}: `count` members of `length` bytes. */
static void
make_payload(struct buf *out, int count, int length)
{
	buf_adds(out, "{");
	for (int i = 0; i < count; i++) {
		buf_addf(out, "%s\"k%d\":\"", i > 0 ? "," : "", i);
		for (int k = 0; k < length; k++)
			buf_addc(out, 'x');
		buf_adds(out, "\"");
	}
	buf_adds(out, "}");
}

static void
a_program_that_ignores_its_input_may_succeed(void **state)
{
	struct place *p = *state;
	struct buf payload = BUF_INIT;

	make_payload(&payload, 3, 60000);
	write_script(p, "exec 0<&-; sleep 0.2; exit 0");
	add_entry(p, buf_str(&payload));
	run_outbox(p);
	assert_true(outcome_of(p).done);
	buf_free(&payload);
}

static void
a_fact_too_long_for_an_environment_is_told(void **state)
{
	struct place *p = *state;
	struct buf payload = BUF_INIT;

	make_payload(&payload, 1, 300000);
	write_script(p, "exit 0");
	add_entry(p, buf_str(&payload));
	run_outbox(p);
	assert_false(outcome_of(p).done);
	assert_logged(p, "cannot be started: Argument list too long", true);
	buf_free(&payload);
}

static void
input_larger_than_a_pipe_arrives_whole(void **state)
{
	struct place *p = *state;
	struct buf payload = BUF_INIT;
	char text[64], want[64];

	make_payload(&payload, 3, 60000);
	write_script(p, "wc -c < \"/dev/stdin\" > \"$1/size\"");
	add_entry(p, buf_str(&payload));
	run_outbox(p);
	assert_true(outcome_of(p).done);
	read_text(p->directory, "size", text, sizeof(text));
	snprintf(want, sizeof(want), "%zu\n", payload.len + 1);
	assert_string_equal(text, want);
	buf_free(&payload);
}

static void
a_talkative_program_is_clipped_and_does_not_stall(void **state)
{
	struct place *p = *state;
	struct outcome got;

	write_script(p, "i=0; while [ $i -lt 3000 ]; do echo 'word word word word word word word'; "
			"i=$((i+1)); done >&2; exit 9");
	add_entry(p, "{}");
	run_outbox(p);
	got = outcome_of(p);
	assert_false(got.done);
	assert_non_null(strstr(got.error, "exit status 9: word word"));
}

static void
a_grandchild_that_keeps_standard_error_does_not_delay(void **state)
{
	struct place *p = *state;
	struct timespec from, to;
	char pid[32];

	write_script(p, "sleep 30 & echo $! > \"$1/pid\"; exit 0");
	add_entry(p, "{}");
	clock_gettime(CLOCK_MONOTONIC, &from);
	run_outbox(p);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(outcome_of(p).done);
	assert_true(to.tv_sec - from.tv_sec < 10);
	read_text(p->directory, "pid", pid, sizeof(pid));
	kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
}

static void
failures_are_retried_later_and_later(void **state)
{
	static const int64_t want[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600 };
	struct place *p = *state;

	write_script(p, "exit 1");
	add_entry(p, "{}");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		int64_t now = (int64_t)time(NULL);
		struct outcome got;

		run_outbox(p);
		got = outcome_of(p);
		assert_int_equal(got.attempts, (int)i + 1);
		assert_in_range(got.due - now, want[i], want[i] + 5);
		run_sql(p, "UPDATE outbox SET due_at = 1000");
	}
}

static void
entries_of_a_hook_that_is_gone_are_kept_and_told_once(void **state)
{
	struct place *p = *state;
	int64_t now = (int64_t)time(NULL);
	struct outcome got;
	char text[8192];
	const char *first;

	p->config.hook_count = 0;
	add_entry(p, "{}");
	add_entry(p, "{}");
	run_outbox(p);
	got = outcome_of(p);
	assert_false(got.done);
	assert_in_range(got.due - now, 86400, 86405);
	read_text(p->directory, "log", text, sizeof(text));
	first = strstr(text, "is not configured any more");
	assert_non_null(first);
	assert_null(strstr(first + 1, "is not configured any more"));
}

struct canceler {
	struct place *place;
	double after;
	bool reload; /* take the configuration away as well */
};

static void
cancel_later(void *arg)
{
	struct canceler *c = arg;

	co_sleep(c->place->loop, c->after);
	if (c->reload) {
		c->place->current = NULL;
		c->place->hook = (struct config_hook){ 0 };
		memset(c->place->command, 0, sizeof(c->place->command));
	}
	if (c->place->runner.self != NULL)
		co_cancel(c->place->runner.self);
}

static void
a_cancelled_runner_kills_the_program_and_keeps_the_entry(void **state)
{
	struct place *p = *state;
	struct canceler canceler = { .place = p, .after = 0.3, .reload = true };
	struct outcome got;

	p->runner.once = false;
	write_script(p, "sleep 1000");
	add_entry(p, "{}");
	co_spawn(p->loop, "canceler", cancel_later, &canceler);
	run_outbox(p);
	got = outcome_of(p);
	assert_false(got.done);
	assert_int_equal(got.attempts, 0);
	assert_int_equal(got.due, 1000);
	assert_null(p->runner.self);
}

static void
mend_store_later(void *arg)
{
	struct canceler *c = arg;

	co_sleep(c->place->loop, 2 * ACTION_SETTLE);
	run_sql(c->place, "DROP TRIGGER full");
	co_sleep(c->place->loop, 2 * ACTION_SETTLE);
	co_cancel(c->place->runner.self);
}

static void
a_program_runs_once_though_the_store_is_in_trouble(void **state)
{
	static const char *const scripts[] = { "echo ran >> \"$1/ran\"",
					       "echo ran >> \"$1/ran\"; exit 1" };

	for (size_t i = 0; i < 2; i++) {
		struct place *p = *state;
		struct canceler mender = { .place = p };

		p->runner.once = false;
		write_script(p, scripts[i]);
		run_sql(p, "DELETE FROM outbox");
		add_entry(p, "{}");
		run_sql(p, "CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN "
			   "SELECT raise(ABORT, 'no room'); END");
		co_spawn(p->loop, "mender", mend_store_later, &mender);
		run_outbox(p);
		assert_file(p, "ran", i == 0 ? "ran\n" : "ran\nran\n");
		assert_int_equal(outcome_of(p).done, i == 0);
		assert_int_equal(outcome_of(p).attempts, 1);
		assert_logged(p, "cannot be ticked off", true);
	}
}

static void
wake_later(void *arg)
{
	struct canceler *c = arg;

	co_sleep(c->place->loop, 0.2);
	add_entry(c->place, "{}");
	co_wake(c->place->runner.self);
	co_sleep(c->place->loop, 1.0);
	co_cancel(c->place->runner.self);
}

static void
a_waiting_runner_is_woken_by_a_new_entry(void **state)
{
	struct place *p = *state;
	struct canceler waker = { .place = p };

	p->runner.once = false;
	write_script(p, "exit 0");
	co_spawn(p->loop, "waker", wake_later, &waker);
	run_outbox(p);
	assert_true(outcome_of(p).done);
}

#define on_a_loop(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_loop(the_exit_status_decides),
		on_a_loop(plain_programs_need_no_script),
		on_a_loop(the_program_gets_json_on_standard_input),
		on_a_loop(the_environment_has_the_facts_and_little_else),
		on_a_loop(the_program_inherits_no_descriptor_and_no_ignored_signal),
		on_a_loop(a_program_that_hangs_is_killed_with_its_children),
		on_a_loop(a_program_that_ignores_its_input_may_succeed),
		on_a_loop(a_fact_too_long_for_an_environment_is_told),
		on_a_loop(input_larger_than_a_pipe_arrives_whole),
		on_a_loop(a_talkative_program_is_clipped_and_does_not_stall),
		on_a_loop(a_grandchild_that_keeps_standard_error_does_not_delay),
		on_a_loop(failures_are_retried_later_and_later),
		on_a_loop(entries_of_a_hook_that_is_gone_are_kept_and_told_once),
		on_a_loop(a_cancelled_runner_kills_the_program_and_keeps_the_entry),
		on_a_loop(a_program_runs_once_though_the_store_is_in_trouble),
		on_a_loop(a_waiting_runner_is_woken_by_a_new_entry),
	};

	log_open("action_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
