/*
 * date_test - the time that a mail bears
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "date.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
every_form_of_a_date_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} rows[] = {
		{ "Mon, 21 Sep 2026 14:13:20 +0000", 1790000000 },
		{ "21 Sep 2026 14:13:20 GMT", 1790000000 },
		{ "Mon, 21 Sep 2026 16:13:20 +0200 (CEST)", 1790000000 },
		{ "Mon, 21 Sep 2026 08:43:20 -0530", 1790000000 },
		{ "mon,21 sep 26 10:13:20 edt", 1790000000 },
		{ "Mon,\r\n 21 (the) Sep 2026 14 : 13 : 20 +0000", 1790000000 },
		{ "Mon, 21 Sep 2026 14:13 +0000", 1790000000 - 20 },
		{ "Mon, 21 Sep 2026 14:13:20", 1790000000 },
		{ "Mon, 21 Sep 2026 14:13:20 XYZ", 1790000000 },
		{ "1 Jan 1970 00:00:00 +0000", 0 },
		{ "1 Jan 70 00:00:00 +0000", 0 },
		{ "1 Jan 126 00:00:00 +0000", 1767225600 },
		{ "29 Feb 2000 00:00:00 +0000", 951782400 },
		{ "1 Mar 2000 00:00:00 +0000", 951868800 },
		{ "29 Feb 2028 12:00:00 +0000", 1835438400 },
		{ "1 Mar 2100 00:00:00 +0000", 4107542400 },
		{ "31 Dec 2026 23:59:60 +0000", 1798761600 },
		{ "31 Dec 9999 23:59:59 +0000", 253402300799 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = -1;

		assert_true(date_read(span_of(rows[i].text), &got));
		assert_int_equal(got, rows[i].want);
	}
}

static void
what_is_no_date_leaves_the_time_alone(void **state)
{
	static const char *const rows[] = {
		"",
		"Mon",
		"Mon, ",
		"21 Sep",
		"21 Sep 2026",
		"21 September 2026 14:13:20 +0000",
		"0 Sep 2026 14:13:20 +0000",
		"31 Sep 2026 14:13:20 +0000",
		"32 Dec 2026 14:13:20 +0000",
		"29 Feb 2026 00:00:00 +0000",
		"29 Feb 2100 00:00:00 +0000",
		"31 Dec 1969 23:59:59 +0000",
		"1 Jan 1970 00:00:00 +0100",
		"1 Jan 10000 00:00:00 +0000",
		"21 Sep 2026 24:00:00 +0000",
		"21 Sep 2026 14:60:00 +0000",
		"21 Sep 2026 14:13:61 +0000",
		"21 Sep 2026 14.13.20 +0000",
		"99999999999999999999 Sep 2026 14:13:20",
		"2026-09-21T14:13:20Z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = 7;

		if (date_read(span_of(rows[i]), &got))
			fail_msg("'%s' is taken for %lld", rows[i], (long long)got);
		assert_int_equal(got, 7);
	}
	assert_false(date_read((struct span){ NULL, NULL }, &(int64_t){ 0 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_a_date_is_read),
		cmocka_unit_test(what_is_no_date_leaves_the_time_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
