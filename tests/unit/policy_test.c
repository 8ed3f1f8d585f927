/*
 * policy_test - what presets, reasons, cadence, probes and full mailboxes do to an address
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "state_world.h"

static struct bounce_incident
incident_of(const struct bounce_verdict *v)
{
	return (struct bounce_incident){ .kind = BOUNCE_KIND_BOUNCE,
					 .verdict = v,
					 .domain = SPAN("example.com") };
}

static struct bounce_transition
step(struct bounce_standing *s, const struct bounce_incident *what, int64_t time)
{
	struct bounce_transition t = bounce_next(s, what, &policy, time);

	*s = t.next;
	return t;
}

static struct bounce_transition
prove(struct bounce_standing *s, int64_t time)
{
	struct bounce_transition t = bounce_apply(s, BOUNCE_EVENT_PROOF, &policy, time);

	*s = t.next;
	return t;
}

/* ---- presets ---- */

static void
careful_is_the_default_and_strict_gives_up_sooner(void **state)
{
	struct bounce_policy careful = bounce_policy_preset(BOUNCE_PRESET_CAREFUL);
	struct bounce_policy strict = bounce_policy_preset(BOUNCE_PRESET_STRICT);
	struct bounce_policy report_only = bounce_policy_preset(BOUNCE_PRESET_REPORT_ONLY);

	(void)state;
	assert_memory_equal(&careful, &policy, sizeof(policy));
	assert_true(strict.threshold < careful.threshold);
	assert_true(strict.probes < careful.probes);
	assert_true(strict.confirm_gap < careful.confirm_gap);
	assert_true(strict.confirm_quiet < careful.confirm_quiet);
	report_only.preset = BOUNCE_PRESET_CAREFUL;
	assert_memory_equal(&report_only, &careful, sizeof(careful));
	assert_string_equal(bounce_preset_name(BOUNCE_PRESET_REPORT_ONLY), "report-only");
	assert_string_equal(bounce_preset_name(BOUNCE_PRESET_COUNT), "?");
}

static void
report_only_tells_what_it_would_do_and_does_nothing(void **state)
{
	static const struct {
		enum bounce_reason reason;
		unsigned score;
		const char *word;
	} cases[] = {
		{ BOUNCE_REASON_NO_SUCH_USER, 0, "be dead" },
		{ BOUNCE_REASON_GREYLISTED, 0, "be paused" },
		{ BOUNCE_REASON_UNCLASSIFIED, 450, "be suspended" },
		{ BOUNCE_REASON_UNCLASSIFIED, 0, "be ok" },
	};

	(void)state;
	policy = bounce_policy_preset(BOUNCE_PRESET_REPORT_ONLY);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_standing s = { .score = cases[i].score,
					     .scored_at = T0,
					     .reason = BOUNCE_REASON_UNCLASSIFIED };
		struct bounce_standing before = s;
		struct bounce_transition t = report(&s, cases[i].reason, T0);

		assert_same(&s, &before);
		assert_false(t.changed);
		assert_int_equal(t.event, BOUNCE_EVENT_NOTE);
		assert_int_equal(t.strike, 0);
		assert_non_null(strstr(t.why, cases[i].word));
	}
}

static void
report_only_alerts_all_the_same_and_leaves_operators_their_commands(void **state)
{
	struct bounce_incident complaint = { .kind = BOUNCE_KIND_COMPLAINT };
	struct bounce_standing s = { 0 }, dead;

	(void)state;
	policy = bounce_policy_preset(BOUNCE_PRESET_REPORT_ONLY);
	assert_true(report(&s, BOUNCE_REASON_IP_BLOCKED, T0).alert);
	assert_non_null(strstr(step(&s, &complaint, T0).why, "complained"));
	assert_int_equal(s.state, BOUNCE_STATE_OK);
	s = bounce_apply(&s, BOUNCE_EVENT_KILL, &policy, T0).next;
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
	dead = s;
	prove(&s, T0 + DAY);
	assert_same(&s, &dead);
	assert_int_equal(bounce_apply(&s, BOUNCE_EVENT_REVIVE, &policy, T0).next.state,
			 BOUNCE_STATE_OK);
}

/* ---- reasons ---- */

static void
a_reason_weighs_what_the_policy_says_and_doubts_weigh_in_measure(void **state)
{
	static const struct {
		enum bounce_reason reason;
		unsigned verdict, want;
	} cases[] = {
		{ BOUNCE_REASON_NO_SUCH_DOMAIN, 250, 100 }, /* the usual weight */
		{ BOUNCE_REASON_NO_SUCH_DOMAIN, 125, 50 },  /* half of it */
		{ BOUNCE_REASON_NO_SUCH_DOMAIN, 0, 0 },     /* none */
		{ BOUNCE_REASON_GREYLISTED, 0, 100 },       /* reason.def has none */
		{ BOUNCE_REASON_SPAM_DETECTED, 0, 0 },      /* our fault never counts */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bounce_verdict v = verdict_of(cases[i].reason);
		struct bounce_judgement j;

		policy.reason[cases[i].reason].set_weight = true;
		policy.reason[cases[i].reason].weight = 100;
		v.weight = cases[i].verdict;
		j = bounce_policy_judge(&policy, &v, SPAN("example.com"), SPAN(""));
		assert_int_equal(j.weight, cases[i].want);
	}
}

static void
a_reason_s_disposition_replaces_the_usual_one_only(void **state)
{
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_NO_SUCH_USER);
	struct bounce_reason_policy *own = &policy.reason[BOUNCE_REASON_NO_SUCH_USER];
	struct bounce_judgement j;

	(void)state;
	own->set_disposition = true;
	own->disposition = BOUNCE_DISPOSITION_DISABLE;
	j = bounce_policy_judge(&policy, &v, SPAN(""), SPAN(""));
	assert_int_equal(j.disposition, BOUNCE_DISPOSITION_DISABLE);
	assert_int_equal(j.weight, 250);
	own->set_weight = true;
	own->weight = 300;
	j = bounce_policy_judge(&policy, &v, SPAN(""), SPAN(""));
	assert_int_equal(j.weight, 300);
	v.disposition = BOUNCE_DISPOSITION_RETRY; /* the evidence said no more */
	v.weight = 25;
	j = bounce_policy_judge(&policy, &v, SPAN(""), SPAN(""));
	assert_int_equal(j.disposition, BOUNCE_DISPOSITION_RETRY);
	assert_int_equal(j.weight, 15);
}

static void
a_rule_may_ask_for_a_list(void **state)
{
	struct bounce_rule rule = { .name = "here", .list = "announce.example.com" };
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_UNCLASSIFIED);

	(void)state;
	policy.rule = &rule;
	policy.rule_count = 1;
	assert_ptr_equal(
		bounce_policy_judge(&policy, &v, SPAN(""), SPAN("Announce.example.com")).rule,
		&rule);
	assert_null(bounce_policy_judge(&policy, &v, SPAN(""), SPAN("other.example.com")).rule);
	assert_null(bounce_policy_judge(&policy, &v, SPAN(""), SPAN("")).rule);
}

static void
a_forwarded_address_gets_half_a_strike_and_is_never_dead(void **state)
{
	struct bounce_rule rule = { .name = "kill",
				    .set_disposition = true,
				    .disposition = BOUNCE_DISPOSITION_DEAD,
				    .set_weight = true,
				    .weight = 400 };
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_NO_SUCH_USER);
	struct bounce_incident what = incident_of(&v);
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	v.forwarded = true;
	v.disposition = BOUNCE_DISPOSITION_DISABLE; /* as the classifier gives it */
	v.weight = 250;
	t = step(&s, &what, T0);
	assert_int_equal(t.event, BOUNCE_EVENT_STRIKE);
	assert_int_equal(t.strike, 250);
	assert_non_null(strstr(t.why, "Forward target failed"));
	policy.rule = &rule;
	policy.rule_count = 1;
	s = (struct bounce_standing){ 0 };
	t = step(&s, &what, T0);
	assert_int_equal(t.strike, 200);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
}

static void
whom_our_mail_is_unwanted_by_is_proposed_and_kept(void **state)
{
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_RECIPIENT_RESTRICTED);
	struct bounce_incident what = incident_of(&v);
	struct bounce_standing s = { 0 }, before = s;
	struct bounce_transition t;

	(void)state;
	v.unwanted = true;
	t = step(&s, &what, T0);
	assert_int_equal(t.event, BOUNCE_EVENT_UNWANTED);
	assert_non_null(strstr(t.why, "unsubscribe"));
	assert_same(&s, &before);
	v.unwanted = false;
	assert_int_equal(step(&s, &what, T0).event, BOUNCE_EVENT_NOTE);
}

/* ---- confirmation ---- */

static void
one_report_confirms_where_the_policy_wants_no_second(void **state)
{
	(void)state;
	for (unsigned confirm = 1; confirm <= 2; confirm++) {
		struct bounce_standing s = { 0 };

		policy.confirm = confirm;
		report(&s, BOUNCE_REASON_NO_SUCH_USER, T0);
		assert_int_equal(s.state, BOUNCE_STATE_DEAD);
		assert_int_equal(s.confirmed_at, confirm == 1 ? T0 : 0);
	}
}

/* ---- fading ---- */

static void
a_point_fades_over_days_or_mailings_whichever_is_longer(void **state)
{
	static const struct {
		enum bounce_reason reason;
		int64_t cadence, days;
	} cases[] = {
		{ BOUNCE_REASON_UNCLASSIFIED, 0, 14 },
		{ BOUNCE_REASON_UNCLASSIFIED, DAY, 14 },
		{ BOUNCE_REASON_UNCLASSIFIED, 7 * DAY, 28 },
		{ BOUNCE_REASON_UNCLASSIFIED, 91 * DAY, 364 },
		{ BOUNCE_REASON_NO_SUCH_USER, 91 * DAY, 0 }, /* never, by nothing */
		{ BOUNCE_REASON_GREYLISTED, 0, 30 },         /* the slowest of all */
		{ BOUNCE_REASON_UNCLASSIFIED, STATE_MAX_CADENCE, 4 * 366 },
		{ BOUNCE_REASON_UNCLASSIFIED, STATE_MAX_CADENCE + 1, 4 * 366 },
		{ BOUNCE_REASON_UNCLASSIFIED, INT64_MAX, 4 * 366 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(bounce_policy_fading(&policy, cases[i].reason, cases[i].cadence),
				 cases[i].days * DAY);
	policy.reason[BOUNCE_REASON_UNCLASSIFIED].set_decay = true;
	policy.reason[BOUNCE_REASON_UNCLASSIFIED].decay = 2 * DAY;
	assert_int_equal(bounce_policy_fading(&policy, BOUNCE_REASON_UNCLASSIFIED, 0), 2 * DAY);
	policy.reason[BOUNCE_REASON_UNCLASSIFIED].decay = 0;
	assert_int_equal(bounce_policy_fading(&policy, BOUNCE_REASON_UNCLASSIFIED, DAY), 0);
}

/* Strikes of one point, one a mailing: after how many is it suspended? 0 = never. */
static int
mailings_to_suspension(int64_t cadence, bool known)
{
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_UNCLASSIFIED);
	struct bounce_incident what = incident_of(&v);
	struct bounce_standing s = { 0 };

	what.cadence = known ? cadence : 0;
	for (int i = 1; i <= 40; i++) {
		step(&s, &what, T0 + i * cadence);
		if (s.state == BOUNCE_STATE_SUSPENDED)
			return i;
	}
	return 0;
}

static void
a_quarterly_list_reaches_the_threshold_and_a_daily_one_as_ever(void **state)
{
	(void)state;
	assert_int_equal(mailings_to_suspension(91 * DAY, false), 0);
	assert_int_equal(mailings_to_suspension(91 * DAY, true), 7);
	assert_int_equal(mailings_to_suspension(30 * DAY, true), 7);
	assert_int_equal(mailings_to_suspension(DAY, true), mailings_to_suspension(DAY, false));
	assert_int_equal(mailings_to_suspension(DAY, true), 6);
}

static void
the_fastest_list_gives_the_pace_until_all_has_faded(void **state)
{
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_UNCLASSIFIED);
	struct bounce_incident what = incident_of(&v);
	struct bounce_standing s = { 0 };

	(void)state;
	what.cadence = 30 * DAY;
	step(&s, &what, T0);
	assert_int_equal(s.cadence, 30 * DAY);
	what.cadence = 7 * DAY;
	step(&s, &what, T0 + DAY);
	assert_int_equal(s.cadence, 7 * DAY);
	what.cadence = 91 * DAY;
	step(&s, &what, T0 + 2 * DAY);
	assert_int_equal(s.cadence, 7 * DAY);
	step(&s, &what, T0 + 2000 * DAY);
	assert_int_equal(s.cadence, 91 * DAY);
}

static void
a_fault_of_ours_does_not_change_the_pace(void **state)
{
	struct bounce_verdict v = verdict_of(BOUNCE_REASON_SPAM_DETECTED);
	struct bounce_incident what = incident_of(&v);
	struct bounce_standing s = { .score = 300, .scored_at = T0 }, before = s;

	(void)state;
	what.cadence = 91 * DAY;
	step(&s, &what, T0 + DAY);
	assert_same(&s, &before);
}

/* ---- probes ---- */

/* Suspended by three strikes of `reason`; returns the end of the suspension. */
static int64_t
suspend(struct bounce_standing *s, enum bounce_reason reason)
{
	*s = (struct bounce_standing){ 0 };
	for (int day = 0; s->state != BOUNCE_STATE_SUSPENDED && day < 20; day++)
		report(s, reason, T0 + day * DAY);
	assert_int_equal(s->state, BOUNCE_STATE_SUSPENDED);
	return s->until;
}

static void
two_failed_probes_for_the_same_reason_end_it_for_good(void **state)
{
	struct bounce_standing s;
	int64_t probe = suspend(&s, BOUNCE_REASON_MAILBOX_DISABLED);
	struct bounce_transition t;

	(void)state;
	assert_true(bounce_mailable(&s, probe));
	t = report(&s, BOUNCE_REASON_MAILBOX_DISABLED, probe + 10 * DAY);
	assert_int_equal(t.event, BOUNCE_EVENT_RELAPSE);
	assert_int_equal(s.state, BOUNCE_STATE_SUSPENDED);
	assert_int_equal(s.until, probe + 10 * DAY + policy.suspend);
	t = report(&s, BOUNCE_REASON_MAILBOX_DISABLED, s.until);
	assert_int_equal(t.event, BOUNCE_EVENT_LOST);
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
	assert_int_equal(s.gone_at, s.since);
	assert_int_equal(s.confirmed_at, s.since);
	prove(&s, s.since + DAY);
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
}

static void
the_last_probe_for_another_reason_is_not_confirmed(void **state)
{
	struct bounce_standing s;
	int64_t probe = suspend(&s, BOUNCE_REASON_MAILBOX_DISABLED);

	(void)state;
	policy.probes = 1;
	report(&s, BOUNCE_REASON_NO_SUCH_DOMAIN, probe);
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
	assert_int_equal(s.confirmed_at, 0);
	prove(&s, probe + DAY);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
	assert_int_equal(s.probe, 0);
}

static void
a_probe_fails_below_the_threshold_and_a_pause_is_no_failure(void **state)
{
	struct bounce_standing s;
	int64_t probe = suspend(&s, BOUNCE_REASON_UNCLASSIFIED);
	struct bounce_transition t;

	(void)state;
	t = report(&s, BOUNCE_REASON_GREYLISTED, probe);
	assert_int_equal(t.event, BOUNCE_EVENT_PAUSE);
	assert_int_equal(s.probe, 1);
	assert_true(bounce_score_at(&s, &policy, probe + DAY) + 100 < policy.threshold);
	t = report(&s, BOUNCE_REASON_UNCLASSIFIED, probe + 2 * DAY);
	assert_int_equal(t.event, BOUNCE_EVENT_RELAPSE);
}

static void
success_or_a_long_quiet_ends_the_probing(void **state)
{
	struct bounce_standing s, q;
	int64_t probe = suspend(&s, BOUNCE_REASON_UNCLASSIFIED);

	(void)state;
	for (int off = -1; off <= 0; off++) {
		q = s;
		report(&q, BOUNCE_REASON_UNCLASSIFIED, probe + policy.suspend + off);
		assert_int_equal(q.state, off < 0 ? BOUNCE_STATE_SUSPENDED : BOUNCE_STATE_OK);
	}
	q = s;
	prove(&q, probe + DAY);
	assert_int_equal(q.probe, 0);
	/* where a mailing is rare, quiet takes two of them */
	for (int off = -1; off <= 0; off++) {
		q = s;
		q.cadence = 91 * DAY;
		report(&q, BOUNCE_REASON_UNCLASSIFIED, probe + 182 * DAY + off);
		assert_int_equal(q.probe, off < 0 ? 1 : 0);
	}
}

/* ---- full mailboxes ---- */

static void
the_sixth_mailing_in_a_row_makes_a_full_mailbox_a_disabled_one(void **state)
{
	struct bounce_standing s = { 0 };
	struct bounce_transition t;

	(void)state;
	for (int i = 0; i < 5; i++) {
		t = report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + i * 7 * DAY);
		assert_int_equal(t.strike, 50);
	}
	t = report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + 35 * DAY - 1); /* of the fifth's week */
	assert_int_equal(t.strike, 0);
	t = report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + 35 * DAY);
	assert_int_equal(t.strike, 200);
	assert_int_equal(s.reason, BOUNCE_REASON_MAILBOX_DISABLED);
	assert_non_null(strstr(t.why, "full for so long"));
}

static void
sixty_days_make_a_full_mailbox_a_disabled_one_and_less_do_not(void **state)
{
	(void)state;
	for (int off = -1; off <= 0; off++) {
		struct bounce_standing s = { 0 };

		report(&s, BOUNCE_REASON_MAILBOX_FULL, T0);
		report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + 30 * DAY);
		assert_int_equal(report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + 60 * DAY + off).strike,
				 off < 0 ? 50 : 200);
	}
}

static void
proof_or_a_gap_breaks_the_row(void **state)
{
	struct bounce_standing full = { 0 }, s;
	int64_t last = T0 + 28 * DAY;

	(void)state;
	for (int i = 0; i < 5; i++)
		report(&full, BOUNCE_REASON_MAILBOX_FULL, T0 + i * 7 * DAY);
	assert_int_equal(full.full_count, 5);

	s = full;
	prove(&s, T0 + 31 * DAY);
	assert_int_equal(s.full_count, 0);
	s = full;
	report(&s, BOUNCE_REASON_IP_BLOCKED, T0 + 31 * DAY); /* says nothing of the mailbox */
	report(&s, BOUNCE_REASON_EXPIRED, T0 + 32 * DAY);    /* nor does this */
	assert_int_equal(s.full_count, 5);
	for (int over = 0; over <= 1; over++) {
		s = full;
		report(&s, BOUNCE_REASON_MAILBOX_FULL, last + (STATE_FULL_GAP_DAYS + over) * DAY);
		assert_int_equal(s.full_count, over > 0 ? 1 : 6);
	}
	/* rare mailings make longer rows */
	for (int over = 0; over <= 1; over++) {
		s = full;
		s.cadence = 91 * DAY;
		report(&s, BOUNCE_REASON_MAILBOX_FULL, last + (182 + over) * DAY);
		assert_int_equal(s.full_count, over > 0 ? 1 : 6);
	}
}

static void
a_policy_that_lets_full_mailboxes_alone_is_obeyed(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	policy.reason[BOUNCE_REASON_MAILBOX_FULL].set_disposition = true;
	policy.reason[BOUNCE_REASON_MAILBOX_FULL].disposition = BOUNCE_DISPOSITION_IGNORE;
	for (int i = 0; i < 20; i++)
		assert_int_equal(report(&s, BOUNCE_REASON_MAILBOX_FULL, T0 + i * 7 * DAY).strike,
				 0);
	assert_int_equal(s.state, BOUNCE_STATE_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CLAIM(name) cmocka_unit_test_setup(name, setup)
		CLAIM(careful_is_the_default_and_strict_gives_up_sooner),
		CLAIM(report_only_tells_what_it_would_do_and_does_nothing),
		CLAIM(report_only_alerts_all_the_same_and_leaves_operators_their_commands),
		CLAIM(a_reason_weighs_what_the_policy_says_and_doubts_weigh_in_measure),
		CLAIM(a_reason_s_disposition_replaces_the_usual_one_only),
		CLAIM(a_rule_may_ask_for_a_list),
		CLAIM(a_forwarded_address_gets_half_a_strike_and_is_never_dead),
		CLAIM(whom_our_mail_is_unwanted_by_is_proposed_and_kept),
		CLAIM(one_report_confirms_where_the_policy_wants_no_second),
		CLAIM(a_point_fades_over_days_or_mailings_whichever_is_longer),
		CLAIM(a_quarterly_list_reaches_the_threshold_and_a_daily_one_as_ever),
		CLAIM(the_fastest_list_gives_the_pace_until_all_has_faded),
		CLAIM(a_fault_of_ours_does_not_change_the_pace),
		CLAIM(two_failed_probes_for_the_same_reason_end_it_for_good),
		CLAIM(the_last_probe_for_another_reason_is_not_confirmed),
		CLAIM(a_probe_fails_below_the_threshold_and_a_pause_is_no_failure),
		CLAIM(success_or_a_long_quiet_ends_the_probing),
		CLAIM(the_sixth_mailing_in_a_row_makes_a_full_mailbox_a_disabled_one),
		CLAIM(sixty_days_make_a_full_mailbox_a_disabled_one_and_less_do_not),
		CLAIM(proof_or_a_gap_breaks_the_row),
		CLAIM(a_policy_that_lets_full_mailboxes_alone_is_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
