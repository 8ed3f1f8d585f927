/*
 * pool_test - who watches what over how many connections, who signs in first, and how all of it
 * ends
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pool_world.h"

#define SIX "folders = {\"A\", \"B\", \"C\", \"D\", \"E\", \"F\"}\n"

static void
add_six(struct world *world)
{
	static const char *const names[] = { "A", "B", "C", "D", "E", "F" };

	add_shelves(world, names, 6);
}

/* Who watches what; before anybody has connected */

static size_t
owners(const struct pool *pool, bool *in_order)
{
	const struct mailbox *m;
	size_t count = 0;
	bool none = false;

	*in_order = true;
	TAILQ_FOREACH(m, &pool->mailboxes, link)
	{
		*in_order = *in_order && !(none && m->worker != NULL);
		none = none || m->worker == NULL;
		count += m->worker != NULL;
	}
	return count;
}

static const struct {
	const char *most;
	unsigned connections, own;
} shares[] = {
	{ "max-connections = 1\n", 1, 0 }, { "max-connections = 2\n", 2, 1 },
	{ "max-connections = 5\n", 5, 4 }, { "max-connections = 6\n", 6, 6 },
	{ "max-connections = 7\n", 6, 6 },
};

static void
wait_for_nothing(struct world *world)
{
	(void)world;
}

static void
the_first_folders_have_a_connection_each_and_the_others_share_the_last(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		char options[200];
		bool in_order;

		snprintf(options, sizeof(options), SIX "%s", shares[i].most);
		pool_start(make_pool(world, options, NULL));
		assert_int_equal(world->pool->worker_count, shares[i].connections);
		assert_int_equal(owners(world->pool, &in_order), shares[i].own);
		assert_true(in_order);
		world->ended = false;
		play(world, wait_for_nothing);
		pool_free(world->pool);
		free(world->pool);
		config_free(world->config);
	}
	world->pool = NULL;
	world->config = NULL;
}

/* Connections */

static void
six_are_taken_in(struct world *world)
{
	WAIT_UNTIL(world, taken_in(world, "A") == 1 && taken_in(world, "B") == 1 &&
				  taken_in(world, "C") == 1 && taken_in(world, "D") == 1 &&
				  taken_in(world, "E") == 1 && taken_in(world, "F") == 1);
}

static void
each_folder_is_read_over_no_more_connections_than_allowed(void **state)
{
	struct world *world = *state;

	add_six(world);
	make_pool(world, SIX "max-connections = 2\n", NULL);
	play(world, six_are_taken_in);
	assert_int_equal(world->most_up, 2);
	assert_int_equal(world->logins, 2);
}

#define MANY 30
#define FEW 2

static void
until_the_limit_is_found(struct world *world)
{
	WAIT_UNTIL(world, world->pool->limit == FEW && world->pool->worker_count == FEW &&
				  log_lines(world, "takes no more than 2 connections") == 1);
	assert_int_equal(world->up, FEW);
}

/* Providers count sign-ins and lock out who tries too often. */
static void
finding_out_how_few_a_server_takes_costs_a_sign_in_a_connection(void **state)
{
	static char name[MANY][8];
	struct world *world = *state;
	struct buf options = BUF_INIT;

	buf_adds(&options, "max-connections = 30\nretry-most = 1h\nfolders = {");
	for (size_t i = 0; i < MANY; i++) {
		snprintf(name[i], sizeof(name[i]), "Box%zu", i);
		(void)add_shelf(world, name[i], 1);
		buf_addf(&options, "%s\"%s\"", i > 0 ? ", " : "", name[i]);
	}
	buf_adds(&options, "}\n");
	world->most = FEW;
	world->goodbye = 0.1;
	make_pool(world, buf_str(&options), NULL);
	buf_free(&options);
	play(world, until_the_limit_is_found);
	/* Those that came before the first one was up are no sign of crowding, and come twice. */
	assert_true(world->logins <= 2 * MANY);
}

static void
until_six_are_up(struct world *world)
{
	WAIT_UNTIL(world, log_lines(world, "takes no more than 2 connections") == 1);
	world->most = 6;
	world->pool->probe_at = 0; /* the pause is over */
	deliver(world, "A");       /* whoever waits looks what is due when he is woken */
	WAIT_UNTIL(world, world->up == 6 && world->pool->limit == 6);
	WAIT_UNTIL(world, log_lines(world, "takes enough connections again") == 1);
}

/* After the pause once, not once a connection. */
static void
room_that_comes_back_is_used_at_once(void **state)
{
	struct world *world = *state;

	add_six(world);
	world->most = 2;
	make_pool(world, SIX "max-connections = 6\nretry-most = 1h\n", NULL);
	play(world, until_six_are_up);
	assert_int_equal(log_lines(world, "trying 3 connections"), 1);
	assert_int_equal(log_lines(world, "trying 6 connections"), 1);
}

static void
until_the_survivor_has_all(struct world *world)
{
	six_are_taken_in(world);
	hang_up(world);
	deliver(world, "A");
	deliver(world, "F");
	WAIT_UNTIL(world, taken_in(world, "A") == 2 && taken_in(world, "F") == 2);
}

static void
after_a_server_hung_up_all_folders_are_watched_again(void **state)
{
	struct world *world = *state;

	add_six(world);
	make_pool(world, SIX "max-connections = 3\n", NULL);
	play(world, until_the_survivor_has_all);
	assert_int_equal(world->most_up, 3);
}

/* Signing in */

static void
until_it_ends(struct world *world)
{
	WAIT_UNTIL(world, world->ended);
}

static void
report(const struct world *world, struct buf *out, bool *drained)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	*drained = pool_report(world->pool, f);
	fclose(f);
	buf_adds(out, text);
	free(text);
}

static void
until_the_password_is_right(struct world *world)
{
	WAIT_UNTIL(world, world->logins >= 3);
	/* one after the other, by one and the same */
	assert_int_equal(log_lines(world, "did not sign in"), log_lines(world, "first/A: 127"));
	world->denial = NULL;
	WAIT_UNTIL(world, world->up == 6);
}

/* Servers lock an account after a few failures. */
static void
one_connection_tries_a_password_before_the_others_do(void **state)
{
	struct world *world = *state;

	add_six(world);
	world->denial = "NO [AUTHENTICATIONFAILED] no";
	make_pool(world, SIX, NULL);
	world->config->account[0].retry_most = 0;
	play(world, until_the_password_is_right);
}

static void
until_it_tries_again(struct world *world)
{
	unsigned before;

	WAIT_UNTIL(world, world->up == 6);
	before = world->logins;
	world->denial = "NO [AUTHENTICATIONFAILED] no";
	hang_up(world);
	WAIT_UNTIL(world, world->logins > before && world->peers == 0);
	(void)co_sleep(world->loop, 2); /* in which the others would have tried as well */
	assert_int_equal(world->logins, before + 1);
}

static void
a_password_that_was_changed_costs_one_failure(void **state)
{
	struct world *world = *state;

	add_six(world);
	make_pool(world, SIX "retry-most = 1h\n", NULL);
	world->config->account[0].retry_least = 1; /* so that all see that the server has gone */
	play(world, until_it_tries_again);
}

/* Before anybody has connected. */
static void
who_may_not_try_stands_in_nobody_s_way(void **state)
{
	struct world *world = *state;
	const struct config_account *first, *second;
	struct worker *a, *b;

	(void)add_shelf(world, "A", 1);
	(void)add_shelf(world, "B", 1);
	pool_start(make_pool(world, "folders = {\"A\"}\n", "folders = {\"B\"}\n"));
	first = &world->config->account[0];
	second = &world->config->account[1];
	a = worker_at(world, "A");
	b = worker_at(world, "B");
	assert_true(pool_may_try(a, first));
	assert_true(pool_may_try(a, first)); /* and again, after a pause */
	assert_false(pool_may_try(b, first));
	assert_true(pool_may_try(b, second));
	/* a has got a folder of the other account */
	assert_false(pool_may_try(a, second));
	assert_true(pool_may_try(b, first));
	assert_true(pool_may_try(a, second));
	play(world, wait_for_nothing);
}

static void
until_second_is_in(struct world *world)
{
	WAIT_UNTIL(world, taken_in(world, "B") == 1);
}

static void
an_account_that_may_not_sign_in_keeps_no_other_out(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	(void)add_shelf(world, "B", 1);
	world->denied = "pencil";
	make_pool(world, "folders = {\"A\"}\nretry-most = 1h\n",
		  "folders = {\"B\"}\nretry-most = 1h\n");
	world->config->account[1].password.text[0] = 'P';
	play(world, until_second_is_in);
}

static void
until_it_is_hurried(struct world *world)
{
	WAIT_UNTIL(world, log_lines(world, "next attempt in") == 1);
	world->denial = NULL;
	pool_hurry(world->pool);
	six_are_taken_in(world);
}

/* A password may be mended in a file that the configuration only names. */
static void
a_reload_ends_the_pause_after_a_refused_password(void **state)
{
	struct world *world = *state;

	add_six(world);
	world->denial = "NO [AUTHENTICATIONFAILED] no";
	make_pool(world, SIX "retry-most = 1h\n", NULL);
	play(world, until_it_is_hurried);
	assert_int_equal(world->logins, 7);
}

static void
until_a_is_made(struct world *world)
{
	WAIT_UNTIL(world,
		   taken_in(world, "B") == 1 && log_lines(world, "first/A: cannot open") == 1);
	shelf_of(world, "A")->refuses = false;
	pool_hurry(world->pool);
	WAIT_UNTIL(world, taken_in(world, "A") == 1);
}

static void
a_reload_tries_a_refused_folder_again(void **state)
{
	struct world *world = *state;

	add_shelf(world, "A", 1)->refuses = true;
	(void)add_shelf(world, "B", 1);
	make_pool(world, "folders = {\"A\", \"B\"}\nmax-connections = 1\n", NULL);
	world->config->account[0].retry_least = 3600;
	world->config->account[0].retry_most = 3600;
	play(world, until_a_is_made);
	assert_int_equal(world->logins, 1);
}

static void
with_once_a_wrong_password_is_tried_once(void **state)
{
	struct world *world = *state;
	struct buf out = BUF_INIT;
	bool drained;

	add_six(world);
	world->denial = "NO [AUTHENTICATIONFAILED] no";
	make_pool(world, SIX, NULL);
	world->pool->once = true;
	play(world, until_it_ends);
	report(world, &out, &drained);
	assert_false(drained);
	assert_int_equal(world->logins, 1);
	buf_free(&out);
}

/* Not three times a folder. */
static void
with_once_a_server_that_lets_nobody_in_is_tried_three_times(void **state)
{
	struct world *world = *state;
	struct buf out = BUF_INIT;
	bool drained;

	add_six(world);
	world->denial = "NO [UNAVAILABLE] not now";
	make_pool(world, SIX, NULL);
	world->pool->once = true;
	play(world, until_it_ends);
	report(world, &out, &drained);
	assert_false(drained);
	assert_int_equal(world->logins, SESSION_ONCE_ATTEMPTS);
	buf_free(&out);
}

/* Reloads */

static const char plain_first[] = "folders = {\"A\", \"B\"}\n",
		  plain_second[] = "folders = {\"C\"}\n";

static const struct {
	const char *top, *first, *second; /* NULL = no such account */
	const char *elsewhere;            /* an account of another login */
	bool fits;
} reloads[] = {
	{ "", plain_first, plain_second, NULL, true },
	{ "", plain_first, plain_second, "folders = {\"X\"}\n", true },
	{ "log-level = debug\n", plain_first, plain_second, NULL, true },
	{ "", plain_first, NULL, NULL, false },
	{ "", plain_second, plain_first, NULL, false },
	{ "", "folders = {\"A\"}\n", plain_second, NULL, false },
	{ "", plain_first, "folders = {\"C\"}\nidle = false\n", NULL, false },
	{ "policy {\nthreshold = 2.25\n}\n", plain_first, plain_second, NULL, false },
	{ "rule \"x\" {\nreason = {\"mailbox-full\"}\nweight = 0.05\n}\n", plain_first,
	  plain_second, NULL, false },
	{ "hook \"h\" {\ncommand = {\"/bin/true\"}\n}\n", plain_first, plain_second, NULL, false },
};

static struct config *
changed(const struct world *world, size_t row)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, reloads[row].top);
	if (reloads[row].elsewhere != NULL) {
		buf_addf(&text,
			 "account \"elsewhere\" {\nhost = \"imap.example.com\"\nuser = \"a\"\n"
			 "password-credential = \"imap\"\n%s}\n",
			 reloads[row].elsewhere);
	}
	add_account(&text, world, "first", reloads[row].first);
	if (reloads[row].second != NULL)
		add_account(&text, world, "second", reloads[row].second);
	return parse(&text);
}

static void
a_pool_goes_on_when_all_that_concerns_it_is_as_it_was(void **state)
{
	struct world *world = *state;

	make_pool(world, plain_first, plain_second);
	for (size_t i = 0; i < sizeof(reloads) / sizeof(reloads[0]); i++) {
		struct config *next = changed(world, i);

		if (pool_fits(world->pool, next) != reloads[i].fits)
			fail_msg("row %zu: %d", i, !reloads[i].fits);
		config_free(next);
	}
}

/* It is not shown, so not compared with what is. */
static void
a_pool_begins_anew_when_its_password_changes(void **state)
{
	struct world *world = *state;
	struct config *next;

	make_pool(world, plain_first, plain_second);
	next = changed(world, 0);
	assert_true(pool_fits(world->pool, next));
	next->account[1].password.text[0] = 'P';
	assert_false(pool_fits(world->pool, next));
	config_free(next);
}

/* Ends */

static void
until_all_wait(struct world *world)
{
	six_are_taken_in(world);
	WAIT_UNTIL(world, idlers(world) == 6);
}

static void
a_stop_ends_connections_that_wait(void **state)
{
	struct world *world = *state;

	add_six(world);
	make_pool(world, SIX, NULL);
	play(world, until_all_wait);
	assert_int_equal(world->pool->worker_count, 0);
	assert_int_equal(world->up, 0);
}

static void
with_once_a_folder_that_cannot_be_opened_fails_alone(void **state)
{
	struct world *world = *state;
	struct buf out = BUF_INIT;
	bool drained;

	add_six(world);
	shelf_of(world, "B")->refuses = true;
	make_pool(world, SIX "max-connections = 2\n", NULL);
	world->pool->once = true;
	play(world, until_it_ends);
	report(world, &out, &drained);
	assert_false(drained);
	assert_non_null(strstr(buf_str(&out), "first/B: FAILED"));
	assert_non_null(strstr(buf_str(&out), "first/A: drained: 1 messages"));
	assert_non_null(strstr(buf_str(&out), "first/F: drained: 1 messages"));
	buf_free(&out);
}

static void
with_once_and_a_server_that_takes_one_all_is_drained(void **state)
{
	struct world *world = *state;
	struct buf out = BUF_INIT;
	bool drained;

	add_six(world);
	world->most = 1;
	make_pool(world, "folders = {\"*\"}\n", NULL);
	world->pool->once = true;
	play(world, until_it_ends);
	report(world, &out, &drained);
	assert_true(drained);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_folders_have_a_connection_each_and_the_others_share_the_last),
		T(each_folder_is_read_over_no_more_connections_than_allowed),
		T(finding_out_how_few_a_server_takes_costs_a_sign_in_a_connection),
		T(room_that_comes_back_is_used_at_once),
		T(after_a_server_hung_up_all_folders_are_watched_again),
		T(one_connection_tries_a_password_before_the_others_do),
		T(a_password_that_was_changed_costs_one_failure),
		T(who_may_not_try_stands_in_nobody_s_way),
		T(an_account_that_may_not_sign_in_keeps_no_other_out),
		T(a_reload_ends_the_pause_after_a_refused_password),
		T(a_reload_tries_a_refused_folder_again),
		T(with_once_a_wrong_password_is_tried_once),
		T(with_once_a_server_that_lets_nobody_in_is_tried_three_times),
		T(a_pool_goes_on_when_all_that_concerns_it_is_as_it_was),
		T(a_pool_begins_anew_when_its_password_changes),
		T(a_stop_ends_connections_that_wait),
		T(with_once_a_folder_that_cannot_be_opened_fails_alone),
		T(with_once_and_a_server_that_takes_one_all_is_drained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
