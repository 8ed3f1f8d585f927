/*
 * imap_post_test - commands sent ahead
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_post_world.h"

#include "buf.h"

static void
both_client(struct world *world)
{
	post_both(world);
	assert_moved(world);
	assert_fetched(world);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
answers_that_come_together_are_told_apart(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ FETCH_3_5, MOVED "5 OK moved\r\n" MAIL_3 MAIL_5 "6 OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, both_client);
}

static void
messages_may_come_before_the_move_is_answered(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ FETCH_3_5,
		  "* 5 FETCH (FLAGS (\\Seen))\r\n" MAIL_3 MOVED MAIL_5 "5 OK moved\r\n6 OK "
		  "fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step uid_last[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ FETCH_3_5, "* 3 FETCH (BODY[]<0> {3}\r\nabc UID 3)\r\n" MOVED
			     "5 OK moved\r\n" MAIL_5 "6 OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, both_client);
	PLAY(*state, uid_last, both_client);
}

static void
big_client(struct world *world)
{
	static const uint32_t uid[] = { 3, 5 };
	uint32_t copy[2];
	struct imap_copies copies = { .uid = copy };
	bool posted;

	enter(world);
	assert_result(world, imap_post_move(world->imap, moved, "done", &posted), IMAP_OK);
	assert_result(world, imap_post_fetch(world->imap, fetched, 4000000, &posted), IMAP_OK);
	assert_result(world, imap_move(world->imap, moved, "done", &copies), IMAP_OK);
	assert_result(world, imap_fetch(world->imap, uid, 2, 4000000, take, world), IMAP_OK);
	assert_int_equal(world->got_count, 2);
}

/* More bytes than an answer to MOVE alone may have. */
static void
early_messages_may_be_as_large_as_they_were_asked_for(void **state)
{
	static char answer[3200000];
	const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ "UID FETCH 3,5 (UID BODY.PEEK[]<0.4000000>)", answer },
		LOGOUT,
	};
	struct buf text = BUF_INIT;

	buf_adds(&text, "* 3 FETCH (UID 3 BODY[]<0> {3000000}\r\n");
	for (int i = 0; i < 300000; i++)
		buf_adds(&text, "0123456789");
	buf_adds(&text, ")\r\n" MOVED "5 OK moved\r\n" MAIL_5 "6 OK fetched\r\n");
	assert_true(buf_ok(&text) && text.len < sizeof(answer));
	memcpy(answer, buf_str(&text), text.len + 1);
	buf_free(&text);
	PLAY(*state, script, big_client);
}

static void
one_after_the_other_client(struct world *world)
{
	static const uint32_t uid[] = { 9 };
	const struct imap_uids one = { uid, 1 };
	bool posted;

	enter(world);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	assert_fetched(world);
	assert_result(world, imap_post_move(world->imap, moved, "done", &posted), IMAP_OK);
	assert_result(world, imap_post_fetch(world->imap, one, 1000, &posted), IMAP_OK);
	assert_result(world, imap_fetch(world->imap, uid, 1, 1000, take, world), IMAP_OK);
	assert_moved(world);
	assert_int_equal(world->got_count, 3);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

/* Dovecot does so while it has other commands to go on with. */
static void
a_fetch_is_over_when_its_messages_are_here(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ FETCH_3_5, MAIL_3 MAIL_5 },
		{ MOVE_1_2, MOVED },
		{ FETCH_9, MAIL_9 "5 OK fetched\r\n6 OK moved\r\n7 OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, one_after_the_other_client);
}

static void
fetch_first_client(struct world *world)
{
	post_both(world);
	assert_fetched(world);
	assert_moved(world);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
the_answer_to_a_move_is_kept_until_somebody_asks(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, MOVED "$ OK moved\r\n" },
		{ FETCH_3_5, MAIL_3 MAIL_5 "$ OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, fetch_first_client);
}

static void
fetch_then_move_client(struct world *world)
{
	bool posted;

	enter(world);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	assert_result(world, imap_post_move(world->imap, moved, "done", &posted), IMAP_OK);
	assert_fetched(world);
	assert_moved(world);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

/* Dovecot says NO at once, and still owes the end of the answer before it. Whoever passes over the
 * "6 NO" waits for it when it is that command's turn; no tag is used twice. */
static void
answers_may_end_in_any_order(void **state)
{
	static const struct step refused[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ MOVE_1_2,
		  MAIL_3 "6 NO [TRYCREATE] no such folder\r\n" MAIL_5 "5 OK fetched\r\n" },
		{ MOVE_1_2, MOVED "7 OK moved\r\n" },
		{ "NOOP", "8 OK done\r\n" },
		LOGOUT,
	};
	static const struct step done[] = {
		ENTERED,
		{ FETCH_3_5, "" },
		{ MOVE_1_2, MAIL_3 MOVED "6 OK moved\r\n" MAIL_5 "5 OK fetched\r\n" },
		{ "NOOP", "7 OK done\r\n" },
		LOGOUT,
	};
	static const struct step fetch_last[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ FETCH_3_5, MAIL_3 "6 OK fetched\r\n" MOVED "5 OK moved\r\n" },
		{ "UID FETCH 5 (UID BODY.PEEK[]<0.1000>)", MAIL_5 "7 OK fetched\r\n" },
		{ "NOOP", "8 OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, refused, fetch_then_move_client);
	PLAY(*state, done, fetch_then_move_client);
	PLAY(*state, fetch_last, fetch_first_client);
}

static void
interrupted_client(struct world *world)
{
	post_both(world);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
	assert_fetched(world);
	assert_moved(world);
}

static void
another_command_throws_messages_away_and_no_copies(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, MAIL_3 MOVED "$ OK moved\r\n" },
		{ FETCH_3_5, MAIL_5 "$ OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		{ FETCH_3_5, MAIL_3 MAIL_5 "$ OK fetched\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, interrupted_client);
}

static void
what_did_not_come_is_asked_for_once_more(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, MOVED "$ OK moved\r\n" },
		{ FETCH_3_5, MAIL_3 "$ OK fetched\r\n" },
		{ "UID FETCH 5 (UID BODY.PEEK[]<0.1000>)", MAIL_5 "$ OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, both_client);
}

static void
elsewhere_client(struct world *world)
{
	static const uint32_t other_uids[] = { 1, 3 };
	uint32_t uid[2];
	struct imap_copies copies = { .uid = uid };
	bool posted;

	enter(world);
	assert_result(world, imap_post_move(world->imap, moved, "done", &posted), IMAP_OK);
	assert_result(world, imap_move(world->imap, moved, "other", &copies), IMAP_OK);
	assert_int_equal(copies.uidvalidity, 9);
	assert_result(world, imap_post_move(world->imap, moved, "done", &posted), IMAP_OK);
	copies.uid = uid;
	assert_result(world,
		      imap_move(world->imap, (struct imap_uids){ other_uids, 2 }, "done", &copies),
		      IMAP_OK);
	assert_int_equal(copies.uidvalidity, 8);
}

/* Or mail would be said to lie where nobody put it. */
static void
the_answer_to_a_move_is_no_answer_to_another_one(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, MOVED "$ OK moved\r\n" },
		{ "UID MOVE 1:2 \"other\"", "* OK [COPYUID 9 1:2 21:22] moved\r\n$ OK moved\r\n" },
		{ MOVE_1_2, MOVED "$ OK moved\r\n" },
		{ "UID MOVE 1,3 \"done\"", "* OK [COPYUID 8 1,3 31:32] moved\r\n$ OK moved\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, elsewhere_client);
}

static void
a_refused_move_is_sent_anew_with_its_cures(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, "$ NO [TRYCREATE] no such folder\r\n" },
		{ FETCH_3_5, MAIL_3 MAIL_5 "$ OK fetched\r\n" },
		{ MOVE_1_2, "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE \"done\"", "$ OK done\r\n" },
		{ "SUBSCRIBE \"done\"", "$ OK done\r\n" },
		{ MOVE_1_2, MOVED "$ OK moved\r\n" },
		{ FETCH_3_5, MAIL_3 MAIL_5 "$ OK fetched\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, both_client);
}

static void
lost_client(struct world *world)
{
	uint32_t uid[2];
	struct imap_copies copies = { .uid = uid };

	post_both(world);
	assert_result(world, imap_move(world->imap, moved, "done", &copies), IMAP_LOST);
	assert_true(copies.unsure);
	assert_contains(imap_error(world->imap), "closed the connection");
	assert_result(world, fetch_3_and_5(world), IMAP_LOST);
	assert_int_equal(world->got_count, 0);
}

static void
a_connection_that_ends_is_told_and_nothing_counts_as_done(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ FETCH_3_5, MAIL_3 MOVED },
		{ NULL, NULL },
	};

	PLAY(*state, script, lost_client);
}

static void
half_client(struct world *world)
{
	bool posted;

	enter(world);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	assert_result(world, fetch_3_and_5(world), IMAP_LOST);
	assert_int_equal(world->got_count, 1);
	assert_int_equal(world->got[0].uid, 3);
}

static void
half_a_message_is_none(void **state)
{
	static const char *const halves[] = { "* 5 FETCH (UID 5 BODY[]<0> {20}\r\nde",
					      "* 5 FETCH (UID 5 BODY[]<0> {2}\r\nde",
					      "* 5 FETCH (UID 5 BODY[]<0> {2}\r\nde)" };

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		char answer[200];
		const struct step script[] = { ENTERED, { FETCH_3_5, answer }, { NULL, NULL } };

		snprintf(answer, sizeof(answer), "%s%s", MAIL_3, halves[i]);
		PLAY(*state, script, half_client);
	}
}

static void
dribble_client(struct world *world)
{
	bool posted;

	enter(world);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	assert_result(world, fetch_3_and_5(world), IMAP_LOST);
	assert_int_equal(world->got_count, 1);
}

/* It takes 20 pauses, and says something after each; the time is over within four. */
static void
a_server_that_keeps_talking_does_not_keep_us(void **state)
{
	static const struct step begin[] = { ENTERED, { FETCH_3_5, MAIL_3 } };
	struct step all[sizeof(begin) / sizeof(begin[0]) + 21];
	size_t count = sizeof(begin) / sizeof(begin[0]);
	struct world *world = *state;

	memcpy(all, begin, sizeof(begin));
	for (size_t i = 0; i < 20; i++)
		all[count++] = (struct step){ "p:", "* OK still here\r\n" };
	all[count++] = (struct step){ NULL, MAIL_5 "5 OK fetched\r\n" };
	world->options.transfer_timeout = 4 * PAUSE;
	play_some(world, all, count, dribble_client);
}

static void
kept_client(struct world *world)
{
	uint32_t uid[2];
	struct imap_copies copies = { .uid = uid };

	post_both(world);
	assert_result(world, imap_noop(world->imap), IMAP_LOST);
	assert_int_equal(imap_move(world->imap, moved, "done", &copies), IMAP_OK);
	assert_false(copies.unsure);
	assert_int_equal(copies.told, 2);
}

static void
a_move_that_was_answered_before_the_connection_ended_is_sure(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ FETCH_3_5, MOVED "5 OK moved\r\n" MAIL_3 },
		{ NULL, NULL },
	};

	PLAY(*state, script, kept_client);
}

static void
early_lost_client(struct world *world)
{
	uint32_t uid[2];
	struct imap_copies copies = { .uid = uid };

	post_both(world);
	assert_result(world, imap_noop(world->imap), IMAP_LOST);
	assert_result(world, imap_move(world->imap, moved, "done", &copies), IMAP_LOST);
	assert_true(copies.unsure);
}

static void
a_move_that_another_command_lost_is_unsure(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ MOVE_1_2, "" },
		{ FETCH_3_5, MOVED },
		{ NULL, NULL },
	};

	PLAY(*state, script, early_lost_client);
}

static void
long_client(struct world *world)
{
	static uint32_t uid[2000];
	bool posted;

	for (uint32_t i = 0; i < 2000; i++)
		uid[i] = 100000 + 2 * i;
	enter(world);
	assert_result(world,
		      imap_post_fetch(world->imap, (struct imap_uids){ uid, 2000 }, 1000, &posted),
		      IMAP_OK);
	assert_false(posted);
	assert_result(world,
		      imap_post_move(world->imap, (struct imap_uids){ uid, 2000 }, "done", &posted),
		      IMAP_OK);
	assert_false(posted);
}

static void
what_does_not_fit_a_command_is_not_sent_and_not_said_to_be(void **state)
{
	static const struct step script[] = { ENTERED, LOGOUT };

	PLAY(*state, script, long_client);
}

static void
many_client(struct world *world)
{
	static const uint32_t uid[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	enter(world);
	for (size_t i = 0; i < 9; i++) {
		const struct imap_uids one = { &uid[i], 1 };
		bool posted;

		assert_result(world, imap_post_fetch(world->imap, one, 1000, &posted), IMAP_OK);
		assert_int_equal(posted, i < 8);
	}
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
no_more_than_eight_are_under_way(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID FETCH 1 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "UID FETCH 2 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "UID FETCH 3 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "UID FETCH 4 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "UID FETCH 5 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "UID FETCH 6 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "UID FETCH 7 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "UID FETCH 8 (UID BODY.PEEK[]<0.1000>)", "$ OK done\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, many_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_that_come_together_are_told_apart),
		T(messages_may_come_before_the_move_is_answered),
		T(a_fetch_is_over_when_its_messages_are_here),
		T(early_messages_may_be_as_large_as_they_were_asked_for),
		T(the_answer_to_a_move_is_kept_until_somebody_asks),
		T(answers_may_end_in_any_order),
		T(another_command_throws_messages_away_and_no_copies),
		T(what_did_not_come_is_asked_for_once_more),
		T(the_answer_to_a_move_is_no_answer_to_another_one),
		T(a_refused_move_is_sent_anew_with_its_cures),
		T(half_a_message_is_none),
		T(a_server_that_keeps_talking_does_not_keep_us),
		T(a_connection_that_ends_is_told_and_nothing_counts_as_done),
		T(a_move_that_was_answered_before_the_connection_ended_is_sure),
		T(a_move_that_another_command_lost_is_unsure),
		T(what_does_not_fit_a_command_is_not_sent_and_not_said_to_be),
		T(no_more_than_eight_are_under_way),
	};

	return cmocka_run_group_tests_name("imap_post", tests, NULL, NULL);
}
