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

/* Sixteen bytes, in turn of all values, of which the one at `at` is c. */
static void
fill(char *bytes, size_t len, size_t at, char c, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		bytes[i] = (char)(seed + 37 * i);
		if (bytes[i] == c)
			bytes[i] = (char)(c ^ 0x40);
	}
	if (at < len)
		bytes[at] = c;
}

static void
a_byte_is_told_at_each_of_sixteen_places(void **state)
{
	char bytes[ASCII16], copy[ASCII16];

	(void)state;
	for (unsigned seed = 0; seed < 256; seed++) {
		for (size_t at = 0; at < ASCII16; at++) {
			fill(bytes, sizeof(bytes), at, '=', seed);
			assert_true(ascii16_any(ascii16_is(ascii16_load(bytes), '=')));
			assert_int_equal(ascii16_first(ascii16_is(ascii16_load(bytes), '=')), at);
			ascii16_store(copy, ascii16_load(bytes));
			assert_memory_equal(copy, bytes, sizeof(bytes));
		}
		fill(bytes, sizeof(bytes), ASCII16, '=', seed);
		assert_false(ascii16_any(ascii16_is(ascii16_load(bytes), '=')));
	}
}

static void
bytes_above_another_are_ascii(void **state)
{
	static const char lows[] = { -1, 0, ' ', 'z', 0x7e };
	char bytes[ASCII16];

	(void)state;
	for (int c = 0; c < 256; c++) {
		memset(bytes, c, sizeof(bytes));
		for (size_t i = 0; i < sizeof(lows); i++) {
			struct ascii16 above = ascii16_above(ascii16_load(bytes), lows[i]);

			assert_int_equal(ascii16_any(above), c > lows[i] && c < 0x80);
			assert_int_equal(ascii16_any(ascii16_not(above)),
					 !(c > lows[i] && c < 0x80));
		}
	}
}

/* Both ways to the bits must give these. */
static void
expect_bits(const char *bytes, char c, unsigned bits)
{
	struct ascii16 x = ascii16_is(ascii16_load(bytes), c);

	assert_int_equal(ascii16_bits(x), bits);
	assert_int_equal(ascii16_bits_moved(x), bits);
}

static void
a_byte_is_one_bit_of_sixteen_and_of_sixty_four(void **state)
{
	char bytes[64];

	(void)state;
	for (unsigned seed = 0; seed < 256; seed++) {
		for (size_t at = 0; at < sizeof(bytes); at++) {
			fill(bytes, sizeof(bytes), at, '\n', seed);
			assert_true(ascii64_is(bytes, '\n') == UINT64_C(1) << at);
			expect_bits(bytes + at / ASCII16 * ASCII16, '\n', 1U << at % ASCII16);
		}
		fill(bytes, sizeof(bytes), sizeof(bytes), '\n', seed);
		assert_true(ascii64_is(bytes, '\n') == 0);
		expect_bits(bytes, '\n', 0);
	}
	for (unsigned bits = 0; bits < 1U << ASCII16; bits++) {
		for (unsigned i = 0; i < ASCII16; i++)
			bytes[i] = (bits >> i & 1) != 0 ? '=' : 'a';
		expect_bits(bytes, '=', bits);
	}
	memset(bytes, '\n', sizeof(bytes));
	assert_true(ascii64_is(bytes, '\n') == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_is_of_the_classes_that_its_character_belongs_to),
		cmocka_unit_test(all_bytes_below_the_blank_are_controls_and_all_from_0x80_are_8bit),
		cmocka_unit_test(a_byte_is_told_at_each_of_sixteen_places),
		cmocka_unit_test(bytes_above_another_are_ascii),
		cmocka_unit_test(a_byte_is_one_bit_of_sixteen_and_of_sixty_four),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
