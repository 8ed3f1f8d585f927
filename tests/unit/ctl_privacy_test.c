/*
 * ctl_privacy_test - bouncectl forget, suppressed, export-subject, and what others say afterwards
 *
 * Each test begins with the database of ctl_world.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_world.h"

#include <sysexits.h>
#include <unistd.h>

#define DB "--state state.db "
#define on_a_database(test) cmocka_unit_test_setup_teardown(test, begin, drop_place)

static void
write_file(const char *name, const char *text)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
forget_leaves_a_suppression_that_only_the_address_finds(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "forget Ann@Example.com --why 'her letter'"), EX_OK);
	assert_says("the suppression is kept, as ");
	assert_int_equal(ctl(DB "show ann@example.com"), EX_OK);
	assert_says("forgotten on ");
	assert_says("; suppression kept");
	assert_says("@forgotten.invalid");
	assert_int_equal(ctl(DB "show ann@example.com --json"), EX_OK);
	assert_says("{\"forgotten\":\"20");
	assert_int_equal(ctl(DB "explain ann@example.com"), EX_OK);
	assert_int_equal(ctl(DB "list"), EX_OK);
	assert_silent_on("ann@example.com");
	assert_int_equal(ctl(DB "suppressed"), EX_OK);
	assert_silent_on("ann@");
	assert_says("@forgotten.invalid\n");
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	assert_says(", 0 differ");
	assert_int_equal(ctl(DB "stats"), EX_OK);
	assert_silent_on("ann@");
}

static void
a_dry_run_of_forget_says_what_would_be(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "forget ann@example.com --dry-run"), EX_OK);
	assert_says("would be: ");
	assert_says("the suppression would be kept");
	assert_int_equal(ctl(DB "show ann@example.com"), EX_OK);
	assert_silent_on("forgotten");
}

static void
forget_refuses_a_reason_that_names_somebody(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "forget ann@example.com --why 'ann@example.com wrote'"), EX_USAGE);
	assert_says("name no address with --why or --who");
	assert_int_equal(ctl(DB "forget nobody"), EX_DATAERR);
	assert_int_equal(ctl(DB "forget"), EX_USAGE);
}

static void
a_list_is_asked_line_by_line(void **state)
{
	(void)state;
	write_file("list", "Ann@Example.com\r\nnobody.known@example.com\n\n <bob@example.com>\n");
	assert_int_equal(ctl(DB "kill bob@example.com --why test"), EX_OK);
	assert_int_equal(ctl(DB "forget ann@example.com"), EX_OK);
	assert_int_equal(ctl(DB "suppressed --among list"), EX_OK);
	assert_string_equal(buf_str(&said), "Ann@Example.com\n<bob@example.com>\n");
	assert_int_equal(ctl(DB "suppressed --among - <list"), EX_OK);
	assert_string_equal(buf_str(&said), "Ann@Example.com\n<bob@example.com>\n");
	write_file("list", "bob@example.com\nno address\n");
	assert_int_equal(ctl(DB "suppressed --among list"), EX_DATAERR);
	assert_says("bob@example.com\n");
	assert_says("1 lines are no addresses and were passed over");
	assert_int_equal(ctl(DB "suppressed --among missing"), EX_NOINPUT);
}

/* A standing of one list stops that list alone. */
static void
a_list_is_asked_about_its_own_standings_too(void **state)
{
	(void)state;
	write_file("list", "new@example.com\n");
	assert_int_equal(ctl(DB "pin new@example.com --dead --list news.example.com --why test"),
			 EX_OK);
	assert_int_equal(ctl(DB "suppressed --among list"), EX_OK);
	assert_string_equal(buf_str(&said), "");
	assert_int_equal(ctl(DB "suppressed --among list --list News.example.com"), EX_OK);
	assert_string_equal(buf_str(&said), "new@example.com\n");
	assert_int_equal(ctl(DB "forget new@example.com"), EX_OK);
	assert_int_equal(ctl(DB "suppressed --among list --list news.example.com"), EX_OK);
	assert_string_equal(buf_str(&said), "new@example.com\n");
}

static void
revive_ends_what_is_kept_of_one_who_is_forgotten(void **state)
{
	(void)state;
	write_file("list", "ann@example.com\n");
	assert_int_equal(ctl(DB "pin ann@example.com --dead --why test"), EX_OK);
	assert_int_equal(ctl(DB "forget ann@example.com"), EX_OK);
	assert_int_equal(ctl(DB "kill ann@example.com --why test"), EX_DATAERR);
	assert_says("was forgotten, and is suppressed; bouncectl revive lets it be mailed again");
	assert_int_equal(ctl(DB "revive ann@example.com --why 'she is back'"), EX_OK);
	assert_says("ann@example.com: was forgotten and suppressed, may be mailed again");
	assert_int_equal(ctl(DB "suppressed --among list"), EX_OK);
	assert_string_equal(buf_str(&said), "");
	assert_int_equal(ctl(DB "show ann@example.com"), EX_NOUSER);
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	/* And once more, from the beginning. */
	assert_int_equal(ctl(DB "kill ann@example.com --why test"), EX_OK);
	assert_int_equal(ctl(DB "forget ann@example.com"), EX_OK);
	assert_int_equal(ctl(DB "suppressed --among list"), EX_OK);
	assert_string_equal(buf_str(&said), "ann@example.com\n");
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	assert_says(", 0 differ");
}

static void
export_tells_everything_of_one_address_and_nothing_of_others(void **state)
{
	static const char *const member[] = { "\"address\":\"ann@example.com\"",
					      "\"standings\":[{",
					      "\"dropped\":[]",
					      "\"history\":[{",
					      "\"held\":[]",
					      "\"operations\":[{",
					      "\"hooks\":[",
					      "\"mentions\":[",
					      "\"messages\":[",
					      "\"diagnostic\":",
					      "\"why\":\"her letter\"" };

	(void)state;
	assert_int_equal(ctl(DB "kill ann@example.com --why 'her letter' 2>/dev/null"), EX_OK);
	assert_int_equal(ctl(DB "export-subject Ann@example.com --json"), EX_OK);
	for (size_t i = 0; i < sizeof(member) / sizeof(member[0]); i++)
		assert_says(member[i]);
	assert_silent_on("bob@example.com");
	assert_int_equal(times("\n"), 1);
	write_file("document", buf_str(&said));
	assert_int_equal(ctl("--version; python3 -c 'import json; json.load(open(\"document\"))'"),
			 EX_OK);
	assert_int_equal(ctl(DB "export-subject nobody.known@example.com"), EX_NOUSER);
	assert_says("nothing in the database names it");
}

static void
export_of_one_who_is_forgotten_tells_what_is_kept(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "forget ann@example.com"), EX_OK);
	assert_int_equal(ctl(DB "export-subject ann@example.com"), EX_OK);
	assert_says("\"forgotten\":\"20");
	assert_says("\"standings\":[{\"address\":\"");
	assert_says("@forgotten.invalid\"");
	assert_says("\"history\":[]");
	assert_says("\"mentions\":[]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_database(forget_leaves_a_suppression_that_only_the_address_finds),
		on_a_database(a_dry_run_of_forget_says_what_would_be),
		on_a_database(forget_refuses_a_reason_that_names_somebody),
		on_a_database(a_list_is_asked_line_by_line),
		on_a_database(a_list_is_asked_about_its_own_standings_too),
		on_a_database(revive_ends_what_is_kept_of_one_who_is_forgotten),
		on_a_database(export_tells_everything_of_one_address_and_nothing_of_others),
		on_a_database(export_of_one_who_is_forgotten_tells_what_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
