/*
 * bounce_limit_test - where reading a report stops
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "bounce_world.h"

/* Whatever the arena holds: a whole report, or an error; never part of one. */
static void
a_small_arena_gives_an_error_or_the_whole_report(void **state)
{
	struct span text = SPAN(DAEMON "Subject: =?utf-8?Q?x?=\n" REPORT PART(
		"message/delivery-status") STATUS ORIGINAL "--b--\n");
	bool failed = false, read = false;

	(void)state;
	for (size_t limit = 64; limit < 16384; limit += 64) {
		struct bounce_report report;
		struct arena arena;

		arena_init(&arena, limit);
		if (bounce_read(&arena, text, &report) != 0) {
			failed = true;
		} else {
			read = true;
			assert_int_equal(report.kind, BOUNCE_KIND_BOUNCE);
			assert_span(report.subject, "x");
			assert_span(report.recipient[0].diagnostic, "550 5.1.1 no such user");
			assert_span(report.original_message_id, "1@lists.example.net");
		}
		arena_free(&arena);
	}
	assert_true(failed && read);
}

/* The same of reports that are read by their words, at each place where memory may run out. */
static void
a_small_arena_gives_an_error_or_all_that_a_text_says(void **state)
{
	static const struct {
		const char *mail;
		const char *last; /* recipient */
		const char *diagnostic;
	} cases[] = {
		{ "Subject: failure notice\n\nHi. This is the qmail-send program at mx.example.\n\n"
		  "<ann@example.com>:\n550 5.1.1 no such user\n",
		  "ann@example.com", "550 5.1.1 no such user" },
		{ "Subject: undeliverable mail\n\nann@example.com\n\nThe plant is closed.\n",
		  "ann@example.com", "The plant is closed." },
		{ "Subject: undeliverable mail\nX-Failed-Recipients: ann@example.com\n\n"
		  "The plant is closed.\n",
		  "ann@example.com", "The plant is closed." },
		{ "X-AHMAILID: 1\n\nThe following addresses had permanent fatal errors\n"
		  "<ann@example.com>\n<bob@example.com>\n<cai@example.com>\n<dag@example.com>\n"
		  "<eva@example.com>\n<fay@example.com>\n<guy@example.com>\n<hal@example.com>\n"
		  "<ida@example.com>\n----- Transcript of session follows -----\n"
		  "550 5.1.1 no such user\n",
		  "ida@example.com", "550 5.1.1 no such user" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = BUF_INIT;
		size_t failed = 0, read = 0;

		buf_addf(&text, DAEMON "%s", cases[i].mail);
		for (size_t limit = 16; limit < 65536; limit += 16) {
			struct bounce_report report;
			struct arena arena;

			arena_init(&arena, limit);
			if (bounce_read(&arena, buf_span(&text), &report) != 0) {
				failed++;
			} else {
				const struct bounce_recipient *r = report.recipient;

				read++;
				assert_true(report.recipient_count > 0);
				r += report.recipient_count - 1;
				assert_span(r->address, cases[i].last);
				assert_span(r->diagnostic, cases[i].diagnostic);
			}
			arena_free(&arena);
		}
		assert_true(failed > 0 && read > 0);
		buf_free(&text);
	}
}

static void
a_limit_that_was_reached_is_told(void **state)
{
	struct buf text = BUF_INIT;
	struct bounce_report report;
	struct arena arena;

	(void)state;
	for (int i = 0; i < 1001; i++)
		buf_adds(&text, "X-Line: 1\n");
	buf_adds(&text, "\nhello\n");
	read_message(&arena, buf_span(&text), &report);
	assert_true(report.clipped);
	arena_free(&arena);
	buf_free(&text);
}

/* A report of `parts` delivery-status parts, one recipient each. */
static void
read_parts(int parts, struct bounce_report *report)
{
	struct buf text = BUF_INIT;
	struct arena arena;

	buf_adds(&text, DAEMON REPORT);
	for (int i = 0; i < parts; i++) {
		buf_adds(&text, PART("message/delivery-status"));
		buf_addf(&text,
			 "Final-Recipient: rfc822; u%d@example.com\n"
			 "Action: failed\nStatus: 5.1.1\n",
			 i);
	}
	buf_adds(&text, "--b--\n");
	read_message(&arena, buf_span(&text), report);
	arena_free(&arena);
	buf_free(&text);
}

static void
status_parts_beyond_the_limit_are_not_read(void **state)
{
	struct bounce_report report;

	(void)state;
	read_parts(BOUNCE_MAX_STATUS_PARTS, &report);
	assert_int_equal(report.recipient_count, BOUNCE_MAX_STATUS_PARTS);
	assert_false(report.clipped);
	read_parts(BOUNCE_MAX_STATUS_PARTS + 1, &report);
	assert_int_equal(report.recipient_count, BOUNCE_MAX_STATUS_PARTS);
	assert_true(report.clipped);
}

/* A machine passes on what a machine passed on. */
static void
a_report_is_found_inside_as_many_messages_as_the_limit_allows(void **state)
{
	(void)state;
	for (int messages = 1; messages <= BOUNCE_MAX_WRAPS + 1; messages++) {
		struct buf text = BUF_INIT;
		struct bounce_report report;
		struct arena arena;

		for (int i = 1; i < messages; i++)
			buf_adds(&text, DAEMON "Content-Type: message/rfc822\n\n");
		buf_adds(&text, DAEMON REPORT PART("message/delivery-status") STATUS "--b--\n");
		read_message(&arena, buf_span(&text), &report);
		assert_int_equal(report.kind == BOUNCE_KIND_BOUNCE, messages <= BOUNCE_MAX_WRAPS);
		assert_int_equal(report.recipient_count, messages <= BOUNCE_MAX_WRAPS ? 1 : 0);
		arena_free(&arena);
		buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_arena_gives_an_error_or_the_whole_report),
		cmocka_unit_test(a_small_arena_gives_an_error_or_all_that_a_text_says),
		cmocka_unit_test(a_limit_that_was_reached_is_told),
		cmocka_unit_test(status_parts_beyond_the_limit_are_not_read),
		cmocka_unit_test(a_report_is_found_inside_as_many_messages_as_the_limit_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
