/*
 * gather_test - the rest of a large message, from servers that give and servers that lie
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "gather_world.h"

#include <stdio.h>

#include "log_heard.h"

#define BIG ((size_t)3 * 1024 * 1024)
#define HEAD                                                                                       \
	"From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n"
#define SORRY "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
#define STATUS_TYPE "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
#define STATUS                                                                                 \
	STATUS_TYPE "Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; "      \
		    "anna@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: " \
		    "smtp; 550 5.1.1 User unknown\r\n\r\n"
#define RETURNED                                                                \
	"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@example.org\r\n" \
	"Message-ID: <news-1@example.org>\r\n"                                  \
	"Content-Type: multipart/mixed; boundary=\"in\"\r\n\r\n"                \
	"--in\r\nContent-Type: text/plain\r\n\r\nNews.\r\n"
#define END "\r\n--b--\r\n"

static void
assert_anna_is_dead(const struct bounce_report *report)
{
	assert_int_equal(report->kind, BOUNCE_KIND_BOUNCE);
	assert_int_equal(report->recipient_count, 1);
	assert_span(report->recipient[0].address, "anna@example.com");
	assert_int_equal(bounce_classify(report, 0).disposition, BOUNCE_DISPOSITION_DEAD);
}

/* The status part stands behind an attachment, the returned message has one as well. */
static void
make_report(size_t before, size_t inside)
{
	buf_clear(&world.mail);
	buf_adds(&world.mail, HEAD SORRY);
	add_attachment(&world.mail, "b", "application/pdf", before);
	buf_adds(&world.mail, STATUS RETURNED);
	add_attachment(&world.mail, "in", "image/jpeg", inside);
	buf_adds(&world.mail, "--in--\r\n" END);
}

static void
attachments_are_never_fetched(void **state)
{
	struct bounce_report want;

	(void)state;
	make_report(BIG, BIG);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
	assert_span(want.original_message_id, "news-1@example.org");
	/* the returned message begins the last piece, and its attachment what is left of that */
	assert_true(world.given < 2 * GATHER_FIRST + 4096);
	assert_int_equal(world.plain, 0);
}

static void
a_report_in_front_of_its_attachments_needs_no_command(void **state)
{
	struct bounce_report want;

	(void)state;
	make_report(0, BIG);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
	assert_int_equal(world.commands, 0);
	assert_int_equal(world.text.len, GATHER_FIRST);
}

/* Attachments in a row, then the status part. */
static void
make_row(size_t attachments)
{
	buf_clear(&world.mail);
	buf_adds(&world.mail, HEAD SORRY);
	add_attachment(&world.mail, "b", "image/png", GATHER_FIRST);
	for (size_t i = 1; i < attachments; i++)
		add_attachment(&world.mail, "b", "image/png", 100);
	buf_adds(&world.mail, STATUS END);
}

static void
the_headers_of_several_parts_are_asked_for_at_once(void **state)
{
	struct bounce_report want;

	(void)state;
	/* parts 2 to n are attachments, the status part is the next */
	for (size_t attachments = 1; attachments <= GATHER_AHEAD; attachments++) {
		make_row(attachments);
		gather_all();
		assert_tells_all(&want);
		assert_anna_is_dead(&want);
		/* headers, the status part, and whether there is more */
		assert_int_equal(world.commands, attachments == GATHER_AHEAD ? 3 : 2);
	}
	make_row(GATHER_AHEAD + 1);
	gather_all();
	assert_tells_all(&want);
	assert_int_equal(world.commands, 3);
}

static void
a_message_of_very_many_parts_has_an_end(void **state)
{
	struct bounce_report want;

	(void)state;
	make_row((size_t)(GATHER_MAX_COMMANDS - 2) * GATHER_AHEAD);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
	assert_true(world.commands <= GATHER_MAX_COMMANDS);
	make_row((size_t)GATHER_MAX_COMMANDS * GATHER_AHEAD);
	gather_all();
	assert_int_equal(world.commands, GATHER_MAX_COMMANDS);
}

static void
a_lost_final_boundary_is_no_matter(void **state)
{
	struct bounce_report want;

	(void)state;
	buf_adds(&world.mail, HEAD SORRY);
	add_attachment(&world.mail, "b", "application/pdf", BIG);
	buf_adds(&world.mail, STATUS);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
	/* nor is that of a multipart inside */
	buf_clear(&world.mail);
	buf_adds(&world.mail, HEAD "--b\r\nContent-Type: multipart/mixed; boundary=in\r\n\r\n");
	add_attachment(&world.mail, "in", "application/pdf", BIG);
	buf_adds(&world.mail, SORRY STATUS END);
	gather_all();
	assert_tells_all(&want);
}

static void
bytes_of_every_kind_stand_in_attachments(void **state)
{
	struct bounce_report want;

	(void)state;
	buf_adds(&world.mail, HEAD SORRY "--b\r\nContent-Type: application/octet-stream\r\n"
					 "Content-Transfer-Encoding: binary\r\n\r\n");
	for (size_t i = 0; i < BIG; i++)
		buf_addc(&world.mail, (char)(i * 7 % 251));
	buf_adds(&world.mail, "\r\n" STATUS END);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
}

static void
a_part_without_headers_is_a_part(void **state)
{
	struct bounce_report want;

	(void)state;
	buf_adds(&world.mail, HEAD SORRY);
	add_attachment(&world.mail, "b", "application/pdf", BIG);
	buf_adds(&world.mail, "--b\r\n\r\nA footer.\r\n" STATUS END);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
	assert_non_null(span_ifind(buf_span(&world.text), SPAN("A footer.")));
}

static void
a_text_alone_is_fetched_as_far_as_the_limit_goes(void **state)
{
	(void)state;
	buf_adds(&world.mail, "From: MAILER-DAEMON@mx.example.net\r\n\r\n");
	add_filler(&world.mail, BIG);
	gather_all();
	assert_int_equal(world.text.len, TOTAL);
	assert_memory_equal(world.text.data, world.mail.data, TOTAL);
	assert_int_equal(world.commands, 1);
	gather_some(GATHER_FIRST + 1);
	assert_int_equal(world.text.len, GATHER_FIRST + 1);
	assert_int_equal(world.commands, 1);
	/* ... and to its end where that is nearer */
	buf_cut(&world.mail, 3 * GATHER_FIRST);
	gather_all();
	assert_int_equal(world.text.len, world.mail.len);
	assert_memory_equal(world.text.data, world.mail.data, world.mail.len);
}

static void
never_more_than_the_limit_is_kept(void **state)
{
	static const size_t limits[] = { GATHER_FIRST + 1,    GATHER_FIRST + 40,
					 GATHER_FIRST + 100,  GATHER_FIRST + 200,
					 GATHER_FIRST + 1000, TOTAL };

	(void)state;
	make_report(BIG, BIG);
	for (size_t i = 0; i < COUNT(limits); i++) {
		gather_some(limits[i]);
		assert_int_equal(world.result, IMAP_OK);
		assert_true(world.text.len <= limits[i]);
	}
}

static void
what_finds_no_room_is_told_like_any_other_gap(void **state)
{
	(void)state;
	make_report(BIG, BIG);
	hear_log(LOG_LEVEL_DEBUG);
	gather_some(GATHER_FIRST + 40);
	/* the attachment, and the status part behind it */
	assert_heard(heard_log(), "parts cut short: 2, the first is application/pdf");
	hear_log(LOG_LEVEL_DEBUG);
	gather_all();
	/* the two attachments */
	assert_heard(heard_log(), "parts cut short: 2, the first is application/pdf");
}

/* What the server says of parts is not so: then the message comes in one piece, as far as the limit
 * goes. */
static void
assert_in_one_piece(enum lie lie)
{
	world.lie = lie;
	make_report(2 * GATHER_FIRST, BIG);
	gather_all();
	assert_int_equal(world.text.len, TOTAL);
	assert_memory_equal(world.text.data, world.mail.data, TOTAL);
	assert_true(world.plain > 0);
}

static void
a_server_that_is_wrong_about_parts_is_asked_for_the_whole(void **state)
{
	(void)state;
	assert_in_one_piece(NO_PARTS);
	assert_in_one_piece(REFUSES_PARTS);
	assert_in_one_piece(SHIFTED);
	assert_in_one_piece(HUGE_HEADER);
}

static void
who_asks_for_one_piece_gets_one(void **state)
{
	(void)state;
	world.in_one_piece = true;
	make_report(BIG, BIG);
	gather_all();
	assert_int_equal(world.commands, 1);
	assert_int_equal(world.text.len, TOTAL);
	assert_memory_equal(world.text.data, world.mail.data, TOTAL);
}

static void
what_is_fetched_is_joined_by_the_boundary_of_the_body_and_not_of_the_header(void **state)
{
	struct bounce_report want;

	(void)state;
	buf_adds(&world.mail, "From: MAILER-DAEMON@mx.example.net\r\n"
			      "Content-Type: multipart/report; boundary=\"other\"\r\n\r\n" SORRY);
	add_attachment(&world.mail, "b", "application/pdf", 2 * GATHER_FIRST);
	buf_adds(&world.mail, STATUS END);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
	assert_int_equal(world.plain, 0);
	assert_true(world.text.len < world.mail.len);
}

static void
small_oddities_of_servers_are_borne(void **state)
{
	static const enum lie lies[] = { BARE_HEADER, SILENT };
	struct bounce_report want;

	(void)state;
	for (size_t i = 0; i < COUNT(lies); i++) {
		world.lie = lies[i];
		make_report(BIG, BIG);
		gather_all();
		assert_tells_all(&want);
		assert_anna_is_dead(&want);
		assert_int_equal(world.plain, 0);
	}
}

static void
parts_without_end_have_an_end(void **state)
{
	(void)state;
	world.lie = ENDLESS;
	buf_adds(&world.mail, HEAD SORRY);
	add_attachment(&world.mail, "b", "application/pdf", BIG);
	buf_adds(&world.mail, END);
	gather_all();
	assert_true(world.commands <= GATHER_MAX_COMMANDS + 1);
	assert_true(world.text.len <= TOTAL);
}

static void
parts_that_turn_out_empty_are_parts(void **state)
{
	(void)state;
	world.lie = EMPTY_BODY;
	make_report(BIG, BIG);
	gather_all();
	assert_non_null(span_ifind(buf_span(&world.text), SPAN("message/delivery-status")));
	assert_true(world.commands <= GATHER_MAX_COMMANDS + 1);
}

static void
what_becomes_of_the_message_or_the_session_is_told(void **state)
{
	(void)state;
	make_report(BIG, BIG);
	world.lie = REFUSES_ALL;
	gather_some(TOTAL);
	assert_int_equal(world.result, IMAP_REFUSED);
	world.lie = LOSES;
	gather_some(TOTAL);
	assert_int_equal(world.result, IMAP_LOST);
	world.lie = GONE;
	gather_some(TOTAL);
	assert_int_equal(world.result, IMAP_OK);
	assert_true(world.gone);
}

/* Part headers of `bytes` bytes with their empty line. */
static void
make_long_header(size_t bytes)
{
	static const char type[] = "Content-Type: application/pdf\r\nX-Long: ";

	buf_clear(&world.mail);
	buf_adds(&world.mail, HEAD SORRY "--b\r\n");
	buf_adds(&world.mail, type);
	for (size_t i = sizeof(type) - 1; i < bytes - 4; i++)
		buf_addc(&world.mail, 'x');
	buf_adds(&world.mail, "\r\n\r\n");
	add_filler(&world.mail, BIG);
	buf_adds(&world.mail, "\r\n" STATUS END);
}

static void
longer_headers_than_are_asked_for_cannot_be_compared(void **state)
{
	struct bounce_report want;

	(void)state;
	make_long_header(GATHER_MAX_HEADER - 1);
	gather_all();
	assert_int_equal(world.plain, 0);
	assert_tells_all(&want);
	make_long_header(GATHER_MAX_HEADER);
	gather_all();
	assert_true(world.plain > 0);
	assert_memory_equal(world.text.data, world.mail.data, TOTAL);
}

static void
as_deep_as_parts_are_read_those_behind_are_found(void **state)
{
	struct bounce_report want;
	char inner[10];

	(void)state;
	buf_adds(&world.mail, HEAD SORRY);
	for (int i = 1; i < MIME_MAX_DEPTH; i++) {
		buf_addf(&world.mail, "--%s\r\nContent-Type: multipart/mixed; boundary=n%d\r\n\r\n",
			 i == 1 ? "b" : inner, i);
		snprintf(inner, sizeof(inner), "n%d", i);
	}
	add_attachment(&world.mail, inner, "application/pdf", BIG);
	buf_adds(&world.mail, STATUS END);
	gather_all();
	assert_tells_all(&want);
	assert_anna_is_dead(&want);
	assert_int_equal(world.plain, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(attachments_are_never_fetched),
		T(a_report_in_front_of_its_attachments_needs_no_command),
		T(the_headers_of_several_parts_are_asked_for_at_once),
		T(a_message_of_very_many_parts_has_an_end),
		T(a_lost_final_boundary_is_no_matter),
		T(bytes_of_every_kind_stand_in_attachments),
		T(a_part_without_headers_is_a_part),
		T(a_text_alone_is_fetched_as_far_as_the_limit_goes),
		T(never_more_than_the_limit_is_kept),
		T(what_finds_no_room_is_told_like_any_other_gap),
		T(a_server_that_is_wrong_about_parts_is_asked_for_the_whole),
		T(who_asks_for_one_piece_gets_one),
		T(what_is_fetched_is_joined_by_the_boundary_of_the_body_and_not_of_the_header),
		T(small_oddities_of_servers_are_borne),
		T(parts_without_end_have_an_end),
		T(parts_that_turn_out_empty_are_parts),
		T(what_becomes_of_the_message_or_the_session_is_told),
		T(longer_headers_than_are_asked_for_cannot_be_compared),
		T(as_deep_as_parts_are_read_those_behind_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
