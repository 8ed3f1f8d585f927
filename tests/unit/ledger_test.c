/*
 * ledger_test - whole messages into a real database
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ledger_world.h"

static void
a_hard_bounce_makes_an_event_a_transition_and_a_standing(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;
	struct ledger_result got;

	log_set_level(LOG_LEVEL_DEBUG);
	make_report(&report, "ann@Example.COM", "5.1.1", "550 5.1.1 no such user",
		    "one@example.org");
	got = record(w, 5, buf_span(&report));
	assert_int_equal(got.seen, STORE_NEW);
	assert_int_equal(got.kind, BOUNCE_KIND_BOUNCE);
	assert_int_equal(got.recipients, 1);
	assert_int_equal(got.changed, 1);
	assert_true(got.moves);
	assert_false(got.unreadable);
	assert_sql(w->place, "SELECT uid, kind, target, original_message_id, list_id FROM message",
		   "5|bounce|Bounces|one@example.org|news.example.org");
	assert_sql(w->place, "SELECT address, action, status, smtp, reason, disposition FROM event",
		   "ann@example.com|failed|5.1.1|550|no-such-user|dead");
	assert_sql(w->place, "SELECT cause, from_state, to_state, mailing FROM transition",
		   "gone|ok|dead|one@example.org");
	assert_sql(w->place, "SELECT address, state, reason FROM suppressed",
		   "ann@example.com|dead|no-such-user");
	assert_int_equal(log_lines(w, "lists/INBOX uid 5: ann@example.com: ok -> dead (gone, "), 1);
	log_set_level(LOG_LEVEL_INFO);
	buf_free(&report);
}

static void
recording_the_same_message_again_changes_nothing(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT, before = BUF_INIT, after = BUF_INIT;
	struct ledger_result got;

	begin_report(&report);
	add_recipient(&report, "ann@example.com", "failed", "5.1.1", "550 5.1.1 no such user");
	add_recipient(&report, "bob@example.com", "failed", "4.2.2", "452 4.2.2 mailbox full");
	add_recipient(&report, "cy@example.com", "failed", "5.7.1", "550 5.7.1 IP blocked");
	end_report(&report, "one@example.org");
	record(w, 5, buf_span(&report));
	dump(w, &before);
	got = record(w, 5, buf_span(&report));
	dump(w, &after);
	assert_int_equal(got.seen, STORE_KNOWN);
	assert_int_equal(got.recipients, 0);
	assert_false(got.moves);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_free(&report);
	buf_free(&before);
	buf_free(&after);
}

static void
a_duplicate_is_moved_and_not_counted(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;
	struct ledger_result got;

	make_report(&report, "ann@example.com", "5.2.1", "550 5.2.1 disabled", "one@example.org");
	record(w, 5, buf_span(&report));
	got = record(w, 6, buf_span(&report));
	assert_int_equal(got.seen, STORE_DUPLICATE);
	assert_int_equal(got.recipients, 0);
	assert_true(got.moves);
	assert_sql(w->place, "SELECT uid, target, duplicate_of FROM message",
		   "5|Bounces|-\n6|Bounces|1");
	assert_sql(w->place, "SELECT count(*) FROM event", "1");
	assert_sql(w->place, "SELECT sum(strike) FROM transition", "200");
	buf_free(&report);
}

/* Two messages of one size that differ in the byte at `at`. */
static enum store_seen
seen_when_byte_differs(struct world *w, uint32_t uid, size_t at)
{
	size_t length = (size_t)70 * 1024;
	char *bytes = malloc(length);
	enum store_seen seen;

	memset(bytes, 'x', length);
	/* The uid, so that each pair differs from the one before. */
	snprintf(bytes, length, "Subject: %u\r\n\r\n", (unsigned)uid);
	record(w, uid, span_make(bytes, length));
	bytes[at] = 'y';
	seen = record(w, uid + 1, span_make(bytes, length)).seen;
	free(bytes);
	return seen;
}

static void
the_first_bytes_and_the_size_tell_a_message_again(void **state)
{
	struct world *w = *state;

	assert_int_equal(seen_when_byte_differs(w, 10, CONFIG_LEAST_MESSAGE_BYTES - 1), STORE_NEW);
	assert_int_equal(seen_when_byte_differs(w, 20, CONFIG_LEAST_MESSAGE_BYTES),
			 STORE_DUPLICATE);
	assert_int_equal(record(w, 30, SPAN("Subject: a\r\n\r\nx")).seen, STORE_NEW);
	assert_int_equal(record(w, 31, SPAN("Subject: a\r\n\r\nxx")).seen, STORE_NEW);
	assert_int_equal(record(w, 32, SPAN("Subject: a\r\n\r\nx")).seen, STORE_DUPLICATE);
}

static void
a_message_is_known_again_however_little_of_it_is_fetched(void **state)
{
	struct world *w = *state;
	static char bytes[16 * CONFIG_LEAST_MESSAGE_BYTES] = "Subject: a\r\n\r\n";
	struct ledger_message message = {
		.folder = w->folder, .where = "lists/INBOX", .size = sizeof(bytes), .time = NOW
	};
	const size_t fetched[] = { sizeof(bytes), CONFIG_LEAST_MESSAGE_BYTES,
				   CONFIG_LEAST_MESSAGE_BYTES + 1 };
	struct ledger_result result;

	for (size_t i = 0; i < sizeof(fetched) / sizeof(fetched[0]); i++) {
		message.uid = (uint32_t)i + 1;
		message.bytes = span_make(bytes, fetched[i]);
		assert_int_equal(read_and_record(w, w->place->store, &message, &result), 0);
		assert_int_equal(result.seen, i == 0 ? STORE_NEW : STORE_DUPLICATE);
	}
}

static void
a_report_that_names_nobody_goes_to_review(void **state)
{
	static const char *const recipients[] = {
		"",
		"Action: failed\r\nStatus: 5.1.1\r\n\r\n",
		"Final-Recipient: rfc822; (nobody)\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n",
		"Final-Recipient: rfc822; \r\nAction: delayed\r\nStatus: 4.1.1\r\n\r\n",
	};
	struct world *w = *state;

	for (uint32_t i = 0; i < sizeof(recipients) / sizeof(recipients[0]); i++) {
		struct buf report = BUF_INIT;
		struct ledger_result got;

		begin_report(&report);
		buf_adds(&report, recipients[i]);
		end_report(&report, "one@example.org");
		got = record(w, i + 1, buf_span(&report));
		buf_free(&report);
		assert_true(got.unreadable);
		assert_true(got.moves);
	}
	assert_sql(w->place, "SELECT DISTINCT target FROM message", "Review");
	assert_sql(w->place, "SELECT count(*) FROM event", "0");
}

static void
a_message_too_large_to_be_parsed_goes_to_review(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;
	struct ledger_result got;

	make_report(&report, "ann@example.com", "5.1.1", "550 5.1.1 no such user",
		    "one@example.org");
	arena_free(&w->arena);
	arena_init(&w->arena, 16);
	got = record(w, 5, buf_span(&report));
	assert_true(got.unreadable);
	assert_sql(w->place, "SELECT kind, target FROM message", "unreadable|Review");
	buf_free(&report);
}

static void
what_is_no_report_stays(void **state)
{
	struct world *w = *state;
	struct ledger_result got;

	got = record(w, 5, SPAN("From: ann@example.com\r\nSubject: hello\r\n\r\nHow are you?\r\n"));
	assert_int_equal(got.kind, BOUNCE_KIND_OTHER);
	assert_false(got.moves);
	assert_false(got.unreadable);
	assert_sql(w->place, "SELECT kind, target FROM message", "other|-");
	got = record(w, 6, SPAN(""));
	assert_false(got.moves);
	assert_sql(w->place, "SELECT count(*) FROM event", "0");
}

static void
each_recipient_is_what_its_action_says(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;

	begin_report(&report);
	add_recipient(&report, "ann@example.com", "failed", "5.1.1", "550 5.1.1 no such user");
	add_recipient(&report, "bob@example.com", "delayed", "4.4.1", "421 4.4.1 timeout");
	add_recipient(&report, "cy@example.com", "delivered", "2.1.5", "250 2.1.5 ok");
	end_report(&report, "one@example.org");
	record(w, 5, buf_span(&report));
	assert_sql(w->place, "SELECT address, severity, disposition = 'ignore' FROM event",
		   "ann@example.com|hard|0\nbob@example.com|none|1\ncy@example.com|none|1");
	assert_sql(w->place, "SELECT address, state FROM recipient ORDER BY address",
		   "ann@example.com|dead\nbob@example.com|ok\ncy@example.com|ok");
	assert_sql(w->place, "SELECT hard, soft FROM bounce_rate", "1|0");
	buf_free(&report);
}

static void
a_delay_never_worsens_a_state(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;
	struct ledger_result got;

	begin_report(&report);
	add_recipient(&report, "ann@example.com", "delayed", "4.4.1", "421 4.4.1 timeout");
	end_report(&report, "one@example.org");
	got = record(w, 5, buf_span(&report));
	assert_int_equal(got.kind, BOUNCE_KIND_DELAYED);
	assert_int_equal(got.changed, 0);
	assert_sql(w->place, "SELECT target FROM message", "Delayed");
	assert_sql(w->place, "SELECT state, reason, score FROM recipient", "ok|-|0");
	assert_sql(w->place, "SELECT cause FROM transition", "note");
	buf_free(&report);
}

static void
one_mailing_counts_once_however_often_it_is_reported(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;

	for (uint32_t uid = 1; uid <= 3; uid++) {
		make_report(&report, "ann@example.com", "5.2.1", "550 5.2.1 disabled",
			    "one@example.org");
		buf_addf(&report, "copy %u\r\n", (unsigned)uid);
		record_at(w, uid, buf_span(&report), NOW + uid * DAY);
	}
	assert_sql(w->place, "SELECT sum(strike), count(*) FROM transition", "200|3");
	make_report(&report, "ann@example.com", "5.2.1", "550 5.2.1 disabled", "two@example.org");
	record_at(w, 4, buf_span(&report), NOW + 4 * DAY);
	assert_sql(w->place, "SELECT sum(strike), count(*) FROM transition", "400|4");
	buf_free(&report);
}

static struct ledger_result
record_complaint(struct world *w, uint32_t uid, const char *field)
{
	struct buf complaint = BUF_INIT;
	struct ledger_result got;

	buf_addf(&complaint,
		 "From: abuse@example.net\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
		 "Content-Type: multipart/report; report-type=feedback-report; "
		 "boundary=b\r\n\r\n"
		 "--b\r\nContent-Type: text/plain\r\n\r\nAbuse.\r\n"
		 "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
		 "Feedback-Type: abuse\r\nUser-Agent: loop/1.0\r\nVersion: 1\r\n%s\r\n"
		 "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@example.org\r\n"
		 "To: ann@example.com\r\nMessage-ID: <%u@example.org>\r\n\r\n"
		 "Text\r\n--b--\r\n",
		 field, (unsigned)uid);
	got = record(w, uid, buf_span(&complaint));
	buf_free(&complaint);
	return got;
}

static void
a_complaint_that_names_nobody_is_filed(void **state)
{
	struct world *w = *state;
	struct ledger_result got = record_complaint(w, 5, "");

	assert_int_equal(got.kind, BOUNCE_KIND_COMPLAINT);
	assert_false(got.unreadable);
	assert_sql(w->place, "SELECT kind, target FROM message", "complaint|Bounces");
	assert_sql(w->place, "SELECT count(*) FROM recipient", "0");
}

static void
who_complains_gets_no_more_mail(void **state)
{
	struct world *w = *state;
	struct ledger_result got =
		record_complaint(w, 5, "Original-Rcpt-To: <ann@example.com>\r\n");

	assert_int_equal(got.kind, BOUNCE_KIND_COMPLAINT);
	assert_sql(w->place, "SELECT count(*) FROM recipient WHERE state = 'complained'", "1");
}

static void
a_rollback_undoes_the_whole_message(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT, before = BUF_INIT, after = BUF_INIT;
	struct ledger_message message = {
		.folder = w->folder, .where = "lists/INBOX", .uid = 5, .time = NOW
	};
	struct ledger_result result;

	make_report(&report, "ann@example.com", "5.1.1", "550 5.1.1 no such user",
		    "one@example.org");
	message.bytes = buf_span(&report);
	message.size = report.len;
	dump(w, &before);
	assert_int_equal(store_begin(w->place->store), 0);
	assert_int_equal(read_and_record(w, w->place->store, &message, &result), 0);
	store_rollback(w->place->store);
	dump(w, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	assert_int_equal(record(w, 5, buf_span(&report)).seen, STORE_NEW);
	buf_free(&report);
	buf_free(&before);
	buf_free(&after);
}

static void
a_store_that_cannot_write_is_told_to_the_caller(void **state)
{
	struct world *w = *state;
	struct ledger_message message = { .folder = w->folder,
					  .where = "lists/INBOX",
					  .uid = 5,
					  .bytes = SPAN("Subject: a\r\n\r\n"),
					  .time = NOW };
	struct ledger_result result;
	char error[STORE_ERROR_SIZE];
	struct store *reader = store_open(w->place->path, STORE_READ, error);

	assert_non_null(reader);
	assert_int_equal(read_and_record(w, reader, &message, &result), -1);
	assert_non_null(strstr(store_error(reader), "message_add"));
	store_close(reader);
}

/* Sanitizers are ten times slower. */
#if defined(__SANITIZE_ADDRESS__)
#define MANY 10000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MANY 10000
#endif
#endif
#ifndef MANY
#define MANY (BOUNCE_MAX_RECIPIENTS + 5)
#endif
#define KEPT (MANY < BOUNCE_MAX_RECIPIENTS ? MANY : BOUNCE_MAX_RECIPIENTS)

static void
a_hundred_thousand_recipients_are_recorded(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;
	struct ledger_result got;
	char want[16];

	begin_report(&report);
	for (unsigned i = 0; i < MANY; i++) {
		buf_addf(&report,
			 "Final-Recipient: rfc822; user%u@d%u.example.com\r\nAction: failed\r\n"
			 "Status: 5.1.1\r\n\r\n",
			 i, i % 100);
	}
	end_report(&report, "one@example.org");
	got = record(w, 5, buf_span(&report));
	assert_int_equal(got.recipients, KEPT);
	assert_int_equal(got.changed, KEPT);
	snprintf(want, sizeof(want), "%d", KEPT);
	assert_sql(w->place, "SELECT count(*) FROM suppressed", want);
	assert_int_equal(log_lines(w, "names 5 recipients more than"),
			 MANY > BOUNCE_MAX_RECIPIENTS ? 1 : 0);
	buf_free(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_world(a_hard_bounce_makes_an_event_a_transition_and_a_standing),
		on_a_world(recording_the_same_message_again_changes_nothing),
		on_a_world(a_duplicate_is_moved_and_not_counted),
		on_a_world(the_first_bytes_and_the_size_tell_a_message_again),
		on_a_world(a_message_is_known_again_however_little_of_it_is_fetched),
		on_a_world(a_report_that_names_nobody_goes_to_review),
		on_a_world(a_message_too_large_to_be_parsed_goes_to_review),
		on_a_world(what_is_no_report_stays),
		on_a_world(each_recipient_is_what_its_action_says),
		on_a_world(a_delay_never_worsens_a_state),
		on_a_world(one_mailing_counts_once_however_often_it_is_reported),
		on_a_world(a_complaint_that_names_nobody_is_filed),
		on_a_world(who_complains_gets_no_more_mail),
		on_a_world(a_rollback_undoes_the_whole_message),
		on_a_world(a_store_that_cannot_write_is_told_to_the_caller),
		on_a_world(a_hundred_thousand_recipients_are_recorded),
	};

	log_open("ledger_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
