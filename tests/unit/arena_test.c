/*
 * arena_test - claims about the memory of one message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdlib.h>

#include "arena.h"

#define UNIT sizeof(max_align_t) /* what requests are rounded up to, at most */

static void
memory_is_zeroed_and_aligned_also_when_it_is_used_again(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (int round = 0; round < 2; round++) {
		for (size_t size = 0; size < 200; size++) {
			unsigned char *p = arena_alloc(&a, size);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xff, size);
		}
		arena_reset(&a);
	}
	arena_free(&a);
}

static void
room_for_text_counts_like_any_other(void **state)
{
	struct arena a;
	char *p, *next;

	(void)state;
	arena_init(&a, 8 * UNIT);
	p = arena_text(&a, UNIT);
	next = arena_alloc(&a, UNIT);
	assert_non_null(p);
	memset(p, 0xff, UNIT);
	assert_int_equal(next[0], 0);
	assert_int_equal(next[UNIT - 1], 0);
	assert_non_null(arena_text(&a, 6 * UNIT));
	assert_null(arena_text(&a, 1));
	assert_true(a.refused);
	arena_free(&a);
}

static void
pieces_do_not_overlap_whatever_their_sizes(void **state)
{
	static const size_t sizes[] = { 1, 70000, 16, 16384, 16385, 65536, 65537, 3, 200000, 8 };
	unsigned char *piece[100];
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < 100; i++) {
		piece[i] = arena_alloc(&a, sizes[i % 10]);
		assert_non_null(piece[i]);
		memset(piece[i], (int)i, sizes[i % 10]);
	}
	for (size_t i = 0; i < 100; i++) {
		for (size_t k = 0; k < sizes[i % 10]; k++)
			assert_int_equal(piece[i][k], i);
	}
	arena_free(&a);
}

static void
the_limit_is_given_out_to_the_last_byte_and_no_further(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 10 * UNIT);
	assert_non_null(arena_alloc(&a, 9 * UNIT));
	assert_null(arena_alloc(&a, UNIT + 1));
	assert_int_equal(a.used, 9 * UNIT);
	assert_non_null(arena_alloc(&a, UNIT));
	assert_int_equal(a.used, a.limit);
	assert_null(arena_alloc(&a, 1));
	assert_non_null(arena_alloc(&a, 0));
	arena_free(&a);
}

static void
the_default_limit_is_the_named_one(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_null(arena_alloc(&a, ARENA_DEFAULT_LIMIT + 1));
	assert_non_null(arena_alloc(&a, ARENA_DEFAULT_LIMIT));
	arena_free(&a);
}

static void
a_refusal_is_remembered_until_the_reset(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1024);
	assert_non_null(arena_alloc(&a, 1024));
	assert_false(a.refused);
	assert_true(arena_copy(&a, SPAN("x")).p == NULL);
	assert_true(a.refused);
	arena_reset(&a);
	assert_false(a.refused);
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 1024));
	arena_free(&a);
}

static void
sizes_that_overflow_are_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, SIZE_MAX);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 20));
	assert_null(arena_array(&a, SIZE_MAX / 8 + 1, 8));
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_true(a.refused);
	assert_int_equal(a.used, 0);
	arena_free(&a);
}

static void
a_copy_ends_with_a_nul_that_does_not_count(void **state)
{
	struct arena a;
	struct span copy;

	(void)state;
	arena_init(&a, 0);
	memset(arena_alloc(&a, 64), 0xff, 64);
	arena_reset(&a);
	copy = arena_copy(&a, SPAN("a\0b"));
	assert_int_equal(span_len(copy), 3);
	assert_memory_equal(copy.p, "a\0b", 4);
	copy = arena_copy(&a, span_of(NULL));
	assert_non_null(copy.p);
	assert_true(span_empty(copy));
	assert_int_equal(*copy.p, 0);
	arena_free(&a);
}

static void
a_growing_array_keeps_its_content_and_doubles(void **state)
{
	struct arena a;
	size_t cap = 0, moves = 0;
	uint32_t *array = NULL;

	(void)state;
	arena_init(&a, 0);
	for (uint32_t i = 0; i < 10000; i++) {
		uint32_t *wider = arena_grow(&a, array, i, &cap, sizeof(*array));

		if (wider == NULL) {
			fail();
			return;
		}
		moves += wider == array ? 0 : 1;
		array = wider;
		array[i] = i;
	}
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(array[i], i);
	assert_in_range(moves, 2, 14);
	arena_free(&a);
}

static void
an_array_that_cannot_grow_is_still_there(void **state)
{
	struct arena a;
	size_t cap = 0;
	char *array;

	(void)state;
	arena_init(&a, 64);
	array = arena_grow(&a, NULL, 0, &cap, 8);
	assert_non_null(array);
	memset(array, 'x', cap * 8);
	assert_null(arena_grow(&a, array, cap, &cap, 8));
	assert_int_equal(cap, 8);
	assert_int_equal(array[63], 'x');
	arena_free(&a);
}

static int closed;

static void
close_counted(void *tool)
{
	closed += *(int *)tool;
}

static void
a_tool_outlives_a_reset_and_is_closed_at_the_end(void **state)
{
	struct arena arena;
	int one = 1, two = 2;

	(void)state;
	closed = 0;
	arena_init(&arena, 0);
	assert_true(arena_keep(&arena, "one", &one, close_counted));
	assert_true(arena_keep(&arena, "two", &two, close_counted));
	arena_reset(&arena);
	assert_ptr_equal(arena_tool(&arena, "one"), &one);
	assert_ptr_equal(arena_tool(&arena, "two"), &two);
	assert_null(arena_tool(&arena, "three"));
	assert_int_equal(closed, 0);
	arena_free(&arena);
	assert_int_equal(closed, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned_also_when_it_is_used_again),
		cmocka_unit_test(room_for_text_counts_like_any_other),
		cmocka_unit_test(pieces_do_not_overlap_whatever_their_sizes),
		cmocka_unit_test(the_limit_is_given_out_to_the_last_byte_and_no_further),
		cmocka_unit_test(the_default_limit_is_the_named_one),
		cmocka_unit_test(a_refusal_is_remembered_until_the_reset),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(a_copy_ends_with_a_nul_that_does_not_count),
		cmocka_unit_test(a_growing_array_keeps_its_content_and_doubles),
		cmocka_unit_test(an_array_that_cannot_grow_is_still_there),
		cmocka_unit_test(a_tool_outlives_a_reset_and_is_closed_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
