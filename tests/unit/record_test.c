/*
 * record_test - entries of the ledger, judged again
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "record.h"
#include "state_world.h"

static struct bounce_record
record_of(const char *reason, const char *disposition)
{
	return (struct bounce_record){
		.time = T0,
		.reported = true,
		.cause = SPAN("note"),
		.kind = SPAN("bounce"),
		.reason = span_of(reason),
		.disposition = span_of(disposition),
		.severity = SPAN("soft"),
		.status = SPAN("5.2.1"),
		.domain = SPAN("example.com"),
		.weight = 200,
	};
}

static void
a_report_is_judged_as_it_was_live(void **state)
{
	struct bounce_standing live = { 0 }, again = { 0 };

	(void)state;
	for (unsigned i = 0; i < BOUNCE_REASON_COUNT; i++) {
		struct bounce_verdict v = verdict_of((enum bounce_reason)i);
		struct bounce_record r = record_of(bounce_reason_name(v.reason),
						   bounce_disposition_name(v.disposition));
		struct bounce_transition t;
		struct span bad;

		r.time = T0 + i * DAY;
		r.severity = span_of(bounce_severity_name(v.severity));
		r.weight = v.weight;
		report(&live, v.reason, r.time);
		assert_int_equal(bounce_replay(&again, &r, &policy, &t, &bad), 0);
		again = t.next;
		assert_true(bounce_standing_same(&live, &again));
	}
}

static void
what_the_operators_rule_asks_for_is_known(void **state)
{
	const struct bounce_rule rule = { .name = "r",
					  .status = { 5, 2, 1 },
					  .domain = "example.com",
					  .set_disposition = true,
					  .disposition = BOUNCE_DISPOSITION_DEAD };
	struct bounce_record r = record_of("mailbox-disabled", "disable");
	struct bounce_standing s = { 0 };
	struct bounce_transition t;
	struct span bad;

	(void)state;
	policy.rule = &rule;
	policy.rule_count = 1;
	assert_int_equal(bounce_replay(&s, &r, &policy, &t, &bad), 0);
	assert_string_equal(t.rule, "r");
	assert_int_equal(t.next.state, BOUNCE_STATE_DEAD);
	r.status = SPAN("");
	assert_int_equal(bounce_replay(&s, &r, &policy, &t, &bad), 0);
	assert_string_equal(t.rule, "");
	policy = bounce_policy_default();
}

static void
an_operators_word_is_its_cause(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	for (unsigned i = BOUNCE_EVENT_PROOF; i < BOUNCE_EVENT_COUNT; i++) {
		struct bounce_record r = {
			.time = T0 + i, .cause = span_of(bounce_event_name((enum bounce_event)i))
		};
		struct bounce_transition t,
			want = bounce_apply(&s, (enum bounce_event)i, &policy, r.time);
		struct span bad;

		assert_int_equal(bounce_replay(&s, &r, &policy, &t, &bad), 0);
		assert_int_equal(t.event, i);
		assert_true(bounce_standing_same(&t.next, &want.next));
		s = t.next;
	}
}

static void
a_word_that_nobody_wrote_is_named(void **state)
{
	static const struct {
		size_t offset;
		const char *word;
	} row[] = {
		{ offsetof(struct bounce_record, kind), "letter" },
		{ offsetof(struct bounce_record, kind), "" },
		{ offsetof(struct bounce_record, reason), "No-Such-User" },
		{ offsetof(struct bounce_record, disposition), "forgive" },
		{ offsetof(struct bounce_record, severity), "" },
		{ offsetof(struct bounce_record, status), "5.1" },
	};
	struct bounce_standing s = { 0 };
	struct bounce_transition t;
	struct bounce_record r;
	struct span bad;

	(void)state;
	for (size_t i = 0; i < COUNT(row); i++) {
		r = record_of("mailbox-full", "back-off");
		*(struct span *)(void *)((char *)&r + row[i].offset) = span_of(row[i].word);
		assert_int_equal(bounce_replay(&s, &r, &policy, &t, &bad), -1);
		assert_true(span_eq(bad, span_of(row[i].word)));
	}
	r = (struct bounce_record){ .time = T0, .cause = SPAN("undo") };
	assert_int_equal(bounce_replay(&s, &r, &policy, &t, &bad), -1);
}

static void
every_member_of_a_standing_is_compared(void **state)
{
	static const size_t member[] = {
		offsetof(struct bounce_standing, state),
		offsetof(struct bounce_standing, reason),
		offsetof(struct bounce_standing, since),
		offsetof(struct bounce_standing, until),
		offsetof(struct bounce_standing, level),
		offsetof(struct bounce_standing, score),
		offsetof(struct bounce_standing, scored_at),
		offsetof(struct bounce_standing, strike_day),
		offsetof(struct bounce_standing, gone_at),
		offsetof(struct bounce_standing, confirmed_at),
		offsetof(struct bounce_standing, day_strike),
		offsetof(struct bounce_standing, paused_at),
		offsetof(struct bounce_standing, full_day),
	};
	const struct bounce_standing a = { .scored_at = T0 };

	(void)state;
	for (size_t i = 0; i < COUNT(member); i++) {
		struct bounce_standing b = a;

		((unsigned char *)&b)[member[i]] ^= 1;
		assert_false(bounce_standing_same(&a, &b));
	}
	/* A reason says nothing where nothing counted. */
	assert_true(bounce_standing_same(
		&(struct bounce_standing){ .reason = BOUNCE_REASON_EXPIRED },
		&(struct bounce_standing){ .reason = BOUNCE_REASON_MAIL_LOOP }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_judged_as_it_was_live),
		cmocka_unit_test(what_the_operators_rule_asks_for_is_known),
		cmocka_unit_test(an_operators_word_is_its_cause),
		cmocka_unit_test(a_word_that_nobody_wrote_is_named),
		cmocka_unit_test(every_member_of_a_standing_is_compared),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
