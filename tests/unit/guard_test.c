/*
 * guard_test - disasters as they happened to others, through the real reader, ledger and store
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_world.h"

#include "store_forget.h"

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
hooks_hear_that_what_was_taken_back_is_good_again(void **state)
{
	struct world *w = *state;

	w->hook[0].states |= 1u << BOUNCE_STATE_OK;
	arrive(w, &gmail);
	assert_sql(w->place,
		   "SELECT json_extract(payload, '$.state') AS state, count(*) FROM outbox "
		   "GROUP BY state ORDER BY state",
		   "dead|20\nok|20");
	assert_sql(w->place,
		   "SELECT DISTINCT json_extract(payload, '$.who') FROM outbox ORDER BY id DESC",
		   "mailbounced\n");
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

/* Gone twice, counted once: what of it is taken back must not be others' count. */
static void
what_is_taken_back_is_taken_from_the_counts_once(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail, others = gmail;

	others.address = "reader#@example.com";
	others.reply = "550 5.1.1 unknown";
	others.remote = "mx.example.net";
	c.step = others.step = 1;
	others.count = 10;
	c.count = 15;
	arrive_from(w, &others, 1000);
	arrive(w, &c);
	arrive(w, &c);
	assert_count(w, INCIDENTS, 0);
	arrive_from(w, &c, 100);
	assert_count(w, INCIDENTS, 1);
	assert_count(w, "SELECT sum(addresses) FROM surge WHERE kind = 'all'", 10);
}

/* Many who were forgotten fail again, each at a place of his own. */
static void
who_was_forgotten_has_no_domain_in_common(void **state)
{
	struct world *w = *state;
	struct crowd c = gmail;

	c.address = "#@" STORE_FORGOTTEN_DOMAIN;
	arrive(w, &c);
	assert_count(w, "SELECT count(*) FROM surge WHERE kind = 'domain'", 0);
	assert_count(w, "SELECT count(*) FROM incident WHERE kind = 'domain'", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_guarded(what_is_taken_back_is_taken_from_the_counts_once),
		on_a_guarded(an_account_that_a_provider_forgot_stays_good),
		on_a_guarded(a_first_day_knows_a_crowd_by_its_share),
		on_a_guarded(nothing_is_held_when_the_operator_says_so),
		on_a_guarded(hooks_hear_that_what_was_taken_back_is_good_again),
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
		on_a_guarded(who_was_forgotten_has_no_domain_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
