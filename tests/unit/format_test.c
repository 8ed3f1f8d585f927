/*
 * format_test - the marks by which systems are known
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "bounce.h"
#include "buf.h"

/* Where a report may bear a mark; what is NULL stays as it is in anybody's report. */
struct places {
	const char *header, *value;
	const char *mta, *extension, *type, *boundary;
};

static const char *
format_of(struct arena *a, const struct places *p)
{
	struct bounce_report report;
	struct buf mail = BUF_INIT;
	const char *boundary = p->boundary != NULL ? p->boundary : "b";

	if (p->header != NULL)
		buf_addf(&mail, "%s: %sa\n", p->header, p->value);
	buf_addf(&mail,
		 "From: MAILER-DAEMON@mx.example.net\n"
		 "Content-Type: multipart/report; boundary=\"%s\"\n\n"
		 "--%s\nContent-Type: message/delivery-status\n\n"
		 "Reporting-MTA: dns; %s\n\nFinal-Recipient: rfc822; ann@example.com\n"
		 "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: %s; no\n",
		 boundary, boundary, p->mta != NULL ? p->mta : "mx.example.net",
		 p->type != NULL ? p->type : "smtp");
	if (p->extension != NULL)
		buf_addf(&mail, "%sa: b\n", p->extension);
	buf_addf(&mail, "--%s--\n", boundary);
	arena_init(a, 0);
	assert_int_equal(bounce_read(a, buf_span(&mail), &report), 0);
	assert_int_equal(report.recipient_count, 1);
	buf_free(&mail);
	return report.format;
}

/* A report with a mark at each of the places of format.c. */
#define AT_IN_HEADER(name, text)                  \
	{                                         \
		.header = (name), .value = (text) \
	}
#define AT_IN_MTA(name, text)     \
	{                         \
		.mta = "mx." text \
	}
#define AT_IN_DSN(name, text)       \
	{                           \
		.extension = (text) \
	}
#define AT_IN_TYPE(name, text) \
	{                      \
		.type = (text) \
	}
#define AT_IN_BOUNDARY(name, text)   \
	{                            \
		.boundary = "b" text \
	}

static void
each_mark_is_found_where_it_stands(void **state)
{
	static const struct {
		const char *format, *text;
		struct places places;
	} marks[] = {
#define MARK(format, place, name, text) { format, text, AT_##place(name, text) },
#include "format.def"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct arena arena;
		const char *format = format_of(&arena, &marks[i].places);

		if (strcmp(format, marks[i].format) != 0)
			fail_msg("\"%s\": %s, not %s", marks[i].text, format, marks[i].format);
		arena_free(&arena);
	}
}

static void
what_stands_elsewhere_is_no_mark(void **state)
{
	static const struct places places[] = {
		{ .header = NULL },
		{ .header = "X-Postfix-Queue-ID", .value = "" },
		{ .header = "X-Other", .value = "GroupWise" },
		{ .mta = "mx.notgoogle.com" },
		{ .mta = "google.com.example.net" },
		{ .extension = "X-Other-Postfix-" },
		{ .extension = "Y-Postfix-" },
		{ .type = "x-postfix-more" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct arena arena;

		assert_string_equal(format_of(&arena, &places[i]), "rfc3464");
		arena_free(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mark_is_found_where_it_stands),
		cmocka_unit_test(what_stands_elsewhere_is_no_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
