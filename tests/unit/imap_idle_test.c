/*
 * imap_idle_test - IDLE, deadlines and cancelling
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"

/* Idling */

static void
news_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_OK);
	assert_true(changed);
}

static void
news_before_the_plus_and_after_done_count(void **state)
{
	static const struct step early[] = { ENTERED,
					     { "IDLE", "* 4 EXISTS\r\n+ idling\r\n" },
					     { "c:DONE", "$ OK done\r\n" },
					     LOGOUT };
	static const struct step recent[] = {
		ENTERED,
		{ "IDLE", "+ idling\r\n* OK [ALERT] x\r\n\r\n* X-ODD (\r\n* 1 FETCH (FLAGS ())\r\n"
			  "* 1 FETCH (BODY[] {12}\r\n$ OK foobar\r\n)\r\n* 1 recent\r\n" },
		{ "c:DONE", "$ OK done\r\n" },
		LOGOUT,
	};
	static const struct step expunge[] = { ENTERED,
					       { "IDLE", "+ idling\r\n* 1 EXPUNGE\r\n" },
					       { "c:DONE", "$ OK done\r\n" },
					       LOGOUT };

	PLAY(*state, early, news_client);
	PLAY(*state, recent, news_client);
	PLAY(*state, expunge, news_client);
}

static void
missed_client(struct world *world)
{
	struct imap_item *items;
	size_t count;
	bool changed;

	enter(world);
	assert_result(world, imap_list(world->imap, 0, 10, &items, &count), IMAP_OK);
	assert_int_equal(count, 1);
	free(items);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_OK);
	assert_true(changed);
	assert_result(world, imap_list(world->imap, 1, 10, &items, &count), IMAP_OK);
	assert_int_equal(count, 1);
	free(items);
	assert_result(world, imap_idle(world->imap, 0.05, &changed), IMAP_OK);
	assert_false(changed);
}

/* The server announces a message once; when that is in the answer to the list, IDLE never tells. */
static void
mail_announced_while_listing_is_not_waited_for(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "UID FETCH 1:* (UID RFC822.SIZE)",
		  "* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n* 2 EXISTS\r\n$ OK done\r\n" },
		{ "UID FETCH 2:* (UID RFC822.SIZE)",
		  "* 2 FETCH (UID 2 RFC822.SIZE 10)\r\n$ OK done\r\n" },
		{ "IDLE", "+ idling\r\n" },
		{ "c:DONE", "$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, missed_client);
}

static void
quiet_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, 0.05, &changed), IMAP_OK);
	assert_false(changed);
	assert_result(world, imap_idle(world->imap, 0.05, &changed), IMAP_OK);
	assert_true(changed);
}

static void
a_quiet_idle_ends_in_time(void **state)
{
	static const struct step script[] = {
		ENTERED,
		{ "IDLE", "+ idling\r\n* OK still here\r\n" },
		{ "c:DONE", "$ OK done\r\n" },
		{ "IDLE", "+ idling\r\n" },
		{ "c:DONE", "* 9 EXISTS\r\n$ OK done\r\n" },
		LOGOUT,
	};

	PLAY(*state, script, quiet_client);
}

static void
no_idle_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_REFUSED);
	assert_contains(imap_error(world->imap), world->expect);
	assert_result(world, imap_noop(world->imap), IMAP_OK);
}

static void
an_idle_that_is_refused_leaves_the_session_alone(void **state)
{
	static const struct step bad[] = {
		ENTERED, { "IDLE", "$ BAD what?\r\n" }, { "NOOP", "$ OK done\r\n" }, LOGOUT
	};
	static const struct step odd[] = {
		ENTERED, { "IDLE", "$ OK done\r\n" }, { "NOOP", "$ OK done\r\n" }, LOGOUT
	};
	struct world *world = *state;

	world->expect = "BAD what?";
	PLAY(world, bad, no_idle_client);
	world->expect = "before it began";
	PLAY(world, odd, no_idle_client);
}

static void
ended_client(struct world *world)
{
	bool changed;

	enter(world);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_LOST);
	assert_contains(imap_error(world->imap), world->expect);
}

static void
a_bye_or_an_end_in_idle_loses_the_session(void **state)
{
	static const struct step bye[] = {
		ENTERED,
		{ "IDLE", "+ idling\r\n* BYE Session invalidated - AccessTokenExpired\r\n" }
	};
	static const struct step end[] = { ENTERED, { "IDLE", "+ idling\r\n" }, { NULL, NULL } };
	struct world *world = *state;

	world->expect = "IDLE: the server ended the session: Session invalidated - "
			"AccessTokenExpired";
	PLAY(world, bye, ended_client);
	world->expect = "closed the connection";
	PLAY(world, end, ended_client);
}

static void
a_flood_in_idle_is_not_waited_out(void **state)
{
	char *text = xalloc((size_t)2 * 1024 * 1024);
	struct step script[] = { ENTERED, { "IDLE", text } };
	struct world *world = *state;
	size_t len = 0;

	len += (size_t)snprintf(text, 20, "+ idling\r\n");
	while (len < (size_t)2 * 1024 * 1024 - 20)
		len += (size_t)snprintf(text + len, 20, "* OK more of it\r\n");
	world->expect = "more bytes";
	PLAY(world, script, ended_client);
	free(text);
}

/* Time and cancelling */

static void
hung_client(struct world *world)
{
	static const char says[] = "not finished by the deadline";

	/* A machine that is slow may not even come to the login. */
	if (world->imap == NULL) {
		assert_not_opened(world, says);
		return;
	}
	assert_result(world, login(world), IMAP_LOST);
	assert_contains(imap_error(world->imap), says);
}

static void
a_server_that_hangs_costs_a_deadline(void **state)
{
	static const struct step dumb[] = { { NULL, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN" } };
	static const struct step half[] = {
		GREETING, { "AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls", "* OK\r\n$ OK" }
	};
	struct world *world = *state;

	world->options.command_timeout = 0.5;
	PLAY(world, dumb, hung_client);
	PLAY(world, half, hung_client);
}

static void
cancel_now(EV_P_ ev_timer *timer, int events)
{
	struct world *world = timer->data;

	(void)events;
	co_cancel(world->co);
	ev_timer_stop(EV_A_ timer);
}

static void
canceled_client(struct world *world)
{
	ev_timer timer;
	bool changed;

	enter(world);
	ev_timer_init(&timer, cancel_now, 0.05, 0);
	timer.data = world;
	ev_timer_start(world->ev, &timer);
	assert_result(world, imap_idle(world->imap, LONG, &changed), IMAP_CANCELED);
	assert_result(world, imap_noop(world->imap), IMAP_LOST);
}

static void
a_cancelled_idle_ends_at_once(void **state)
{
	static const struct step script[] = { ENTERED, { "IDLE", "+ idling\r\n" } };

	PLAY(*state, script, canceled_client);
}

static void
cancel_before(EV_P_ ev_prepare *prepare, int events)
{
	struct world *world = prepare->data;

	(void)events;
	co_cancel(world->co);
	ev_prepare_stop(EV_A_ prepare);
}

static void
never_opened_client(struct world *world)
{
	assert_null(world->imap);
	assert_int_equal(world->opened, IMAP_CANCELED);
	/* The server waits for somebody to come. */
	co_cancel(world->server);
}

static void
cancelled_while_it_connects_nothing_is_opened(void **state)
{
	static const struct step script[] = { HELLO };
	struct world *world = *state;
	ev_prepare prepare;

	ev_prepare_init(&prepare, cancel_before);
	prepare.data = world;
	ev_prepare_start(world->ev, &prepare);
	PLAY(world, script, never_opened_client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(news_before_the_plus_and_after_done_count),
		T(mail_announced_while_listing_is_not_waited_for),
		T(a_quiet_idle_ends_in_time),
		T(an_idle_that_is_refused_leaves_the_session_alone),
		T(a_bye_or_an_end_in_idle_loses_the_session),
		T(a_flood_in_idle_is_not_waited_out),
		T(a_server_that_hangs_costs_a_deadline),
		T(a_cancelled_idle_ends_at_once),
		T(cancelled_while_it_connects_nothing_is_opened),
	};

	return cmocka_run_group_tests_name("imap_idle", tests, NULL, NULL);
}
