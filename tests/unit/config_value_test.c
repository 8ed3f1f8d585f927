/*
 * config_value_test - what each option takes, and up to where
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "config_world.h"

/* The text is refused with exactly this. */
static void
must_fail(const char *text, const char *message)
{
	struct buf errors = BUF_INIT;

	assert_null(config_parse("test.conf", text, &errors));
	assert_string_equal(buf_str(&errors), message);
	buf_free(&errors);
}

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
		"hook \"h\" { command = {\"/bin/true\", \"x\"} states = {\"dead\"} }\n"
		"hook \"i\" { command = {\"/bin/true\"} states = {} incidents = true }\n");
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
	assert_int_equal(config->hook_count, 2);
	assert_string_equal(config->hook[0].command[1], "x");
	assert_null(config->hook[0].command[2]);
	assert_int_equal(config->hook[0].states, 1U << BOUNCE_STATE_DEAD);
	assert_false(config->hook[0].incidents);
	assert_int_equal(config->hook[1].states, 0);
	assert_true(config->hook[1].incidents);
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
		{ "max-folders = 1", "max-folders = 0" },
		{ "max-folders = 10000", "max-folders = 10001" },
		{ "list-interval = 1s", "list-interval = 0s" },
		{ "list-interval = 1d", "list-interval = 86401" },
		{ "max-connections = 1", "max-connections = 0" },
		{ "max-connections = 10000", "max-connections = 10001" },
		{ "poll-interval = 1d", "poll-interval = 86401" },
		{ "batch-messages = 1", "batch-messages = 0" },
		{ "batch-messages = 1000", "batch-messages = 1001" },
		{ "batch-bytes = 64K", "batch-bytes = 65535" },
		{ "batch-bytes = 1G", "batch-bytes = 1025M" },
		{ "move-messages = 10000", "move-messages = 10001" },
		{ "move-retry = 1s", "move-retry = 0s" },
		{ "move-retry = 1d", "move-retry = 25h" },
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
a_share_is_a_number_of_per_cent(void **state)
{
	static const char *const bad[] = { "0%", "101%", "-1%", "5%%", "%", "half" };
	struct config *config = must_parse("incident { list-share = 100%  domain-share = 1 }");

	(void)state;
	assert_int_equal(config->incident.list_share, 100);
	assert_int_equal(config->incident.domain_share, 1);
	config_free(config);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf errors = BUF_INIT;
		char text[60];

		snprintf(text, sizeof(text), "incident { list-share = \"%s\" }", bad[i]);
		assert_null(config_parse("test.conf", text, &errors));
		assert_non_null(strstr(buf_str(&errors), "test.conf:1: "));
		buf_free(&errors);
	}
}

static void
the_limits_of_incidents_have_one_default(void **state)
{
	const struct breaker_limits limits = breaker_limits_default();
	struct config *config = must_parse(MINIMAL);
	struct config *same = must_parse(MINIMAL);

	(void)state;
	same->incident = limits;
	assert_true(config_same_policy(config, same));
	same->incident.quiet++;
	assert_false(config_same_policy(config, same));
	config_free(same);
	config_free(config);
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
as_many_rows_of_ones_own_as_the_table_holds_are_taken(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	for (int i = 1; i <= BOUNCE_MAX_OWN_ROWS; i++)
		buf_addf(&text, "phrase \"words %d\" { reason = \"mailbox-full\" }\n", i);
	config_free(must_parse(buf_str(&text)));
	buf_adds(&text, "status \"5.7.9\" { reason = \"mailbox-full\" }\n");
	must_fail(buf_str(&text), "test.conf:257: 257 phrases and codes; keep at most 256\n");
	buf_free(&text);
}

/* What is the same after a reload */

static struct config *
read_again(const char *what, const char *instead)
{
	const char *at = strstr(everything, what);
	struct buf text = BUF_INIT, errors = BUF_INIT;
	struct config *config;

	assert_non_null(at);
	buf_add(&text, span_make(everything, (size_t)(at - everything)));
	buf_adds(&text, instead);
	buf_adds(&text, at + strlen(what));
	config = config_parse("test.conf", buf_str(&text), &errors);
	if (config == NULL)
		fail_msg("%s: %s", instead, buf_str(&errors));
	buf_free(&text);
	buf_free(&errors);
	return config;
}

static const struct {
	const char *what, *instead;
	bool same_account, same_policy;
} changes[] = {
	{ "log-level = debug", "log-level = info", true, true },
	{ "outbox-keep = 1h", "outbox-keep = 2h", true, true },
	{ "threshold = 2.25", "threshold = 2.26", true, false },
	{ "rule \"a", "rule \"b", true, false },
	{ "surge = 6", "surge = 7", true, false },
	{ "idle = false", "idle = true", false, true },
	{ "max-connections = 1", "max-connections = 2", false, true },
	{ "{\"INBOX\", \"Lists/Bounces\"}", "{\"INBOX\"}", false, true },
};

static void
what_a_reload_changes_is_seen(void **state)
{
	struct config *before = must_parse(everything);

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct config *after = read_again(changes[i].what, changes[i].instead);

		if (config_same_account(&before->account[0], &after->account[0]) !=
			    changes[i].same_account ||
		    config_same_policy(before, after) != changes[i].same_policy)
			fail_msg("%s", changes[i].instead);
		config_free(after);
	}
	config_free(before);
}

#define INLINE(password)                    \
	"account \"example\" {\n"           \
	"host = \"imap.example.com\"\n"     \
	"user = \"bounces@example.com\"\n"  \
	"password = \"" password "\"\n"     \
	"insecure-inline-password = true\n" \
	"}\n"

static void
a_password_that_is_never_shown_is_seen_to_change(void **state)
{
	struct buf warnings = BUF_INIT;
	struct config *one = config_parse("test.conf", INLINE("pencil"), &warnings);
	struct config *same = config_parse("test.conf", INLINE("pencil"), &warnings);
	struct config *other = config_parse("test.conf", INLINE("crayon"), &warnings);

	(void)state;
	assert_true(config_same_account(&one->account[0], &same->account[0]));
	assert_false(config_same_account(&one->account[0], &other->account[0]));
	config_free(one);
	config_free(same);
	config_free(other);
	buf_free(&warnings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_option_is_read_and_dumped_as_written),
		cmocka_unit_test(values_land_in_the_struct),
		cmocka_unit_test(the_port_follows_tls_unless_it_is_given),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(numbers_are_taken_up_to_their_limits),
		cmocka_unit_test(a_share_is_a_number_of_per_cent),
		cmocka_unit_test(the_limits_of_incidents_have_one_default),
		cmocka_unit_test(a_ladder_of_the_greatest_length_is_taken),
		cmocka_unit_test(as_many_rules_as_a_policy_holds_are_taken),
		cmocka_unit_test(as_many_rows_of_ones_own_as_the_table_holds_are_taken),
		cmocka_unit_test(what_a_reload_changes_is_seen),
		cmocka_unit_test(a_password_that_is_never_shown_is_seen_to_change),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
