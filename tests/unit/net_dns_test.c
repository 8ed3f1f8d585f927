/*
 * net_dns_test - names to addresses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "net_dns_fake.h"

static struct fake_dns dns;

static int
setup(void **state)
{
	world_setup(state);
	fake_start(*state, &dns);
	return 0;
}

static int
teardown(void **state)
{
	fake_stop(*state, &dns);
	return world_teardown(state);
}

/* What the coroutine is to look up, and what came of it. */
static const char *host;
static double timeout;
static struct net_addresses found;
static int result;

static void
look_up(struct world *world)
{
	world->error[0] = '\0';
	result = net_dns_resolve(world->net->dns, host, co_clock() + timeout, &found, world->error);
}

static void
resolve(struct world *world, const char *name)
{
	host = name;
	timeout = LONG;
	run(world, look_up);
}

static bool
has(const char *address)
{
	char text[NET_PEER_SIZE];

	for (size_t i = 0; i < found.count; i++)
		if (strcmp(net_address_text(&found.at[i], text), address) == 0)
			return true;
	return false;
}

static void
literals_and_localhost_need_no_name_server(void **state)
{
	static const struct {
		const char *host, *addresses[3];
	} cases[] = {
		{ "192.0.2.7", { "192.0.2.7" } },        { "127.0.0.1", { "127.0.0.1" } },
		{ "2001:db8::7", { "2001:db8::7" } },    { "::1", { "::1" } },
		{ "localhost", { "127.0.0.1", "::1" } }, { "LOCALHOST", { "127.0.0.1", "::1" } },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count = 0;

		resolve(world, cases[i].host);
		assert_int_equal(result, 0);
		for (; cases[i].addresses[count] != NULL; count++)
			assert_true(has(cases[i].addresses[count]));
		assert_int_equal(found.count, count);
	}
	assert_int_equal(dns.asked, 0);
	assert_int_equal(net_dns_count(world->net->dns), 0);
}

static void
a_name_has_addresses_of_both_families(void **state)
{
	struct world *world = *state;

	resolve(world, "both.example.com");
	assert_int_equal(result, 0);
	assert_int_equal(found.count, 4);
	assert_true(has("192.0.2.1") && has("192.0.2.2"));
	assert_true(has("2001:db8::1") && has("2001:db8::2"));
}

static void
look_up_as_text(struct world *world)
{
	static const struct {
		const char *host, *want;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:db8::1", "[2001:db8::1]" },
		{ "localhost", "127.0.0.1,[::1]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf text = BUF_INIT;

		assert_int_equal(net_resolve(world->net, rows[i].host, LONG, &text, world->error),
				 0);
		assert_string_equal(buf_str(&text), rows[i].want);
		buf_free(&text);
	}
}

static void
addresses_can_be_had_as_text_for_libraries(void **state)
{
	run(*state, look_up_as_text);
}

static void
more_addresses_than_the_limit_are_not_tried(void **state)
{
	struct world *world = *state;

	resolve(world, "many.example.com");
	assert_int_equal(result, 0);
	assert_true(FAKE_MANY > NET_MAX_ADDRESSES);
	assert_int_equal(found.count, NET_MAX_ADDRESSES);
}

static void
a_failure_says_what_to_check(void **state)
{
	static const struct {
		const char *host;
		double timeout;
		const char *says;
	} cases[] = {
		{ "missing.invalid", LONG, "missing.invalid: no such name in DNS; is host" },
		{ "empty.example.com", LONG, "empty.example.com: the name has no address in DNS" },
		{ "silent.example.com", SHORT, "the name servers do not answer; check /etc/" },
		{ "broken.example.com", LONG, "broken.example.com: the name servers failed" },
		{ "refusing.example.com", LONG,
		  "refusing.example.com: the name servers failed, refused or" },
		{ "garbage.example.com", LONG,
		  "garbage.example.com: the name server answers nonsense" },
		{ "imap..example.com", LONG, "imap..example.com: that is no valid host name" },
		{ "a b.example.com", LONG, "a b.example.com: no such name" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host = cases[i].host;
		timeout = cases[i].timeout;
		run(world, look_up);
		assert_int_equal(result, -1);
		assert_contains(world->error, cases[i].says);
	}
}

static void
an_answer_is_used_again_until_the_refresh(void **state)
{
	struct world *world = *state;

	resolve(world, "imap.example.com");
	assert_int_equal(dns.asked, 1);
	resolve(world, "IMAP.example.com");
	assert_int_equal(result, 0);
	assert_true(has("127.0.0.1"));
	assert_int_equal(dns.asked, 1);
	net_refresh(world->net);
	assert_int_equal(net_dns_count(world->net->dns), 0);
	resolve(world, "imap.example.com");
	assert_int_equal(dns.asked, 2);
}

static void
a_failure_is_not_remembered(void **state)
{
	struct world *world = *state;

	resolve(world, "missing.invalid");
	assert_int_equal(result, -1);
	assert_int_equal(dns.asked, 1);
	resolve(world, "missing.invalid");
	assert_int_equal(dns.asked, 2);
}

static void
the_oldest_name_makes_room_for_one_too_many(void **state)
{
	struct world *world = *state;
	char name[32];

	for (unsigned i = 0; i < NET_CACHE_NAMES; i++) {
		snprintf(name, sizeof(name), "n%u.example.com", i);
		resolve(world, name);
	}
	assert_int_equal(net_dns_count(world->net->dns), NET_CACHE_NAMES);
	resolve(world, "n0.example.com");
	assert_int_equal(dns.asked, NET_CACHE_NAMES); /* still there */
	resolve(world, "imap.example.com");
	assert_int_equal(net_dns_count(world->net->dns), NET_CACHE_NAMES);
	assert_int_equal(dns.asked, NET_CACHE_NAMES + 1);
	resolve(world, "n1.example.com");
	assert_int_equal(dns.asked, NET_CACHE_NAMES + 1);
	resolve(world, "n0.example.com");
	assert_int_equal(dns.asked, NET_CACHE_NAMES + 2);
}

static size_t resolved;

static void
look_up_beside_others(void *arg)
{
	struct world *world = arg;
	struct net_addresses addresses;
	char error[NET_ERROR_SIZE];

	assert_int_equal(net_dns_resolve(world->net->dns, "imap.example.com", co_clock() + LONG,
					 &addresses, error),
			 0);
	assert_int_equal(addresses.count, 1);
	if (++resolved == 5)
		ev_break(world->ev, EVBREAK_ALL);
}

static void
those_who_ask_for_one_name_share_the_question(void **state)
{
	struct world *world = *state;

	resolved = 0;
	for (int i = 0; i < 5; i++)
		co_spawn(world->loop, "one of five", look_up_beside_others, world);
	ev_run(world->ev, 0);
	assert_int_equal(resolved, 5);
	assert_int_equal(dns.asked, 1);
}

static void
a_question_can_be_cancelled_and_forgotten_while_it_is_out(void **state)
{
	struct world *world = *state;

	cancel_soon(world);
	resolve(world, "silent.example.com");
	assert_int_equal(result, -1);
	assert_contains(world->error, "canceled");
	net_refresh(world->net);
	assert_int_equal(net_dns_count(world->net->dns), 1); /* c-ares still holds it */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(literals_and_localhost_need_no_name_server),
		TEST(a_name_has_addresses_of_both_families),
		TEST(addresses_can_be_had_as_text_for_libraries),
		TEST(more_addresses_than_the_limit_are_not_tried),
		TEST(a_failure_says_what_to_check),
		TEST(an_answer_is_used_again_until_the_refresh),
		TEST(a_failure_is_not_remembered),
		TEST(the_oldest_name_makes_room_for_one_too_many),
		TEST(those_who_ask_for_one_name_share_the_question),
		TEST(a_question_can_be_cancelled_and_forgotten_while_it_is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
