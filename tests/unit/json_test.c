/*
 * json_test - JSON that every reader takes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "json.h"

static void
commas_stand_between_values_and_nowhere_else(void **state)
{
	struct buf out = BUF_INIT;
	struct json j;

	(void)state;
	json_init(&j, &out);
	json_object(&j, NULL);
	json_string(&j, "a", "x");
	json_array(&j, "empty");
	json_end_array(&j);
	json_array(&j, "list");
	json_number(&j, NULL, INT64_MIN);
	json_bool(&j, NULL, true);
	json_null(&j, NULL);
	json_object(&j, NULL);
	json_end_object(&j);
	json_end_array(&j);
	json_string(&j, "none", NULL);
	json_end_object(&j);
	assert_string_equal(buf_str(&out),
			    "{\"a\":\"x\",\"empty\":[],\"list\":[-9223372036854775808,"
			    "true,null,{}],\"none\":null}");
	buf_free(&out);
}

static void
text_is_escaped_so_that_a_value_stays_one_line(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "say \"hi\" \\o/", "\"say \\\"hi\\\" \\\\o/\"" },
		{ "a\r\n\tb", "\"a\\u000d\\u000a\\u0009b\"" },
		{ "\x1b[2J", "\"\\u001b[2J\"" },
		{ "\xc2\x85\xe2\x80\xa8", "\"\\u0085\\u2028\"" },
		{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
		{ "\xf0\x9f\x93\xac", "\"\xf0\x9f\x93\xac\"" },
		{ "caf\xe9!", "\"caf\xef\xbf\xbd!\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = BUF_INIT;
		struct json j;

		json_init(&j, &out);
		json_string(&j, NULL, rows[i].text);
		assert_string_equal(buf_str(&out), rows[i].json);
		buf_free(&out);
	}
}

static void
a_nul_byte_is_text_like_any_other(void **state)
{
	struct buf out = BUF_INIT;
	struct json j;

	(void)state;
	json_init(&j, &out);
	json_text(&j, NULL, span_make("a\0b", 3));
	assert_string_equal(buf_str(&out), "\"a\\u0000b\"");
	buf_free(&out);
}

static void
the_deepest_nesting_allowed_works(void **state)
{
	struct buf out = BUF_INIT;
	struct json j;

	(void)state;
	json_init(&j, &out);
	for (int i = 1; i < JSON_MAX_DEPTH; i++)
		json_array(&j, NULL);
	for (int i = 1; i < JSON_MAX_DEPTH; i++)
		json_end_array(&j);
	assert_int_equal(out.len, 2 * (JSON_MAX_DEPTH - 1));
	assert_int_equal(j.depth, 0);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_values_and_nowhere_else),
		cmocka_unit_test(text_is_escaped_so_that_a_value_stays_one_line),
		cmocka_unit_test(a_nul_byte_is_text_like_any_other),
		cmocka_unit_test(the_deepest_nesting_allowed_works),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
