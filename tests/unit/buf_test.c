/*
 * buf_test - claims about bytes that grow
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"

static void
a_new_buf_is_an_empty_string(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_true(buf_ok(&b));
	assert_string_equal(buf_str(&b), "");
	assert_true(span_empty(buf_span(&b)));
	buf_clear(&b);
	buf_free(&b);
}

static void
what_is_cut_off_is_forgotten(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_cut(&b, 0);
	buf_adds(&b, "abcdef");
	buf_cut(&b, 6);
	assert_string_equal(buf_str(&b), "abcdef");
	buf_cut(&b, 7);
	assert_string_equal(buf_str(&b), "abcdef");
	buf_cut(&b, 2);
	assert_string_equal(buf_str(&b), "ab");
	buf_addc(&b, 'x');
	assert_string_equal(buf_str(&b), "abx");
	buf_free(&b);
}

static void
appends_of_every_kind_follow_each_other(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, "a");
	buf_addc(&b, 'b');
	buf_add(&b, SPAN("c\0d"));
	buf_addf(&b, "%d-%s", 42, "e");
	buf_add(&b, span_of(NULL));
	buf_addf(&b, "%s", "");
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, 9);
	assert_memory_equal(buf_str(&b), "abc\0d42-e", 10);
	buf_free(&b);
	assert_null(b.data);
}

static void
a_long_text_is_kept_whole(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_addf(&b, "%05d", i);
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, 100000);
	assert_memory_equal(b.data + 61725, "12345", 5);
	assert_int_equal(b.data[b.len], '\0');
	buf_free(&b);
}

static void
one_append_longer_than_twice_the_room_fits(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_addc(&b, 'x');
	buf_addf(&b, "%5000d", 7);
	assert_int_equal(b.len, 5001);
	assert_int_equal(b.data[5000], '7');
	buf_free(&b);
}

static void
the_limit_may_be_reached_but_not_passed(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	b.limit = 5;
	buf_adds(&b, "abcd");
	buf_addc(&b, 'e');
	assert_true(buf_ok(&b));
	buf_addc(&b, 'f');
	assert_false(buf_ok(&b));
	assert_string_equal(buf_str(&b), "abcde");
	buf_free(&b);
}

static void
a_broken_buf_takes_nothing_more_until_it_is_cleared(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	b.limit = 3;
	buf_adds(&b, "ab");
	buf_addf(&b, "%s", "cd");
	assert_false(buf_ok(&b));
	buf_addc(&b, 'c');
	assert_string_equal(buf_str(&b), "ab");
	buf_clear(&b);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_str(&b), "");
	buf_adds(&b, "xyz");
	assert_true(buf_ok(&b));
	assert_string_equal(buf_str(&b), "xyz");
	buf_free(&b);
}

static void
the_limit_outlives_buf_free(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	b.limit = 3;
	buf_adds(&b, "abc");
	buf_free(&b);
	assert_string_equal(buf_str(&b), "");
	buf_adds(&b, "abcd");
	assert_false(buf_ok(&b));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_buf_is_an_empty_string),
		cmocka_unit_test(what_is_cut_off_is_forgotten),
		cmocka_unit_test(appends_of_every_kind_follow_each_other),
		cmocka_unit_test(a_long_text_is_kept_whole),
		cmocka_unit_test(one_append_longer_than_twice_the_room_fits),
		cmocka_unit_test(the_limit_may_be_reached_but_not_passed),
		cmocka_unit_test(a_broken_buf_takes_nothing_more_until_it_is_cleared),
		cmocka_unit_test(the_limit_outlives_buf_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
