/*
 * pipeline_recover_test - what a lost MOVE leaves, and how the next session finds out
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_world.h"
#include "store_world.h"

#define LOOK(set) "UID FETCH " set " (UID RFC822.SIZE)"
#define EXAMINED                                                                      \
	{                                                                             \
		"EXAMINE Done", "* 0 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n$ OK in\r\n" \
	}
#define SEARCHED                                                                      \
	{                                                                             \
		"UID SEARCH LARGER 999 SMALLER 1001", "* SEARCH\r\n$ OK searched\r\n" \
	}
#define STATE                                                                              \
	"SELECT uid, copying_at IS NOT NULL, moved_at IS NOT NULL, filed_to FROM message " \
	"ORDER BY uid"

static const uint32_t some[] = { 1, 2, 4 };
static const struct imap_uids lost = { some, 3 };
static struct place *place;

static void
begin_line(struct world *world)
{
	begin_session(world);
	line.p.store = place->store;
}

/* Messages 1 to 4 are to be moved. */
static void
make_messages(void)
{
	void *state;

	make_place(&state);
	place = state;
	make_line();
	line.filing.traced = true; /* this is not the first session */
	line.p.folder.id = open_folder(place, "INBOX", 7);
	for (uint32_t uid = 1; uid <= 4; uid++)
		add_message(place, line.p.folder.id, uid, (unsigned char)uid, "Done");
}

static void
drop_messages(void)
{
	void *state = place;

	pipeline_filing_free(&line.filing);
	drop_place(&state);
}

static void
lose_client(struct world *world)
{
	begin_line(world);
	pipeline_lose_move(&line.p, lost, "Done");
	assert_sql(place, STATE, "1|1|0|Done\n2|1|0|Done\n3|0|0|-\n4|1|0|Done");
	end_session();
}

static void
recover_client(struct world *world)
{
	begin_line(world);
	assert_int_equal(pipeline_recover(&line.p), PIPELINE_OK);
	end_session();
}

static void
only_what_is_still_here_is_looked_for_in_the_target(void **state)
{
	static const struct step losing[] = { ENTERED, LOGOUT };
	static const struct step finding[] = {
		ENTERED,  { LOOK("1:2,4"), "* 1 FETCH (UID 2 RFC822.SIZE 1000)\r\n$ OK done\r\n" },
		EXAMINED, SEARCHED,
		SELECTED, LOGOUT,
	};
	static const struct step idle[] = { ENTERED, LOGOUT };

	make_messages();
	PLAY(*state, losing, lose_client);
	PLAY(*state, finding, recover_client);
	/* 2 is to be moved again. */
	assert_sql(place, STATE, "1|0|1|Done\n2|0|0|-\n3|0|0|-\n4|0|1|Done");
	assert_int_equal(line.totals.moved, 2);
	PLAY(*state, idle, recover_client);
	drop_messages();
}

static void
a_move_that_was_carried_out_costs_one_look(void **state)
{
	static const struct step losing[] = { ENTERED, LOGOUT };
	static const struct step finding[] = { ENTERED,
					       { LOOK("1:2,4"), "$ OK done\r\n" },
					       LOGOUT };

	make_messages();
	PLAY(*state, losing, lose_client);
	PLAY(*state, finding, recover_client);
	assert_sql(place, STATE, "1|0|1|Done\n2|0|1|Done\n3|0|0|-\n4|0|1|Done");
	drop_messages();
}

/* The store can only be read. */
static void
lose_in_trouble_client(struct world *world)
{
	struct store *writer = place->store;

	begin_line(world);
	line.p.store = store_open(place->path, STORE_READ, place->error);
	assert_non_null(line.p.store);
	pipeline_lose_move(&line.p, lost, "Done");
	assert_sql(place, STATE, "1|0|0|-\n2|0|0|-\n3|0|0|-\n4|0|0|-");
	assert_int_equal(pipeline_recover(&line.p), PIPELINE_STORE_BAD);
	end_session();
	store_close(line.p.store);
	place->store = writer;
}

static void
a_store_in_trouble_is_told_of_a_lost_move_later(void **state)
{
	static const struct step losing[] = { ENTERED, LOGOUT };
	static const struct step finding[] = { ENTERED,
					       { LOOK("1:2,4"), "$ OK done\r\n" },
					       LOGOUT };

	make_messages();
	PLAY(*state, losing, lose_in_trouble_client);
	PLAY(*state, finding, recover_client);
	assert_sql(place, STATE, "1|0|1|Done\n2|0|1|Done\n3|0|0|-\n4|0|1|Done");
	drop_messages();
}

static void
lose_nothing_client(struct world *world)
{
	begin_line(world);
	pipeline_lose_move(&line.p, lost, "Done");
	assert_sql(place, STATE, "1|0|0|-\n2|0|0|-\n3|0|0|-\n4|0|0|-");
	end_session();
}

static void
without_uidplus_nothing_is_noted(void **state)
{
	static const struct step script[] = {
		GREETING, SIGNED_IN, { "CAPABILITY", "* CAPABILITY IMAP4rev1 MOVE\r\n$ OK\r\n" },
		SELECTED, LOGOUT,
	};

	make_messages();
	PLAY(*state, script, lose_nothing_client);
	drop_messages();
}

/* What an earlier run may have left: the first session of a run */

#define EXAMINED_AT(answer)                                                        \
	{                                                                          \
		"EXAMINE Done", answer "\r\n* OK [UIDVALIDITY 9] x\r\n$ OK in\r\n" \
	}
#define ALL_HERE                                                                   \
	{                                                                          \
		LOOK("2:4"), "* 2 FETCH (UID 2 RFC822.SIZE 1000)\r\n"              \
			     "* 3 FETCH (UID 3 RFC822.SIZE 1000)\r\n"              \
			     "* 4 FETCH (UID 4 RFC822.SIZE 1000)\r\n$ OK done\r\n" \
	}
#define ALL_TO_BE_MOVED "1|0|1|Done\n2|0|0|-\n3|0|0|-\n4|0|0|-"

/* Message 1 was moved, and is uid 8 there. */
static void
make_earlier_run(void)
{
	make_messages();
	line.filing.traced = false;
	assert_int_equal(run_by_hand(place, "UPDATE message SET moved_at = 1, filed_to = 'Done', "
					    "filed_uidvalidity = 9, filed_uid = 8 WHERE uid = 1"),
			 SQLITE_OK);
}

static void
a_target_without_a_newer_message_holds_no_copy(void **state)
{
	static const char *const answers[] = {
		"* 3 EXISTS\r\n* OK [UIDNEXT 9] x",
		"* 0 EXISTS\r\n* OK [UIDNEXT 10] x",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char answer[200];
		const struct step script[] = {
			ENTERED, { "EXAMINE Done", answer }, SELECTED, LOGOUT
		};

		snprintf(answer, sizeof(answer), "%s\r\n* OK [UIDVALIDITY 9] x\r\n$ OK in\r\n",
			 answers[i]);
		make_earlier_run();
		PLAY(*state, script, recover_client);
		assert_sql(place, STATE, ALL_TO_BE_MOVED);
		drop_messages();
	}
}

static void
a_target_with_newer_messages_is_searched_once(void **state)
{
	static const struct step first[] = {
		ENTERED,  EXAMINED_AT("* 3 EXISTS\r\n* OK [UIDNEXT 10] x"),
		SELECTED, ALL_HERE,
		EXAMINED, SEARCHED,
		SEARCHED, SEARCHED,
		SELECTED, LOGOUT,
	};
	static const struct step second[] = { ENTERED, LOGOUT };

	make_earlier_run();
	PLAY(*state, first, recover_client);
	assert_sql(place, STATE, ALL_TO_BE_MOVED);
	PLAY(*state, second, recover_client);
	drop_messages();
}

static void
a_target_of_another_life_or_unknown_size_is_searched(void **state)
{
	static const char *const answers[] = {
		"* 3 EXISTS\r\n* OK [UIDNEXT 9] x\r\n* OK [UIDVALIDITY 10] x\r\n",
		"* 3 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char answer[200];
		const struct step script[] = {
			ENTERED,  { "EXAMINE Done", answer },
			SELECTED, { LOOK("2:4"), "$ OK done\r\n" },
			LOGOUT,
		};

		snprintf(answer, sizeof(answer), "%s$ OK in\r\n", answers[i]);
		make_earlier_run();
		PLAY(*state, script, recover_client);
		assert_sql(place, STATE, "1|0|1|Done\n2|0|1|Done\n3|0|1|Done\n4|0|1|Done");
		drop_messages();
	}
}

static void
where_nobody_may_look_messages_are_moved_as_before(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "EXAMINE Done", "$ NO [NOPERM] no\r\n" },
		SELECTED,
		LOGOUT,
	};

	make_earlier_run();
	PLAY(*state, script, recover_client);
	assert_sql(place, STATE, ALL_TO_BE_MOVED);
	drop_messages();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(only_what_is_still_here_is_looked_for_in_the_target),
		T(a_move_that_was_carried_out_costs_one_look),
		T(a_store_in_trouble_is_told_of_a_lost_move_later),
		T(without_uidplus_nothing_is_noted),
		T(a_target_without_a_newer_message_holds_no_copy),
		T(a_target_with_newer_messages_is_searched_once),
		T(a_target_of_another_life_or_unknown_size_is_searched),
		T(where_nobody_may_look_messages_are_moved_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
