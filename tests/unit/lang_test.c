/*
 * lang_test - the texts of the code table in the languages that we have
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "lang.h"

static void
every_word_has_its_text_in_every_language(void **state)
{
	(void)state;
	for (unsigned lang = LANG_EN; lang < LANG_COUNT; lang++) {
		for (unsigned i = 0; i < LANG_LABEL_COUNT; i++)
			assert_true(lang_label((enum lang)lang, (enum lang_label)i)[0] != '\0');
		for (unsigned i = 0; i < BOUNCE_REASON_COUNT; i++) {
			enum bounce_reason reason = (enum bounce_reason)i;
			const char *text = lang_reason((enum lang)lang, reason);

			assert_int_equal(strcmp(text, bounce_reason_text(reason)) == 0,
					 lang == LANG_EN);
		}
		for (unsigned i = 0; i < BOUNCE_DISPOSITION_COUNT; i++) {
			enum bounce_disposition d = (enum bounce_disposition)i;
			const char *text = lang_disposition((enum lang)lang, d);

			assert_int_equal(strcmp(text, bounce_disposition_text(d)) == 0,
					 lang == LANG_EN);
		}
	}
	assert_string_equal(lang_fixer(LANG_NB, BOUNCE_FIXER_SENDER), "avsenderen");
	assert_string_equal(lang_fixer(LANG_FI, BOUNCE_FIXER_NONE),
			    bounce_fixer_text(BOUNCE_FIXER_NONE));
}

static void
every_text_belongs_to_a_row(void **state)
{
	size_t count, translated = 0;
	const struct bounce_row *row = code_table(CODE_MICROSOFT, &count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(lang_cause(LANG_EN, &row[i]), row[i].cause);
		assert_ptr_equal(lang_remedy(LANG_EN, &row[i]), row[i].remedy);
		translated += lang_cause(LANG_NB, &row[i]) != row[i].cause;
	}
	assert_int_equal(translated, 41); /* the rows of the first two documents */
	row = code_table(CODE_PHRASE, &count);
	assert_ptr_equal(lang_cause(LANG_NB, row), row->cause);
}

static void
a_language_that_we_lack_is_refused(void **state)
{
	enum lang lang = LANG_EN;

	(void)state;
	assert_int_equal(lang_parse("fi", &lang), 0);
	assert_int_equal(lang, LANG_FI);
	assert_int_equal(lang_parse("sv", &lang), -1);
	assert_int_equal(lang_parse("", &lang), -1);
	assert_int_equal(lang, LANG_FI);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_has_its_text_in_every_language),
		cmocka_unit_test(every_text_belongs_to_a_row),
		cmocka_unit_test(a_language_that_we_lack_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
