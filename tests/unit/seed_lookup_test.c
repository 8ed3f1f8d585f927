/*
 * seed_lookup_test - the code table as a person asks it, one test a promise
 *
 * Boxes A4 to A9 of the list that this project began with: whoever has a code, and perhaps a
 * phrase, out of one of Microsoft's reports asks bouncectl, in English, Norwegian or Finnish.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "ctl_run.h"
#include "lang.h"
#include "seed_world.h"

static const char *const langs[LANG_COUNT] = { "en", "nb", "fi" };

/* Asks for a code, with a phrase unless that is NULL. */
static void
ask(enum lang lang, const char *code, const char *phrase)
{
	struct buf arguments = BUF_INIT;

	buf_addf(&arguments, "code '%s' --lang %s", code, langs[lang]);
	if (phrase != NULL) {
		buf_adds(&arguments, " --phrase '");
		for (const char *p = phrase; *p != '\0'; p++)
			buf_adds(&arguments, *p == '\'' ? "'\\''" : (char[]){ *p, '\0' });
		buf_addc(&arguments, '\'');
	}
	assert_int_equal(ctl(buf_str(&arguments)), 0);
	buf_free(&arguments);
}

static void
assert_says_of(const char *label, const char *text)
{
	char line[2000];

	snprintf(line, sizeof(line), "  %s ", label);
	assert_says(line);
	snprintf(line, sizeof(line), " %s\n", text);
	assert_says(line);
}

/* The one row that is shown in full, "microsoft:17". */
static void
assert_rule_is(enum lang lang, const char *id)
{
	char rule[40];

	snprintf(rule, sizeof(rule), "microsoft:%s", id);
	assert_int_equal(times("microsoft:"), 1);
	assert_says_of(lang_label(lang, LANG_RULE), rule);
}

static void
a4_a_code_gives_phrase_cause_remedy_and_fixer(void **state)
{
	(void)state;
	for (unsigned l = 0; l < LANG_COUNT; l++) {
		enum lang lang = (enum lang)l;

		for (size_t i = 0; i < COUNT(seeds); i++) {
			const struct bounce_row *row = row_named(seeds[i].row);
			const char *remedy = lang_remedy(lang, row);

			ask(lang, seeds[i].low, seeds[i].text);
			assert_rule_is(lang, seeds[i].row);
			assert_says(row->phrase);
			assert_says_of(lang_label(lang, LANG_CAUSE), lang_cause(lang, row));
			if (remedy[0] == '\0')
				remedy = lang_label(lang, LANG_NO_REMEDY);
			assert_says_of(lang_label(lang, LANG_REMEDY), remedy);
			assert_says(bounce_fixer_name(row->fixer));
			assert_says(lang_fixer(lang, row->fixer));
		}
	}
}

static void
a5_of_several_rows_the_phrase_picks_one_and_without_it_none_is_chosen(void **state)
{
	static const struct {
		const char *phrase, *id;
	} rows[] = {
		{ "Delivery not authorized", "16" },
		{ "Unable to relay", "17" },
		{ "Client was not authenticated", "18" },
	};

	(void)state;
	for (unsigned l = 0; l < LANG_COUNT; l++) {
		enum lang lang = (enum lang)l;

		for (size_t i = 0; i < COUNT(rows); i++) {
			ask(lang, "5.7.1", rows[i].phrase);
			assert_rule_is(lang, rows[i].id);
		}
		ask(lang, "5.7.1", NULL);
		for (size_t i = 0; i < COUNT(rows); i++) {
			char rule[40];

			snprintf(rule, sizeof(rule), " microsoft:%s\n", rows[i].id);
			assert_int_equal(times(rule), 1);
		}
		ask(lang, "5.7.1", "something that no row prints");
		assert_says("no phrase of that code stands in the text");
		assert_true(times("microsoft:") > COUNT(rows));
	}
}

static void
a6_a_range_includes_its_ends_and_a_row_of_its_own_wins(void **state)
{
	static const struct {
		const char *code;
		bool in;         /* is the code in a range ... */
		const char *row; /* ... of this row? */
	} rows[] = {
		{ "4.7.499", false, "5" },
		{ "4.7.501", true, "5" },
		{ "4.7.699", true, "5" },
		{ "4.7.700", false, "5" },
		{ "4.7.849", false, "6" },
		{ "4.7.850", true, "6" },
		{ "4.7.899", true, "6" },
		{ "4.7.900", false, "6" },
		{ "5.7.605", false, "39" },
		{ "5.7.606", true, "39" },
		{ "5.7.649", true, "39" },
		{ "5.7.650", false, "39" },
		{ "5.7.699", false, "40" },
		{ "5.7.700", true, "40" },
		{ "5.7.749", true, "40" },
		{ "5.7.750", false, "40" },
		{ "4.7.500", false, "5" },
		{ "4.7.650", false, "5" },
		{ "5.7.705", false, "40" },
		{ "4.7.501-699", true, "5" },
		{ "5.7.606-649", true, "39" },
		{ "5.7.606\xe2\x80\x93"
		  "649",
		  true, "39" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char rule[40];

		snprintf(rule, sizeof(rule), " microsoft:%s\n", rows[i].row);
		ask(LANG_EN, rows[i].code, NULL);
		if ((times(rule) == 1) != rows[i].in)
			fail_msg("%s: %s", rows[i].code, buf_str(&said));
	}
	/* 4.7.500 and 4.7.650 lie in the range and have rows of their own */
	ask(LANG_EN, "4.7.500", NULL);
	assert_rule_is(LANG_EN, "71");
	ask(LANG_EN, "4.7.650", NULL);
	assert_rule_is(LANG_EN, "72");
}

static void
a7_a_placeholder_matches_any_value_and_the_value_is_told(void **state)
{
	static const struct {
		const char *code, *phrase, *found[3];
	} rows[] = {
		{ "4.4.316",
		  "Connection refused [Message=Socket error code 10061]",
		  { "number 10061" } },
		{ "4.4.316",
		  "Connection refused [Message=Socket error code 10060]",
		  { "number 10060" } },
		{ "4.7.26",
		  "Access denied, a message sent over IPv6 [2001:db8:111:f200:2004::240] must pass "
		  "either SPF or DKIM validation, this message is not signed",
		  { "ip 2001:db8:111:f200:2004::240" } },
		{ "5.7.25",
		  "Access denied, the sending IPv6 address [2001:db8::7] must have a reverse DNS "
		  "record",
		  { "ip 2001:db8::7" } },
		{ "5.7.504",
		  "[email@contoso.com]: Recipient address rejected: Access denied",
		  { "address email@contoso.com" } },
		{ "5.7.508",
		  "Access denied, [2001:db8::25] has exceeded permitted limits within "
		  "2001:db8::/64 range",
		  { "ip 2001:db8::25", "text 2001:db8::/64" } },
		{ "5.7.509",
		  "Access denied, sending domain [contoso.com] does not pass DMARC verification",
		  { "domain contoso.com" } },
		{ "5.7.510",
		  "Access denied, [fabrikam.com] does not accept email over IPv6",
		  { "domain fabrikam.com" } },
		{ "5.7.513",
		  "Service unavailable, Client host [192.0.2.7] blocked by contoso.com using "
		  "Customer Block list (AS16012607)",
		  { "ip 192.0.2.7", "domain contoso.com", "as AS16012607" } },
		{ "5.7.606",
		  "Access denied, banned sending IP [198.51.100.4]",
		  { "ip 198.51.100.4" } },
	};

	(void)state;
	for (unsigned l = 0; l < LANG_COUNT; l++) {
		enum lang lang = (enum lang)l;

		for (size_t i = 0; i < COUNT(rows); i++) {
			ask(lang, rows[i].code, rows[i].phrase);
			assert_int_equal(times("microsoft:"), 1);
			for (size_t k = 0; k < 3 && rows[i].found[k] != NULL; k++)
				assert_says_of(lang_label(lang, LANG_FOUND), rows[i].found[k]);
		}
	}
}

/* The Finnish document has U+00A0 inside the phrases of 5.2.121 and 5.3.190. */
static void
a8_case_blanks_folds_and_no_break_spaces_do_not_hide_a_phrase(void **state)
{
	static const struct {
		const char *code, *phrase, *id;
	} rows[] = {
		{ "5.2.121",
		  "Recipient's per\xc2\xa0hour message receive limit from specific sender "
		  "exceeded.",
		  "10" },
		{ "5.3.190",
		  "Journaling on-premises messages to Office\xc2\xa0"
		  "365 not supported when Journaling Archive is disabled.",
		  "12" },
		{ "5.7.1", "UNABLE   TO\tRELAY", "17" },
		{ "5.7.1", "client was\r\n not\r\n\tauthenticated", "18" },
		{ "5.1.8",
		  "access\xc2\xa0\xc2\xa0"
		  "denied,\n bad OUTBOUND sender",
		  "9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(LANG_EN, rows[i].code, rows[i].phrase);
		assert_rule_is(LANG_EN, rows[i].id);
	}
}

/* The Norwegian document prints four phrases in Norwegian, the Finnish one prints one in Finnish.
 */
static void
a9_where_the_phrase_is_translated_the_code_is_enough(void **state)
{
	static const struct {
		const char *code, *phrase, *id;
		enum bounce_reason reason;
	} rows[] = {
		{ "4.4.316", "Tilkoblingen ble avvist", "1", BOUNCE_REASON_CONNECTION_FAILED },
		{ "4.4.316", "Yhteys ev\xc3\xa4ttiin", "1", BOUNCE_REASON_CONNECTION_FAILED },
		{ "5.2.121",
		  "Grensen per time for denne avsenderen er n\xc3\xa5"
		  "dd",
		  "10", BOUNCE_REASON_MAILBOX_BUSY },
		{ "5.2.122",
		  "Grensen per time for mottak er n\xc3\xa5"
		  "dd",
		  "11", BOUNCE_REASON_MAILBOX_BUSY },
		{ "5.3.190", "Journalf\xc3\xb8ring st\xc3\xb8ttes ikke", "12",
		  BOUNCE_REASON_SYSTEM_ERROR },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounce_verdict v = judge(rows[i].code, rows[i].phrase, EXCHANGE);

		assert_int_equal(v.reason, rows[i].reason);
		assert_string_equal(v.row->id, rows[i].id);
		for (unsigned l = 0; l < LANG_COUNT; l++) {
			ask((enum lang)l, rows[i].code, rows[i].phrase);
			assert_rule_is((enum lang)l, rows[i].id);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a4_a_code_gives_phrase_cause_remedy_and_fixer),
		cmocka_unit_test(
			a5_of_several_rows_the_phrase_picks_one_and_without_it_none_is_chosen),
		cmocka_unit_test(a6_a_range_includes_its_ends_and_a_row_of_its_own_wins),
		cmocka_unit_test(a7_a_placeholder_matches_any_value_and_the_value_is_told),
		cmocka_unit_test(a8_case_blanks_folds_and_no_break_spaces_do_not_hide_a_phrase),
		cmocka_unit_test(a9_where_the_phrase_is_translated_the_code_is_enough),
	};
	int failed = cmocka_run_group_tests(tests, setup_arena, teardown_arena);

	buf_free(&said);
	return failed;
}
