/*
 * ascii_test - what a byte is
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "ascii.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
a_byte_is_of_the_classes_that_its_character_belongs_to(void **state)
{
	static const struct {
		const char *bytes;
		unsigned classes;
	} rows[] = {
		{ "\x01\t\r\n\x1f\x7f", ASCII_CONTROL },
		{ " ", ASCII_SPACE },
		{ "0123456789", ASCII_DIGIT },
		{ "abcdefghijklmnopqrstuvwxyz", ASCII_LETTER },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ", ASCII_LETTER },
		{ "()<>[]:;@\\,\"", ASCII_SPECIAL },
		{ "!#$%&'*+-./=?^_`{|}~", 0 },
		{ "\x80\xa0\xc2\xff", ASCII_8BIT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (const char *p = rows[i].bytes; *p != '\0'; p++)
			assert_int_equal(ascii_class[(unsigned char)*p], rows[i].classes);
	assert_int_equal(ascii_class[0], ASCII_CONTROL);
}

static void
all_bytes_below_the_blank_are_controls_and_all_from_0x80_are_8bit(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		assert_int_equal(ascii_is((char)c, ASCII_CONTROL), c < 0x20 || c == 0x7f);
		assert_int_equal(ascii_is((char)c, ASCII_8BIT), c >= 0x80);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_is_of_the_classes_that_its_character_belongs_to),
		cmocka_unit_test(all_bytes_below_the_blank_are_controls_and_all_from_0x80_are_8bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
