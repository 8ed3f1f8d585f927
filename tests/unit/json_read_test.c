/*
 * json_read_test - JSON objects from strangers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json_read.h"

static void
texts_and_numbers_are_found_by_name(void **state)
{
	struct json_read *json = json_read(SPAN(
		" {\"a\":\"x \\u00e9\\n\",\"n\":3600,\"t\":\"3599\",\"neg\":-1,\"f\":1.5,\"o\":{"
		"\"a\":\"inside\"},\"nul\":\"a\\u0000b\",\"e\":\"\",\"b\":true}\r\n"));

	(void)state;
	assert_non_null(json);
	assert_string_equal(json_read_text(json, "a"), "x \xc3\xa9\n");
	assert_string_equal(json_read_text(json, "n"), "");
	assert_string_equal(json_read_text(json, "o"), "");
	assert_string_equal(json_read_text(json, "nul"), "");
	assert_string_equal(json_read_text(json, "none"), "");
	assert_int_equal(json_read_number(json, "n"), 3600);
	assert_int_equal(json_read_number(json, "t"), 3599);
	assert_int_equal(json_read_number(json, "neg"), -1);
	assert_int_equal(json_read_number(json, "f"), -1);
	assert_int_equal(json_read_number(json, "a"), -1);
	assert_int_equal(json_read_number(json, "e"), -1);
	assert_int_equal(json_read_number(json, "none"), -1);
	json_read_free(json);
}

static void
what_is_not_one_object_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"\"a\"",
		"1",
		"null",
		"{",
		"{}{}",
		"{} x",
		"{\"a\":}",
		"{\"a\":1",
		"<html>",
		"{a:1}",

		"{\"a\":\"\xff\"}",
		"\xef\xbb\xbf",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (json_read(span_of(texts[i])) != NULL)
			fail_msg("<%s> was taken", texts[i]);
	assert_null(json_read(SPAN("{\"a\":1}\0{")));
}

/* An object with so many arrays in it, one in the other. */
static struct json_read *
nested(unsigned depth)
{
	struct buf text = BUF_INIT;
	struct json_read *json;

	buf_adds(&text, "{\"a\":");
	for (unsigned i = 1; i < depth; i++)
		buf_addc(&text, '[');
	buf_addc(&text, '1');
	for (unsigned i = 1; i < depth; i++)
		buf_addc(&text, ']');
	buf_addc(&text, '}');
	json = json_read(buf_span(&text));
	buf_free(&text);
	return json;
}

static void
objects_are_taken_sixteen_deep_and_no_deeper(void **state)
{
	struct json_read *json = nested(JSON_READ_DEPTH);

	(void)state;
	assert_non_null(json);
	json_read_free(json);
	assert_null(nested(JSON_READ_DEPTH + 1));
	assert_null(nested(20000));
}

static void
an_object_of_64_k_is_taken_and_a_longer_one_refused(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct buf text = BUF_INIT;
		struct json_read *json;

		buf_adds(&text, "{\"a\":\"");
		while (text.len < JSON_READ_MAX - 2 + more)
			buf_addc(&text, 'x');
		buf_adds(&text, "\"}");
		json = json_read(buf_span(&text));
		assert_int_equal(json != NULL, more == 0);
		json_read_free(json);
		buf_free(&text);
	}
}

/* How often the words stand in what the program has on its heap; spelled backwards, so that the
 * search does not find itself. */
static size_t
count_on_heap(const char *backwards)
{
	static char heap[8 << 20];
	char word[64] = "", line[256];
	size_t length = strlen(backwards), count = 0;
	FILE *maps = fopen("/proc/self/maps", "re"), *memory = fopen("/proc/self/mem", "re");

	for (size_t i = 0; i < length; i++)
		word[i] = backwards[length - 1 - i];
	while (fgets(line, sizeof(line), maps) != NULL) {
		char *end;
		unsigned long first = strtoul(line, &end, 16), last = strtoul(end + 1, NULL, 16);
		size_t size = last - first < sizeof(heap) ? last - first : sizeof(heap);

		if (strstr(line, "[heap]") == NULL || fseek(memory, (long)first, SEEK_SET) != 0)
			continue;
		size = fread(heap, 1, size, memory);
		for (char *p = heap; (p = memmem(p, size - (size_t)(p - heap), word, length));)
			count++, p++;
	}
	explicit_bzero(word, sizeof(word));
	fclose(maps);
	fclose(memory);
	return count;
}

static void
what_was_read_leaves_no_copy_behind(void **state)
{
	struct json_read *json =
		json_read(SPAN("{\"access_token\":\"a-secret-that-nobody-else-may-read\"}"));

	(void)state;
	assert_non_null(json);
	json_read_free(json);
	assert_int_equal(count_on_heap("daer-yam-esle-ydobon-taht-terces-a"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_and_numbers_are_found_by_name),
		cmocka_unit_test(what_is_not_one_object_is_refused),
		cmocka_unit_test(objects_are_taken_sixteen_deep_and_no_deeper),
		cmocka_unit_test(an_object_of_64_k_is_taken_and_a_longer_one_refused),
		cmocka_unit_test(what_was_read_leaves_no_copy_behind),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
