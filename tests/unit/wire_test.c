/*
 * wire_test - the guard in front of libetpan
 *
 * Every input is fed whole and byte by byte: where the network cuts it must not matter.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

/* Feeds the bytes in pieces of `piece`; how many went through. */
static size_t
feed(struct wire *wire, struct span bytes, size_t piece)
{
	size_t done = 0, len = span_len(bytes);

	while (done < len) {
		size_t n = len - done < piece ? len - done : piece;
		size_t taken = wire_feed(wire, bytes.p + done, n);

		done += taken;
		if (taken < n)
			break;
	}
	return done;
}

static void
check_budget(struct span bytes, uint64_t budget, size_t passed, const char *refused)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 2, 7, 4096 };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct wire wire;

		wire_init(&wire);
		if (budget > 0)
			wire_budget(&wire, budget);
		assert_int_equal(feed(&wire, bytes, pieces[i]), passed);
		if (refused == NULL) {
			assert_null(wire.refused);
			continue;
		}
		assert_non_null(wire.refused);
		assert_non_null(strstr(wire.refused, refused));
		/* Once refused, always refused. */
		assert_int_equal(wire_feed(&wire, "x", 1), 0);
	}
}

/* `passed` bytes of it go through; `refused` is part of the reason, NULL = all is fine. */
static void
check(struct span bytes, size_t passed, const char *refused)
{
	check_budget(bytes, 0, passed, refused);
}

static void
passes(struct span bytes)
{
	check(bytes, span_len(bytes), NULL);
}

/* head, count times c, tail; the caller frees. */
static char *
repeat(const char *head, char c, size_t count, const char *tail)
{
	size_t size = strlen(head) + count + strlen(tail) + 1;
	char *text = malloc(size);

	assert_non_null(text);
	snprintf(text, size, "%s%*s%s", head, (int)count, "", tail);
	memset(text + strlen(head), c, count);
	return text;
}

static void
an_honest_session_passes(void **state)
{
	(void)state;
	passes(SPAN("* OK [CAPABILITY IMAP4rev1 SASL-IR] ready (really {5}\r\n"
		    "+ \r\n+ idling\r\n"
		    "* CAPABILITY IMAP4rev1 IDLE MOVE\r\n1 OK done\r\n"
		    "* FLAGS (\\Seen \\Deleted)\r\n"
		    "* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] Limited\r\n"
		    "* OK [PERMANENTFLAGS ()] None\r\n* OK [PERMANENTFLAGS (\\*)] Any\r\n"
		    "* ok [permanentflags ($Forwarded)] One\r\n"
		    "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n2 OK [READ-WRITE] done\r\n"
		    "* 1 FETCH (UID 4 BODY[]<0> {12}\r\n((((\0({{{{\r\n FLAGS (\\Seen))\r\n"
		    "* 2 FETCH (UID 5 BODY[]<0> {0}\r\n)\r\n"
		    "* 3 FETCH (UID 6 BODY[]<0> NIL)\r\n\r\n  \r\n"
		    "3 OK [COPYUID 7 4:6 1:3] Moved {9}\r\n4 NO {x\r\n"));
}

static void
an_honest_session_with_bare_line_feeds_passes(void **state)
{
	(void)state;
	passes(SPAN("* OK hello\n* 1 FETCH (BODY[] {3}\nab\0)\n1 OK done\n"));
}

static void
a_literal_hides_its_bytes_and_nothing_more(void **state)
{
	struct span bytes = SPAN("* 1 FETCH (BODY[] {3}\r\n\0\0\0\0)\r\n");

	(void)state;
	check(bytes, 26, "NUL");
	check(SPAN("* 1 EXISTS\0\r\n"), 10, "NUL");
	check(SPAN("\0"), 0, "NUL");
	check(SPAN("1 OK x\0y\r\n"), 6, "NUL");
}

/* libetpan does not read literals in lines of words: what follows must be looked at. */
static void
words_for_people_announce_no_literal(void **state)
{
	static const char *const heads[] = { "* OK hello {5}\r\n", "*\t no  {5}\r\n",
					     "1 NO {5}\r\n",       "  * BAD {5}\r\n",
					     "+ {5}\r\n",          "* PREAUTH {5}\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		char *text = repeat(heads[i], '\0', 1, "");
		struct span bytes = { text, text + strlen(heads[i]) + 1 };

		check(bytes, strlen(heads[i]), "NUL");
		free(text);
	}
}

/* "OKAY" is not a status for libetpan, so the line is data. */
static void
only_whole_status_words_make_words_for_people(void **state)
{
	(void)state;
	passes(SPAN("* OKAY {1}\r\n\0\r\n"));
	passes(SPAN("* BYES {1}\r\n\0\r\n"));
}

static void
two_hundred_and_fifty_six_parentheses_pass_one_more_does_not(void **state)
{
	char *fits = repeat("* 1 FETCH ", '(', WIRE_MAX_PARENS, "\r\n* 1 FETCH (\r\n");
	char *over = repeat("* 1 FETCH ", '(', WIRE_MAX_PARENS + 1, "\r\n");
	char *quoted = repeat("* 1 FETCH \"", '(', WIRE_MAX_PARENS + 1, "\"\r\n");
	char *head = repeat("", '(', WIRE_MAX_PARENS + 1, "\r\n");
	char *nested =
		repeat("* 1 FETCH (A {1}\r\n(", '(', WIRE_MAX_PARENS - 1, " B {1}\r\n()\r\n");
	char *across = repeat("* 1 FETCH (A {1}\r\n(", '(', WIRE_MAX_PARENS, "\r\n");

	(void)state;
	passes(span_of(fits));
	check(span_of(over), 10 + WIRE_MAX_PARENS, "parentheses");
	check(span_of(quoted), 11 + WIRE_MAX_PARENS, "parentheses");
	check(span_of(head), WIRE_MAX_PARENS, "parentheses");
	passes(span_of(nested));
	check(span_of(across), 19 + WIRE_MAX_PARENS - 1, "parentheses");
	free(fits);
	free(over);
	free(quoted);
	free(head);
	free(nested);
	free(across);
}

static void
a_line_of_one_mebibyte_passes_a_longer_one_does_not(void **state)
{
	char *fits = repeat("* X ", 'a', WIRE_MAX_LINE - 6, "\r\n* X\r\n");
	char *over = repeat("* X ", 'a', WIRE_MAX_LINE - 5, "\r\n");
	char *words = repeat("1 OK ", 'a', WIRE_MAX_LINE, "\r\n");

	(void)state;
	check_budget(span_of(fits), UINT64_MAX, strlen(fits), NULL);
	check_budget(span_of(over), UINT64_MAX, WIRE_MAX_LINE, "line too long");
	check_budget(span_of(words), UINT64_MAX, WIRE_MAX_LINE, "line too long");
	free(fits);
	free(over);
	free(words);
}

static void
a_literal_of_64_mebibytes_passes_a_larger_one_does_not(void **state)
{
	struct wire wire;

	(void)state;
	wire_init(&wire);
	wire_budget(&wire, UINT64_MAX);
	assert_int_equal(feed(&wire, SPAN("* 1 FETCH (BODY[] {67108864}\r\n"), 1), 30);
	assert_null(wire.refused);

	check_budget(SPAN("* 1 FETCH (BODY[] {67108865}\r\n"), UINT64_MAX, 26, "literal too large");
	check_budget(SPAN("* 1 FETCH (BODY[] {2147483648}\r\n"), UINT64_MAX, 27,
		     "literal too large");
	check_budget(SPAN("* 1 FETCH (BODY[] {0000000001}\r\nx)\r\n"), UINT64_MAX, 36, NULL);
	check_budget(SPAN("* 1 FETCH (BODY[] {00000000001}\r\n"), UINT64_MAX, 29,
		     "literal too large");
}

/* libetpan takes all of these for literals that begin somewhere else than we would think. */
static void
a_malformed_literal_is_refused(void **state)
{
	static const char *const texts[] = {
		"* X {5} abc\r\n", "* X {5}\r \n", "* X {5} \r\n", "* X {-5}\r\n", "* X {5+}\r\n",
		"* X { 5}\r\n",    "* X {}\r\n",   "* X {\r\n",    "* X {5\r\n",   "* X \"{5\"\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct wire wire;

		wire_init(&wire);
		assert_true(feed(&wire, span_of(texts[i]), 1) < strlen(texts[i]));
		assert_string_equal(wire.refused, "malformed literal");
	}
}

static void
the_budget_counts_every_byte(void **state)
{
	struct span bytes = SPAN("* X {5}\r\n12345\r\n* Y\r\n");

	(void)state;
	check_budget(bytes, 21, 21, NULL);
	check_budget(bytes, 20, 20, "more bytes");
	check_budget(bytes, 15, 15, "more bytes");
	check_budget(bytes, 14, 14, "more bytes");
	/* A literal that cannot fit is refused before its bytes come. */
	check_budget(bytes, 13, 8, "larger than what was asked for");
}

static void
a_new_command_has_a_new_budget(void **state)
{
	struct wire wire;

	(void)state;
	wire_init(&wire);
	wire_budget(&wire, 8);
	assert_int_equal(feed(&wire, SPAN("1 OK x\r\n"), 3), 8);
	assert_string_equal(wire.tagged, "1 OK x");
	wire_budget(&wire, 0);
	assert_string_equal(wire.tagged, "");
	assert_int_equal(feed(&wire, SPAN("2 OK x\r\n"), 3), 8);
	assert_null(wire.refused);
}

static void
a_command_sent_later_adds_to_the_budget(void **state)
{
	struct wire wire;

	(void)state;
	wire_init(&wire);
	wire_budget(&wire, 8);
	assert_int_equal(feed(&wire, SPAN("1 OK"), 3), 4);
	wire_more(&wire, 2);
	assert_int_equal(feed(&wire, SPAN(" xyzz\r\n"), 3), 6);
	assert_string_equal(wire.refused, "more bytes than an answer to this command can have");
}

static void
badcharset_is_refused_wherever_libetpan_would_read_it(void **state)
{
	static const char *const texts[] = {
		"* OK [BADCHARSET", "1 NO [BADCHARSET",     "* no\t [ badCharset",
		"+ [BADCHARSET",    " * \tBAD [BADCHARSET", "* BYE [BADCHARSET",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check(span_of(texts[i]), strlen(texts[i]) - 1, "BADCHARSET");
	passes(SPAN("* OK [BADCHARSE] x\r\n1 NO about [BADCHARSET]\r\n* X [BADCHARSET]\r\n"));
}

static void
malformed_permanentflags_are_refused(void **state)
{
	static const char *const tails[] = { "]",     " ]",     " x", " (]",     " ({",
					     " (\\)", " (\\ x", " (", " (a {5}", " (a \"b\"",
					     " (a ]", " (a (",  " ",  "",        " (\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		char text[80];
		struct wire wire;

		snprintf(text, sizeof(text), "* OK [PERMANENTFLAGS%s\r\n", tails[i]);
		wire_init(&wire);
		assert_true(feed(&wire, span_of(text), 1) < strlen(text));
		assert_string_equal(wire.refused, "malformed PERMANENTFLAGS");
	}
}

/* libetpan reads strings as flags, so it would see a literal there. */
static void
a_response_code_has_no_literal(void **state)
{
	(void)state;
	check(SPAN("* OK [X {5}\r\n"), 8, "a literal in a response code");
	check(SPAN("1 OK [{5}\r\n"), 6, "a literal in a response code");
	check(SPAN("* OK [PERMANENTFLAGS (a) {5}\r\n"), 25, "a literal in a response code");
	passes(SPAN("* OK [X] {5}\r\n* OK [] {5}\r\n* OK [PERMANENTFLAGS (a)] {5}\r\n"));
}

/* libetpan copies the text that is not there. */
static void
an_alert_without_words_is_refused(void **state)
{
	static const char *const texts[] = { "* OK [ALERT]\r\n", "1 NO [parse ] \t\r\n",
					     "* BAD [ALERT]\n", "1 OK [ALERT] \rx\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct wire wire;

		wire_init(&wire);
		assert_true(feed(&wire, span_of(texts[i]), 1) < strlen(texts[i]));
		assert_string_equal(wire.refused, "an alert without words");
	}
	passes(SPAN("* OK [ALERT] x\r\n* OK [READ-ONLY]\r\n1 OK [ALERT\r\n* OK [PARSE]x\r\n"));
}

static void
bye_ends_it_and_its_text_is_kept(void **state)
{
	static const struct {
		const char *line, *text;
	} rows[] = {
		{ "* BYE [UNAVAILABLE] too  many\x01users\r\n", "[UNAVAILABLE] too  many?users" },
		{ "* bye  Autologout\n", "Autologout" },
		{ "* BYE\r\n", "no reason given" },
		{ "* BYE\n", "no reason given" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire wire;

		wire_init(&wire);
		assert_int_equal(feed(&wire, span_of(rows[i].line), 1), strlen(rows[i].line) - 1);
		assert_string_equal(wire.refused, "the server ended the session");
		assert_string_equal(wire.bye, rows[i].text);
		check(span_of(rows[i].line), strlen(rows[i].line) - 1, "ended the session");
	}
}

static void
kept_text_is_clipped(void **state)
{
	char *bye = repeat("* BYE ", 'b', WIRE_BYE_SIZE, "\r\n");
	char *tagged = repeat("1 NO ", 't', WIRE_TAGGED_SIZE, "\r\n");
	struct wire wire;

	(void)state;
	wire_init(&wire);
	(void)feed(&wire, span_of(tagged), SIZE_MAX);
	assert_int_equal(strlen(wire.tagged), WIRE_TAGGED_SIZE - 1);
	assert_memory_equal(wire.tagged, tagged, WIRE_TAGGED_SIZE - 1);
	(void)feed(&wire, span_of(bye), SIZE_MAX);
	assert_int_equal(strlen(wire.bye), WIRE_BYE_SIZE - 1);
	assert_memory_equal(wire.bye, bye + 6, WIRE_BYE_SIZE - 1);
	free(bye);
	free(tagged);
}

static void
the_tagged_line_is_kept(void **state)
{
	struct wire wire;

	(void)state;
	wire_init(&wire);
	(void)feed(&wire, SPAN("* 1 EXISTS\r\n12 NO [LIMIT]\tslow down\r\n* OK more\r\n"), 1);
	assert_string_equal(wire.tagged, "12 NO [LIMIT]?slow down");
	assert_string_equal(wire.bye, "");
}

static void
an_announcement_of_mail_is_noted_and_nothing_else_is(void **state)
{
	static const struct {
		const char *bytes;
		bool exists;
	} rows[] = {
		{ "* 12 EXISTS\r\n", true },
		{ "*  3   exists\r\n", true },
		{ "* 4 EXISTS\n", true },
		{ "* 1 EXISTS \r\n", true },
		{ "* 1 EXISTSX\r\n", false },
		{ "* 1 RECENT\r\n", false },
		{ "* 7 EXPUNGE\r\n", false },
		{ "* OK 12 EXISTS\r\n", false },
		{ "* 1x EXISTS\r\n", false },
		{ "a1 OK 12 EXISTS\r\n", false },
		{ "* 1 FETCH (BODY[] {14}\r\n\r\n* 9 EXISTS\r\n)\r\n", false },
	};
	static const size_t pieces[] = { SIZE_MAX, 1, 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
			struct span bytes = span_of(rows[i].bytes);
			struct wire wire;

			wire_init(&wire);
			assert_int_equal(feed(&wire, bytes, pieces[j]), span_len(bytes));
			assert_int_equal(wire.exists, rows[i].exists);
		}
	}
}

static void
one_answer_ends_with_its_tagged_line(void **state)
{
	static const char first[] = "* 1 FETCH (BODY[] {9}\r\n1 OK no\r\n)\r\n1 OK done\r\n";
	static const char second[] = "* 1 EXPUNGE\r\n2 OK done\r\n";
	struct wire wire;
	char both[sizeof(first) + sizeof(second)];

	(void)state;
	snprintf(both, sizeof(both), "%s%s", first, second);
	wire_init(&wire);
	wire.one_answer = true;
	assert_int_equal(wire_feed(&wire, both, strlen(both)), strlen(first));
	assert_string_equal(wire.tagged, "1 OK done");
	assert_null(wire.refused);
	wire_budget(&wire, 0);
	assert_int_equal(wire_feed(&wire, second, strlen(second)), strlen(second));
	assert_string_equal(wire.tagged, "2 OK done");
	wire.one_answer = false;
	assert_int_equal(wire_feed(&wire, both, strlen(both)), strlen(both));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_announcement_of_mail_is_noted_and_nothing_else_is),
		cmocka_unit_test(an_honest_session_passes),
		cmocka_unit_test(an_honest_session_with_bare_line_feeds_passes),
		cmocka_unit_test(a_literal_hides_its_bytes_and_nothing_more),
		cmocka_unit_test(words_for_people_announce_no_literal),
		cmocka_unit_test(only_whole_status_words_make_words_for_people),
		cmocka_unit_test(two_hundred_and_fifty_six_parentheses_pass_one_more_does_not),
		cmocka_unit_test(a_line_of_one_mebibyte_passes_a_longer_one_does_not),
		cmocka_unit_test(a_literal_of_64_mebibytes_passes_a_larger_one_does_not),
		cmocka_unit_test(a_malformed_literal_is_refused),
		cmocka_unit_test(the_budget_counts_every_byte),
		cmocka_unit_test(a_new_command_has_a_new_budget),
		cmocka_unit_test(a_command_sent_later_adds_to_the_budget),
		cmocka_unit_test(badcharset_is_refused_wherever_libetpan_would_read_it),
		cmocka_unit_test(malformed_permanentflags_are_refused),
		cmocka_unit_test(a_response_code_has_no_literal),
		cmocka_unit_test(an_alert_without_words_is_refused),
		cmocka_unit_test(bye_ends_it_and_its_text_is_kept),
		cmocka_unit_test(kept_text_is_clipped),
		cmocka_unit_test(the_tagged_line_is_kept),
		cmocka_unit_test(one_answer_ends_with_its_tagged_line),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
