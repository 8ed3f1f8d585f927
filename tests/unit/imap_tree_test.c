/*
 * imap_tree_test - lists of folders, and what is new in them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

#include "buf.h"
#include "imap_private.h"

#define CAN(words)                                                      \
	{                                                               \
		"CAPABILITY", "* CAPABILITY " words "\r\n$ OK done\r\n" \
	}

/* LIST */

static const char *prefix;

static void
on_entry(void *context, const struct imap_entry *entry)
{
	struct buf *out = context;

	buf_addf(out, "%s %c%s%s;", entry->name, entry->separator != '\0' ? entry->separator : '0',
		 entry->closed ? " closed" : "", entry->use != NULL ? entry->use : "");
}

static void
survey_client(struct world *world)
{
	struct buf out = BUF_INIT;
	struct imap_survey survey = { .each = on_entry, .context = &out };

	enter(world);
	assert_result(world, imap_survey(world->imap, prefix, &survey), IMAP_OK);
	buf_addf(&out, "%zu", survey.unread);
	assert_string_equal(buf_str(&out), world->expect);
	buf_free(&out);
}

static const struct {
	const char *answer, *folders;
} lists[] = {
	{ "$ OK x\r\n", "0" },
	{ "* LIST (\\HasNoChildren) \"/\" INBOX\r\n$ OK x\r\n", "INBOX /;0" },
	{ "* LIST (\\Noselect) \".\" A\r\n* LIST (\\noninferiors \\NONEXISTENT) \".\" A.B\r\n"
	  "$ OK x\r\n",
	  "A . closed;A.B . closed;0" },
	{ "* LIST () NIL \"a \\\"b\\\" \\\\c\"\r\n$ OK x\r\n", "a \"b\" \\c 0;0" },
	{ "* LIST () \"\\\\\" a\r\n$ OK x\r\n", "a \\;0" },
	{ "* LIST (\\Marked \\Trash) \"/\" T\r\n* LIST (\\junk) \"/\" J\r\n$ OK x\r\n",
	  "T /\\Trash;J /\\Junk;0" },
	{ "* LIST () \"/\" &ZeVnLIqe-/x\r\n$ OK x\r\n",
	  "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e/x /;0" },
	{ "* LIST () \"/\" R&-D\r\n$ OK x\r\n", "R&D /;0" },
	/* a literal */
	{ "* LIST () \"/\" {3}\r\na b\r\n* LIST () \"/\" c\r\n$ OK x\r\n", "a b /;c /;0" },
	{ "* LIST () \"/\" {3}\r\na\"b (\"OLDNAME\" (x))\r\n$ OK x\r\n", "a\"b /;0" },
	{ "* LIST () \"/\" {5}\r\na\r\nbc\r\n$ OK x\r\n", "1" },
	/* what cannot be written back: no modified UTF-7, or one that would mean another folder */
	{ "* LIST () \"/\" R&D\r\n* LIST () \"/\" R\xc3\xbc\r\n* LIST () \"/\" a\r\n$ OK x\r\n",
	  "a /;2" },
	{ "* LIST () \"/\" A&-AOk-\r\n$ OK x\r\n", "1" },
	{ "* LIST () \"/\" B&AGE-\r\n$ OK x\r\n", "1" },
	/* nonsense */
	{ "* LIST\r\n* LIST (\r\n* LIST () \r\n* LIST (\\a \"/\" b\r\n* LIST () \"/\r\n"
	  "* LSUB () \"/\" z\r\n"
	  "* 3 EXISTS\r\n* LIST () \"/\" a\r\n$ OK x\r\n",
	  "a /;0" },
};

static void
a_list_tells_of_each_folder_whatever_its_name(void **state)
{
	struct world *world = *state;

	prefix = "";
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct step script[] = {
			ENTERED,
			{ "LIST \"\" \"*\"", lists[i].answer },
			LOGOUT,
		};

		world->expect = lists[i].folders;
		PLAY(world, script, survey_client);
	}
}

static void
a_literal_is_a_name_as_long_as_a_name_may_be(void **state)
{
	struct world *world = *state;
	char name[IMAP_MAX_NAME + 2], answer[2 * IMAP_MAX_NAME], expect[2 * IMAP_MAX_NAME];

	prefix = "";
	for (size_t len = IMAP_MAX_NAME; len <= IMAP_MAX_NAME + 1; len++) {
		const struct step script[] = { ENTERED, { "LIST \"\" \"*\"", answer }, LOGOUT };

		memset(name, 'a', len);
		name[len] = '\0';
		snprintf(answer, sizeof(answer),
			 "* LIST () \"/\" {%zu}\r\n%s\r\n* LIST () \"/\" b\r\n$ OK x\r\n", len,
			 name);
		snprintf(expect, sizeof(expect), "%s%sb /;%s", len > IMAP_MAX_NAME ? "" : name,
			 len > IMAP_MAX_NAME ? "" : " /;", len > IMAP_MAX_NAME ? "1" : "0");
		world->expect = expect;
		PLAY(world, script, survey_client);
	}
}

static void
special_uses_are_asked_for_where_that_can_be(void **state)
{
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev1 SPECIAL-USE LIST-EXTENDED"),
		SELECTED,
		{ "LIST \"\" \"B&APw-\\\"/*\" RETURN (SPECIAL-USE)", "$ OK x\r\n" },
		LOGOUT,
	};
	static const struct step without[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev1 SPECIAL-USE"),
		SELECTED,
		{ "LIST \"\" \"B&APw-\\\"/*\"", "$ OK x\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	prefix = "B\xc3\xbc\"/";
	world->expect = "0";
	PLAY(world, script, survey_client);
	PLAY(world, without, survey_client);
}

static void
utf8_client(struct world *world)
{
	survey_client(world);
}

static void
imap4rev2_alone_writes_names_in_utf8(void **state)
{
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev2"),
		SELECTED,
		{ "LIST \"\" \"*\"", "* LIST () \"/\" \"R\xc3\xbc\"\r\n* LIST () \"/\" R&D\r\n"
				     "* LIST () \"/\" \"\xff\"\r\n$ OK x\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	prefix = "";
	world->expect = "R\xc3\xbc /;R&D /;1";
	PLAY(world, script, utf8_client);
}

static void
refused_client(struct world *world)
{
	struct buf out = BUF_INIT;
	struct imap_survey survey = { .each = on_entry, .context = &out };

	enter(world);
	assert_result(world, imap_survey(world->imap, "a\nb", &survey), IMAP_REFUSED);
	assert_result(world, imap_survey(world->imap, "", &survey), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "not for you");
	buf_free(&out);
}

static void
a_refused_list_is_told_and_a_line_end_is_never_sent(void **state)
{
	static const struct step script[] = { ENTERED,
					      { "LIST \"\" \"*\"", "$ NO not for you\r\n" },
					      LOGOUT };

	PLAY(*state, script, refused_client);
}

/* STATUS */

static void
status_client(struct world *world)
{
	struct imap_status status[] = { { .folder = "inbox" },
					{ .folder = "B\xc3\xbc"
						    "cher" },
					{ .folder = "a \"b\"" },
					{ .folder = "gone" } };
	struct buf out = BUF_INIT;

	enter(world);
	assert_result(world, imap_status(world->imap, status, 4), IMAP_OK);
	for (size_t i = 0; i < 4; i++)
		buf_addf(&out, "%s%u %u;", status[i].told ? "" : "?", status[i].uidvalidity,
			 status[i].uidnext);
	assert_string_equal(buf_str(&out), world->expect);
	buf_free(&out);
}

#define ITEMS " (UIDNEXT UIDVALIDITY)"

static void
without_list_status_each_folder_is_asked_for(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "STATUS \"inbox\"" ITEMS,
		  "* STATUS INBOX (UIDNEXT 5 UIDVALIDITY 7)\r\n$ OK x\r\n" },
		{ "STATUS \"B&APw-cher\"" ITEMS,
		  "* STATUS \"B&APw-cher\" (MESSAGES 3 UIDVALIDITY 8 UIDNEXT 6)\r\n$ OK x\r\n" },
		{ "STATUS \"a \\\"b\\\"\"" ITEMS,
		  "* STATUS other (UIDNEXT 1 UIDVALIDITY 1)\r\n"
		  "* STATUS \"a \\\"b\\\"\" (UIDNEXT 9)\r\n$ OK x\r\n" },
		{ "STATUS \"gone\"" ITEMS, "$ NO [NONEXISTENT] no such folder\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "7 5;8 6;?0 9;?0 0;";
	PLAY(world, script, status_client);
}

static void
with_list_status_all_are_asked_for_together(void **state)
{
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev1 LIST-EXTENDED LIST-STATUS"),
		SELECTED,
		{ "LIST \"\" (\"inbox\" \"B&APw-cher\" \"a \\\"b\\\"\" \"gone\") RETURN "
		  "(STATUS" ITEMS ")",
		  "* LIST () \"/\" INBOX\r\n* STATUS INBOX (UIDNEXT 4294967295 UIDVALIDITY 7)\r\n"
		  "* LIST () \"/\" \"a \\\"b\\\"\"\r\n"
		  "* STATUS \"a \\\"b\\\"\" (UIDNEXT 4294967296 UIDVALIDITY 1)\r\n"
		  "* STATUS B&APw-cher UIDNEXT 1\r\n* STATUS B&APw-cher (UIDNEXT\r\n"
		  "* LIST (\\NonExistent) \"/\" gone\r\n$ OK x\r\n" },
		LOGOUT,
	};
	struct world *world = *state;

	world->expect = "7 4294967295;?0 0;?0 0;?0 0;";
	PLAY(world, script, status_client);
}

static void
pattern_client(struct world *world)
{
	struct imap_status status[] = { { .folder = "a" },
					{ .folder = "100%" },
					{ .folder = "b" } };

	enter(world);
	assert_result(world, imap_status(world->imap, status, 3), IMAP_OK);
	assert_true(status[0].told && status[1].told && status[2].told);
}

static void
a_name_that_would_be_a_pattern_is_asked_for_alone(void **state)
{
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAN("IMAP4rev1 LIST-EXTENDED LIST-STATUS"),
		SELECTED,
		{ "LIST \"\" (\"a\") RETURN (STATUS" ITEMS ")",
		  "* LIST () \"/\" a\r\n* STATUS a (UIDNEXT 1 UIDVALIDITY 7)\r\n$ OK x\r\n" },
		{ "STATUS \"100%\"" ITEMS,
		  "* STATUS \"100%\" (UIDNEXT 2 UIDVALIDITY 7)\r\n$ OK x\r\n" },
		{ "LIST \"\" (\"b\") RETURN (STATUS" ITEMS ")",
		  "* LIST () \"/\" b\r\n* STATUS b (UIDNEXT 3 UIDVALIDITY 7)\r\n$ OK x\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, pattern_client);
}

/* As many as one command holds, and the rest with the next. */

#define MANY 20
#define LONG_NAME 900

static char names[MANY][LONG_NAME + 1];
static char commands[MANY][IMAP_MAX_COMMAND + 1];

static void
many_client(struct world *world)
{
	struct imap_status status[MANY] = { { .folder = NULL } };

	enter(world);
	for (size_t i = 0; i < MANY; i++)
		status[i].folder = names[i];
	assert_result(world, imap_status(world->imap, status, MANY), IMAP_OK);
}

static void
a_command_holds_as_many_names_as_fit(void **state)
{
	struct step script[] = { GREETING,
				 SIGNED_IN,
				 CAN("IMAP4rev1 LIST-EXTENDED LIST-STATUS"),
				 SELECTED,
				 { commands[0], "$ OK x\r\n" },
				 { commands[1], "$ OK x\r\n" },
				 { commands[2], "$ OK x\r\n" },
				 LOGOUT };

	for (size_t i = 0; i < MANY; i++) {
		memset(names[i], 'a', LONG_NAME);
		names[i][0] = (char)('a' + (char)i);
	}
	for (size_t c = 0; c < 3; c++) {
		struct buf command = BUF_INIT;

		buf_adds(&command, "LIST \"\" (");
		for (size_t i = 8 * c; i < MANY && i < 8 * c + 8; i++)
			buf_addf(&command, "%s\"%s\"", i > 8 * c ? " " : "", names[i]);
		buf_adds(&command, ") RETURN (STATUS" ITEMS ")");
		snprintf(commands[c], sizeof(commands[c]), "%s", buf_str(&command));
		buf_free(&command);
	}
	PLAY(*state, script, many_client);
}

/* Names */

static const struct {
	const char *a, *b;
	bool same;
} same_names[] = {
	{ "a", "a", true },
	{ "a", "A", false },
	{ "INBOX", "Inbox", true },
	{ "INBOX/a", "inbox/a", false },
	{ "Entw&APw-rfe", "Entw\xc3\xbcrfe", true },
	{ "R&D", "R&-D", false }, /* only what cannot mean anything else is read as UTF-7 */
};

static void
two_names_of_one_folder_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(same_names) / sizeof(same_names[0]); i++)
		assert_int_equal(imap_same_name(same_names[i].a, same_names[i].b),
				 same_names[i].same);
}

/* Refusals */

static const struct {
	const char *words;
	bool crowded;
} refusals[] = {
	{ "NO [LIMIT] Maximum number of connections from user+IP exceeded", true },
	{ "NO [ALERT] Too many simultaneous connections. (Failure)", true },
	{ "BYE Maximum connection limit reached", true },
	{ "NO [UNAVAILABLE] Temporary authentication failure.", true },
	{ "NO [AUTHENTICATIONFAILED] Authentication failed.", false },
	{ "NO Temporary authentication failure.", false },
	{ "", false },
};

static void
words_tell_whether_there_are_too_many_connections(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		assert_int_equal(imap_is_crowded(refusals[i].words), refusals[i].crowded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_tells_of_each_folder_whatever_its_name),
		T(a_literal_is_a_name_as_long_as_a_name_may_be),
		T(special_uses_are_asked_for_where_that_can_be),
		T(imap4rev2_alone_writes_names_in_utf8),
		T(a_refused_list_is_told_and_a_line_end_is_never_sent),
		T(without_list_status_each_folder_is_asked_for),
		T(with_list_status_all_are_asked_for_together),
		T(a_name_that_would_be_a_pattern_is_asked_for_alone),
		T(a_command_holds_as_many_names_as_fit),
		cmocka_unit_test(two_names_of_one_folder_are_the_same),
		cmocka_unit_test(words_tell_whether_there_are_too_many_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
