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

	return move_all(world, (struct imap_uids){ uid, 1 }, folder, NULL);
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
		{ "UID MOVE 3 \"done\"", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE \"done\"", "$ OK done\r\n" },
		{ "SUBSCRIBE \"done\"", "$ NO never\r\n" },
		{ "UID MOVE 3 \"done\"", "* 1 EXPUNGE\r\n$ OK [COPYUID 7 3 1] moved\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
uids_that_another_session_took_are_no_error(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 \"done\"", "$ NO [EXPUNGEISSUED] Some are gone\r\n" },
		{ "NOOP", "* 1 EXPUNGE\r\n$ OK done\r\n" },
		{ "UID MOVE 3 \"done\"", "$ OK nothing to do\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, move_client);
}

static void
a_missing_target_and_a_lost_race_may_come_together(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID MOVE 3 \"done\"", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE \"done\"", "$ OK done\r\n" },
		{ "SUBSCRIBE \"done\"", "$ OK done\r\n" },
		{ "UID MOVE 3 \"done\"", "$ NO [EXPUNGEISSUED] Some are gone\r\n" },
		{ "NOOP", "* 1 EXPUNGE\r\n$ OK done\r\n" },
		{ "UID MOVE 3 \"done\"", "$ OK nothing to do\r\n" },
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
		{ "UID MOVE 3 \"done\"", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE \"done\"", "$ OK done\r\n" },
		{ "SUBSCRIBE \"done\"", "$ OK done\r\n" },
		{ "UID MOVE 3 \"done\"", "$ NO [TRYCREATE] still not\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "[TRYCREATE] still not";
	PLAY(world, script, refused_move_client);
}

static void
a_refused_move_is_tried_again_unless_the_server_says_why(void **state)
{
	static const struct step broken[] = {
		ENTERED,
		{ "UID MOVE 3 \"done\"", "$ NO broken\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		{ "UID MOVE 3 \"done\"", "$ NO broken\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step quota[] = {
		ENTERED,
		{ "UID MOVE 3 \"done\"", "$ NO [OVERQUOTA] full\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step forbidden[] = {
		ENTERED,
		{ "UID MOVE 3 \"done\"", "$ NO [TRYCREATE] no such folder\r\n" },
		{ "CREATE \"done\"", "$ NO [NOPERM] not here\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "NO broken";
	PLAY(world, broken, refused_move_client);
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

/* Which copy is which */

/* What one line tells of uids 3, 5, 6 and 7: "UIDVALIDITY: copies". */
static void
assert_copies(struct world *world, const char *answer, const char *want)
{
	static const uint32_t uid[] = { 3, 5, 6, 7 };
	uint32_t copy[4];
	struct imap_copies copies = { .uid = copy };
	char got[100];

	enter(world);
	assert_result(world, move_all(world, (struct imap_uids){ uid, 4 }, "done", &copies),
		      IMAP_OK);
	snprintf(got, sizeof(got), "%u: %u %u %u %u, %zu expunged", copies.uidvalidity, copy[0],
		 copy[1], copy[2], copy[3], copies.expunged);
	if (strcmp(got, want) != 0)
		fail_msg("%s: <%s>, not <%s>", answer, got, want);
}

static const struct {
	const char *answer, *want;
} copyuids[] = {
	{ "* OK [COPYUID 9 3,5:7 11:14] x\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n$ OK done\r\n",
	  "9: 11 12 13 14, 2 expunged" },
	{ "$ OK [COPYUID 9 3,5:7 11:14] done\r\n", "9: 11 12 13 14, 0 expunged" },
	{ "$ OK [copyuid 9 7:5,3 11:14] done\r\n", "9: 14 11 12 13, 0 expunged" },
	{ "* OK [COPYUID 9 3 11] x\r\n$ OK [COPYUID 9 6 12] x\r\n", "9: 11 0 12 0, 0 expunged" },
	/* fewer copies than messages, and more */
	{ "$ OK [COPYUID 9 3,5:7 11:12] done\r\n", "9: 11 12 0 0, 0 expunged" },
	{ "$ OK [COPYUID 9 3 11:4294967295] done\r\n", "9: 11 0 0 0, 0 expunged" },
	/* what is not ours ends it, however many they are */
	{ "$ OK [COPYUID 9 1:4294967295 1:4294967295] done\r\n", "0: 0 0 0 0, 0 expunged" },
	{ "$ OK [COPYUID 9 3,3,3 11:13] done\r\n", "9: 11 0 0 0, 0 expunged" },
	/* nonsense */
	{ "$ OK [COPYUID 0 3 11] done\r\n", "0: 0 0 0 0, 0 expunged" },
	{ "$ OK [COPYUID 4294967296 3 11] done\r\n", "0: 0 0 0 0, 0 expunged" },
	{ "$ OK [COPYUID 9] done\r\n", "0: 0 0 0 0, 0 expunged" },
	{ "$ OK [COPYUID 9 3 0] done\r\n", "0: 0 0 0 0, 0 expunged" },
	{ "$ OK [COPYUID 9 a b] done\r\n", "0: 0 0 0 0, 0 expunged" },
	{ "* 12 EXPUNGED\r\n$ OK done\r\n", "0: 0 0 0 0, 0 expunged" },
};

static size_t copyuid_at;

static void
copyuid_client(struct world *world)
{
	assert_copies(world, copyuids[copyuid_at].answer, copyuids[copyuid_at].want);
}

static void
the_server_tells_which_copy_is_which(void **state)
{
	for (copyuid_at = 0; copyuid_at < sizeof(copyuids) / sizeof(copyuids[0]); copyuid_at++) {
		const struct step script[] = {
			ENTERED,
			{ "UID MOVE 3,5:7 \"done\"", copyuids[copyuid_at].answer },
			LOGOUT,
		};

		PLAY(*state, script, copyuid_client);
	}
}

/* Without MOVE */

static void
copy_client(struct world *world)
{
	static const uint32_t uid[] = { 3, 4 };
	const struct imap_uids uids = { uid, 2 };
	uint32_t copy[2];
	struct imap_copies copies = { .uid = copy };

	enter(world);
	assert_result(world, imap_copy(world->imap, uids, "done", &copies), IMAP_OK);
	assert_int_equal(copy[1], 12);
	assert_result(world, imap_mark(world->imap, uids, "\\Deleted"), IMAP_OK);
	assert_result(world, imap_expunge(world->imap, uids), IMAP_OK);
}

static void
copying_and_deleting_names_each_uid(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID COPY 3:4 \"done\"", "$ OK [COPYUID 9 3:4 11:12] copied\r\n" },
		{ "UID STORE 3:4 +FLAGS.SILENT (\\Deleted)", "$ OK done\r\n" },
		{ "UID EXPUNGE 3:4", "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, copy_client);
}

static void
no_uidplus_client(struct world *world)
{
	static const uint32_t uid[] = { 3 };

	enter(world);
	assert_result(world, imap_expunge(world->imap, (struct imap_uids){ uid, 1 }), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "cannot UID EXPUNGE");
}

static void
a_server_without_uid_expunge_is_never_told_to_expunge(void **state)
{
	static const struct step script[] = {
		GREETING, SIGNED_IN, { "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
		SELECTED, LOGOUT,
	};

	PLAY(*state, script, no_uidplus_client);
}

static void
too_many_client(struct world *world)
{
	uint32_t uid[2000], copy[2000];
	struct imap_copies copies = { .uid = copy };

	enter(world);
	for (size_t i = 0; i < 2000; i++)
		uid[i] = 1000000000 + 2 * (uint32_t)i;
	assert_result(world,
		      imap_move(world->imap, (struct imap_uids){ uid, 2000 }, "done", &copies),
		      IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "more than a command holds");
}

static void
what_does_not_fit_a_command_is_not_sent(void **state)
{
	static const struct step script[] = { ENTERED, LOGOUT };

	PLAY(*state, script, too_many_client);
}

/* What a refusal is about */

static const struct {
	const char *answer;
	enum imap_cause cause;
} causes[] = {
	{ "$ NO [OVERQUOTA] full\r\n", IMAP_CAUSE_QUOTA },
	{ "$ NO [overquota]\r\n", IMAP_CAUSE_QUOTA },
	{ "$ NO Mailbox does not exist\r\n", IMAP_CAUSE_MISSING },
	{ "$ NO Quota exceeded\r\n", IMAP_CAUSE_QUOTA },
	{ "$ NO [NOPERM] no\r\n", IMAP_CAUSE_RIGHTS },
	{ "$ NO [READ-ONLY] no\r\n", IMAP_CAUSE_RIGHTS },
	{ "$ NO [UNAVAILABLE] later\r\n", IMAP_CAUSE_SERVER },
	{ "$ NO [INUSE] later\r\n", IMAP_CAUSE_SERVER },
	{ "$ NO [ALREADYEXISTS] there\r\n", IMAP_CAUSE_EXISTS },
	{ "$ NO [NONEXISTENT] where?\r\n", IMAP_CAUSE_MISSING },
	{ "$ NO [CANNOT] be\r\n", IMAP_CAUSE_MISSING },
	{ "$ NO [LIMIT] fewer at once\r\n", IMAP_CAUSE_UNKNOWN },
	{ "$ NO [TRYCREATED] what?\r\n", IMAP_CAUSE_UNKNOWN },
	{ "$ NO [\r\n", IMAP_CAUSE_UNKNOWN },
	{ "$ NO \r\n", IMAP_CAUSE_UNKNOWN },
	{ "$ BAD no\r\n", IMAP_CAUSE_UNKNOWN },
};

static size_t cause_at;

static void
cause_client(struct world *world)
{
	static const uint32_t uid[] = { 3 };

	enter(world);
	assert_result(world, imap_mark(world->imap, (struct imap_uids){ uid, 1 }, "x"),
		      IMAP_REFUSED);
	if (imap_cause(world->imap) != causes[cause_at].cause)
		fail_msg("%s: %d", causes[cause_at].answer, (int)imap_cause(world->imap));
}

static void
the_response_code_tells_what_a_refusal_is_about(void **state)
{
	for (cause_at = 0; cause_at < sizeof(causes) / sizeof(causes[0]); cause_at++) {
		const struct step script[] = {
			ENTERED,
			{ "UID STORE 3 +FLAGS.SILENT (x)", causes[cause_at].answer },
			LOGOUT,
		};

		PLAY(*state, script, cause_client);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_missing_target_is_made_and_subscribed_to),
		T(uids_that_another_session_took_are_no_error),
		T(a_missing_target_and_a_lost_race_may_come_together),
		T(a_folder_that_stays_missing_is_refused),
		T(a_refused_move_is_tried_again_unless_the_server_says_why),
		T(a_server_without_move_is_not_asked_to),
		T(the_server_tells_which_copy_is_which),
		T(copying_and_deleting_names_each_uid),
		T(a_server_without_uid_expunge_is_never_told_to_expunge),
		T(what_does_not_fit_a_command_is_not_sent),
		T(the_response_code_tells_what_a_refusal_is_about),
	};

	return cmocka_run_group_tests_name("imap_move", tests, NULL, NULL);
}
