/*
 * pool_list_test - folders that wildcards mean come and go, and have one watcher
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pool_world.h"

static void
until_one_has_gone_and_one_has_come(struct world *world)
{
	WAIT_UNTIL(world, taken_in(world, "Lists/a") == 1 && taken_in(world, "Lists/b") == 1);
	shelf_of(world, "Lists/a")->hidden = shelf_of(world, "Lists/a")->refuses = true;
	(void)add_shelf(world, "Lists/c", 1);
	WAIT_UNTIL(world, mailbox_at(world, "Lists/a") == NULL && taken_in(world, "Lists/c") == 1);
	deliver(world, "Lists/b");
	WAIT_UNTIL(world, taken_in(world, "Lists/b") == 2);
}

static void
a_folder_that_vanished_is_dropped_and_a_new_one_is_watched(void **state)
{
	static const char *const names[] = { "Lists/a", "Lists/b", "Other" };
	struct world *world = *state;

	add_shelves(world, names, 3);
	make_pool(world, "folders = {\"Lists/*\"}\nlist-interval = 1s\n", NULL);
	play(world, until_one_has_gone_and_one_has_come);
	assert_int_equal(shelf_of(world, "Other")->opened, 0);
	assert_int_equal(log_lines(world, "Lists/a: not watched any more"), 1);
}

static void
until_all_three_are_there(struct world *world)
{
	const struct mailbox *m;
	struct buf out = BUF_INIT;

	WAIT_UNTIL(world, world->pool->listed);
	TAILQ_FOREACH(m, &world->pool->mailboxes, link)
	buf_addf(&out, " %s", m->folder);
	assert_string_equal(buf_str(&out), " Z A B C");
	buf_free(&out);
}

static void
folders_of_a_wildcard_are_watched_once_and_in_order_behind_those_with_names(void **state)
{
	static const char *const names[] = { "C", "A", "Z", "C", "B", "A" };
	struct world *world = *state;

	add_shelves(world, names, 6);
	make_pool(world, "folders = {\"*\", \"Z\"}\nmax-connections = 1\n", NULL);
	play(world, until_all_three_are_there);
	assert_int_equal(log_lines(world, "mean 3 folders"), 1);
}

static size_t
watchers(const struct world *world, const char *folder)
{
	const struct mailbox *m;
	size_t count = 0;

	TAILQ_FOREACH(m, &world->pool->mailboxes, link)
	count += strcmp(m->folder, folder) == 0;
	return count;
}

static void
until_the_first_account_takes_b(struct world *world)
{
	unsigned lists;

	WAIT_UNTIL(world, taken_in(world, "a") == 1 && taken_in(world, "b") == 1);
	assert_string_equal(account_at(world, "b"), "second");
	shelf_of(world, "a")->hidden = true;
	WAIT_UNTIL(world, log_lines(world, "first/b: watched by a wildcard") == 1);
	lists = world->lists; /* the second account's follows the first one's */
	WAIT_UNTIL(world, world->lists >= lists + 3);
	assert_int_equal(watchers(world, "b"), 1);
	assert_string_equal(account_at(world, "b"), "first");
}

static void
a_folder_that_two_accounts_mean_is_watched_by_the_first_alone(void **state)
{
	static const char *const names[] = { "a", "b" };
	struct world *world = *state;

	add_shelves(world, names, 2);
	make_pool(world, "folders = {\"*\"}\nmax-folders = 1\nlist-interval = 1s\n",
		  "folders = {\"*\"}\nlist-interval = 1s\n");
	play(world, until_the_first_account_takes_b);
}

static void
until_the_others_are_watched(struct world *world)
{
	WAIT_UNTIL(world,
		   log_lines(world, "does not list its folders") == 1 && !world->pool->listing);
	assert_int_equal(world->pool->worker_count, 2);
	assert_non_null(mailbox_at(world, "a1"));
	assert_non_null(worker_at(world, "a1"));
	WAIT_UNTIL(world, taken_in(world, "a1") == 1);
}

/* One of two accounts asks for what the server refuses to list. */
static void
play_with_a_refusal(struct world *world, bool first)
{
	static const char *const names[] = { "INBOX", "a1", "b1" };
	static const char with[] = "folders = {\"INBOX\", \"a*\"}\n",
			  without[] = "folders = {\"b*\"}\n";

	add_shelves(world, names, 3);
	world->refusal = "NO not that";
	world->refused = "\"b*\"";
	make_pool(world, first ? without : with, first ? with : without);
	play(world, until_the_others_are_watched);
}

static void
what_is_not_listed_for_one_account_keeps_nothing_from_another(void **state)
{
	play_with_a_refusal(*state, false);
}

static void
what_is_not_listed_for_one_account_keeps_nothing_from_the_next(void **state)
{
	play_with_a_refusal(*state, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_folder_that_vanished_is_dropped_and_a_new_one_is_watched),
		T(folders_of_a_wildcard_are_watched_once_and_in_order_behind_those_with_names),
		T(a_folder_that_two_accounts_mean_is_watched_by_the_first_alone),
		T(what_is_not_listed_for_one_account_keeps_nothing_from_another),
		T(what_is_not_listed_for_one_account_keeps_nothing_from_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
