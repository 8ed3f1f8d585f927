/*
 * worker_test - how one connection goes round among folders, and stays with one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pool_world.h"

#define ONE_CONNECTION "max-connections = 1\n"

/* Turns */

static void
until_a_and_b_are_empty(struct world *world)
{
	WAIT_UNTIL(world, taken_in(world, "A") == 6 && taken_in(world, "B") == 6);
}

static void
a_folder_with_much_mail_lets_the_others_have_their_turns(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 6);
	(void)add_shelf(world, "B", 6);
	make_pool(world, ONE_CONNECTION "folders = {\"A\", \"B\"}\nmove-messages = 2\n", NULL);
	play(world, until_a_and_b_are_empty);
	assert_non_null(strstr(buf_str(&world->visits), " A B A B A B"));
	assert_ptr_equal(strstr(buf_str(&world->visits), " A B A B A B"), buf_str(&world->visits));
}

static void
until_b_is_asked_for_again(struct world *world)
{
	struct shelf *b = shelf_of(world, "B");

	WAIT_UNTIL(world, taken_in(world, "A") == 1 && taken_in(world, "B") == 1);
	WAIT_UNTIL(world, b->asked >= 2);
	assert_int_equal(b->opened, 1);
	deliver(world, "B");
	WAIT_UNTIL(world, taken_in(world, "B") == 2);
	assert_int_equal(b->opened, 2);
}

static void
a_folder_is_opened_again_only_when_status_tells_of_news(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	(void)add_shelf(world, "B", 1);
	(void)add_shelf(world, "C", 1);
	make_pool(world, ONE_CONNECTION "folders = {\"A\", \"B\", \"C\"}\n", NULL);
	play(world, until_b_is_asked_for_again);
	assert_int_equal(world->stale, 0);
}

/* Folders that cannot be opened */

static void
until_a_was_refused_in_a_second_session(struct world *world)
{
	struct shelf *a = shelf_of(world, "A");
	unsigned before;

	WAIT_UNTIL(world, taken_in(world, "B") == 1);
	hang_up(world);
	WAIT_UNTIL(world, world->logins == 2);
	before = a->opened;
	WAIT_UNTIL(world, a->opened >= before + 3);
	assert_int_equal(world->logins, 2);
}

static void
a_folder_that_is_refused_does_not_cost_the_others_their_connection(void **state)
{
	struct world *world = *state;

	add_shelf(world, "A", 1)->refuses = true;
	(void)add_shelf(world, "B", 1);
	make_pool(world, ONE_CONNECTION "folders = {\"A\", \"B\"}\n", NULL);
	world->config->account[0].retry_least = 1;
	world->config->account[0].retry_most = 1;
	play(world, until_a_was_refused_in_a_second_session);
	assert_int_equal(log_lines(world, "make it, or name it in folders"), 1);
}

static void
until_a_broke_three_sessions(struct world *world)
{
	WAIT_UNTIL(world, log_lines(world, "first/A: 127.0.0.1") >= 3 && taken_in(world, "B") == 1);
}

/* Somebody would make a folder that is there. */
static void
a_folder_that_breaks_the_session_is_not_called_missing(void **state)
{
	struct world *world = *state;

	add_shelf(world, "A", 1)->breaks = true;
	(void)add_shelf(world, "B", 1);
	make_pool(world, ONE_CONNECTION "folders = {\"A\", \"B\"}\n", NULL);
	play(world, until_a_broke_three_sessions);
	assert_int_equal(log_lines(world, "make it, or name it in folders"), 0);
}

static void
until_a_is_dropped(struct world *world)
{
	WAIT_UNTIL(world, taken_in(world, "A") == 1 && taken_in(world, "B") == 1);
	shelf_of(world, "A")->hidden = shelf_of(world, "A")->refuses = true;
	shelf_of(world, "A")->mails++;
	WAIT_UNTIL(world, mailbox_at(world, "A") == NULL);
}

static void
a_folder_of_a_wildcard_that_is_refused_is_looked_for_at_once(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	(void)add_shelf(world, "B", 1);
	make_pool(world, ONE_CONNECTION "folders = {\"*\"}\nlist-interval = 1d\n", NULL);
	play(world, until_a_is_dropped);
	assert_int_equal(log_lines(world, "make it, or name it in folders"), 0);
}

/* Sessions */

static void
until_a_second_session_has_asked(struct world *world)
{
	unsigned before;

	WAIT_UNTIL(world, taken_in(world, "A") == 1 && taken_in(world, "B") == 1);
	hang_up(world);
	WAIT_UNTIL(world, world->logins == 2);
	before = world->statuses;
	WAIT_UNTIL(world, world->statuses >= before + 2);
	assert_int_equal(TAILQ_FIRST(&world->pool->workers)->session.failures, 0);
}

static void
a_session_that_only_asks_for_news_is_no_failure(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	(void)add_shelf(world, "B", 1);
	make_pool(world, ONE_CONNECTION "folders = {\"A\", \"B\"}\n", NULL);
	play(world, until_a_second_session_has_asked);
}

static void
until_it_waits_for_a_folder(struct world *world)
{
	struct worker *w;

	WAIT_UNTIL(world, world->pool->listed);
	hang_up(world);
	WAIT_UNTIL(world, world->lists >= 4);
	w = TAILQ_FIRST(&world->pool->workers);
	assert_int_equal(w->session.failures, 0);
	(void)add_shelf(world, "Lists/a", 1);
	WAIT_UNTIL(world, taken_in(world, "Lists/a") == 1);
}

static void
a_session_that_finds_no_folder_to_watch_is_no_failure(void **state)
{
	struct world *world = *state;

	make_pool(world, "folders = {\"Lists/*\"}\nlist-interval = 1s\n", NULL);
	play(world, until_it_waits_for_a_folder);
	assert_int_equal(log_lines(world, "mean no folder"), 1);
}

/* From a folder of its own to going round */

static void
until_it_goes_round(struct world *world)
{
	WAIT_UNTIL(world, taken_in(world, "A") == 1);
	assert_non_null(worker_at(world, "A"));
	(void)add_shelf(world, "B", 1);
	WAIT_UNTIL(world, taken_in(world, "B") == 1);
	assert_null(worker_at(world, "A"));
	deliver(world, "A");
	WAIT_UNTIL(world, taken_in(world, "A") == 2);
}

static void
the_folder_that_was_its_own_is_known_to_be_selected(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	make_pool(world, ONE_CONNECTION "folders = {\"*\"}\nlist-interval = 1s\n", NULL);
	play(world, until_it_goes_round);
	assert_int_equal(world->logins, 1);
	assert_int_equal(world->stale, 0);
}

/* Folders that go while somebody is there */

static void
until_b_has_gone_meanwhile(struct world *world)
{
	struct shelf *b = shelf_of(world, "B");

	WAIT_UNTIL(world, b->opened == 1);
	b->hidden = true;
	WAIT_UNTIL(world, mailbox_at(world, "B") == NULL);
	b->held = false;
	deliver(world, "C");
	WAIT_UNTIL(world, taken_in(world, "A") == 1 && taken_in(world, "C") == 2);
}

static void
a_folder_may_go_while_it_is_visited(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	add_shelf(world, "B", 1)->held = true;
	(void)add_shelf(world, "C", 1);
	make_pool(world, "max-connections = 2\nfolders = {\"*\"}\nlist-interval = 1s\n", NULL);
	play(world, until_b_has_gone_meanwhile);
	assert_true(world->logins >= 2);
}

static void
until_its_own_folder_has_gone(struct world *world)
{
	struct shelf *b = shelf_of(world, "B");

	WAIT_UNTIL(world, b->opened == 1);
	assert_non_null(worker_at(world, "B"));
	b->hidden = true;
	WAIT_UNTIL(world, mailbox_at(world, "B") == NULL);
	b->held = false;
	WAIT_UNTIL(world, taken_in(world, "A") == 1 && world->pool->worker_count == 1);
}

static void
the_folder_that_is_its_own_may_go_while_it_is_there(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	add_shelf(world, "B", 1)->held = true;
	make_pool(world, "folders = {\"*\"}\nlist-interval = 1s\n", NULL);
	play(world, until_its_own_folder_has_gone);
}

/* Folders whose own connection is down */

static void
until_somebody_else_takes_it_in(struct world *world)
{
	WAIT_UNTIL(world, taken_in(world, "A") == 1 && taken_in(world, "B") == 1 &&
				  taken_in(world, "C") == 1);
	assert_non_null(worker_at(world, "A"));
	world->denial = "NO [AUTHENTICATIONFAILED] no";
	for (size_t i = 0; i < world->peers; i++) {
		if (world->peer[i]->selected == shelf_of(world, "A"))
			shutdown(world->peer[i]->fd, SHUT_RDWR);
	}
	WAIT_UNTIL(world, log_lines(world, "first/A: next attempt in") == 2);
	deliver(world, "A");
	WAIT_UNTIL(world, taken_in(world, "A") == 2);
	assert_non_null(worker_at(world, "A"));
	assert_false((worker_at(world, "A") != NULL && worker_at(world, "A")->session.up));
}

static void
while_its_connection_is_down_a_folder_is_visited_in_turn(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	(void)add_shelf(world, "B", 1);
	(void)add_shelf(world, "C", 1);
	make_pool(world, "max-connections = 2\nretry-most = 1h\nfolders = {\"A\", \"B\", \"C\"}\n",
		  NULL);
	play(world, until_somebody_else_takes_it_in);
}

static void
until_its_worker_goes_round(struct world *world)
{
	WAIT_UNTIL(world,
		   taken_in(world, "A") == 1 && log_lines(world, "first/B: next attempt in") == 1);
	shelf_of(world, "B")->breaks = false;
	(void)add_shelf(world, "C", 1);
	WAIT_UNTIL(world, taken_in(world, "B") == 1 && taken_in(world, "C") == 1);
	assert_non_null(worker_at(world, "A"));
	assert_null(worker_at(world, "B"));
}

/* Nobody else would look into B and C meanwhile. */
static void
who_is_given_something_else_to_do_does_not_wait_out_its_pause(void **state)
{
	struct world *world = *state;

	(void)add_shelf(world, "A", 1);
	add_shelf(world, "B", 1)->breaks = true;
	make_pool(world, "max-connections = 2\nfolders = {\"*\"}\nlist-interval = 1s\n", NULL);
	world->config->account[0].retry_least = 3600;
	world->config->account[0].retry_most = 3600;
	play(world, until_its_worker_goes_round);
}

/* What STATUS tells */

static const struct {
	uint32_t validity, next; /* when it was opened */
	struct imap_status status;
	bool news;
} statuses[] = {
	{ 7, 90, { .told = true, .uidvalidity = 7, .uidnext = 90 }, false },
	{ 7, 90, { .told = true, .uidvalidity = 7, .uidnext = 91 }, true },
	{ 7, 90, { .told = true, .uidvalidity = 7, .uidnext = 89 }, true }, /* a restored backup */
	{ 7, 90, { .told = true, .uidvalidity = 8, .uidnext = 90 }, true },
	{ 7, 90, { .told = false, .uidvalidity = 7, .uidnext = 90 }, true },
	{ 7, 0, { .told = true, .uidvalidity = 7, .uidnext = 90 }, true },
	{ 0, 0, { .told = false }, true },
};

static void
a_folder_is_looked_into_unless_status_tells_that_nothing_came(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct mailbox m = { .uidvalidity = statuses[i].validity,
				     .uidnext = statuses[i].next };

		if (mailbox_is_news(&m, &statuses[i].status) != statuses[i].news)
			fail_msg("row %zu", i);
	}
}

#define RENEW 100

static const struct {
	double ago;  /* seconds since it was visited; 0 = it was not */
	int64_t due; /* seconds until a refused move may be tried again; 0 = none waits */
	bool overdue;
} visits[] = {
	{ 0, 0, true },         { 1, 0, false },  { RENEW - 5, 0, false }, { RENEW, 0, true },
	{ RENEW + 5, 0, true }, { 1, 50, false }, { 1, -1, true },
};

static void
a_folder_is_looked_into_now_and_then_whatever_status_tells(void **state)
{
	const struct config_account account = { .idle_renew = RENEW };

	(void)state;
	for (size_t i = 0; i < sizeof(visits) / sizeof(visits[0]); i++) {
		struct mailbox m = { .account = &account };

		m.visited_at = visits[i].ago > 0 ? co_clock() - visits[i].ago : 0;
		m.filing.due = visits[i].due != 0 ? (int64_t)time(NULL) + visits[i].due : 0;
		if (mailbox_is_overdue(&m) != visits[i].overdue)
			fail_msg("row %zu", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_folder_with_much_mail_lets_the_others_have_their_turns),
		T(a_folder_is_opened_again_only_when_status_tells_of_news),
		T(a_folder_that_is_refused_does_not_cost_the_others_their_connection),
		T(a_folder_that_breaks_the_session_is_not_called_missing),
		T(a_folder_of_a_wildcard_that_is_refused_is_looked_for_at_once),
		T(a_session_that_only_asks_for_news_is_no_failure),
		T(a_session_that_finds_no_folder_to_watch_is_no_failure),
		T(the_folder_that_was_its_own_is_known_to_be_selected),
		T(a_folder_may_go_while_it_is_visited),
		T(the_folder_that_is_its_own_may_go_while_it_is_there),
		T(while_its_connection_is_down_a_folder_is_visited_in_turn),
		T(who_is_given_something_else_to_do_does_not_wait_out_its_pause),
		cmocka_unit_test(a_folder_is_looked_into_unless_status_tells_that_nothing_came),
		cmocka_unit_test(a_folder_is_looked_into_now_and_then_whatever_status_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
