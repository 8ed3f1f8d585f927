/*
 * config_trust_test - what is refused of keys, lists and the proof that they want
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "config_world.h"

#define KEY "key \"k1\" { secret-file = /k1 } "

static void
assert_refused(const char *text, const char *want)
{
	struct buf errors = BUF_INIT;

	assert_null(config_parse("test.conf", text, &errors));
	if (strstr(buf_str(&errors), want) == NULL)
		fail_msg("%s\nsays: %snot: %s", text, buf_str(&errors), want);
	buf_free(&errors);
}

static void
mistakes_are_told_with_their_remedy(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "tokens { key \"key\" { secret-file = /k } }", "write two of 0-9 and a-v" },
		{ "tokens { key \"K1\" { secret-file = /k } }", "write two of 0-9 and a-v" },
		{ "tokens { key \"kw\" { secret-file = /k } }", "write two of 0-9 and a-v" },
		{ "tokens { key \"k1\" { } }", "key \"k1\": no secret; give one of" },
		{ "tokens { key \"k1\" { secret-file = /k secret-credential = c } }",
		  "key \"k1\": 2 secret sources; keep one of" },
		{ "tokens { key \"k1\" { secret-credential = \"/k\" } }", "'/k' is a path" },
		{ "tokens { batv \"10\" { secret-file = /k } }", "write one digit" },
		{ "tokens { batv \"x\" { secret-file = /k } }", "write one digit" },
		{ "tokens { batv \"1\" { } }", "batv \"1\": no secret" },
		{ "tokens { sign-with = k2 " KEY "}", "sign-with: there is no key \"k2\"" },
		{ "tokens { expire = 23h }", "expire" },
		{ "tokens { expire = 500d }", "expire" },
		{ "trust { dead = T4 }", "dead" },
		{ "list \"a\" { bounce-address = \"no address\" }", "no address that tokens" },
		{ "list \"a\" { bounce-address = "
		  "\"abcdefghijklmnopqrstuvwxyz-abcdefghijk@example.net\" }",
		  "at most 37 characters before the @" },
		{ "list \"the news\" { }", "no room in a token field" },
		{ "list \"News.Example.com\" { } list \"news.example.com\" { }",
		  "list \"news.example.com\" stands above already, in other letters' case" },
		{ "list \"a\" { require-token = always }", "without a key no report would" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(rows[i].text, rows[i].want);
}

static void
what_is_right_is_taken(void **state)
{
	static const char *const texts[] = {
		"tokens { " KEY "}",
		"tokens { sign-with = k1 expire = 1d batv-expire = 499d " KEY "}",
		"tokens { key \"00\" { secret-command = {\"/bin/x\"} } "
		"key \"vv\" { secret-credential = c } }",
		"tokens { batv \"0\" { secret-file = /k } batv \"9\" { secret-file = /k } }",
		"list \"a\" { bounce-address = "
		"\"abcdefghijklmnopqrstuvwxyz-abcdefghij@example.net\" delimiter = equals }",
		"tokens { " KEY "} list \"a\" { require-token = always }",
		"trust { dead = T3 ok = T0 }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		config_free(must_parse(texts[i]));
}

/* A reload goes on with pools whose configuration says the same: a key's change must not. */
static void
another_secret_is_another_configuration(void **state)
{
	static struct bounce_token_key first[1] = { { .id = "k1", .secret = SPAN_INIT("one") } };
	static struct bounce_token_key second[1] = { { .id = "k1", .secret = SPAN_INIT("two") } };
	struct config *a = must_parse("tokens { " KEY "}"), *b = must_parse("tokens { " KEY "}");

	(void)state;
	assert_true(config_same_policy(a, b));
	a->ring = first;
	b->ring = second;
	a->ring_count = b->ring_count = 1;
	assert_false(config_same_policy(a, b));
	b->ring = first;
	assert_true(config_same_policy(a, b));
	b->ring_count = 0;
	assert_false(config_same_policy(a, b));
	a->ring_count = 0;
	config_free(a);
	config_free(b);
	a = must_parse("list \"a\" { require-token = never }");
	b = must_parse("list \"a\" { }");
	assert_false(config_same_policy(a, b));
	config_free(a);
	config_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told_with_their_remedy),
		cmocka_unit_test(what_is_right_is_taken),
		cmocka_unit_test(another_secret_is_another_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
