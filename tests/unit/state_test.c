/*
 * state_test - what reports do to an address, by example and over long made-up lives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY INT64_C(86400)
#define T0 ((int64_t)20000 * DAY) /* midnight, UTC */

static struct bounce_policy policy;

static struct bounce_verdict
verdict_of(enum bounce_reason reason)
{
	const struct bounce_reason_facts *facts = bounce_reason_facts(reason);

	return (struct bounce_verdict){
		.reason = reason,
		.bad = facts->bad,
		.disposition = facts->disposition,
		.severity = facts->severity,
		.weight = facts->weight,
		.status = { 5, 1, 1 },
		.rule = "test",
		.why = "test",
	};
}

static struct bounce_transition
report(struct bounce_standing *s, enum bounce_reason reason, int64_t time)
{
	struct bounce_verdict v = verdict_of(reason);
	struct bounce_incident what = { BOUNCE_KIND_BOUNCE, &v, SPAN("example.com"), false };
	struct bounce_transition t = bounce_next(s, &what, &policy, time);

	*s = t.next;
	return t;
}

static struct bounce_transition
repeat(struct bounce_standing *s, enum bounce_reason reason, int64_t time)
{
	struct bounce_verdict v = verdict_of(reason);
	struct bounce_incident what = { BOUNCE_KIND_BOUNCE, &v, SPAN("example.com"), true };
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

static void
assert_same(const struct bounce_standing *a, const struct bounce_standing *b)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->since, b->since);
	assert_int_equal(a->until, b->until);
	assert_int_equal(a->level, b->level);
	assert_int_equal(a->score, b->score);
	assert_int_equal(a->scored_at, b->scored_at);
	assert_int_equal(a->strike_day, b->strike_day);
	assert_int_equal(a->gone_at, b->gone_at);
	assert_int_equal(a->confirmed_at, b->confirmed_at);
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
		[BOUNCE_EVENT_GONE] = "dddd...",     [BOUNCE_EVENT_COMPLAIN] = "ccccc..",
		[BOUNCE_EVENT_PROOF] = "oooo...",    [BOUNCE_EVENT_REVIVE] = "ooooo..",
		[BOUNCE_EVENT_KILL] = "ddddd..",     [BOUNCE_EVENT_PIN_OK] = "PPPPPPP",
		[BOUNCE_EVENT_PIN_DEAD] = "DDDDDDD", [BOUNCE_EVENT_UNPIN] = ".....oo",
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
		assert_int_equal(s.level, i < 4 ? i + 1 : 4);
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
	assert_int_equal(t.strike, 0);
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

		assert_int_equal(bounce_score_at(&s, T0 + cases[i].days * DAY), cases[i].left);
	}
	/* rounded in favour of the address */
	assert_int_equal(
		bounce_score_at(&(struct bounce_standing){ .reason = BOUNCE_REASON_UNCLASSIFIED,
							   .score = 300,
							   .scored_at = T0 },
				T0 + 1),
		299);
	assert_int_equal(
		bounce_score_at(&(struct bounce_standing){ .reason = BOUNCE_REASON_UNCLASSIFIED,
							   .score = 300,
							   .scored_at = 0 },
				INT64_MAX),
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
		struct bounce_incident what = { (enum bounce_kind)kind, &v, SPAN("example.com"),
						false };
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
	struct bounce_incident what = { BOUNCE_KIND_COMPLAINT, NULL, SPAN("example.com"), false };
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

/* ---- rules ---- */

static void
the_first_rule_that_matches_decides(void **state)
{
	struct bounce_rule rules[] = {
		{ .name = "elsewhere",
		  .domain = "example.org",
		  .set_disposition = true,
		  .disposition = BOUNCE_DISPOSITION_DEAD },
		{ .name = "gentle",
		  .reasons = 1ULL << BOUNCE_REASON_NO_SUCH_USER,
		  .domain = "example.com",
		  .set_disposition = true,
		  .disposition = BOUNCE_DISPOSITION_DISABLE },
		{ .name = "late",
		  .set_disposition = true,
		  .disposition = BOUNCE_DISPOSITION_IGNORE },
	};
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	policy.rule = rules;
	policy.rule_count = COUNT(rules);
	t = report(&s, BOUNCE_REASON_NO_SUCH_USER, T0);
	assert_string_equal(t.rule, "gentle");
	assert_int_equal(t.event, BOUNCE_EVENT_STRIKE);
	assert_int_equal(t.strike, 250); /* not enough to suspend at once */
	t = report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0 + DAY);
	assert_string_equal(t.rule, "late");
	assert_int_equal(t.strike, 0);
	policy = bounce_policy_default();
	t = report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0 + DAY);
	assert_string_equal(t.rule, "");
}

static void
a_rule_may_ask_for_a_code(void **state)
{
	static const struct {
		struct bounce_status rule, code;
		bool matches;
	} cases[] = {
		{ { 0, 0, 0 }, { 5, 7, 1 }, true },
		{ { 5, 7, 1 }, { 5, 7, 1 }, true },
		{ { 5, 7, 1 }, { 5, 7, 2 }, false },
		{ { 5, 7, 1 }, { 4, 7, 1 }, false },
		{ { 5, 7, UINT16_MAX }, { 5, 7, 9 }, true },
		{ { 5, 7, UINT16_MAX }, { 5, 1, 1 }, false },
		{ { 5, UINT16_MAX, UINT16_MAX }, { 5, 1, 1 }, true },
		{ { 5, UINT16_MAX, UINT16_MAX }, { 4, 1, 1 }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_rule rule = { .name = "code", .status = cases[i].rule };
		struct bounce_verdict v = verdict_of(BOUNCE_REASON_UNCLASSIFIED);
		struct bounce_incident what = { BOUNCE_KIND_BOUNCE, &v, SPAN("Example.COM"),
						false };
		struct bounce_standing s = { 0 };

		v.status = cases[i].code;
		rule.domain = "example.com";
		policy.rule = &rule;
		policy.rule_count = 1;
		assert_string_equal(bounce_next(&s, &what, &policy, T0).rule,
				    cases[i].matches ? "code" : "");
	}
	policy = bounce_policy_default();
}

static void
a_rule_may_have_its_own_weight_and_ladder(void **state)
{
	struct bounce_rule rules[] = {
		{ .name = "slow",
		  .reasons = 1ULL << BOUNCE_REASON_GREYLISTED,
		  .backoff = { 60, 120 },
		  .backoff_count = 2 },
		{ .name = "light", .set_weight = true, .weight = 7 },
	};
	struct bounce_standing s = { 0 };

	(void)state;
	policy.rule = rules;
	policy.rule_count = COUNT(rules);
	report(&s, BOUNCE_REASON_GREYLISTED, T0);
	assert_int_equal(s.until, T0 + 60);
	report(&s, BOUNCE_REASON_GREYLISTED, T0 + DAY);
	report(&s, BOUNCE_REASON_GREYLISTED, T0 + 2 * DAY);
	assert_int_equal(s.until, T0 + 2 * DAY + 120);
	assert_int_equal(report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, T0 + 3 * DAY).strike, 7);
	policy = bounce_policy_default();
}

static void
a_shorter_ladder_does_not_shorten_a_pause(void **state)
{
	struct bounce_rule rule = { .name = "short", .backoff = { 60 }, .backoff_count = 1 };
	struct bounce_standing s = { 0 };

	(void)state;
	report(&s, BOUNCE_REASON_GREYLISTED, T0);
	report(&s, BOUNCE_REASON_GREYLISTED, T0 + DAY);
	policy.rule = &rule;
	policy.rule_count = 1;
	report(&s, BOUNCE_REASON_GREYLISTED, T0 + 2 * DAY);
	assert_int_equal(s.until, T0 + 4 * DAY);
	policy = bounce_policy_default();
}

static void
a_rule_can_make_a_fault_count_but_never_a_delay(void **state)
{
	struct bounce_rule rule = { .name = "strict",
				    .set_disposition = true,
				    .disposition = BOUNCE_DISPOSITION_DISABLE };
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_SPAM_DETECTED);
	struct bounce_incident what = { BOUNCE_KIND_BOUNCE, &v, SPAN("example.com"), false };
	struct bounce_standing s = { 0 };

	(void)state;
	policy.rule = &rule;
	policy.rule_count = 1;
	assert_int_equal(bounce_next(&s, &what, &policy, T0).strike, 100);
	v.severity = BOUNCE_SEVERITY_NONE;
	assert_int_equal(bounce_next(&s, &what, &policy, T0).strike, 0);
	policy = bounce_policy_default();
}

static void
an_empty_ladder_pauses_for_no_time(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	policy.backoff_count = 0;
	report(&s, BOUNCE_REASON_GREYLISTED, T0);
	assert_true(bounce_mailable(&s, T0));
	policy = bounce_policy_default();
}

/* ---- long made-up lives ---- */

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

struct happening {
	bool operator;
	enum bounce_event event;
	struct bounce_verdict verdict;
	struct bounce_incident what;
	int64_t time;
};

static struct happening
happen(uint64_t *seed, int64_t time)
{
	struct happening h = { .time = time };
	uint64_t r = next_random(seed);

	h.operator= r % 16 == 0;
	h.event = (enum bounce_event)(next_random(seed) % BOUNCE_EVENT_COUNT);
	h.verdict = verdict_of((enum bounce_reason)(next_random(seed) % BOUNCE_REASON_COUNT));
	h.what.kind = r % 7 == 0 ? (enum bounce_kind)(next_random(seed) % BOUNCE_KIND_COUNT)
				 : BOUNCE_KIND_BOUNCE;
	h.what.domain = SPAN("example.com");
	h.what.repeated = r % 5 == 0;
	return h;
}

static struct bounce_transition
live(const struct bounce_standing *s, struct happening *h)
{
	h->what.verdict = &h->verdict;
	return h->operator? bounce_apply(s, h->event, &policy, h->time)
			  : bounce_next(s, &h->what, &policy, h->time);
}

/* How bad a state is for its address. */
static int
badness(const struct bounce_standing *s, int64_t time)
{
	static const int rank[BOUNCE_STATE_COUNT] = {
		[BOUNCE_STATE_OK] = 0,          [BOUNCE_STATE_BACKOFF] = 1,
		[BOUNCE_STATE_SUSPENDED] = 2,   [BOUNCE_STATE_DEAD] = 3,
		[BOUNCE_STATE_COMPLAINED] = 4,  [BOUNCE_STATE_PINNED_OK] = 0,
		[BOUNCE_STATE_PINNED_DEAD] = 5,
	};

	return bounce_mailable(s, time) ? 0 : rank[s->state];
}

static bool
is_pin(enum bounce_state state)
{
	return state == BOUNCE_STATE_PINNED_OK || state == BOUNCE_STATE_PINNED_DEAD;
}

static void
check_step(const struct bounce_standing *s, const struct happening *h,
	   const struct bounce_transition *t)
{
	bool by_pin = h->operator&& h->event >= BOUNCE_EVENT_PIN_OK;
	bool fault = !h->operator&& h->what.kind != BOUNCE_KIND_COMPLAINT &&(
		h->what.kind != BOUNCE_KIND_BOUNCE ||
		h->verdict.disposition <= BOUNCE_DISPOSITION_OPERATOR);

	if (is_pin(s->state) && !by_pin)
		assert_int_equal(t->next.state, s->state);
	if (fault) {
		assert_true(badness(&t->next, h->time) <= badness(s, h->time));
		assert_int_equal(t->strike, 0);
		assert_true(t->next.score <= s->score);
	}
	/* no report ever makes a state milder than time alone does */
	if (!h->operator)
		assert_true(badness(&t->next, h->time) >= badness(s, h->time));
	assert_int_equal(t->changed, t->next.state != s->state);
	assert_true(t->next.level <= policy.backoff_count);
	assert_true(t->next.score <= STATE_MAX_SCORE);
	assert_true(t->next.until == 0 || t->next.state == BOUNCE_STATE_BACKOFF ||
		    t->next.state == BOUNCE_STATE_SUSPENDED);
	assert_true(t->next.confirmed_at == 0 || t->next.gone_at != 0);
	if (t->next.state == BOUNCE_STATE_DEAD)
		assert_true(t->next.gone_at != 0);
	if (t->strike > 0)
		assert_true(h->time / DAY > s->strike_day && !h->what.repeated);
}

#define LIVES 300
#define STEPS 200

static void
pins_win_and_faults_of_ours_worsen_nothing_in_any_life(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15ULL;

	(void)state;
	for (int life = 0; life < LIVES; life++) {
		struct bounce_standing s = { 0 };
		int64_t time = T0;

		for (int i = 0; i < STEPS; i++) {
			struct happening h;
			struct bounce_transition t;

			time += (int64_t)(next_random(&seed) % (3 * DAY));
			h = happen(&seed, time);
			t = live(&s, &h);
			check_step(&s, &h, &t);
			s = t.next;
		}
	}
}

static void
a_replay_gives_the_identical_standing(void **state)
{
	static struct happening life[STEPS];
	static struct bounce_standing first[STEPS];
	uint64_t seed = 0xd1b54a32d192ed03ULL;

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct bounce_standing s = { 0 };
		int64_t time = T0;

		for (size_t i = 0; i < STEPS; i++) {
			if (round == 0) {
				time += (int64_t)(next_random(&seed) % (5 * DAY));
				life[i] = happen(&seed, time);
			}
			s = live(&s, &life[i]).next;
			if (round == 0)
				first[i] = s;
			else
				assert_same(&s, &first[i]);
		}
	}
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

static int
setup(void **state)
{
	(void)state;
	policy = bounce_policy_default();
	return 0;
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
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(a_rule_may_ask_for_a_code),
		cmocka_unit_test(a_rule_may_have_its_own_weight_and_ladder),
		cmocka_unit_test(a_shorter_ladder_does_not_shorten_a_pause),
		cmocka_unit_test(a_rule_can_make_a_fault_count_but_never_a_delay),
		cmocka_unit_test(an_empty_ladder_pauses_for_no_time),
		cmocka_unit_test(pins_win_and_faults_of_ours_worsen_nothing_in_any_life),
		cmocka_unit_test(a_replay_gives_the_identical_standing),
		cmocka_unit_test(words_and_states_name_each_other),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
