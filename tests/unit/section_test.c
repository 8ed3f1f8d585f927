/*
 * section_test - how IMAP numbers the parts of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "mime_world.h"
#include "section.h"

static void
assert_number(const char *text, size_t part, const char *want)
{
	struct section section;
	struct buf out = BUF_INIT;

	parse(span_of(text));
	assert_true(part < message.count);
	section = section_of(&message, part);
	for (size_t i = 0; i < section.count; i++)
		buf_addf(&out, "%s%u", i > 0 ? "." : "", section.number[i]);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

/* RFC 3501 section 6.4.5 has this message as its example. */
static const char example[] = MIXED(
	"a") "\n--a\n\n1\n"
	     "--a\nContent-Type: application/octet-stream\n\n2\n"
	     "--a\nContent-Type: message/rfc822\n\n" MIXED(
		     "b") "\n"
			  "--b\n\n3.1\n--b\nContent-Type: application/octet-stream\n\n3.2\n--b--\n"
			  "--a\n" MIXED("c") "\n"
					     "--c\nContent-Type: image/gif\n\n4.1\n"
					     "--c\nContent-Type: message/rfc822\n\n" MIXED(
						     "d") "\n"
							  "--d\n\n4.2.1\n"
							  "--d\nContent-Type: "
							  "multipart/alternative; boundary=e\n\n"
							  "--e\n\n4.2.2.1\n--e\nContent-Type: "
							  "text/richtext\n\n4.2.2.2\n--e--\n"
							  "--d--\n--c--\n--a--\n";

static void
parts_have_the_numbers_of_the_rfc(void **state)
{
	static const char *const want[] = {
		"",    "1",   "2",   "3",     "3",     "3.1",     "3.2",     "4",
		"4.1", "4.2", "4.2", "4.2.1", "4.2.2", "4.2.2.1", "4.2.2.2",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(want); i++)
		assert_number(example, i, want[i]);
	assert_int_equal(message.count, COUNT(want));
}

static void
a_message_of_one_part_is_part_1(void **state)
{
	(void)state;
	assert_number("\nhello\n", 0, "1");
	assert_number(MIXED("a") "\n--a\nContent-Type: message/rfc822\n\nA: b\n\nhello\n--a--\n", 2,
		      "1.1");
	assert_number("Content-Type: message/rfc822\n\nA: b\n\nhello\n", 1, "1.1");
}

static void
as_deep_as_the_walk_goes_there_is_room_for_numbers(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	for (int i = 0; i <= MIME_MAX_DEPTH + 1; i++)
		buf_addf(&text, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	parse(buf_span(&text));
	assert_int_equal(message.part[message.count - 1].depth, MIME_MAX_DEPTH);
	assert_int_equal(section_of(&message, message.count - 1).count, MIME_MAX_DEPTH);
	buf_clear(&text);
	for (int i = 0; i <= MIME_MAX_DEPTH + 1; i++)
		buf_adds(&text, "Content-Type: message/rfc822\n\n");
	parse(buf_span(&text));
	assert_int_equal(section_of(&message, message.count - 1).count, SECTION_MAX_NUMBERS);
	buf_free(&text);
}

static void
others_stand_behind_a_part_of_a_multipart_only(void **state)
{
	(void)state;
	parse(span_of(example));
	assert_int_equal(section_step(&message, 0), MIME_NO_PARENT);
	assert_int_equal(section_step(&message, 1), 1);
	assert_int_equal(section_step(&message, 4), 3);
	assert_int_equal(section_step(&message, 10), 9);
	assert_int_equal(section_step(&message, 14), 14);
	parse(span_of("Content-Type: message/rfc822\n\nA: b\n\nhello\n"));
	assert_int_equal(section_step(&message, 1), MIME_NO_PARENT);
}

static void
the_part_behind_has_the_next_number(void **state)
{
	struct section a = { { 4, 2 }, 2 }, b = { { 4, 5 }, 2 }, whole = { .count = 0 };
	struct section behind = section_behind(a, 3);

	(void)state;
	assert_true(section_same(&behind, &b));
	assert_false(section_same(&a, &b));
	b.count = 1;
	assert_false(section_same(&behind, &b));
	behind = section_behind(whole, 1);
	assert_true(section_same(&behind, &whole));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(parts_have_the_numbers_of_the_rfc),
		T(a_message_of_one_part_is_part_1),
		T(as_deep_as_the_walk_goes_there_is_room_for_numbers),
		T(others_stand_behind_a_part_of_a_multipart_only),
		T(the_part_behind_has_the_next_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
