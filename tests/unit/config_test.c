/*
 * config_test - errors, defaults, and the files that speak of both
 *
 * tests/config/NAME.conf is read and what is told of it compared with NAME.errors; a file without
 * errors has an empty one. With UPDATE_GOLDENS=1 in the environment the .errors are written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "config_world.h"

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
	assert_int_equal(config->policy.rule_count, 0);
	config->policy.rule = NULL;
	assert_memory_equal(&config->policy, &policy, sizeof(policy));
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
	char *defaults =
		dump_of("policy { reason \"mailbox-full\" { weight = 0.5 decay = 14d\n"
			"disposition = \"back-off\" } }\n"
			"rule \"example\" { reason = {\"mailbox-full\"}\n"
			"disposition = \"back-off\" }\n"
			"list \"announce.example.com\" { policy { threshold = 3 } }\n"
			"tokens { key \"k1\" { secret-file = \"/etc/mailbounced/token-k1\" }\n"
			"batv \"0\" { secret-file = \"/etc/mailbounced/batv-0\" } }\n"
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
	&config_root,           &config_policy,         &config_rule,     &config_account,
	&config_account_oauth2, &config_account_target, &config_hook,     &config_phrase,
	&config_code,           &config_reason,         &config_for_list, &config_tokens,
	&config_token_key,      &config_batv_key,       &config_trust,
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
		cmocka_unit_test(a_file_that_is_not_there_or_too_large_is_told),
		cmocka_unit_test(a_reload_after_a_broken_file_reads_as_ever),
		cmocka_unit_test(a_damaged_file_is_refused_aloud_or_reads_as_it_dumps),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
