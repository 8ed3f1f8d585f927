/*
 * config_policy_test - policies of all and of single lists, and their canonical text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "config_world.h"

#define DAY 86400

static char *
policy_text_of(const struct config *config)
{
	struct buf out = BUF_INIT;
	char *copy;

	config_dump_policy(config, &out);
	copy = xstrdup(buf_str(&out));
	buf_free(&out);
	return copy;
}

static void
the_policy_s_text_reads_back_as_it_was(void **state)
{
	static const char *const texts[] = {
		"",
		"policy { preset = strict }",
		"policy { preset = report-only threshold = 1 reason \"expired\" { decay = 0 } }",
		"rule \"one\" { list = A.example.com weight = 1 }\n"
		"rule \"two\" { domain = example.net disposition = dead }",
		"policy { reason \"expired\" { weight = 2 } }\n"
		"list \"a.example.com\" { policy { preset = report-only } }\n"
		"list \"b.example.com\" { policy { confirm = 1\n"
		"reason \"mailbox-full\" { weight = 1 decay = 7d disposition = disable } } }\n"
		"list \"c.example.com\" { }",
		everything,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf errors = BUF_INIT;
		struct config *config = config_parse("test.conf", texts[i], &errors), *again;
		char *text = policy_text_of(config), *second;

		again = must_parse(text);
		second = policy_text_of(again);
		assert_string_equal(second, text);
		again->policy.rule = config->policy.rule;
		assert_memory_equal(&again->policy, &config->policy, sizeof(config->policy));
		assert_int_equal(again->list_count, config->list_count);
		free(text);
		free(second);
		config_free(config);
		config_free(again);
		buf_free(&errors);
	}
}

static void
a_preset_sets_what_the_file_does_not_say(void **state)
{
	struct config *config = must_parse("policy { grace = 2d preset = strict probes = 3 }");
	struct bounce_policy strict = bounce_policy_preset(BOUNCE_PRESET_STRICT);

	(void)state;
	assert_int_equal(config->policy.preset, BOUNCE_PRESET_STRICT);
	assert_int_equal(config->policy.threshold, strict.threshold);
	assert_int_equal(config->policy.confirm_gap, strict.confirm_gap);
	assert_int_equal(config->policy.grace, 2 * DAY);
	assert_int_equal(config->policy.probes, 3);
	config_free(config);
}

static void
a_list_begins_with_the_general_policy_or_with_a_preset(void **state)
{
	struct config *config =
		must_parse("list \"A.example.com\" { policy { threshold = 2 } }\n"
			   "list \"b.example.com\" { policy { preset = strict } }\n"
			   "list \"c.example.com\" { }\n"
			   "policy { suspend = 9d reason \"expired\" { weight = 1 } }\n"
			   "rule \"r\" { weight = 0 }");
	const struct bounce_policy *a, *b;
	struct span scope;

	(void)state;
	a = config_policy_for(config, SPAN("a.EXAMPLE.com"), &scope);
	assert_true(span_eq(scope, SPAN("a.example.com")));
	assert_int_equal(a->threshold, 200);
	assert_int_equal(a->suspend, 9 * DAY);
	assert_int_equal(a->reason[BOUNCE_REASON_EXPIRED].weight, 100);
	assert_int_equal(a->rule_count, 1);
	b = config_policy_for(config, SPAN("b.example.com"), &scope);
	assert_int_equal(b->suspend, 30 * DAY);
	assert_false(b->reason[BOUNCE_REASON_EXPIRED].set_weight);
	assert_int_equal(b->rule_count, 1);
	assert_ptr_equal(config_policy_for(config, SPAN("c.example.com"), &scope), &config->policy);
	assert_true(span_empty(scope));
	assert_ptr_equal(config_policy_for(config, SPAN(""), &scope), &config->policy);
	config_free(config);
}

static void
a_reason_is_told_apart_from_what_is_not_said(void **state)
{
	struct config *config = must_parse("policy { reason \"expired\" { weight = 0 }\n"
					   "reason \"dns-failure\" { decay = 0 } }");
	const struct bounce_reason_policy *expired = &config->policy.reason[BOUNCE_REASON_EXPIRED];
	const struct bounce_reason_policy *dns = &config->policy.reason[BOUNCE_REASON_DNS_FAILURE];

	(void)state;
	assert_true(expired->set_weight);
	assert_false(expired->set_decay);
	assert_false(expired->set_disposition);
	assert_int_equal(bounce_policy_weight(&config->policy, BOUNCE_REASON_EXPIRED), 0);
	assert_true(dns->set_decay);
	assert_int_equal(bounce_policy_fading(&config->policy, BOUNCE_REASON_DNS_FAILURE, 0), 0);
	assert_int_equal(bounce_policy_weight(&config->policy, BOUNCE_REASON_DNS_FAILURE), 25);
	config_free(config);
}

static void
each_number_of_a_policy_has_its_limits(void **state)
{
	static const struct {
		const char *name, *least, *below, *most, *above;
	} cases[] = {
		{ "probes", "1", "0", "10", "11" },
		{ "confirm", "1", "0", "2", "3" },
		{ "grace", "1", "0", "365d", "31536001" },
		{ "fade-mailings", "0", NULL, "100", "101" },
		{ "full-for", "1", "0", "3650d", "315360001" },
		{ "full-mailings", "1", "0", "1000", "1001" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const value[] = { cases[i].least, cases[i].most, cases[i].above,
					      cases[i].below };

		for (size_t v = 0; v < 4 && value[v] != NULL; v++) {
			struct buf text = BUF_INIT, errors = BUF_INIT;
			struct config *config;

			buf_addf(&text, "policy { %s = %s }", cases[i].name, value[v]);
			config = config_parse("test.conf", buf_str(&text), &errors);
			assert_int_equal(config != NULL, v < 2);
			if (config == NULL)
				assert_non_null(strstr(buf_str(&errors), "is out of range; write"));
			config_free(config);
			buf_free(&text);
			buf_free(&errors);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_s_text_reads_back_as_it_was),
		cmocka_unit_test(a_preset_sets_what_the_file_does_not_say),
		cmocka_unit_test(a_list_begins_with_the_general_policy_or_with_a_preset),
		cmocka_unit_test(a_reason_is_told_apart_from_what_is_not_said),
		cmocka_unit_test(each_number_of_a_policy_has_its_limits),
	};

	return cmocka_run_group_tests_name("config_policy", tests, NULL, NULL);
}
