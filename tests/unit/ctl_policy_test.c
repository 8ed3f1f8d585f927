/*
 * ctl_policy_test - bouncectl replay --diff and sent
 *
 * Each test begins with the database of ctl_world.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_world.h"

#include <sysexits.h>

#define DB "--state state.db "

static void
the_same_policy_differs_nowhere(void **state)
{
	(void)state;
	write_config("");
	assert_int_equal(ctl(DB "replay --config new.conf --diff"), EX_OK);
	assert_says("0 of 5 standings would be another; nothing was changed");
}

static void
another_policy_is_told_address_by_address_with_its_rule(void **state)
{
	(void)state;
	write_config("policy { reason \"mailbox-full\" { disposition = \"ignore\" } }\n"
		     "rule \"slowly\" { reason = {\"no-such-user\"} disposition = \"disable\" }\n");
	assert_int_equal(ctl(DB "replay --config new.conf --diff"), EX_OK);
	assert_says("ann@example.com: dead -> suspended, by rule \"slowly\" (out, no-such-user)");
	assert_says("bob@example.com: backoff -> ok, by the policy\n");
	assert_says("       2  backoff -> ok\n       1  dead -> suspended\n");
	assert_says("3 of 5 standings would be another; nothing was changed");
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	assert_says("5 standings derived from the ledger, 0 differ");
}

static void
a_policy_of_one_list_concerns_its_mail_alone(void **state)
{
	(void)state;
	write_config("list \"news.example.org\" { policy { preset = report-only } }\n"
		     "policy { threshold = 0.1 }\n");
	assert_int_equal(ctl(DB "replay --config new.conf --diff"), EX_OK);
	assert_says("ann@example.com: dead -> ok, by the policy\n");
	assert_says("3 of 5 standings would be another");
}

static void
json_is_one_object_with_totals(void **state)
{
	(void)state;
	write_config("rule \"slowly\" { reason = {\"no-such-user\"} disposition = \"disable\" }\n");
	assert_int_equal(ctl(DB "replay --config new.conf --diff --json"), EX_OK);
	assert_says("\"address\":\"ann@example.com\",\"list\":\"\",\"from\":\"dead\",\"to\":"
		    "\"suspended\",\"rule\":\"slowly\",\"event\":\"out\",");
	assert_says("\"totals\":[{\"from\":\"dead\",\"to\":\"suspended\",\"standings\":1}],"
		    "\"standings\":5,\"differ\":1}");
}

static void
a_wrong_command_line_or_file_is_told(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "replay"), EX_USAGE);
	assert_says("wants one of --check and --diff");
	assert_int_equal(ctl(DB "replay --diff"), EX_USAGE);
	assert_says("go together");
	assert_int_equal(ctl(DB "replay --check --config new.conf"), EX_USAGE);
	assert_int_equal(ctl(DB "replay --check --json"), EX_USAGE);
	write_config("policy { treshold = 1 }");
	assert_int_equal(ctl(DB "replay --config new.conf --diff"), EX_CONFIG);
	assert_says("did you mean 'threshold'?");
}

static void
a_mailing_is_recorded_once_and_named(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "sent --list News.example.org --at 2d --mailing may "
				"--recipients 4000"),
			 EX_OK);
	assert_int_equal(ctl(DB "sent --list news.example.org --at 2026-01-31T12:00:00Z"), EX_OK);
	assert_int_equal(ctl(DB "sent --list NEWS.example.org --at 2026-01-31T12:00:00Z"), EX_OK);
	assert_says("known already");
	assert_int_equal(ctl(DB "sent --list news.example.org --mailing '<one@example.org>'"),
			 EX_OK);
	assert_string_equal(ask("SELECT group_concat(mailing) FROM mailing"),
			    "may,one@example.org");
}

static void
a_mailing_without_a_list_or_from_the_future_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "sent"), EX_USAGE);
	assert_says("--list LIST");
	assert_int_equal(ctl(DB "sent --list news.example.org --at soon"), EX_USAGE);
	assert_says("'soon' is no time");
	assert_int_equal(ctl(DB "sent --list news.example.org --at 2999-01-01"), EX_USAGE);
	assert_says("still to come");
	assert_int_equal(ctl(DB "sent --list news.example.org --recipients many"), EX_USAGE);
	assert_says("'many' is no number");
	assert_int_equal(ctl(DB "sent --list news.example.org more"), EX_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, drop_place)
		CLAIM(the_same_policy_differs_nowhere),
		CLAIM(another_policy_is_told_address_by_address_with_its_rule),
		CLAIM(a_policy_of_one_list_concerns_its_mail_alone),
		CLAIM(json_is_one_object_with_totals),
		CLAIM(a_wrong_command_line_or_file_is_told),
		CLAIM(a_mailing_is_recorded_once_and_named),
		CLAIM(a_mailing_without_a_list_or_from_the_future_is_refused),
	};

	return cmocka_run_group_tests_name("ctl_policy", tests, NULL, NULL);
}
