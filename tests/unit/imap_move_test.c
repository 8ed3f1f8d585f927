/*
 * imap_move_test - moving
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

/* Moving */

static enum imap_result
move_3_to(struct world *world, const char *folder)
{
	static const uint32_t uid[] = { 3 };

	return imap_move(world->imap, uid, 1, folder);
}

static void
move_client(struct world *world)
{
	enter(world);
	assert_result(world, move_3_to(world, "done"), IMAP_OK);
}

static void
a_missing_target_is_made_and_subscribed_to(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ OK done\r\n" },
		{ "SUBSCRIBE done", "$ NO never\r\n" },
		{ "UID MOVE 3 done", "* 1 EXPUNGE\r\n$ OK [COPYUID 7 3 1] moved\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
uids_that_another_session_took_are_no_error(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [EXPUNGEISSUED] Some are gone\r\n" },
		{ "NOOP", "* 1 EXPUNGE\r\n$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ OK nothing to do\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
a_missing_target_and_a_lost_race_may_come_together(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ OK done\r\n" },
		{ "SUBSCRIBE done", "$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ NO [EXPUNGEISSUED] Some are gone\r\n" },
		{ "NOOP", "* 1 EXPUNGE\r\n$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ OK nothing to do\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
refused_move_client(struct world *world)
{
	enter(world);
	assert_result(world, move_3_to(world, "done"), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), world->expect);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_folder_that_stays_missing_is_refused(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ OK done\r\n" },
		{ "SUBSCRIBE done", "$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] still not\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "[TRYCREATE] still not";
	PLAY(world, script, refused_move_client);
}

static void
a_move_that_is_refused_twice_is_refused(void **state)
{
	static const struct step quota[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [OVERQUOTA] full\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		{ "UID MOVE 3 done", "$ NO [OVERQUOTA] full\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step forbidden[] = {
		ENTERED,
		{ "UID MOVE 3 done", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE done", "$ NO [NOPERM] not here\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "[OVERQUOTA] full";
	PLAY(world, quota, refused_move_client);
	world->expect = "CREATE: the server said: NO [NOPERM] not here";
	PLAY(world, forbidden, refused_move_client);
}

static void
a_server_without_move_is_not_asked_to(void **state)
{
	static const struct step script[] = { GREETING,
					      SIGNED_IN,
					      { "CAPABILITY",
						"* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
					      SELECTED,
					      { "NOOP", "$ OK done\r\n" },
					      LOGOUT };
	struct world *world = *state;

	world->expect = "the server cannot MOVE";
	PLAY(world, script, refused_move_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_missing_target_is_made_and_subscribed_to),
		T(uids_that_another_session_took_are_no_error),
		T(a_missing_target_and_a_lost_race_may_come_together),
		T(a_folder_that_stays_missing_is_refused),
		T(a_move_that_is_refused_twice_is_refused),
		T(a_server_without_move_is_not_asked_to),
	};

	return cmocka_run_group_tests_name("imap_move", tests, NULL, NULL);
}
