/*
 * ctl_operator_test - the commands of operators: revive, kill, pin, unpin, undo, explain, replay
 *
 * Each test begins with the database of ctl_world.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_world.h"

#include <sysexits.h>
#include <unistd.h>

#define HOOK "hook \"list\" { command = {\"/bin/true\"}  states = {ok, dead, pinned-dead} }\n"

#define DB "--state state.db "

static void
a_command_without_a_reason_is_refused(void **state)
{
	static const char *const command[] = { "revive ann@example.com", "kill ann@example.com",
					       "pin --ok ann@example.com", "unpin ann@example.com",
					       "undo --since 2d" };

	(void)state;
	for (size_t i = 0; i < sizeof(command) / sizeof(command[0]); i++) {
		char line[100];

		snprintf(line, sizeof(line), DB "%s", command[i]);
		assert_int_equal(ctl(line), EX_USAGE);
		assert_says("say why with --why TEXT");
	}
	assert_string_equal(ask("SELECT count(*) FROM operation"), "0");
}

static void
a_word_is_written_with_who_and_why(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "revive Ann@Example.com --who jane --why 'she wrote to us'"),
			 EX_OK);
	assert_says("Ann@example.com: dead -> ok");
	assert_says("no hook will be told");
	assert_string_equal(
		ask("SELECT who || '|' || what || '|' || arguments || '|' || why FROM "
		    "operation"),
		"jane|revive|Ann@Example.com --who jane --why she wrote to us|she wrote "
		"to us");
	assert_string_equal(ask("SELECT cause || from_state || to_state || operation FROM "
				"transition ORDER BY id DESC"),
			    "revivedeadok1");
	assert_int_equal(ctl(DB "show ann@example.com"), EX_OK);
	assert_says("1 of jane: she wrote to us");
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	assert_says("5 standings derived from the ledger, 0 differ");
}

static void
who_is_whom_sudo_was_told_of(void **state)
{
	(void)state;
	assert_int_equal(setenv("SUDO_USER", "jane", 1), 0);
	assert_int_equal(ctl(DB "kill bob@example.com --why 'his letter'"), EX_OK);
	unsetenv("SUDO_USER");
	assert_string_equal(ask("SELECT who FROM operation"), "jane");
}

static void
pins_are_stronger_than_other_words(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "pin ann@example.com new@example.com --dead --why test"), EX_OK);
	assert_says("ann@example.com: dead -> pinned-dead");
	assert_says("new@example.com: ok -> pinned-dead");
	assert_int_equal(ctl(DB "revive ann@example.com --why test"), EX_OK);
	assert_says("stays pinned-dead, for a pin is stronger; unpin it first");
	assert_int_equal(ctl(DB "unpin ann@example.com --why test"), EX_OK);
	assert_says("pinned-dead -> ok");
	assert_int_equal(ctl(DB "pin ann@example.com --ok --dead --why test"), EX_USAGE);
	assert_int_equal(ctl(DB "pin ann@example.com --why test"), EX_USAGE);
	assert_says("give one of --ok and --dead");
}

static void
an_address_that_was_never_heard_of_cannot_be_revived(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "revive new@example.com --why test"), EX_OK);
	assert_says("never heard of, nothing to do");
	assert_string_equal(ask("SELECT count(*) FROM recipient WHERE address = 'new@example.com'"),
			    "0");
}

static void
of_addresses_with_a_slip_nothing_is_done(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "kill bob@example.com nonsense --why test"), EX_DATAERR);
	assert_string_equal(ask("SELECT count(*) FROM operation"), "0");
}

/* Or the daemon would never look at what was written. */
static void
a_list_is_spelled_in_any_case_and_must_have_a_policy(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "kill bob@example.com --list News.Example.Org --why test"), EX_OK);
	assert_string_equal(ask("SELECT scope FROM recipient WHERE state = 'dead' AND "
				"address = 'bob@example.com'"),
			    "news.example.org");
	assert_int_equal(ctl(DB "explain bob@example.com --list NEWS.example.org"), EX_OK);
	assert_says("confirmed since");

	write_config("list \"News.example.org\" { policy { preset = strict } }\n"
		     "list \"talk.example.org\" { }\n");
	assert_int_equal(ctl("-c new.conf kill cy@example.net --list news.example.org --why test"),
			 EX_OK);
	assert_int_equal(ctl("-c new.conf kill cy@example.net --list talk.example.org --why test"),
			 EX_DATAERR);
	assert_says("has no list \"talk.example.org\" with a policy of its own");
	assert_string_equal(ask("SELECT count(*) FROM recipient WHERE scope LIKE 'talk%'"), "0");
	assert_string_equal(ask("SELECT count(*) FROM operation"), "2");
}

static void
a_list_has_standings_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "kill bob@example.com --list news.example.org --why test"), EX_OK);
	assert_says("bob@example.com (list news.example.org): ok -> dead");
	assert_string_equal(ask("SELECT group_concat(state || coalesce(list, '-')) FROM suppressed "
				"WHERE address = 'bob@example.com'"),
			    "backoff-,deadnews.example.org");
	assert_int_equal(ctl(DB "list --state dead"), EX_OK);
	assert_says("bob@example.com (list news.example.org)\n");
	assert_int_equal(ctl(DB "show bob@example.com"), EX_OK);
	assert_says("bob@example.com, list news.example.org");
	assert_int_equal(ctl(DB "explain bob@example.com --list news.example.org"), EX_OK);
	assert_says("dead");
	assert_silent_on("backoff (");
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	assert_says("6 standings");
}

static void
hooks_are_told_in_the_same_transaction(void **state)
{
	(void)state;
	write_config(HOOK);
	assert_int_equal(ctl("-c new.conf revive ann@example.com --who jane --why 'she wrote'"),
			 EX_OK);
	assert_silent_on("no hook");
	assert_string_equal(
		ask("SELECT hook || (payload ->> 'state') || (payload ->> 'previous') || "
		    "(payload ->> 'who') || (payload ->> 'why') || (payload ->> 'rule') "
		    "FROM outbox"),
		"listokdeadjaneshe wroterevive");
	assert_int_equal(ctl("-c new.conf revive ann@example.com --why again"), EX_OK);
	assert_string_equal(ask("SELECT count(*) FROM outbox"), "1");
	assert_int_equal(ctl("-c new.conf undo --operation 1 --why 'wrong Ann'"), EX_OK);
	assert_string_equal(ask("SELECT count(*) FROM outbox"), "1"); /* revived all the same */
	assert_int_equal(ctl("-c new.conf undo --operation 2 --why 'wrong Ann'"), EX_OK);
	assert_string_equal(ask("SELECT payload ->> 'state' FROM outbox ORDER BY id DESC"), "dead");
}

static void
undo_takes_back_what_reports_did(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "undo --domain Example.COM --dry-run --why test"), EX_OK);
	assert_says("would be: 3 entries of 2 addresses taken back, 2 standings change");
	assert_says("  dead -> ok: 1\n");
	assert_says("  backoff -> ok: 1\n");
	assert_string_equal(ask("SELECT count(*) FROM operation"), "0");
	assert_string_equal(ask("SELECT count(*) FROM undone"), "0");
	assert_int_equal(ctl(DB "undo --domain Example.COM --why 'their outage'"), EX_OK);
	assert_says("ann@example.com: dead -> ok\n");
	assert_says("operation 1; bouncectl undo --operation 1 takes it back");
	assert_string_equal(ask("SELECT group_concat(state) FROM recipient WHERE domain = "
				"'example.com'"),
			    "ok,ok");
	assert_int_equal(ctl(DB "stats"), EX_OK);
	assert_says("what operators did (newest 20)");
	assert_says("their outage");
	assert_int_equal(ctl(DB "undo --domain example.com --why again"), EX_OK);
	assert_says("0 entries of 0 addresses taken back, 0 standings change");
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	assert_int_equal(ctl(DB "undo --operation 1 --why 'it was no outage'"), EX_OK);
	assert_says("ann@example.com: ok -> dead\n");
	/* what a later operation turned is not turned once more */
	assert_int_equal(ctl(DB "undo --operation 1 --why 'typed twice'"), EX_OK);
	assert_says("0 entries of 0 addresses taken back, 0 standings change");
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	assert_int_equal(ctl(DB "show ann@example.com"), EX_OK);
	assert_says("ok -> dead (undo)");
}

static void
undo_chooses_by_what_reports_say(void **state)
{
	static const struct {
		const char *choice, *says;
	} row[] = {
		{ "--reason mailbox-full", "would be: 3 entries of 3 addresses" },
		{ "--reason ip-blocked", "would be: 1 entries of 1 addresses taken back, 0 stand" },
		{ "--match 'MAILBOX FULL'", "would be: 2 entries of 2 addresses" },
		{ "--since 2d", "would be: 4 entries of 4 addresses" },
		{ "--since 4d --reason no-such-user", "would be: 1 entries of 1 addresses" },
		{ "--until 2d", "would be: 2 entries of 2 addresses" },
		{ "--rule no:such:rule", "would be: 0 entries" },
		{ "--all", "would be: 6 entries of 5 addresses" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char line[200];

		snprintf(line, sizeof(line), DB "undo %s --dry-run --why test", row[i].choice);
		assert_int_equal(ctl(line), EX_OK);
		assert_says(row[i].says);
	}
}

static void
an_undo_must_say_what(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "undo --why test"), EX_USAGE);
	assert_says("say which reports");
	assert_int_equal(ctl(DB "undo --since never --why test"), EX_USAGE);
	assert_int_equal(ctl(DB "undo --reason bad-luck --why test"), EX_USAGE);
	assert_int_equal(ctl(DB "undo --operation 0 --why test"), EX_USAGE);
	assert_int_equal(ctl(DB "undo --operation 1x --why test"), EX_USAGE);
	assert_int_equal(ctl(DB "undo --operation 1 --since 2h --why test"), EX_USAGE);
	assert_int_equal(ctl(DB "undo ann@example.com --why test"), EX_USAGE);
	assert_int_equal(ctl(DB "undo --operation 7 --why test"), EX_DATAERR);
	assert_says("there is no operation 7");
}

static void
commands_work_beside_a_running_daemon(void **state)
{
	char path[100], error[STORE_ERROR_SIZE];
	struct store *daemon;

	(void)state;
	snprintf(path, sizeof(path), "%s/state.db", directory);
	daemon = store_open(path, STORE_WRITE, error);
	assert_non_null(daemon);
	assert_int_equal(ctl(DB "revive ann@example.com --why test"), EX_OK);
	assert_int_equal(ctl(DB "undo --all --quiet --why test"), EX_OK);
	assert_int_equal(store_begin(daemon), 0);
	assert_int_equal(store_commit(daemon), 0);
	assert_int_equal(ctl(DB "replay --check"), EX_OK);
	store_close(daemon);
}

static void
a_change_by_hand_is_found(void **state)
{
	(void)state;
	ask("UPDATE recipient SET score = score + 1 WHERE address = 'bob@example.com'");
	assert_int_equal(ctl(DB "replay --check"), EX_DATAERR);
	assert_says("bob@example.com\n  written");
	assert_says("5 standings derived from the ledger, 1 differ");
	ask("DELETE FROM recipient WHERE address = 'bob@example.com'");
	assert_int_equal(ctl(DB "replay --check"), EX_DATAERR);
	assert_says("written  nothing");
	assert_int_equal(ctl(DB "replay"), EX_USAGE);
}

static void
explain_tells_the_report_the_score_and_what_is_next(void **state)
{
	static const char *const says[] = {
		"state         dead (the mailbox does not exist)",
		"the newest report",
		"lists/INBOX uid 2, to be moved to Processed",
		"report's id   report1@mx.example.net",
		"found         the code in part 2, line 18",
		"diagnostic    550 5.1.1 no such user",
		"rule          phrase:No such user",
		"trust         T0: nothing proves that the report is real",
		"score, strike by strike",
		"+5.00, then 5.00  no-such-user",
		"+5.00, then 10.00  no-such-user",
		"now 10.00 of 5.00, does not fade",
		"confirmed since ",
		"what would change it",
		"an operator: bouncectl revive",
	};

	(void)state;
	assert_int_equal(ctl(DB "explain ANN@example.com"), EX_OK);
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		assert_says(says[i]);
	assert_int_equal((int)times("report's id"), 1);
	assert_int_equal(ctl(DB "explain ann@example.com --all"), EX_OK);
	assert_int_equal((int)times("report's id"), 2);
}

static void
explain_has_words_for_every_state(void **state)
{
	static const struct {
		const char *before, *says;
	} row[] = {
		{ "show bob@example.com", "it may be mailed again from " },
		{ "show bob@example.com", "strikes of 4.50 more points suspend it for 30 days" },
		{ "show bob@example.com", "a temporary failure on another day is step 2" },
		{ "kill bob@example.com --why test", "it may be removed for good" },
		{ "pin bob@example.com --ok --why test", "an operator's unpin, and nothing else" },
		{ "unpin bob@example.com --why test", "nothing: it stays as it is" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char line[200];

		snprintf(line, sizeof(line), DB "%s", row[i].before);
		assert_int_equal(ctl(line), EX_OK);
		assert_int_equal(ctl(DB "explain bob@example.com"), EX_OK);
		assert_says(row[i].says);
	}
	assert_int_equal(ctl(DB "explain new@example.com"), EX_NOUSER);
	assert_says("no report ever named this address");
}

/* As the daemon does at its start. */
static void
use_policy(const char *text)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "INSERT INTO policy (text, first_at) VALUES ('%s', 1)", text);
	ask(sql);
	ask("REPLACE INTO setting SELECT 'policy', max(id) FROM policy");
}

/* What no report can do is not promised of one. */
static void
explain_says_what_the_policy_would_do(void **state)
{
	(void)state;
	use_policy("policy { preset = report-only }");
	assert_int_equal(ctl(DB "explain bob@example.com"), EX_OK);
	assert_says("under report-only they change nothing");
	assert_int_equal((int)times("stops mail at once"), 0);
	assert_int_equal((int)times("a complaint"), 0);
	use_policy("rule \"r\" { domain = \"example.com\" disposition = \"ignore\" }");
	assert_int_equal(ctl(DB "explain bob@example.com"), EX_OK);
	assert_int_equal((int)times("stops mail at once"), 0);
	assert_int_equal(ctl(DB "explain dot@example.net"), EX_OK);
	assert_int_equal((int)times("stops mail at once"), 1);
}

/* The second report may not come on the first one's day, whatever the gap. */
static void
explain_tells_from_when_on_a_death_can_be_confirmed(void **state)
{
	(void)state;
	ask("UPDATE recipient SET confirmed_at = NULL, gone_at = 1790000000 "
	    "WHERE address = 'ann@example.com'");
	assert_int_equal(ctl(DB "explain ann@example.com"), EX_OK);
	assert_says("on or after 2026-09-24T14:13:20Z, confirms it");
	use_policy("policy { confirm-gap = 0 }");
	assert_int_equal(ctl(DB "explain ann@example.com"), EX_OK);
	assert_says("on or after 2026-09-22T00:00:00Z, confirms it");
}

static void
an_undo_of_no_time_at_all_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "undo --since 1h --until 2h --why test"), EX_USAGE);
	assert_says("--until is before --since");
	assert_int_equal(ctl(DB "undo --since 2h --until 1h --why test"), EX_OK);
	assert_says("0 entries of 0 addresses taken back");
	assert_int_equal((int)times("takes it back"), 0);
}

static void
explain_as_json_is_one_object(void **state)
{
	(void)state;
	assert_int_equal(ctl(DB "explain ann@example.com --json | python3 -c 'import json,sys; "
				"o = json.load(sys.stdin); print(o[\"state\"], "
				"len(o[\"history\"]), len(o[\"strikes\"]), o[\"score_now\"], "
				"len(o[\"next\"]), o[\"history\"][0][\"counts\"])'"),
			 EX_OK);
	assert_says("dead 1 2 10.0 1 True");
}

static void
who_may_not_write_is_told_who_may(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(ctl("--version && chmod 755 . && chmod 644 state.db && "
			     "cp $BOUNCECTL ./b && chmod 755 b && "
			     "setpriv --reuid=65534 --regid=65534 --clear-groups ./b --state "
			     "state.db revive ann@example.com --why test"),
			 EX_NOPERM);
	assert_says("may be read and not changed; run as root or as root");
}

#define on_a_database(test) cmocka_unit_test_setup_teardown(test, begin, drop_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_database(a_command_without_a_reason_is_refused),
		on_a_database(a_word_is_written_with_who_and_why),
		on_a_database(who_is_whom_sudo_was_told_of),
		on_a_database(pins_are_stronger_than_other_words),
		on_a_database(an_address_that_was_never_heard_of_cannot_be_revived),
		on_a_database(of_addresses_with_a_slip_nothing_is_done),
		on_a_database(a_list_is_spelled_in_any_case_and_must_have_a_policy),
		on_a_database(a_list_has_standings_of_its_own),
		on_a_database(hooks_are_told_in_the_same_transaction),
		on_a_database(undo_takes_back_what_reports_did),
		on_a_database(undo_chooses_by_what_reports_say),
		on_a_database(an_undo_must_say_what),
		on_a_database(commands_work_beside_a_running_daemon),
		on_a_database(a_change_by_hand_is_found),
		on_a_database(explain_tells_the_report_the_score_and_what_is_next),
		on_a_database(explain_has_words_for_every_state),
		on_a_database(explain_says_what_the_policy_would_do),
		on_a_database(explain_tells_from_when_on_a_death_can_be_confirmed),
		on_a_database(an_undo_of_no_time_at_all_is_refused),
		on_a_database(explain_as_json_is_one_object),
		on_a_database(who_may_not_write_is_told_who_may),
	};

	return cmocka_run_group_tests_name("ctl_operator", tests, NULL, NULL);
}
