/*
 * sent_test - the addresses that a mail was sent to
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "sent.h"

static void
check(const char *text, const char *want)
{
	struct sent out[SENT_MAX];
	struct span body;
	struct buf got = BUF_INIT;
	struct header_list headers;
	struct arena arena;
	size_t count;

	arena_init(&arena, 0);
	assert_int_equal(header_parse(&arena, span_of(text), 1, &headers, &body), 0);
	count = sent_to(&arena, &headers, out);
	for (size_t i = 0; i < count; i++) {
		buf_add(&got, out[i].address);
		buf_addc(&got, ' ');
	}
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
	arena_free(&arena);
}

static void
what_servers_wrote_comes_first(void **state)
{
	(void)state;
	check("To: news-bounces@lists.example.net\nDelivered-To: inbox@example.net\n"
	      "X-Original-To: news-bounces+ann=example.com@lists.example.net\n\n",
	      "news-bounces+ann=example.com@lists.example.net inbox@example.net "
	      "news-bounces@lists.example.net ");
}

static void
each_address_is_told_once(void **state)
{
	(void)state;
	check("Delivered-To: inbox@example.net\nDelivered-To: other@example.net\n"
	      "To: Inbox@example.net, \"B\" <b@example.net>\n\n",
	      "inbox@example.net other@example.net b@example.net ");
	check("Subject: no address\n\n", "");
}

/* A line end in a quoted local part would end a header field or a command wherever it is written.
 */
static void
no_address_has_a_line_end(void **state)
{
	(void)state;
	check("To: \"a\r\n b\"@example.net, <a\r\n\tb@example.net>, c@example.net\r\n\r\n",
	      "c@example.net ");
}

static void
no_more_than_the_limit_is_looked_at(void **state)
{
	struct buf text = BUF_INIT, want = BUF_INIT;

	(void)state;
	buf_adds(&text, "To: ");
	for (int i = 0; i < SENT_MAX + 1; i++) {
		buf_addf(&text, "a%d@example.net, ", i);
		if (i < SENT_MAX)
			buf_addf(&want, "a%d@example.net ", i);
	}
	buf_adds(&text, "\n\n");
	check(buf_str(&text), buf_str(&want));
	buf_free(&text);
	buf_free(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_servers_wrote_comes_first),
		cmocka_unit_test(each_address_is_told_once),
		cmocka_unit_test(no_address_has_a_line_end),
		cmocka_unit_test(no_more_than_the_limit_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
