/*
 * imap_list_test - a listing sent ahead
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_post_world.h"

#define AFTER 8
#define MOST 1000
#define LIST "UID FETCH 9:* (UID RFC822.SIZE)"
#define LISTED                                \
	"* 9 FETCH (UID 9 RFC822.SIZE 1)\r\n" \
	"* 8 FETCH (UID 8 RFC822.SIZE 4)\r\n* 10 FETCH (RFC822.SIZE 4438 UID 12)\r\n"

static void
post_list_behind_fetch(struct world *world)
{
	bool posted;

	enter(world);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	assert_true(posted);
	assert_result(world, imap_post_list(world->imap, AFTER, MOST, &posted), IMAP_OK);
	assert_true(posted);
}

static void
assert_listed(struct world *world)
{
	struct imap_item *item;
	size_t count;

	assert_result(world, imap_list(world->imap, AFTER, MOST, &item, &count), IMAP_OK);
	assert_int_equal(count, 2);
	assert_int_equal(item[0].uid, 9);
	assert_int_equal(item[0].size, 1);
	assert_int_equal(item[1].uid, 12);
	assert_int_equal(item[1].size, 4438);
	free(item);
}

static void
fetch_then_list_client(struct world *world)
{
	post_list_behind_fetch(world);
	assert_fetched(world);
	assert_listed(world);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
list_then_fetch_client(struct world *world)
{
	post_list_behind_fetch(world);
	assert_listed(world);
	assert_fetched(world);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_listing_sent_ahead_is_not_asked_for_again(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ LIST, MAIL_3 MAIL_5 "5 OK fetched\r\n" LISTED "6 OK listed\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step mixed[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ LIST, MAIL_3 LISTED MAIL_5 "5 OK fetched\r\n6 OK listed\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, fetch_then_list_client);
	PLAY(*state, mixed, fetch_then_list_client);
}

static void
messages_in_front_of_a_listing_are_kept_for_their_fetch(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ LIST, MAIL_3 MAIL_5 "5 OK fetched\r\n" LISTED "6 OK listed\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, list_then_fetch_client);
}

static void
a_listing_that_was_refused_is_asked_for_again(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ LIST, MAIL_3 MAIL_5 "5 OK fetched\r\n* 9 FETCH (UID 9 RFC822.SIZE 1)\r\n6 NO not "
				      "now\r\n" },
		{ LIST, LISTED "$ OK listed\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, fetch_then_list_client);
}

static void
other_list_client(struct world *world)
{
	struct imap_item *item;
	size_t count;

	post_list_behind_fetch(world);
	assert_fetched(world);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
	assert_listed(world);
	assert_result(world, imap_list(world->imap, AFTER + 4, MOST, &item, &count), IMAP_OK);
	assert_int_equal(count, 0);
	free(item);
}

static void
a_listing_is_kept_over_other_commands_and_taken_once(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ LIST, MAIL_3 MAIL_5 "5 OK fetched\r\n" LISTED "6 OK listed\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		{ "UID FETCH 13:* (UID RFC822.SIZE)", LISTED "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, other_list_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_listing_sent_ahead_is_not_asked_for_again),
		T(messages_in_front_of_a_listing_are_kept_for_their_fetch),
		T(a_listing_that_was_refused_is_asked_for_again),
		T(a_listing_is_kept_over_other_commands_and_taken_once),
	};

	return cmocka_run_group_tests_name("imap_list", tests, NULL, NULL);
}
