/*
 * token_test - a proof in our own mail that comes back with its report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "token_key.h"

#define TODAY 20780 /* 2026-11-23 */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct bounce_token ann = {
	.list = SPAN_INIT("news.lists.example.net"),
	.recipient = SPAN_INIT("Ann@example.com"),
	.expires = TODAY + 60,
};

static enum bounce_token_answer
check(const char *text, const struct bounce_token *what, uint32_t today)
{
	return bounce_token_check(test_key, COUNT(test_key), span_of(text), what, today);
}

static void
make(const struct bounce_token *what, char text[BOUNCE_TOKEN_LONG + 1])
{
	assert_int_equal(bounce_token_make(&test_key[0], what, text), 0);
}

static void
each_form_is_valid_for_what_it_was_made_for(void **state)
{
	static const struct {
		const char *recipient, *mailing;
		char form;
		size_t len;
	} rows[] = {
		{ "ann@example.com", "", 'a', BOUNCE_TOKEN_SHORT },
		{ "ann@example.com", "2026-47", 'b', BOUNCE_TOKEN_LONG },
		{ "", "", 'c', BOUNCE_TOKEN_SHORT },
		{ "", "2026-47", 'd', BOUNCE_TOKEN_LONG },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounce_token what = ann;
		struct bounce_token_view view;
		char text[BOUNCE_TOKEN_LONG + 1], mailing[BOUNCE_TOKEN_MAILING + 1] = "";

		what.recipient = span_of(rows[i].recipient);
		what.mailing = span_of(rows[i].mailing);
		make(&what, text);
		assert_int_equal(strlen(text), rows[i].len);
		assert_int_equal(text[0], rows[i].form);
		assert_int_equal(check(text, &what, TODAY), BOUNCE_TOKEN_VALID);
		assert_int_equal(bounce_token_view(span_of(text), &view), 0);
		assert_string_equal(view.key, "k1");
		assert_int_equal(view.expires, TODAY + 60);
		assert_int_equal(view.whole_list, rows[i].recipient[0] == '\0');
		if (rows[i].mailing[0] != '\0')
			bounce_token_mailing(what.mailing, mailing);
		assert_string_equal(view.mailing, mailing);
	}
}

static void
a_known_secret_gives_a_known_token(void **state)
{
	char text[BOUNCE_TOKEN_LONG + 1];

	(void)state;
	make(&ann, text);
	assert_string_equal(text, "ak12gii2u6ujbnquhlb2iudr75");
}

static void
letters_case_changes_nothing(void **state)
{
	struct bounce_token what = ann;
	char text[BOUNCE_TOKEN_LONG + 1];

	(void)state;
	make(&ann, text);
	for (char *p = text; *p != '\0'; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	what.recipient = SPAN("ANN@Example.COM");
	what.list = SPAN("News.Lists.Example.Net");
	assert_int_equal(check(text, &what, TODAY), BOUNCE_TOKEN_VALID);
}

/* Every character counts, the last one too: 20 of 5 bits are 100, nothing is padding. */
static void
a_token_with_any_bit_changed_is_not_valid(void **state)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	struct bounce_token what = ann;
	char text[BOUNCE_TOKEN_LONG + 1];

	(void)state;
	what.mailing = SPAN("2026-47");
	make(&what, text);
	for (size_t i = 0; text[i] != '\0'; i++) {
		char was = text[i];

		for (const char *other = digits; *other != '\0'; other++) {
			text[i] = *other;
			assert_int_equal(check(text, &what, TODAY) == BOUNCE_TOKEN_VALID,
					 *other == was);
		}
		text[i] = was;
	}
}

static void
a_token_is_valid_for_nothing_else(void **state)
{
	static const struct {
		const char *list, *recipient;
	} others[] = {
		{ "news.lists.example.net", "bob@example.com" },
		{ "news.lists.example.net", "ann@example.co" },
		{ "news.lists.example.net", "ann@example.com " },
		{ "news.lists.example.net", "" },
		{ "other.lists.example.net", "ann@example.com" },
		{ "", "ann@example.com" },
		{ "news.lists.example.netann@example.com", "" },
		{ "news.lists.example.ne", "tann@example.com" },
	};
	char text[BOUNCE_TOKEN_LONG + 1];

	(void)state;
	make(&ann, text);
	for (size_t i = 0; i < COUNT(others); i++) {
		struct bounce_token what = { .list = span_of(others[i].list),
					     .recipient = span_of(others[i].recipient) };

		assert_int_equal(check(text, &what, TODAY), BOUNCE_TOKEN_WRONG);
	}
}

static void
a_token_counts_through_its_last_day(void **state)
{
	char text[BOUNCE_TOKEN_LONG + 1];

	(void)state;
	make(&ann, text);
	assert_int_equal(check(text, &ann, ann.expires), BOUNCE_TOKEN_VALID);
	assert_int_equal(check(text, &ann, ann.expires + 1), BOUNCE_TOKEN_EXPIRED);
	/* that it has expired is told of genuine ones alone */
	text[BOUNCE_TOKEN_SHORT - 1] = text[BOUNCE_TOKEN_SHORT - 1] == '0' ? '1' : '0';
	assert_int_equal(check(text, &ann, ann.expires + 1), BOUNCE_TOKEN_WRONG);
}

static void
keys_are_told_apart_by_their_ids(void **state)
{
	char text[BOUNCE_TOKEN_LONG + 1];

	(void)state;
	assert_int_equal(bounce_token_make(&test_key[1], &ann, text), 0);
	assert_int_equal(check(text, &ann, TODAY), BOUNCE_TOKEN_VALID);
	assert_int_equal(bounce_token_check(test_key, 1, span_of(text), &ann, TODAY),
			 BOUNCE_TOKEN_UNKNOWN_KEY);
	text[2] = '1';
	assert_int_equal(check(text, &ann, TODAY), BOUNCE_TOKEN_WRONG);
}

static void
what_is_no_token_is_not_checked(void **state)
{
	static const char *const none[] = {
		"",
		"a",
		"ak1000",
		"ak1000aaaaaaaaaaaaaaaaaaa",
		"ak1000aaaaaaaaaaaaaaaaaaaaa",
		"bk1000aaaaaaaaaaaaaaaaaaaa",
		"ek1000aaaaaaaaaaaaaaaaaaaa",
		"ak1000aaaaaaaaaaaaaaaaaaaw",
		"ak1000aaaaaaaaaaaaaaaaaaa=",
		"ak1000aaaaaaaaaaaaaaaaaa\xc3\xa4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(check(none[i], &ann, TODAY), BOUNCE_TOKEN_MALFORMED);
	assert_int_equal(check("ak1000aaaaaaaaaaaaaaaaaaaa", &ann, TODAY), BOUNCE_TOKEN_WRONG);
}

/* `len` letters. */
static struct span
letters(char *text, size_t len)
{
	memset(text, 'a', len);
	return span_make(text, len);
}

static void
limits_hold_on_both_sides(void **state)
{
	char text[BOUNCE_TOKEN_LONG + 1], many[BOUNCE_TOKEN_MAX_RECIPIENT + 1];
	struct bounce_token what = ann;

	(void)state;
	what.expires = BOUNCE_TOKEN_FIRST_DAY;
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), 0);
	assert_int_equal(check(text, &what, BOUNCE_TOKEN_FIRST_DAY), BOUNCE_TOKEN_VALID);
	what.expires = BOUNCE_TOKEN_LAST_DAY;
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), 0);
	assert_int_equal(check(text, &what, BOUNCE_TOKEN_LAST_DAY), BOUNCE_TOKEN_VALID);
	what.expires = BOUNCE_TOKEN_FIRST_DAY - 1;
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), -1);
	what.expires = BOUNCE_TOKEN_LAST_DAY + 1;
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), -1);
	what = ann;
	what.list = letters(many, BOUNCE_TOKEN_MAX_LIST);
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), 0);
	what.list = letters(many, BOUNCE_TOKEN_MAX_LIST + 1);
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), -1);
	what = ann;
	what.recipient = letters(many, BOUNCE_TOKEN_MAX_RECIPIENT);
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), 0);
	what.recipient = letters(many, BOUNCE_TOKEN_MAX_RECIPIENT + 1);
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), -1);
	many[3] = '\0';
	what.recipient = span_make(many, 10);
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), -1);
	what = ann;
	what.list = SPAN("");
	assert_int_equal(bounce_token_make(&test_key[0], &what, text), -1);
}

static int
no_hmac(struct span secret, struct span text, unsigned char out[BOUNCE_HMAC_SIZE])
{
	(void)secret;
	(void)text;
	(void)out;
	return -1;
}

static void
a_key_that_cannot_be_makes_no_token(void **state)
{
	static const char *const ids[] = { "", "k", "K1", "kw", "k-" };
	char text[BOUNCE_TOKEN_LONG + 1];
	struct bounce_token_key key = test_key[0];

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		memset(key.id, 0, sizeof(key.id));
		memcpy(key.id, ids[i], strlen(ids[i]));
		assert_int_equal(bounce_token_make(&key, &ann, text), -1);
	}
	make(&ann, text);
	key = test_key[0];
	key.hmac = no_hmac;
	assert_int_equal(bounce_token_check(&key, 1, span_of(text), &ann, TODAY),
			 BOUNCE_TOKEN_WRONG);
	assert_int_equal(bounce_token_make(&key, &ann, text), -1);
}

#define A_TOKEN "ak1000aaaaaaaaaaaaaaaaaaaa"

static void
the_field_says_token_list_and_recipient(void **state)
{
	static const struct {
		const char *value;
		bool is;
		const char *list, *recipient;
	} rows[] = {
		{ A_TOKEN " news.example.net ann@example.com", true, "news.example.net",
		  "ann@example.com" },
		{ A_TOKEN "\r\n news.example.net\r\n\tann@example.com", true, "news.example.net",
		  "ann@example.com" },
		{ A_TOKEN " news.example.net", true, "news.example.net", "" },
		{ A_TOKEN, true, "", "" },
		{ A_TOKEN " news.example.net ann@example.com bob@example.com", false,
		  "news.example.net", "ann@example.com" },
		{ A_TOKEN "," A_TOKEN, false, "", "" },
		{ "news.example.net " A_TOKEN, false, "", "" },
		{ "", false, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounce_token_found found;

		assert_int_equal(bounce_token_in_field(span_of(rows[i].value), &found), rows[i].is);
		assert_span(found.list, rows[i].list);
		assert_span(found.recipient, rows[i].recipient);
	}
}

static void
the_field_names_nobody_whom_it_cannot_spell(void **state)
{
	static const struct {
		const char *list, *recipient, *want;
	} rows[] = {
		{ "news", "ann@example.com", A_TOKEN " news ann@example.com" },
		{ "news", "\"a b\"@example.com", A_TOKEN " news" },
		{ "news", "j\xc3\xb6rg@example.com", A_TOKEN " news" },
		{ "news", "a\r\nX-Evil: 1", A_TOKEN " news" },
		{ "news", "", A_TOKEN " news" },
		{ "the news", "ann@example.com", NULL },
		{ "", "ann@example.com", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounce_token what = { .list = span_of(rows[i].list),
					     .recipient = span_of(rows[i].recipient) };
		char out[100];
		int result = bounce_token_field(A_TOKEN, &what, out, sizeof(out));

		assert_int_equal(result, rows[i].want == NULL ? -1 : 0);
		if (rows[i].want != NULL) {
			size_t len = strlen(rows[i].want);

			assert_string_equal(out, rows[i].want);
			assert_int_equal(bounce_token_field(A_TOKEN, &what, out, len + 1), 0);
			assert_int_equal(bounce_token_field(A_TOKEN, &what, out, len), -1);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_valid_for_what_it_was_made_for),
		cmocka_unit_test(a_known_secret_gives_a_known_token),
		cmocka_unit_test(letters_case_changes_nothing),
		cmocka_unit_test(a_token_with_any_bit_changed_is_not_valid),
		cmocka_unit_test(a_token_is_valid_for_nothing_else),
		cmocka_unit_test(a_token_counts_through_its_last_day),
		cmocka_unit_test(keys_are_told_apart_by_their_ids),
		cmocka_unit_test(what_is_no_token_is_not_checked),
		cmocka_unit_test(limits_hold_on_both_sides),
		cmocka_unit_test(a_key_that_cannot_be_makes_no_token),
		cmocka_unit_test(the_field_says_token_list_and_recipient),
		cmocka_unit_test(the_field_names_nobody_whom_it_cannot_spell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
