/*
 * dsn_test - the body of a delivery-status part
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "dsn.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PART 2
#define LINE 10

/* Reads text; one line a recipient: "address action status diagnostic|". */
static void
summarise(const char *text, struct buf *out)
{
	struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
	struct arena arena;
	char status[BOUNCE_STATUS_TEXT];

	arena_init(&arena, 0);
	buf_clear(out);
	assert_true(dsn_read(&arena, span_of(text), PART, LINE, &report) >= 0);
	for (size_t i = 0; i < report.recipient_count; i++) {
		const struct bounce_recipient *r = &report.recipient[i];

		buf_add(out, r->address);
		buf_addf(out, " %s %s ", bounce_action_name(r->action),
			 bounce_status_format(r->field_status, status));
		buf_add(out, r->diagnostic);
		buf_addc(out, '|');
	}
	arena_free(&arena);
}

struct sample {
	const char *text;
	const char *summary;
};

static void
check(const struct sample *samples, size_t count)
{
	struct buf found = BUF_INIT;

	for (size_t i = 0; i < count; i++) {
		summarise(samples[i].text, &found);
		assert_string_equal(buf_str(&found), samples[i].summary);
	}
	buf_free(&found);
}

static void
blocks_are_read_whatever_their_order(void **state)
{
	static const struct sample samples[] = {
		{ "Reporting-MTA: dns; mx.example.com\r\n\r\n"
		  "Final-Recipient: rfc822; ann@example.com\r\n"
		  "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no\r\n\r\n"
		  "Final-Recipient: rfc822; bob@example.com\r\n"
		  "Action: delayed\r\nStatus: 4.4.1\r\n",
		  "ann@example.com failed 5.1.1 550 5.1.1 no|bob@example.com delayed 4.4.1 |" },
		/* Exim: Action first */
		{ "Reporting-MTA: dns; mx.example.com\n\n"
		  "Action: failed\nFinal-Recipient: rfc822;ann@example.com\nStatus: 5.0.0\n",
		  "ann@example.com failed 5.0.0 |" },
		/* Amazon SES: Status last */
		{ "Reporting-MTA: dsn; a.example.com\n\nAction: failed\n"
		  "Final-Recipient: rfc822; ann@example.com\n"
		  "Diagnostic-Code: smtp; 550 5.1.1 no\nStatus: 5.1.1\n",
		  "ann@example.com failed 5.1.1 550 5.1.1 no|" },
		/* names in other letters, blanks before the colon, no blanks behind it */
		{ "REPORTING-MTA : dns;a.example.com\n\nfinal-recipient :rfc822;ann@example.com\n"
		  "ACTION:Failed (delivery)\nstatus:5.2.1 (off)\n",
		  "ann@example.com failed 5.2.1 off|" },
		{ "", "" },
		{ "Reporting-MTA: dns; mx.example.com\n", "" },
		{ "no fields\nat all\n", "" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
blank_lines_may_be_missing_or_too_many(void **state)
{
	static const struct sample samples[] = {
		/* none at all */
		{ "Reporting-MTA: dns; mx.example.com\n"
		  "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n"
		  "Final-Recipient: rfc822; bob@example.com\nAction: delayed\nStatus: 4.4.1\n",
		  "ann@example.com failed 5.1.1 |bob@example.com delayed 4.4.1 |" },
		/* Original-Recipient first belongs to the next recipient */
		{ "Original-Recipient: rfc822; ann@example.com\nFinal-Recipient: rfc822; "
		  "a@example.net\n"
		  "Action: failed\nStatus: 5.1.1\n"
		  "Original-Recipient: rfc822; bob@example.com\nFinal-Recipient: rfc822; "
		  "b@example.net\n"
		  "Action: failed\nStatus: 5.2.1\n",
		  "ann@example.com failed 5.1.1 |bob@example.com failed 5.2.1 |" },
		/* Original-Recipient second belongs to this one */
		{ "Final-Recipient: rfc822; a@example.net\nOriginal-Recipient: rfc822; "
		  "ann@example.com\n"
		  "Action: failed\nFinal-Recipient: rfc822; b@example.net\n"
		  "Original-Recipient: rfc822; bob@example.com\nAction: delayed\n",
		  "ann@example.com failed  |bob@example.com delayed  |" },
		/* Action first, none between */
		{ "Action: failed\nFinal-Recipient: rfc822; ann@example.com\nStatus: 5.1.1\n"
		  "Action: delayed\nFinal-Recipient: rfc822; bob@example.com\nStatus: 4.4.1\n",
		  "ann@example.com failed 5.1.1 |bob@example.com delayed 4.4.1 |" },
		/* Status first, none between */
		{ "Status: 5.1.1\nAction: failed\nFinal-Recipient: rfc822; ann@example.com\n"
		  "Status: 4.4.1\nAction: delayed\nFinal-Recipient: rfc822; bob@example.com\n",
		  "ann@example.com failed 5.1.1 |bob@example.com delayed 4.4.1 |" },
		/* a field twice in a block is no recipient */
		{ "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n"
		  "Status: 4.0.0\nDiagnostic-Code: smtp; 550 no\n",
		  "ann@example.com failed 5.1.1 550 no|" },
		/* one inside a block, several before and between */
		{ "\n\n\nReporting-MTA: dns; mx.example.com\n\n\n"
		  "Final-Recipient: rfc822; ann@example.com\n \t\nAction: failed\n\nStatus: "
		  "5.1.1\n\n\n"
		  "Final-Recipient: rfc822; bob@example.com\n\nAction: delayed\n",
		  "ann@example.com failed 5.1.1 |bob@example.com delayed  |" },
		/* other fields and lines that are none in between */
		{ "X-Vendor-Thing: 1\n\nReporting-MTA: dns; mx.example.com\nnot a field\n\n"
		  "X-Display-Name: Ann\nFinal-Recipient: rfc822; ann@example.com\nAction: failed\n",
		  "ann@example.com failed  |" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
a_recipients_own_fields_beat_those_in_front_of_it(void **state)
{
	static const struct sample samples[] = {
		{ "Reporting-MTA: dns; mx.example.com\nAction: failed\nStatus: 5.1.1\n\n"
		  "Final-Recipient: rfc822; ann@example.com\nAction: delayed\nStatus: 4.4.1\n",
		  "ann@example.com delayed 4.4.1 |" },
		{ "Action: failed\n\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; ann@example.com\n\n"
		  "Final-Recipient: rfc822; bob@example.com\n",
		  "ann@example.com failed 5.1.1 |bob@example.com   |" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
a_folded_diagnostic_is_one_line(void **state)
{
	static const struct sample samples[] = {
		{ "Final-Recipient: rfc822;ann@example.com\nAction: failed\n"
		  "Diagnostic-Code: smtp; 550-5.1.1 no such\n  user\n\t550 5.1.1 here\nStatus: "
		  "5.1.1\n",
		  "ann@example.com failed 5.1.1 550-5.1.1 no such user here|" },
		{ "Final-Recipient: rfc822;ann@example.com\nDiagnostic-Code: 550 5.1.1 no; type\n",
		  "ann@example.com   550 5.1.1 no; type|" },
		{ "Final-Recipient: rfc822;ann@example.com\nDiagnostic-Code:\n smtp;\n 550 no\n",
		  "ann@example.com   550 no|" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
the_address_is_the_one_that_we_mailed(void **state)
{
	static const struct {
		const char *original, *final, *address;
	} cases[] = {
		{ "rfc822; ann@example.com", "rfc822; a@host.example", "ann@example.com" },
		{ "", "rfc822; a@host.example", "a@host.example" },
		{ "rfc822; Ann@EXAMPLE.com", "", "Ann@example.com" },
		{ "<ann@example.com>", "", "ann@example.com" },
		{ "rfc822; nobody", "rfc822; a@host.example", "a@host.example" },
		{ "x400; /c=us/s=ann/", "rfc822; a@host.example", "a@host.example" },
		{ "rfc822; IMCEAEX-_O=CONTOSO_CN=ANN@contoso.com", "rfc822; ann@contoso.com",
		  "ann@contoso.com" },
		{ "rfc822; ann+2Btag@example.com", "rfc822; a@host.example",
		  "ann+tag@example.com" },
		{ "rfc822; ann+2Btag@example.com", "rfc822; ann+2Btag@example.com",
		  "ann+2Btag@example.com" },
		{ "utf-8; j\\x{F6}rg@example.com", "rfc822; a@host.example",
		  "j\xc3\xb6rg@example.com" },
		{ "rfc822; |/usr/bin/filter", "rfc822; |/usr/bin/filter", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
		struct buf text = BUF_INIT;
		struct arena arena;

		arena_init(&arena, 0);
		buf_addf(&text, "Original-Recipient: %s\nFinal-Recipient: %s\nAction: failed\n",
			 cases[i].original, cases[i].final);
		assert_int_equal(dsn_read(&arena, buf_span(&text), PART, LINE, &report), 1);
		assert_int_equal(report.recipient_count, 1);
		assert_span(report.recipient[0].address, cases[i].address);
		buf_free(&text);
		arena_free(&arena);
	}
}

static void
an_alias_is_told_when_nothing_else_is_an_address(void **state)
{
	static const struct sample samples[] = {
		{ "Final-Recipient: rfc822; ann\nX-Actual-Recipient: rfc822; ann@example.com\n"
		  "Action: failed\n",
		  "ann@example.com failed  |" },
		{ "Final-Recipient: rfc822; ann@example.com\n"
		  "X-Actual-Recipient: rfc822; a@host.example\nAction: failed\n",
		  "ann@example.com failed  |" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
action_words_are_read_with_what_follows(void **state)
{
	static const struct {
		const char *word;
		enum bounce_action action;
	} cases[] = {
		{ "failed", BOUNCE_ACTION_FAILED },
		{ "FAILED", BOUNCE_ACTION_FAILED },
		{ "failed (delivery)", BOUNCE_ACTION_FAILED },
		{ "failure", BOUNCE_ACTION_FAILED },
		{ "expired", BOUNCE_ACTION_FAILED },
		{ "delayed", BOUNCE_ACTION_DELAYED },
		{ "Delayed for 4 hours", BOUNCE_ACTION_DELAYED },
		{ "delivered", BOUNCE_ACTION_DELIVERED },
		{ "relayed (to non-DSN-aware mailer)", BOUNCE_ACTION_RELAYED },
		{ "expanded", BOUNCE_ACTION_EXPANDED },
		{ "(after 4 hours) delayed", BOUNCE_ACTION_DELAYED },
		{ "\"delayed\"", BOUNCE_ACTION_DELAYED },
		{ "deferred", BOUNCE_ACTION_DELAYED },
		{ "warning", BOUNCE_ACTION_DELAYED },
		{ "retrying", BOUNCE_ACTION_DELAYED },
		{ "\"", BOUNCE_ACTION_NONE },
		{ "(failed)", BOUNCE_ACTION_NONE },
		{ "none of these", BOUNCE_ACTION_NONE },
		{ "", BOUNCE_ACTION_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
		struct buf text = BUF_INIT;
		struct arena arena;

		arena_init(&arena, 0);
		buf_addf(&text, "Final-Recipient: rfc822; ann@example.com\nAction: %s\n",
			 cases[i].word);
		assert_int_equal(dsn_read(&arena, buf_span(&text), PART, LINE, &report), 1);
		assert_int_equal(report.recipient[0].action, cases[i].action);
		buf_free(&text);
		arena_free(&arena);
	}
}

static void
what_will_be_retried_is_delayed(void **state)
{
	static const struct sample samples[] = {
		{ "Final-Recipient: rfc822; ann@example.com\nStatus: 4.4.1\n"
		  "Will-Retry-Until: Fri, 6 Mar 2026 10:00:00 +0000\n",
		  "ann@example.com delayed 4.4.1 |" },
		{ "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n"
		  "Will-Retry-Until: Fri, 6 Mar 2026 10:00:00 +0000\n",
		  "ann@example.com failed 5.1.1 |" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
status_and_reply_are_kept_apart(void **state)
{
	struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
	const struct bounce_recipient *r;
	char text[BOUNCE_STATUS_TEXT];
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(
		dsn_read(
			&arena,
			SPAN("Final-Recipient: rfc822; ann@example.com\nAction: failed\n"
			     "Status: 5.0.0\nRemote-MTA: dns; MX.example.com (192.0.2.1)\n"
			     "Diagnostic-Code: SMTP; 550 5.1.1 no (in reply to RCPT TO command)\n"),
			PART, LINE, &report),
		1);
	r = &report.recipient[0];
	assert_string_equal(bounce_status_format(r->field_status, text), "5.0.0");
	assert_string_equal(bounce_status_format(r->reply_status, text), "5.1.1");
	assert_int_equal(r->smtp, 550);
	assert_int_equal(r->stage, BOUNCE_STAGE_RCPT);
	assert_span(r->diagnostic_type, "smtp");
	assert_span(r->remote_mta, "mx.example.com");
	arena_free(&arena);
}

static void
a_status_field_that_holds_a_reply_gives_its_status(void **state)
{
	static const struct sample samples[] = {
		{ "Final-Recipient: rfc822; ann@example.com\nStatus: 550 5.1.1\n",
		  "ann@example.com  5.1.1 |" },
		{ "Final-Recipient: rfc822; ann@example.com\nStatus: #5.1.1\n",
		  "ann@example.com  5.1.1 |" },
		{ "Final-Recipient: rfc822; ann@example.com\nStatus: bad\n",
		  "ann@example.com   |" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
fields_of_the_message_are_read_and_stay(void **state)
{
	struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(dsn_read(&arena,
				  SPAN("Reporting-MTA: dns; MX.Example.com (Postfix)\n"
				       "Original-Envelope-Id: list+2B42\nReceived-From-MTA: dns; "
				       "In.Example.com\n"
				       "Arrival-Date: Mon, 2 Feb 2026 10:00:00 +0000\n"
				       "Reporting-MTA: dns; second.example.com\n"),
				  PART, LINE, &report),
			 0);
	assert_span(report.reporting_mta, "mx.example.com");
	assert_span(report.received_from_mta, "in.example.com");
	assert_span(report.envelope_id, "list+42");
	assert_span(report.arrival_date, "Mon, 2 Feb 2026 10:00:00 +0000");
	assert_int_equal(
		dsn_read(&arena, SPAN("Reporting-MTA: dns; other.example\n"), 3, 1, &report), 0);
	assert_span(report.reporting_mta, "mx.example.com");
	arena_free(&arena);
}

static void
evidence_names_part_and_line(void **state)
{
	struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
	const struct bounce_recipient *r;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(dsn_read(&arena,
				  SPAN("Reporting-MTA: dns; a\r\n\r\n"
				       "Final-Recipient: rfc822;\r\n ann@example.com\r\n"
				       "Action: failed\r\nDiagnostic-Code: smtp; 550 no\r\n"),
				  PART, LINE, &report),
			 1);
	r = &report.recipient[0];
	assert_int_equal(r->address_at.part, PART);
	assert_int_equal(r->address_at.line, LINE + 2);
	assert_int_equal(r->action_at.line, LINE + 4);
	assert_int_equal(r->diagnostic_at.line, LINE + 5);
	assert_int_equal(r->status_at.line, 0);
	arena_free(&arena);
}

static void
a_recipient_named_twice_keeps_the_worse_fate(void **state)
{
	static const struct sample samples[] = {
		{ "Final-Recipient: rfc822; ann@example.com\nAction: delayed\n\n"
		  "Final-Recipient: rfc822; bob@example.com\nAction: delivered\n\n"
		  "Final-Recipient: rfc822; ann@EXAMPLE.com\nAction: failed\nStatus: 5.1.1\n\n"
		  "Final-Recipient: rfc822; ann@example.com\nAction: delivered\n",
		  "ann@example.com failed 5.1.1 |bob@example.com delivered  |" },
		/* letters in another case: the same mailbox */
		{ "Final-Recipient: rfc822; ann@example.com\nAction: failed\n\n"
		  "Final-Recipient: rfc822; Ann@example.com\nAction: failed\n",
		  "ann@example.com failed  |" },
		/* of two failures the one that says why */
		{ "Final-Recipient: rfc822; ann@example.com\nAction: failed\n\n"
		  "Final-Recipient: rfc822; ann@example.com\nAction: failed\n"
		  "Diagnostic-Code: smtp; 550 no\n",
		  "ann@example.com failed  550 no|" },
	};

	(void)state;
	check(samples, COUNT(samples));
}

static void
a_second_part_adds_to_the_first(void **state)
{
	struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(
		dsn_read(&arena,
			 SPAN("Final-Recipient: rfc822; ann@example.com\nAction: delayed\n"), 1, 1,
			 &report),
		1);
	assert_int_equal(
		dsn_read(&arena,
			 SPAN("Final-Recipient: rfc822; ann@example.com\nAction: failed\n\n"
			      "Final-Recipient: rfc822; bob@example.com\nAction: failed\n"),
			 2, 1, &report),
		2);
	assert_int_equal(report.recipient_count, 2);
	assert_int_equal(report.recipient[0].action, BOUNCE_ACTION_FAILED);
	assert_int_equal(report.recipient[0].action_at.part, 2);
	assert_span(report.recipient[1].address, "bob@example.com");
	arena_free(&arena);
}

static void
a_diagnostic_has_its_length(void **state)
{
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
		struct buf text = BUF_INIT;
		struct arena arena;

		arena_init(&arena, 0);
		buf_adds(&text,
			 "Final-Recipient: rfc822; ann@example.com\nDiagnostic-Code: smtp; ");
		for (size_t i = 0; i < BOUNCE_MAX_DIAGNOSTIC + extra; i++)
			buf_addc(&text, 'd');
		assert_int_equal(dsn_read(&arena, buf_span(&text), PART, LINE, &report), 1);
		assert_int_equal(span_len(report.recipient[0].diagnostic), BOUNCE_MAX_DIAGNOSTIC);
		assert_int_equal(report.clipped, extra > 0);
		buf_free(&text);
		arena_free(&arena);
	}
}

/* A report of `count` recipients in two spellings each, read within the default arena. */
static void
read_many(size_t count, struct arena *arena, struct bounce_report *report)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, "Reporting-MTA: dns; mx.example.com\n\n");
	for (size_t i = 0; i < count; i++) {
		buf_addf(
			&text,
			"Final-Recipient: rfc822; user%zu@Example.com\n"
			"Original-Recipient: rfc822;user%zu@example.com\nAction: failed\n"
			"Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user%zu is\n not here\n\n",
			i, i, i);
	}
	arena_init(arena, 0);
	*report = (struct bounce_report){ .kind = BOUNCE_KIND_OTHER };
	assert_int_equal(dsn_read(arena, arena_copy(arena, buf_span(&text)), PART, LINE, report),
			 count);
	buf_free(&text);
}

static void
recipients_beyond_the_limit_are_counted(void **state)
{
	struct bounce_report report;
	struct arena arena;

	(void)state;
	read_many(BOUNCE_MAX_RECIPIENTS, &arena, &report);
	assert_int_equal(report.recipient_count, BOUNCE_MAX_RECIPIENTS);
	assert_int_equal(report.recipients_dropped, 0);
	assert_false(report.clipped);
	assert_span(report.recipient[99999].address, "user99999@example.com");
	assert_span(report.recipient[99999].diagnostic, "550 5.1.1 user99999 is not here");
	arena_free(&arena);

	read_many(BOUNCE_MAX_RECIPIENTS + 1, &arena, &report);
	assert_int_equal(report.recipient_count, BOUNCE_MAX_RECIPIENTS);
	assert_int_equal(report.recipients_dropped, 1);
	assert_true(report.clipped);
	arena_free(&arena);
}

static void
an_exhausted_arena_is_an_error(void **state)
{
	(void)state;
	for (size_t limit = 1; limit < 700; limit += 16) {
		struct bounce_report report = { .kind = BOUNCE_KIND_OTHER };
		struct arena arena;
		int found;

		arena_init(&arena, limit);
		found = dsn_read(&arena,
				 SPAN("Final-Recipient: rfc822; ann@EXAMPLE.com\nAction: failed\n"
				      "Diagnostic-Code: SMTP; 550\n no\n"),
				 PART, LINE, &report);
		assert_int_equal(found, arena.refused ? -1 : 1);
		arena_free(&arena);
	}
}

static void
a_disguised_part_is_known_by_its_first_field(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; a@b\n", true },
		{ "\n\nAction: failed\nFinal-Recipient: rfc822; a@b\n", true },
		{ "Original-Recipient: rfc822; a@b\n", true },
		{ "Action: failed\nStatus: 5.1.1\n", false },
		{ "Subject: hello\nReporting-MTA: dns; mx.example.com\n", false },
		{ "Sorry: your mail was not delivered.\nReporting-MTA: dns; a\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(dsn_is(span_of(cases[i].text)), cases[i].is);
}

static void
a_disguised_part_is_known_within_its_first_fields(void **state)
{
	(void)state;
	for (int before = DSN_MAX_SNIFF - 2; before <= DSN_MAX_SNIFF; before++) {
		struct buf text = BUF_INIT;

		for (int i = 0; i < before; i++)
			buf_adds(&text, "Status: 5.1.1\n");
		buf_adds(&text, "Final-Recipient: rfc822; a@b\n");
		assert_int_equal(dsn_is(buf_span(&text)), before < DSN_MAX_SNIFF);
		buf_free(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_read_whatever_their_order),
		cmocka_unit_test(blank_lines_may_be_missing_or_too_many),
		cmocka_unit_test(a_recipients_own_fields_beat_those_in_front_of_it),
		cmocka_unit_test(a_folded_diagnostic_is_one_line),
		cmocka_unit_test(the_address_is_the_one_that_we_mailed),
		cmocka_unit_test(an_alias_is_told_when_nothing_else_is_an_address),
		cmocka_unit_test(action_words_are_read_with_what_follows),
		cmocka_unit_test(what_will_be_retried_is_delayed),
		cmocka_unit_test(status_and_reply_are_kept_apart),
		cmocka_unit_test(a_status_field_that_holds_a_reply_gives_its_status),
		cmocka_unit_test(fields_of_the_message_are_read_and_stay),
		cmocka_unit_test(evidence_names_part_and_line),
		cmocka_unit_test(a_recipient_named_twice_keeps_the_worse_fate),
		cmocka_unit_test(a_second_part_adds_to_the_first),
		cmocka_unit_test(a_diagnostic_has_its_length),
		cmocka_unit_test(recipients_beyond_the_limit_are_counted),
		cmocka_unit_test(an_exhausted_arena_is_an_error),
		cmocka_unit_test(a_disguised_part_is_known_by_its_first_field),
		cmocka_unit_test(a_disguised_part_is_known_within_its_first_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
