/*
 * ledger_policy_test - mails of lists with and without a policy of their own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ledger_world.h"

#include "replay_agrees.h"

static struct config_list own_list;

/* The reports of report_text.h are of this list. */
static void
give_a_policy(struct world *w, enum bounce_preset preset)
{
	static char name[] = "news.example.org", none[] = "";

	own_list = (struct config_list){ .name = name,
					 .bounce_address = none,
					 .own_policy = true,
					 .policy = bounce_policy_preset(preset) };
	w->config.list = &own_list;
	w->config.list_count = 1;
}

static void
name_the_policy(struct world *w)
{
	struct buf text = BUF_INIT;

	config_dump_policy(&w->config, &text);
	store_policy(w->place->store, buf_span(&text));
	buf_free(&text);
}

static void
report(struct world *w, uint32_t uid, const char *status, int64_t time)
{
	struct buf text = BUF_INIT;
	char id[40];

	snprintf(id, sizeof(id), "mail%u@example.org", (unsigned)uid);
	make_report(&text, "ann@example.com", status, "550 no", id);
	record_at(w, uid, buf_span(&text), time);
	buf_free(&text);
}

static void
a_list_with_its_own_policy_has_standings_of_its_own(void **state)
{
	struct world *w = *state;

	name_the_policy(w);
	report(w, 1, "5.2.1", NOW);
	give_a_policy(w, BOUNCE_PRESET_STRICT);
	name_the_policy(w);
	report(w, 2, "5.2.1", NOW + DAY);
	report(w, 3, "5.2.1", NOW + 2 * DAY); /* 2 + 2 is above strict's 3 */
	assert_sql(w->place, "SELECT scope, state, score FROM recipient ORDER BY scope",
		   "|ok|200\nnews.example.org|suspended|396");
	assert_sql(w->place, "SELECT list, state FROM recipient_status ORDER BY list",
		   "-|ok\nnews.example.org|suspended");
	assert_int_equal(replay_agrees(w->place->store), 2);
}

static void
a_list_that_only_reports_leaves_its_addresses_alone(void **state)
{
	struct world *w = *state;

	give_a_policy(w, BOUNCE_PRESET_REPORT_ONLY);
	name_the_policy(w);
	report(w, 1, "5.1.1", NOW);
	assert_sql(w->place, "SELECT cause, to_state, why FROM transition",
		   "note|ok|Report-only: nothing changes; it would be dead.");
	assert_sql(w->place, "SELECT count(*) FROM suppressed", "0");
	assert_int_equal(replay_agrees(w->place->store), 1);
}

static void
how_often_the_list_posts_is_learned_and_stands_in_the_ledger(void **state)
{
	struct world *w = *state;

	name_the_policy(w);
	for (uint32_t i = 0; i < 4; i++)
		report(w, i + 1, "5.2.1", NOW + (int64_t)i * 91 * DAY);
	assert_sql(w->place, "SELECT cadence FROM transition ORDER BY id",
		   "-\n-\n7862400\n7862400"); /* 91 days */
	/* what the second one taught holds from the third on: then a point takes 364 days */
	assert_sql(w->place, "SELECT score FROM transition ORDER BY id", "200\n200\n200\n375");
	assert_int_equal(replay_agrees(w->place->store), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_world(a_list_with_its_own_policy_has_standings_of_its_own),
		on_a_world(a_list_that_only_reports_leaves_its_addresses_alone),
		on_a_world(how_often_the_list_posts_is_learned_and_stands_in_the_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
