/*
 * ledger_tell_test - who is told of what a message did: the operator, once, and the hooks that
 * asked
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ledger_world.h"

static void
our_own_fault_touches_nobody_and_is_told_once_a_day(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;

	for (uint32_t uid = 1; uid <= 3; uid++) {
		char address[40], mailing[40];

		snprintf(address, sizeof(address), "user%u@contoso.com", (unsigned)uid);
		snprintf(mailing, sizeof(mailing), "%u@example.org", (unsigned)uid);
		make_report(&report, address, "5.7.1",
			    "550 5.7.606 Access denied, banned sending IP [192.0.2.7]", mailing);
		record_at(w, uid, buf_span(&report), uid == 3 ? NOW + DAY : NOW);
	}
	assert_sql(w->place, "SELECT DISTINCT state, mailable FROM recipient_status", "ok|yes");
	assert_sql(w->place, "SELECT domain, count FROM alert ORDER BY day",
		   "contoso.com|2\ncontoso.com|1");
	assert_int_equal(log_lines(w, "contoso.com refuses our mail"), 2);
	assert_sql(w->place, "SELECT count(*) FROM outbox", "0");
	buf_free(&report);
}

/* The account or the tenant that sends is banned, whatever the domain the mail was for. */
static void
f9_a_ban_of_our_account_is_told_once_not_per_recipient(void **state)
{
	static const struct {
		const char *code, *words;
	} bans[] = {
		{ "5.7.501", "Access denied, spam abuse detected" },
		{ "5.7.502", "Access denied, banned sender" },
		{ "5.7.503", "Access denied, banned sender" },
		{ "5.7.700", "Access denied, tenant has exceeded threshold" },
		{ "5.7.749", "Access denied, tenant has exceeded threshold" },
	};
	struct world *w = *state;
	struct buf report = BUF_INIT;

	begin_report(&report);
	for (unsigned i = 0; i < 50; i++) {
		unsigned ban = i % (sizeof(bans) / sizeof(bans[0]));
		char address[40], reply[100];

		snprintf(address, sizeof(address), "user@d%u.example.com", i);
		snprintf(reply, sizeof(reply), "550 %s %s", bans[ban].code, bans[ban].words);
		add_recipient(&report, address, "failed", bans[ban].code, reply);
	}
	end_report(&report, "one@example.org");
	record(w, 5, buf_span(&report));
	assert_sql(w->place, "SELECT reason, domain, count FROM alert",
		   "sender-banned|Microsoft 365|50");
	assert_int_equal(log_lines(w, "Microsoft 365 refuses our mail"), 1);
	assert_int_equal(log_lines(w, "refuses our mail"), 1);
	assert_sql(w->place, "SELECT DISTINCT state, mailable FROM recipient_status", "ok|yes");
	buf_free(&report);
}

static void
one_message_raises_a_bounded_number_of_warnings(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;

	begin_report(&report);
	for (unsigned i = 0; i < 50; i++) {
		char address[40];

		snprintf(address, sizeof(address), "user@d%u.example.com", i);
		add_recipient(&report, address, "failed", "5.7.1",
			      "550 5.7.606 Access denied, banned sending IP [192.0.2.7]");
	}
	end_report(&report, "one@example.org");
	record(w, 5, buf_span(&report));
	assert_sql(w->place, "SELECT count(*) FROM alert", "50");
	assert_int_equal(log_lines(w, "refuses our mail"), 20);
	assert_int_equal(log_lines(w, "30 alerts more than are told"), 1);
	buf_free(&report);
}

static void
a_hook_is_told_of_the_states_it_asked_for(void **state)
{
	struct world *w = *state;
	struct buf report = BUF_INIT;

	begin_report(&report);
	add_recipient(&report, "ann@example.com", "failed", "5.1.1", "550 5.1.1 no \"such\" user");
	add_recipient(&report, "bob@example.com", "failed", "4.2.2", "452 4.2.2 mailbox full");
	add_recipient(&report, "cy@example.com", "failed", "5.2.1", "550 5.2.1 disabled");
	end_report(&report, "one@example.org");
	record(w, 5, buf_span(&report));
	assert_sql(w->place,
		   "SELECT hook, payload->>'address', payload->>'state', payload->>'previous', "
		   "payload->>'reason', payload->>'status', payload->>'smtp', payload->>'list_id' "
		   "FROM outbox",
		   "dead|ann@example.com|dead|ok|no-such-user|5.1.1|550|news.example.org\n"
		   "pause|bob@example.com|backoff|ok|mailbox-full|4.2.2|452|news.example.org");
	assert_sql(
		w->place,
		"SELECT payload->>'diagnostic', payload->>'event_id' = event, "
		"payload->>'until' > 0, payload->>'original_message_id' FROM outbox WHERE id = 1",
		"550 5.1.1 no \"such\" user|1|0|one@example.org");
	/* Dead already: nothing new to tell. */
	make_report(&report, "ann@example.com", "5.1.1", "550 5.1.1 no such user",
		    "two@example.org");
	record_at(w, 6, buf_span(&report), NOW + DAY);
	assert_sql(w->place, "SELECT count(*) FROM outbox", "2");
	buf_free(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_world(our_own_fault_touches_nobody_and_is_told_once_a_day),
		on_a_world(f9_a_ban_of_our_account_is_told_once_not_per_recipient),
		on_a_world(one_message_raises_a_bounded_number_of_warnings),
		on_a_world(a_hook_is_told_of_the_states_it_asked_for),
	};

	log_open("ledger_tell_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
