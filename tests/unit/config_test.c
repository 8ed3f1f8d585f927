/*
 * config_test - the configuration file
 *
 * tests/config/NAME.conf is read and what is told of it compared with NAME.errors; a file without
 * errors has an empty one. With UPDATE_GOLDENS=1 in the environment the .errors are written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <dirent.h>
#include <unistd.h>

#include "config_reader.h"

#define MINIMAL                            \
	"account \"example\" {\n"          \
	"host = \"imap.example.com\"\n"    \
	"user = \"bounces@example.com\"\n" \
	"password-credential = \"imap\"\n" \
	"}\n"

static struct config *
must_parse(const char *text)
{
	struct buf errors = BUF_INIT;
	struct config *config = config_parse("test.conf", text, &errors);

	assert_string_equal(buf_str(&errors), "");
	assert_non_null(config);
	buf_free(&errors);
	return config;
}

/* The text is refused with exactly this. */
static void
must_fail(const char *text, const char *message)
{
	struct buf errors = BUF_INIT;

	assert_null(config_parse("test.conf", text, &errors));
	assert_string_equal(buf_str(&errors), message);
	buf_free(&errors);
}

static char *
read_text(const char *path)
{
	char *text = xalloc(200000);
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail_msg("%s cannot be read", path);
	text[fread(text, 1, 199999, f)] = '\0';
	fclose(f);
	return text;
}

static char *
dump_of(const char *text)
{
	struct config *config = must_parse(text);
	struct buf out = BUF_INIT;
	char *copy;

	config_dump(config, &out);
	copy = xstrdup(buf_str(&out));
	buf_free(&out);
	config_free(config);
	return copy;
}

/* Goldens */

static int
compare_golden(const char *name)
{
	char conf[500], expect[500];
	struct buf errors = BUF_INIT;
	struct config *config;
	char *want;
	int wrong;

	snprintf(conf, sizeof(conf), "%s.conf", name);
	snprintf(expect, sizeof(expect), "%.*s.errors", (int)strlen(name), name);
	config = config_read(conf, &errors);
	if (getenv("UPDATE_GOLDENS") != NULL) {
		FILE *f = fopen(expect, "w");

		assert_non_null(f);
		fputs(buf_str(&errors), f);
		fclose(f);
	}
	want = read_text(expect);
	wrong = strcmp(want, buf_str(&errors)) != 0;
	if (wrong)
		print_error("%s\n--- wanted\n%s--- got\n%s", conf, want, buf_str(&errors));
	/* What only warns is accepted, everything else is not. */
	if ((config != NULL) != (strstr(want, ": warning: ") != NULL || want[0] == '\0')) {
		print_error("%s was %s\n", conf, config != NULL ? "accepted" : "refused");
		wrong = 1;
	}
	free(want);
	config_free(config);
	buf_free(&errors);
	return wrong;
}

static void
every_error_is_told_with_its_line_and_a_remedy(void **state)
{
	struct dirent **entries;
	int count, wrong = 0, seen = 0;

	(void)state;
	assert_int_equal(chdir(SOURCE_DIR "/tests/config"), 0);
	count = scandir(".", &entries, NULL, alphasort);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		char *dot = strstr(entries[i]->d_name, ".conf");

		if (dot != NULL) {
			*dot = '\0';
			wrong += compare_golden(entries[i]->d_name);
			seen++;
		}
		free(entries[i]);
	}
	free(entries);
	assert_true(seen >= 20);
	assert_int_equal(wrong, 0);
}

/* Defaults */

static void
the_defaults_are_the_library_s(void **state)
{
	struct config *config = must_parse("");
	struct bounce_policy policy = bounce_policy_default();

	(void)state;
	assert_int_equal(config->policy.threshold, policy.threshold);
	assert_int_equal(config->policy.backoff_count, policy.backoff_count);
	for (size_t i = 0; i < policy.backoff_count; i++)
		assert_int_equal(config->policy.backoff[i], policy.backoff[i]);
	assert_int_equal(config->policy.suspend, policy.suspend);
	assert_int_equal(config->policy.confirm_gap, policy.confirm_gap);
	assert_int_equal(config->policy.confirm_quiet, policy.confirm_quiet);
	assert_int_equal(config->policy.rule_count, 0);
	assert_string_equal(config->state_path, "/var/lib/mailbounced/state.db");
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	config_free(config);
}

/* Takes the "#" off the examples: a line "#word" or "#<tab>" is one, "# word" is prose. */
static char *
with_examples(const char *text)
{
	struct span rest = span_of(text), line;
	struct buf out = BUF_INIT;
	char *copy;

	while (span_next_line(&rest, &line)) {
		if (span_len(line) > 1 && line.p[0] == '#' && line.p[1] != ' ' && line.p[1] != '#')
			line.p++;
		buf_add(&out, line);
		buf_addc(&out, '\n');
	}
	copy = xstrdup(buf_str(&out));
	buf_free(&out);
	return copy;
}

static void
the_shipped_file_says_what_the_defaults_are(void **state)
{
	char *text = read_text(SOURCE_DIR "/etc/mailbounced.conf"), *shipped = dump_of(text);
	char *defaults = dump_of("");

	(void)state;
	assert_string_equal(shipped, defaults);
	free(text);
	free(shipped);
	free(defaults);
}

static void
the_shipped_examples_say_what_the_defaults_are(void **state)
{
	char *text = read_text(SOURCE_DIR "/etc/mailbounced.conf"), *examples = with_examples(text);
	char *shipped = dump_of(examples);
	char *defaults = dump_of("rule \"example\" { reason = {\"mailbox-full\"}\n"
				 "disposition = \"back-off\" }\n"
				 "phrase \"example\" { reason = \"recipient-restricted\" }\n"
				 "status \"5.7.999\" { reason = \"content-rejected\" }\n" MINIMAL
				 "hook \"example\" { command = {\"/usr/local/bin/notify\"} }\n");

	(void)state;
	assert_string_equal(shipped, defaults);
	free(text);
	free(examples);
	free(shipped);
	free(defaults);
}

static const struct config_section *const sections[] = {
	&config_root,    &config_policy,         &config_rule,
	&config_account, &config_account_oauth2, &config_account_target,
	&config_hook,    &config_phrase,         &config_code
};

#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

/* Does a line of text begin (behind blanks and "#") with before + name + after? */
static bool
has_line(const char *text, const char *before, const char *name, const char *after)
{
	struct span rest = span_of(text), line;
	char want[100];

	snprintf(want, sizeof(want), "%s%s%s", before, name, after);
	while (span_next_line(&rest, &line)) {
		while (!span_empty(line) && strchr("#\t ", *line.p) != NULL)
			line.p++;
		if (span_istarts(line, span_of(want)))
			return true;
	}
	return false;
}

static void
every_option_stands_in_the_shipped_file_and_the_man_page(void **state)
{
	char *shipped = read_text(SOURCE_DIR "/etc/mailbounced.conf");
	char *page = read_text(SOURCE_DIR "/man/mailbounced.conf.5");
	int missing = 0;

	(void)state;
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		for (const struct config_option *o = sections[i]->options; o->name; o++) {
			if (!has_line(shipped, "", o->name, " = ")) {
				print_error("etc/mailbounced.conf lacks %s\n", o->name);
				missing++;
			}
			if (!has_line(page, ".It Ic ", o->name, " ")) {
				print_error("mailbounced.conf.5 lacks .It Ic %s\n", o->name);
				missing++;
			}
		}
	}
	assert_int_equal(missing, 0);
	free(shipped);
	free(page);
}

/* bouncectl(1) explains the words of word.def and reason.def, from which the program has them. */
static void
every_word_that_bouncectl_prints_stands_in_its_man_page(void **state)
{
	static const char *const words[] = {
#define STATE(id, name, text) name "\n" text,
#define DISPOSITION(id, name, text) name "\n" text,
#include "word.def"
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) name "\n" text,
#include "reason.def"
	};
	char *page = read_text(SOURCE_DIR "/man/bouncectl.1");
	int missing = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char want[300];

		snprintf(want, sizeof(want), ".It Cm %s\n", words[i]);
		if (strstr(page, want) == NULL) {
			print_error("bouncectl.1 lacks %s", want);
			missing++;
		}
	}
	assert_int_equal(missing, 0);
	free(page);
}

/* Values */

/* Every option, each with a value that is not its default. */
static const char everything[] = "state = \"/srv/state.db\"\n"
				 "log-level = debug\n"
				 "\npolicy {\n"
				 "\tthreshold = 2.25\n"
				 "\tbackoff = {\"1h\", \"90s\"}\n"
				 "\tsuspend = 10d\n"
				 "\tconfirm-gap = 0\n"
				 "\tconfirm-quiet = 36h\n"
				 "}\n"
				 "\nrule \"a \\\"b\\\"\" {\n"
				 "\treason = {\"mailbox-full\", \"unclassified\"}\n"
				 "\tstatus = \"4.2.x\"\n"
				 "\tdomain = \"example.com\"\n"
				 "\tdisposition = \"ignore\"\n"
				 "\tweight = 0.05\n"
				 "\tbackoff = {\"2d\"}\n"
				 "}\n"
				 "\nphrase \"quota of {address}\" {\n"
				 "\treason = \"mailbox-full\"\n"
				 "\teffect = \"temporary\"\n"
				 "}\n"
				 "\nstatus \"5.9.x\" {\n"
				 "\treason = \"system-error\"\n"
				 "\teffect = \"permanent\"\n"
				 "}\n"
				 "\naccount \"lists\" {\n"
				 "\thost = \"imap.example.com\"\n"
				 "\tport = \"1143\"\n"
				 "\ttls = starttls\n"
				 "\tca-file = \"/etc/ssl/own.pem\"\n"
				 "\ttls-name = \"mail.example.com\"\n"
				 "\tauth = login\n"
				 "\tuser = \"b\xc3\xbcro\\$x\"\n"
				 "\tpassword-credential = \"\"\n"
				 "\tpassword-file = \"\"\n"
				 "\tpassword-command = {\"/usr/bin/pass\", \"show\"}\n"
				 "\tpassword = \"\"\n"
				 "\tinsecure-inline-password = true\n"
				 "\tfolders = {\"INBOX\", \"Lists/Bounces\"}\n"
				 "\tidle = false\n"
				 "\tidle-renew = 29m\n"
				 "\tpoll-interval = 1s\n"
				 "\tbatch-messages = 1\n"
				 "\tbatch-bytes = 64K\n"
				 "\tmove-messages = 10000\n"
				 "\tmessage-bytes = 4097\n"
				 "\tconnect-timeout = 1s\n"
				 "\ttls-timeout = 2s\n"
				 "\tprogress-timeout = 3s\n"
				 "\tcommand-timeout = 4s\n"
				 "\ttransfer-timeout = 1h\n"
				 "\tretry-least = 7s\n"
				 "\tretry-most = 7s\n"
				 "\toauth2 {\n"
				 "\t\ttoken-command = {}\n"
				 "\t\ttoken-url = \"\"\n"
				 "\t\tclient-id = \"\"\n"
				 "\t\tclient-secret-credential = \"\"\n"
				 "\t\tclient-secret-file = \"\"\n"
				 "\t\tclient-secret-command = {}\n"
				 "\t\trefresh-token-file = \"\"\n"
				 "\t\tscope = \"\"\n"
				 "\t\tca-file = \"/etc/ssl/other.pem\"\n"
				 "\t\ttimeout = 9s\n"
				 "\t}\n"
				 "\ttarget {\n"
				 "\t\tbounce = \"A\"\n"
				 "\t\tdelayed = \"B\"\n"
				 "\t\tsuccess = \"C\"\n"
				 "\t\tcomplaint = \"D\"\n"
				 "\t\tauto-reply = \"E\"\n"
				 "\t\treceipt = \"F\"\n"
				 "\t\tchallenge = \"G\"\n"
				 "\t\tbackscatter = \"H\"\n"
				 "\t\tother = \"I\"\n"
				 "\t\tunreadable = \"leave\"\n"
				 "\t}\n"
				 "}\n"
				 "\nhook \"notify\" {\n"
				 "\tcommand = {\"/bin/sh\", \"-c\", \"true \\\\ \\$HOME\"}\n"
				 "\tstates = {\"backoff\", \"pinned-dead\"}\n"
				 "\ttimeout = 1h\n"
				 "}\n";

static void
every_option_is_read_and_dumped_as_written(void **state)
{
	char *dump = dump_of(everything);

	(void)state;
	assert_string_equal(dump, everything);
	free(dump);
}

static void
values_land_in_the_struct(void **state)
{
	struct config *config = must_parse(
		"policy { threshold = 2.5 backoff = {1d, 2d} }\n"
		"rule \"r\" { status = \"5.x.x\" weight = 1 domain = EXAMPLE.com }\n" MINIMAL
		"hook \"h\" { command = {\"/bin/true\", \"x\"} states = {\"dead\"} }\n");
	const struct bounce_rule *rule = config->policy.rule;
	const struct config_account *account = config->account;

	(void)state;
	assert_int_equal(config->policy.threshold, 250);
	assert_int_equal(config->policy.backoff_count, 2);
	assert_int_equal(config->policy.backoff[1], 2 * 86400);
	assert_int_equal(config->policy.rule_count, 1);
	assert_string_equal(rule->name, "r");
	assert_int_equal(rule->reasons, 0);
	assert_int_equal(rule->status.class, 5);
	assert_int_equal(rule->status.subject, UINT16_MAX);
	assert_int_equal(rule->status.detail, UINT16_MAX);
	assert_string_equal(rule->domain, "example.com");
	assert_true(rule->set_weight);
	assert_false(rule->set_disposition);
	assert_int_equal(rule->weight, 100);
	assert_int_equal(config->account_count, 1);
	assert_string_equal(account->name, "example");
	assert_string_equal(account->port, "993");
	assert_string_equal(account->folders[0], "INBOX");
	assert_null(account->folders[1]);
	assert_true(account->target[BOUNCE_KIND_COMPLAINT].leave);
	assert_false(account->target[BOUNCE_KIND_BOUNCE].leave);
	assert_string_equal(account->target[BOUNCE_KIND_BOUNCE].folder, "Processed");
	assert_string_equal(account->unreadable.folder, "Review");
	assert_int_equal(account->message_bytes, 1 << 20);
	assert_int_equal(account->idle_renew, 28 * 60);
	assert_int_equal(config->hook_count, 1);
	assert_string_equal(config->hook[0].command[1], "x");
	assert_null(config->hook[0].command[2]);
	assert_int_equal(config->hook[0].states, 1U << BOUNCE_STATE_DEAD);
	config_free(config);
}

static void
the_port_follows_tls_unless_it_is_given(void **state)
{
	static const struct {
		const char *options, *port;
	} rows[] = {
		{ "", "993" },
		{ "tls = starttls", "143" },
		{ "tls = starttls port = 993", "993" },
		{ "port = 1", "1" },
		{ "port = 65535", "65535" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *config;
		char text[500];

		snprintf(text, sizeof(text),
			 "account \"a\" { host = h user = u password-credential = c %s }",
			 rows[i].options);
		config = must_parse(text);
		assert_string_equal(config->account->port, rows[i].port);
		config_free(config);
	}
}

static void
durations_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{ "0", 0 },        { "90", 90 },
		{ "90s", 90 },     { "15m", 900 },
		{ "12h", 43200 },  { "1d", 86400 },
		{ "2w", 1209600 }, { "9223372036854775807", INT64_MAX },
	};
	static const char *const bad[] = { "",
					   "s",
					   "-1",
					   "1.5d",
					   "1x",
					   "1dd",
					   " 1d",
					   "1d ",
					   "1D",
					   "15 m",
					   "0x10",
					   "9223372036854775808",
					   "9223372036854775807w" };
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(config_duration(good[i].text, &seconds), 0);
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(config_duration(bad[i], &seconds), -1);
}

/* Each limit of a number, on both sides. */
static void
numbers_are_taken_up_to_their_limits(void **state)
{
	static const struct {
		const char *good, *bad;
	} rows[] = {
		{ "port = 1", "port = 0" },
		{ "port = 65535", "port = 65536" },
		{ "idle-renew = 29m", "idle-renew = 1741s" },
		{ "poll-interval = 1s", "poll-interval = 0s" },
		{ "poll-interval = 1d", "poll-interval = 86401" },
		{ "batch-messages = 1", "batch-messages = 0" },
		{ "batch-messages = 1000", "batch-messages = 1001" },
		{ "batch-bytes = 64K", "batch-bytes = 65535" },
		{ "batch-bytes = 1G", "batch-bytes = 1025M" },
		{ "move-messages = 10000", "move-messages = 10001" },
		{ "message-bytes = 4K", "message-bytes = 4095" },
		{ "message-bytes = 32M", "message-bytes = 33554433" },
		{ "connect-timeout = 10m", "connect-timeout = 601" },
		{ "transfer-timeout = 1h", "transfer-timeout = 3601" },
		{ "retry-most = 1d", "retry-most = 86401" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const char frame[] =
			"account \"a\" { host = h user = u password-credential = c %s }";
		struct buf errors = BUF_INIT;
		char text[500];

		snprintf(text, sizeof(text), frame, rows[i].good);
		config_free(must_parse(text));
		snprintf(text, sizeof(text), frame, rows[i].bad);
		assert_null(config_parse("test.conf", text, &errors));
		assert_non_null(strstr(buf_str(&errors), "is out of range; write "));
		buf_free(&errors);
	}
}

static void
a_ladder_of_the_greatest_length_is_taken(void **state)
{
	(void)state;
	config_free(must_parse("policy { backoff = {1d, 1d, 1d, 1d, 1d, 1d, 1d, 1d} }"));
	must_fail("policy { backoff = {1d, 1d, 1d, 1d, 1d, 1d, 1d, 1d, 1d} }",
		  "test.conf:1: backoff: has 9 steps; give at most 8, the last one repeats\n");
}

static void
as_many_rules_as_a_policy_holds_are_taken(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	for (int i = 1; i <= STATE_MAX_RULES; i++)
		buf_addf(&text, "rule \"r%d\" { weight = 1 }\n", i);
	config_free(must_parse(buf_str(&text)));
	buf_adds(&text, "rule \"last\" { weight = 1 }\n");
	must_fail(buf_str(&text), "test.conf:257: 257 rules; keep at most 256\n");
	buf_free(&text);
}

static void
a_file_that_is_not_there_or_too_large_is_told(void **state)
{
	struct buf errors = BUF_INIT;
	char path[] = "/tmp/mailbounced-config-XXXXXX";
	char want[200];
	int fd = mkstemp(path);

	(void)state;
	assert_null(config_read("/nonexistent/mailbounced.conf", &errors));
	assert_string_equal(buf_str(&errors), "/nonexistent/mailbounced.conf:1: cannot be read: No "
					      "such file or directory; check the path and its "
					      "permissions\n");
	buf_clear(&errors);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, CONFIG_MAX_FILE), 0);
	assert_null(config_read(path, &errors));
	assert_non_null(strstr(buf_str(&errors), "contains a NUL byte"));
	buf_clear(&errors);
	assert_int_equal(ftruncate(fd, CONFIG_MAX_FILE + 1), 0);
	assert_null(config_read(path, &errors));
	snprintf(want, sizeof(want),
		 "%s:1: cannot be read: File too large; check the path and its permissions\n",
		 path);
	assert_string_equal(buf_str(&errors), want);
	buf_free(&errors);
	close(fd);
	unlink(path);
}

static void
a_reload_after_a_broken_file_reads_as_ever(void **state)
{
	struct buf errors = BUF_INIT;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_null(config_parse("test.conf", "state = \"/a", &errors));
		assert_null(config_parse("test.conf", "account \"a\" { /* ", &errors));
		config_free(must_parse(MINIMAL));
	}
	buf_free(&errors);
}

/* Overwrites, drops or repeats some bytes; the same for the same seed. */
static void
damage(char *text, uint32_t *seed)
{
	static const char signs[] = "{}\"'=\n#/*+\\,($ ";
	size_t len = strlen(text);

	for (uint32_t left = 1 + (*seed >> 16) % 3; left > 0; left--) {
		uint32_t r = *seed = *seed * 1664525 + 1013904223;
		size_t at = (r >> 8) % len, from = (r >> 3) % len;

		if (r >> 30 == 0)
			text[at] = signs[(r >> 16) % (sizeof(signs) - 1)];
		else if (r >> 30 == 1)
			memmove(text + at, text + at + 1, len - at - 1);
		else if (at + 20 < len && from + 20 < len)
			memmove(text + at, text + from, 20);
	}
}

static void
a_damaged_file_is_refused_aloud_or_reads_as_it_dumps(void **state)
{
	uint32_t seed = 1;
	int read = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct buf errors = BUF_INIT, dump = BUF_INIT;
		char *text = xstrdup(everything);
		struct config *config;

		damage(text, &seed);
		config = config_parse("test.conf", text, &errors);
		if (config != NULL) {
			config_dump(config, &dump);
			if (strstr(buf_str(&dump), "(not shown)") == NULL) {
				char *again = dump_of(buf_str(&dump));

				assert_string_equal(again, buf_str(&dump));
				free(again);
				read++;
			}
		} else if (errors.len == 0) {
			fail_msg("refused in silence:\n%s", text);
		}
		config_free(config);
		buf_free(&dump);
		buf_free(&errors);
		free(text);
	}
	assert_true(read > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_is_told_with_its_line_and_a_remedy),
		cmocka_unit_test(the_defaults_are_the_library_s),
		cmocka_unit_test(the_shipped_file_says_what_the_defaults_are),
		cmocka_unit_test(the_shipped_examples_say_what_the_defaults_are),
		cmocka_unit_test(every_option_stands_in_the_shipped_file_and_the_man_page),
		cmocka_unit_test(every_word_that_bouncectl_prints_stands_in_its_man_page),
		cmocka_unit_test(every_option_is_read_and_dumped_as_written),
		cmocka_unit_test(values_land_in_the_struct),
		cmocka_unit_test(the_port_follows_tls_unless_it_is_given),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(numbers_are_taken_up_to_their_limits),
		cmocka_unit_test(a_ladder_of_the_greatest_length_is_taken),
		cmocka_unit_test(as_many_rules_as_a_policy_holds_are_taken),
		cmocka_unit_test(a_file_that_is_not_there_or_too_large_is_told),
		cmocka_unit_test(a_reload_after_a_broken_file_reads_as_ever),
		cmocka_unit_test(a_damaged_file_is_refused_aloud_or_reads_as_it_dumps),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
