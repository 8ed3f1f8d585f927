/*
 * policy_example_test - README's worked example, computed
 *
 * Each row of its table is made here and must stand there, letter by letter.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "state_world.h"

static char readme[32768];

static int
read_readme(void **state)
{
	FILE *f = fopen(SOURCE_DIR "/README.md", "r");
	size_t n = f != NULL ? fread(readme, 1, sizeof(readme) - 1, f) : 0;

	readme[n] = '\0';
	if (f != NULL)
		fclose(f);
	return n > 0 && n < sizeof(readme) - 1 ? setup(state) : -1;
}

static int64_t
day(const char *date)
{
	struct tm tm = { 0 };

	assert_non_null(strptime(date, "%Y-%m-%d", &tm));
	return (int64_t)timegm(&tm);
}

static const char *
date_of(int64_t time, char text[static 11])
{
	time_t seconds = (time_t)time;
	struct tm tm;

	assert_non_null(gmtime_r(&seconds, &tm));
	assert_int_equal(strftime(text, 11, "%Y-%m-%d", &tm), 10);
	return text;
}

/* What happens on the days of the example; reason COUNT: proof. */
static const struct {
	const char *date, *what;
	enum bounce_reason reason;
} days[] = {
	{ "2026-03-02", "5.2.1, the mailbox is switched off", BOUNCE_REASON_MAILBOX_DISABLED },
	{ "2026-03-09", "the same", BOUNCE_REASON_MAILBOX_DISABLED },
	{ "2026-03-16", "5.7.606, our IP address is blocked", BOUNCE_REASON_IP_BLOCKED },
	{ "2026-03-23", "5.2.1 again", BOUNCE_REASON_MAILBOX_DISABLED },
	{ "2026-04-27", "the first mailing after it is a probe: 5.2.1",
	  BOUNCE_REASON_MAILBOX_DISABLED },
	{ "2026-06-06", "the second probe, sent on 2026-06-01, came back with no report",
	  BOUNCE_REASON_COUNT },
};

static struct bounce_transition
happen(struct bounce_standing *s, size_t i)
{
	struct bounce_verdict v;
	struct bounce_incident what = { .kind = BOUNCE_KIND_BOUNCE,
					.verdict = &v,
					.domain = SPAN("example.com"),
					.cadence = 7 * DAY };
	int64_t time = day(days[i].date);
	struct bounce_transition t;

	if (days[i].reason == BOUNCE_REASON_COUNT) {
		t = bounce_apply(s, BOUNCE_EVENT_PROOF, &policy, time);
	} else {
		v = verdict_of(days[i].reason);
		t = bounce_next(s, &what, &policy, time);
	}
	*s = t.next;
	return t;
}

static void
the_numbers_of_the_example_are_what_the_program_computes(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(days); i++) {
		unsigned left = bounce_score_at(&s, &policy, day(days[i].date));
		struct bounce_transition t = happen(&s, i);
		unsigned score = bounce_score_at(&s, &policy, day(days[i].date));
		char row[300], until[32] = "", date[11];

		if (s.until != 0)
			snprintf(until, sizeof(until), " until %s", date_of(s.until, date));
		snprintf(row, sizeof(row), "| %s | %s | %u.%02u | %u.%02u | %u.%02u | `%s`%s |\n",
			 days[i].date, days[i].what, left / 100, left % 100, t.strike / 100,
			 t.strike % 100, score / 100, score % 100, bounce_state_name(s.state),
			 until);
		if (strstr(readme, row) == NULL)
			fail_msg("README.md lacks\n%s", row);
	}
}

/* What the text below the table says. */
static void
had_the_second_probe_failed_it_would_be_dead_and_confirmed(void **state)
{
	struct bounce_standing s = { 0 };

	(void)state;
	for (size_t i = 0; i + 1 < COUNT(days); i++)
		happen(&s, i);
	report(&s, BOUNCE_REASON_MAILBOX_DISABLED, day("2026-06-01"));
	assert_int_equal(s.state, BOUNCE_STATE_DEAD);
	assert_int_not_equal(s.confirmed_at, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_numbers_of_the_example_are_what_the_program_computes,
				       read_readme),
		cmocka_unit_test_setup(had_the_second_probe_failed_it_would_be_dead_and_confirmed,
				       read_readme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
