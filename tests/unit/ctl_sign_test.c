/*
 * ctl_sign_test - what bouncectl sign prints, and that the daemon's own reader believes it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "token_key.h"
#include "verp.h"

#define LIST "news.lists.example.net"

static char directory[] = "/tmp/mailbounced-sign-XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int
make_files(void **state)
{
	char text[1000];

	(void)state;
	umask(077);
	assert_non_null(mkdtemp(directory));
	write_file("k1", "the first secret, 32 bytes long.\n");
	snprintf(text, sizeof(text),
		 "account \"a\" { host = h user = u password-credential = c }\n"
		 "list \"" LIST "\" { bounce-address = \"b@lists.example.net\" }\n"
		 "list \"bare.example.net\" { }\n"
		 "tokens { sign-with = k1\nkey \"k1\" { secret-file = \"%s/k1\" } }\n",
		 directory);
	write_file("good.conf", text);
	write_file("none.conf", "account \"a\" { host = h user = u password-credential = c }\n");
	write_file("short", "too short\n");
	snprintf(text, sizeof(text),
		 "account \"a\" { host = h user = u password-credential = c }\n"
		 "tokens { sign-with = k1\nkey \"k1\" { secret-file = \"%s/short\" } }\n",
		 directory);
	write_file("short.conf", text);
	return 0;
}

static int
drop_files(void **state)
{
	static const char *const names[] = { "k1", "short", "good.conf", "none.conf",
					     "short.conf" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[200];

		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

/* What it prints; `streams` 2: also what it complains of (sanitizers do so, too). `input` is its
 * standard input. Returns the exit code. */
static int
run_with(int streams, const char *config, const char *input, const char *arguments, struct buf *out)
{
	char command[1000], text[4096];
	FILE *f;
	size_t n;
	int status;

	buf_clear(out);
	snprintf(command, sizeof(command), "printf '%s' | %s -c %s/%s.conf sign %s %s", input,
		 BOUNCECTL, directory, config, arguments, streams == 2 ? "2>&1" : "2>/dev/null");
	f = popen(command, "r");
	assert_non_null(f);
	while ((n = fread(text, 1, sizeof(text), f)) > 0)
		buf_add(out, span_make(text, n));
	status = pclose(f);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
assert_valid(struct span token, const char *recipient)
{
	struct bounce_token what = { .list = SPAN(LIST), .recipient = span_of(recipient) };
	uint32_t today = (uint32_t)(time(NULL) / 86400);
	struct bounce_token_view view;

	assert_int_equal(bounce_token_check(test_key, 2, token, &what, today), BOUNCE_TOKEN_VALID);
	assert_int_equal(bounce_token_view(token, &view), 0);
	assert_in_range(view.expires, today + 59, today + 60);
}

static int
run(const char *config, const char *input, const char *arguments, struct buf *out)
{
	return run_with(1, config, input, arguments, out);
}

static void
each_line_has_recipient_envelope_sender_and_field(void **state)
{
	struct buf out = BUF_INIT;
	struct span rest, line, column[3];
	struct bounce_token_found found;
	struct bounce_verp verp;
	struct arena arena;
	size_t lines = 0;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(run("good", "ann@example.com\\n\\n Bob@Example.com \\n",
			     "--list " LIST " --mailing 2026-47", &out),
			 EX_OK);
	rest = buf_span(&out);
	while (span_next_line(&rest, &line)) {
		const char *want = lines++ == 0 ? "ann@example.com" : "Bob@example.com";

		for (size_t i = 0; i < 3; i++)
			assert_true(span_cut(&line, '\t', &column[i]));
		assert_true(span_ieq(column[0], span_of(want)));
		assert_int_equal(bounce_verp_read(&arena, column[1], &verp), 0);
		assert_span(verp.recipient, want);
		assert_int_equal(span_len(verp.token), BOUNCE_TOKEN_LONG);
		assert_valid(verp.token, want);
		assert_true(bounce_token_in_field(column[2], &found));
		assert_true(span_eq(found.token, verp.token));
		assert_span(found.list, LIST);
		assert_span(found.recipient, want);
	}
	assert_int_equal(lines, 2);
	arena_free(&arena);
	buf_free(&out);
}

static void
one_column_alone_is_for_scripts(void **state)
{
	struct buf out = BUF_INIT;

	(void)state;
	assert_int_equal(run("good", "", "--list " LIST " --envelope ann@example.com", &out),
			 EX_OK);
	assert_true(span_istarts(buf_span(&out), SPAN("b+ak1")));
	assert_true(span_iends(buf_span(&out), SPAN("+ann=example.com@lists.example.net\n")));
	assert_int_equal(run("good", "", "--list " LIST " --header ann@example.com", &out), EX_OK);
	assert_true(span_istarts(buf_span(&out), SPAN("X-Mailbounced-Token: ak1")));
	assert_true(span_iends(buf_span(&out), SPAN(" " LIST " ann@example.com\n")));
	assert_int_equal(run("good", "", "--list " LIST " --whole-list", &out), EX_OK);
	assert_true(span_istarts(buf_span(&out), SPAN(LIST "\tb+ck1")));
	/* where nobody said to whom its reports go */
	assert_int_equal(run("good", "", "--list bare.example.net ann@example.com", &out), EX_OK);
	assert_true(span_istarts(buf_span(&out), SPAN("ann@example.com\t-\tak1")));
	buf_free(&out);
}

static void
what_cannot_be_signed_is_told_and_the_rest_is_signed(void **state)
{
	static const struct {
		const char *config, *input, *arguments;
		int status;
		const char *says;
	} rows[] = {
		{ "good", "no address\\nann@example.com\\n", "--list " LIST, EX_DATAERR,
		  "ann@example.com\tb+" },
		{ "good", "no address\\nann@example.com\\n", "--list " LIST, EX_DATAERR,
		  "'no address': is no mail address" },
		/* the columns are parted by tabs */
		{ "good", "Ann\t<ann@example.com>\\n", "--list " LIST, EX_DATAERR,
		  "is no mail address" },
		{ "good", "", "--list bare.example.net --envelope ann@example.com", EX_CONFIG,
		  "bounce-address" },
		{ "good", "", "ann@example.com", EX_USAGE, "--list LIST" },
		{ "good", "", "--list " LIST " --whole-list ann@example.com", EX_USAGE,
		  "no single address" },
		{ "good", "", "--list \"the news\" ann@example.com", EX_USAGE,
		  "'the news' is no List-Id" },
		{ "none", "", "--list " LIST " ann@example.com", EX_CONFIG, "no key to sign with" },
		{ "short", "", "--list " LIST " ann@example.com", EX_NOPERM, "can be guessed" },
	};
	struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			run_with(2, rows[i].config, rows[i].input, rows[i].arguments, &out),
			rows[i].status);
		if (strstr(buf_str(&out), rows[i].says) == NULL)
			fail_msg("'%s' does not say '%s'", buf_str(&out), rows[i].says);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_has_recipient_envelope_sender_and_field),
		cmocka_unit_test(one_column_alone_is_for_scripts),
		cmocka_unit_test(what_cannot_be_signed_is_told_and_the_rest_is_signed),
	};

	return cmocka_run_group_tests(tests, make_files, drop_files);
}
