/*
 * sasl_test - what a client says to prove who it is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "sasl.h"

/* The exchange of RFC 7677, section 3. */
#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define BOTH_NONCES NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define SERVER_FIRST "r=" BOTH_NONCES ",s=" SALT ",i=4096"
#define CLIENT_FINAL "c=biws,r=" BOTH_NONCES ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SERVER_FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static struct sasl
begun(const struct sasl_mechanism *mechanism, const char *user, const char *secret)
{
	struct sasl sasl = {
		.user = user, .secret = secret, .host = "imap.example.com", .port = "993"
	};

	if (mechanism == &sasl_scram_sha_256)
		memcpy(sasl.scram.nonce, NONCE, sizeof(NONCE));
	mechanism->begin(&sasl);
	sasl.step = 1;
	return sasl;
}

static void
assert_message(const struct sasl *sasl, struct span want)
{
	assert_int_equal(sasl->message.len, span_len(want));
	if (!span_empty(want))
		assert_memory_equal(sasl->message.data, want.p, span_len(want));
}

static void
the_first_messages_are_as_the_standards_have_them(void **state)
{
	const struct {
		const struct sasl_mechanism *mechanism;
		const char *user;
		struct span want;
	} rows[] = {
		{ &sasl_plain, "user", SPAN("\0user\0pencil") },
		{ &sasl_xoauth2, "user", SPAN("user=user\001auth=Bearer pencil\001\001") },
		{ &sasl_oauthbearer, "a=b,c",
		  SPAN("n,a=a=3Db=2Cc,\001host=imap.example.com\001port=993\001auth=Bearer "
		       "pencil\001\001") },
		{ &sasl_scram_sha_256, "user", SPAN("n,,n=user,r=" NONCE) },
		{ &sasl_scram_sha_256, "a=b,c", SPAN("n,,n=a=3Db=2Cc,r=" NONCE) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sasl sasl = begun(rows[i].mechanism, rows[i].user, "pencil");

		assert_message(&sasl, rows[i].want);
		sasl_end(&sasl);
	}
}

static void
a_nonce_is_never_the_same(void **state)
{
	struct sasl one = { .user = "u", .secret = "s" }, two = one;

	(void)state;
	sasl_scram_sha_256.begin(&one);
	sasl_scram_sha_256.begin(&two);
	assert_int_equal(strlen(one.scram.nonce), SASL_NONCE_SIZE - 1);
	assert_string_not_equal(one.scram.nonce, two.scram.nonce);
	sasl_end(&one);
	sasl_end(&two);
}

/* Plays SCRAM up to the server's last word. */
static struct sasl
scram_until_proof(void)
{
	struct sasl sasl = begun(&sasl_scram_sha_256, "user", "pencil");

	assert_int_equal(sasl_scram_sha_256.answer(&sasl, SPAN(SERVER_FIRST)), SASL_WORK);
	while (!sasl_work(&sasl))
		continue;
	sasl.step = 2;
	return sasl;
}

static void
scram_gives_the_proof_of_rfc_7677(void **state)
{
	struct sasl sasl = scram_until_proof();

	(void)state;
	assert_message(&sasl, SPAN(CLIENT_FINAL));
	assert_false(sasl.proved);
	assert_int_equal(sasl_scram_sha_256.answer(&sasl, SPAN(SERVER_FINAL)), SASL_SEND);
	assert_message(&sasl, SPAN(""));
	assert_true(sasl.proved);
	sasl_end(&sasl);
}

static void
a_server_that_does_not_know_the_password_proves_nothing(void **state)
{
	static const char *const finals[] = {
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=",
		"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A==",
		"v=",
		"",
		"x=1",
		"v=!!!",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++) {
		struct sasl sasl = scram_until_proof();

		assert_int_equal(sasl_scram_sha_256.answer(&sasl, span_of(finals[i])),
				 SASL_GIVE_UP);
		assert_false(sasl.proved);
		assert_non_null(strstr(sasl.error, "does not know the password"));
		sasl_end(&sasl);
	}
}

static void
an_error_of_scram_proves_nothing(void **state)
{
	struct sasl sasl = scram_until_proof();

	(void)state;
	assert_int_equal(sasl_scram_sha_256.answer(&sasl, SPAN("e=invalid-proof")), SASL_SEND);
	assert_false(sasl.proved);
	sasl.step = 3;
	assert_int_equal(sasl_scram_sha_256.answer(&sasl, SPAN(SERVER_FINAL)), SASL_GIVE_UP);
	assert_false(sasl.proved);
	sasl_end(&sasl);
}

static void
a_challenge_that_is_not_one_of_scram_is_refused(void **state)
{
	static const struct {
		const char *challenge, *says;
	} rows[] = {
		{ "", "not one of SCRAM" },
		{ "r=" BOTH_NONCES, "not one of SCRAM" },
		{ "r=" BOTH_NONCES ",s=" SALT, "not one of SCRAM" },
		{ "r=" BOTH_NONCES ",s=" SALT ",i=", "not one of SCRAM" },
		{ "r=" BOTH_NONCES ",s=" SALT ",i=4096x", "not one of SCRAM" },
		{ "r=" BOTH_NONCES ",s=" SALT ",i=99999999999999999999", "not one of SCRAM" },
		{ "m=must," SERVER_FIRST, "not one of SCRAM" },
		{ "s=" SALT ",r=" BOTH_NONCES ",i=4096", "not one of SCRAM" },
		{ "r=" NONCE ",s=" SALT ",i=4096", "does not answer ours" },
		{ "r=another" BOTH_NONCES ",s=" SALT ",i=4096", "does not answer ours" },
		{ "r=" BOTH_NONCES ",s=!,i=4096", "salt" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sasl sasl = begun(&sasl_scram_sha_256, "user", "pencil");

		assert_int_equal(sasl_scram_sha_256.answer(&sasl, span_of(rows[i].challenge)),
				 SASL_GIVE_UP);
		if (strstr(sasl.error, rows[i].says) == NULL)
			fail_msg("<%s>: %s", rows[i].challenge, sasl.error);
		sasl_end(&sasl);
	}
}

static void
rounds_are_taken_from_4096_to_a_million(void **state)
{
	static const struct {
		unsigned rounds;
		bool taken;
	} rows[] = {
		{ SASL_MIN_ROUNDS - 1, false },
		{ SASL_MIN_ROUNDS, true },
		{ SASL_MAX_ROUNDS, true },
		{ SASL_MAX_ROUNDS + 1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sasl sasl = begun(&sasl_scram_sha_256, "user", "pencil");
		char challenge[200];

		snprintf(challenge, sizeof(challenge), "r=%s,s=%s,i=%u", BOTH_NONCES, SALT,
			 rows[i].rounds);
		assert_int_equal(sasl_scram_sha_256.answer(&sasl, span_of(challenge)),
				 rows[i].taken ? SASL_WORK : SASL_GIVE_UP);
		sasl_end(&sasl);
	}
}

static void
the_work_is_done_in_slices(void **state)
{
	struct sasl sasl = begun(&sasl_scram_sha_256, "user", "pencil");
	unsigned slices = 1;

	(void)state;
	assert_int_equal(sasl_scram_sha_256.answer(&sasl, SPAN(SERVER_FIRST)), SASL_WORK);
	while (!sasl_work(&sasl))
		slices++;
	assert_int_equal(slices, (SASL_MIN_ROUNDS - 1 + SASL_SLICE - 1) / SASL_SLICE);
	sasl_end(&sasl);
}

static void
a_salt_of_1024_bytes_is_taken_and_a_longer_one_refused(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct sasl sasl = begun(&sasl_scram_sha_256, "user", "pencil");
		struct buf challenge = BUF_INIT;

		buf_adds(&challenge, "r=" BOTH_NONCES ",s=");
		for (size_t i = 0; i < SASL_MAX_SALT / 3; i++)
			buf_adds(&challenge, "AAAA");
		buf_adds(&challenge, more == 0 ? "AA==" : "AAA=");
		buf_adds(&challenge, ",i=4096");
		assert_int_equal(sasl_scram_sha_256.answer(&sasl, buf_span(&challenge)),
				 more == 0 ? SASL_WORK : SASL_GIVE_UP);
		buf_free(&challenge);
		sasl_end(&sasl);
	}
}

static void
a_refused_token_is_answered_once_and_its_reason_kept(void **state)
{
	const struct {
		const struct sasl_mechanism *mechanism;
		struct span answer;
	} rows[] = {
		{ &sasl_xoauth2, SPAN("") },
		{ &sasl_oauthbearer, SPAN("\001") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sasl sasl = begun(rows[i].mechanism, "user", "token");
		struct span reason = SPAN("{\"status\":\"400\"}");

		assert_int_equal(rows[i].mechanism->answer(&sasl, reason), SASL_SEND);
		assert_message(&sasl, rows[i].answer);
		assert_span(buf_span(&sasl.challenge), "{\"status\":\"400\"}");
		assert_int_equal(rows[i].mechanism->answer(&sasl, SPAN("")), SASL_GIVE_UP);
		sasl_end(&sasl);
	}
}

static void
plain_has_nothing_more_to_say(void **state)
{
	struct sasl sasl = begun(&sasl_plain, "user", "pencil");

	(void)state;
	assert_int_equal(sasl_plain.answer(&sasl, SPAN("more")), SASL_GIVE_UP);
	sasl_end(&sasl);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_messages_are_as_the_standards_have_them),
		cmocka_unit_test(a_nonce_is_never_the_same),
		cmocka_unit_test(scram_gives_the_proof_of_rfc_7677),
		cmocka_unit_test(a_server_that_does_not_know_the_password_proves_nothing),
		cmocka_unit_test(an_error_of_scram_proves_nothing),
		cmocka_unit_test(a_challenge_that_is_not_one_of_scram_is_refused),
		cmocka_unit_test(rounds_are_taken_from_4096_to_a_million),
		cmocka_unit_test(the_work_is_done_in_slices),
		cmocka_unit_test(a_salt_of_1024_bytes_is_taken_and_a_longer_one_refused),
		cmocka_unit_test(a_refused_token_is_answered_once_and_its_reason_kept),
		cmocka_unit_test(plain_has_nothing_more_to_say),
	};

	return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
