/*
 * trust_test - what a report's grade is, and what it takes to count
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "forged_world.h"

#define ANN "ann@example.com"

static const char *
signed_address(const char *local)
{
	static char text[300];
	char head[100];
	unsigned char mac[BATV_HMAC_SIZE];

	snprintf(head, sizeof(head), "1%03u%s@lists.example.net", (unsigned)((TODAY + 7) % 1000),
		 local);
	assert_int_equal(batv_sha1(batv_ring[0].secret, span_of(head), mac), 0);
	snprintf(text, sizeof(text), "prvs=%.4s%02x%02x%02x=%s@lists.example.net", head, mac[0],
		 mac[1], mac[2], local);
	return text;
}

#define RESULTS(results)                                 \
	"Authentication-Results: mx.us; " results "\r\n" \
	"Received: from mx.example.com by mx.us; Mon, 21 Sep 2026 10:00:00 +0000\r\n"

#define PASSED_ON "x@evil.example\r\nOriginal-Recipient: rfc822; " ANN

static void
each_proof_has_its_grade(void **state)
{
	const struct {
		struct forgery report;
		const char *grade, *proof;
	} rows[] = {
		{ { .to = NULL }, "0", "-" },
		{ { .top = RESULTS("dkim=pass header.d=example.com") },
		  "1",
		  "our own server found that it comes from the recipient's domain" },
		{ { .top = RESULTS("spf=pass smtp.helo=mx.example.com") },
		  "1",
		  "our own server found that it comes from the recipient's domain" },
		{ { .top = RESULTS("dkim=pass header.d=example.org") }, "0", "-" },
		{ { .top = RESULTS("dkim=fail header.d=example.com") }, "0", "-" },
		/* whose server passed it on may say so, who claims that it failed at him may not */
		{ { .top = RESULTS("dkim=pass header.d=example.com"), .recipient = PASSED_ON },
		  "1",
		  "our own server found that it comes from the recipient's domain" },
		{ { .top = RESULTS("dkim=pass header.d=evil.example"), .recipient = PASSED_ON },
		  "0",
		  "-" },
		{ { .to = signed_address("news-bounces") },
		  "2",
		  "BATV signature of the address that it was sent to" },
		{ { .to = "prvs=1000abcdef=news-bounces@lists.example.net" }, "0", "-" },
		{ { .to = address_with(token_of(LIST, "", "", TODAY), "") },
		  "2",
		  "token of key k1 in the address that it was sent to" },
		{ { .to = address_with(token_of(LIST, ANN, "", TODAY), ANN) },
		  "3",
		  "token of key k1 in the address that it was sent to" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		receive(w, &rows[i].report);
		assert_sql(w->place, "SELECT trust FROM event ORDER BY id DESC LIMIT 1",
			   rows[i].grade);
		assert_sql(w->place, "SELECT proof FROM event ORDER BY id DESC LIMIT 1",
			   rows[i].proof);
	}
}

static void
a_message_id_that_the_sender_told_of_is_a_little_proof(void **state)
{
	struct world *w = *state;

	assert_int_equal(run_by_hand(w->place,
				     "INSERT INTO operation (time, who, what, arguments, why) "
				     "VALUES (1, 'root', 'sent', '', '');"
				     "INSERT INTO mailing (list, sent_at, mailing, operation) "
				     "VALUES ('" LIST "', 1, 'one@lists.example.net', 1)"),
			 SQLITE_OK);
	receive(w, &(struct forgery){ .message_id = "other@lists.example.net" });
	assert_sql(w->place, LAST, "gone|0");
	receive(w, &(struct forgery){ .message_id = "one@lists.example.net" });
	assert_sql(w->place, "SELECT trust, proof FROM event ORDER BY id DESC LIMIT 1",
		   "1|Message-ID of a known mailing");
	/* who gets one list's mail knows nothing of another one's */
	receive(w, &(struct forgery){ .to = "x@example.net",
				      .list = OTHER_LIST,
				      .message_id = "one@lists.example.net" });
	assert_sql(w->place, LAST, "gone|0");
	see_a_token(w);
	receive(w, &(struct forgery){ .message_id = "one@lists.example.net" });
	assert_sql(w->place, LAST, "untrusted|0");
}

/* Whoever gets the list's mail has seen its signature. */
static void
what_is_less_than_a_token_counts_nothing_where_tokens_were_seen(void **state)
{
	const struct forgery reports[] = {
		{ .top = RESULTS("dkim=pass header.d=example.com") },
		{ .to = signed_address("news-bounces") },
	};
	struct world *w = *state;

	see_a_token(w);
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		receive(w, &reports[i]);
		assert_sql(w->place, LAST, "untrusted|0");
	}
	assert_sql(w->place, STATE_OF(ANN), "ok");
}

static void
without_any_token_seen_every_report_counts(void **state)
{
	struct world *w = *state;

	receive(w, &(struct forgery){ .to = NULL });
	assert_sql(w->place, STATE_OF(ANN), "dead");
}

static void
a_list_that_wants_tokens_wants_them_from_the_first_report_on(void **state)
{
	struct world *w = *state;

	w->config.list[0].require = CONFIG_REQUIRE_ALWAYS;
	receive(w, &(struct forgery){ .to = NULL });
	assert_sql(w->place, LAST, "untrusted|0");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY), ANN) });
	assert_sql(w->place, STATE_OF(ANN), "dead");
}

static void
a_list_that_never_wants_tokens_can_be_spoofed(void **state)
{
	struct world *w = *state;

	w->config.list[0].require = CONFIG_REQUIRE_NEVER;
	see_a_token(w);
	receive(w, &(struct forgery){ .to = NULL });
	assert_sql(w->place, LAST, "gone|0");
}

/* Of a mail to oneself one has its token, and of the other list's mail a token for all of it. */
static void
a_token_for_all_of_one_list_proves_nothing_of_another(void **state)
{
	struct world *w = *state;
	const char *all = token_of(OTHER_LIST, "", "", TODAY + 60);
	char field[200];

	snprintf(field, sizeof(field), "X-Mailbounced-Token: %s " OTHER_LIST "\r\n", all);
	receive(w, &(struct forgery){ .field = field });
	assert_sql(w->place, "SELECT trust, list FROM event ORDER BY id DESC LIMIT 1",
		   "2|" OTHER_LIST);
	snprintf(field, sizeof(field), "X-Mailbounced-Token: %s " LIST " bob@example.com\r\n",
		 token_of(LIST, "bob@example.com", "", TODAY + 60));
	receive(w, &(struct forgery){ .field = field,
				      .to = address_with(all, ""),
				      .list = OTHER_LIST,
				      .recipient = ANN,
				      .second = "cy@example.com" });
	assert_sql(w->place, "SELECT trust, list FROM event ORDER BY id DESC LIMIT 1", "0|" LIST);
	assert_sql(w->place, LAST, "untrusted|0");
}

/* A list that the operator named and whose tokens were not seen yet goes on as it was. */
static void
tokens_of_one_list_are_wanted_of_no_other_that_is_named(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	receive(w, &(struct forgery){ .to = "x@example.net", .list = OTHER_LIST });
	assert_sql(w->place, LAST, "gone|0");
}

static void
the_configuration_says_which_grade_a_state_needs(void **state)
{
	struct world *w = *state;

	w->config.trust.dead = TRUST_RECIPIENT;
	w->config.trust.backoff = TRUST_MAIL;
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, "", "", TODAY), "") });
	assert_sql(w->place, LAST, "untrusted|2");
	assert_sql(w->place, "SELECT why FROM transition ORDER BY id DESC LIMIT 1",
		   "the configuration wants better proof that the report is real");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, "", "m2", TODAY), ""),
				      .status = "4.2.2" });
	assert_sql(w->place, LAST, "pause|2");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY), ANN) });
	assert_sql(w->place, LAST, "gone|3");
}

static void
whom_the_address_names_is_charged_where_the_mail_was_passed_on(void **state)
{
	struct world *w = *state;

	receive(w, &(struct forgery){ .to = "news-bounces+ann=example.com@lists.example.net",
				      .recipient = "elsewhere@example.org" });
	assert_sql(w->place, "SELECT address, final, forwarded, list FROM event",
		   ANN "|elsewhere@example.org|1|" LIST);
	/* an address that nobody said is ours may be anybody's */
	receive(w, &(struct forgery){ .to = "other-bounces+ann=example.com@lists.example.net",
				      .recipient = "third@example.org" });
	assert_sql(w->place, "SELECT address, forwarded FROM event ORDER BY id DESC LIMIT 1",
		   "third@example.org|0");
}

static void
of_lists_that_share_an_address_the_returned_message_tells_which(void **state)
{
	static char base[] = BASE;
	struct world *w = *state;

	w->config.list[1].bounce_address = base;
	receive(w, &(struct forgery){ .list = OTHER_LIST });
	assert_sql(w->place, "SELECT list FROM event ORDER BY id DESC LIMIT 1", OTHER_LIST);
	receive(w, &(struct forgery){ .list = LIST });
	assert_sql(w->place, "SELECT list FROM event ORDER BY id DESC LIMIT 1", LIST);
	receive(w, &(struct forgery){ .list = "" });
	assert_sql(w->place, "SELECT list FROM event ORDER BY id DESC LIMIT 1", LIST);
}

static void
a_complaint_that_names_nobody_is_about_whom_the_token_names(void **state)
{
	struct world *w = *state;
	struct buf text = BUF_INIT;

	for (int genuine = 0; genuine < 2; genuine++) {
		buf_clear(&text);
		buf_addf(&text,
			 "From: fbl@example.com\r\nTo: fbl@example.net\r\nSubject: complaint\r\n"
			 "Message-ID: <c%d@example.com>\r\nMIME-Version: 1.0\r\n"
			 "Content-Type: multipart/report; report-type=feedback-report; "
			 "boundary=\"b\"\r\n\r\n--b\r\n\r\nx\r\n"
			 "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
			 "Feedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: x\r\n\r\n"
			 "--b\r\nContent-Type: message/rfc822\r\n\r\n"
			 "X-Mailbounced-Token: %s " LIST " " ANN "\r\nList-Id: <" LIST ">\r\n"
			 "From: news@example.net\r\nSubject: n\r\n\r\nx\r\n--b--\r\n",
			 genuine, token_of(genuine ? LIST : OTHER_LIST, ANN, "", TODAY));
		if (!genuine)
			see_a_token(w);
		(void)record(w, 900 + (uint32_t)genuine, buf_span(&text));
		assert_sql(w->place, "SELECT count(*) FROM suppressed WHERE state = 'complained'",
			   genuine ? "1" : "0");
	}
	assert_sql(w->place, STATE_OF(ANN), "complained");
	buf_free(&text);
}

/* Each further name costs a MAC; there is an end to it, and it is said. */
static void
no_more_macs_are_computed_than_the_limit(void **state)
{
	static const char long_ann[] = "annabella.of.the.very.long.local.part.indeed@example.com";
	struct world *w = *state;
	const char *address = address_with(token_of(LIST, long_ann, "", TODAY), long_ann);
	struct buf report = BUF_INIT;

	see_a_token(w);
	for (int extra = 1; extra >= 0; extra--) {
		begin_report(&report);
		for (int i = 0; i < TRUST_MAX_MACS - 1 + extra; i++) {
			char name[40];

			snprintf(name, sizeof(name), "a%d.%d@example.com", extra, i);
			add_recipient(&report, name, "failed", "5.1.1", "550 5.1.1 no such user");
		}
		add_recipient(&report, long_ann, "failed", "5.1.1", "550 5.1.1 no such user");
		end_report(&report, "one@example.org");
		{
			struct buf whole = BUF_INIT;

			buf_addf(&whole, "X-Original-To: %s\r\n%s", address, buf_str(&report));
			(void)record(w, 900 + (uint32_t)extra, buf_span(&whole));
			buf_free(&whole);
		}
		assert_sql(w->place, "SELECT state FROM recipient WHERE address LIKE 'annabella%'",
			   extra ? "ok" : "dead");
		if (extra)
			assert_sql(w->place, "SELECT why FROM transition ORDER BY id DESC LIMIT 1",
				   "it has more tokens, lists and recipients than are tried");
	}
	buf_free(&report);
}

static void
the_operator_is_told_whose_reports_can_be_forged(void **state)
{
	struct world *w = *state;

	trust_warn(&w->config, w->place->store);
	assert_int_equal(log_lines(w, "list " LIST ": no token of its mail came back yet"), 1);
	assert_int_equal(log_lines(w, "list " OTHER_LIST ": no token"), 1);
	see_a_token(w);
	w->config.list[1].require = CONFIG_REQUIRE_NEVER;
	trust_warn(&w->config, w->place->store);
	assert_int_equal(log_lines(w, "no token of its mail"), 2);
	w->config.ring_count = 0;
	trust_warn(&w->config, w->place->store);
	assert_int_equal(log_lines(w, "no key of tokens"), 1);
	w->config.list[0].require = CONFIG_REQUIRE_NEVER;
	trust_warn(&w->config, w->place->store);
	assert_int_equal(log_lines(w, "no key of tokens"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_list(each_proof_has_its_grade),
		on_a_list(a_message_id_that_the_sender_told_of_is_a_little_proof),
		on_a_list(what_is_less_than_a_token_counts_nothing_where_tokens_were_seen),
		on_a_list(without_any_token_seen_every_report_counts),
		on_a_list(a_list_that_wants_tokens_wants_them_from_the_first_report_on),
		on_a_list(a_list_that_never_wants_tokens_can_be_spoofed),
		on_a_list(a_token_for_all_of_one_list_proves_nothing_of_another),
		on_a_list(tokens_of_one_list_are_wanted_of_no_other_that_is_named),
		on_a_list(the_configuration_says_which_grade_a_state_needs),
		on_a_list(whom_the_address_names_is_charged_where_the_mail_was_passed_on),
		on_a_list(of_lists_that_share_an_address_the_returned_message_tells_which),
		on_a_list(a_complaint_that_names_nobody_is_about_whom_the_token_names),
		on_a_list(no_more_macs_are_computed_than_the_limit),
		on_a_list(the_operator_is_told_whose_reports_can_be_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
