/*
 * reply_test - codes and stage out of a quoted reply
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "arena.h"
#include "buf.h"
#include "linear.h"
#include "reply.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct reading {
	const char *text;
	unsigned smtp;      /* 0 = none */
	const char *status; /* "" = none */
};

static void
check(const struct reading *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bounce_status status = { 0, 0, 0 };
		enum bounce_stage stage = BOUNCE_STAGE_UNKNOWN;
		char text[BOUNCE_STATUS_TEXT];
		uint16_t smtp = 0;

		reply_read(span_of(cases[i].text), &smtp, &status, &stage);
		if (smtp != cases[i].smtp ||
		    strcmp(bounce_status_format(status, text), cases[i].status) != 0)
			fail_msg("%s: got %u %s", cases[i].text, (unsigned)smtp, text);
	}
}

static void
codes_at_the_front_are_read(void **state)
{
	static const struct reading cases[] = {
		{ "550 see https://example.com/help#5.1.1", 550, "" },
		{ "550 see www.example.com/#5.1.1", 550, "" },
		{ "550 see https://example.com/(5.1.1)/help code 5.7.1 spam", 550, "5.7.1" },
		{ "550 5.1.1 <ann@example.com>: no such user", 550, "5.1.1" },
		{ "550-5.1.1 first line 550 5.1.1 second", 550, "5.1.1" },
		{ "550: 5.1.1 no", 550, "5.1.1" },
		{ "550 #5.1.1 no", 550, "5.1.1" },
		{ "550 (#5.1.1) no", 550, "5.1.1" },
		{ "550 5.1.1: no", 550, "5.1.1" },
		{ "550 5.1.1. no", 550, "5.1.1" },
		{ "#5.1.1", 0, "5.1.1" },
		{ "(#5.1.1)", 0, "5.1.1" },
		{ "5.1.1 no such user", 0, "5.1.1" },
		{ "450 4.2.2 full", 450, "4.2.2" },
		{ "250 2.0.0 Ok: queued as 4B1", 250, "2.0.0" },
		{ "550 no such user", 550, "" },
		{ "550 : User unknown", 550, "" },
		{ "550", 550, "" },
		{ "<550 5.1.1 no>", 550, "5.1.1" },
		{ "554 4.4.7 Message expired.<451 4.7.651 too fast>", 554, "4.4.7" },
		{ "", 0, "" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_quoted_reply_is_found_behind_its_lead(void **state)
{
	static const struct reading cases[] = {
		{ "host mx.example.com[192.0.2.1] said: 550 5.7.1 blocked (in reply to RCPT TO "
		  "command)",
		  550, "5.7.1" },
		{ "host mx.example.com[192.0.2.1] refused to talk to me: 421 4.7.0 busy", 421,
		  "4.7.0" },
		{ "192.0.2.1 failed after I sent the message. Remote host said: 554 5.6.0 no", 554,
		  "5.6.0" },
		{ "error: none. host said: 552 full", 552, "" },
		{ "ERROR_CODE :550, gone", 550, "" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
a_reply_passed_on_beats_the_words_around_it(void **state)
{
	static const struct reading cases[] = {
		{ "550 5.1.351 Remote server returned unknown recipient -> 550 5.2.1 off", 550,
		  "5.2.1" },
		{ "550 5.0.350 Remote server returned an error -> 554 refused", 554, "5.0.350" },
		{ "Remote Server returned '550 5.7.1 not allowed'", 550, "5.7.1" },
		{ "Remote Server returned \"550 5.7.1 not allowed\"", 550, "5.7.1" },
		{ "Remote Server returned \xe2\x80\x98"
		  "550 5.7.1 not allowed\xe2\x80\x99",
		  550, "5.7.1" },
		{ "1/2/2026 8:05:56 PM - Remote Server at example.com (192.0.2.1) returned '550 "
		  "4.4.7 "
		  "QUEUE.Expired' 1/1/2026 - Remote Server returned '441 4.4.1 x'",
		  550, "4.4.7" },
		{ "5.1.0 - Unknown address error 550-'5.7.1 <x@example.com>... Access denied' "
		  "(delivery attempts: 0)",
		  550, "5.7.1" },
		{ "5.3.0 - Other mail system problem 550-'Unknown user ann@example.com' (delivery "
		  "attempts: 0)",
		  550, "5.3.0" },
		{ "550 a -> b is no reply", 550, "" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
lines_of_one_reply_are_joined(void **state)
{
	static const struct {
		const char *text, *joined;
	} cases[] = {
		{ "550-5.1.1 no such 550 5.1.1 user", "550-5.1.1 no such user" },
		{ "550-5.1.1 no 550-5.1.1 such 550 5.1.1 user", "550-5.1.1 no such user" },
		{ "550-5.7.26 a 550-5.7.26  550-5.7.26  b 550 5.7.26 c", "550-5.7.26 a b c" },
		{ "554-no 554-service 554 here", "554-no service here" },
		{ "host mx.example.com said: 450-4.2.1 try 450 4.2.1 later (in reply to RCPT TO)",
		  "host mx.example.com said: 450-4.2.1 try later (in reply to RCPT TO)" },
		/* the last line ends the reply: what follows is another one's */
		{ "550-a 550 b 550 c", "550-a b 550 c" },
		/* no reply of several lines, other codes, other numbers */
		{ "550 5.1.1 no 550 5.1.1 user", "550 5.1.1 no 550 5.1.1 user" },
		{ "550-5.1.1 no 550 5.7.1 policy", "550-5.1.1 no 550 5.7.1 policy" },
		{ "550-refused 554 policy", "550-refused 554 policy" },
		{ "call 1-550-555 now 550 times", "call 1-550-555 now 550 times" },
		{ "550-", "550-" },
		/* a hyphen with no room for a code in front of it */
		{ "-550-a 550 b", "-550-a 550 b" },
		{ "- 550-a 550 b", "- 550-a b" },
		{ "50-a 550-a 550 b", "50-a 550-a b" },
		{ "550-a 550 ", "550-a" },
		{ "", "" },
	};
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_true(
			span_eq(reply_join(&a, span_of(cases[i].text)), span_of(cases[i].joined)));
	arena_free(&a);
}

static void
an_exact_status_beats_a_class_alone(void **state)
{
	static const struct reading cases[] = {
		{ "550 5.0.0 refused: 550 5.1.1 no such user", 550, "5.1.1" },
		{ "550 no such user (#5.1.1)", 550, "5.1.1" },
		{ "550 refused [5.7.1] by policy", 550, "5.7.1" },
		{ "550-refused 550 5.7.1 by policy", 550, "5.7.1" },
		{ "550 refused, status 5.7.1", 550, "5.7.1" },
		{ "user unknown (#5.1.1)", 0, "5.1.1" },
		{ "550 5.0.0 refused", 550, "5.0.0" },
		{ "550 refused (#4.2.2)", 550, "" }, /* contradicts its reply code */
		{ "done (#2.1.5)", 0, "" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
what_only_looks_like_a_code_is_none(void **state)
{
	static const struct reading cases[] = {
		{ "550 blocked, see 5.1.1.7", 550, "" },
		{ "550 client [4.1.2.3] refused", 550, "" },
		{ "550 client [5.1.1] refused", 550, "5.1.1" },
		{ "550 try again after: 5.1.2026", 550, "" },
		{ "550 away until 5.1.26", 550, "" },
		{ "550 version: 5.1.2", 550, "" },
		{ "550 mailer-5.1.2 says no", 550, "" },
		{ "550 mailer/5.1.2 says no", 550, "" },
		{ "550 mailer (mx 4.5.1) says no", 550, "" },
		{ "550 net 5.1.1/24 blocked", 550, "" },
		{ "550 host mx5.1.1 is gone", 550, "" },
		{ "550 x.5.1.1 is gone", 550, "" },
		{ "5500 5.1.1 no", 0, "" },
		{ "560 no", 0, "" },
		{ "350 no", 0, "" },
		{ "550px wide", 0, "" },
		{ "192.0.2.1 does not like recipient.", 0, "" },
		{ "message of 552 bytes", 0, "" },
		{ "id=20025-09", 0, "" },
		{ "connect to mx.example.com[192.0.2.1]:25: Connection timed out", 0, "" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

static void
what_is_not_found_stays_as_it_was(void **state)
{
	struct bounce_status status = { 5, 1, 1 };
	enum bounce_stage stage = BOUNCE_STAGE_RCPT;
	uint16_t smtp = 550;

	(void)state;
	reply_read(SPAN("nothing to see"), &smtp, &status, &stage);
	reply_read(SPAN(""), &smtp, &status, &stage);
	assert_int_equal(smtp, 550);
	assert_int_equal(status.class, 5);
	assert_int_equal(status.detail, 1);
	assert_int_equal(stage, BOUNCE_STAGE_RCPT);
}

static void
the_stage_is_told_by_the_servers_words(void **state)
{
	static const struct {
		const char *text;
		enum bounce_stage stage;
	} cases[] = {
		{ "said: 550 no (in reply to RCPT TO command)", BOUNCE_STAGE_RCPT },
		{ "said: 550 no (IN REPLY TO end of data COMMAND)", BOUNCE_STAGE_DATA },
		{ "said: 550 no (in reply to DATA command)", BOUNCE_STAGE_DATA },
		{ "said: 550 no (in reply to MAIL FROM command)", BOUNCE_STAGE_MAIL },
		{ "said: 550 no (in reply to EHLO command)", BOUNCE_STAGE_HELO },
		{ "host refused to talk to me: 554 no", BOUNCE_STAGE_GREETING },
		{ "SMTP error from remote mail server after RCPT TO:<ann@example.com>: 550 no",
		  BOUNCE_STAGE_RCPT },
		{ "SMTP error from remote mail server after end of data: 554 no",
		  BOUNCE_STAGE_DATA },
		{ "SMTP error from remote mail server after pipelined MAIL FROM:<x>: 550 no",
		  BOUNCE_STAGE_MAIL },
		{ "SMTP error from remote mail server after initial connection: 554 no",
		  BOUNCE_STAGE_GREETING },
		{ "lost connection with mx.example.com while sending end of data",
		  BOUNCE_STAGE_DATA },
		{ "554 no [RCPT_TO]", BOUNCE_STAGE_RCPT },
		{ "550 550 no such user (state 14)", BOUNCE_STAGE_RCPT },
		{ "554 554 no (state 18)", BOUNCE_STAGE_DATA },
		{ ">>> RCPT To:<ann@example.com>", BOUNCE_STAGE_RCPT },
		{ "192.0.2.1 does not like sender.", BOUNCE_STAGE_MAIL },
		{ ">>> DATA <<< 550 no", BOUNCE_STAGE_DATA },
		{ ">>> . <<< 554 no", BOUNCE_STAGE_DATA },
		{ ">>> RCPT To:<a@b> <<< 250 ok >>> DATA <<< 354 go on >>> . <<< 554 no",
		  BOUNCE_STAGE_DATA },
		{ "--> MAIL From:<a@b> <-- 250 ok --> RCPT To:<c@d> <-- 550 no --> QUIT <-- 221 ",
		  BOUNCE_STAGE_RCPT },
		{ "<<< 554 no", BOUNCE_STAGE_UNKNOWN },
		{ "Connected to 192.0.2.1 but sender was rejected.", BOUNCE_STAGE_MAIL },
		{ "SMTP error from remote server after RCPT command: 550 no", BOUNCE_STAGE_RCPT },
		{ "SMTP error from remote server for TEXT command, reason: 550 no",
		  BOUNCE_STAGE_DATA },
		{ "mx.example.com did not like our RCPT TO: 550 no", BOUNCE_STAGE_RCPT },
		{ "Remote SMTP server has rejected address", BOUNCE_STAGE_RCPT },
		{ "Sent <<< RCPT TO:<ann@example.com>", BOUNCE_STAGE_RCPT },
		{ "550 no -------SMTP command RCPT TO:<a@b>", BOUNCE_STAGE_RCPT },
		{ "SMTP:RCPT host 192.0.2.1: 550 no", BOUNCE_STAGE_RCPT },
		{ "550 no such user", BOUNCE_STAGE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_status status = { 0, 0, 0 };
		enum bounce_stage stage = BOUNCE_STAGE_UNKNOWN;
		uint16_t smtp = 0;

		reply_read(span_of(cases[i].text), &smtp, &status, &stage);
		assert_string_equal(bounce_stage_name(stage), bounce_stage_name(cases[i].stage));
	}
}

static void
read_near_misses(void *context, size_t size)
{
	struct bounce_status status = { 0, 0, 0 };
	enum bounce_stage stage = BOUNCE_STAGE_UNKNOWN;
	struct buf text = BUF_INIT;
	uint16_t smtp = 0;

	(void)context;
	while (text.len < size)
		buf_adds(&text, "55-'5.1 error: 4.4.4.4 -> ");
	reply_read(buf_span(&text), &smtp, &status, &stage);
	assert_int_equal(smtp, 0);
	assert_int_equal(status.class, 0);
	buf_free(&text);
}

static void
a_long_text_of_near_misses_is_read_in_linear_time(void **state)
{
	(void)state;
	assert_linear("near misses", read_near_misses, NULL, (size_t)16 * 1024);
}

/* An exact one is found anywhere. */
static void
a_status_that_says_little_stands_near_its_code(void **state)
{
	static const struct {
		const char *text;
		unsigned class;
	} rows[] = {
		{ "550 5.0.0 no", 5 },     { "550-5.0.0 no", 5 },      { "550 (#5.0.0) no", 5 },
		{ "550  (#5.0.0) no", 5 }, { "550  ((#5.0.0) no", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum bounce_stage stage = BOUNCE_STAGE_UNKNOWN;
		struct bounce_status status = { 0 };
		uint16_t smtp = 0;

		reply_read(span_of(rows[i].text), &smtp, &status, &stage);
		if (status.class != rows[i].class)
			fail_msg("%s: %u", rows[i].text, status.class);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_at_the_front_are_read),
		cmocka_unit_test(a_quoted_reply_is_found_behind_its_lead),
		cmocka_unit_test(a_reply_passed_on_beats_the_words_around_it),
		cmocka_unit_test(lines_of_one_reply_are_joined),
		cmocka_unit_test(an_exact_status_beats_a_class_alone),
		cmocka_unit_test(what_only_looks_like_a_code_is_none),
		cmocka_unit_test(what_is_not_found_stays_as_it_was),
		cmocka_unit_test(the_stage_is_told_by_the_servers_words),
		cmocka_unit_test(a_long_text_of_near_misses_is_read_in_linear_time),
		cmocka_unit_test(a_status_that_says_little_stands_near_its_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
