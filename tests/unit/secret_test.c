/*
 * secret_test - where a secret comes from
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>

#include "log.h"
#include "secrecy.h"
#include "secret.h"

#define MOST 16384 /* bytes of a secret, as mailbounced.conf(5) says */

static char directory[] = "/tmp/secret_test.XXXXXX";
static char path[100];
static char why[SECRET_WHY_SIZE];

static int
make_directory(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/imap", directory);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static void
write_file(struct span text, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, span_len(text)), span_len(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* No source at all. */
static struct config_secret
no_source(void)
{
	static char empty[] = "";
	static char *none[] = { NULL };

	return (struct config_secret){ empty, empty, none, empty };
}

struct job {
	struct co_loop *loop;
	const struct config_secret *source;
	char *password;
};

static void
run_job(void *arg)
{
	struct job *job = arg;

	job->password = secret_read(job->loop, job->source, "password", why);
}

/* In a coroutine, as the daemon does. */
static char *
read_now(const struct config_secret *source)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO);
	struct job job = { co_loop_new(ev), source, NULL };

	co_spawn(job.loop, "password", run_job, &job);
	ev_run(ev, 0);
	co_loop_free(job.loop);
	ev_loop_destroy(ev);
	return job.password;
}

static char *
from_file(void)
{
	struct config_secret source = no_source();

	source.file = path;
	return read_now(&source);
}

static void
a_file_gives_what_it_holds_without_its_line_end(void **state)
{
	static const char *const texts[] = { "Example1", "Example1\n", "Example1\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *password;

		write_file(span_of(texts[i]), 0600);
		password = from_file();
		assert_non_null(password);
		assert_string_equal(password, "Example1");
		free(password);
	}
}

static void
blanks_belong_to_a_password(void **state)
{
	char *password;

	(void)state;
	write_file(SPAN(" Example 1 \n"), 0600);
	password = from_file();
	assert_string_equal(password, " Example 1 ");
	free(password);
}

static void
a_file_that_no_server_could_be_sent_is_refused(void **state)
{
	const struct {
		struct span text;
		const char *says;
	} rows[] = {
		{ { NULL, NULL }, "is empty" },
		{ SPAN("\n"), "is empty" },
		{ SPAN("two\nlines\n"), "more than one line" },
		{ SPAN("two\n\n"), "more than one line" },
		{ SPAN("a\rb"), "more than one line" },
		{ SPAN("a\0b"), "NUL byte" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file(rows[i].text, 0600);
		assert_null(from_file());
		assert_non_null(strstr(why, rows[i].says));
		assert_non_null(strstr(why, path));
	}
}

static void
the_longest_password_is_taken_and_a_longer_one_refused(void **state)
{
	char text[MOST + 1];
	char *password;

	(void)state;
	memset(text, 'a', sizeof(text));
	write_file(span_make(text, MOST), 0600);
	password = from_file();
	assert_non_null(password);
	assert_int_equal(strlen(password), MOST);
	free(password);
	write_file(span_make(text, MOST + 1), 0600);
	assert_null(from_file());
	assert_non_null(strstr(why, "more than 16384 bytes"));
}

static void
a_file_that_is_not_there_is_told_by_name(void **state)
{
	struct config_secret source = no_source();
	static char missing[] = "/nonexistent/password";

	(void)state;
	source.file = missing;
	assert_null(read_now(&source));
	assert_string_equal(why, "/nonexistent/password: No such file or directory; check the path "
				 "and its permissions");
	source.file = directory;
	assert_null(read_now(&source));
	assert_non_null(strstr(why, "Is a directory"));
}

/* What standard error got while the password was read. */
static const char *
log_while_reading(void)
{
	static char text[1000];
	FILE *log = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t n;

	dup2(fileno(log), STDERR_FILENO);
	free(from_file());
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(log);
	n = fread(text, 1, sizeof(text) - 1, log);
	text[n] = '\0';
	fclose(log);
	return text;
}

static void
a_file_that_others_may_read_is_warned_of(void **state)
{
	(void)state;
	write_file(SPAN("Example1"), 0640);
	assert_string_equal(log_while_reading(), "");
	write_file(SPAN("Example1"), 0644);
	assert_non_null(strstr(log_while_reading(), "others may read or write this password file"));
	assert_null(strstr(log_while_reading(), "Example1"));
}

static void
a_credential_is_read_from_systemd_s_directory(void **state)
{
	struct config_secret source = no_source();
	static char name[] = "imap";
	char *password;

	(void)state;
	source.credential = name;
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_null(read_now(&source));
	assert_non_null(strstr(why, "LoadCredential=imap:FILE"));

	write_file(SPAN("Example2\n"), 0444);
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	password = read_now(&source);
	assert_non_null(password);
	assert_string_equal(password, "Example2");
	free(password);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static char *
from_shell(const char *script)
{
	struct config_secret source = no_source();
	char shell[] = "/bin/sh", flag[] = "-c", text[200];
	char *command[] = { shell, flag, text, NULL };

	snprintf(text, sizeof(text), "%s", script);
	source.command = command;
	return read_now(&source);
}

static void
a_command_gives_its_first_line(void **state)
{
	static const char *const scripts[] = {
		"echo Example3",
		"printf Example3",
		"printf 'Example3\\r\\n'",
		"echo Example3; echo login: bounces",
		"echo Example3; exec >&-; sleep 0.2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		char *password = from_shell(scripts[i]);

		assert_non_null(password);
		assert_string_equal(password, "Example3");
		free(password);
	}
}

static void
a_command_that_fails_gives_nothing(void **state)
{
	static const struct {
		const char *script, *says;
	} rows[] = {
		{ "echo Example3; echo locked >&2; exit 3",
		  "/bin/sh: exit status 3; run it by hand to see what it says" },
		{ "kill -9 $$", "/bin/sh: killed by signal 9; run it by hand" },
		{ "true", "/bin/sh is empty; put the password there" },
		{ "head -c 16385 /dev/zero | tr '\\0' a", "holds more than 16384 bytes" },
		{ "head -c 70000 /dev/zero", "printed more than 65536 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(from_shell(rows[i].script));
		assert_non_null(strstr(why, rows[i].says));
	}
}

static void
no_word_of_a_failing_command_is_repeated(void **state)
{
	(void)state;
	assert_null(from_shell("echo Example3; echo trying Example3 >&2; exit 1"));
	assert_null(strstr(why, "Example3"));
	assert_null(strstr(why, "trying"));
}

static void
a_text_that_holds_a_part_of_a_secret_gives_it_away(void **state)
{
	static const struct {
		const char *text, *secret;
		bool broken;
	} rows[] = {
		{ "your password is abc", "abc", true },
		{ "your password is ab", "abc", false },
		{ "Bearer eyJhbGciOiJFUzI1NiJ9.eyJ", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
		  true },
		{ "clipped: NiJ9.eyJzdWI", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", true },
		{ "clipped: iJ9.eyJzdWI", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", false },
		{ "anything", "", false },
		{ "", "abc", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(secrecy_broken(rows[i].text, rows[i].secret), rows[i].broken);
}

static void
a_command_that_is_not_there_is_told(void **state)
{
	struct config_secret source = no_source();
	static char program[] = "/nonexistent/pass";
	char *command[] = { program, NULL };

	(void)state;
	source.command = command;
	assert_null(read_now(&source));
	assert_string_equal(why, "/nonexistent/pass: cannot be started: No such file or directory; "
				 "run it by hand to see what it says");
}

/* A daemon blocks and ignores signals; the program it starts must not inherit that. */
static void
a_command_starts_with_every_signal_as_usual(void **state)
{
	sigset_t blocked, saved;
	char *password;

	(void)state;
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, &saved);
	signal(SIGPIPE, SIG_IGN);
	password = from_shell("grep -E '^Sig(Blk|Ign)' /proc/self/status | cut -f2 | sort -u");
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	assert_non_null(password);
	assert_string_equal(password, "0000000000000000");
	free(password);
}

static void
an_inline_password_is_given_as_it_is(void **state)
{
	struct config_secret source = no_source();
	static char text[] = "Example4 \\";
	char *password;

	(void)state;
	source.text = text;
	password = read_now(&source);
	assert_string_equal(password, text);
	free(password);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_gives_what_it_holds_without_its_line_end),
		cmocka_unit_test(blanks_belong_to_a_password),
		cmocka_unit_test(a_file_that_no_server_could_be_sent_is_refused),
		cmocka_unit_test(the_longest_password_is_taken_and_a_longer_one_refused),
		cmocka_unit_test(a_file_that_is_not_there_is_told_by_name),
		cmocka_unit_test(a_file_that_others_may_read_is_warned_of),
		cmocka_unit_test(a_credential_is_read_from_systemd_s_directory),
		cmocka_unit_test(a_command_gives_its_first_line),
		cmocka_unit_test(a_command_that_fails_gives_nothing),
		cmocka_unit_test(no_word_of_a_failing_command_is_repeated),
		cmocka_unit_test(a_text_that_holds_a_part_of_a_secret_gives_it_away),
		cmocka_unit_test(a_command_that_is_not_there_is_told),
		cmocka_unit_test(a_command_starts_with_every_signal_as_usual),
		cmocka_unit_test(an_inline_password_is_given_as_it_is),
	};

	return cmocka_run_group_tests_name("secret", tests, make_directory, remove_directory);
}
