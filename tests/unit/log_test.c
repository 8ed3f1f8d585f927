/*
 * log_test - lines as the journal and as people get them
 *
 * Each test points standard error at a file and reads what came.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <errno.h>
#include <regex.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "log.h"

/* Where the address sanitizer is built in: a size that overflows is our code's to refuse, not its.
 */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static FILE *capture;
static int saved_stderr;
static char got[4 * LOG_MAX_LINE];

static void
begin(bool journal)
{
	char stream[64];
	struct stat st;

	capture = tmpfile();
	assert_non_null(capture);
	saved_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(fileno(capture), STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino + (journal ? 0 : 1));
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("tester");
}

/* What was logged since begin(). */
static const char *
end(void)
{
	size_t n;

	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	rewind(capture);
	n = fread(got, 1, sizeof(got) - 1, capture);
	got[n] = '\0';
	fclose(capture);
	return got;
}

static void
the_journal_gets_priorities_and_nothing_else(void **state)
{
	(void)state;
	begin(true);
	log_set_level(LOG_LEVEL_DEBUG);
	log_error("one %d", 1);
	log_warn("two");
	log_info("three");
	log_debug("four");
	assert_string_equal(end(), "<3>one 1\n<4>two\n<6>three\n<7>four\n");
}

static void
elsewhere_a_line_has_time_name_and_level(void **state)
{
	regex_t re;

	(void)state;
	begin(false); /* the variable is inherited, but standard error is something else */
	log_warn("account \"x\": lost");
	assert_int_equal(regcomp(&re,
				 "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z "
				 "tester\\[[0-9]+\\] warn: account \"x\": lost\n$",
				 REG_EXTENDED),
			 0);
	assert_int_equal(regexec(&re, end(), 0, NULL, 0), 0);
	regfree(&re);
}

static void
a_level_keeps_what_is_below_it_silent(void **state)
{
	(void)state;
	begin(true);
	log_set_level(LOG_LEVEL_WARN);
	log_info("hidden");
	log_debug("hidden");
	log_warn("shown");
	assert_string_equal(end(), "<4>shown\n");
	assert_int_equal(log_level_now(), LOG_LEVEL_WARN);
}

static void
text_of_a_stranger_cannot_forge_a_line(void **state)
{
	(void)state;
	begin(true);
	log_set_level(LOG_LEVEL_INFO);
	log_info("server said \"%s\"", "x\r\n<0>forged \x1b[2J \xff caf\xc3\xa9");
	assert_string_equal(end(),
			    "<6>server said \"x\\x0d\\x0a<0>forged \\x1b[2J \\xff caf\xc3\xa9\"\n");
}

static void
a_line_of_the_greatest_length_is_kept_and_a_longer_one_clipped(void **state)
{
	char text[LOG_MAX_LINE + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[LOG_MAX_LINE] = '\0';
	begin(true);
	log_info("%s", text);
	assert_int_equal(strlen(end()), 3 + LOG_MAX_LINE + 1);
	assert_null(strstr(got, "..."));

	text[LOG_MAX_LINE] = 'a';
	text[LOG_MAX_LINE + 1] = '\0';
	begin(true);
	log_info("%s", text);
	assert_int_equal(strlen(end()), 3 + LOG_MAX_LINE + 3 + 1);
	assert_non_null(strstr(got, "a...\n"));
}

static void
logging_leaves_errno_alone(void **state)
{
	(void)state;
	begin(true);
	errno = ENOENT;
	log_error("x");
	assert_int_equal(errno, ENOENT);
	end();
}

static void
fatal_says_why_and_exits_with_the_status(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	begin(true);
	pid = fork();
	if (pid == 0)
		log_fatal(EX_NOPERM, "cannot run: %s", "no rights");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_NOPERM);
	assert_string_equal(end(), "<3>cannot run: no rights\n");
}

static void
an_array_whose_size_overflows_ends_the_program(void **state)
{
	volatile size_t huge = SIZE_MAX / 2;
	int status;
	pid_t pid;

	(void)state;
	begin(true);
	pid = fork();
	if (pid == 0) {
		free(xgrow(NULL, huge, 4));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_OSERR);
	assert_string_equal(end(), "<3>out of memory\n");
}

static void
a_span_is_copied_with_its_end(void **state)
{
	char *copy = xstrndup(span_make("abcdef", 3));
	char *empty = xstrndup((struct span){ NULL, NULL });

	(void)state;
	assert_string_equal(copy, "abc");
	assert_string_equal(empty, "");
	free(copy);
	free(empty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_journal_gets_priorities_and_nothing_else),
		cmocka_unit_test(elsewhere_a_line_has_time_name_and_level),
		cmocka_unit_test(a_level_keeps_what_is_below_it_silent),
		cmocka_unit_test(text_of_a_stranger_cannot_forge_a_line),
		cmocka_unit_test(a_line_of_the_greatest_length_is_kept_and_a_longer_one_clipped),
		cmocka_unit_test(logging_leaves_errno_alone),
		cmocka_unit_test(fatal_says_why_and_exits_with_the_status),
		cmocka_unit_test(an_array_whose_size_overflows_ends_the_program),
		cmocka_unit_test(a_span_is_copied_with_its_end),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
