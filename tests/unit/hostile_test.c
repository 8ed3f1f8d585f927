/*
 * hostile_test - what mails that were made to cost much cost in memory
 *
 * The mails are those of bench/hostile, which tells what they cost in time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "../../bench/hostile.h"
#include "bounce.h"

#define SMALL ((size_t)32 * 1024)
#define TINY ((size_t)4 * 1024)

/* Bytes of arena for a byte of mail: an address of eight letters becomes a whole recipient, in an
 * array that leaves as much behind when it doubles. */
#define MOST_PER_BYTE (4 * sizeof(struct bounce_recipient) / 8)
#define MOST_ALWAYS ((size_t)64 * 1024)

struct cost {
	size_t bytes, arena, recipients;
};

static struct cost
cost_of(const struct hostile_shape *shape, size_t bytes)
{
	struct bounce_report report;
	struct buf mail = BUF_INIT;
	struct arena arena;
	struct cost cost;

	hostile_write(shape, bytes, &mail);
	arena_init(&arena, 0);
	if (bounce_read(&arena, buf_span(&mail), &report) != 0)
		fail_msg("%s: %zu bytes of arena do not suffice", shape->name, arena.used);
	for (size_t i = 0; i < report.recipient_count; i++)
		assert_non_null(bounce_classify(&report, i).rule);
	cost = (struct cost){ mail.len, arena.used, report.recipient_count };
	arena_free(&arena);
	buf_free(&mail);
	if (cost.arena > MOST_PER_BYTE * cost.bytes + MOST_ALWAYS)
		fail_msg("%s: %zu bytes of arena for %zu bytes", shape->name, cost.arena,
			 cost.bytes);
	return cost;
}

static void
memory_is_linear_in_the_mail(void **state)
{
	(void)state;
	for (size_t i = 0; i < hostile_shape_count; i++) {
		const struct hostile_shape *shape = &hostile_shapes[i];
		struct cost one = cost_of(shape, SMALL), four = cost_of(shape, 4 * SMALL);

		/* four times as much, or eight where an array has just doubled; not sixteen */
		if (four.arena > 8 * one.arena + MOST_ALWAYS)
			fail_msg("%s: %zu bytes of arena, and %zu at four times the size",
				 shape->name, one.arena, four.arena);
	}
}

static void
any_filler_in_any_place_is_read(void **state)
{
	(void)state;
	for (size_t p = 0; p < hostile_place_count; p++) {
		for (size_t f = 0; f < hostile_filler_count; f++) {
			const struct hostile_shape shape = {
				.name = hostile_places[p].name,
				.head = hostile_places[p].head,
				.tail = hostile_places[p].tail,
				.unit = hostile_fillers[f].unit,
				.make = hostile_fillers[f].make,
			};

			(void)cost_of(&shape, TINY);
		}
	}
}

static const struct hostile_shape *
shape_named(const char *name)
{
	for (size_t i = 0; i < hostile_shape_count; i++)
		if (strcmp(hostile_shapes[i].name, name) == 0)
			return &hostile_shapes[i];
	fail_msg("no shape %s", name);
	return NULL;
}

/* As many as are kept, in each form of report that names so many. */
static void
the_most_recipients_fit_into_the_default_arena(void **state)
{
	static const struct {
		const char *shape;
		size_t bytes;
	} rows[] = {
		{ "addresses in a text", (size_t)4 * 1000 * 1000 },
		{ "recipients of a status part", (size_t)16 * 1000 * 1000 },
		{ "notification", (size_t)9 * 1000 * 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cost_of(shape_named(rows[i].shape), rows[i].bytes).recipients,
				 BOUNCE_MAX_RECIPIENTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_linear_in_the_mail),
		cmocka_unit_test(any_filler_in_any_place_is_read),
		cmocka_unit_test(the_most_recipients_fit_into_the_default_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
