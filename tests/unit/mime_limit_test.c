/*
 * mime_limit_test - where reading a message stops, and what hostile ones cost
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "mime_world.h"

/* Messages in messages, or multiparts in multiparts, `depth` of them around a text. */
static void
nest(struct buf *b, bool messages, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		if (messages)
			buf_adds(b, "Content-Type: message/rfc822\n\n");
		else
			buf_addf(b, "Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n", i,
				 i);
	}
	buf_adds(b, "A: 1\n\nx");
}

static void
depth_is_limited_and_what_is_deeper_is_one_leaf(void **state)
{
	(void)state;
	for (int messages = 0; messages < 2; messages++) {
		for (size_t extra = 0; extra < 2; extra++) {
			const struct mime_part *last;
			struct buf b = BUF_INIT;

			nest(&b, messages == 1, MIME_MAX_DEPTH + extra);
			parse(buf_span(&b));
			last = &message.part[message.count - 1];
			assert_int_equal(message.count, MIME_MAX_DEPTH + 1);
			assert_int_equal(last->depth, MIME_MAX_DEPTH);
			assert_int_equal(message.clipped, extra == 1);
			assert_true(span_eq(last->type, SPAN("text/plain")) == (extra == 0));
			buf_free(&b);
		}
	}
}

static void
a_leaf_at_the_depth_limit_still_ends_at_the_boundaries_around_it(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	nest(&b, false, MIME_MAX_DEPTH + 1);
	buf_adds(&b, "\n--b0\n\nlast\n--b0--\n");
	parse(buf_span(&b));
	assert_int_equal(message.count, MIME_MAX_DEPTH + 2);
	assert_int_equal(message.part[MIME_MAX_DEPTH + 1].depth, 1);
	assert_span(message.part[MIME_MAX_DEPTH + 1].body, "last");
	assert_true(message.part[1].truncated);
	assert_false(message.part[0].truncated);
	buf_free(&b);
}

static void
forty_thousand_nested_parts_cost_little_memory(void **state)
{
	(void)state;
	for (int messages = 0; messages < 2; messages++) {
		struct buf b = BUF_INIT;

		nest(&b, messages == 1, 40000);
		arena_reset(&arena);
		parse(buf_span(&b));
		assert_int_equal(message.count, MIME_MAX_DEPTH + 1);
		assert_true(message.clipped);
		assert_true(arena.used < 65536);
		buf_free(&b);
	}
}

static void
nested_encoded_messages_are_limited_by_depth_as_well(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		buf_adds(&b, "Content-Type: message/rfc822\n"
			     "Content-Transfer-Encoding: quoted-printable\n\n");
	parse(buf_span(&b));
	assert_int_equal(message.count, MIME_MAX_DEPTH + 1);
	assert_true(message.clipped);
	assert_true(arena.used < b.len * 2 * MIME_MAX_DEPTH);
	buf_free(&b);
}

static void
the_count_of_parts_is_limited_and_the_last_one_ends_where_it_ends(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct buf b = BUF_INIT;

		buf_adds(&b, MIXED("b") "\n");
		for (size_t i = 1; i < MIME_MAX_PARTS + extra; i++)
			buf_addf(&b, "--b\n\n%zu\n", i);
		buf_adds(&b, "--b--\n");
		parse(buf_span(&b));
		assert_int_equal(message.count, MIME_MAX_PARTS);
		assert_int_equal(message.clipped, extra == 1);
		assert_span(message.part[MIME_MAX_PARTS - 1].body, "499");
		assert_false(message.part[0].truncated);
		buf_free(&b);
	}
}

static void
a_message_that_has_no_room_inside_is_a_leaf(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, MIXED("b") "\n");
	for (size_t i = 2; i < MIME_MAX_PARTS; i++)
		buf_adds(&b, "--b\n\n");
	buf_adds(&b, "--b\nContent-Type: message/rfc822\n\nA: 1\n--b--\n");
	parse(buf_span(&b));
	assert_int_equal(message.count, MIME_MAX_PARTS);
	assert_true(message.clipped);
	assert_span(message.part[MIME_MAX_PARTS - 1].body, "A: 1");
	buf_free(&b);
}

static void
the_length_of_a_boundary_is_limited(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		char boundary[MIME_MAX_BOUNDARY + 2];
		struct buf b = BUF_INIT;

		memset(boundary, 'b', sizeof(boundary));
		boundary[MIME_MAX_BOUNDARY + extra] = '\0';
		buf_addf(&b, MIXED("%s") "\n--%s\n\na\n--%s--\n", boundary, boundary, boundary);
		parse(buf_span(&b));
		assert_int_equal(message.count, extra == 0 ? 2 : 1);
		assert_int_equal(message.clipped, extra == 1);
		buf_free(&b);
	}
}

static void
clipped_headers_clip_the_message(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, MIXED("b") "\n--b\n");
	for (size_t i = 0; i <= HEADER_MAX_COUNT; i++)
		buf_adds(&b, "A: 1\n");
	buf_adds(&b, "\nbody\n--b--\n");
	parse(buf_span(&b));
	assert_true(message.clipped);
	assert_int_equal(message.part[1].headers.count, HEADER_MAX_COUNT);
	assert_span(message.part[1].body, "body");
	buf_free(&b);
}

static void
fifty_megabytes_on_one_line_cost_no_memory(void **state)
{
	size_t size = (size_t)50 * 1024 * 1024;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, '-', size);
	memcpy(text, MIXED("b") "\n--b", sizeof(MIXED("b") "\n--b") - 1);
	parse(span_make(text, size));
	assert_int_equal(message.count, 1);
	assert_true(arena.used < 4096);
	free(text);
}

static void
an_arena_that_is_out_is_an_error_at_every_size(void **state)
{
	struct span text =
		SPAN(MIXED("\"b\\c\"") "A: 1\n\n--bc\nContent-Type: message/rfc822\n"
				       "Content-Transfer-Encoding: base64\n\nQTogMQoK\n--bc--\n");
	size_t need;

	(void)state;
	parse(text);
	assert_int_equal(message.count, 3);
	need = arena.used;
	for (size_t limit = 16; limit < need; limit += 16) {
		struct arena small;

		arena_init(&small, limit);
		assert_int_equal(mime_parse(&small, text, &message), -1);
		assert_true(small.used <= limit);
		arena_free(&small);
	}
}

static void
the_count_of_parameters_is_limited(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct buf b = BUF_INIT;

		buf_adds(&b, "Content-Type: text/plain");
		for (size_t i = 1; i < MIME_MAX_PARAMS + extra; i++)
			buf_adds(&b, ";x=y");
		buf_adds(&b, ";n=v\n\n");
		parse(buf_span(&b));
		assert_span(mime_param(&arena, &message.part[0], "n"), extra == 0 ? "v" : "");
		buf_free(&b);
	}
}

static void
pieces_of_a_parameter_are_joined_up_to_the_limit(void **state)
{
	struct buf b = BUF_INIT, want = BUF_INIT;

	(void)state;
	buf_adds(&b, "Content-Type: text/plain");
	for (size_t i = 0; i < MIME_MAX_PARAMS; i++) {
		buf_addf(&b, ";n*%zu=%zu", i, i);
		buf_addf(&want, "%zu", i);
	}
	buf_adds(&b, "\n\n");
	parse(buf_span(&b));
	assert_span(mime_param(&arena, &message.part[0], "n"), buf_str(&want));
	buf_free(&b);
	buf_free(&want);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(depth_is_limited_and_what_is_deeper_is_one_leaf),
		TEST(a_leaf_at_the_depth_limit_still_ends_at_the_boundaries_around_it),
		TEST(forty_thousand_nested_parts_cost_little_memory),
		TEST(nested_encoded_messages_are_limited_by_depth_as_well),
		TEST(the_count_of_parts_is_limited_and_the_last_one_ends_where_it_ends),
		TEST(a_message_that_has_no_room_inside_is_a_leaf),
		TEST(the_length_of_a_boundary_is_limited),
		TEST(clipped_headers_clip_the_message),
		TEST(fifty_megabytes_on_one_line_cost_no_memory),
		TEST(an_arena_that_is_out_is_an_error_at_every_size),
		TEST(the_count_of_parameters_is_limited),
		TEST(pieces_of_a_parameter_are_joined_up_to_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
