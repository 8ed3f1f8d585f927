/*
 * state_rule_test - an operator's rules, and what holds over long made-up lives
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "state_world.h"

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
		struct bounce_incident what = { .kind = BOUNCE_KIND_BOUNCE,
						.verdict = &v,
						.domain = SPAN("Example.COM") };
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
	struct bounce_incident what = { .kind = BOUNCE_KIND_BOUNCE,
					.verdict = &v,
					.domain = SPAN("example.com") };
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
	h.what.cadence = r % 3 == 0 ? (int64_t)(next_random(seed) % 100) * DAY : 0;
	h.verdict.forwarded = r % 11 == 0;
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
	assert_true(t->next.level <= STATE_MAX_BACKOFF);
	assert_true(t->next.score <= STATE_MAX_SCORE);
	assert_true(t->next.until == 0 || t->next.state == BOUNCE_STATE_BACKOFF ||
		    t->next.state == BOUNCE_STATE_SUSPENDED);
	assert_true(t->next.confirmed_at == 0 || t->next.gone_at != 0);
	if (policy.preset == BOUNCE_PRESET_REPORT_ONLY && !h->operator)
		assert_same(&t->next, s);
	if (t->next.state == BOUNCE_STATE_DEAD)
		assert_true(t->next.gone_at != 0);
	if (t->strike > 0)
		assert_true(h->time / DAY >= s->strike_day && !h->what.repeated);
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

		policy = bounce_policy_preset((enum bounce_preset)(life % BOUNCE_PRESET_COUNT));
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

/* Reports about one address that one batch brings: all have one time. */
#define BATCH 5

static const struct bounce_rule batch_rule[] = {
	{ .name = "slow",
	  .reasons = UINT64_C(1) << BOUNCE_REASON_GREYLISTED,
	  .backoff = { 20 * DAY, 50 * DAY },
	  .backoff_count = 2 },
	{ .name = "late",
	  .reasons = UINT64_C(1) << BOUNCE_REASON_EXPIRED,
	  .set_disposition = true,
	  .disposition = BOUNCE_DISPOSITION_DEAD,
	  .set_weight = true,
	  .weight = 70 },
	{ .name = "mild",
	  .reasons = UINT64_C(1) << BOUNCE_REASON_NO_SUCH_DOMAIN,
	  .set_weight = true,
	  .weight = 0 },
};

static void
make_batch(struct happening batch[BATCH], uint64_t *seed, int64_t time)
{
	static const enum bounce_reason reason[] = {
		BOUNCE_REASON_MAILBOX_FULL,  BOUNCE_REASON_MAILBOX_BUSY,
		BOUNCE_REASON_GREYLISTED,    BOUNCE_REASON_EXPIRED,
		BOUNCE_REASON_NO_SUCH_USER,  BOUNCE_REASON_NO_SUCH_DOMAIN,
		BOUNCE_REASON_MAILBOX_MOVED, BOUNCE_REASON_MAILBOX_DISABLED,
		BOUNCE_REASON_UNCLASSIFIED,  BOUNCE_REASON_CONNECTION_FAILED,
		BOUNCE_REASON_SPAM_DETECTED, BOUNCE_REASON_MAIL_LOOP,
	};
	uint64_t mailing_spoke = next_random(seed);

	for (size_t i = 0; i < BATCH; i++) {
		batch[i] = happen(seed, time);
		batch[i].operator= false;
		batch[i].verdict = verdict_of(reason[next_random(seed) % COUNT(reason)]);
		batch[i].verdict.forwarded = next_random(seed) % 9 == 0;
		batch[i].what.repeated = (mailing_spoke >> next_random(seed) % 4 & 3) == 0;
		if (batch[i].what.kind == BOUNCE_KIND_COMPLAINT && next_random(seed) % 8 > 0)
			batch[i].what.kind = BOUNCE_KIND_BOUNCE;
	}
}

static struct bounce_standing
after_batch(struct bounce_standing s, struct happening batch[BATCH], const size_t order[BATCH])
{
	for (size_t i = 0; i < BATCH; i++)
		s = live(&s, &batch[order[i]]).next;
	return s;
}

static void
shuffle(size_t order[BATCH], uint64_t *seed)
{
	for (size_t i = BATCH - 1; i > 0; i--) {
		size_t j = next_random(seed) % (i + 1), kept = order[i];

		order[i] = order[j];
		order[j] = kept;
	}
}

static void
the_order_within_a_batch_does_not_matter(void **state)
{
	uint64_t seed = 0x2545f4914f6cdd1dULL;

	(void)state;
	for (int life = 0; life < LIVES; life++) {
		struct bounce_standing s = { 0 };
		int64_t time = T0;

		policy = bounce_policy_preset((enum bounce_preset)(life % BOUNCE_PRESET_COUNT));
		policy.confirm = life % 6 < 3 ? 1 : 2;
		policy.rule = life % 4 == 0 ? NULL : batch_rule;
		policy.rule_count = life % 4 == 0 ? 0 : COUNT(batch_rule);

		for (int i = 0; i < STEPS; i++) {
			size_t order[BATCH] = { 0, 1, 2, 3, 4 };
			struct happening batch[BATCH];
			struct bounce_standing first;

			time += (int64_t)(next_random(&seed) %
					  (uint64_t)((life % 5 == 0 ? 40 : 6) * DAY));
			if (next_random(&seed) % 16 == 0) {
				struct happening h = happen(&seed, time);

				s = live(&s, &h).next;
			}
			if (s.state != BOUNCE_STATE_OK && next_random(&seed) % 6 == 0)
				s = bounce_apply(&s, BOUNCE_EVENT_REVIVE, &policy, time).next;
			make_batch(batch, &seed, time);
			first = after_batch(s, batch, order);
			for (int again = 0; again < 4; again++) {
				struct bounce_standing other;

				shuffle(order, &seed);
				other = after_batch(s, batch, order);
				assert_same(&other, &first);
			}
			s = first;
		}
	}
	policy = bounce_policy_default();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(a_rule_may_ask_for_a_code),
		cmocka_unit_test(a_rule_may_have_its_own_weight_and_ladder),
		cmocka_unit_test(a_shorter_ladder_does_not_shorten_a_pause),
		cmocka_unit_test(a_rule_can_make_a_fault_count_but_never_a_delay),
		cmocka_unit_test(an_empty_ladder_pauses_for_no_time),
		cmocka_unit_test(pins_win_and_faults_of_ours_worsen_nothing_in_any_life),
		cmocka_unit_test(a_replay_gives_the_identical_standing),
		cmocka_unit_test(the_order_within_a_batch_does_not_matter),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
