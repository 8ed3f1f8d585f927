/*
 * ctl_test - bouncectl as people call it
 *
 * The database is filled through the ledger, then the real program is run and what it prints on
 * both streams, and its exit status, are looked at. Whole mails are compared by tests/golden.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl_world.h"

#define MOST_OF_A_FILE ((size_t)32 * 1024 * 1024) /* as bouncectl(1) says */

/* Use */

static void
a_wrong_call_says_how_it_should_look(void **state)
{
	static const struct {
		const char *arguments;
		int status;
		const char *says;
	} rows[] = {
		{ "", EX_USAGE, "usage: bouncectl" },
		{ "clasify x", EX_USAGE, "unknown command 'clasify'; did you mean 'classify'?" },
		{ "banana", EX_USAGE, "unknown command 'banana'; bouncectl --help lists them" },
		{ "code", EX_USAGE, "code: wants one code" },
		{ "code 1 2 3", EX_USAGE, "usage: bouncectl code CODE" },
		{ "code --jsn 5.1.1", EX_USAGE, "'--jsn' (did you mean '--json'?)" },
		{ "code --json=yes 5.1.1", EX_USAGE, "--json takes no value" },
		{ "code 5.1.1 --phrase", EX_USAGE, "--phrase wants a value" },
		{ "code -x 5.1.1", EX_USAGE, "unknown option '-x'" },
		{ "code banana", EX_DATAERR, "'banana' is no code" },
		{ "code 9.9.9", EX_DATAERR, "'9.9.9' is no code" },
		{ "show", EX_USAGE, "wants one address" },
		{ "show a@example.com b@example.com", EX_USAGE, "wants one address" },
		{ "show nobody", EX_DATAERR, "'nobody' is no address" },
		{ "list x", EX_USAGE, "use bouncectl show" },
		{ "list --json --csv", EX_USAGE, "one of --json and --csv" },
		{ "list --state gone", EX_USAGE, "the states are ok, backoff" },
		{ "list --reason gone", EX_USAGE, "bouncectl(1) lists them" },
		{ "stats x", EX_USAGE, "'x' is not understood" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ctl(rows[i].arguments), rows[i].status);
		assert_says(rows[i].says);
	}
}

static void
help_and_version_are_no_errors(void **state)
{
	(void)state;
	assert_int_equal(ctl("--help"), 0);
	assert_says("classify [--json | --explain] [FILE|DIR...]");
	assert_int_equal(ctl("--version"), 0);
	assert_string_equal(buf_str(&said), "bouncectl " MAILBOUNCED_VERSION "\n");
	assert_int_equal(ctl("list --help"), 0);
	assert_says("usage: bouncectl list");
}

static void
output_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(ctl("code 5.1.1 >/dev/full"), EX_IOERR);
	assert_int_equal(ctl("--state state.db list >/dev/full"), EX_IOERR);
	assert_says("cannot write to standard output");
}

/* code */

static void
every_row_of_a_code_is_printed(void **state)
{
	(void)state;
	assert_int_equal(ctl("code 5.7.1 </dev/null"), 0);
	assert_int_equal(times("\n  cause "), 9); /* three rows and six tokens */
	assert_int_equal(times("\n  remedy "), 9);
	assert_int_equal(times("\n  who fixes it "), 9);
	assert_int_equal(times("\n  what we do "), 9);
	assert_says("5.7.1 \"Delivery not authorized\"\n");
	assert_says("5.7.1 \"Unable to relay\"\n");
	assert_says("5.7.1 \"Client was not authenticated\"\n");
	assert_says("\nregistry X.7.1: ");
}

static void
a_phrase_picks_its_row(void **state)
{
	(void)state;
	assert_int_equal(ctl("code 5.7.1 --phrase '550 5.7.1 unable  to RELAY for x'"), 0);
	assert_int_equal(times("\n  cause "), 1);
	assert_says("5.7.1 \"Unable to relay\"\n");
	assert_int_equal(ctl("code 5.7.1 --phrase=banana"), 0);
	assert_says("no phrase of that code stands in the text");
	assert_int_equal(times("\n  cause "), 9);
}

static void
what_a_phrase_left_open_is_told(void **state)
{
	(void)state;
	assert_int_equal(
		ctl("code 5.7.606 --phrase 'Access denied, banned sending IP [192.0.2.7]'"), 0);
	assert_says("found        ip 192.0.2.7\n");
}

static void
codes_are_found_in_every_spelling(void **state)
{
	static const struct {
		const char *arguments, *says;
	} rows[] = {
		{ "code 4.7.699", "4.7.500-699 \"" },
		{ "code 4.7.701", "registry X.7.X: " },
		{ "code 5.7.606-649", "5.7.606-649 \"" },
		{ "code 550 5.1.1", "reply 550: " },
		{ "code '550 5.1.1'", "registry X.1.1: " },
		{ "code '#5.1.1'", "5.1.1 \"" },
		{ "code 550", "rule         reply:550" },
		{ "code 5.2.5", "registry X.2.X" },
		{ "code 5.99.99", "5.X.X" },
		{ "code 599", "class 5: failed for good" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ctl(rows[i].arguments), 0);
		assert_says(rows[i].says);
	}
	assert_int_equal(ctl("code 4.7.701"), 0);
	assert_silent_on("4.7.500-699");
}

static void
a_row_without_a_remedy_says_so(void **state)
{
	(void)state;
	assert_int_equal(ctl("code 5.7.508"), 0);
	assert_says("remedy       none known\n");
	assert_int_equal(ctl("code 5.7.508 --json"), 0);
	assert_says("\"remedy\":null");
	assert_int_equal(ctl("code 5.7.606 --lang nb"), 0);
	assert_says("  l\xc3\xb8sning      Finn og fjern");
	assert_int_equal(ctl("code 5.7.606 --lang sv"), EX_USAGE);
}

/* classify */

static void
write_file(const char *name, struct span text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, span_len(text), f), span_len(text));
	fclose(f);
}

static void
make_mails(void)
{
	struct buf report = BUF_INIT;

	assert_int_equal(ctl("--version; mkdir -p mails/b mails/empty"), 0);
	make_report(&report, "ann@example.com", "5.1.1", "550 5.1.1 no such user", 1);
	write_file("mails/c", buf_span(&report));
	write_file("mails/a.txt", buf_span(&report));
	write_file("mails/b/x", SPAN("Subject: hello\n\nworld\n"));
	write_file("mails/b/\x1b[31m", SPAN(""));
	buf_free(&report);
	assert_int_equal(ctl("--version; ln -sf c mails/link; ln -sfn . mails/b/loop; "
			     "test -p mails/fifo || mkfifo mails/fifo"),
			 0);
}

static void
a_directory_is_read_in_order_and_only_its_files(void **state)
{
	(void)state;
	make_mails();
	assert_int_equal(ctl("classify --json mails | cut -d, -f1,2"), 0);
	assert_string_equal(buf_str(&said), "{\"file\":\"mails/a.txt\",\"kind\":\"bounce\"\n"
					    "{\"file\":\"mails/b/\\u001b[31m\",\"kind\":\"other\"\n"
					    "{\"file\":\"mails/b/x\",\"kind\":\"other\"\n"
					    "{\"file\":\"mails/c\",\"kind\":\"bounce\"\n");
}

static void
a_name_cannot_colour_the_terminal(void **state)
{
	(void)state;
	make_mails();
	assert_int_equal(ctl("classify mails/b"), 0);
	assert_says("mails/b/\\x1b[31m\n");
	assert_int_equal(times("\x1b"), 0);
}

static void
standard_input_is_a_mail(void **state)
{
	(void)state;
	make_mails();
	assert_int_equal(ctl("classify --json <mails/c | cut -d, -f1,2"), 0);
	assert_string_equal(buf_str(&said), "{\"file\":\"-\",\"kind\":\"bounce\"\n");
	assert_int_equal(ctl("classify --json - mails/b/x <mails/c | cut -d, -f1,2"), 0);
	assert_string_equal(buf_str(&said), "{\"file\":\"-\",\"kind\":\"bounce\"\n"
					    "{\"file\":\"mails/b/x\",\"kind\":\"other\"\n");
}

static void
a_file_that_is_not_there_does_not_stop_the_rest(void **state)
{
	(void)state;
	make_mails();
	assert_int_equal(ctl("classify --json mails/none mails/c"), EX_NOINPUT);
	assert_says("mails/none: No such file or directory");
	assert_says("\"file\":\"mails/c\"");
}

static void
a_file_beyond_the_limit_is_read_so_far(void **state)
{
	char path[200];

	(void)state;
	make_mails();
	snprintf(path, sizeof(path), "%s/mails/c", directory);
	assert_int_equal(truncate(path, (off_t)MOST_OF_A_FILE), 0);
	assert_int_equal(ctl("classify --json mails/c"), 0);
	assert_silent_on("bytes were read");
	assert_int_equal(truncate(path, (off_t)MOST_OF_A_FILE + 1), 0);
	assert_int_equal(ctl("classify --json mails/c"), 0);
	assert_says("only its first 33554432 bytes were read");
	assert_says("\"address\":\"ann@example.com\"");
	assert_says("\"clipped\":true");
}

static void
json_of_a_mail_is_one_line_with_both_vocabularies(void **state)
{
	(void)state;
	make_mails();
	assert_int_equal(ctl("classify --json mails/a.txt"), 0);
	assert_int_equal(times("\n"), 1);
	assert_says("\"kind\":\"bounce\",\"recipients\":[{\"address\":\"ann@example.com\","
		    "\"status\":\"5.1.1\",\"smtp\":\"550\",\"severity\":\"hard\","
		    "\"reason\":\"no-such-user\",\"action\":\"failed\",");
	assert_says("\"exact_kind\":\"bounce\"");
	assert_says("\"list_id\":\"news.example.org\"");
	assert_says("\"original_message_id\":\"mailing1@example.org\"");
}

static void
a_configuration_brings_rows_of_its_own(void **state)
{
	(void)state;
	make_mails();
	write_file("own.conf", SPAN("phrase \"no such user\" { reason = \"mailbox-full\" }\n"
				    "account \"a\" { host = \"imap.example.com\" user = \"b\" "
				    "password-file = \"/etc/password\" }\n"));
	assert_int_equal(ctl("classify mails/c"), 0);
	assert_says("reason        no-such-user");
	assert_int_equal(ctl("-c own.conf classify --explain mails/c"), 0);
	assert_says("reason        mailbox-full");
	assert_says("rule          operator:no such user");
	assert_says("decides       operator:no such user: mailbox-full");
	write_file("own.conf", SPAN("phrase \"{x}\" { reason = \"mailbox-full\" }\n"));
	assert_int_equal(ctl("-c own.conf classify mails/c"), EX_CONFIG);
	assert_says("own.conf:1: phrase");
}

/* show, list, stats */

static void
an_address_is_shown_with_its_history(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db show 'Ann <ann@Example.COM>'"), 0);
	assert_says("ann@example.com\n  state         dead (");
	assert_int_equal(ctl("--state state.db show ann@Example.COM"), 0);
	assert_says("ann@example.com\n  state         dead (");
	assert_says("\n  mail it       no\n");
	assert_says("\n  confirmed     yes (");
	assert_says("history, newest first\n");
	assert_int_equal(times(" -> dead ("), 2);
	assert_says("ok -> dead (gone)\n");
	assert_says("lists/INBOX uid 1, to be moved to Processed\n");
	assert_says("mailing0@example.org");
}

static void
a_pause_says_until_when(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db show bob@example.com"), 0);
	assert_says("state         backoff (");
	assert_says("mail it       no, not before 20");
	assert_int_equal(ctl("--state state.db show dot@example.net"), 0);
	assert_says("mail it       yes, again since 20");
}

static void
what_a_server_said_cannot_colour_the_terminal(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db show =cmd@example.net"), 0);
	assert_says("mailbox");
	assert_int_equal(times("\x1b"), 0);
}

static void
an_address_that_was_never_named_may_be_mailed(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db show new@example.com"), EX_NOUSER);
	assert_says("no report ever named this address; it may be mailed");
	assert_int_equal(ctl("--state state.db show new@example.com --json 2>/dev/null"),
			 EX_NOUSER);
	assert_string_equal(buf_str(&said), "");
}

static void
show_as_json_is_one_object(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db show bob@example.com --json"), 0);
	assert_says("{\"address\":\"bob@example.com\",\"domain\":\"example.com\","
		    "\"state\":\"backoff\",");
	assert_says("\"mailable\":false");
	assert_says("\"history\":[{\"time\":\"");
	assert_says("\"uid\":3,");
	assert_says("}],\"dropped\":[]}\n");
}

static void
a_list_is_filtered_by_what_is_asked(void **state)
{
	static const struct {
		const char *arguments;
		size_t lines;
	} rows[] = {
		{ "", 5 },
		{ "--state backoff", 3 },
		{ "--state dead", 1 },
		{ "--domain EXAMPLE.net", 3 },
		{ "--domain example.net --state backoff", 2 },
		{ "--reason mailbox-full", 3 },
		{ "--domain example.org", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char arguments[200];

		snprintf(arguments, sizeof(arguments), "--state state.db list %s",
			 rows[i].arguments);
		assert_int_equal(ctl(arguments), 0);
		assert_int_equal(times("\n"), rows[i].lines);
	}
}

static void
csv_has_headings_and_no_formulas(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db list --csv"), 0);
	assert_int_equal(times("\r\n"), 6);
	assert_says("address,domain,state,reason,mailable,confirmed,since,until,score,list\r\n");
	assert_says("\"'=cmd@example.net\",example.net,backoff,");
	assert_silent_on("\n=");
}

static void
a_list_as_json_is_an_object_a_line(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db list --json --state dead"), 0);
	assert_int_equal(times("\n"), 1);
	assert_says("{\"address\":\"ann@example.com\",");
	assert_says("\"confirmed\":true");
	assert_says("\"score\":");
}

static void
stats_count_everything(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state state.db stats"), 0);
	assert_says("addresses by state\n");
	assert_says("  backoff               3\n");
	assert_says("messages still to be moved\n");
	assert_says("  lists                 INBOX                 Processed             6");
	assert_says("ip-blocked");
	assert_int_equal(ctl("--state state.db stats --json"), 0);
	assert_says("{\"states\":[{\"state\":\"backoff\",\"recipients\":3}");
	assert_says("\"outbox\":[]}\n");
}

static void
a_database_that_is_not_there_is_told_with_a_remedy(void **state)
{
	(void)state;
	assert_int_equal(ctl("--state none.db stats"), EX_NOINPUT);
	assert_says("none.db: no database yet; run mailbounced first or give --state DB");
	write_file("text.db", SPAN("this is no database, whatever its name says, but text\n"));
	assert_int_equal(ctl("--state text.db stats"), EX_UNAVAILABLE);
	assert_says("bouncectl: text.db: opening");
	assert_silent_on("text.db: text.db");
	assert_int_equal(ctl("-c none.conf stats"), EX_CONFIG);
	assert_says("none.conf:1: cannot be read");
	write_file("bad.conf", SPAN("colour = blue\n"));
	assert_int_equal(ctl("-c bad.conf stats"), EX_CONFIG);
	assert_says("bad.conf:1: unknown option 'colour'");
	assert_says("repair it or give --state DB");
}

static void
the_configuration_says_where_the_database_is(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	buf_addf(&text,
		 "state = \"%s/state.db\"\n"
		 "account \"a\" { host = h user = u password-credential = c }\n",
		 directory);
	write_file("good.conf", buf_span(&text));
	buf_free(&text);
	assert_int_equal(ctl("-c good.conf list --state dead"), 0);
	assert_says("ann@example.com");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_call_says_how_it_should_look),
		cmocka_unit_test(help_and_version_are_no_errors),
		cmocka_unit_test(output_that_cannot_be_written_is_an_error),
		cmocka_unit_test(every_row_of_a_code_is_printed),
		cmocka_unit_test(a_phrase_picks_its_row),
		cmocka_unit_test(what_a_phrase_left_open_is_told),
		cmocka_unit_test(codes_are_found_in_every_spelling),
		cmocka_unit_test(a_row_without_a_remedy_says_so),
		cmocka_unit_test(a_directory_is_read_in_order_and_only_its_files),
		cmocka_unit_test(a_name_cannot_colour_the_terminal),
		cmocka_unit_test(standard_input_is_a_mail),
		cmocka_unit_test(a_file_that_is_not_there_does_not_stop_the_rest),
		cmocka_unit_test(a_file_beyond_the_limit_is_read_so_far),
		cmocka_unit_test(json_of_a_mail_is_one_line_with_both_vocabularies),
		cmocka_unit_test(a_configuration_brings_rows_of_its_own),
		cmocka_unit_test(an_address_is_shown_with_its_history),
		cmocka_unit_test(a_pause_says_until_when),
		cmocka_unit_test(what_a_server_said_cannot_colour_the_terminal),
		cmocka_unit_test(an_address_that_was_never_named_may_be_mailed),
		cmocka_unit_test(show_as_json_is_one_object),
		cmocka_unit_test(a_list_is_filtered_by_what_is_asked),
		cmocka_unit_test(csv_has_headings_and_no_formulas),
		cmocka_unit_test(a_list_as_json_is_an_object_a_line),
		cmocka_unit_test(stats_count_everything),
		cmocka_unit_test(a_database_that_is_not_there_is_told_with_a_remedy),
		cmocka_unit_test(the_configuration_says_where_the_database_is),
	};

	return cmocka_run_group_tests_name("ctl", tests, make_place, drop_place);
}
