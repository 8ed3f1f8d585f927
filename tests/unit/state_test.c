/*
 * state_test - what reports do to an address, by example
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "state_world.h"

static struct bounce_transition
repeat(struct bounce_standing *s, enum bounce_reason reason, int64_t time)
{
	struct bounce_verdict v = verdict_of(reason);
	struct bounce_incident what = { .verdict = &v,
					.kind = BOUNCE_KIND_BOUNCE,
					.domain = SPAN("example.com"),
					.repeated = true };
	struct bounce_transition t = bounce_next(s, &what, &policy, time);

	*s = t.next;
	return t;
}

static struct bounce_transition
apply(struct bounce_standing *s, enum bounce_event event, int64_t time)
{
	struct bounce_transition t = bounce_apply(s, event, &policy, time);

	*s = t.next;
	return t;
}

/* ---- the table ---- */

/* Written down a second time: rows are events, columns states. "." = the same state. */
static void
every_cell_leads_where_it_should(void **state)
{
	static const char *const next[BOUNCE_EVENT_COUNT] = {
		/* o b s d c P D: ok backoff suspended dead complained pinned-ok pinned-dead */
		[BOUNCE_EVENT_NOTE] = ".......",     [BOUNCE_EVENT_PAUSE] = "bb.....",
		[BOUNCE_EVENT_STRIKE] = ".......",   [BOUNCE_EVENT_OUT] = "ss.....",
		[BOUNCE_EVENT_RELAPSE] = "ss.....",  [BOUNCE_EVENT_LOST] = "dddd...",
		[BOUNCE_EVENT_UNWANTED] = ".......", [BOUNCE_EVENT_GONE] = "dddd...",
		[BOUNCE_EVENT_COMPLAIN] = "ccccc..", [BOUNCE_EVENT_PROOF] = "oooo...",
		[BOUNCE_EVENT_REVIVE] = "ooooo..",   [BOUNCE_EVENT_KILL] = "ddddd..",
		[BOUNCE_EVENT_PIN_OK] = "PPPPPPP",   [BOUNCE_EVENT_PIN_DEAD] = "DDDDDDD",
		[BOUNCE_EVENT_UNPIN] = ".....oo",    [BOUNCE_EVENT_UNTRUSTED] = ".......",
	};
	static const char letters[] = "obsdcPD";

	(void)state;
	for (unsigned s = 0; s < BOUNCE_STATE_COUNT; s++) {
		for (unsigned e = 0; e < BOUNCE_EVENT_COUNT; e++) {
			struct bounce_standing now = { .state = (enum bounce_state)s, .since = T0 };
			const char *want = strchr(letters, next[e][s]), *got;
			struct bounce_transition t;

			t = bounce_apply(&now, (enum bounce_event)e, &policy, T0 + 1);
			got = &letters[t.next.state];
			if (want == NULL)
				want = &letters[s]; /* "." */
			if (got != want)
				fail_msg("%s in %s: %c", bounce_event_name(t.event),
					 bounce_state_name(now.state), *got);
			assert_int_equal(t.changed, got != &letters[s]);
			assert_int_equal(t.next.since, t.changed ? T0 + 1 : T0);
			assert_true(t.why[0] != '\0');
		}
	}
}

/* ---- gone ---- */

static void
a_missing_mailbox_is_dead_at_once_and_not_confirmed(void **state)
{
	struct bounce_standing s = { 0 };
	struct bounce_transition t = report(&s, BOUNCE_REASON_NO_SUCH_USER, T0);

	(void)state;
	assert_int_equal(t.event, BOUNCE_EVENT_GONE);
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
	assert_true(t.changed);
	assert_false(t.alert);
	assert_int_equal(s.gone_at, T0);
	assert_int_equal(s.confirmed_at, 0);
	assert_int_equal(s.reason, BOUNCE_REASON_NO_SUCH_USER);
	assert_false(bounce_mailable(&s, T0 + 1000 * (int64_t)DAY));
}

static void
a_second_report_confirms_after_the_gap_and_not_before(void **state)
{
	(void)state;
	for (int off = -1; off <= 1; off++) {
		struct bounce_standing s = { 0 };
		int64_t again = T0 + policy.confirm_gap + off;

		report(&s, BOUNCE_REASON_NO_SUCH_USER, T0);
		report(&s, BOUNCE_REASON_NO_SUCH_USER, again);
		assert_int_equal(s.confirmed_at, off < 0 ? 0 : again);
		assert_int_equal(s.gone_at, T0);
	}
}

static void
the_same_message_or_another_reason_confirms_nothing(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0);
	repeat(&s, BOUNCE_REASON_NO_SUCH_USER, T0 + 5 * DAY);
	assert_int_equal(s.confirmed_at, 0);
	report(&s, BOUNCE_REASON_MAILBOX_MOVED, T0 + 6 * DAY);
	assert_int_equal(s.confirmed_at, 0);
	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0 - 5 * DAY); /* out of order */
	assert_int_equal(s.confirmed_at, 0);
	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0 + 7 * DAY);
	assert_int_equal(s.confirmed_at, T0 + 7 * DAY);
	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0 + 17 * DAY);
	assert_int_equal(s.confirmed_at, T0 + 7 * DAY); /* the first confirmation stays */
}

static void
proof_revives_the_unconfirmed_dead_only(void **state)
{
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0);
	apply(&s, BOUNCE_EVENT_PROOF, T0 + DAY);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
	assert_int_equal(s.gone_at, 0);
	assert_int_equal(s.score, 0);

	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0 + 2 * DAY);
	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0 + 9 * DAY);
	t = apply(&s, BOUNCE_EVENT_PROOF, T0 + 10 * DAY);
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
	assert_false(t.changed);
	apply(&s, BOUNCE_EVENT_REVIVE, T0 + 11 * DAY);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
	assert_int_equal(s.confirmed_at, 0);

	apply(&s, BOUNCE_EVENT_KILL, T0 + 12 * DAY);
	assert_int_equal(s.confirmed_at, T0 + 12 * DAY);
	apply(&s, BOUNCE_EVENT_PROOF, T0 + 13 * DAY);
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
}

/* ---- the ladder ---- */

static void
each_temporary_failure_pauses_longer_up_to_the_end(void **state)
{
	static const int64_t days[] = { 1, 3, 7, 14, 14, 14 };
	struct bounce_standing s = { 0 };
	int64_t now = T0;

	(void)state;
	for (size_t i = 0; i < COUNT(days); i++) {
		struct bounce_transition t = report(&s, BOUNCE_REASON_GREYLISTED, now);

		assert_int_equal(t.event, BOUNCE_EVENT_PAUSE);
		assert_int_equal(s.state, BOUNCE_STATE_BACKOFF);
		assert_int_equal(s.until, now + days[i] * DAY);
		assert_int_equal(s.level, i + 1);
		assert_false(bounce_mailable(&s, s.until - 1));
		assert_true(bounce_mailable(&s, s.until));
		now = s.until + 3600;
	}
}

static void
reports_of_one_day_are_one_step(void **state)
{
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	report(&s, BOUNCE_REASON_GREYLISTED, T0 + 60);
	for (int i = 0; i < 20; i++) {
		t = report(&s, BOUNCE_REASON_GREYLISTED, T0 + 3600 + i);
		assert_int_equal(t.event, BOUNCE_EVENT_NOTE);
	}
	report(&s, BOUNCE_REASON_RATE_LIMITED, T0 + DAY - 1);
	assert_int_equal(s.level, 1);
	assert_int_equal(s.until, T0 + 60 + DAY);
	/* the next day is the next step, though the pause still runs */
	t = report(&s, BOUNCE_REASON_GREYLISTED, T0 + DAY);
	assert_int_equal(t.event, BOUNCE_EVENT_PAUSE);
	assert_int_equal(s.level, 2);
	assert_int_equal(s.until, T0 + 4 * DAY);
	/* the same message is no step on any day */
	repeat(&s, BOUNCE_REASON_GREYLISTED, T0 + 2 * DAY);
	assert_int_equal(s.level, 2);
}

static void
proof_and_long_quiet_start_the_ladder_anew(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	report(&s, BOUNCE_REASON_GREYLISTED, T0);
	report(&s, BOUNCE_REASON_GREYLISTED, T0 + 2 * DAY);
	apply(&s, BOUNCE_EVENT_PROOF, T0 + 6 * DAY);
	report(&s, BOUNCE_REASON_GREYLISTED, T0 + 7 * DAY);
	assert_int_equal(s.level, 1);

	for (int off = -1; off <= 0; off++) {
		struct bounce_standing q = s;

		report(&q, BOUNCE_REASON_GREYLISTED, s.until + policy.suspend + off);
		assert_int_equal(q.level, off < 0 ? 2 : 1);
	}
}

static void
a_pause_that_is_over_ends_with_the_next_event(void **state)
{
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	report(&s, BOUNCE_REASON_GREYLISTED, T0);
	t = report(&s, BOUNCE_REASON_SPAM_DETECTED, T0 + DAY - 1);
	assert_int_equal(s.state, BOUNCE_STATE_BACKOFF);
	assert_false(t.changed);
	t = report(&s, BOUNCE_REASON_SPAM_DETECTED, T0 + DAY);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
	assert_true(t.changed);
	assert_int_equal(s.since, T0 + DAY);
	assert_int_equal(s.until, 0);
}

static void
a_temporary_failure_never_makes_a_state_milder(void **state)
{
	static const enum bounce_event entry[] = { BOUNCE_EVENT_OUT, BOUNCE_EVENT_KILL,
						   BOUNCE_EVENT_COMPLAIN, BOUNCE_EVENT_PIN_DEAD };

	(void)state;
	for (size_t i = 0; i < COUNT(entry); i++) {
		struct bounce_standing s = { 0 }, before;

		apply(&s, entry[i], T0);
		before = s;
		report(&s, BOUNCE_REASON_GREYLISTED, T0 + DAY);
		assert_same(&s, &before);
	}
}

/* ---- strikes ---- */

static void
strikes_add_up_to_the_threshold_and_suspend(void **state)
{
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	t = report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0);
	assert_int_equal(t.event, BOUNCE_EVENT_STRIKE);
	assert_int_equal(t.strike, 250);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
	/* a day costs 1/30 of a point, so two strikes fall just short */
	t = report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0 + DAY);
	assert_int_equal(t.event, BOUNCE_EVENT_STRIKE);
	assert_int_equal(s.score, 496);
	t = report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0 + 2 * DAY);
	assert_int_equal(t.event, BOUNCE_EVENT_OUT);
	assert_int_equal(s.state, BOUNCE_STATE_SUSPENDED);
	assert_int_equal(s.until, T0 + 2 * DAY + policy.suspend);
	assert_false(bounce_mailable(&s, s.until - 1));
	assert_true(bounce_mailable(&s, s.until));
}

static void
the_threshold_itself_suspends_and_less_does_not(void **state)
{
	(void)state;
	for (unsigned less = 0; less <= 1; less++) {
		struct bounce_standing s = { .reason = BOUNCE_REASON_UNCLASSIFIED,
					     .score = 400 - less,
					     .scored_at = T0 + DAY };

		report(&s, BOUNCE_REASON_UNCLASSIFIED, T0 + DAY);
		assert_int_equal(s.score, 500 - less);
		assert_int_equal(s.state, less > 0 ? BOUNCE_STATE_OK : BOUNCE_STATE_SUSPENDED);
	}
}

static void
a_day_and_a_message_give_one_strike(void **state)
{
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	report(&s, BOUNCE_REASON_UNCLASSIFIED, T0);
	t = report(&s, BOUNCE_REASON_UNCLASSIFIED, T0 + DAY - 1);
	assert_int_equal(t.event, BOUNCE_EVENT_NOTE);
	assert_int_equal(t.strike, 0);
	t = report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0 + DAY - 1);
	assert_int_equal(t.event, BOUNCE_EVENT_STRIKE);
	assert_int_equal(t.strike, 150); /* the heavier one: what is missing */
	t = report(&s, BOUNCE_REASON_UNCLASSIFIED, T0 + DAY - 1);
	assert_int_equal(t.strike, 0);
	assert_int_equal(s.reason, BOUNCE_REASON_NO_SUCH_DOMAIN);
	t = repeat(&s, BOUNCE_REASON_UNCLASSIFIED, T0 + DAY);
	assert_int_equal(t.strike, 0);
	t = report(&s, BOUNCE_REASON_UNCLASSIFIED, T0 + DAY);
	assert_int_equal(t.strike, 100);
	t = report(&s, BOUNCE_REASON_UNCLASSIFIED, T0); /* out of order */
	assert_int_equal(t.strike, 0);
}

static void
a_full_mailbox_is_one_strike_in_seven_days(void **state)
{
	struct bounce_standing s = { 0 };
	unsigned strikes = 0;

	(void)state;
	for (int day = 0; day < 2 * STATE_FULL_DAYS; day++)
		strikes += report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + day * DAY).strike;
	assert_int_equal(strikes, 100);
	/* the day before the seventh, and the seventh */
	s = (struct bounce_standing){ 0 };
	report(&s, BOUNCE_REASON_MAILBOX_FULL, T0);
	assert_int_equal(
		report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + STATE_FULL_DAYS * DAY - 1).strike, 0);
	assert_int_equal(report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + STATE_FULL_DAYS * DAY).strike,
			 50);
}

static void
points_fade_at_the_pace_of_their_reason(void **state)
{
	static const struct {
		enum bounce_reason reason;
		int days;
		unsigned left;
	} cases[] = {
		{ BOUNCE_REASON_UNCLASSIFIED, 0, 300 },
		{ BOUNCE_REASON_UNCLASSIFIED, 14, 200 },
		{ BOUNCE_REASON_UNCLASSIFIED, 42, 0 },
		{ BOUNCE_REASON_UNCLASSIFIED, 4200, 0 },
		{ BOUNCE_REASON_UNCLASSIFIED, -1, 300 },
		{ BOUNCE_REASON_NO_SUCH_DOMAIN, 30, 200 },
		{ BOUNCE_REASON_CONNECTION_FAILED, 7, 200 },
		{ BOUNCE_REASON_NO_SUCH_USER, 900, 300 },
		{ BOUNCE_REASON_GREYLISTED, 30, 200 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_standing s = { .reason = cases[i].reason,
					     .score = 300,
					     .scored_at = T0 };

		assert_int_equal(bounce_score_at(&s, &policy, T0 + cases[i].days * DAY),
				 cases[i].left);
	}
	/* rounded in favour of the address */
	assert_int_equal(
		bounce_score_at(&(struct bounce_standing){ .reason = BOUNCE_REASON_UNCLASSIFIED,
							   .score = 300,
							   .scored_at = T0 },
				&policy, T0 + DAY),
		292);
	assert_int_equal(
		bounce_score_at(&(struct bounce_standing){ .reason = BOUNCE_REASON_UNCLASSIFIED,
							   .score = 300,
							   .scored_at = T0 + 1 },
				&policy, T0 + DAY - 1),
		300);
	assert_int_equal(
		bounce_score_at(&(struct bounce_standing){ .reason = BOUNCE_REASON_UNCLASSIFIED,
							   .score = 300,
							   .scored_at = 0 },
				&policy, INT64_MAX),
		0);
}

static void
a_suspension_that_is_over_leaves_what_has_not_faded(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	for (int day = 0; day < 3; day++)
		report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0 + day * DAY);
	assert_int_equal(s.state, BOUNCE_STATE_SUSPENDED);
	report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, s.until);
	assert_int_equal(s.state, BOUNCE_STATE_SUSPENDED); /* failed again: out again */
	apply(&s, BOUNCE_EVENT_PROOF, T0 + 40 * DAY);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
	assert_int_equal(s.score, 0);
}

static void
a_score_has_a_ceiling(void **state)
{
	struct bounce_rule rule = { .name = "heavy", .set_weight = true, .weight = UINT32_MAX };
	struct bounce_standing s = { 0 };

	(void)state;
	policy.rule = &rule;
	policy.rule_count = 1;
	policy.threshold = UINT32_MAX;
	for (int day = 0; day < 3; day++)
		report(&s, BOUNCE_REASON_UNCLASSIFIED, T0 + day * DAY);
	assert_int_equal(s.score, STATE_MAX_SCORE);
	policy = bounce_policy_default();
}

/* ---- what never counts ---- */

static void
our_faults_alert_and_leave_the_address_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BOUNCE_REASON_COUNT; i++) {
		enum bounce_disposition d = bounce_reason_facts((enum bounce_reason)i)->disposition;
		struct bounce_standing s = { 0 }, before = s;
		struct bounce_transition t;

		if (d > BOUNCE_DISPOSITION_OPERATOR)
			continue;
		t = report(&s, (enum bounce_reason)i, T0);
		assert_int_equal(t.event, BOUNCE_EVENT_NOTE);
		assert_int_equal(t.strike, 0);
		assert_true(t.alert);
		assert_same(&s, &before);
	}
}

static void
what_is_no_bounce_changes_nothing(void **state)
{
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_NO_SUCH_USER), none = v;

	(void)state;
	none.severity = BOUNCE_SEVERITY_NONE;
	for (unsigned kind = 0; kind < BOUNCE_KIND_COUNT; kind++) {
		struct bounce_incident what = { .kind = (enum bounce_kind)kind,
						.verdict = &v,
						.domain = SPAN("example.com") };
		struct bounce_standing s = { 0 }, before = s;

		if (kind == BOUNCE_KIND_COMPLAINT)
			continue;
		if (kind == BOUNCE_KIND_BOUNCE)
			what.verdict = &none; /* a delay among failures */
		s = bounce_next(&s, &what, &policy, T0).next;
		assert_same(&s, &before);
		what.verdict = NULL;
		s = bounce_next(&s, &what, &policy, T0).next;
		assert_same(&s, &before);
	}
}

static void
a_complaint_ends_mailing_until_an_operator_revives(void **state)
{
	struct bounce_incident what = { .kind = BOUNCE_KIND_COMPLAINT,
					.domain = SPAN("example.com") };
	struct bounce_standing s = { 0 };

	(void)state;
	s = bounce_next(&s, &what, &policy, T0).next;
	assert_int_equal(s.state, BOUNCE_STATE_COMPLAINED);
	apply(&s, BOUNCE_EVENT_PROOF, T0 + DAY);
	report(&s, BOUNCE_REASON_NO_SUCH_USER, T0 + DAY);
	assert_int_equal(s.state, BOUNCE_STATE_COMPLAINED);
	assert_false(bounce_mailable(&s, T0 + 10000 * (int64_t)DAY));
	apply(&s, BOUNCE_EVENT_REVIVE, T0 + 2 * DAY);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
}

static void
words_and_states_name_each_other(void **state)
{
	enum bounce_state parsed;

	(void)state;
	for (unsigned i = 0; i < BOUNCE_STATE_COUNT; i++) {
		const char *name = bounce_state_name((enum bounce_state)i);

		assert_int_equal(bounce_state_parse(span_of(name), &parsed), 0);
		assert_int_equal(parsed, i);
		assert_true(bounce_state_text((enum bounce_state)i)[0] != '\0');
	}
	assert_int_equal(bounce_state_parse(SPAN("DEAD"), &parsed), 0);
	assert_int_equal(bounce_state_parse(SPAN("deadly"), &parsed), -1);
	assert_int_equal(bounce_state_parse(SPAN(""), &parsed), -1);
	assert_string_equal(bounce_state_name(BOUNCE_STATE_COUNT), "?");
	assert_string_equal(bounce_state_text(BOUNCE_STATE_COUNT), "?");
	assert_string_equal(bounce_event_name(BOUNCE_EVENT_COUNT), "?");
	assert_string_equal(bounce_event_name(BOUNCE_EVENT_GONE), "gone");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_leads_where_it_should),
		cmocka_unit_test(a_missing_mailbox_is_dead_at_once_and_not_confirmed),
		cmocka_unit_test(a_second_report_confirms_after_the_gap_and_not_before),
		cmocka_unit_test(the_same_message_or_another_reason_confirms_nothing),
		cmocka_unit_test(proof_revives_the_unconfirmed_dead_only),
		cmocka_unit_test(each_temporary_failure_pauses_longer_up_to_the_end),
		cmocka_unit_test(reports_of_one_day_are_one_step),
		cmocka_unit_test(proof_and_long_quiet_start_the_ladder_anew),
		cmocka_unit_test(a_pause_that_is_over_ends_with_the_next_event),
		cmocka_unit_test(a_temporary_failure_never_makes_a_state_milder),
		cmocka_unit_test(strikes_add_up_to_the_threshold_and_suspend),
		cmocka_unit_test(the_threshold_itself_suspends_and_less_does_not),
		cmocka_unit_test(a_day_and_a_message_give_one_strike),
		cmocka_unit_test(a_full_mailbox_is_one_strike_in_seven_days),
		cmocka_unit_test(points_fade_at_the_pace_of_their_reason),
		cmocka_unit_test(a_suspension_that_is_over_leaves_what_has_not_faded),
		cmocka_unit_test(a_score_has_a_ceiling),
		cmocka_unit_test(our_faults_alert_and_leave_the_address_alone),
		cmocka_unit_test(what_is_no_bounce_changes_nothing),
		cmocka_unit_test(a_complaint_ends_mailing_until_an_operator_revives),
		cmocka_unit_test(words_and_states_name_each_other),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
