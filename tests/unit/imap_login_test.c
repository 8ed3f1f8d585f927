/*
 * imap_login_test - which way is taken to sign in, and what a refusal means
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

#include <gnutls/gnutls.h>

#define OFFERING(words)                                                           \
	{                                                                         \
		"CAPABILITY", "* CAPABILITY IMAP4rev1 " words "\r\n$ OK done\r\n" \
	}
/* {"status":"400"} */
#define REFUSAL "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"
/* user=user ^A auth=Bearer sesame ^A ^A */
#define XOAUTH2 "dXNlcj11c2VyAWF1dGg9QmVhcmVyIHNlc2FtZQEB"

static enum imap_auth way;
static const char *secret;
static enum imap_result wanted;

static void
client(struct world *world)
{
	assert_opened(world);
	assert_result(world, imap_login(world->imap, way, "user", secret), wanted);
	if (world->expect != NULL)
		assert_contains(imap_error(world->imap), world->expect);
	assert_null(strstr(imap_error(world->imap), secret));
}

static void
try(struct world *world, enum imap_auth auth, const char *with, enum imap_result want,
    const char *expect)
{
	way = auth;
	secret = with;
	wanted = want;
	world->expect = expect;
}

static void
xoauth2_answers_the_refusal_with_an_empty_line(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=PLAIN AUTH=XOAUTH2 SASL-IR"),
		{ "AUTHENTICATE XOAUTH2 " XOAUTH2, REFUSAL },
		{ "c:", "$ NO AUTHENTICATE failed.\r\n" },
		LOGOUT,
	};

	try(*state, IMAP_AUTH_TOKEN, "sesame", IMAP_DENIED, "NO AUTHENTICATE failed.");
	PLAY(*state, script, client);
}

static void
challenge_client(struct world *world)
{
	client(world);
	assert_string_equal(imap_challenge(world->imap), "{\"status\":\"400\"}");
}

static void
what_the_server_says_of_a_token_is_kept(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=XOAUTH2"),
		{ "AUTHENTICATE XOAUTH2", "+ \r\n" },
		{ "c:" XOAUTH2, REFUSAL },
		{ "c:", "$ NO no\r\n" },
		LOGOUT,
	};

	try(*state, IMAP_AUTH_XOAUTH2, "sesame", IMAP_DENIED, NULL);
	PLAY(*state, script, challenge_client);
}

static void
a_refusal_that_asks_on_and_on_is_given_up(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=XOAUTH2 SASL-IR"),
		{ "AUTHENTICATE XOAUTH2 " XOAUTH2, REFUSAL },
		{ "c:", REFUSAL },
		{ "c:*", "$ BAD gave up\r\n" },
		LOGOUT,
	};

	try(*state, IMAP_AUTH_XOAUTH2, "sesame", IMAP_DENIED,
	    "asks once more; AUTHENTICATE XOAUTH2");
	PLAY(*state, script, client);
}

/* The message of OAUTHBEARER names the port, which differs from run to run. */
static void
oauthbearer_command(const struct world *world, char *out, size_t size)
{
	unsigned char plain[100];
	gnutls_datum_t raw = { plain, 0 }, text;

	raw.size = (unsigned)snprintf(
		(char *)plain, sizeof(plain),
		"n,a=user,\001host=127.0.0.1\001port=%s\001auth=Bearer sesame\001\001",
		world->port);
	assert_int_equal(gnutls_base64_encode2(&raw, &text), 0);
	snprintf(out, size, "AUTHENTICATE OAUTHBEARER %.*s", (int)text.size, (char *)text.data);
	gnutls_free(text.data);
}

static void
oauthbearer_comes_first_and_answers_with_a_ctrl_a(void **state)
{
	char command[300];
	const struct step script[] = {
		HELLO,
		OFFERING("AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR"),
		{ command, REFUSAL },
		{ "c:AQ==", "$ NO no\r\n" },
		LOGOUT,
	};

	oauthbearer_command(*state, command, sizeof(command));
	try(*state, IMAP_AUTH_TOKEN, "sesame", IMAP_DENIED, "AUTHENTICATE OAUTHBEARER");
	PLAY(*state, script, client);
}

static void
a_token_is_never_sent_as_a_password(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=PLAIN AUTH=SCRAM-SHA-256 SASL-IR"),
		LOGOUT,
	};

	try(*state, IMAP_AUTH_TOKEN, "sesame", IMAP_REFUSED,
	    "it offers AUTH=PLAIN AUTH=SCRAM-SHA-256");
	PLAY(*state, script, client);
}

static void
a_password_is_never_sent_as_a_token(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=XOAUTH2 AUTH=OAUTHBEARER LOGINDISABLED SASL-IR"),
		LOGOUT,
	};

	try(*state, IMAP_AUTH_PASSWORD, "pencil", IMAP_REFUSED, "disabled LOGIN");
	PLAY(*state, script, client);
}

static void
without_plain_and_scram_a_password_goes_by_login(void **state)
{
	static const struct step script[] = {
		HELLO,  OFFERING("AUTH=CRAM-MD5"), { "LOGIN user pencil", "$ OK in\r\n" }, CAPABLE,
		LOGOUT,
	};

	try(*state, IMAP_AUTH_PASSWORD, "pencil", IMAP_OK, NULL);
	PLAY(*state, script, client);
}

static void
scram_wanted_and_not_offered_sends_nothing(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=PLAIN SASL-IR"),
		LOGOUT,
	};

	try(*state, IMAP_AUTH_SCRAM_SHA_256, "pencil", IMAP_REFUSED, "offers AUTH=PLAIN");
	PLAY(*state, script, client);
}

static void
an_ok_to_scram_without_a_proof_is_not_believed(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=SCRAM-SHA-256"),
		{ "AUTHENTICATE SCRAM-SHA-256", "$ OK come in\r\n" },
	};

	try(*state, IMAP_AUTH_PASSWORD, "pencil", IMAP_DENIED, "without a proof of its own");
	PLAY(*state, script, client);
}

static void
an_ok_after_we_gave_up_is_not_believed(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=PLAIN SASL-IR"),
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "+ \r\n" },
		{ "c:*", "$ OK come in\r\n" },
	};

	try(*state, IMAP_AUTH_PASSWORD, "pencil", IMAP_DENIED, "asks for more than a password");
	PLAY(*state, script, client);
}

static void
a_challenge_that_is_no_base64_is_given_up(void **state)
{
	static const struct step script[] = {
		HELLO,
		OFFERING("AUTH=XOAUTH2 SASL-IR"),
		{ "AUTHENTICATE XOAUTH2 " XOAUTH2, "+ {\"status\":400}\r\n" },
		{ "c:*", "$ BAD gave up\r\n" },
		LOGOUT,
	};

	try(*state, IMAP_AUTH_XOAUTH2, "sesame", IMAP_DENIED, "no base64");
	PLAY(*state, script, client);
}

static void
a_server_that_cannot_tell_now_is_for_later(void **state)
{
	static const char *const words[] = {
		"[UNAVAILABLE] later",    "[unavailable] later",
		"[INUSE] later",          "[LIMIT] later",
		"[SERVERBUG] oops",       "[THROTTLED] slow down",
		"Server Unavailable. 15", "[ALERT] Too many simultaneous connections. (Failure)",
	};
	char answer[100];
	const struct step script[] = {
		GREETING,
		{ "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", answer },
		LOGOUT,
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(answer, sizeof(answer), "$ NO %s\r\n", words[i]);
		try(*state, IMAP_AUTH_PASSWORD, "pencil", IMAP_LOST, words[i]);
		PLAY(*state, script, client);
	}
}

/* More than its first bytes of a long token get into no error, though the line is clipped. */
static void
a_part_of_a_token_is_in_no_error(void **state)
{
	char *token = xalloc(2001), *answer = xalloc(3001);
	const struct step script[] = {
		HELLO,
		OFFERING("AUTH=XOAUTH2"),
		{ "AUTHENTICATE XOAUTH2", answer },
		LOGOUT,
	};

	for (size_t i = 0; i < 2000; i++)
		token[i] = (char)('a' + (i * 7 + i / 26) % 26);
	snprintf(answer, 3000, "$ NO bad token %s\r\n", token);
	try(*state, IMAP_AUTH_XOAUTH2, token, IMAP_DENIED, "hold the secret");
	PLAY(*state, script, client);
	free(token);
	free(answer);
}

static void
a_long_token_does_not_go_into_the_command(void **state)
{
	char *token = xalloc(9001);
	static struct step script[] = {
		HELLO,
		OFFERING("AUTH=XOAUTH2 SASL-IR"),
		{ "AUTHENTICATE XOAUTH2", NULL },
	};

	memset(token, 'x', 9000);
	try(*state, IMAP_AUTH_XOAUTH2, token, IMAP_LOST, NULL);
	PLAY(*state, script, client);
	free(token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(xoauth2_answers_the_refusal_with_an_empty_line),
		T(what_the_server_says_of_a_token_is_kept),
		T(a_refusal_that_asks_on_and_on_is_given_up),
		T(oauthbearer_comes_first_and_answers_with_a_ctrl_a),
		T(a_token_is_never_sent_as_a_password),
		T(a_password_is_never_sent_as_a_token),
		T(without_plain_and_scram_a_password_goes_by_login),
		T(scram_wanted_and_not_offered_sends_nothing),
		T(an_ok_to_scram_without_a_proof_is_not_believed),
		T(an_ok_after_we_gave_up_is_not_believed),
		T(a_challenge_that_is_no_base64_is_given_up),
		T(a_server_that_cannot_tell_now_is_for_later),
		T(a_part_of_a_token_is_in_no_error),
		T(a_long_token_does_not_go_into_the_command),
	};

	return cmocka_run_group_tests_name("imap_login", tests, NULL, NULL);
}
