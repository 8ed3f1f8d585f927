/*
 * imap_early_test - messages that come before their command is asked for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_post_world.h"

/* Both FETCHes sent; then the first one's messages are taken, and the other's. */
static void
two_fetches_client(struct world *world)
{
	static const uint32_t uid[] = { 9 };
	const struct imap_uids one = { uid, 1 };
	bool posted;

	enter(world);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	assert_result(world, imap_post_fetch(world->imap, one, 1000, &posted), IMAP_OK);
	assert_fetched(world);
	assert_result(world, imap_fetch(world->imap, uid, 1, 1000, take, world), IMAP_OK);
	assert_int_equal(world->got_count, 3);
	assert_int_equal(world->got[2].uid, 9);
	assert_string_equal(world->got[2].text, "f");
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
messages_of_the_next_fetch_are_kept_for_it(void **state)
{
	static const struct step all_at_once[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ FETCH_9, MAIL_3 MAIL_9 MAIL_5 "5 OK fetched\r\n6 OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step refused[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ FETCH_9, MAIL_9 MAIL_3 "5 NO busy\r\n6 NO busy\r\n" },
		{ "UID FETCH 5 (UID BODY.PEEK[]<0.1000>)", MAIL_5 "$ OK fetched\r\n" },
		{ FETCH_9, MAIL_9 "$ OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, all_at_once, two_fetches_client);
	PLAY(*state, refused, two_fetches_client);
}

static void
a_message_without_a_uid_gets_none_from_the_next_line(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ FETCH_9, "* 8 FETCH (BODY[]<0> {3}\r\nbad)\r\n"
			   "* 9 FETCH (UID 9 FLAGS (\\Seen))\r\n" MAIL_3 MAIL_5
			   "5 OK fetched\r\n" MAIL_9 "6 OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, two_fetches_client);
}

static void
gaps_client(struct world *world)
{
	static const uint32_t uid[] = { 7, 8, 9 };
	bool posted;

	enter(world);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	for (size_t i = 3; i-- > 0;)
		assert_result(world,
			      imap_post_fetch(world->imap, (struct imap_uids){ uid + i, 1 }, 1000,
					      &posted),
			      IMAP_OK);
	assert_fetched(world);
	for (size_t i = 3; i-- > 0;)
		assert_result(world, imap_fetch(world->imap, uid + i, 1, 1000, take, world),
			      IMAP_OK);
	assert_int_equal(world->got_count, 5);
	assert_string_equal(world->got[2].text, "f");
	assert_string_equal(world->got[3].text, "");
	assert_string_equal(world->got[4].text, "seven");
}

/* Whatever is taken from between them, and also when there is nothing of one. */
static void
what_is_kept_keeps_its_bytes(void **state)
{
#define MAIL_7 "* 7 FETCH (UID 7 BODY[]<0> {5}\r\nseven)\r\n"
#define MAIL_8 "* 8 FETCH (UID 8 BODY[]<0> {0}\r\n)\r\n"
	static const struct step nothing_first[] = {
		ENTERED,
		{ FETCH_3_5, MAIL_8 MAIL_9 MAIL_3 MAIL_7 MAIL_5 },
		{ FETCH_9, "" },
		{ "UID FETCH 8 (UID BODY.PEEK[]<0.1000>)", "" },
		{ "UID FETCH 7 (UID BODY.PEEK[]<0.1000>)",
		  "5 OK fetched\r\n6 OK fetched\r\n7 OK fetched\r\n8 OK fetched\r\n" },
		{ NULL, NULL },
	};
	static const struct step taken_first[] = {
		ENTERED,
		{ FETCH_3_5, MAIL_9 MAIL_3 MAIL_7 MAIL_8 MAIL_5 },
		{ FETCH_9, "" },
		{ "UID FETCH 8 (UID BODY.PEEK[]<0.1000>)", "" },
		{ "UID FETCH 7 (UID BODY.PEEK[]<0.1000>)",
		  "5 OK fetched\r\n6 OK fetched\r\n7 OK fetched\r\n8 OK fetched\r\n" },
		{ NULL, NULL },
	};

	PLAY(*state, nothing_first, gaps_client);
	PLAY(*state, taken_first, gaps_client);
}

static void
fetch_ahead(struct world *world, uint32_t uid)
{
	const struct imap_uids one = { &uid, 1 };
	bool posted;

	assert_result(world, imap_post_fetch(world->imap, one, 1000, &posted), IMAP_OK);
	assert_true(posted);
	assert_result(world, imap_fetch(world->imap, &uid, 1, 1000, take, world), IMAP_OK);
}

static void
stray_client(struct world *world)
{
	enter(world);
	for (size_t i = 0; i < 8; i++)
		fetch_ahead(world, 3);
	world->got_count = 0;
	fetch_ahead(world, 9);
	assert_string_equal(world->got[0].text, "old");
}

static void
forgotten_client(struct world *world)
{
	enter(world);
	for (size_t i = 0; i < 9; i++)
		fetch_ahead(world, 3);
	world->got_count = 0;
	fetch_ahead(world, 9);
	assert_string_equal(world->got[0].text, "f");
}

/* It came with the first of them, and they did not ask for it. */
static void
a_message_that_nobody_asks_for_is_kept_for_eight_commands(void **state)
{
#define STRAY                                                                                  \
	{                                                                                      \
		"UID FETCH 3 (UID BODY.PEEK[]<0.1000>)",                                       \
			"* 9 FETCH (UID 9 BODY[]<0> {3}\r\nold)\r\n" MAIL_3 "$ OK fetched\r\n" \
	}
#define AGAIN                                                                      \
	{                                                                          \
		"UID FETCH 3 (UID BODY.PEEK[]<0.1000>)", MAIL_3 "$ OK fetched\r\n" \
	}
#define LAST                                       \
	{                                          \
		FETCH_9, MAIL_9 "$ OK fetched\r\n" \
	}
	static const struct step kept[] = { ENTERED, STRAY, AGAIN, AGAIN, AGAIN, AGAIN,
					    AGAIN,   AGAIN, AGAIN, LAST,  LOGOUT };
	static const struct step forgotten[] = { ENTERED, STRAY, AGAIN, AGAIN, AGAIN, AGAIN,
						 AGAIN,   AGAIN, AGAIN, AGAIN, LAST,  LOGOUT };

	PLAY(*state, kept, stray_client);
	PLAY(*state, forgotten, forgotten_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(messages_of_the_next_fetch_are_kept_for_it),
		T(a_message_without_a_uid_gets_none_from_the_next_line),
		T(what_is_kept_keeps_its_bytes),
		T(a_message_that_nobody_asks_for_is_kept_for_eight_commands),
	};

	return cmocka_run_group_tests_name("imap_early", tests, NULL, NULL);
}
