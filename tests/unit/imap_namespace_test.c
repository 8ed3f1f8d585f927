/*
 * imap_namespace_test - where our own folders are kept
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

#define CAN(words)                                                      \
	{                                                               \
		"CAPABILITY", "* CAPABILITY " words "\r\n$ OK done\r\n" \
	}
#define WITH_NAMESPACE ENTERED_AS("IMAP4rev1 NAMESPACE")
#define ENTERED_AS(words) GREETING, SIGNED_IN, CAN(words), SELECTED

static void
assert_place(struct world *world, const char *name, const char *expected)
{
	char *folder;

	assert_result(world, imap_place(world->imap, name, &folder), IMAP_OK);
	assert_string_equal(folder, expected);
	free(folder);
}

static void
below_inbox_client(struct world *world)
{
	enter(world);
	assert_place(world, "Processed", "INBOX.Processed");
	assert_place(world, "INBOX.Processed", "INBOX.Processed");
	assert_place(world, "Inbox.Processed", "Inbox.Processed");
	assert_place(world, "inbox", "inbox");
	assert_place(world, "INBOXES", "INBOX.INBOXES");
	assert_place(world, "shared.Filed", "shared.Filed");
}

static void
a_folder_lies_below_inbox_where_the_server_says_so(void **state)
{
	static const struct step script[] = {
		WITH_NAMESPACE,
		{ "NAMESPACE", "* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"\" "
			       "\".\"))\r\n$ OK x\r\n" },
		{ "LIST \"\" \"Processed\"", "$ OK x\r\n" },
		{ "LIST \"\" \"INBOXES\"", "$ OK x\r\n" },
		{ "LIST \"\" \"shared.Filed\"", "* LIST () \".\" shared.Filed\r\n$ OK x\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, below_inbox_client);
}

static void
plain_client(struct world *world)
{
	enter(world);
	assert_place(world, "Processed", "Processed");
	assert_place(world, "Lists/Filed", "Lists/Filed");
}

static void
elsewhere_it_is_where_it_is_named(void **state)
{
	static const char *const answers[] = {
		"* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n$ OK x\r\n",
		"* NAMESPACE NIL NIL ((\"INBOX.\" \".\"))\r\n$ OK x\r\n",
		"* NAMESPACE ((\"INBOX.\r\n$ OK x\r\n",
		"* NAMESPACE (({6}\r\nINBOX. \".\")) NIL NIL\r\n$ OK x\r\n",
		"* NAMESPACE\r\n$ OK x\r\n",
		"$ OK x\r\n",
		"$ NO not now\r\n",
		"$ BAD what?\r\n",
	};
	static const struct step cannot[] = { ENTERED_AS("IMAP4rev1"), LOGOUT };

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct step script[] = { WITH_NAMESPACE,
					       { "NAMESPACE", answers[i] },
					       LOGOUT };

		PLAY(*state, script, plain_client);
	}
	PLAY(*state, cannot, plain_client);
}

static void
refused_client(struct world *world)
{
	char *folder;

	enter(world);
	assert_result(world, imap_place(world->imap, "Processed", &folder), IMAP_REFUSED);
	assert_null(folder);
	assert_result(world, imap_place(world->imap, "a\nb", &folder), IMAP_REFUSED);
	assert_null(folder);
}

static void
what_cannot_be_looked_for_has_no_place(void **state)
{
	static const struct step script[] = {
		WITH_NAMESPACE,
		{ "NAMESPACE", "* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\n$ OK x\r\n" },
		{ "LIST \"\" \"Processed\"", "$ NO not for you\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, refused_client);
}

static void
archive_client(struct world *world)
{
	char *folder;

	enter(world);
	assert_result(world, imap_special(world->imap, "\\Archive", &folder), IMAP_OK);
	assert_string_equal(folder, "INBOX.Archive");
	free(folder);
}

static void
a_folder_for_a_use_is_made_there_too(void **state)
{
	static const struct step script[] = {
		WITH_NAMESPACE,
		{ "LIST \"\" \"*\"", "$ OK x\r\n" },
		{ "NAMESPACE", "* NAMESPACE ((\"INBOX.\" \".\")) NIL NIL\r\n$ OK x\r\n" },
		{ "LIST \"\" \"Archive\"", "$ OK x\r\n" },
		{ "CREATE \"INBOX.Archive\"", "$ OK made\r\n" },
		{ "SUBSCRIBE \"INBOX.Archive\"", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, archive_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_folder_lies_below_inbox_where_the_server_says_so),
		T(elsewhere_it_is_where_it_is_named),
		T(what_cannot_be_looked_for_has_no_place),
		T(a_folder_for_a_use_is_made_there_too),
	};

	return cmocka_run_group_tests_name("imap_namespace", tests, NULL, NULL);
}
