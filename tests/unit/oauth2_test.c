/*
 * oauth2_test - tokens shared and kept, refresh tokens in their file, and advice
 *
 * The tokens come from a command here; endpoints are in tests/integration/oauth.py.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>

#include "log.h"
#include "oauth2_private.h"
#include "secrecy.h"
#include "signin.h"

static char directory[] = "/tmp/oauth2_test.XXXXXX";
static char path[100], runs[100];

struct world {
	struct ev_loop *ev;
	struct co_loop *loop;
	struct net *net;
	struct oauth2 *oauth2;
	struct config_account account;
	char *command[4];
	char script[500];
	void (*run)(struct world *world);
};

static int
setup(void **state)
{
	static char empty[] = "", name[] = "lists", shell[] = "/bin/sh", flag[] = "-c";
	struct world *world = xalloc(sizeof(*world));

	world->ev = ev_loop_new(EVFLAG_AUTO);
	world->loop = co_loop_new(world->ev);
	world->net = net_new(world->loop);
	world->oauth2 = oauth2_new(world->loop, world->net);
	world->command[0] = shell;
	world->command[1] = flag;
	world->command[2] = world->script;
	world->account = (struct config_account){
		.name = name,
		.retry_least = 60,
		.retry_most = 600,
		.oauth2 = { .token_command = world->command,
			    .token_url = empty,
			    .refresh_token_file = empty },
	};
	unlink(runs);
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	oauth2_free(world->oauth2);
	net_free(world->net);
	co_loop_free(world->loop);
	ev_loop_destroy(world->ev);
	free(world);
	return 0;
}

static void
start(void *arg)
{
	struct world *world = arg;

	world->run(world);
}

static void
play(struct world *world, void (*run)(struct world *))
{
	world->run = run;
	co_spawn(world->loop, "test", start, world);
	ev_run(world->ev, 0);
	assert_int_equal(co_count(world->loop), 0);
}

/* Notes each run, then prints. */
static void
command_prints(struct world *world, const char *more)
{
	snprintf(world->script, sizeof(world->script), "echo x >>%s; %s", runs, more);
}

static int
count_runs(void)
{
	struct stat st;

	return stat(runs, &st) == 0 ? (int)st.st_size / 2 : 0;
}

static enum oauth2_result
take(struct world *world, unsigned refused, struct oauth2_token *token)
{
	return oauth2_take(world->oauth2, &world->account, refused, token);
}

static void
take_twice(struct world *world)
{
	struct oauth2_token token;

	assert_int_equal(take(world, 0, &token), OAUTH2_OK);
	assert_string_equal(token.text, "abc.def");
	assert_int_equal(token.number, 1);
	assert_true(token.fresh);
	secrecy_wipe(token.text);
	assert_int_equal(take(world, 0, &token), OAUTH2_OK);
	assert_int_equal(token.number, 1);
	assert_false(token.fresh);
	secrecy_wipe(token.text);
	assert_int_equal(count_runs(), 1);
}

static void
a_token_is_kept_for_the_next_one(void **state)
{
	command_prints(*state, "echo abc.def");
	play(*state, take_twice);
}

static void
take_refused(struct world *world)
{
	struct oauth2_token token;

	assert_int_equal(take(world, 0, &token), OAUTH2_OK);
	secrecy_wipe(token.text);
	assert_int_equal(take(world, 1, &token), OAUTH2_OK);
	assert_int_equal(token.number, 2);
	assert_true(token.fresh);
	secrecy_wipe(token.text);
	/* Another mailbox comes late with the old one: there is a newer. */
	assert_int_equal(take(world, 1, &token), OAUTH2_OK);
	assert_int_equal(token.number, 2);
	secrecy_wipe(token.text);
	assert_int_equal(take(world, 2, &token), OAUTH2_DENIED);
	assert_string_equal(token.why, "");
	assert_null(token.text);
	assert_int_equal(count_runs(), 2);
}

static void
a_refused_token_is_replaced_once(void **state)
{
	command_prints(*state, "echo abc.def");
	play(*state, take_refused);
}

static void
take_failing(struct world *world)
{
	struct oauth2_token token;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(take(world, 0, &token), OAUTH2_LATER);
		assert_non_null(strstr(token.why, "exit status 3"));
		assert_true(token.wait > 0 && token.wait <= 60);
		assert_null(token.text);
	}
	assert_int_equal(count_runs(), 1);
}

static void
a_failure_stands_for_a_while(void **state)
{
	command_prints(*state, "exit 3");
	play(*state, take_failing);
}

static void
take_nonsense(struct world *world)
{
	struct oauth2_token token;

	assert_int_equal(take(world, 0, &token), OAUTH2_DENIED);
	assert_non_null(strstr(token.why, "printed no token"));
	assert_true(token.wait > 500);
}

static void
what_is_no_token_is_refused(void **state)
{
	command_prints(*state, "echo abc def");
	play(*state, take_nonsense);
}

static void
take_a_token(struct world *world)
{
	struct oauth2_token token;

	assert_int_equal(take(world, 0, &token), OAUTH2_OK);
	assert_int_equal(strlen(token.text), OAUTH2_MAX_TOKEN);
	secrecy_wipe(token.text);
}

static void
take_no_token(struct world *world)
{
	struct oauth2_token token;

	assert_int_equal(take(world, 0, &token), OAUTH2_LATER);
	assert_non_null(strstr(token.why, "holds more than 16384 bytes"));
}

static void
the_longest_token_is_taken(void **state)
{
	command_prints(*state, "head -c 16384 /dev/zero | tr '\\0' a");
	play(*state, take_a_token);
}

static void
a_longer_token_is_refused(void **state)
{
	command_prints(*state, "head -c 16385 /dev/zero | tr '\\0' a");
	play(*state, take_no_token);
}

/* Refresh tokens */

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static void
assert_next(struct world *world, struct oauth2_refresh *refresh, const char *want)
{
	char why[100];
	char *token = oauth2_refresh_take(world->loop, refresh, path, why, sizeof(why));

	assert_non_null(token);
	assert_string_equal(token, want);
	secrecy_wipe(token);
}

static void
a_new_refresh_token_stands_in_the_file_for_its_owner_only(void **state)
{
	struct oauth2_refresh refresh = { NULL, NULL };
	char text[100];
	struct stat st;
	FILE *file;

	write_file("first\n");
	assert_next(*state, &refresh, "first");
	oauth2_refresh_keep(&refresh, path, "second");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "second\n");
	assert_next(*state, &refresh, "second");
	write_file("the operator's\n");
	assert_next(*state, &refresh, "the operator's");
	oauth2_refresh_free(&refresh);
}

static void
one_that_cannot_be_written_is_used_until_the_file_changes(void **state)
{
	static const char nowhere[] = "/nonexistent/refresh";
	struct oauth2_refresh refresh = { NULL, NULL };
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	write_file("first\n");
	assert_next(*state, &refresh, "first");
	dup2(null, STDERR_FILENO);
	oauth2_refresh_keep(&refresh, nowhere, "second");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	assert_next(*state, &refresh, "second");
	assert_next(*state, &refresh, "second");
	write_file("the operator's\n");
	assert_next(*state, &refresh, "the operator's");
	oauth2_refresh_free(&refresh);
}

static void
take_once(struct world *world)
{
	struct oauth2_token token;

	assert_int_equal(take(world, 0, &token), OAUTH2_OK);
	secrecy_wipe(token.text);
}

static void
one_that_cannot_be_written_survives_a_reload(void **state)
{
	struct world *world = *state;
	const struct config config = { .account = &world->account, .account_count = 1 };
	const struct oauth2_holder *holder;

	world->account.oauth2.refresh_token_file = path;
	command_prints(world, "echo abc.def");
	play(world, take_once);
	SLIST_FIRST(&world->oauth2->holders)->refresh =
		(struct oauth2_refresh){ xstrdup("first"), xstrdup("second") };
	oauth2_forget(world->oauth2, &config);
	play(world, take_once);
	holder = SLIST_FIRST(&world->oauth2->holders);
	assert_string_equal(holder->refresh.newer, "second");
	assert_string_equal(holder->refresh.in_file, "first");
	oauth2_forget(world->oauth2, &config);
}

/* Advice */

static void
a_description_says_more_than_its_code(void **state)
{
	static const struct {
		const char *error, *description, *says;
		enum oauth2_result result;
	} rows[] = {
		{ "invalid_client", "AADSTS7000222: expired", "has expired", OAUTH2_DENIED },
		{ "invalid_client", "AADSTS90002: Tenant", "no such tenant", OAUTH2_DENIED },
		{ "invalid_request", "AADSTS900023: Tenant", "neither an ID", OAUTH2_DENIED },
		{ "invalid_grant", "AADSTS700082: old", "for too long", OAUTH2_DENIED },
		{ "invalid_grant", "AADSTS70008: old", "has expired", OAUTH2_DENIED },
		{ "invalid_grant", "AADSTS700080: other", "another application's", OAUTH2_DENIED },
		{ "invalid_client", "", "check client-id", OAUTH2_DENIED },
		{ "server_error", "", "in trouble", OAUTH2_LATER },
		{ "", "", "look the error up", OAUTH2_DENIED },
		{ "server_error2", "", "look the error up", OAUTH2_DENIED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct oauth2_advice *advice =
			oauth2_advice(rows[i].error, rows[i].description);

		if (strstr(advice->text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].description, advice->text);
		assert_int_equal(advice->result, rows[i].result);
	}
}

static void
a_refusal_means_what_was_shown(void **state)
{
	static const struct {
		enum signin_means means;
		const char *words, *says;
	} rows[] = {
		{ SIGNIN_PASSWORD, "NO BASIC authentication IS disabled", "section oauth2" },
		{ SIGNIN_PASSWORD, "NO AUTHENTICATE failed.", "check user and password" },
		{ SIGNIN_APP, "NO AUTHENTICATE failed.", "Add-MailboxPermission" },
		{ SIGNIN_USER, "NO AUTHENTICATE failed.", "IMAP.AccessAsUser.All" },
		{ SIGNIN_USER, "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
		  "https://mail.google.com/" },
		{ SIGNIN_PASSWORD, "NO [ALERT] Application-specific password required",
		  "app password" },
		{ SIGNIN_APP, "BAD User is authenticated but not connected.", "ImapEnabled" },
		{ SIGNIN_PASSWORD, "AUTHENTICATE SCRAM-SHA-256: NO", "auth = plain" },
		{ SIGNIN_APP, "NO", "check user, scope" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *advice = signin_advice(rows[i].means, rows[i].words);

		if (advice == NULL || strstr(advice, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].words, advice);
	}
}

static void
what_a_server_says_of_a_token_is_told_in_words(void **state)
{
	static const struct {
		const char *challenge, *words;
	} rows[] = {
		{ "{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/"
		  "\"}",
		  " (of the token: status 400, wanted scope https://mail.google.com/)" },
		{ "{\"status\":\"invalid_token\"}", " (of the token: status invalid_token)" },
		{ "{\"scope\":\"mail\"}", "" },
		{ "<html>", "" },
		{ "", "" },
	};
	char out[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(signin_challenge(rows[i].challenge, out, sizeof(out)),
				    rows[i].words);
}

static int
make_directory(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/refresh", directory);
	snprintf(runs, sizeof(runs), "%s/runs", directory);
	log_set_level(LOG_LEVEL_ERROR);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	unlink(path);
	unlink(runs);
	return rmdir(directory);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_token_is_kept_for_the_next_one),
		T(a_refused_token_is_replaced_once),
		T(a_failure_stands_for_a_while),
		T(what_is_no_token_is_refused),
		T(the_longest_token_is_taken),
		T(a_longer_token_is_refused),
		T(a_new_refresh_token_stands_in_the_file_for_its_owner_only),
		T(one_that_cannot_be_written_is_used_until_the_file_changes),
		T(one_that_cannot_be_written_survives_a_reload),
		cmocka_unit_test(a_description_says_more_than_its_code),
		cmocka_unit_test(a_refusal_means_what_was_shown),
		cmocka_unit_test(what_a_server_says_of_a_token_is_told_in_words),
	};

	return cmocka_run_group_tests_name("oauth2", tests, make_directory, remove_directory);
}
