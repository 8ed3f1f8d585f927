/*
 * nearest_test - which known word somebody meant
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "nearest.h"

static const char *
among(const char *word, const char *const *known)
{
	struct nearest nearest = nearest_to(word);

	for (; *known != NULL; known++)
		nearest_try(&nearest, *known);
	return nearest.best;
}

static void
a_slip_finds_the_word_that_was_meant(void **state)
{
	static const char *const known[] = { "port", "host",       "user", "folders",
					     "idle", "idle-renew", "tls",  NULL };
	static const struct {
		const char *word, *meant;
	} rows[] = {
		{ "prot", "port" },      /* swapped */
		{ "hst", "host" },       /* dropped */
		{ "userr", "user" },     /* doubled */
		{ "folder", "folders" }, /* forgotten */
		{ "idel", "idle" },      /* swapped at the end */
		{ "idle_renew", "idle-renew" },
		{ "tsl", "tls" },
		{ "port", "port" },
		{ "banana", NULL },
		{ "x", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *best = among(rows[i].word, known);

		if (rows[i].meant == NULL)
			assert_null(best);
		else
			assert_string_equal(best, rows[i].meant);
	}
}

static void
the_first_of_two_equally_near_words_is_taken(void **state)
{
	static const char *const known[] = { "cold", "bold", NULL };

	(void)state;
	assert_string_equal(among("xold", known), "cold");
}

static void
words_up_to_the_limit_are_compared(void **state)
{
	char word[NEAREST_MAX_WORD + 2], slip[NEAREST_MAX_WORD + 2];
	const char *const known[] = { word, NULL };

	(void)state;
	memset(word, 'a', sizeof(word));
	word[NEAREST_MAX_WORD] = '\0';
	memcpy(slip, word, sizeof(slip));
	slip[0] = 'b';
	assert_ptr_equal(among(slip, known), word);

	word[NEAREST_MAX_WORD] = 'a';
	word[NEAREST_MAX_WORD + 1] = '\0';
	assert_null(among(slip, known));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slip_finds_the_word_that_was_meant),
		cmocka_unit_test(the_first_of_two_equally_near_words_is_taken),
		cmocka_unit_test(words_up_to_the_limit_are_compared),
	};

	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
