/*
 * imap_test - IMAP sessions: opening, signing in, folders, and a cut after every byte
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

/* A whole session, also played with every possible cut. */

static const struct step whole_session[] = {
	GREETING,
	SIGNED_IN,
	CAPABLE,
	{ "SELECT \"&AOk-t&AOk- &-\"",
	  "* FLAGS (\\Seen \\Deleted)\r\n"
	  "* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] some\r\n"
	  "* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UNSEEN 1] first\r\n"
	  "* OK [UIDVALIDITY 4294967295] valid\r\n* OK [UIDNEXT 10] next\r\n"
	  "* OK [HIGHESTMODSEQ 99] mod\r\n$ OK [READ-ONLY] in\r\n" },
	{ "UID FETCH 3:* (UID RFC822.SIZE)",
	  "* 3 FETCH (UID 9 RFC822.SIZE 900)\r\n* 2 FETCH (RFC822.SIZE 500 UID 5)\r\n"
	  "* 1 FETCH (UID 3 RFC822.SIZE 300)\r\n$ OK done\r\n" },
	{ "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)",
	  "* 1 FETCH (UID 3 BODY[]<0> {5}\r\n(\r\n()"
	  " FLAGS (\\Seen))\r\n"
	  "* 2 FETCH (FLAGS () BODY[]<0> {3}\r\nfoo UID 5)\r\n$ OK done\r\n" },
	{ "UID MOVE 3,5 \"done\"",
	  "* OK [COPYUID 7 3,5 1:2] moved\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n$ OK done\r\n" },
	{ "IDLE", "+ idling\r\n* OK still here\r\n* 4 EXISTS\r\n" },
	{ "c:DONE", "* 1 RECENT\r\n$ OK idled\r\n" },
	{ "NOOP", "$ OK done\r\n" },
	LOGOUT,
};

static void
walk_whole_session(struct world *world)
{
	static const uint32_t uid[] = { 3, 5 };
	struct imap_folder folder;
	struct imap_item *item;
	size_t count;
	bool changed;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_true(imap_can(world->imap, "move"));
	assert_false(imap_can(world->imap, "CONDSTORE"));
	assert_result(world, imap_select(world->imap, "\xc3\xa9t\xc3\xa9 &", &folder), IMAP_OK);
	assert_int_equal(folder.uidvalidity, UINT32_MAX);
	assert_int_equal(folder.uidnext, 10);
	assert_int_equal(folder.exists, 3);
	assert_true(folder.read_only);
	assert_result(world, imap_list(world->imap, 2, 100, &item, &count), IMAP_OK);
	assert_int_equal(count, 3);
	assert_int_equal(item[0].uid, 3);
	assert_int_equal(item[0].size, 300);
	assert_int_equal(item[1].uid, 5);
	assert_int_equal(item[2].uid, 9);
	assert_int_equal(item[2].size, 900);
	free(item);
	assert_result(world, fetch_3_and_5(world), IMAP_OK);
	assert_int_equal(world->got_count, 2);
	assert_int_equal(world->got[0].uid, 3);
	assert_string_equal(world->got[0].text, "(\r\n()");
	assert_int_equal(world->got[1].uid, 5);
	assert_string_equal(world->got[1].text, "foo");
	assert_result(world, move_all(world, (struct imap_uids){ uid, 2 }, "done", NULL), IMAP_OK);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_OK);
	assert_true(changed);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
	assert_contains(imap_peer(world->imap), "127.0.0.1");
}

static const struct {
	const char *offered, *asked;
	bool can;
} offers[] = {
	{ "IMAP4rev1 MOVE", "move", true },
	{ "IMAP4rev1 MOVE", "UIDPLUS", false },
	{ "IMAP4rev1 REMOVE", "MOVE", false },
	{ "IMAP4rev2", "MOVE", true }, /* became part of it */
	{ "IMAP4rev2", "uidplus", true },
	{ "IMAP4rev2", "IDLE", true },
	{ "IMAP4rev2", "SPECIAL-USE", false },
	{ "IMAP4rev2", "ACL", false },
	{ "IMAP4rev2 ACL", "ACL", true },
	{ "IMAP4rev1 IMAP4rev2", "MOVE", false }, /* speaks the older one */
};

static size_t offer;

static void
ask_what_it_can(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_int_equal(imap_can(world->imap, offers[offer].asked), offers[offer].can);
}

static void
a_server_can_what_it_offers_and_what_its_version_has(void **state)
{
	for (offer = 0; offer < sizeof(offers) / sizeof(offers[0]); offer++) {
		char answer[200];
		const struct step script[] = {
			GREETING, SIGNED_IN, { "CAPABILITY", answer }, LOGOUT
		};

		snprintf(answer, sizeof(answer), "* CAPABILITY %s\r\n$ OK done\r\n",
			 offers[offer].offered);
		PLAY(*state, script, ask_what_it_can);
	}
}

static void
a_whole_session_works(void **state)
{
	PLAY(*state, whole_session, walk_whole_session);
}

/* Goes on for as long as it can; never succeeds after it was lost. */
static void
stagger_through(struct world *world)
{
	static const uint32_t uid[] = { 3, 5 };
	struct imap_folder folder;
	struct imap_item *item;
	enum imap_result result[7];
	size_t count;
	bool changed, lost = false;

	if (world->imap == NULL) {
		assert_int_equal(world->opened, IMAP_LOST);
		assert_string_not_equal(world->error, "");
		return;
	}
	result[0] = login(world);
	result[1] = imap_select(world->imap, "\xc3\xa9t\xc3\xa9 &", &folder);
	result[2] = imap_list(world->imap, 2, 100, &item, &count);
	free(item);
	result[3] = fetch_3_and_5(world);
	result[4] = move_all(world, (struct imap_uids){ uid, 2 }, "done", NULL);
	result[5] = imap_idle(world->imap, LONG, &changed);
	result[6] = imap_noop(world->imap);
	for (size_t i = 0; i < 7; i++) {
		if (lost)
			assert_int_equal(result[i], IMAP_LOST);
		assert_true(result[i] == IMAP_OK || result[i] == IMAP_LOST);
		lost = result[i] == IMAP_LOST;
	}
}

static void
a_cut_at_any_byte_loses_the_session_and_nothing_else(void **state)
{
	struct world *world = *state;
	size_t all;

	PLAY(world, whole_session, walk_whole_session);
	all = world->sent;
	assert_true(all > 500);
	for (world->limit = 0; world->limit < all; world->limit++)
		PLAY(world, whole_session, stagger_through);
}

/* Opening */

static void
bye_client(struct world *world)
{
	assert_not_opened(world, "[UNAVAILABLE] too many users");
}

static void
a_bye_for_a_greeting_is_told_in_the_servers_words(void **state)
{
	static const struct step script[] = { { NULL, "* BYE [UNAVAILABLE] too many users\r\n" } };

	PLAY(*state, script, bye_client);
}

static void
no_imap_client(struct world *world)
{
	assert_not_opened(world, "greeting");
}

static void
a_greeting_that_is_not_imap_is_refused(void **state)
{
	static const struct step http[] = { { NULL, "HTTP/1.1 400 Bad Request\r\n\r\n" } };
	static const struct step smtp[] = { { NULL, "220 mail.example.com ESMTP\r\n" } };
	static const struct step charset[] = { { NULL, "* OK [BADCHARSET (x)] hi\r\n" } };

	PLAY(*state, http, no_imap_client);
	PLAY(*state, smtp, no_imap_client);
	PLAY(*state, charset, no_imap_client);
}

static void
preauth_client(struct world *world)
{
	assert_not_opened(world, "PREAUTH");
}

static void
preauth_before_tls_is_refused(void **state)
{
	static const struct step script[] = { { NULL, "* PREAUTH welcome\r\n" } };
	struct world *world = *state;

	world->options.net.security = NET_PLAIN_THEN_TLS;
	PLAY(world, script, preauth_client);
}

static void
injected_client(struct world *world)
{
	assert_not_opened(world, "data before TLS");
}

static void
plain_text_injected_before_tls_is_refused(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "STARTTLS", "$ OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" },
	};
	struct world *world = *state;

	world->options.net.security = NET_PLAIN_THEN_TLS;
	PLAY(world, script, injected_client);
}

static void
no_starttls_client(struct world *world)
{
	assert_not_opened(world, "the server said: BAD what?");
}

static void
a_server_without_starttls_gets_no_password(void **state)
{
	static const struct step script[] = { HELLO, { "STARTTLS", "$ BAD what?\r\n" } };
	struct world *world = *state;

	world->options.net.security = NET_PLAIN_THEN_TLS;
	PLAY(world, script, no_starttls_client);
}

static void
preauth_without_starttls_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
}

static void
preauth_needs_no_signing_in(void **state)
{
	static const struct step script[] = {
		{ NULL, "* PREAUTH welcome\r\n" }, CAPABLE, CAPABLE, LOGOUT
	};

	PLAY(*state, script, preauth_without_starttls_client);
}

/* Signing in */

static void
denied_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_DENIED);
	assert_contains(imap_error(world->imap), "[AUTHENTICATIONFAILED] no such thing");
	assert_null(strstr(imap_error(world->imap), "pencil"));
}

static void
a_no_to_the_password_is_denied_and_the_session_goes_on(void **state)
{
	static const struct step plain[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls",
		  "$ NO [AUTHENTICATIONFAILED] no such thing\r\n" },
		LOGOUT,
	};
	static const struct step old[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
		{ "LOGIN user pencil", "$ NO [AUTHENTICATIONFAILED] no such thing\r\n" },
		LOGOUT,
	};

	PLAY(*state, plain, denied_client);
	PLAY(*state, old, denied_client);
}

static void
echo_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_DENIED);
	assert_null(strstr(imap_error(world->imap), "pencil"));
	assert_null(strstr(imap_error(world->imap), "AHVzZXIAcGVuY2ls"));
}

static void
a_password_that_the_server_repeats_is_in_no_error(void **state)
{
	static const struct step plain[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "$ NO <pencil>\r\n" },
		LOGOUT,
	};
	static const struct step encoded[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "$ BAD PLAIN AHVzZXIAcGVuY2ls\r\n" },
		LOGOUT,
	};
	static const struct step old[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
		{ "LOGIN user pencil", "$ NO LOGIN user pencil\r\n" },
		LOGOUT,
	};

	PLAY(*state, plain, echo_client);
	PLAY(*state, encoded, echo_client);
	PLAY(*state, old, echo_client);
}

static void
signed_in_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
}

static void
without_sasl_ir_the_password_waits_for_the_plus(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n$ OK done\r\n" },
		{ "AUTHENTICATE PLAIN", "* OK wait\r\n+ \r\n" },
		{ "c:AHVzZXIAcGVuY2ls", "* CAPABILITY IMAP4rev1\r\n$ OK in\r\n" },
		CAPABLE,
		LOGOUT,
	};

	PLAY(*state, script, signed_in_client);
}

static void
asked_for_more_than_the_password_we_give_up(void **state)
{
	static const struct step script[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "+ more\r\n" },
		{ "c:*", "$ NO [AUTHENTICATIONFAILED] no such thing\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, denied_client);
}

static void
disabled_client(struct world *world)
{
	assert_opened(world);
	assert_result(world, login(world), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "disabled");
}

static void
logindisabled_is_respected(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n$ OK done\r\n" },
		LOGOUT
	};

	PLAY(*state, script, disabled_client);
}

static void
odd_password_client(struct world *world)
{
	static const char *const odd[] = { "a\r\n9 DELETE INBOX", "caf\xc3\xa9", "a\nb", "\x7f" };

	assert_opened(world);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_result(world, imap_login(world->imap, IMAP_AUTH_LOGIN, "user", odd[i]),
			      IMAP_DENIED);
		assert_result(world, imap_login(world->imap, IMAP_AUTH_LOGIN, odd[i], "pencil"),
			      IMAP_DENIED);
	}
	assert_result(world, imap_login(world->imap, IMAP_AUTH_LOGIN, "u \"s\" er", ""), IMAP_OK);
}

static void
login_sends_only_what_can_be_quoted(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1\r\n$ OK done\r\n" },
		{ "LOGIN \"u \\\"s\\\" er\" \"\"", "$ OK done\r\n" },
		CAPABLE,
		LOGOUT,
	};

	PLAY(*state, script, odd_password_client);
}

static void
no_answer_to_capability_means_none(void **state)
{
	static const struct step script[] = {
		HELLO,
		{ "CAPABILITY", "$ OK none\r\n" },
		{ "LOGIN user pencil", "$ OK done\r\n" },
		{ "CAPABILITY", "$ NO never\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, signed_in_client);
}

/* Selecting */

static void
no_uidvalidity_client(struct world *world)
{
	struct imap_folder folder;

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world, imap_select(world->imap, "INBOX", &folder), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "UIDVALIDITY");
}

static void
a_folder_without_uidvalidity_is_refused(void **state)
{
	static const struct step script[] = { GREETING,
					      SIGNED_IN,
					      CAPABLE,
					      { "SELECT INBOX", "* 3 EXISTS\r\n$ OK in\r\n" },
					      LOGOUT };

	PLAY(*state, script, no_uidvalidity_client);
}

static void
missing_folder_client(struct world *world)
{
	static const uint32_t uid[] = { 3 };
	struct imap_folder folder;
	struct imap_item *item;
	size_t count;

	enter(world);
	assert_result(world, imap_select(world->imap, "nowhere", &folder), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), "SELECT nowhere");
	assert_contains(imap_error(world->imap), "NO [NONEXISTENT] no such folder");
	/* Nothing is selected now. */
	assert_result(world, imap_list(world->imap, 0, 1, &item, &count), IMAP_REFUSED);
	free(item);
	assert_result(world, fetch_3_and_5(world), IMAP_REFUSED);
	assert_result(world, move_all(world, (struct imap_uids){ uid, 1 }, "x", NULL),
		      IMAP_REFUSED);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
a_missing_folder_is_refused_and_the_session_goes_on(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "SELECT nowhere", "$ NO [NONEXISTENT] no such folder\r\n" },
		{ "NOOP", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, missing_folder_client);
}

static void
bad_names_client(struct world *world)
{
	static const char *const bad[] = {
		"", "a\r\nb", "a\nb", "\x01", "\x7f", "a\xff", "\xc0\x80"
	};
	static const uint32_t uid[] = { 3 };
	struct imap_folder folder;
	char *name = xalloc(1002);

	enter(world);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_result(world, imap_select(world->imap, bad[i], &folder), IMAP_REFUSED);
		assert_result(world, move_all(world, (struct imap_uids){ uid, 1 }, bad[i], NULL),
			      IMAP_REFUSED);
	}
	memset(name, '"', 1001);
	assert_result(world, imap_select(world->imap, name, &folder), IMAP_REFUSED);
	free(name);
}

static void
names_that_no_folder_can_have_are_not_sent(void **state)
{
	static const struct step script[] = { ENTERED, LOGOUT };

	PLAY(*state, script, bad_names_client);
}

static void
names_client(struct world *world)
{
	struct imap_folder folder;
	char longest[1001];

	assert_opened(world);
	assert_result(world, login(world), IMAP_OK);
	assert_result(world,
		      imap_select(world->imap, "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97", &folder),
		      IMAP_OK);
	assert_result(world, imap_select(world->imap, "\xf0\x9f\x93\xac\\", &folder), IMAP_OK);
	memset(longest, 'a', 1000);
	longest[1000] = '\0';
	assert_result(world, imap_select(world->imap, longest, &folder), IMAP_REFUSED);
}

static void
names_travel_in_modified_utf7(void **state)
{
#define A100                                                 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	static const struct step script[] = {
		GREETING,
		SIGNED_IN,
		CAPABLE,
		{ "SELECT \"~peter/mail/&U,BTFw-\"", "* OK [UIDVALIDITY 1] x\r\n$ OK done\r\n" },
		{ "SELECT \"&2D3c7A-\\\\\"", "* OK [UIDVALIDITY 1] x\r\n$ OK done\r\n" },
		{ "SELECT " A100 A100 A100 A100 A100 A100 A100 A100 A100 A100, "$ NO never\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, names_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_whole_session_works),
		T(a_server_can_what_it_offers_and_what_its_version_has),
		T(a_cut_at_any_byte_loses_the_session_and_nothing_else),
		T(a_bye_for_a_greeting_is_told_in_the_servers_words),
		T(a_greeting_that_is_not_imap_is_refused),
		T(preauth_before_tls_is_refused),
		T(plain_text_injected_before_tls_is_refused),
		T(a_server_without_starttls_gets_no_password),
		T(preauth_needs_no_signing_in),
		T(a_no_to_the_password_is_denied_and_the_session_goes_on),
		T(a_password_that_the_server_repeats_is_in_no_error),
		T(without_sasl_ir_the_password_waits_for_the_plus),
		T(asked_for_more_than_the_password_we_give_up),
		T(logindisabled_is_respected),
		T(login_sends_only_what_can_be_quoted),
		T(no_answer_to_capability_means_none),
		T(a_folder_without_uidvalidity_is_refused),
		T(a_missing_folder_is_refused_and_the_session_goes_on),
		T(names_that_no_folder_can_have_are_not_sent),
		T(names_travel_in_modified_utf7),
	};

	return cmocka_run_group_tests_name("imap", tests, NULL, NULL);
}
