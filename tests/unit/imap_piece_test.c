/*
 * imap_piece_test - pieces of a message: parts, their headers, ranges of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

#define COMMAND                                                             \
	"UID FETCH 7 (UID BODY.PEEK[2.1.MIME]<0.100> BODY.PEEK[2.1]<5.10> " \
	"BODY.PEEK[3]<0.10> BODY.PEEK[]<4.3>)"
#define PIECES 4

static struct imap_piece piece[PIECES];

static enum imap_result
fetch_pieces(struct world *world)
{
	const struct section inner = { { 2, 1 }, 2 }, third = { { 3 }, 1 }, whole = { .count = 0 };

	for (size_t i = 0; i < PIECES; i++)
		buf_free(&piece[i].bytes);
	piece[0] = (struct imap_piece){ .section = inner, .mime = true, .most = 100 };
	piece[1] = (struct imap_piece){ .section = inner, .offset = 5, .most = 10 };
	piece[2] = (struct imap_piece){ .section = third, .most = 10 };
	piece[3] = (struct imap_piece){ .section = whole, .offset = 4, .most = 3 };
	return imap_fetch_pieces(world->imap, 7, piece, PIECES);
}

static void
assert_pieces(const char *const *want)
{
	for (size_t i = 0; i < PIECES; i++) {
		assert_int_equal(piece[i].answered, want[i] != NULL);
		assert_string_equal(buf_str(&piece[i].bytes), want[i] != NULL ? want[i] : "");
		buf_free(&piece[i].bytes);
	}
}

static void
honest_client(struct world *world)
{
	static const char *const want[] = { "A: b\r\n\r\n", "quoted", "", "foo" };

	enter(world);
	assert_result(world, fetch_pieces(world), IMAP_OK);
	assert_pieces(want);
}

static void
empty_client(struct world *world)
{
	static const char *const want[] = { "A: b\r\n\r\n", "", "", "foo" };

	enter(world);
	assert_result(world, fetch_pieces(world), IMAP_OK);
	assert_pieces(want);
}

static void
pieces_come_as_the_server_likes_to_send_them(void **state)
{
	static const struct step one[] = {
		ENTERED,
		{ COMMAND, "* 1 FETCH (UID 7 BODY[2.1.MIME]<0> {8}\r\nA: b\r\n\r\n BODY[2.1]<5> "
			   "\"quoted\" BODY[3]<0> NIL BODY[]<4> {3}\r\nfoo)\r\n$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step several[] = {
		ENTERED,
		{ COMMAND,
		  "* 9 EXISTS\r\n* 1 FETCH (UID 7 BODY[]<4> {3}\r\nfoo BODY[3]<0> {0}\r\n)\r\n"
		  "* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (BODY[2.1]<5> \"quoted\" "
		  "FLAGS () UID 7)\r\n"
		  "* 1 FETCH (BODY[2.1.MIME]<0> {8}\r\nA: b\r\n\r\n UID 7)\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, one, honest_client);
	PLAY(*state, several, honest_client);
}

static void
a_piece_without_bytes_needs_no_place(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ COMMAND, "* 1 FETCH (UID 7 BODY[2.1.MIME]<0> {8}\r\nA: b\r\n\r\n BODY[2.1] NIL "
			   "BODY[3] \"\" BODY[]<4> {3}\r\nfoo)\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, empty_client);
}

static void
odd_client(struct world *world)
{
	static const char *const want[] = { NULL, "0123456789", NULL, "foo" };

	enter(world);
	assert_result(world, fetch_pieces(world), IMAP_OK);
	assert_pieces(want);
}

static void
what_was_not_asked_for_is_no_answer(void **state)
{
	/* another message, nobody's, other sections, another place; more than was asked for; twice
	 */
	static const struct step script[] = {
		ENTERED,
		{ COMMAND,
		  "* 2 FETCH (UID 8 BODY[3]<0> {3}\r\nbar)\r\n"
		  "* 2 FETCH (BODY[3]<0> {3}\r\nbar)\r\n"
		  "* 1 FETCH (UID 7 BODY[3.MIME]<0> {3}\r\nbar BODY[3.1]<0> {3}\r\nbar "
		  "BODY[3]<10> {3}\r\nbar BODY[TEXT]<0> {3}\r\nbar BODY[2]<5> {3}\r\nbar "
		  "BODY[2.1.HEADER]<0> {3}\r\nbar BODY[2.1]<0> {3}\r\nbar)\r\n"
		  "* 1 FETCH (UID 7 BODY[2.1]<5> {12}\r\n0123456789ab BODY[]<4> {3}\r\nfoo "
		  "BODY[]<4> {3}\r\nbar)\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, odd_client);
}

static void
refused_client(struct world *world)
{
	static const char *const want[] = { NULL, NULL, NULL, "foo" };

	enter(world);
	assert_result(world, fetch_pieces(world), IMAP_REFUSED);
	assert_pieces(want);
	assert_result(world, fetch_pieces(world), IMAP_REFUSED);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_refusal_is_told_and_the_session_goes_on(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ COMMAND, "* 1 FETCH (UID 7 BODY[]<4> {3}\r\nfoo)\r\n$ NO no such part\r\n" },
		{ COMMAND, "$ BAD what?\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, refused_client);
}

static void
flooded_client(struct world *world)
{
	enter(world);
	assert_result(world, fetch_pieces(world), IMAP_LOST);
	assert_contains(imap_error(world->imap), "larger than what was asked for");
}

static void
a_whole_attachment_in_place_of_a_piece_loses_the_session(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ COMMAND, "* 1 FETCH (UID 7 BODY[3] {30000000}\r\n" },
	};

	PLAY(*state, script, flooded_client);
}

/* As deep as parts have numbers, as many as one command asks for. */
static void
deepest_client(struct world *world)
{
	struct imap_piece deep[IMAP_MAX_PIECES] = { 0 };

	enter(world);
	for (size_t i = 0; i < IMAP_MAX_PIECES; i++) {
		deep[i].mime = true;
		deep[i].most = 1;
		deep[i].section.count = SECTION_MAX_NUMBERS;
		for (size_t j = 0; j < SECTION_MAX_NUMBERS; j++)
			deep[i].section.number[j] = MIME_MAX_PARTS;
	}
	assert_result(world, imap_fetch_pieces(world->imap, 7, deep, IMAP_MAX_PIECES), IMAP_OK);
}

static void
the_longest_command_is_one_that_servers_take(void **state)
{
	static const char number[] = "500";
	struct buf command = BUF_INIT;
	struct step script[] = { ENTERED, { "", "$ OK done\r\n" }, LOGOUT };

	buf_adds(&command, "UID FETCH 7 (UID");
	for (size_t i = 0; i < IMAP_MAX_PIECES; i++) {
		buf_adds(&command, " BODY.PEEK[");
		for (size_t j = 0; j < SECTION_MAX_NUMBERS; j++)
			buf_addf(&command, "%s.", number);
		buf_adds(&command, "MIME]<0.1>");
	}
	buf_adds(&command, ")");
	assert_true(command.len < 8000);
	script[sizeof(script) / sizeof(script[0]) - 2].command = buf_str(&command);
	PLAY(*state, script, deepest_client);
	buf_free(&command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(pieces_come_as_the_server_likes_to_send_them),
		T(a_piece_without_bytes_needs_no_place),
		T(what_was_not_asked_for_is_no_answer),
		T(a_refusal_is_told_and_the_session_goes_on),
		T(a_whole_attachment_in_place_of_a_piece_loses_the_session),
		T(the_longest_command_is_one_that_servers_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
