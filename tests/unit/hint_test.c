/*
 * hint_test - whether the returned message's To names the recipient
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "hint.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct arena arena;

static enum bounce_to
hint(const char *to, const char *list, struct bounce_recipient recipient)
{
	struct bounce_report report = { .recipient = &recipient,
					.recipient_count = 1,
					.original_to_list = span_of(to),
					.original_list_id = span_of(list) };

	hint_to(&arena, &report);
	return recipient.to;
}

static void
a_to_names_him_another_or_nobody_in_particular(void **state)
{
	static const struct {
		const char *to, *list;
		enum bounce_to want;
	} rows[] = {
		{ "ann@example.com", "", BOUNCE_TO_SAME },
		{ "Ann <ANN@Example.COM>", "", BOUNCE_TO_SAME },
		{ "x@example.com,\r\n Ann <ann@example.com>", "", BOUNCE_TO_SAME },
		{ "friends: ann@example.com, x@example.com;", "", BOUNCE_TO_SAME },
		{ "anne@example.com", "", BOUNCE_TO_DIFFERS },
		{ "list@example.org", "list.example.org", BOUNCE_TO_ABSENT },
		{ "ann@example.com", "list.example.org", BOUNCE_TO_SAME },
		{ "x@example.com, y@example.com", "", BOUNCE_TO_ABSENT },
		{ "undisclosed-recipients:;", "", BOUNCE_TO_UNKNOWN },
		{ "", "", BOUNCE_TO_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounce_recipient ann = { .address = SPAN("ann@example.com") };

		if (hint(rows[i].to, rows[i].list, ann) != rows[i].want)
			fail_msg("%s", rows[i].to);
	}
}

static void
a_forwarded_address_counts_by_either_name(void **state)
{
	struct bounce_recipient r = { .address = SPAN("ann@example.com"),
				      .final = SPAN("ann@mail.example.net") };

	(void)state;
	assert_int_equal(hint("ann@example.com", "", r), BOUNCE_TO_SAME);
	assert_int_equal(hint("ann@mail.example.net", "", r), BOUNCE_TO_SAME);
}

/* Who may stand behind what was looked at is not said to be absent. */
static void
a_long_to_is_looked_at_up_to_its_limit(void **state)
{
	(void)state;
	for (unsigned count = HINT_MAX_NAMED - 1; count <= HINT_MAX_NAMED + 1; count++) {
		struct bounce_recipient last = { .address = SPAN("ann@example.com") };
		struct bounce_recipient nobody = { .address = SPAN("bob@example.com") };
		struct buf to = BUF_INIT;

		for (unsigned i = 1; i < count; i++)
			buf_addf(&to, "user%u@example.com, ", i);
		buf_adds(&to, "ann@example.com");
		assert_int_equal(hint(buf_str(&to), "", last),
				 count <= HINT_MAX_NAMED ? BOUNCE_TO_SAME : BOUNCE_TO_UNKNOWN);
		assert_int_equal(hint(buf_str(&to), "", nobody),
				 count <= HINT_MAX_NAMED ? BOUNCE_TO_ABSENT : BOUNCE_TO_UNKNOWN);
		buf_free(&to);
	}
}

static void
recipients_are_looked_for_up_to_their_limit(void **state)
{
	static struct bounce_recipient many[BOUNCE_MAX_HINTED + 1];
	struct bounce_report report = { .recipient = many,
					.recipient_count = COUNT(many),
					.original_to_list = SPAN("ann@example.com") };

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct bounce_recipient){ .address = SPAN("ann@example.com") };
	hint_to(&arena, &report);
	assert_int_equal(many[0].to, BOUNCE_TO_SAME);
	assert_int_equal(many[BOUNCE_MAX_HINTED - 1].to, BOUNCE_TO_SAME);
	assert_int_equal(many[BOUNCE_MAX_HINTED].to, BOUNCE_TO_UNKNOWN);
}

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_to_names_him_another_or_nobody_in_particular),
		cmocka_unit_test(a_forwarded_address_counts_by_either_name),
		cmocka_unit_test(a_long_to_is_looked_at_up_to_its_limit),
		cmocka_unit_test(recipients_are_looked_for_up_to_their_limit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
