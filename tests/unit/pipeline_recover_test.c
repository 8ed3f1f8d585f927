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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(only_what_is_still_here_is_looked_for_in_the_target),
		T(a_move_that_was_carried_out_costs_one_look),
		T(a_store_in_trouble_is_told_of_a_lost_move_later),
		T(without_uidplus_nothing_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
