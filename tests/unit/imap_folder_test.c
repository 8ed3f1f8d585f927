/*
 * imap_folder_test - folders by name and by use, rights, and messages found again
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

#include "buf.h"

#define CAN(words)                                                      \
	{                                                               \
		"CAPABILITY", "* CAPABILITY " words "\r\n$ OK done\r\n" \
	}

/* By use */

static void
archive_client(struct world *world)
{
	char *folder;

	enter(world);
	assert_result(world, imap_special(world->imap, "\\Archive", &folder), IMAP_OK);
	assert_string_equal(folder, world->expect);
	free(folder);
}

static const struct {
	const char *answer, *folder;
} lists[] = {
	{ "* LIST (\\HasNoChildren \\Archive) \"/\" \"Old mail\"\r\n$ OK x\r\n", "Old mail" },
	{ "* LIST (\\Junk) \".\" Spam\r\n* LIST (\\archive) \".\" INBOX.Old\r\n$ OK x\r\n",
	  "INBOX.Old" },
	{ "* LIST (\\Archive) NIL \"a\\\"b\\\\c\"\r\n$ OK x\r\n", "a\"b\\c" },
	{ "* LIST (\\Archive) \"/\" &ZeVnLIqe-\r\n$ OK x\r\n",
	  "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
	{ "* LIST (\\Archive) \"/\" First\r\n* LIST (\\Archive) \"/\" Second\r\n$ OK x\r\n",
	  "First" },
	{ "* LIST (\\Archive) \"/\" {5}\r\nOther\r\n* LIST (\\Archive) \"/\" Plain\r\n$ OK x\r\n",
	  "Plain" },
};

static void
the_server_names_the_folder_for_a_use(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct step script[] = {
			GREETING,
			SIGNED_IN,
			CAN("IMAP4rev1 SPECIAL-USE"),
			SELECTED,
			{ "LIST (SPECIAL-USE) \"\" \"*\"", lists[i].answer },
			LOGOUT,
		};

		world->expect = lists[i].folder;
		PLAY(world, script, archive_client);
	}
}

static void
where_there_is_none_one_is_made(void **state)
{
	static const struct step with_use[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev1 SPECIAL-USE CREATE-SPECIAL-USE"),
		SELECTED,
		{ "LIST (SPECIAL-USE) \"\" \"*\"", "* LIST () \"/\" Archived\r\n$ OK x\r\n" },
		{ "CREATE \"Archive\" (USE (\\Archive))", "$ OK made\r\n" },
		{ "SUBSCRIBE \"Archive\"", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step without[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev1"),
		SELECTED,
		{ "LIST \"\" \"*\"",
		  "* LIST (\\Archive\r\n* LIST (\\Archive) \"/\r\n* LIST\r\n$ OK x\r\n" },
		{ "CREATE \"Archive\"", "$ NO it exists\r\n" },
		{ "SUBSCRIBE \"Archive\"", "$ OK done\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "Archive";
	PLAY(world, with_use, archive_client);
	PLAY(world, without, archive_client);
}

/* Names */

static void
names_client(struct world *world)
{
	static const char *const names[] = {
		"Entw\xc3\xbcrfe", "Entw&APw-rfe", "R&D", "R&D-x", "A&-B", "Lists/\xf0\x9f\x93\xac"
	};

	enter(world);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_result(world, imap_create(world->imap, names[i], NULL), IMAP_OK);
}

#define MADE(name)                                        \
	{ "CREATE \"" name "\"", "$ OK made\r\n" },       \
	{                                                 \
		"SUBSCRIBE \"" name "\"", "$ OK done\r\n" \
	}

static void
a_name_may_be_written_in_utf8_and_in_modified_utf7(void **state)
{
	static const struct step script[] = {
		ENTERED,        MADE("Entw&APw-rfe"), MADE("Entw&APw-rfe"),   MADE("R&-D"),
		MADE("R&-D-x"), MADE("A&--B"),        MADE("Lists/&2D3c7A-"), LOGOUT,
	};

	PLAY(*state, script, names_client);
}

static void
a_server_of_imap4rev2_alone_gets_utf8(void **state)
{
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev2"),
		SELECTED,
		MADE("Entw\xc3\xbcrfe"),
		MADE("Entw\xc3\xbcrfe"),
		MADE("R&D"),
		MADE("R&D-x"),
		MADE("A&-B"),
		MADE("Lists/\xf0\x9f\x93\xac"),
		LOGOUT,
	};

	PLAY(*state, script, names_client);
}

/* Rights */

static const struct {
	const char *answer;
	bool may;
} rights[] = {
	{ "* MYRIGHTS INBOX lrswipkxtecda\r\n$ OK x\r\n", true },
	{ "* MYRIGHTS \"INBOX\" lrte\r\n$ OK x\r\n", true },
	{ "* MYRIGHTS INBOX lrd\r\n$ OK x\r\n", true },
	{ "* MYRIGHTS INBOX lrswi\r\n$ OK x\r\n", false },
	{ "* MYRIGHTS INBOX lrt\r\n$ OK x\r\n", false },
	{ "* MYRIGHTS INBOX \r\n$ OK x\r\n", false },
	{ "* MYRIGHTS {5}\r\nINBOX lrswi\r\n$ OK x\r\n", true }, /* not understood: let us try */
	{ "* MYRIGHTS\r\n$ OK x\r\n", true },
	{ "$ NO not told\r\n", true },
};

static size_t right_at;

static void
rights_client(struct world *world)
{
	bool may;

	enter(world);
	if (imap_may_remove(world->imap, "INBOX", &may) != IMAP_OK || may != rights[right_at].may)
		fail_msg("%s", rights[right_at].answer);
}

static void
mail_may_be_taken_out_with_the_rights_for_it(void **state)
{
	for (right_at = 0; right_at < sizeof(rights) / sizeof(rights[0]); right_at++) {
		const struct step script[] = {
			GREETING,
			SIGNED_IN,
			CAN("IMAP4rev1 ACL"),
			SELECTED,
			{ "MYRIGHTS \"INBOX\"", rights[right_at].answer },
			LOGOUT,
		};

		PLAY(*state, script, rights_client);
	}
}

/* Searching */

static void
search_client(struct world *world)
{
	const struct imap_wanted by_id = { SPAN("<a\"b@example.com>"), 100 };
	const struct imap_wanted by_size = { SPAN(""), 100 }, empty = { SPAN("\xff"), 0 };
	uint32_t *uid;
	size_t count;
	bool more;

	enter(world);
	assert_result(world, imap_search(world->imap, &by_id, &uid, &count, &more), IMAP_OK);
	assert_int_equal(count, 3);
	assert_int_equal(uid[0], 2);
	assert_int_equal(uid[2], 4294967295);
	assert_false(more);
	free(uid);
	assert_result(world, imap_search(world->imap, &by_size, &uid, &count, &more), IMAP_OK);
	assert_int_equal(count, 0);
	free(uid);
	assert_result(world, imap_search(world->imap, &empty, &uid, &count, &more), IMAP_OK);
	assert_int_equal(count, IMAP_MAX_FOUND);
	assert_int_equal(uid[0], 2);
	assert_int_equal(uid[count - 1], IMAP_MAX_FOUND + 1);
	assert_true(more);
	free(uid);
}

static void
messages_are_looked_for_by_id_or_size(void **state)
{
	struct buf many = BUF_INIT;

	buf_adds(&many, "* SEARCH");
	for (unsigned i = 0; i <= IMAP_MAX_FOUND; i++)
		buf_addf(&many, " %u", i + 1);
	buf_adds(&many, "\r\n$ OK x\r\n");
	const struct step script[] = {
		ENTERED,
		{ "UID SEARCH HEADER MESSAGE-ID \"<a\\\"b@example.com>\"",
		  "* SEARCH 7 2\r\n* SEARCH 4294967295\r\n$ OK x\r\n" },
		{ "UID SEARCH LARGER 99 SMALLER 101",
		  "* SEARCH\r\n* SEARCH 0\r\n* SEARCH x\r\n$ OK x\r\n" },
		{ "UID SEARCH SMALLER 1", buf_str(&many) },
		LOGOUT,
	};

	PLAY(*state, script, search_client);
	buf_free(&many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_server_names_the_folder_for_a_use),
		T(where_there_is_none_one_is_made),
		T(a_name_may_be_written_in_utf8_and_in_modified_utf7),
		T(a_server_of_imap4rev2_alone_gets_utf8),
		T(mail_may_be_taken_out_with_the_rights_for_it),
		T(messages_are_looked_for_by_id_or_size),
	};

	return cmocka_run_group_tests_name("imap_folder", tests, NULL, NULL);
}
