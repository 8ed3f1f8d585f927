/*
 * batv_test - signatures of mail servers in envelope addresses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <gnutls/crypto.h>

#include "batv.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TODAY 20780 /* 2026-11-23 */

static int
sha1(struct span secret, struct span text, unsigned char out[BATV_HMAC_SIZE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret.p, span_len(secret), text.p, span_len(text),
				out);
}

static const struct batv_key keys[] = {
	{ '0', SPAN_INIT("a secret of last year"), sha1 },
	{ '1', SPAN_INIT("a secret of the mail server"), sha1 },
};

static enum bounce_token_answer
check(const char *tag, const char *address, uint32_t today)
{
	return batv_check(keys, COUNT(keys), span_of(tag), span_of(address),
			  (struct batv_time){ today, 7 });
}

static void
a_signature_is_valid_for_its_address_alone(void **state)
{
	(void)state;
	assert_int_equal(check("1787f78b44", "news-bounces@lists.example.net", TODAY),
			 BOUNCE_TOKEN_VALID);
	assert_int_equal(check("1787F78B44", "news-bounces@lists.example.net", TODAY),
			 BOUNCE_TOKEN_VALID);
	assert_int_equal(check("1787f78b44", "other-bounces@lists.example.net", TODAY),
			 BOUNCE_TOKEN_WRONG);
	assert_int_equal(check("1788f78b44", "news-bounces@lists.example.net", TODAY),
			 BOUNCE_TOKEN_WRONG);
	assert_int_equal(check("0787f78b44", "news-bounces@lists.example.net", TODAY),
			 BOUNCE_TOKEN_WRONG);
	assert_int_equal(check("2787f78b44", "news-bounces@lists.example.net", TODAY),
			 BOUNCE_TOKEN_UNKNOWN_KEY);
	assert_int_equal(check("1787f78b44", "", TODAY), BOUNCE_TOKEN_WRONG);
	assert_int_equal(check("1787", "news-bounces@lists.example.net", TODAY),
			 BOUNCE_TOKEN_MALFORMED);
}

static void
any_bit_changed_makes_it_wrong(void **state)
{
	static const char digits[] = "0123456789abcdef";
	char tag[] = "1787f78b44";

	(void)state;
	for (size_t i = 4; i < sizeof(tag) - 1; i++) {
		char was = tag[i];

		for (const char *other = digits; *other != '\0'; other++) {
			tag[i] = *other;
			assert_int_equal(check(tag, "news-bounces@lists.example.net", TODAY) ==
						 BOUNCE_TOKEN_VALID,
					 *other == was);
		}
		tag[i] = was;
	}
}

/* The day is 787: of 20787, and of 21787. */
static void
it_counts_within_its_days(void **state)
{
	static const struct {
		uint32_t today;
		enum bounce_token_answer answer;
	} rows[] = {
		{ 20779, BOUNCE_TOKEN_EXPIRED }, { 20780, BOUNCE_TOKEN_VALID },
		{ 20787, BOUNCE_TOKEN_VALID },   { 20788, BOUNCE_TOKEN_EXPIRED },
		{ 21779, BOUNCE_TOKEN_EXPIRED }, { 21780, BOUNCE_TOKEN_VALID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
			check("1787f78b44", "news-bounces@lists.example.net", rows[i].today),
			rows[i].answer);
}

static void
an_address_of_any_length_is_borne(void **state)
{
	char address[514];

	(void)state;
	memset(address, 'a', sizeof(address));
	assert_int_equal(batv_check(keys, 2, SPAN("1787f78b44"), span_make(address, 512),
				    (struct batv_time){ TODAY, 7 }),
			 BOUNCE_TOKEN_WRONG);
	assert_int_equal(batv_check(keys, 2, SPAN("1787f78b44"), span_make(address, 513),
				    (struct batv_time){ TODAY, 7 }),
			 BOUNCE_TOKEN_WRONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_is_valid_for_its_address_alone),
		cmocka_unit_test(any_bit_changed_makes_it_wrong),
		cmocka_unit_test(it_counts_within_its_days),
		cmocka_unit_test(an_address_of_any_length_is_borne),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
