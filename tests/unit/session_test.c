/*
 * session_test - a connection's life: how long it waits, how often it tries, and how it ends
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pool_world.h"

#include <math.h>

/* Pauses */

static const struct {
	unsigned failures;
	double seconds; /* before it is made unlike others' */
} pauses[] = {
	{ 0, 5 },   { 1, 5 },    { 2, 10 },     { 3, 20 },           { 7, 320 },
	{ 8, 600 }, { 40, 600 }, { 5000, 600 }, { UINT32_MAX, 600 },
};

static void
a_pause_doubles_up_to_the_longest(void **state)
{
	const struct config_account account = { .retry_least = 5, .retry_most = 600 };

	(void)state;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		double least = INFINITY, most = 0;

		for (unsigned n = 0; n < 200; n++) {
			double pause = session_pause(&account, pauses[i].failures);

			least = pause < least ? pause : least;
			most = pause > most ? pause : most;
		}
		assert_true(least >= 0.75 * pauses[i].seconds);
		assert_true(most <= 1.25 * pauses[i].seconds);
		/* clients that lost their server together must not come back together */
		assert_true(most > 1.05 * least);
	}
}

/* Sessions */

struct player {
	struct world *world;
	struct session session;
	enum session_end answer; /* of each piece of work */
	unsigned prepared, worked, ended;
	unsigned good; /* pieces of work that go well first */
	bool needless, stopped_early;
	bool stays; /* the work is to wait until somebody stops it */
};

static bool
prepare(struct session *s)
{
	((struct player *)s->owner)->prepared++;
	return !((struct player *)s->owner)->needless;
}

static enum session_end
work(struct session *s, struct imap *imap)
{
	struct player *player = s->owner;

	(void)imap;
	player->worked++;
	while (player->stays && !s->stop)
		a_moment(player->world);
	if (player->worked <= player->good)
		s->failures = 0;
	return player->answer;
}

static void
ended(struct session *s)
{
	((struct player *)s->owner)->ended++;
}

static struct player *
make_player(struct world *world, unsigned least, unsigned most)
{
	struct player *player = xalloc(sizeof(*player));
	struct buf text = BUF_INIT;

	add_account(&text, world, "first", "");
	world->config = parse(&text);
	world->config->account[0].retry_least = least;
	world->config->account[0].retry_most = most;
	player->world = world;
	player->session = (struct session){
		.loop = world->loop,
		.net = world->net,
		.oauth2 = world->oauth2,
		.prepare = prepare,
		.work = work,
		.ended = ended,
		.owner = player,
		.account = &world->config->account[0],
		.where = "first",
	};
	return player;
}

/* The test's own coroutine, beside the session's. */
struct beside {
	struct player *player;
	void (*test)(struct player *player);
};

static void
beside_main(void *arg)
{
	struct beside *beside = arg;
	struct player *player = beside->player;

	if (beside->test != NULL)
		beside->test(player);
	WAIT_UNTIL(player->world, player->ended > 0);
	co_cancel(player->world->acceptor);
}

static void
run(struct player *player, void (*test)(struct player *player))
{
	struct world *world = player->world;
	struct beside beside = { player, test };

	world->acceptor = co_spawn(world->loop, "acceptor", accept_peers, world);
	session_start(&player->session, "session");
	if (player->stopped_early)
		session_stop(&player->session);
	co_spawn(world->loop, "test", beside_main, &beside);
	ev_run(world->ev, 0);
	assert_int_equal(co_count(world->loop), 0);
	assert_int_equal(player->ended, 1);
}

static void
stop_after_five(struct player *player)
{
	WAIT_UNTIL(player->world, player->worked >= 5);
	session_stop(&player->session);
}

static void
a_session_that_is_lost_begins_again(void **state)
{
	struct player *player = make_player(*state, 0, 0);

	player->answer = SESSION_LOST;
	run(player, stop_after_five);
	assert_true(player->prepared >= 5);
	assert_true(player->session.failures >= 5);
	free(player);
}

static void
a_session_that_is_done_ends(void **state)
{
	struct player *player = make_player(*state, 0, 0);

	player->answer = SESSION_DONE;
	run(player, NULL);
	assert_int_equal(player->worked, 1);
	assert_int_equal(player->session.failures, 0);
	free(player);
}

static void
a_session_that_is_needed_no_more_does_not_begin(void **state)
{
	struct world *world = *state;
	struct player *player = make_player(world, 0, 0);

	player->needless = true;
	run(player, NULL);
	assert_int_equal(player->session.end, SESSION_DONE);
	assert_int_equal(world->logins, 0);
	free(player);
}

static void
a_stop_before_it_ran_keeps_it_from_connecting(void **state)
{
	struct world *world = *state;
	struct player *player = make_player(world, 0, 0);

	player->stopped_early = true;
	run(player, NULL);
	assert_int_equal(player->prepared, 0);
	assert_int_equal(world->logins, 0);
	free(player);
}

static void
with_once_it_tries_three_times_in_a_row(void **state)
{
	struct player *player = make_player(*state, 0, 0);

	player->session.once = true;
	player->answer = SESSION_LOST;
	player->good = 4;
	run(player, NULL);
	/* each of the good ones begins the row anew */
	assert_int_equal(player->worked, 4 + SESSION_ONCE_ATTEMPTS - 1);
	assert_int_equal(player->session.end, SESSION_LOST);
	free(player);
}

/* Providers lock accounts out. */
static void
with_once_a_denied_sign_in_is_not_tried_again(void **state)
{
	struct world *world = *state;
	struct player *player = make_player(world, 0, 0);

	player->session.once = true;
	world->denial = "NO [AUTHENTICATIONFAILED] no";
	run(player, NULL);
	assert_int_equal(world->logins, 1);
	assert_int_equal(player->worked, 0);
	assert_int_equal(player->session.end, SESSION_DENIED);
	free(player);
}

static void
stop_in_the_pause(struct player *player)
{
	WAIT_UNTIL(player->world, log_lines(player->world, "next attempt in") == 1);
	session_stop(&player->session);
}

/* The seconds of the log's first "next attempt in 598 s". */
static double
told_pause(const struct world *world)
{
	static const char words[] = "next attempt in ";
	FILE *f = fopen(world->log, "r");
	double seconds = -1;
	char line[4096];

	assert_non_null(f);
	while (seconds < 0 && fgets(line, sizeof(line), f) != NULL) {
		const char *at = strstr(line, words);

		if (at != NULL)
			seconds = strtod(at + strlen(words), NULL);
	}
	fclose(f);
	return seconds;
}

static void
a_denied_sign_in_waits_as_long_as_any(void **state)
{
	struct world *world = *state;
	struct player *player = make_player(world, 1, 10000);

	world->denial = "NO [AUTHENTICATIONFAILED] no";
	run(player, stop_in_the_pause);
	assert_true(told_pause(world) >= 7500);
	assert_int_equal(world->logins, 1);
	free(player);
}

static void
a_stop_cuts_a_pause_short(void **state)
{
	struct world *world = *state;
	struct player *player = make_player(world, 10000, 10000);

	player->answer = SESSION_LOST;
	run(player, stop_in_the_pause);
	assert_true(told_pause(world) >= 7500);
	assert_int_equal(player->worked, 1);
	free(player);
}

static void
stop_at_work(struct player *player)
{
	WAIT_UNTIL(player->world, player->worked == 1);
	player->session.waiting = false; /* a batch is under way */
	session_stop(&player->session);
	assert_false(co_canceled(player->session.co));
}

static void
a_stop_lets_a_batch_finish(void **state)
{
	struct player *player = make_player(*state, 0, 0);

	player->answer = SESSION_LOST;
	player->stays = true;
	run(player, stop_at_work);
	assert_int_equal(player->worked, 1);
	free(player);
}

/* Crowded servers */

static bool
does_without(struct session *s)
{
	(void)s;
	return true;
}

static bool
is_needed(struct session *s)
{
	struct player *player = s->owner;

	player->world->most = 1; /* room comes */
	return false;
}

static void
a_connection_too_many_ends_when_its_owner_does_without(void **state)
{
	struct world *world = *state;
	struct player *player = make_player(world, 0, 0);

	world->most = 0;
	player->session.crowded = does_without;
	run(player, NULL);
	assert_int_equal(player->session.end, SESSION_TOO_MANY);
	assert_int_equal(world->logins, 1);
	free(player);
}

static void
a_connection_that_is_needed_is_tried_again_on_a_crowded_server(void **state)
{
	struct world *world = *state;
	struct player *player = make_player(world, 0, 0);

	world->most = 0;
	player->session.crowded = is_needed;
	player->answer = SESSION_DONE;
	run(player, NULL);
	assert_int_equal(world->logins, 2);
	assert_int_equal(player->session.end, SESSION_DONE);
	free(player);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_doubles_up_to_the_longest),
		T(a_session_that_is_lost_begins_again),
		T(a_session_that_is_done_ends),
		T(a_session_that_is_needed_no_more_does_not_begin),
		T(a_stop_before_it_ran_keeps_it_from_connecting),
		T(with_once_it_tries_three_times_in_a_row),
		T(with_once_a_denied_sign_in_is_not_tried_again),
		T(a_denied_sign_in_waits_as_long_as_any),
		T(a_stop_cuts_a_pause_short),
		T(a_stop_lets_a_batch_finish),
		T(a_connection_too_many_ends_when_its_owner_does_without),
		T(a_connection_that_is_needed_is_tried_again_on_a_crowded_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
