/*
 * want_test - what else is worth fetching of a message whose beginning is here
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>

#include "mime_world.h"
#include "want.h"

#define TOTAL ((size_t)1024 * 1024)
#define REPORT                                                                                 \
	"From: MAILER-DAEMON@mx.example.net\nContent-Type: multipart/report; boundary=b\n\n"   \
	"--b\n\nSorry.\n"                                                                      \
	"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n" \
	"Final-Recipient: rfc822; anna@example.com\nAction: failed\nStatus: 5.1.1\n\n"
#define RETURNED \
	"--b\nContent-Type: message/rfc822\n\nMessage-ID: <a@example.org>\nTo: x@example.org\n"

static struct want want;

static void
ask(struct span text, size_t total)
{
	arena_reset(&arena);
	assert_int_equal(want_of(&arena, text, total, &message, &want), 0);
}

/* text with `count` bytes of filler behind it. */
static void
ask_filled(const char *text, size_t count, size_t total)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, text);
	for (size_t i = 0; i < count; i++)
		buf_addc(&out, i % 70 == 69 ? '\n' : 'x');
	ask(buf_span(&out), total);
	buf_free(&out);
}

static void
assert_more(size_t most)
{
	assert_int_equal(want.what, WANT_MORE);
	assert_int_equal(want.most, most);
}

static void
a_part_is_wanted_by_its_type(void **state)
{
	static const struct {
		const char *type;
		enum want_what what;
	} cases[] = {
		{ "application/json", WANT_NEXT },
		{ "application/octet-stream", WANT_MORE },
		{ "application/pdf", WANT_NEXT },
		{ "application/zip", WANT_NEXT },
		{ "image/png", WANT_NEXT },
		{ "message/delivery-status", WANT_MORE },
		{ "message/disposition-notification", WANT_MORE },
		{ "message/feedback-report", WANT_MORE },
		{ "message/global-delivery-status", WANT_MORE },
		{ "message/global-disposition-notification", WANT_MORE },
		{ "message/global-headers", WANT_MORE },
		{ "message/partial", WANT_NEXT },
		{ "message/rfc822-headers", WANT_MORE },
		{ "MESSAGE/Delivery-Status", WANT_MORE },
		{ "no type at all", WANT_MORE },
		{ "text/calendar", WANT_NEXT },
		{ "text/html", WANT_MORE },
		{ "text/plain", WANT_MORE },
		{ "text/rfc822-headers", WANT_MORE },
		{ "video/mp4", WANT_NEXT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[300];

		snprintf(text, sizeof(text), MIXED("b") "\n--b\nContent-Type: %s\n\nA: b\n",
			 cases[i].type);
		ask(span_of(text), TOTAL);
		if (want.what != cases[i].what)
			fail_msg("%s: %d", cases[i].type, (int)want.what);
		assert_int_equal(want.part, 1);
	}
}

static void
headers_that_are_cut_off_are_completed_first(void **state)
{
	static const char *const cases[] = {
		"",
		"Subject: a",
		"Subject: a\nContent-Type: image/png\n",
		MIXED("b") "\n--b\nContent-Type: image/png\n",
		MIXED("b") "\n--b\nContent-Type: image/png; na",
		MIXED("b") "\n--b\n",
		MIXED("b") "\n--b\nContent-Type: message/rfc822\n\n",
		MIXED("b") "\n--b\nContent-Type: message/rfc822\n\nSubject: a\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ask(span_of(cases[i]), TOTAL);
		assert_more(TOTAL - strlen(cases[i]));
	}
	/* ... and no longer when they are complete, with any line end */
	ask(SPAN(MIXED("b") "\n--b\nContent-Type: image/png\n\n"), TOTAL);
	assert_int_equal(want.what, WANT_NEXT);
	ask(SPAN(MIXED("b") "\n--b\nContent-Type: image/png\r\n\r\n"), TOTAL);
	assert_int_equal(want.what, WANT_NEXT);
}

static void
of_what_might_tell_something_little_is_wanted(void **state)
{
	static const char stream[] = MIXED("b") "\n--b\nContent-Type: application/octet-stream\n\n";

	(void)state;
	ask_filled(stream, WANT_LITTLE - 1, TOTAL);
	assert_more(1);
	ask_filled(stream, WANT_LITTLE, TOTAL);
	assert_int_equal(want.what, WANT_NEXT);
	/* no more than may be fetched */
	ask_filled(stream, 10, sizeof(stream) - 1 + 10 + 5);
	assert_more(5);
}

static void
a_text_leaves_something_to_the_parts_behind_it(void **state)
{
	static const char text[] = MIXED("b") "\n--b\n\n";
	size_t header = sizeof(text) - 1, most = TOTAL - TOTAL / WANT_KEPT;

	(void)state;
	ask_filled(text, most - header - 1, TOTAL);
	assert_more(1);
	ask_filled(text, most - header, TOTAL);
	assert_int_equal(want.what, WANT_NEXT);
	/* nothing is behind this one */
	ask_filled("\n", most, TOTAL);
	assert_more(TOTAL - most - 1);
}

static void
a_status_part_may_have_all(void **state)
{
	static const char text[] = MIXED("b") "\n--b\nContent-Type: message/delivery-status\n\n";

	(void)state;
	ask_filled(text, TOTAL - sizeof(text), TOTAL);
	assert_more(1);
	ask_filled(text, TOTAL - sizeof(text) + 1, TOTAL);
	assert_int_equal(want.what, WANT_NOTHING);
}

static void
texts_of_a_returned_message_are_of_little_use(void **state)
{
	static const char text[] = MIXED("b") "\n--b\nContent-Type: message/rfc822\n\nA: b\n\n";

	(void)state;
	ask_filled(text, WANT_LITTLE - 1, TOTAL);
	assert_more(1);
	assert_int_equal(want.leaf, 2);
	ask_filled(text, WANT_LITTLE, TOTAL);
	assert_int_equal(want.what, WANT_NEXT);
	assert_int_equal(want.part, 1);
}

static void
nothing_follows_a_report_that_has_come_to_the_message_it_returns(void **state)
{
	(void)state;
	ask(SPAN(REPORT RETURNED "\nHello"), TOTAL);
	assert_int_equal(want.what, WANT_NOTHING);
	/* its headers are not complete */
	ask(SPAN(REPORT RETURNED), TOTAL);
	assert_int_equal(want.what, WANT_MORE);
	/* it has not come so far */
	ask(SPAN(REPORT), TOTAL);
	assert_int_equal(want.what, WANT_MORE);
	/* no report yet: one may be behind */
	ask(SPAN(MIXED("b") "\n--b\n\nSorry.\n" RETURNED "\nHello"), TOTAL);
	assert_int_equal(want.what, WANT_MORE);
}

static void
without_a_text_one_behind_the_returned_message_may_count(void **state)
{
	static const char report[] =
		"From: MAILER-DAEMON@mx.example.net\nContent-Type: multipart/report; boundary=b\n\n"
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
		"Final-Recipient: rfc822; anna@example.com\nAction: failed\nStatus: "
		"5.1.1\n\n" RETURNED "\nHello";

	(void)state;
	ask(span_of(report), TOTAL);
	assert_int_equal(want.what, WANT_MORE);
}

static void
a_report_inside_of_the_report_tells_nothing_of_it(void **state)
{
	static const char text[] = "From: MAILER-DAEMON@gw.example.net\n" MIXED(
		"a") "\n--a\n\nPassed on.\n"
		     "--a\nContent-Type: message/rfc822\n\n" REPORT RETURNED "\nHello";

	(void)state;
	ask(span_of(text), TOTAL);
	assert_int_equal(want.what, WANT_MORE);
}

static void
behind_the_final_boundary_comes_what_is_behind_the_multipart(void **state)
{
	(void)state;
	ask(SPAN(MIXED("b") "\n--b\n\nx\n--b--\nepilogue"), TOTAL);
	assert_int_equal(want.what, WANT_NOTHING);
	ask(SPAN(MIXED("a") "\n--a\n" MIXED("b") "\n--b\n\nx\n--b--\nepilogue"), TOTAL);
	assert_int_equal(want.what, WANT_NEXT);
	assert_int_equal(want.part, 1);
	/* in front of the first boundary it is still read */
	ask(SPAN(MIXED("a") "\npreamble"), TOTAL);
	assert_int_equal(want.what, WANT_MORE);
}

static void
with_more_parts_than_are_read_nothing_is_wanted(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	buf_adds(&text, MIXED("b") "\n");
	for (int i = 1; i < MIME_MAX_PARTS - 1; i++)
		buf_adds(&text, "--b\n\nx\n");
	ask(buf_span(&text), TOTAL);
	assert_int_equal(want.what, WANT_MORE);
	buf_adds(&text, "--b\n\nx\n");
	ask(buf_span(&text), TOTAL);
	assert_int_equal(message.count, MIME_MAX_PARTS);
	assert_int_equal(want.what, WANT_NOTHING);
	buf_free(&text);
}

static void
a_message_in_base64_ends_where_the_text_does(void **state)
{
	(void)state;
	ask(SPAN(MIXED("b") "\n--b\nContent-Type: message/rfc822\n"
			    "Content-Transfer-Encoding: base64\n\nQTogYgoKaGVsbG8K"),
	    TOTAL);
	assert_int_equal(message.count, 3);
	assert_int_equal(want.leaf, 1);
	assert_more(WANT_LITTLE - 16);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_part_is_wanted_by_its_type),
		T(headers_that_are_cut_off_are_completed_first),
		T(of_what_might_tell_something_little_is_wanted),
		T(a_text_leaves_something_to_the_parts_behind_it),
		T(a_status_part_may_have_all),
		T(texts_of_a_returned_message_are_of_little_use),
		T(nothing_follows_a_report_that_has_come_to_the_message_it_returns),
		T(without_a_text_one_behind_the_returned_message_may_count),
		T(a_report_inside_of_the_report_tells_nothing_of_it),
		T(behind_the_final_boundary_comes_what_is_behind_the_multipart),
		T(with_more_parts_than_are_read_nothing_is_wanted),
		T(a_message_in_base64_ends_where_the_text_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
