/*
 * imap_fetch_test - lists and messages
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

/* Listing */

static void
list_client(struct world *world)
{
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, imap_list(world->imap, 40, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 2);
	assert_int_equal(item[0].uid, 41);
	assert_int_equal(item[1].uid, 43);
	free(item);
	assert_result(world, imap_list(world->imap, 89, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 0);
	free(item);
	assert_result(world, imap_list(world->imap, UINT32_MAX, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 0);
	free(item);
}

static void
a_list_is_sorted_without_doubles_and_without_older_uids(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID FETCH 41:* (UID RFC822.SIZE)",
		  "* 9 FETCH (UID 80 RFC822.SIZE 1)\r\n* 1 FETCH (UID 40 RFC822.SIZE 1)\r\n"
		  "* 3 FETCH (UID 43 RFC822.SIZE 1)\r\n* 2 FETCH (UID 41 RFC822.SIZE 1)\r\n"
		  "* 3 FETCH (UID 43 RFC822.SIZE 1)\r\n* 2 FETCH (UID 41 RFC822.SIZE 1)\r\n"
		  "* 4 FETCH (FLAGS (\\Seen))\r\n* 4 FETCH (UID 42 FLAGS (\\Seen))\r\n$ OK "
		  "done\r\n" },
		{ "UID FETCH 90:* (UID RFC822.SIZE)",
		  "* 9 FETCH (UID 80 RFC822.SIZE 1)\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, list_client);
}

static void
windows_client(struct world *world)
{
	struct imap_folder folder;
	struct imap_item *item;
	size_t count;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world, imap_select(world->imap, "INBOX", &folder), IMAP_OK);
	assert_result(world, imap_list(world->imap, 0, 2, &item, &count), IMAP_OK);
	assert_int_equal(count, 2);
	assert_int_equal(item[0].uid, 7);
	assert_int_equal(item[1].uid, 40000);
	free(item);
	assert_result(world, imap_list(world->imap, 49152, 9, &item, &count), IMAP_OK);
	assert_int_equal(count, 1);
	assert_int_equal(item[0].uid, 70000);
	free(item);
}

static void
a_list_asks_for_no_more_than_it_needs(void **state)
{
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAPABLE,
		{ "SELECT INBOX",
		  "* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 60000] x\r\n$ OK done\r\n" },
		{ "UID FETCH 1:16384 (UID RFC822.SIZE)",
		  "* 1 FETCH (UID 7 RFC822.SIZE 1)\r\n$ OK done\r\n" },
		{ "UID FETCH 16385:49152 (UID RFC822.SIZE)",
		  "* 2 FETCH (UID 40000 RFC822.SIZE 1)\r\n* 3 FETCH (UID 40001 RFC822.SIZE 1)\r\n"
		  "$ OK done\r\n" },
		{ "UID FETCH 49153:* (UID RFC822.SIZE)",
		  "* 2 FETCH (UID 70000 RFC822.SIZE 1)\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, windows_client);
}

/* Many more messages than asked for, in falling order: the worst for a bounded list. */
static void
flood_client(struct world *world)
{
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, imap_list(world->imap, 0, 100, &item, &count), IMAP_OK);
	assert_int_equal(count, 100);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(item[i].uid, i + 1);
	free(item);
}

static void
a_list_keeps_the_lowest_of_many(void **state)
{
	char *text = xalloc((size_t)2000 * 50 + 20), *end = text;
	struct step script[] = { ENTERED, { "UID FETCH 1:* (UID RFC822.SIZE)", NULL }, LOGOUT };

	for (unsigned uid = 2000; uid > 0; uid--)
		end += snprintf(end, 50, "* %u FETCH (UID %u RFC822.SIZE 4500)\r\n", uid, uid);
	snprintf(end, 20, "$ OK done\r\n");
	script[5].answer = text;
	PLAY(*state, script, flood_client);
	free(text);
}

/* Fetching */

static void
partial_client(struct world *world)
{
	enter(world);
	assert_result(world, fetch_3_and_5(world), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "NO [LIMIT] enough");
	assert_int_equal(world->got_count, 1);
	assert_string_equal(world->got[0].text, "foo");
	assert_result(world, fetch_3_and_5(world), IMAP_REFUSED);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_no_after_some_messages_is_a_no_and_the_messages_count(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)",
		  "* 1 FETCH (UID 3 BODY[]<0> {3}\r\nfoo)\r\n$ NO [LIMIT] enough\r\n" },
		{ "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", "$ BAD enough\r\n" },
		{ "NOOP", "* 1 FETCH (FLAGS (\\Seen))\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, partial_client);
}

static void
unasked_client(struct world *world)
{
	enter(world);
	assert_result(world, fetch_3_and_5(world), IMAP_OK);
	assert_int_equal(world->got_count, 1);
	assert_int_equal(world->got[0].uid, 5);
	assert_int_equal(strlen(world->got[0].text), 99); /* of 1000, clipped by take() */
}

static void
what_was_not_asked_for_is_passed_over(void **state)
{
	char *text = xalloc(4096);
	struct step script[] = { ENTERED,
				 { "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", text },
				 LOGOUT };

	snprintf(text, 4096,
		 "* 7 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 4 BODY[]<0> "
		 "{3}\r\nfoo)\r\n"
		 "* 1 FETCH (BODY[]<0> {3}\r\nfoo)\r\n* 1 FETCH (UID 3 BODY[]<0> NIL)\r\n"
		 "* 2 FETCH (UID 5 BODY[]<0> {1500}\r\n%01500d)\r\n"
		 "* 2 FETCH (UID 5 BODY[]<0> {3}\r\nfoo)\r\n* 3 EXPUNGE\r\n$ OK done\r\n",
		 0);
	PLAY(*state, script, unasked_client);
	free(text);
}

static void
lost_fetch_client(struct world *world)
{
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, fetch_3_and_5(world), IMAP_LOST);
	assert_contains(imap_error(world->imap), world->expect);
	/* No command is sent any more. */
	assert_result(world, imap_noop(world->imap), IMAP_LOST);
	assert_result(world, imap_list(world->imap, 0, 9, &item, &count), IMAP_LOST);
	free(item);
}

static void
what_no_honest_server_sends_loses_the_session(void **state)
{
	static const struct {
		const char *answer, *error;
	} rows[] = {
		{ "* 1 FETCH (UID 3 BODY[]<0> {2147483647}\r\n", "literal too large" },
		{ "* 1 FETCH (UID 3 BODY[]<0> {67108864}\r\n", "larger than what was asked for" },
		{ "* 1 FETCH (UID 3 BODY[]<0> {5} \r\n", "malformed literal" },
		{ "* BYE out of memory\r\n", "the server ended the session: out of memory" },
		{ "* 1 FETCH (UID 3\r\n$ OK done\r\n", "makes no sense" },
		{ "99 OK\r\n", "makes no sense" },
		{ "$ OK [BADCHARSET] x\r\n", "BADCHARSET" },
		{ "* OK [PERMANENTFLAGS (] x\r\n", "PERMANENTFLAGS" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct step script[] = {
			ENTERED, { "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", rows[i].answer }
		};

		world->expect = rows[i].error;
		PLAY(world, script, lost_fetch_client);
	}
}

static void
long_answers_lose_the_session(void **state)
{
	struct world *world = *state;
	char *text = xalloc((size_t)2 * 1024 * 1024);
	struct step script[] = { ENTERED, { "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)", text } };

	memset(text, 'a', 1024 * 1024 + 1);
	memcpy(text, "* OK ", 5);
	world->expect = "line too long";
	PLAY(world, script, lost_fetch_client);

	memset(text, '(', 300);
	memcpy(text, "* 1 FETCH ", 10);
	text[300] = '\0';
	world->expect = "parentheses";
	PLAY(world, script, lost_fetch_client);

	text[0] = '\0';
	for (size_t i = 0; i < 100000; i++)
		memcpy(text + i * 14, "* OK more of\r\n", 15);
	world->expect = "more bytes";
	PLAY(world, script, lost_fetch_client);
	free(text);
}

static void
many_client(struct world *world)
{
	uint32_t uid[2000];

	enter(world);
	for (size_t i = 0; i < 2000; i++)
		uid[i] = 1000000000 + 2 * (uint32_t)i;
	assert_result(world, imap_fetch(world->imap, uid, 2000, 10, take, world), IMAP_OK);
	assert_result(world, move_all(world, (struct imap_uids){ uid, 2000 }, "x", NULL), IMAP_OK);
	for (size_t i = 0; i < 2000; i++)
		uid[i] = 1 + (uint32_t)i;
	assert_result(world, imap_fetch(world->imap, uid, 2000, 10, take, world), IMAP_OK);
	assert_result(world, imap_fetch(world->imap, uid, 0, 10, take, world), IMAP_OK);
}

/* "UID FETCH " or so, uids from `first` in steps of two, the rest. */
static char *
long_command(const char *head, unsigned first, unsigned count, const char *tail)
{
	char *text = xalloc(count * 22 + 100), *end = text + snprintf(text, 50, "%s", head);

	for (unsigned i = 0; i < count; i++)
		end += snprintf(end, 22, "%s%u", i == 0 ? "" : ",", first + 2 * i);
	snprintf(end, 50, "%s", tail);
	return text;
}

/* 5,900 bytes of uids a command: 536 of 11 bytes each. */
#define FITS 536
#define COMMANDS 4

static void
many_uids_are_split_into_short_commands(void **state)
{
	struct step script[5 + 2 * COMMANDS + 2] = { ENTERED };
	char *made[2 * COMMANDS];
	size_t n = 0;

	for (unsigned i = 0; i < 2000; i += FITS) {
		unsigned count = 2000 - i < FITS ? 2000 - i : FITS;

		made[n] = long_command("UID FETCH ", 1000000000 + 2 * i, count,
				       " (UID BODY.PEEK[]<0.10>)");
		made[n + COMMANDS] = long_command("UID MOVE ", 1000000000 + 2 * i, count, " \"x\"");
		assert_true(strlen(made[n]) < 8000);
		n++;
	}
	assert_int_equal(n, COMMANDS);
	for (size_t i = 0; i < (size_t)2 * COMMANDS; i++)
		script[5 + i] = (struct step){ made[i], "$ OK done\r\n" };
	script[5 + 2 * COMMANDS] =
		(struct step){ "UID FETCH 1:2000 (UID BODY.PEEK[]<0.10>)", "$ OK done\r\n" };
	script[5 + 2 * COMMANDS + 1] = (struct step)LOGOUT;
	PLAY(*state, script, many_client);
	for (size_t i = 0; i < (size_t)2 * COMMANDS; i++)
		free(made[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_is_sorted_without_doubles_and_without_older_uids),
		T(a_list_asks_for_no_more_than_it_needs),
		T(a_list_keeps_the_lowest_of_many),
		T(a_no_after_some_messages_is_a_no_and_the_messages_count),
		T(what_was_not_asked_for_is_passed_over),
		T(what_no_honest_server_sends_loses_the_session),
		T(long_answers_lose_the_session),
		T(many_uids_are_split_into_short_commands),
	};

	return cmocka_run_group_tests_name("imap_fetch", tests, NULL, NULL);
}
