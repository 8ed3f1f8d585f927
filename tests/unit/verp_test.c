/*
 * verp_test - whom and what a report is about, by the address that it was sent to
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "verp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOKEN "ak12gii2u6ujbnquhlb2iudr75"
#define LONG "bk12gi0000000000000000000000000"

struct row {
	const char *address, *style, *list, *recipient, *base;
};

static void
check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bounce_verp verp;
		struct arena arena;

		arena_init(&arena, 0);
		assert_int_equal(bounce_verp_read(&arena, span_of(rows[i].address), &verp), 0);
		assert_string_equal(bounce_verp_style_name(verp.style), rows[i].style);
		assert_span(verp.list, rows[i].list);
		assert_span(verp.recipient, rows[i].recipient);
		assert_span(verp.base, rows[i].base);
		arena_free(&arena);
	}
}

static void
each_style_tells_list_and_recipient(void **state)
{
	static const struct row rows[] = {
		{ "news+ann=example.com@lists.example.net", "postfix", "news@lists.example.net",
		  "ann@example.com", "news@lists.example.net" },
		{ "owner-news+ann=example.com@lists.example.net", "postfix",
		  "news@lists.example.net", "ann@example.com", "owner-news@lists.example.net" },
		{ "news-bounces+ann=example.com@lists.example.net", "mailman",
		  "news@lists.example.net", "ann@example.com", "news-bounces@lists.example.net" },
		{ "news-bounces+ann+tag=example.com@lists.example.net", "mailman",
		  "news@lists.example.net", "ann+tag@example.com",
		  "news-bounces@lists.example.net" },
		{ "news-bounces+ann=x=example.com@lists.example.net", "mailman",
		  "news@lists.example.net", "ann=x@example.com", "news-bounces@lists.example.net" },
		{ "bounce+ann==example.com==news@lists.example.net", "sympa",
		  "news@lists.example.net", "ann@example.com", "bounce@lists.example.net" },
		{ "bounce+ann==a==example.com==news@lists.example.net", "sympa",
		  "news@lists.example.net", "ann@example.com", "bounce@lists.example.net" },
		{ "bounce+ann==a==example.com==news==w@lists.example.net", "sympa",
		  "news@lists.example.net", "ann@example.com", "bounce@lists.example.net" },
		{ "bounce+ann==a==example.com==news==4711@lists.example.net", "sympa",
		  "news@lists.example.net", "ann@example.com", "bounce@lists.example.net" },
		{ "news-return-123-ann=example.com@lists.example.net", "ezmlm",
		  "news@lists.example.net", "ann@example.com", "news-return@lists.example.net" },
		{ "news-bounces+" TOKEN "+ann=example.com@lists.example.net", "token", "",
		  "ann@example.com", "news-bounces@lists.example.net" },
		{ "news-bounces-" TOKEN "-ann-b=example.com@lists.example.net", "token", "",
		  "ann-b@example.com", "news-bounces@lists.example.net" },
		{ "news+bounces+" LONG "+ann=example.com@lists.example.net", "token", "",
		  "ann@example.com", "news+bounces@lists.example.net" },
		{ "news-bounces+" TOKEN "@lists.example.net", "token", "", "",
		  "news-bounces@lists.example.net" },
		{ "news-bounces@lists.example.net", "plain", "news@lists.example.net", "",
		  "news-bounces@lists.example.net" },
		{ "news-owner@lists.example.net", "plain", "news@lists.example.net", "",
		  "news-owner@lists.example.net" },
		{ "owner-news@lists.example.net", "plain", "news@lists.example.net", "",
		  "owner-news@lists.example.net" },
		{ "prvs=1787aabbcc=news-bounces+ann=example.com@lists.example.net", "mailman",
		  "news@lists.example.net", "ann@example.com", "news-bounces@lists.example.net" },
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void
what_is_no_envelope_address_of_a_list_tells_nothing(void **state)
{
	static const char *const none[] = {
		"",
		"ann@example.com",
		"ann+tag@example.com",
		"+ann=example.com@lists.example.net",
		"news+=example.com@lists.example.net",
		"news+ann=@lists.example.net",
		"news+ann=localhost@lists.example.net", /* no domain of the Internet */
		"srs0=hhh=tt=example.com=ann@forward.example.net",
		"SRS0+hhh=tt=example.com=ann@forward.example.net",
		"srs1=hhh=forward.example.org==hhh=tt=example.com=ann@forward.example.net",
		"news-return--ann=example.com@lists.example.net",
		"bounce+ann==example.com==@lists.example.net",
		"bounce+ann==example.com==news=x@lists.example.net",
		"-bounces@lists.example.net",
		"owner-@lists.example.net",
		"prvs=1787aabbcc=@lists.example.net",
		"prvs=178Xaabbcc=ann@lists.example.net",
		"prvs=1787aabbcg=ann@lists.example.net",
		"prvs=1787aabbccd=ann@lists.example.net",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		const struct row row = { none[i], "none", "", "", none[i] };

		check(&row, 1);
	}
}

static void
a_broken_token_is_read_as_what_else_it_may_be(void **state)
{
	static const struct row rows[] = {
		/* one letter short: a recipient with a plus in his name */
		{ "news+ak12gii2u6ujbnquhlb2iudr7+ann=example.com@lists.example.net", "postfix",
		  "news@lists.example.net", "ak12gii2u6ujbnquhlb2iudr7+ann@example.com",
		  "news@lists.example.net" },
		/* nothing readable behind it */
		{ "news+" TOKEN "+ann@lists.example.net", "none", "", "",
		  "news+" TOKEN "+ann@lists.example.net" },
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void
tags_and_numbers_are_told(void **state)
{
	struct bounce_verp verp;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(bounce_verp_read(&arena, SPAN("PRVS=1787aabbcc=news@example.net"), &verp),
			 0);
	assert_span(verp.tag, "1787aabbcc");
	assert_span(verp.base, "news@example.net");
	assert_span(verp.plain, "news@example.net");
	assert_int_equal(bounce_verp_read(&arena,
					  SPAN("news-return-123-ann=example.com@example.net"),
					  &verp),
			 0);
	assert_span(verp.mailing, "123");
	assert_int_equal(bounce_verp_read(&arena, SPAN("news-b+" LONG "@example.net"), &verp), 0);
	assert_span(verp.token, LONG);
	arena_free(&arena);
}

static void
an_arena_that_is_out_is_an_error(void **state)
{
	struct bounce_verp verp;
	struct arena arena;

	(void)state;
	arena_init(&arena, 8);
	assert_int_equal(bounce_verp_read(&arena, SPAN("news+ann=example.com@example.net"), &verp),
			 -1);
	arena_free(&arena);
}

static void
what_is_written_is_read_again(void **state)
{
	static const struct {
		const char *base, *recipient;
		char delimiter;
		int result;
		const char *want;
	} rows[] = {
		{ "b@lists.example.net", "ann@example.com", '+', 1,
		  "b+" TOKEN "+ann=example.com@lists.example.net" },
		{ "b@lists.example.net", "ann+tag=x@example.com", '-', 1,
		  "b-" TOKEN "-ann+tag=x=example.com@lists.example.net" },
		/* 1 + 1 + 26 + 1 + 35 = 64 octets, and one more */
		{ "b@lists.example.net", "abcdefghijklmnopqrstuvw@example.com", '+', 1,
		  "b+" TOKEN "+abcdefghijklmnopqrstuvw=example.com@lists.example.net" },
		{ "b@lists.example.net", "abcdefghijklmnopqrstuvwx@example.com", '+', 0,
		  "b+" TOKEN "@lists.example.net" },
		/* what cannot be spelled without quotes is not spelled at all */
		{ "b@lists.example.net", "\"a b\"@example.com", '+', 0,
		  "b+" TOKEN "@lists.example.net" },
		{ "b@lists.example.net", "a..b@example.com", '+', 0,
		  "b+" TOKEN "@lists.example.net" },
		{ "b@lists.example.net", "j\xc3\xb6rg@example.com", '+', 0,
		  "b+" TOKEN "@lists.example.net" },
		{ "b@lists.example.net", "ann@[192.0.2.1]", '+', 0,
		  "b+" TOKEN "@lists.example.net" },
		{ "b@lists.example.net", "a\r\nRCPT@example.com", '+', 0,
		  "b+" TOKEN "@lists.example.net" },
		{ "b@lists.example.net", "", '+', 0, "b+" TOKEN "@lists.example.net" },
		/* 37 + 1 + 26 = 64 octets, and one more */
		{ "abcdefghijklmnopqrstuvwxyz-abcdefghij@example.net", "ann@example.com", '+', 0,
		  "abcdefghijklmnopqrstuvwxyz-abcdefghij+" TOKEN "@example.net" },
		{ "abcdefghijklmnopqrstuvwxyz-abcdefghijk@example.net", "ann@example.com", '+', -1,
		  NULL },
		{ "no address", "ann@example.com", '+', -1, NULL },
		{ "@example.net", "ann@example.com", '+', -1, NULL },
		{ "b@", "ann@example.com", '+', -1, NULL },
		{ "b\r\n@example.net", "ann@example.com", '+', -1, NULL },
		{ "b@example.net", "ann@example.com", '@', -1, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[BOUNCE_VERP_MAX_ADDRESS + 1];
		const char *recipient = rows[i].result == 1 ? rows[i].recipient : "";

		assert_int_equal(bounce_verp_address(span_of(rows[i].base), rows[i].delimiter,
						     TOKEN, span_of(rows[i].recipient), out),
				 rows[i].result);
		if (rows[i].result < 0)
			continue;
		assert_string_equal(out, rows[i].want);
		check(&(struct row){ out, "token", "", recipient, rows[i].base }, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_style_tells_list_and_recipient),
		cmocka_unit_test(what_is_no_envelope_address_of_a_list_tells_nothing),
		cmocka_unit_test(a_broken_token_is_read_as_what_else_it_may_be),
		cmocka_unit_test(tags_and_numbers_are_told),
		cmocka_unit_test(an_arena_that_is_out_is_an_error),
		cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
