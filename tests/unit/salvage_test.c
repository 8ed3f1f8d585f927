/*
 * salvage_test - a delivery-status part in plain text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "salvage.h"

static void
the_part_is_found_behind_its_content_type(void **state)
{
	uint32_t lines = 0;
	struct span found = salvage_status(SPAN("Sorry.\r\n\r\n --b\r\n"
						"content-type: message/delivery-status\r\n"
						"\r\nReporting-MTA: dns; a\r\n --b--\r\nrest\r\n"),
					   &lines);

	(void)state;
	assert_span(found, "\r\nReporting-MTA: dns; a\r\n");
	assert_int_equal(lines, 4);
}

static void
a_part_without_end_goes_to_the_end(void **state)
{
	uint32_t lines = 0;

	(void)state;
	assert_span(
		salvage_status(SPAN("Content-Type: message/global-delivery-status\n\nAction: x"),
			       &lines),
		"\nAction: x");
	assert_int_equal(lines, 1);
}

static void
a_part_of_the_returned_message_is_not_taken(void **state)
{
	static const char *const texts[] = {
		"Received: from a by b\nContent-Type: message/delivery-status\n\nAction: failed\n",
		"Return-Path: <>\nContent-Type: message/delivery-status\n\nAction: failed\n",
		"Content-Type: message/rfc822\n\nContent-Type: message/delivery-status\n\nA: x\n",
		" Content-Type: message/delivery-status\n\nAction: failed\n",
		"> Content-Type: message/delivery-status\n\nAction: failed\n",
		"nothing here\n",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint32_t lines = 0;

		assert_span(salvage_status(span_of(texts[i]), &lines), "");
		assert_int_equal(lines, 0);
	}
}

static void
the_returned_message_begins_at_its_headers(void **state)
{
	static const struct {
		const char *text, *found;
	} rows[] = {
		{ "--b\nContent-Type: message/rfc822\nContent-Description: x\n\nFrom: a\n",
		  "From: a\n" },
		{ "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nTo: a\r\n", "To: a\r\n" },
		{ "\nwords\nReturn-Path: <a>\nFrom: a\n", "Return-Path: <a>\nFrom: a\n" },
		{ "Content-Type: message/rfc822\nX: y", "" },
		{ "words\n > Received: quoted\n", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_span(salvage_returned(span_of(rows[i].text)), rows[i].found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_part_is_found_behind_its_content_type),
		cmocka_unit_test(a_part_without_end_goes_to_the_end),
		cmocka_unit_test(a_part_of_the_returned_message_is_not_taken),
		cmocka_unit_test(the_returned_message_begins_at_its_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
