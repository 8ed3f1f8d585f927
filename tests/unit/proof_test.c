/*
 * proof_test - what a mailing proves, and when
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include "proof.h"
#include "replay_agrees.h"

#define LIST "announce.example.com"
#define GRACE (5 * DAY)

static struct config config;

/* A report about mail of the list, `weight` hundredths for `reason`, on that day. */
static void
report(struct place *p, const char *address, enum bounce_reason reason, int64_t time)
{
	static unsigned char number;
	struct sample s;
	struct bounce_incident what = { .kind = BOUNCE_KIND_BOUNCE, .verdict = &s.verdict };
	struct store_message message = { .folder = open_folder(p, "INBOX", 1),
					 .size = 1000,
					 .report = &s.report,
					 .time = time };
	struct store_event event = { .report = &s.report,
				     .verdict = &s.verdict,
				     .before = &s.before,
				     .transition = &s.transition,
				     .time = time,
				     .kind = BOUNCE_KIND_BOUNCE,
				     .list = SPAN(LIST),
				     .trust = STORE_UNGRADED };
	enum store_seen seen;
	int64_t id;

	number++;
	message.uid = message.fingerprint[0] = number;
	make_sample(&s, address);
	s.verdict.reason = reason;
	s.verdict.disposition = bounce_reason_facts(reason)->disposition;
	s.verdict.weight = bounce_reason_facts(reason)->weight;
	s.report.original_message_id = SPAN("");
	ok(store_standing(p->store, general(span_of(address)), &s.before));
	s.transition = bounce_next(&s.before, &what, &config.policy, time);
	ok(store_message_add(p->store, &message, &seen, &event.message));
	ok(store_event_add(p->store, &event, &id));
}

static int64_t
sent(struct place *p, int64_t time)
{
	const struct store_operation operation = { time, "kari", "sent", "", "" };
	struct store_sent what = { .list = SPAN("Announce.example.com"),
				   .time = time,
				   .recipients = -1 };

	ok(store_operation_add(p->store, &operation, &what.operation));
	ok(store_sent_add(p->store, &what));
	return what.operation;
}

static struct bounce_standing
standing(struct place *p, const char *address)
{
	struct bounce_standing s;

	ok(store_standing(p->store, general(span_of(address)), &s));
	return s;
}

static int
steps(struct place *p, int64_t horizon)
{
	int count = 0, result;

	while ((result = proof_step(p->store, &config, horizon, horizon + 1)) > 0)
		count++;
	assert_int_equal(result, 0);
	return count;
}

static void
a_mailing_without_a_report_clears_and_is_in_the_ledger(void **state)
{
	struct place *p = *state;
	int64_t operation;

	report(p, "kari@example.com", BOUNCE_REASON_UNCLASSIFIED, NOW);
	operation = sent(p, NOW + DAY);
	assert_int_equal(standing(p, "kari@example.com").score, 100);
	assert_int_equal(steps(p, NOW + DAY + GRACE - 1), 0); /* the grace is not over */
	assert_int_equal(standing(p, "kari@example.com").score, 100);
	assert_int_equal(steps(p, NOW + DAY + GRACE), 1);
	assert_int_equal(standing(p, "kari@example.com").score, 0);
	assert_int_equal(operation, 1);
	assert_sql(p, "SELECT address, cause, operation FROM transition WHERE event IS NULL",
		   "kari@example.com|proof|1");
	assert_sql(p, "SELECT proved, proved_at IS NOT NULL FROM mailing", "1|1");
	assert_int_equal(steps(p, NOW + 100 * DAY), 0); /* once */
}

static void
whoever_failed_since_or_was_not_mailed_then_is_not_proved(void **state)
{
	struct place *p = *state;

	/* a report after the mailing, within the grace and of that very second */
	report(p, "late@example.com", BOUNCE_REASON_UNCLASSIFIED, NOW);
	report(p, "same@example.com", BOUNCE_REASON_UNCLASSIFIED, NOW + DAY);
	/* pausing until a day after NOW */
	report(p, "pause@example.com", BOUNCE_REASON_EXPIRED, NOW + 1);
	report(p, "paused@example.com", BOUNCE_REASON_EXPIRED, NOW);
	report(p, "dead@example.com", BOUNCE_REASON_NO_SUCH_USER, NOW);
	sent(p, NOW + DAY);
	report(p, "late@example.com", BOUNCE_REASON_SPAM_DETECTED, NOW + 2 * DAY);
	assert_true(steps(p, NOW + DAY + GRACE) > 0);
	assert_true(standing(p, "late@example.com").score > 0);
	assert_true(standing(p, "same@example.com").score > 0);
	assert_true(standing(p, "pause@example.com").score > 0);
	assert_int_equal(standing(p, "dead@example.com").state, BOUNCE_STATE_DEAD);
	/* its pause was over when the mailing was sent: that was the try */
	assert_int_equal(standing(p, "paused@example.com").state, BOUNCE_STATE_OK);
	assert_int_equal(standing(p, "paused@example.com").score, 0);
}

static void
a_step_is_bounded_and_the_next_goes_on_from_there(void **state)
{
	struct place *p = *state;
	char address[40];

	for (int i = 0; i < STORE_CANDIDATES + 20; i++) {
		snprintf(address, sizeof(address), "user%03d@example.com", i);
		report(p, address, BOUNCE_REASON_UNCLASSIFIED, NOW);
	}
	sent(p, NOW + DAY);
	assert_int_equal(proof_step(p->store, &config, NOW + DAY + GRACE, NOW + 10 * DAY), 1);
	assert_sql(p, "SELECT count(*) FROM recipient WHERE score = 0", "50");
	assert_sql(p, "SELECT proved, proved_at, after_address FROM mailing",
		   "50|-|user049@example.com");
	assert_int_equal(steps(p, NOW + DAY + GRACE), 1);
	assert_sql(p, "SELECT count(*) FROM recipient WHERE score = 0", "70");
}

static void
mail_of_other_lists_and_policies_that_only_report_prove_nothing(void **state)
{
	struct place *p = *state;

	report(p, "kari@example.com", BOUNCE_REASON_UNCLASSIFIED, NOW);
	assert_int_equal(run_by_hand(p, "UPDATE recipient SET list = 'other.example.com'"),
			 SQLITE_OK);
	sent(p, NOW + DAY);
	steps(p, NOW + DAY + GRACE);
	assert_int_equal(standing(p, "kari@example.com").score, 100);
	config.policy = bounce_policy_preset(BOUNCE_PRESET_REPORT_ONLY);
	assert_int_equal(run_by_hand(p, "UPDATE recipient SET list = '" LIST "'"), SQLITE_OK);
	sent(p, NOW + 2 * DAY);
	steps(p, NOW + 2 * DAY + GRACE);
	assert_int_equal(standing(p, "kari@example.com").score, 100);
}

/* The first one waits for a grace of its own. */
static void
lists_that_mail_in_the_same_second_have_their_turn(void **state)
{
	static char slow[] = "slow.example.com";
	struct place *p = *state;
	struct config_list list = { .name = slow, .own_policy = true, .policy = config.policy };
	struct store_sent what = { .list = span_of(slow), .time = NOW + DAY, .recipients = -1 };

	list.policy.grace = 2 * GRACE;
	config.list = &list;
	config.list_count = 1;
	report(p, "kari@example.com", BOUNCE_REASON_UNCLASSIFIED, NOW);
	what.operation = sent(p, NOW);
	assert_int_equal(store_sent_add(p->store, &what), 1);
	sent(p, NOW + DAY);
	steps(p, NOW + DAY + GRACE);
	assert_int_equal(standing(p, "kari@example.com").score, 0);
	assert_sql(p, "SELECT list, sent_at FROM mailing WHERE proved_at IS NULL",
		   "slow.example.com|1790086400");
	steps(p, NOW + DAY + 2 * GRACE);
	assert_sql(p, "SELECT count(*) FROM mailing WHERE proved_at IS NULL", "0");
	config.list_count = 0;
}

static void
a_mailing_told_twice_is_one_and_the_gap_is_learned(void **state)
{
	struct place *p = *state;
	const struct store_post unknown = { 0, NOW };
	const struct store_operation operation = { NOW, "kari", "sent", "", "" };
	struct store_sent what = { .list = SPAN(LIST), .time = NOW, .recipients = 10 };
	int64_t cadence;

	ok(store_operation_add(p->store, &operation, &what.operation));
	assert_int_equal(store_sent_add(p->store, &what), 1);
	assert_int_equal(store_sent_add(p->store, &what), 0);
	ok(store_cadence(p->store, SPAN(LIST), &unknown, &cadence));
	assert_int_equal(cadence, 0);
	what.time += 30 * DAY;
	assert_int_equal(store_sent_add(p->store, &what), 1);
	ok(store_cadence(p->store, SPAN("ANNOUNCE.example.com"), &unknown, &cadence));
	assert_int_equal(cadence, 30 * DAY);
	ok(store_cadence(p->store, SPAN(""), &unknown, &cadence));
	assert_int_equal(cadence, 0);
}

static int64_t
cadence_at(struct place *p, int64_t sent, int64_t time)
{
	const struct store_post post = { sent, time };
	int64_t cadence;

	ok(store_cadence(p->store, SPAN(LIST), &post, &cadence));
	return cadence / DAY;
}

static void
without_reported_mailings_the_gap_is_guessed_from_their_dates(void **state)
{
	static const struct {
		int sent, day; /* sent: -1 = it bears no date */
		int64_t want;
	} seen[] = { { 0, 0, 0 },     { 0, 3, 0 },     { 28, 28, 0 },
		     { 0, 29, 28 },                  /* late, and so are the next ones */
		     { 28, 33, 28 },  { 5, 40, 28 }, /* of before what is known */
		     { 56, 57, 28 },  { 28, 58, 28 },  { 84, 86, 28 },
		     { 56, 87, 28 },  { 200, 88, 28 }, /* of the future: the day of the report */
		     { -1, 112, 28 }, { 112, 113, 28 } };
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		int64_t sent = seen[i].sent < 0 ? 0 : NOW + seen[i].sent * DAY;

		assert_int_equal(cadence_at(p, sent, NOW + seen[i].day * DAY + 1), seen[i].want);
	}
	assert_sql(p, "SELECT count(*) FROM pace", "1");
}

/* A list that posts each Monday, and what comes back of a mailing for weeks. */
static void
late_reports_never_make_a_list_seem_faster(void **state)
{
	struct place *p = *state;
	struct buf days = BUF_INIT;

	for (int day = 0; day < 140; day++) {
		for (int late = 0; late <= 28 && late <= day; late += 7) {
			int64_t cadence = cadence_at(p, NOW + (day / 7 * 7 - late) * DAY,
						     NOW + day * DAY + 1);

			assert_int_equal(cadence, day <= 7 ? 0 : 7);
		}
	}
	for (int week = 20 - PACE_DAYS; week < 20; week++)
		buf_addf(&days, "%s%d", days.len > 0 ? "\n" : "", (int)(NOW / DAY) + week * 7);
	assert_sql(p, "SELECT day FROM pace_day ORDER BY day", buf_str(&days));
	buf_free(&days);
}

/* Whatever the order of a day's reports, it teaches the same, and the day itself knows nothing. */
static void
the_order_of_a_day_s_reports_teaches_nothing(void **state)
{
	static const int sent[] = { 1, 4, 9, 12, 13, 17, 20, 22, 25, 26, 29 };
	const size_t count = sizeof(sent) / sizeof(sent[0]);
	struct place *p = *state;

	for (size_t turn = 0; turn < count; turn++) {
		for (size_t i = 0; i < count; i++) {
			size_t n =
				turn % 2 == 0 ? (i * 3 + turn) % count : (count - i + turn) % count;

			assert_int_equal(cadence_at(p, NOW + sent[n] * DAY, NOW + 30 * DAY), 0);
		}
		assert_int_equal(cadence_at(p, NOW + 29 * DAY, NOW + 31 * DAY), 3);
		assert_int_equal(run_by_hand(p, "DELETE FROM pace; DELETE FROM pace_day"),
				 SQLITE_OK);
	}
}

static void
a_sender_s_word_forgets_guesses_and_no_guess_overrules_it(void **state)
{
	struct place *p = *state;

	(void)cadence_at(p, NOW, NOW);
	(void)cadence_at(p, NOW + 3 * DAY, NOW + 3 * DAY);
	assert_int_equal(cadence_at(p, NOW + 3 * DAY, NOW + 4 * DAY), 3);
	sent(p, NOW + 5 * DAY);
	assert_int_equal(cadence_at(p, NOW + 6 * DAY, NOW + 6 * DAY), 0);
	sent(p, NOW + 35 * DAY);
	assert_int_equal(cadence_at(p, NOW + 36 * DAY, NOW + 36 * DAY), 30);
	assert_sql(p, "SELECT count(*) FROM pace_day", "2");
}

static void
not_a_standing_differs_from_its_ledger_afterwards(void **state)
{
	struct place *p = *state;

	report(p, "kari@example.com", BOUNCE_REASON_UNCLASSIFIED, NOW);
	report(p, "full@example.com", BOUNCE_REASON_MAILBOX_FULL, NOW);
	sent(p, NOW + 2 * DAY);
	steps(p, NOW + 2 * DAY + GRACE);
	report(p, "kari@example.com", BOUNCE_REASON_MAILBOX_DISABLED, NOW + 20 * DAY);
	report(p, "full@example.com", BOUNCE_REASON_MAILBOX_FULL, NOW + 20 * DAY);
	assert_int_equal(replay_agrees(p->store), 2);
}

static int
setup(void **state)
{
	config = (struct config){ .policy = bounce_policy_default() };
	return make_place(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, setup, drop_place)
		CLAIM(a_mailing_without_a_report_clears_and_is_in_the_ledger),
		CLAIM(whoever_failed_since_or_was_not_mailed_then_is_not_proved),
		CLAIM(a_step_is_bounded_and_the_next_goes_on_from_there),
		CLAIM(mail_of_other_lists_and_policies_that_only_report_prove_nothing),
		CLAIM(lists_that_mail_in_the_same_second_have_their_turn),
		CLAIM(a_mailing_told_twice_is_one_and_the_gap_is_learned),
		CLAIM(without_reported_mailings_the_gap_is_guessed_from_their_dates),
		CLAIM(late_reports_never_make_a_list_seem_faster),
		CLAIM(the_order_of_a_day_s_reports_teaches_nothing),
		CLAIM(a_sender_s_word_forgets_guesses_and_no_guess_overrules_it),
		CLAIM(not_a_standing_differs_from_its_ledger_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
