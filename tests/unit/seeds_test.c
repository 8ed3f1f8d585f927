/*
 * seeds_test - every code and phrase of the Exchange documents, in whole messages
 *
 * What each row must come to is written down here a second time, apart from microsoft.def, so that
 * a slip in the table is seen. Each case goes the way of a fetched mail: bounce_read(), then
 * bounce_classify().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "seed_world.h"

static void
assert_rule(const char *code, struct bounce_verdict v, const char *want)
{
	if (strcmp(v.rule, want) != 0)
		fail_msg("%s: %s, not %s", code, v.rule, want);
}

static void
every_row_of_the_documents_is_there(void **state)
{
	(void)state;
	assert_int_equal(COUNT(seeds), 41);
	for (size_t i = 0; i < COUNT(seeds); i++) {
		const struct bounce_row *row = row_named(seeds[i].row);

		assert_int_equal(row->reason, seeds[i].reason);
		assert_int_equal(row->disposition, seeds[i].disposition);
		assert_int_equal(row->bad, seeds[i].bad);
		assert_int_equal(row->effect, seeds[i].effect);
		assert_int_equal(row->fixer, seeds[i].fixer);
	}
}

static void
a_remedy_that_the_documents_do_not_give_is_absent(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		const struct bounce_row *row = row_named(seeds[i].row);
		bool none = strcmp(row->id, "33") == 0 || strcmp(row->id, "34") == 0 ||
			    strcmp(row->id, "35") == 0;

		assert_int_equal(row->remedy[0] == '\0', none);
	}
}

static void
code_and_phrase_pick_the_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		const struct seed *s = &seeds[i];
		struct bounce_verdict v = judge(s->low, s->text, FOREIGN);

		assert_non_null(v.row);
		if (strcmp(v.row->id, s->row) != 0)
			fail_msg("row %s: %s", s->row, v.rule);
		assert_int_equal(v.row->table, CODE_MICROSOFT);
		assert_int_equal(v.reason, s->reason);
		assert_int_equal(v.disposition, s->disposition);
		assert_int_equal(v.bad, s->bad);
		assert_int_equal(v.effect, s->effect);
		assert_int_equal(v.fixer, s->fixer);
		assert_string_equal(v.why, v.row->cause);
	}
}

/* Capitals, folds, runs of blanks and no-break spaces do not hide a phrase. */
static void
the_layout_of_a_phrase_does_not_matter(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		size_t len = 0;

		for (const char *p = seeds[i].text; *p != '\0' && len < sizeof(text) - 8; p++) {
			static const char *const blanks[] = { "  ", "\xc2\xa0", "\r\n\t" };
			const char *blank = blanks[(size_t)(p - seeds[i].text) % 3];

			if (*p == ' ')
				len += (size_t)snprintf(text + len, 8, "%s", blank);
			else if (*p >= 'a' && *p <= 'z')
				text[len++] = (char)(*p - 'a' + 'A');
			else
				text[len++] = *p;
		}
		text[len] = '\0';
		assert_string_equal(judge(seeds[i].low, text, FOREIGN).row->id, seeds[i].row);
	}
}

static void
what_stands_for_a_placeholder_is_reported(void **state)
{
	struct bounce_verdict v;

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		v = judge(seeds[i].low, seeds[i].text, FOREIGN);
		assert_int_equal(v.found_count > 0, seeds[i].kind != NULL);
		if (seeds[i].kind == NULL)
			continue;
		assert_string_equal(v.found[0].kind, seeds[i].kind);
		assert_span(v.found[0].value, seeds[i].value);
	}
	v = judge("5.7.513",
		  "Service unavailable, Client host [192.0.2.7] blocked by contoso.com using "
		  "Customer Block list (AS16012607)",
		  FOREIGN);
	assert_int_equal(v.found_count, 3);
	assert_string_equal(v.found[1].kind, "domain");
	assert_span(v.found[1].value, "contoso.com");
	assert_string_equal(v.found[2].kind, "as");
	assert_span(v.found[2].value, "AS16012607");
	v = judge(
		"5.7.508",
		"Access denied, [2001:db8::25] has exceeded permitted limits within 2001:db8::/64 "
		"range",
		FOREIGN);
	assert_int_equal(v.found_count, 2);
	assert_string_equal(v.found[1].kind, "text");
	assert_span(v.found[1].value, "2001:db8::/64");
}

/* A word where an IP address should be is another sentence; then the code alone decides. */
static void
a_value_of_the_wrong_kind_is_no_match(void **state)
{
	struct bounce_verdict v =
		judge("5.7.606", "Access denied, banned sending IP [contoso.com]", FOREIGN);

	(void)state;
	assert_rule("5.7.606", v, "microsoft:39");
	assert_int_equal(v.found_count, 0);
}

static void
a_code_alone_is_read_as_exchange_means_it_when_exchange_speaks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++)
		assert_rule(seeds[i].low, judge(seeds[i].low, "", EXCHANGE), seeds[i].alone);
}

/* Nobody else's 5.1.0, 5.1.8, 5.7.12 or 5.7.13 means what Exchange means by it. */
static void
a_registered_code_is_read_as_registered_when_others_speak(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++)
		assert_rule(seeds[i].low, judge(seeds[i].low, "", FOREIGN), seeds[i].foreign);
}

static void
a_translated_phrase_leaves_the_code_to_decide(void **state)
{
	(void)state;
	assert_rule("4.4.316", judge("4.4.316", "Tilkobling nektes", FOREIGN), "microsoft:1");
	assert_rule("5.2.121",
		    judge("5.2.121",
			  "Grensen er n\xc3\xa5"
			  "dd",
			  FOREIGN),
		    "microsoft:10");
}

static void
relay_denied_needs_its_phrase(void **state)
{
	struct bounce_verdict v = judge("5.4.1", "something else", EXCHANGE);

	(void)state;
	assert_int_equal(v.reason, BOUNCE_REASON_CONNECTION_FAILED);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_RETRY);
	v = judge("5.4.1", "Relay Access Denied", FOREIGN);
	assert_int_equal(v.reason, BOUNCE_REASON_RELAY_DENIED);
	assert_int_equal(v.disposition, BOUNCE_DISPOSITION_DISABLE);
}

/* Exchange's 5.1.10 kills, the registry's only disables: without a phrase the milder one counts. */
static void
where_exchange_blames_more_the_registry_is_believed(void **state)
{
	(void)state;
	assert_rule("5.1.10", judge("5.1.10", "", EXCHANGE), "registry:X.1.10");
	assert_int_equal(
		judge("5.1.10", "RESOLVER.ADR.RecipientNotFound; not found", FOREIGN).reason,
		BOUNCE_REASON_NO_SUCH_USER);
}

struct end_case {
	const char *code, *rule;
};

static void
the_ends_of_a_range_are_in_it_and_their_neighbours_are_not(void **state)
{
	static const struct end_case cases[] = {
		{ "4.7.499", "registry:4.7.0" }, { "4.7.500", "microsoft:71" },
		{ "4.7.699", "microsoft:5" },    { "4.7.701", "registry:4.7.0" },
		{ "4.7.849", "registry:4.7.0" }, { "4.7.850", "microsoft:6" },
		{ "4.7.899", "microsoft:6" },    { "4.7.900", "registry:4.7.0" },
		{ "5.7.605", "registry:X.7.0" }, { "5.7.606", "microsoft:39" },
		{ "5.7.649", "microsoft:39" },   { "5.7.650", "registry:X.7.0" },
		{ "5.7.699", "registry:X.7.0" }, { "5.7.700", "microsoft:40" },
		{ "5.7.749", "microsoft:40" },   { "5.7.751", "registry:X.7.0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_rule(cases[i].code, judge(cases[i].code, "", FOREIGN), cases[i].rule);
}

/* Rows 5 and 6 print the same words: only the code tells them apart. */
static void
one_phrase_in_two_ranges_is_told_apart_by_the_code(void **state)
{
	const char *said = "Access denied, please try again later";

	(void)state;
	assert_rule("4.7.550", judge("4.7.550", said, FOREIGN), "microsoft:5");
	assert_rule("4.7.860", judge("4.7.860", said, FOREIGN), "microsoft:6");
}

static void
a_fault_of_ours_never_weighs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		struct bounce_verdict v = judge(seeds[i].low, seeds[i].text, EXCHANGE);

		if (v.disposition == BOUNCE_DISPOSITION_OPERATOR ||
		    v.disposition == BOUNCE_DISPOSITION_CONTENT)
			assert_int_equal(v.weight, 0);
		assert_int_equal(v.severity == BOUNCE_SEVERITY_HARD, v.bad == BOUNCE_BAD_YES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_documents_is_there),
		cmocka_unit_test(a_remedy_that_the_documents_do_not_give_is_absent),
		cmocka_unit_test(code_and_phrase_pick_the_row),
		cmocka_unit_test(the_layout_of_a_phrase_does_not_matter),
		cmocka_unit_test(what_stands_for_a_placeholder_is_reported),
		cmocka_unit_test(a_value_of_the_wrong_kind_is_no_match),
		cmocka_unit_test(a_code_alone_is_read_as_exchange_means_it_when_exchange_speaks),
		cmocka_unit_test(a_registered_code_is_read_as_registered_when_others_speak),
		cmocka_unit_test(a_translated_phrase_leaves_the_code_to_decide),
		cmocka_unit_test(relay_denied_needs_its_phrase),
		cmocka_unit_test(where_exchange_blames_more_the_registry_is_believed),
		cmocka_unit_test(the_ends_of_a_range_are_in_it_and_their_neighbours_are_not),
		cmocka_unit_test(one_phrase_in_two_ranges_is_told_apart_by_the_code),
		cmocka_unit_test(a_fault_of_ours_never_weighs),
	};

	return cmocka_run_group_tests(tests, setup_arena, teardown_arena);
}
