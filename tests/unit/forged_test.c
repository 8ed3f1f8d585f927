/*
 * forged_test - forged reports change nobody's state, and the genuine ones beside them do
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "forged_world.h"

#define ANN "ann@example.com"
#define BOB "bob@example.com"

static char *lines(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *
lines(const char *format, ...)
{
	static char text[4][1000];
	static unsigned at;
	va_list args;

	at = (at + 1) % 4;
	va_start(args, format);
	vsnprintf(text[at], sizeof(text[at]), format, args);
	va_end(args);
	return text[at];
}

static char *
field_of(const char *token, const char *rest)
{
	return lines("X-Mailbounced-Token: %s%s\r\n", token, rest);
}

/* It changes nothing, and the genuine one after it does. */
static void
assert_forged(struct world *w, const struct forgery *forged, const char *why)
{
	const char *token = token_of(LIST, ANN, "", TODAY + 60);
	struct buf before = BUF_INIT, after = BUF_INIT;

	ask_sql(w->place, "SELECT * FROM suppressed", &before);
	receive(w, forged);
	ask_sql(w->place, "SELECT * FROM suppressed", &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	assert_sql(w->place, LAST, "untrusted|0");
	assert_sql(w->place, "SELECT why FROM transition ORDER BY id DESC LIMIT 1", why);
	assert_sql(w->place,
		   "SELECT count(*) FROM recipient WHERE score > 0 AND address = '" ANN "'", "0");
	receive(w, &(struct forgery){ .to = address_with(token, ANN) });
	assert_sql(w->place, STATE_OF(ANN), "dead");
	buf_free(&before);
	buf_free(&after);
}

#define BANNED_IP "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"
#define NO_TOKEN "mail of the list carries tokens, and the report has none"
#define WRONG "the token was made for another list or recipient, or altered"

static void
a_token_in_the_address_proves_its_recipient(void **state)
{
	struct world *w = *state;

	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY), ANN) });
	assert_sql(w->place, LAST, "gone|3");
	assert_sql(w->place, "SELECT address, list, proof FROM event",
		   ANN "|" LIST "|token of key k1 in the address that it was sent to");
	assert_sql(w->place, "SELECT list, since FROM token_list", LIST "|1790000000");
	assert_int_equal(log_lines(w, "list " LIST ": a valid token came back"), 1);
}

static void
a_token_in_the_returned_header_proves_its_recipient(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	receive(w, &(struct forgery){
			   .field = field_of(token_of(LIST, ANN, "", TODAY), " " LIST " " ANN) });
	assert_sql(w->place, LAST, "gone|3");
	assert_sql(w->place, "SELECT proof FROM event ORDER BY id DESC LIMIT 1",
		   "token of key k1 in the returned message");
}

static void
a_token_counts_in_any_letters_case(void **state)
{
	struct world *w = *state;
	char address[BOUNCE_VERP_MAX_ADDRESS + 1];

	see_a_token(w);
	snprintf(address, sizeof(address), "%s",
		 address_with(token_of(LIST, ANN, "m", TODAY), ANN));
	for (char *p = address; *p != '\0'; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	receive(w, &(struct forgery){ .to = address });
	assert_sql(w->place, LAST, "gone|3");
}

static void
a_missing_token_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(w, &(struct forgery){ .to = NULL }, NO_TOKEN);
}

/* No way around: another list that nobody knows, or none at all. */
static void
a_report_about_an_invented_list_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	receive(w, &(struct forgery){ .to = "x@example.net", .list = "invented.example.org" });
	assert_sql(w->place, LAST, "untrusted|0");
	assert_forged(w, &(struct forgery){ .to = "x@example.net", .list = "" }, NO_TOKEN);
}

static void
plain_verp_proves_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(w,
		      &(struct forgery){ .to = "news-bounces+ann=example.com@lists.example.net" },
		      NO_TOKEN);
}

static void
an_altered_token_changes_nothing(void **state)
{
	struct world *w = *state;
	char token[BOUNCE_TOKEN_LONG + 1];

	see_a_token(w);
	snprintf(token, sizeof(token), "%s", token_of(LIST, ANN, "", TODAY + 60));
	token[BOUNCE_TOKEN_SHORT - 1] ^= 1;
	assert_forged(w, &(struct forgery){ .to = address_with(token, ANN) }, WRONG);
}

static void
an_altered_token_in_the_header_changes_nothing(void **state)
{
	struct world *w = *state;
	char token[BOUNCE_TOKEN_LONG + 1];

	see_a_token(w);
	snprintf(token, sizeof(token), "%s", token_of(LIST, ANN, "", TODAY + 60));
	token[5] = token[5] == '0' ? '1' : '0';
	assert_forged(w, &(struct forgery){ .field = field_of(token, " " LIST " " ANN) }, WRONG);
}

static void
an_expired_token_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(
		w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY - 1), ANN) },
		"the token has expired");
}

static void
another_recipients_token_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(w,
		      &(struct forgery){ .to = address_with(token_of(LIST, BOB, "", TODAY), ANN) },
		      WRONG);
}

/* Bob's own token, genuine, in a report that names Ann: Bob's mail came back, wherever it went. */
static void
a_token_speaks_for_nobody_but_its_recipient(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, BOB, "", TODAY), BOB) });
	assert_sql(w->place, "SELECT count(*) FROM recipient WHERE address = '" ANN "'", "0");
	assert_sql(w->place, "SELECT address, final, forwarded FROM event ORDER BY id DESC LIMIT 1",
		   BOB "|" ANN "|1");
}

static void
a_second_recipient_smuggled_in_stays_as_he_is(void **state)
{
	struct world *w = *state;
	const struct forgery forged = { .to = address_with(token_of(LIST, BOB, "", TODAY), BOB),
					.recipient = BOB,
					.second = ANN };

	/* also in the first report of all that bears a token */
	receive(w, &forged);
	assert_sql(w->place, STATE_OF(BOB), "dead");
	assert_sql(w->place, STATE_OF(ANN), "ok");
	assert_sql(w->place, LAST, "untrusted|0");
	assert_forged(w, &(struct forgery){ .to = forged.to, .recipient = BOB, .second = ANN },
		      NO_TOKEN);
}

/* Bob's own token, genuine; of two recipients one is said to have failed at Bob, who is neither. */
static void
a_token_of_where_it_failed_speaks_for_nobody(void **state)
{
	struct world *w = *state;
	const struct forgery forged = { .to = address_with(token_of(LIST, BOB, "", TODAY), BOB),
					.recipient = "cy@example.com",
					.second = BOB "\r\nOriginal-Recipient: rfc822; " ANN };

	see_a_token(w);
	receive(w, &forged);
	assert_sql(w->place, "SELECT address, final FROM event ORDER BY id DESC LIMIT 1",
		   ANN "|" BOB);
	assert_sql(w->place, LAST, "untrusted|0");
	assert_sql(w->place, STATE_OF(ANN), "ok");
}

/* What a mailing may prove of Ann depends on the list of her last report, and on its time. */
static void
a_forged_report_is_not_heard_of(void **state)
{
	struct world *w = *state;
	const char *last = "SELECT list, last_event FROM recipient WHERE address = '" ANN "'";
	struct buf before = BUF_INIT, after = BUF_INIT;

	see_a_token(w);
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY), ANN),
				      .status = "5.2.2" });
	ask_sql(w->place, last, &before);
	receive(w, &(struct forgery){ .to = "x@example.net", .list = OTHER_LIST ".invented" });
	assert_sql(w->place, LAST, "untrusted|0");
	ask_sql(w->place, last, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_free(&before);
	buf_free(&after);
}

/* Where tokens alone count nobody else teaches how often the list posts, from the first day on. */
static void
a_report_without_a_token_teaches_no_cadence(void **state)
{
	struct world *w = *state;

	w->config.list[0].require = CONFIG_REQUIRE_ALWAYS;
	receive(w, &(struct forgery){ .message_id = "a@invented.example" });
	assert_sql(w->place, "SELECT count(*) FROM pace", "0");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY), ANN) });
	assert_sql(w->place, "SELECT count(*) FROM pace", "1");
	receive(w, &(struct forgery){ .list = "invented.example", .to = "x@example.net" });
	assert_sql(w->place, "SELECT count(*) FROM pace", "1");
}

/* Sent four days before its report; what has no date is of the report's day. */
static void
a_mailing_is_of_the_day_that_its_date_says(void **state)
{
	struct world *w = *state;

	receive(w, &(struct forgery){ .field = "Date: Thu, 17 Sep 2026 09:00:00 +0200\r\n" });
	assert_sql(w->place, "SELECT list, date(day * 86400, 'unixepoch') FROM pace_day",
		   LIST "|2026-09-17");
	receive(w, &(struct forgery){ .message_id = "other@lists.example.net" });
	assert_sql(w->place, "SELECT max(date(day * 86400, 'unixepoch')) FROM pace_day",
		   "2026-09-21");
}

static void
a_report_without_a_token_alerts_nobody(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	receive(w, &(struct forgery){ .status = "5.7.606", .reply = BANNED_IP });
	assert_sql(w->place, "SELECT disposition FROM event ORDER BY id DESC LIMIT 1", "operator");
	assert_sql(w->place, "SELECT count(*) FROM alert", "0");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY), ANN),
				      .status = "5.7.606",
				      .reply = BANNED_IP });
	assert_sql(w->place, "SELECT count(*) FROM alert", "1");
}

static void
a_report_without_a_token_is_in_no_rate(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_sql(w->place, "SELECT events, hard FROM bounce_rate", "1|1");
	receive(w, &(struct forgery){ 0 });
	assert_sql(w->place, LAST, "untrusted|0");
	assert_sql(w->place, "SELECT events, hard FROM bounce_rate", "1|1");
	/* nor what would change nothing anyway */
	receive(w, &(struct forgery){ .status = "5.7.606", .reply = BANNED_IP });
	assert_sql(w->place, "SELECT events, hard FROM bounce_rate", "1|1");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY), ANN) });
	assert_sql(w->place, "SELECT events, hard FROM bounce_rate", "2|2");
}

/* The preview of a policy does not say what the policy would never do. */
static void
report_only_does_not_promise_what_a_forged_report_asks_for(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	w->config.policy.preset = BOUNCE_PRESET_REPORT_ONLY;
	receive(w, &(struct forgery){ .to = NULL });
	assert_sql(w->place, LAST, "untrusted|0");
	assert_sql(w->place, "SELECT why FROM transition ORDER BY id DESC LIMIT 1", NO_TOKEN);
}

/* Or a crowd of them would freeze a domain. */
static void
reports_without_a_token_make_no_incident(void **state)
{
	struct world *w = *state;

	w->config.incident = breaker_limits_default();
	see_a_token(w);
	for (unsigned i = 0; i <= 2 * w->config.incident.text_addresses; i++)
		receive(w, &(struct forgery){ .recipient = lines("r%u@contoso.com", i) });
	assert_sql(w->place, LAST, "untrusted|0");
	assert_sql(w->place, "SELECT count(*) FROM incident", "0");
	assert_sql(w->place, "SELECT count(*) FROM surge WHERE name = 'contoso.com'", "0");
}

static void
a_second_token_field_changes_nothing(void **state)
{
	struct world *w = *state;
	char *fields;

	see_a_token(w);
	fields = lines("X-Mailbounced-Token: %s " LIST " " BOB "\r\n"
		       "X-Mailbounced-Token: %s " LIST " " ANN "\r\n",
		       token_of(LIST, BOB, "", TODAY), token_of(LIST, ANN, "", TODAY));
	assert_forged(w, &(struct forgery){ .field = fields },
		      "the returned message has more than one token field");
}

static void
a_token_in_the_reports_own_header_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(w,
		      &(struct forgery){
			      .top = field_of(token_of(LIST, ANN, "", TODAY), " " LIST " " ANN) },
		      NO_TOKEN);
}

static void
a_field_with_more_words_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(w,
		      &(struct forgery){ .field = field_of(token_of(LIST, BOB, "", TODAY),
							   " " LIST " " BOB " " ANN) },
		      "the returned message's token field cannot be read");
}

/* A line end in the local part, quoted, must not end anything. */
static void
a_line_end_in_the_address_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(w,
		      &(struct forgery){ .to = lines("\"news-bounces+%s+ann=example.com\r\n X: \"@"
						     "lists.example.net",
						     token_of(LIST, ANN, "", TODAY)) },
		      NO_TOKEN);
}

static void
another_lists_token_changes_nothing(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	assert_forged(w,
		      &(struct forgery){ .field = field_of(token_of(OTHER_LIST, ANN, "", TODAY),
							   " " LIST " " ANN) },
		      WRONG);
}

static void
a_token_of_an_unknown_key_changes_nothing(void **state)
{
	struct world *w = *state;
	struct bounce_token what = { SPAN(LIST), SPAN(ANN), { NULL, NULL }, TODAY + 60 };
	char token[BOUNCE_TOKEN_LONG + 1];

	see_a_token(w);
	assert_int_equal(bounce_token_make(&test_key[1], &what, token), 0);
	assert_forged(w, &(struct forgery){ .to = address_with(token, ANN) },
		      "the token is of a key that is not known");
	/* of one that is known, though not the one that signs, it counts */
	w->config.ring_count = 2;
	receive(w, &(struct forgery){ .to = address_with(token, ANN), .later = DAY - 1 });
	assert_sql(w->place, "SELECT trust FROM event ORDER BY id DESC LIMIT 1", "3");
}

/* The token, not the Message-ID that the report claims, tells which mail came back. */
static void
a_replayed_token_counts_once(void **state)
{
	struct world *w = *state;
	const char *mailing = address_with(token_of(LIST, ANN, "2026-47", TODAY + 60), ANN);
	const char *day = address_with(token_of(LIST, BOB, "", TODAY + 60), BOB);

	for (int i = 0; i < 3; i++) {
		receive(w, &(struct forgery){ .to = mailing,
					      .message_id = lines("%d@example.org", i),
					      .later = INT64_C(5) * i * DAY });
		receive(w, &(struct forgery){ .to = day,
					      .recipient = BOB,
					      .message_id = lines("%d@example.com", i),
					      .later = INT64_C(5) * i * DAY });
	}
	assert_sql(w->place, "SELECT address, confirmed_at FROM recipient ORDER BY address",
		   ANN "|-\n" BOB "|-");
	assert_sql(w->place, "SELECT count(DISTINCT mailing) FROM transition", "2");
	/* the same news from another mailing confirms it */
	receive(w, &(struct forgery){
			   .to = address_with(token_of(LIST, ANN, "2026-48", TODAY + 67), ANN),
			   .later = 15 * DAY });
	assert_sql(w->place, "SELECT confirmed_at > 0 FROM recipient WHERE address = '" ANN "'",
		   "1");
}

/* Or whoever writes one first makes the genuine report an echo. */
static void
a_message_id_is_never_a_tokens_mailing(void **state)
{
	static const char *const spelled[] = { "token:" LIST, "Token:" LIST, "id:token:" LIST };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		char id[100];

		snprintf(id, sizeof(id), "%s:%u", spelled[i], TODAY + 60);
		receive(w, &(struct forgery){ .message_id = id,
					      .status = "5.2.1",
					      .reply = "550 5.2.1 mailbox disabled" });
	}
	assert_sql(w->place, "SELECT count(DISTINCT mailing), count(*) FROM transition", "3|3");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY + 60), ANN),
				      .status = "5.2.1",
				      .reply = "550 5.2.1 mailbox disabled",
				      .later = 2 * 86400 });
	assert_sql(w->place, LAST, "strike|3");
	assert_sql(w->place, "SELECT count(DISTINCT mailing) FROM transition", "4");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY + 60), ANN),
				      .status = "5.2.1",
				      .reply = "550 5.2.1 mailbox disabled",
				      .later = 4 * 86400 });
	assert_sql(w->place, LAST, "note|3");
}

static void
a_strike_is_no_way_in_either(void **state)
{
	struct world *w = *state;

	see_a_token(w);
	for (int i = 0; i < 10; i++)
		receive(w, &(struct forgery){ .status = "4.2.2",
					      .message_id = lines("%d@example.org", i),
					      .later = i * DAY });
	assert_sql(w->place, "SELECT state, score, level FROM recipient WHERE address = '" ANN "'",
		   "ok|0|0");
	receive(w, &(struct forgery){ .to = address_with(token_of(LIST, ANN, "", TODAY + 60), ANN),
				      .status = "4.2.2",
				      .later = 10 * DAY });
	assert_sql(w->place, STATE_OF(ANN), "backoff");
}

/* The genuine report of that day is no echo of a forged one, nor is its strike made heavier. */
static void
a_forged_report_beside_a_genuine_one_changes_nothing(void **state)
{
	struct world *w = *state;
	const struct forgery genuine = {
		.to = address_with(token_of(LIST, ANN, "m", TODAY + 60), ANN), .status = "4.2.2"
	};

	see_a_token(w);
	for (int forged = 0; forged < 2; forged++) {
		struct forgery other = { .status = "4.2.2" };

		receive(w, &other);
		assert_sql(w->place, LAST, "untrusted|0");
		if (forged == 0)
			receive(w, &genuine);
		other.later = DAY / 4;
		receive(w, &other);
		assert_sql(w->place, LAST, "untrusted|0");
	}
	assert_sql(w->place, "SELECT sum(speaks) FROM transition WHERE address = '" ANN "'", "1");
	assert_sql(w->place,
		   "SELECT count(*) FROM transition WHERE address = '" ANN "' AND strike > 0", "1");
}

#define LONG_ANN "annabella.of.the.very.long.local.part.indeed@example.com"

static void
a_token_without_room_for_the_recipient_needs_a_report_that_names_him(void **state)
{
	struct world *w = *state;
	const char *address = address_with(token_of(LIST, LONG_ANN, "", TODAY), LONG_ANN);

	assert_null(strchr(address, '='));
	see_a_token(w);
	receive(w, &(struct forgery){ .to = address, .recipient = LONG_ANN });
	assert_sql(w->place, LAST, "gone|3");
	assert_forged(w, &(struct forgery){ .to = address, .recipient = ANN }, WRONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_list(a_token_in_the_address_proves_its_recipient),
		on_a_list(a_token_in_the_returned_header_proves_its_recipient),
		on_a_list(a_token_counts_in_any_letters_case),
		on_a_list(a_missing_token_changes_nothing),
		on_a_list(a_report_about_an_invented_list_changes_nothing),
		on_a_list(plain_verp_proves_nothing),
		on_a_list(an_altered_token_changes_nothing),
		on_a_list(an_altered_token_in_the_header_changes_nothing),
		on_a_list(an_expired_token_changes_nothing),
		on_a_list(another_recipients_token_changes_nothing),
		on_a_list(a_token_speaks_for_nobody_but_its_recipient),
		on_a_list(a_second_recipient_smuggled_in_stays_as_he_is),
		on_a_list(a_token_of_where_it_failed_speaks_for_nobody),
		on_a_list(a_forged_report_is_not_heard_of),
		on_a_list(a_report_without_a_token_teaches_no_cadence),
		on_a_list(a_mailing_is_of_the_day_that_its_date_says),
		on_a_list(a_report_without_a_token_alerts_nobody),
		on_a_list(a_report_without_a_token_is_in_no_rate),
		on_a_list(report_only_does_not_promise_what_a_forged_report_asks_for),
		on_a_list(reports_without_a_token_make_no_incident),
		on_a_list(a_second_token_field_changes_nothing),
		on_a_list(a_token_in_the_reports_own_header_changes_nothing),
		on_a_list(a_field_with_more_words_changes_nothing),
		on_a_list(a_line_end_in_the_address_changes_nothing),
		on_a_list(another_lists_token_changes_nothing),
		on_a_list(a_token_of_an_unknown_key_changes_nothing),
		on_a_list(a_replayed_token_counts_once),
		on_a_list(a_message_id_is_never_a_tokens_mailing),
		on_a_list(a_strike_is_no_way_in_either),
		on_a_list(a_forged_report_beside_a_genuine_one_changes_nothing),
		on_a_list(a_token_without_room_for_the_recipient_needs_a_report_that_names_him),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
