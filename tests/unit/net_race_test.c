/*
 * net_race_test - connecting: where to, which address, how many at once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_dns_fake.h"

#include <poll.h>

/* Loopback only */

static void
loopback_is_recognised(void **state)
{
	static const struct {
		const char *address;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "127.255.255.255", true },
		{ "126.255.255.255", false },
		{ "128.0.0.0", false },
		{ "192.0.2.127", false },
		{ "0.0.0.0", false },
		{ "::1", true },
		{ "::", false },
		{ "::2", false },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:192.0.2.1", false },
		{ "::127.0.0.1", false },
		{ "2001:db8::7f00:1", false },
		{ "fe80::1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		union net_address address;

		assert_true(net_dns_literal(cases[i].address, &address));
		assert_int_equal(net_is_loopback(&address), cases[i].loopback);
	}
}

static void
greet(struct told *told, int fd, const void *context)
{
	char c;

	(void)context;
	send_text(fd, "hello");
	while (read(fd, &c, 1) > 0)
		told->bytes++;
}

static void
be_greeted(struct world *world)
{
	struct net_conn *conn = connect_well(world);

	assert_contains(net_peer(conn), "127.0.0.1 port ");
	assert_reads(conn, "hello");
	net_close(conn);
}

static void
plain_text_goes_to_loopback_only(void **state)
{
	static const char *const hosts[] = { "192.0.2.1", "2001:db8::1", "public.example.com" };
	struct world *world = *state;
	struct fake_dns dns;

	fake_start(world, &dns);
	snprintf(world->port, sizeof(world->port), "143");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		world->options.host = hosts[i];
		run(world, connect_badly);
		assert_contains(world->error, hosts[i]);
		assert_contains(world->error,
				" port 143: not connected: without TLS only loopback");
	}
	/* Of a mixed name only the loopback address is used. */
	start_server(world, greet, NULL);
	world->options.host = "partly.example.com";
	run(world, be_greeted);
	fake_stop(world, &dns);
}

/* Connecting */

static void
a_port_is_a_number_in_range(void **state)
{
	static const char *const bad[] = { "",      "0",    "65536", "99999999999999999999",
					   "imaps", "143x", "-1",    "+143",
					   " 143" };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		world->options.port = bad[i];
		run(world, connect_badly);
		assert_contains(world->error, "a port is a number from 1 to 65535");
	}
}

/* A port of 127.0.0.1 where nobody listens; the socket keeps it from others. */
static int
refuse(struct world *world)
{
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port, -1);

	snprintf(world->port, sizeof(world->port), "%u", port);
	return fd;
}

static void
a_refused_connection_says_what_to_check(void **state)
{
	struct world *world = *state;
	int fd = refuse(world);
	char says[100];

	run(world, connect_badly);
	snprintf(says, sizeof(says),
		 "127.0.0.1 port %s: connection refused by 127.0.0.1; is the server running and "
		 "the port right?",
		 world->port);
	assert_string_equal(world->error, says);
	close(fd);
}

/* A listener whose queue is full: further connects are not answered at all. */
struct black_hole {
	int port; /* keeps the port on all addresses, so that nobody else answers there */
	int listener;
	int filler;
};

static void
open_black_hole_on(struct black_hole *hole, const char *address, uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct pollfd queue = { .events = POLLIN };

	hole->port = listen_on("0.0.0.0", port, -1);
	hole->listener = listen_on(address, port, 0);
	hole->filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(hole->filler >= 0);
	at.sin_port = htons(*port);
	(void)connect(hole->filler, (struct sockaddr *)&at, sizeof(at));
	/* It has room for one, who is in when somebody could be accepted. (Without SYN cookies it
	 * has room for none: then the wait is in vain.) */
	queue.fd = hole->listener;
	(void)poll(&queue, 1, 10000);
}

static void
open_black_hole(struct black_hole *hole, uint16_t *port)
{
	open_black_hole_on(hole, "127.0.0.1", port);
}

/* Whoever waits for an answer is refused when he asks again, about a second after he did first. */
static void
end_black_hole(struct black_hole *hole)
{
	close(hole->filler);
	close(hole->listener);
	hole->filler = hole->listener = -1;
}

static void
close_black_hole(struct black_hole *hole)
{
	if (hole->listener >= 0)
		end_black_hole(hole);
	close(hole->port);
}

static void
a_black_hole_costs_the_connect_timeout(void **state)
{
	struct world *world = *state;
	struct black_hole hole;
	uint16_t port = 0;
	double start;

	open_black_hole(&hole, &port);
	snprintf(world->port, sizeof(world->port), "%u", port);
	world->options.connect_timeout = SHORT;
	start = co_clock();
	run(world, connect_badly);
	assert_contains(world->error, "no answer from 127.0.0.1; is a firewall in the way");
	assert_true(co_clock() - start >= SHORT && co_clock() - start < LONG);
	close_black_hole(&hole);
}

static void
connect_to_the_good_one(struct world *world)
{
	struct net_conn *conn = connect_well(world);

	assert_contains(net_peer(conn), "127.0.0.2 port ");
	net_close(conn);
}

static void
refused_and_black_hole_do_not_hide_the_good_address(void **state)
{
	struct world *world = *state;
	struct black_hole hole;
	struct fake_dns dns;
	uint16_t port = 0;
	int good;
	double start;

	/* race.example.com: 127.0.0.3 (nobody), 127.0.0.1 (black hole), 127.0.0.2 */
	open_black_hole(&hole, &port);
	good = listen_on("127.0.0.2", &port, 10);
	fake_start(world, &dns);
	snprintf(world->port, sizeof(world->port), "%u", port);
	world->options.host = "race.example.com";
	start = co_clock();
	run(world, connect_to_the_good_one);
	assert_true(co_clock() - start >= NET_STAGGER && co_clock() - start < LONG);
	close(good);
	/* Without it, every address is told of in the order of its trial. */
	world->options.connect_timeout = 3.0; /* the third begins after NET_STAGGER */
	run(world, connect_badly);
	assert_contains(world->error, "connection refused by 127.0.0.3, no answer from 127.0.0.1, "
				      "connection refused by 127.0.0.2; is the server running");
	fake_stop(world, &dns);
	close_black_hole(&hole);
}

static void
many_failures_are_told_in_few_words(void **state)
{
	struct world *world = *state;
	struct fake_dns dns;
	int fd = refuse(world);

	fake_start(world, &dns);
	world->options.host = "many.example.com";
	run(world, connect_badly);
	assert_contains(world->error, "127.0.1.4 and 12 more addresses failed; is the server");
	fake_stop(world, &dns);
	close(fd);
}

static void
families_take_turns(void **state)
{
	static const struct {
		const char *in, *out; /* '4' and '6', then the number of the address */
	} cases[] = {
		{ "4a", "4a" },
		{ "4a4b", "4a4b" },
		{ "4a4b6a6b", "4a6a4b6b" },
		{ "6a6b4a4b", "6a4a6b4b" },
		{ "6a6b6c4a", "6a4a6b6c" },
		{ "4a6a6b6c", "4a6a6b6c" },
		{ "4a6a4b6b", "4a6a4b6b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_addresses list = { 0 };
		char out[2 * NET_MAX_ADDRESSES + 1] = "";

		for (const char *at = cases[i].in; *at != '\0'; at += 2) {
			list.at[list.count].any.sa_family = *at == '4' ? AF_INET : AF_INET6;
			list.at[list.count++].v4.sin_port = (in_port_t)at[1];
		}
		net_interleave(&list);
		for (size_t j = 0; j < list.count; j++) {
			out[2 * j] = list.at[j].any.sa_family == AF_INET ? '4' : '6';
			out[2 * j + 1] = (char)list.at[j].v4.sin_port;
		}
		assert_string_equal(out, cases[i].out);
	}
}

static void
connect_and_be_cancelled(struct world *world)
{
	cancel_soon(world);
	connect_badly(world);
}

static void
a_connect_can_be_cancelled(void **state)
{
	struct world *world = *state;
	struct black_hole hole;
	uint16_t port = 0;

	open_black_hole(&hole, &port);
	snprintf(world->port, sizeof(world->port), "%u", port);
	run(world, connect_and_be_cancelled);
	assert_contains(world->error, "canceled");
	close_black_hole(&hole);
}

/* Turns */

#define BEYOND 6 /* so many more than may connect at once */

struct crowd {
	struct world *world;
	struct co *co[NET_MAX_CONNECTING + BEYOND];
	size_t begun, per_host; /* so many came; so many go to one host */
	size_t canceled, refused;
};

static void
connect_in_a_crowd(void *arg)
{
	struct crowd *crowd = arg;
	struct net_options options = crowd->world->options;
	char error[NET_ERROR_SIZE], host[20];

	snprintf(host, sizeof(host), "127.0.0.%zu", 1 + crowd->begun++ / crowd->per_host);
	options.host = host;
	assert_null(net_connect(crowd->world->net, &options, error));
	crowd->canceled += strstr(error, "canceled") != NULL;
	crowd->refused += strstr(error, "connection refused by") != NULL;
}

static struct black_hole hole_of_the_crowd;

/* Nobody is answered before everything was looked at; then all are, so that no clock decides. */
static void
end_the_crowd(struct world *world)
{
	end_black_hole(&hole_of_the_crowd);
	while (co_count(world->loop) > 1)
		co_sleep(world->loop, 0.05);
}

static void
play_with_a_crowd(struct world *world, void (*watch)(struct world *))
{
	uint16_t port = 0;

	open_black_hole_on(&hole_of_the_crowd, "0.0.0.0", &port);
	snprintf(world->port, sizeof(world->port), "%u", port);
	run(world, watch);
	close_black_hole(&hole_of_the_crowd);
}

static void
watch_the_crowd(struct world *world)
{
	struct crowd crowd = { .world = world, .per_host = NET_MAX_PER_HOST };
	const size_t all = sizeof(crowd.co) / sizeof(crowd.co[0]);
	size_t waiting = 0;
	const struct net_turn *turn;

	for (size_t i = 0; i < all; i++)
		crowd.co[i] = co_spawn(world->loop, "crowd", connect_in_a_crowd, &crowd);
	co_sleep(world->loop, 0.05);
	assert_int_equal(world->net->connecting, NET_MAX_CONNECTING);
	TAILQ_FOREACH(turn, &world->net->queue, link)
	assert_ptr_equal(turn->co, crowd.co[NET_MAX_CONNECTING + waiting++]); /* in order */
	assert_int_equal(waiting, BEYOND);
	co_cancel(crowd.co[all - 1]); /* one who waits, and one who connects */
	co_cancel(crowd.co[0]);
	co_sleep(world->loop, 0.05);
	assert_int_equal(crowd.canceled, 2);
	assert_int_equal(world->net->connecting, NET_MAX_CONNECTING);
	end_the_crowd(world);
	assert_int_equal(crowd.refused, all - 2);
	assert_int_equal(world->net->connecting, 0);
	assert_true(TAILQ_EMPTY(&world->net->queue));
}

static void
so_many_connect_at_once_and_the_others_in_their_turn(void **state)
{
	play_with_a_crowd(*state, watch_the_crowd);
}

static void
watch_two_hosts(struct world *world)
{
	struct crowd crowd = { .world = world, .per_host = NET_MAX_PER_HOST + BEYOND };

	for (size_t i = 0; i < crowd.per_host + 1; i++)
		crowd.co[i] = co_spawn(world->loop, "crowd", connect_in_a_crowd, &crowd);
	co_sleep(world->loop, 0.05);
	/* BEYOND wait for the first host; the one who wants the second came last and waits not */
	assert_int_equal(world->net->connecting, NET_MAX_PER_HOST + 1);
	assert_ptr_equal(TAILQ_FIRST(&world->net->queue)->co, crowd.co[NET_MAX_PER_HOST]);
	end_the_crowd(world);
	assert_int_equal(crowd.refused, crowd.per_host + 1);
}

static void
a_host_that_hangs_keeps_no_other_waiting(void **state)
{
	play_with_a_crowd(*state, watch_two_hosts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_is_recognised),
		WORLD_TEST(plain_text_goes_to_loopback_only),
		WORLD_TEST(a_port_is_a_number_in_range),
		WORLD_TEST(a_refused_connection_says_what_to_check),
		WORLD_TEST(a_black_hole_costs_the_connect_timeout),
		WORLD_TEST(refused_and_black_hole_do_not_hide_the_good_address),
		WORLD_TEST(many_failures_are_told_in_few_words),
		cmocka_unit_test(families_take_turns),
		WORLD_TEST(a_connect_can_be_cancelled),
		WORLD_TEST(so_many_connect_at_once_and_the_others_in_their_turn),
		WORLD_TEST(a_host_that_hangs_keeps_no_other_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
