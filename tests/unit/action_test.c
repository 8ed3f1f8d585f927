/*
 * action_test - how a program is told: input, environment, end
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "action_world.h"

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
	assert_logged(p, "/nonexistent/program: cannot be started: No such file");
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
	struct outcome got;
	char pid[32];

	p->hook.timeout = 1;
	write_script(p, "sleep 1000 & echo $! > \"$1/pid\"; wait");
	add_entry(p, "{}");
	run_outbox(p); /* else it would last longer than any test may */
	got = outcome_of(p);
	assert_false(got.done);
	assert_true(span_iends(span_of(got.error), SPAN("not done after 1 s, killed")));
	read_text(p->directory, "pid", pid, sizeof(pid));
	/* Killed; a zombie at most, until init takes it. */
	for (int i = 0; i < 1000; i++) {
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
	assert_logged(p, "cannot be started: Argument list too long");
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
	char pid[32];

	write_script(p, "sleep 1000 & echo $! > \"$1/pid\"; exit 0");
	add_entry(p, "{}");
	run_outbox(p); /* else it would last longer than any test may */
	assert_true(outcome_of(p).done);
	read_text(p->directory, "pid", pid, sizeof(pid));
	kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
}

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
	};

	log_open("action_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
