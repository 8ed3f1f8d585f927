/*
 * imap_post_world - what the tests of commands sent ahead share
 *
 * The first command after SELECT has the tag 5. A server that answers nothing at first is a step
 * with an empty answer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef IMAP_POST_WORLD_H
#define IMAP_POST_WORLD_H

#include "imap_world.h"

#define FETCH_3_5 "UID FETCH 3,5 (UID BODY.PEEK[]<0.1000>)"
#define MOVE_1_2 "UID MOVE 1:2 \"done\""
#define MAIL_3 "* 3 FETCH (UID 3 BODY[]<0> {3}\r\nabc)\r\n"
#define MAIL_5 "* 5 FETCH (UID 5 BODY[]<0> {2}\r\nde)\r\n"
#define MAIL_9 "* 9 FETCH (UID 9 BODY[]<0> {1}\r\nf)\r\n"
#define FETCH_9 "UID FETCH 9 (UID BODY.PEEK[]<0.1000>)"
#define MOVED "* OK [COPYUID 7 1:2 11:12] moved\r\n* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n"

static const uint32_t moved_uids[] = { 1, 2 }, fetched_uids[] = { 3, 5 };
static const struct imap_uids moved __attribute__((unused)) = { moved_uids, 2 };
static const struct imap_uids fetched = { fetched_uids, 2 };

static inline void
post_both(struct world *world)
{
	bool posted;

	enter(world);
	assert_result(world, imap_post_move(world->imap, moved, "done", &posted), IMAP_OK);
	assert_true(posted);
	assert_result(world, imap_post_fetch(world->imap, fetched, 1000, &posted), IMAP_OK);
	assert_true(posted);
}

static inline void
assert_moved(struct world *world)
{
	uint32_t uid[2];
	struct imap_copies copies = { .uid = uid };

	assert_result(world, imap_move(world->imap, moved, "done", &copies), IMAP_OK);
	assert_int_equal(copies.uidvalidity, 7);
	assert_int_equal(copies.told, 2);
	assert_int_equal(copies.expunged, 2);
	assert_int_equal(copies.uid[0], 11);
	assert_int_equal(copies.uid[1], 12);
}

static inline void
assert_fetched(struct world *world)
{
	assert_result(world, fetch_3_and_5(world), IMAP_OK);
	assert_int_equal(world->got_count, 2);
	assert_int_equal(world->got[0].uid, 3);
	assert_string_equal(world->got[0].text, "abc");
	assert_int_equal(world->got[1].uid, 5);
	assert_string_equal(world->got[1].text, "de");
}

#endif
