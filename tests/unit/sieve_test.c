/*
 * sieve_test - what may not stand in a text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "sieve.h"

static const char text[] = "The mailbox of Kari@Example.COM\r\nis full, again.";

static void
every_word_of_a_text_passes(void **state)
{
	struct sieve sieve = { 0 };
	char word[sizeof(text)];

	(void)state;
	sieve_add(&sieve, SPAN(text));
	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		for (size_t len = 1; at + len < sizeof(text); len++) {
			memcpy(word, text + at, len);
			word[len] = '\0';
			assert_true(sieve_passes(&sieve, span_of(word)));
			for (char *p = word; *p != '\0'; p++)
				*p = span_lower(*p);
			assert_true(sieve_passes(&sieve, span_of(word)));
		}
	}
}

static void
most_words_that_are_not_there_do_not_pass(void **state)
{
	static const char *const absent[] = {
		"user unknown",     "over quota", "relaying denied", "spamming", "greylisted",
		"try again later.", "blocked",    "no such user",    "looping",  "blacklist",
	};
	struct sieve sieve = { 0 };
	size_t passed = 0;

	(void)state;
	sieve_add(&sieve, SPAN(text));
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		passed += sieve_passes(&sieve, span_of(absent[i])) ? 1 : 0;
	assert_true(passed <= 1);
}

static void
words_too_short_to_tell_pass(void **state)
{
	struct sieve sieve = { 0 };

	(void)state;
	assert_true(sieve_passes(&sieve, SPAN("")));
	assert_true(sieve_passes(&sieve, SPAN("abcd")));
	assert_false(sieve_passes(&sieve, SPAN("abcde")));
	sieve_add(&sieve, SPAN("abc"));
	assert_false(sieve_passes(&sieve, SPAN("abcde")));
	sieve_add(&sieve, SPAN("abcde"));
	assert_true(sieve_passes(&sieve, SPAN("abcde")));
}

static void
a_second_text_adds_to_the_first(void **state)
{
	struct sieve sieve = { 0 };

	(void)state;
	sieve_add(&sieve, SPAN("mailbox"));
	sieve_add(&sieve, SPAN("quota"));
	assert_true(sieve_passes(&sieve, SPAN("mailbox")));
	assert_true(sieve_passes(&sieve, SPAN("QUOTA")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_of_a_text_passes),
		cmocka_unit_test(most_words_that_are_not_there_do_not_pass),
		cmocka_unit_test(words_too_short_to_tell_pass),
		cmocka_unit_test(a_second_text_adds_to_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
