/*
 * choice_test - which folders a wildcard means
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdlib.h>

#include "choice.h"
#include "config_world.h"

/* Patterns and names */

static const struct {
	const char *pattern, *name;
	char separator;
	bool matches;
} matches[] = {
	{ "*", "INBOX", '/', true },
	{ "*", "a/b/c", '/', true },
	{ "%", "INBOX", '/', true },
	{ "%", "a/b", '/', false },
	{ "%", "a/b", '.', true },  /* no separator there */
	{ "%", "a/b", '\0', true }, /* no levels at all */
	{ "Lists/*", "Lists/a", '/', true },
	{ "Lists/*", "Lists/a/b", '/', true },
	{ "Lists/*", "Lists/", '/', true },
	{ "Lists/*", "Lists", '/', false },
	{ "Lists/*", "lists/a", '/', false },
	{ "Lists/*", "Lists2/a", '/', false },
	{ "Lists/%", "Lists/a", '/', true },
	{ "Lists/%", "Lists/a/b", '/', false },
	{ "Lists.%", "Lists.a.b", '.', false },
	{ "%/%", "a/b", '/', true },
	{ "%/%", "a/b/c", '/', false },
	{ "%/bounces", "Lists/bounces", '/', true },
	{ "%/bounces", "Lists/a/bounces", '/', false },
	{ "*/bounces", "Lists/a/bounces", '/', true },
	{ "*bounces", "bounces", '/', true },
	{ "*bounces", "bounces/old", '/', false },
	{ "a%b%c", "aXbbYc", '/', true },
	{ "a%b%c", "aXb/bYc", '/', false },
	{ "a*b%c", "aXb/bYc", '/', true },
	{ "%a*", "xa/y", '/', true },
	{ "%a*", "x/a", '/', false },
	{ "*%*", "", '/', true },
	{ "**", "abc", '/', true },
	{ "%%", "abc", '/', true },
	{ "100%", "100%", '/', true },
	{ "100%", "100 things", '/', true },
	{ "R\xc3\xbc*", "R\xc3\xbc\xc3\xa9", '/', true }, /* in modified UTF-7 one does not begin
							     the other */
	{ "a", "a", '/', true },
	{ "a", "", '/', false },
	{ "", "", '/', true },
};

static void
a_star_takes_all_and_a_percent_takes_its_level(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		if (choice_matches(matches[i].pattern, matches[i].name, matches[i].separator) !=
		    matches[i].matches)
			fail_msg("<%s> and <%s>", matches[i].pattern, matches[i].name);
	}
}

static void
a_pattern_as_long_as_allowed_matches_and_a_longer_one_does_not(void **state)
{
	char pattern[CONFIG_MAX_PATTERN + 2];

	(void)state;
	memset(pattern, '*', sizeof(pattern));
	pattern[CONFIG_MAX_PATTERN] = '\0';
	assert_true(choice_matches(pattern, "a/b", '/'));
	pattern[CONFIG_MAX_PATTERN] = '*';
	pattern[CONFIG_MAX_PATTERN + 1] = '\0';
	assert_false(choice_matches(pattern, "a/b", '/'));
}

static const struct {
	const char *pattern, *prefix;
} prefixes[] = {
	{ "*", "" },
	{ "%", "" },
	{ "Lists/*", "Lists/" },
	{ "Lists/%/a*", "Lists/" },
	{ "R\xc3\xbc*", "R" },
	{ "\xe6\x97\xa5\xe6\x9c\xac*", "" },
	{ "\xe6\x97\xa5/*", "\xe6\x97\xa5/" },
	{ "Entw&APw-rfe/*", "Entw\xc3\xbcrfe/" },
	{ "Entw&APw-*", "Entw" },
	{ "R&D*", "R&D" },
};

static void
what_is_asked_for_begins_as_each_match_does_on_the_wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		char *prefix = choice_prefix(prefixes[i].pattern);

		assert_string_equal(prefix, prefixes[i].prefix);
		free(prefix);
	}
}

/* Folders of a server against accounts */

static const char two_accounts[] =
	"account \"first\" {\n"
	"host = \"imap.example.com\"\n"
	"user = \"bounces@example.com\"\n"
	"password-credential = \"imap\"\n"
	"folders = {\"inbox\", \"Lists/*\", \"%\", \"I*\", \"B&APw-cher\", \"M&APw-nchen/*\"}\n"
	"target {\n"
	"bounce = \"Lists/Entw&APw-rfe\"\n"
	"delayed = '\\Archive'\n"
	"success = '\\Junk'\n"
	"unreadable = \"Review\"\n"
	"}\n"
	"}\n"
	"account \"second\" {\n"
	"host = \"imap.example.com\"\n"
	"user = \"bounces@example.com\"\n"
	"password-credential = \"imap\"\n"
	"folders = {\"Lists/second\"}\n"
	"target {\n"
	"bounce = \"Lists/filed by second\"\n"
	"}\n"
	"}\n";

static const struct {
	struct imap_entry entry;
	enum choice choice;
} entries[] = {
	{ { "Lists/a", '/', false, NULL }, CHOICE_TAKEN },
	{ { "Lists/a/b", '/', false, NULL }, CHOICE_TAKEN },
	{ { "Top", '/', false, NULL }, CHOICE_TAKEN },
	{ { "Top/below", '/', false, NULL }, CHOICE_FOREIGN },
	{ { "M\xc3\xbcnchen/a", '/', false, NULL }, CHOICE_TAKEN }, /* in modified UTF-7 */
	{ { "Lists", '/', true, NULL }, CHOICE_CLOSED },
	{ { "INBOX", '/', false, NULL }, CHOICE_NAMED },
	{ { "B\xc3\xbc"
	    "cher",
	    '/', false, NULL },
	  CHOICE_NAMED },
	{ { "Lists/second", '/', false, NULL }, CHOICE_NAMED }, /* by the other account */
	{ { "Lists/Entw\xc3\xbcrfe", '/', false, NULL }, CHOICE_TARGET },
	{ { "Lists/filed by second", '/', false, NULL }, CHOICE_TARGET },
	{ { "Processed", '/', false, NULL }, CHOICE_TARGET }, /* a default of the second */
	{ { "Review", '/', false, NULL }, CHOICE_TARGET },
	{ { "Old mail", '/', false, "\\Archive" }, CHOICE_TARGET },
	{ { "Archive", '/', false, NULL }, CHOICE_TARGET }, /* made where none has the use */
	{ { "Spam", '/', false, "\\Junk" }, CHOICE_TARGET },
	/* where the server has all folders below INBOX */
	{ { "Inbox.Processed", '.', false, NULL }, CHOICE_TARGET },
	{ { "INBOX.Archive", '.', false, NULL }, CHOICE_TARGET },
	{ { "INBOX.Lists", '.', false, NULL }, CHOICE_TAKEN },
	{ { "INBOX.Processed", '/', false, NULL }, CHOICE_TAKEN },
	{ { "INBOXProcessed", '.', false, NULL }, CHOICE_TAKEN },
	{ { "INBOX.Processed", '\0', false, NULL }, CHOICE_TAKEN },
	{ { "Lists/Papierkorb", '/', false, "\\Trash" }, CHOICE_USE },
	{ { "Drafts", '/', false, "\\Drafts" }, CHOICE_USE },
	{ { "Sent", '/', false, "\\Sent" }, CHOICE_USE },
	{ { "All Mail", '/', false, "\\All" }, CHOICE_USE },
	{ { "Starred", '/', false, "\\Flagged" }, CHOICE_USE },
	{ { "Trash", '/', false, NULL }, CHOICE_TAKEN }, /* a name alone is no use */
};

static void
each_folder_is_taken_or_left_for_a_reason(void **state)
{
	struct config *config = must_parse(two_accounts);
	const struct config_account *all[] = { &config->account[0], &config->account[1] };
	struct choice_site site = { all[0], all, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		enum choice choice = choice_of(&site, &entries[i].entry);

		if (choice != entries[i].choice)
			fail_msg("%s: %d, not %d", entries[i].entry.name, (int)choice,
				 (int)entries[i].choice);
	}
	config_free(config);
}

static void
an_archive_that_is_no_target_is_taken(void **state)
{
	struct config *config = must_parse("account \"a\" {\n"
					   "host = \"imap.example.com\"\n"
					   "user = \"bounces@example.com\"\n"
					   "password-credential = \"imap\"\n"
					   "folders = {\"*\"}\n"
					   "}\n");
	const struct config_account *all[] = { &config->account[0] };
	struct choice_site site = { all[0], all, 1 };
	const struct imap_entry archive = { "Archive", '/', false, "\\Archive" };

	(void)state;
	assert_int_equal(choice_of(&site, &archive), CHOICE_TAKEN);
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_star_takes_all_and_a_percent_takes_its_level),
		cmocka_unit_test(a_pattern_as_long_as_allowed_matches_and_a_longer_one_does_not),
		cmocka_unit_test(what_is_asked_for_begins_as_each_match_does_on_the_wire),
		cmocka_unit_test(each_folder_is_taken_or_left_for_a_reason),
		cmocka_unit_test(an_archive_that_is_no_target_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
