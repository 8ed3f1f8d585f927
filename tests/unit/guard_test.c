/*
 * guard_test - disasters as they happened to others, through the real reader, ledger and store
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ledger_world.h"

#include "operate.h"
#include "store_incident.h"

#define HOUR INT64_C(3600)

/* Many reports that differ in their address alone. */
struct crowd {
	const char *address; /* "#" is its number */
	const char *status, *reply;
	const char *remote; /* may have a "#" */
	const char *list;
	unsigned count;
	int64_t time, step; /* of the first one; between two */
};

static uint32_t next_uid;

static void
add_numbered(struct buf *out, const char *text, unsigned number)
{
	for (; *text != '\0'; text++) {
		if (*text == '#')
			buf_addf(out, "%u", number);
		else
			buf_addc(out, *text);
	}
}

static void
write_mail(struct buf *out, const struct crowd *c, unsigned i)
{
	buf_clear(out);
	buf_addf(out,
		 "From: MAILER-DAEMON@mx.example.net\r\nTo: bounces@example.org\r\n"
		 "Subject: Undelivered Mail Returned to Sender\r\n"
		 "Message-ID: <r%u@mx.example.net>\r\nMIME-Version: 1.0\r\n"
		 "Content-Type: multipart/report; report-type=delivery-status; "
		 "boundary=\"b\"\r\n\r\n"
		 "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
		 "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
		 "Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; ",
		 next_uid);
	add_numbered(out, c->address, i);
	buf_addf(out, "\r\nAction: failed\r\nStatus: %s\r\nRemote-MTA: dns; ", c->status);
	add_numbered(out, c->remote, i);
	buf_adds(out, "\r\nDiagnostic-Code: smtp; ");
	add_numbered(out, c->reply, i);
	buf_addf(out,
		 "\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
		 "From: news@example.org\r\nList-Id: <%s>\r\nMessage-ID: <m%lld@example.org>\r\n"
		 "Subject: News\r\n\r\n--b--\r\n",
		 c->list, (long long)(c->time / DAY));
	assert_true(buf_ok(out));
}

static void
arrive_from(struct world *w, const struct crowd *c, unsigned first)
{
	struct buf mail = BUF_INIT;

	for (unsigned i = 0; i < c->count; i++) {
		write_mail(&mail, c, first + i);
		record_at(w, ++next_uid, buf_span(&mail), c->time + (int64_t)i * c->step);
	}
	buf_free(&mail);
}

static void
arrive(struct world *w, const struct crowd *c)
{
	arrive_from(w, c, 0);
}

static int
make_guarded(void **state)
{
	struct world *w;

	next_uid = 0;
	make_world(state);
	w = *state;
	w->config.incident = breaker_limits_default();
	return 0;
}

static void
assert_count(struct world *w, const char *sql, unsigned expected)
{
	char text[24];

	snprintf(text, sizeof(text), "%u", expected);
	assert_sql(w->place, sql, text);
}

static void
on_difference(void *context, const struct store_key *key, const struct bounce_standing *written,
	      const struct bounce_standing *derived)
{
	(void)context;
	fail_msg("%.*s is written as %s, the ledger gives %s", SPAN_ARG(key->address),
		 written != NULL ? bounce_state_name(written->state) : "nothing",
		 bounce_state_name(derived->state));
}

static void
check_replay(struct world *w)
{
	struct replay *replay = replay_new(w->place->store);
	uint64_t checked;

	if (replay_check(replay, &checked, on_difference, NULL) < 0)
		fail_msg("%s", replay_error(replay));
	replay_free(replay);
}

#define DEAD "SELECT count(*) FROM recipient WHERE state <> 'ok'"
#define HELD "SELECT count(*) FROM transition WHERE cause = 'held'"
#define INCIDENTS "SELECT count(*) FROM incident"

static const struct crowd gmail = {
	"reader#@gmail.example",
	"5.1.1",
	"550-5.1.1 The email account that you tried to reach does not exist. Please try 550 5.1.1 "
	"double-checking the address. k# - gsmtp",
	"gmail-smtp-in.l.google.example",
	"news.example.org",
	300,
	NOW,
	400
};

/* What any list shows: some dead addresses a week, all over. */
static void
live_for(struct world *w, unsigned weeks)
{
	for (unsigned week = weeks; week > 0; week--) {
		struct crowd c = { "old#@many.example",
				   "5.1.1",
				   "550 5.1.1 <old#@d.example> User unknown",
				   "mx.many.example",
				   "news.example.org",
				   2,
				   NOW - (int64_t)week * 7 * DAY,
				   60 };
		char address[40];

		for (unsigned domain = 0; domain < 6; domain++) {
			snprintf(address, sizeof(address), "w%u-#@d%u.example", week, domain);
			c.address = address;
			arrive(w, &c);
		}
		c.address = "gone#@gmail.example";
		c.reply = gmail.reply;
		c.remote = gmail.remote;
		arrive_from(w, &c, week * 2);
	}
}

static void
an_account_that_a_provider_forgot_stays_good(void **state)
{
	struct world *w = *state;

	live_for(w, 4);
	arrive(w, &gmail);
	assert_count(w, INCIDENTS, 1);
	assert_sql(w->place, "SELECT kind || ' ' || name FROM incident", "domain gmail.example");
	assert_count(
		w, "SELECT count(*) FROM recipient WHERE state <> 'ok' AND address LIKE 'reader%'",
		0);
	assert_count(w, HELD, 300);
	assert_int_equal(log_lines(w, "incident 1: domain gmail.example: 21 addresses within 24 h, "
				      "usually 2;"),
			 1);
	assert_int_equal(log_lines(w, "incident"), 1);
	check_replay(w);
}

static void
a_first_day_knows_a_crowd_by_its_share(void **state)
{
	struct world *w = *state;

	arrive(w, &gmail);
	assert_count(w, INCIDENTS, 1);
	assert_count(w, DEAD, 0);
	assert_count(w, HELD, 300);
	check_replay(w);
}

static void
nothing_is_held_when_the_operator_says_so(void **state)
{
	struct world *w = *state;

	w->config.incident.hold = false;
	arrive(w, &gmail);
	assert_count(w, INCIDENTS, 0);
	assert_count(w, DEAD, 300);
}

static void
twenty_are_no_crowd_and_one_more_is(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;

	c.count = 20;
	arrive(w, &c);
	assert_count(w, INCIDENTS, 0);
	assert_count(w, DEAD, 20);
	c.count = 1;
	arrive_from(w, &c, 20);
	assert_count(w, INCIDENTS, 1);
	assert_count(w, DEAD, 0);
}

/* ---- other disasters ---- */

static void
a_tenant_without_its_directory_loses_nobody(void **state)
{
	struct world *w = *state;
	struct crowd c = { "staff#@contoso.com",
			   "5.4.1",
			   "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) "
			   "[DB#EUR05FT010.eop-eur05.prod.protection.outlook.example]",
			   "contoso-com.mail.protection.outlook.example",
			   "news.example.org",
			   60,
			   NOW,
			   30 };

	live_for(w, 4);
	arrive(w, &c);
	c.address = "worker#@fabrikam.com";
	c.status = "5.7.504";
	c.reply = "550 5.7.504 <worker#@fabrikam.com>: Recipient address rejected: Access denied";
	c.remote = "fabrikam-com.mail.protection.outlook.example";
	arrive(w, &c);
	assert_sql(w->place, "SELECT group_concat(name) FROM incident", "contoso.com,fabrikam.com");
	assert_count(w,
		     "SELECT count(*) FROM recipient WHERE state <> 'ok' AND domain IN "
		     "('contoso.com', 'fabrikam.com')",
		     0);
	check_replay(w);
}

static void
our_own_listing_touches_nobody(void **state)
{
	struct world *w = *state;
	struct crowd c = { "reader#@one.example",
			   "5.7.606",
			   "550 5.7.606 Access denied, banned sending IP [192.0.2.7]. To request "
			   "removal from this list please visit https://sender.office.example/",
			   "one-example.mail.protection.outlook.example",
			   "news.example.org",
			   200,
			   NOW,
			   30 };

	live_for(w, 4);
	arrive(w, &c);
	c.address = "reader#@two.example";
	c.status = "5.7.1";
	c.reply = "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using "
		  "zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.7";
	c.remote = "mx.two.example";
	arrive(w, &c);
	c.address = "reader#@three.example";
	c.reply = "550 5.7.1 Mail from IP 192.0.2.7 was rejected due to listing in a blacklist";
	c.remote = "mx.three.example";
	arrive(w, &c);
	assert_count(w, INCIDENTS, 0);
	assert_count(
		w, "SELECT count(*) FROM recipient WHERE state <> 'ok' AND address LIKE 'reader%'",
		0);
	assert_sql(w->place, "SELECT count, count(DISTINCT domain) FROM alert GROUP BY count",
		   "200|3");
	assert_int_equal(log_lines(w, "refuses our mail"), 3);
	check_replay(w);
}

static void
an_author_whose_domain_forbids_lists_unsubscribes_nobody(void **state)
{
	struct world *w = *state;
	struct crowd c = { "reader#@gmail.example",
			   "5.7.26",
			   "550-5.7.26 Unauthenticated email from strict.example is not accepted "
			   "due to domain's 550-5.7.26 DMARC policy. k# - gsmtp",
			   "gmail-smtp-in.l.google.example",
			   "news.example.org",
			   200,
			   NOW,
			   10 };

	live_for(w, 4);
	arrive(w, &c);
	assert_count(w, INCIDENTS, 0);
	assert_count(
		w, "SELECT count(*) FROM recipient WHERE state <> 'ok' AND address LIKE 'reader%'",
		0);
	assert_sql(w->place, "SELECT reason, count FROM alert", "auth-failure|200");
	assert_int_equal(log_lines(w, "refuses our mail"), 1);
	check_replay(w);
}

/* 300 dead of 10,000, a bit less than half of them at one provider. */
static void
clean_house(struct world *w)
{
	char address[40];
	struct crowd c = gmail;

	c.time = NOW;
	c.step = 5;
	for (unsigned domain = 0; domain < 80; domain++) {
		struct crowd small = { address,
				       "5.1.1",
				       "550 5.1.1 <old#@d.example> User unknown",
				       "mx.many.example",
				       "old.example.org",
				       2,
				       NOW + domain,
				       3 };
		char remote[40];

		snprintf(address, sizeof(address), "old#@h%u.example", domain);
		snprintf(remote, sizeof(remote), "mx.h%u.example", domain);
		small.remote = remote;
		small.list = "old.example.org";
		arrive(w, &small);
		c.address = "stale#@gmail.example";
		c.list = "old.example.org";
		c.count = domain % 2 == 0 ? 2 : 1;
		c.time = NOW + domain * 60;
		arrive_from(w, &c, domain * 2);
	}
}

static void
a_first_mailing_after_years_trips_nothing(void **state)
{
	struct world *w = *state;

	clean_house(w);
	assert_count(w, INCIDENTS, 0);
	assert_count(w, HELD, 0);
	assert_count(w, DEAD, 280);
}

static void
a_rested_list_among_others_trips_nothing(void **state)
{
	struct world *w = *state;

	live_for(w, 4);
	clean_house(w);
	assert_sql(w->place, "SELECT kind, name, addresses, usual,opened_at from incident", "");
	assert_count(w, INCIDENTS, 0);
	assert_count(w, HELD, 0);
}

/* ---- what else can be common ---- */

static void
many_small_domains_at_one_host_are_one_incident(void **state)
{
	struct world *w = *state;
	struct crowd c = { "info@shop#.example",
			   "5.1.1",
			   "550 5.1.1 No such mailbox m#",
			   "mx#.hoster.example",
			   "news.example.org",
			   40,
			   NOW,
			   60 };

	live_for(w, 4);
	arrive(w, &c);
	assert_sql(w->place, "SELECT kind, name, addresses FROM incident",
		   "server|hoster.example|21");
	assert_count(w,
		     "SELECT count(*) FROM recipient WHERE state <> 'ok' AND address LIKE 'info%'",
		     0);
	check_replay(w);
}

static void
a_new_text_at_many_servers_is_one_incident(void **state)
{
	struct world *w = *state;
	struct crowd c = {
		"info@shop#.example",
		"5.1.1",
		"550 5.1.1 <info@shop#.example> unknown here, says ExampleShield job 7f#",
		"mx.shop#.example",
		"news.example.org",
		80,
		NOW,
		60
	};

	live_for(w, 4);
	arrive(w, &c);
	assert_sql(w->place, "SELECT kind, name, addresses FROM incident",
		   "text|550 5.1.1 # unknown here says exampleshield job #|51");
	assert_count(w,
		     "SELECT count(*) FROM recipient WHERE state <> 'ok' AND address LIKE 'info%'",
		     0);
	check_replay(w);
}

static void
tell_of_mailing(struct world *w, int64_t recipients)
{
	const struct store_operation operation = { NOW - HOUR, "tester", "sent", "", "a test" };
	struct store_sent sent = { .list = SPAN("news.example.org"),
				   .mailing = SPAN(""),
				   .time = NOW - HOUR,
				   .recipients = recipients };

	assert_int_equal(store_operation_add(w->place->store, &operation, &sent.operation), 0);
	assert_int_equal(store_sent_add(w->place->store, &sent), 1);
}

static const struct crowd everywhere = { "info@shop#.example",
					 "5.1.1",
					 "550 5.1.1 <info@shop#.example> no",
					 "mx.shop#.example",
					 "news.example.org",
					 45,
					 NOW,
					 60 };

static void
more_than_a_share_of_a_mailing_is_an_incident_of_its_list(void **state)
{
	struct world *w = *state;

	tell_of_mailing(w, 600);
	arrive(w, &everywhere);
	assert_sql(w->place, "SELECT kind, name, addresses, mailed FROM incident",
		   "list|news.example.org|31|600");
	assert_count(w, DEAD, 0);
	check_replay(w);
}

static void
a_share_of_a_large_mailing_is_none(void **state)
{
	struct world *w = *state;

	tell_of_mailing(w, 900);
	arrive(w, &everywhere);
	assert_count(w, INCIDENTS, 0);
	assert_count(w, DEAD, 45);
}

/* ---- the operator's word ---- */

static int
on_held(void *context, int64_t held, const struct store_key *key)
{
	struct operate_change change;
	bool overtaken;

	return operate_release(context, held, key, &change, &overtaken);
}

static void
decide(struct world *w, const char *decision, int64_t time)
{
	struct store *beside = store_open(w->place->path, STORE_BESIDE, w->place->error);
	struct operate o = { .store = beside,
			     .replay = replay_new(beside),
			     .config = &w->config,
			     .what = { time, "tester", "incident", "", "a test" } };

	assert_non_null(beside);
	assert_int_equal(operate_begin(&o), 0);
	assert_int_equal(store_incident_decide(beside, 1, decision, o.id, time), 0);
	assert_int_equal(operate_end(&o), 0);
	if (strcmp(decision, STORE_RELEASED) == 0 &&
	    store_incident_held(w->place->store, 1, on_held, &o) < 0)
		fail_msg("%s", replay_error(o.replay));
	assert_int_equal(operate_end(&o), 0);
	replay_free(o.replay);
	store_close(beside);
}

/* Without what tells a release from a report. */
static void
standings(struct world *w, struct buf *out)
{
	ask_sql(w->place,
		"SELECT address, state, reason, since, until, level, score, scored_at, strike_day, "
		"gone_at, "
		"confirmed_at, day_strike, probe FROM recipient ORDER BY address",
		out);
}

static void
two_mailings(struct world *w)
{
	struct crowd again = gmail;

	arrive(w, &gmail);
	again.time = NOW + 4 * DAY;
	arrive(w, &again);
}

static void
a_release_gives_what_would_have_been(void **state)
{
	struct world *w = *state, *free;
	struct buf released = BUF_INIT, undisturbed = BUF_INIT;
	void *other;

	w->config.incident.quiet = 14 * DAY;
	two_mailings(w);
	assert_count(w, HELD, 600);
	decide(w, STORE_RELEASED, NOW + 6 * DAY);
	check_replay(w);
	standings(w, &released);
	assert_count(w, "SELECT count(*) FROM recipient WHERE confirmed_at IS NOT NULL", 300);
	make_world(&other);
	free = other;
	next_uid = 0;
	two_mailings(free);
	standings(free, &undisturbed);
	drop_world(&other);
	assert_string_equal(buf_str(&released), buf_str(&undisturbed));
	buf_free(&released);
	buf_free(&undisturbed);
}

static void
what_was_released_does_not_trip_again_at_once(void **state)
{
	struct world *w = *state;
	struct crowd more = gmail;

	more.count = 100;
	arrive(w, &more);
	decide(w, STORE_RELEASED, NOW + DAY / 2);
	more.time = NOW + DAY / 2 + HOUR;
	arrive_from(w, &more, 100);
	assert_count(w, INCIDENTS, 1);
	assert_count(w, DEAD, 200);
	check_replay(w);
}

static void
what_was_dropped_stays_dropped_and_so_does_what_follows(void **state)
{
	struct world *w = *state;
	struct crowd more = gmail;

	more.count = 100;
	arrive(w, &more);
	decide(w, STORE_DROPPED, NOW + DAY / 2);
	more.time = NOW + DAY / 2 + HOUR;
	arrive_from(w, &more, 100);
	assert_count(w, DEAD, 0);
	assert_count(w, HELD, 200);
	check_replay(w);
}

static void
an_incident_ends_when_it_is_quiet_and_what_it_holds_waits(void **state)
{
	struct world *w = *state;
	struct crowd later = gmail;

	later.count = 100;
	arrive(w, &later);
	later.count = 5;
	later.time = NOW + 100 * 400 + DAY;
	arrive_from(w, &later, 500);
	assert_count(w, "SELECT count(*) FROM incident WHERE ended_at IS NOT NULL", 1);
	assert_count(w, DEAD, 5);
	assert_count(w, HELD, 100);
	check_replay(w);
}

static void
a_trickle_that_is_usual_does_not_keep_it_open(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;

	c.count = 60;
	c.step = 1;
	arrive(w, &c);
	for (unsigned day = 1; day < 4; day++) {
		c.count = 4;
		c.time = NOW + day * DAY - HOUR;
		arrive_from(w, &c, day * 100);
	}
	assert_count(w, "SELECT count(*) FROM incident WHERE ended_at IS NOT NULL", 1);
	assert_count(w, HELD, 64);
	assert_count(w, DEAD, 8);
}

static void
a_word_that_is_newer_than_a_held_report_wins(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;
	struct operate_change change;
	struct operate o = { .store = w->place->store,
			     .replay = replay_new(w->place->store),
			     .what = { NOW + DAY, "tester", "revive", "", "a test" } };

	c.count = 30;
	arrive(w, &c);
	assert_int_equal(operate_word(&o, general(SPAN("reader7@gmail.example")),
				      BOUNCE_EVENT_REVIVE, &change),
			 0);
	assert_int_equal(operate_end(&o), 0);
	replay_free(o.replay);
	decide(w, STORE_RELEASED, NOW + 2 * DAY);
	assert_count(w, DEAD, 29);
	assert_sql(w->place, "SELECT state FROM recipient WHERE address = 'reader7@gmail.example'",
		   "ok");
	check_replay(w);
}

static void
a_pause_is_never_held(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;

	arrive(w, &c);
	c.count = 1;
	c.status = "4.7.1";
	c.reply = "421 4.7.1 Try again later";
	c.time = NOW + DAY;
	arrive(w, &c);
	assert_sql(w->place, "SELECT state FROM recipient WHERE address = 'reader0@gmail.example'",
		   "backoff");
	check_replay(w);
}

#define on_a_guarded(test) cmocka_unit_test_setup_teardown(test, make_guarded, drop_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_guarded(an_account_that_a_provider_forgot_stays_good),
		on_a_guarded(a_first_day_knows_a_crowd_by_its_share),
		on_a_guarded(nothing_is_held_when_the_operator_says_so),
		on_a_guarded(twenty_are_no_crowd_and_one_more_is),
		on_a_guarded(a_tenant_without_its_directory_loses_nobody),
		on_a_guarded(our_own_listing_touches_nobody),
		on_a_guarded(an_author_whose_domain_forbids_lists_unsubscribes_nobody),
		on_a_guarded(a_first_mailing_after_years_trips_nothing),
		on_a_guarded(a_rested_list_among_others_trips_nothing),
		on_a_guarded(many_small_domains_at_one_host_are_one_incident),
		on_a_guarded(a_new_text_at_many_servers_is_one_incident),
		on_a_guarded(more_than_a_share_of_a_mailing_is_an_incident_of_its_list),
		on_a_guarded(a_share_of_a_large_mailing_is_none),
		on_a_guarded(a_release_gives_what_would_have_been),
		on_a_guarded(what_was_released_does_not_trip_again_at_once),
		on_a_guarded(what_was_dropped_stays_dropped_and_so_does_what_follows),
		on_a_guarded(an_incident_ends_when_it_is_quiet_and_what_it_holds_waits),
		on_a_guarded(a_trickle_that_is_usual_does_not_keep_it_open),
		on_a_guarded(a_word_that_is_newer_than_a_held_report_wins),
		on_a_guarded(a_pause_is_never_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
