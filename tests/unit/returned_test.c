/*
 * returned_test - what identifies the message that came back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "returned.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ORIGINAL                                                  \
	"Received-SPF: Pass (example.com: ok)\r\n"                \
	"Message-ID: <news.42@lists.example.net>\r\n"             \
	"List-Id: News of ours <news.lists.example.net>\r\n"      \
	"From: \"News, daily\" <News@Lists.Example.net>\r\n"      \
	"To: ann@example.com, bob@example.com\r\n"                \
	"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n of the day\r\n" \
	"Date: Mon, 2 Feb 2026 10:00:00 +0000\r\n\r\nHello.\r\n"

static void
read_all(struct arena *a, const char *text, struct bounce_report *report)
{
	struct mime_message message;

	*report = (struct bounce_report){ .kind = BOUNCE_KIND_BOUNCE };
	arena_init(a, 0);
	assert_int_equal(mime_parse(a, span_of(text), &message), 0);
	assert_int_equal(returned_read(a, &message, report), 0);
	assert_int_equal(returned_details(a, report), 0);
}

static void
every_type_of_returned_message_is_read(void **state)
{
	static const char *const types[] = {
		"message/rfc822",         "message/global",
		"text/rfc822-headers",    "message/global-headers",
		"message/rfc822-headers", "Text/RFC822-Headers; charset=utf-8",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct bounce_report report;
		struct arena arena;
		char text[2048];

		(void)snprintf(text, sizeof(text),
			       "Message-ID: <outer@example.org>\r\n"
			       "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\n"
			       "Sorry.\r\n--b\r\nContent-Type: %s\r\n\r\n" ORIGINAL "--b--\r\n",
			       types[i]);
		read_all(&arena, text, &report);
		assert_span(report.original_message_id, "news.42@lists.example.net");
		assert_span(report.original_list_id, "news.lists.example.net");
		assert_span(report.original_from, "News@lists.example.net");
		assert_span(report.original_to, "ann@example.com");
		assert_span(report.original_subject, "Gr\xc3\xbc\xc3\x9f"
						     "e of the day");
		assert_span(report.original_date, "Mon, 2 Feb 2026 10:00:00 +0000");
		assert_int_equal(report.original_time, 1770026400);
		assert_span(report.received_spf, "pass");
		arena_free(&arena);
	}
}

static void
headers_in_base64_are_decoded(void **state)
{
	struct bounce_report report;
	struct arena arena;

	(void)state;
	read_all(&arena,
		 "Content-Type: multipart/report; boundary=b\n\n--b\n"
		 "Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n"
		 "TWVzc2FnZS1JRDogPDFAZXhhbXBsZS5jb20+Cg==\n--b--\n",
		 &report);
	assert_span(report.original_message_id, "1@example.com");
	arena_free(&arena);
}

static void
a_message_within_the_returned_one_is_not_read(void **state)
{
	struct bounce_report report;
	struct arena arena;

	(void)state;
	read_all(&arena,
		 "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
		 "message/rfc822\n\n"
		 "Subject: first\nContent-Type: multipart/mixed; boundary=c\n\n--c\n"
		 "Content-Type: message/rfc822\n\nSubject: inner\nMessage-ID: "
		 "<inner@example.com>\n\nx\n"
		 "--c--\n--b\nContent-Type: message/rfc822\n\nMessage-ID: "
		 "<second@example.com>\n\nx\n"
		 "--b--\n",
		 &report);
	assert_span(report.original_subject, "first");
	assert_span(report.original_message_id, "");
	arena_free(&arena);
}

static void
nothing_returned_leaves_all_empty(void **state)
{
	struct bounce_report report;
	struct arena arena;

	(void)state;
	read_all(&arena, "Subject: x\nMessage-ID: <1@example.com>\n\nhello\n", &report);
	assert_span(report.original_message_id, "");
	assert_span(report.original_subject, "");
	arena_free(&arena);
}

static void
fields_already_filled_stay(void **state)
{
	struct bounce_report report = { .original_subject = SPAN("kept") };
	struct header_list headers;
	struct arena arena;
	struct span body;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(header_parse(&arena, SPAN("Subject: new\nMessage-ID: <1@example.com>\n"),
				      1, &headers, &body),
			 0);
	assert_int_equal(returned_headers(&arena, &headers, 0, &report), 0);
	assert_int_equal(returned_details(&arena, &report), 0);
	assert_span(report.original_subject, "kept");
	assert_span(report.original_message_id, "1@example.com");
	arena_free(&arena);
}

static void
the_result_of_spf_is_one_small_word(void **state)
{
	static const struct {
		const char *header, *word;
	} cases[] = {
		{ "Received-SPF: pass\n", "pass" },
		{ "Received-SPF: SoftFail (x)\n", "softfail" },
		{ "Received-SPF: none; client-ip=192.0.2.1\n", "none" },
		{ "Received-SPF: Fail(x)\n", "fail" },
		{ "Received-SPF: (comment)\n", "" },
		{ "Subject: x\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE };
		struct header_list headers;
		struct arena arena;
		struct span body;

		arena_init(&arena, 0);
		assert_int_equal(header_parse(&arena, span_of(cases[i].header), 1, &headers, &body),
				 0);
		assert_int_equal(returned_headers(&arena, &headers, 0, &report), 0);
		assert_int_equal(returned_details(&arena, &report), 0);
		assert_span(report.received_spf, cases[i].word);
		arena_free(&arena);
	}
}

/* A status part that lost its type and a text may both be followed by headers. */
static void
of_several_header_blocks_the_first_that_has_a_field_counts(void **state)
{
	static const char *const blocks[] = {
		"From: ann@example.com\n",
		"From: bob@example.com\nSubject: second\n",
		"Subject: third\nDate: today\n",
	};
	struct bounce_report report = { .kind = BOUNCE_KIND_BOUNCE };
	struct header_list headers;
	struct arena arena;
	struct span body;

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < COUNT(blocks); i++) {
		assert_int_equal(header_parse(&arena, span_of(blocks[i]), 1, &headers, &body), 0);
		assert_int_equal(returned_headers(&arena, &headers, 0, &report), 0);
		assert_span(report.original_from, i == 0 ? "" : "ann@example.com");
		assert_int_equal(returned_details(&arena, &report), 0);
		assert_span(report.original_from, "ann@example.com");
	}
	assert_span(report.original_subject, "second");
	assert_span(report.original_date, "today");
	arena_free(&arena);
}

static void
tokens_of_the_returned_message_are_counted(void **state)
{
	static const struct {
		const char *fields;
		size_t count;
		const char *value;
	} rows[] = {
		{ "", 0, "" },
		{ "X-Mailbounced-Token: a b\n c\n", 1, "a b\n c" },
		{ "x-mailbounced-token: a\nX-Mailbounced-Token: b\n", 2, "a" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounce_report report;
		struct arena arena;
		char text[1000];

		(void)snprintf(text, sizeof(text),
			       "X-Mailbounced-Token: of the report\n"
			       "Content-Type: multipart/report; boundary=b\n\n--b\n"
			       "Content-Type: message/rfc822\n\n%sSubject: x\n\n--b\n"
			       "Content-Type: message/rfc822\n\n"
			       "X-Mailbounced-Token: of a second one\n\n--b--\n",
			       rows[i].fields);
		read_all(&arena, text, &report);
		assert_int_equal(report.token_count, rows[i].count);
		assert_span(report.token, rows[i].value);
		arena_free(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_returned_message_is_read),
		cmocka_unit_test(tokens_of_the_returned_message_are_counted),
		cmocka_unit_test(headers_in_base64_are_decoded),
		cmocka_unit_test(a_message_within_the_returned_one_is_not_read),
		cmocka_unit_test(nothing_returned_leaves_all_empty),
		cmocka_unit_test(fields_already_filled_stay),
		cmocka_unit_test(of_several_header_blocks_the_first_that_has_a_field_counts),
		cmocka_unit_test(the_result_of_spf_is_one_small_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
