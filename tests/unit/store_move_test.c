/*
 * store_move_test - intents to move, step by step
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#define ROOM 8

static uint32_t uid[ROOM];

/* Uids of the intents for a target that are due at `now`, as text. */
static void
assert_moves(struct place *p, int64_t folder, const char *target, int64_t now, const char *want)
{
	struct store_move_set set = { .folder = folder, .now = now, .most = ROOM, .uid = uid };
	struct buf got = BUF_INIT;

	ok(store_moves(p->store, target, &set));
	for (size_t i = 0; i < set.count; i++)
		buf_addf(&got, "%s%u", i > 0 ? " " : "", set.uid[i]);
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

static void
assert_target(struct place *p, int64_t folder, const char *after, const char *want)
{
	char *target;

	ok(store_move_target(p->store, folder, NOW, after, &target));
	if (want == NULL)
		assert_null(target);
	else
		assert_string_equal(target, want);
	free(target);
}

static void
take_step(struct place *p, enum store_move_step step, int64_t folder, uint32_t of)
{
	const uint32_t copy = of + 100;
	const struct store_move move = {
		.step = step,
		.folder = folder,
		.time = NOW,
		.uid = &of,
		.count = 1,
		.filed = { "Done", 9, &copy },
	};

	ok(store_move_step(p->store, &move));
}

static void
moves_come_by_target_in_order_and_in_sets(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1), other = open_folder(p, "Other", 1);
	struct store_move_set set = { .folder = folder, .now = NOW, .most = 2, .uid = uid };

	add_message(p, folder, 9, 'a', "Done");
	add_message(p, folder, 3, 'b', "Review");
	add_message(p, folder, 5, 'c', "Done");
	add_message(p, folder, 4, 'd', NULL);
	add_message(p, folder, 7, 'e', "Done");
	add_message(p, other, 1, 'f', "Done");
	assert_target(p, folder, NULL, "Done");
	ok(store_moves(p->store, "Done", &set));
	assert_int_equal(set.count, 2);
	assert_int_equal(uid[0], 5);
	assert_int_equal(uid[1], 7);
	take_step(p, STORE_MOVED, folder, 5);
	take_step(p, STORE_MOVED, folder, 7);
	assert_moves(p, folder, "Done", NOW, "9");
	assert_target(p, folder, "Done", "Review");
	assert_target(p, folder, "Review", NULL);
	assert_sql(p,
		   "SELECT uid, moved_at, filed_to, filed_uidvalidity, filed_uid FROM message "
		   "WHERE moved_at IS NOT NULL ORDER BY uid",
		   "5|1790000000|Done|9|105\n7|1790000000|Done|9|107");
}

static void
what_the_server_does_not_tell_of_a_copy_stays_unknown(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);
	const uint32_t of[] = { 1, 2 }, copy[] = { 0, 8 };
	struct store_move move = { STORE_MOVED, folder, NOW, of, 2, { "Done", 9, copy } };

	add_message(p, folder, 1, 'a', "Done");
	add_message(p, folder, 2, 'b', "Done");
	ok(store_move_step(p->store, &move));
	assert_sql(p, "SELECT filed_to, filed_uidvalidity, filed_uid FROM message ORDER BY uid",
		   "Done|-|-\nDone|9|8");
}

static void
a_copy_goes_through_its_steps(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);
	struct store_move_set set = { .folder = folder, .now = NOW, .most = ROOM, .uid = uid };
	struct store_unsure *unsure;
	size_t count;

	add_message(p, folder, 1, 'a', "Done");
	add_message(p, folder, 2, 'b', "Done");
	add_message(p, folder, 3, 'c', "Done");
	take_step(p, STORE_COPY_BEGIN, folder, 1);
	take_step(p, STORE_COPY_BEGIN, folder, 2);
	assert_moves(p, folder, "Done", NOW, "3");
	ok(store_copies_unsure(p->store, folder, &unsure, &count));
	assert_int_equal(count, 2);
	assert_int_equal(unsure[1].uid, 2);
	assert_string_equal(unsure[1].trace.folder, "Done");
	assert_string_equal(unsure[1].trace.message_id, "");
	assert_int_equal(unsure[1].trace.size, 1000);
	assert_int_equal(unsure[1].trace.fingerprint[0], 'b');
	assert_int_equal(unsure[1].others, 0);
	store_unsure_free(unsure, count);
	take_step(p, STORE_COPY_DONE, folder, 1);
	take_step(p, STORE_COPY_UNDONE, folder, 2);
	assert_moves(p, folder, "Done", NOW, "2 3");
	ok(store_copies_done(p->store, &set));
	assert_int_equal(set.count, 1);
	assert_int_equal(uid[0], 1);
	take_step(p, STORE_MOVED, folder, 1);
	ok(store_copies_done(p->store, &set));
	assert_int_equal(set.count, 0);
	ok(store_copies_unsure(p->store, folder, &unsure, &count));
	assert_int_equal(count, 0);
	free(unsure);
	assert_sql(p, "SELECT uid, filed_to, filed_uid, copying_at FROM message ORDER BY uid",
		   "1|Done|101|-\n2|-|-|-\n3|-|-|-");
}

static void
a_refused_message_is_set_aside_longer_each_time(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1), at;
	const struct store_retry retry = { NOW, 60, 200 };

	add_message(p, folder, 1, 'a', "Done");
	add_message(p, folder, 2, 'b', "Done");
	assert_int_equal(store_move_refused(p->store, folder, 1, &retry), 1);
	assert_moves(p, folder, "Done", NOW, "2");
	assert_moves(p, folder, "Done", NOW + 60, "1 2");
	ok(store_move_retry_at(p->store, folder, NOW, &at));
	assert_int_equal(at, NOW + 60);
	assert_int_equal(store_move_refused(p->store, folder, 1, &retry), 2);
	ok(store_move_retry_at(p->store, folder, NOW, &at));
	assert_int_equal(at, NOW + 120);
	for (int times = 3; times < 100; times++)
		assert_int_equal(store_move_refused(p->store, folder, 1, &retry), times);
	ok(store_move_retry_at(p->store, folder, NOW, &at));
	assert_int_equal(at, NOW + 200);
	take_step(p, STORE_MOVED, folder, 1);
	ok(store_move_retry_at(p->store, folder, NOW, &at));
	assert_int_equal(at, 0);
	assert_int_equal(store_move_refused(p->store, folder, 2, &retry), 1);
	take_step(p, STORE_KEPT, folder, 2);
	ok(store_move_retry_at(p->store, folder, NOW, &at));
	assert_int_equal(at, 0);
}

static void
a_set_with_gaps_is_ticked_off_message_by_message(void **state)
{
	static const uint32_t of[] = { 1, 2, 3, 5, 6, 7, 9 };
	static const uint32_t copy[] = { 11, 12, 20, 22, 0, 0, 4 };
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);
	const struct store_move move = {
		.step = STORE_MOVED,
		.folder = folder,
		.time = NOW,
		.uid = of,
		.count = sizeof(of) / sizeof(of[0]),
		.filed = { "Done", 9, copy },
	};

	for (uint32_t i = 1; i <= 9; i++)
		add_message(p, folder, i, (unsigned char)('a' + i), i == 2 ? NULL : "Done");
	ok(store_move_step(p->store, &move));
	assert_sql(p,
		   "SELECT uid, filed_uid, filed_uidvalidity, filed_to FROM message "
		   "WHERE moved_at IS NOT NULL ORDER BY uid",
		   "1|11|9|Done\n3|20|9|Done\n5|22|9|Done\n6|-|-|Done\n7|-|-|Done\n9|4|9|Done");
	assert_moves(p, folder, "Done", NOW, "4 8");
}

static void
what_is_kept_is_not_moved_any_more(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);

	add_message(p, folder, 1, 'a', "Done");
	take_step(p, STORE_KEPT, folder, 1);
	assert_target(p, folder, NULL, NULL);
	assert_int_equal(store_moves_forget(p->store, "lists", "INBOX", 2), 0);
	assert_sql(p, "SELECT moved_at, kept_at FROM message", "-|1790000000");
}

static void
the_moves_of_a_life_wait_until_it_comes_back(void **state)
{
	struct place *p = *state;
	int64_t old = open_folder(p, "INBOX", 1), present = open_folder(p, "INBOX", 2);

	add_message(p, old, 1, 'a', "Done");
	add_message(p, old, 2, 'b', "Done");
	add_message(p, present, 1, 'c', "Done");
	add_message(p, open_folder(p, "Other", 1), 1, 'd', "Done");
	take_step(p, STORE_MOVED, old, 2);
	assert_int_equal(store_moves_forget(p->store, "lists", "INBOX", 2), 1);
	assert_int_equal(store_moves_forget(p->store, "lists", "INBOX", 2), 0);
	assert_target(p, old, NULL, NULL);
	assert_target(p, present, NULL, "Done");
	assert_int_equal(store_moves_revive(p->store, present), 0);
	assert_int_equal(store_moves_revive(p->store, old), 1);
	assert_moves(p, old, "Done", NOW, "1");
}

static void
uids_that_the_server_gives_again_are_free_for_other_messages(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);
	struct store_folder again;

	for (uint32_t i = 1; i <= 4; i++)
		add_message(p, folder, i, (unsigned char)('a' + i), "Done");
	take_step(p, STORE_MOVED, folder, 4);
	ok(store_folder_advance(p->store, folder, 4));
	for (int round = 0; round < 2; round++) {
		ok(store_taken_back(p->store, folder, 3, NOW));
		ok(store_folder_open(p->store, "lists", "INBOX", 1, &again));
		assert_int_equal(again.id, folder);
		assert_int_equal(again.last_uid, 2);
		assert_int_equal(add_message(p, folder, 3, (unsigned char)('x' + round), "Done"),
				 STORE_NEW);
	}
	assert_moves(p, folder, "Done", NOW, "1 2 3");
	/* nothing of it is forgotten */
	assert_int_equal(add_message(p, folder, 4, 'a' + 4, "Done"), STORE_DUPLICATE);
	assert_sql(
		p,
		"SELECT coalesce(taken_back_from, '-'), uid, moved_at IS NOT NULL, lost_at IS NOT "
		"NULL FROM message JOIN folder ON folder.id = folder ORDER BY message.id",
		"-|1|0|0\n-|2|0|0\nINBOX|3|0|1\nINBOX|4|1|0\nINBOX|3|0|1\n-|3|0|0\n-|4|0|0");
}

static void
what_an_operator_brought_back_is_not_filed_again(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);

	add_message(p, folder, 1, 'a', "Done");
	take_step(p, STORE_MOVED, folder, 1);
	assert_int_equal(run_by_hand(p, "UPDATE message SET restoring_at = 1"), SQLITE_OK);
	assert_int_equal(add_message(p, folder, 2, 'a', "Done"), STORE_RESTORED);
	assert_int_equal(add_message(p, open_folder(p, "Other", 1), 1, 'a', "Done"),
			 STORE_RESTORED);
	assert_sql(p, "SELECT uid, target, duplicate_of FROM message ORDER BY id",
		   "1|Done|-\n2|-|1\n1|-|1");
	/* ... unless he wants it to be read again */
	assert_int_equal(run_by_hand(p, "UPDATE message SET reprocess_at = 1"), SQLITE_OK);
	assert_int_equal(add_message(p, folder, 3, 'a', "Done"), STORE_NEW);
	assert_int_equal(add_message(p, folder, 4, 'a', "Done"), STORE_DUPLICATE);
}

/* How many others are filed as nobody knows what, for message 9. */
static size_t
others_of_9(struct place *p, int64_t folder)
{
	struct store_unsure *unsure;
	size_t count, others;

	ok(store_copies_unsure(p->store, folder, &unsure, &count));
	assert_int_equal(count, 1);
	assert_int_equal(unsure[0].uid, 9);
	others = unsure[0].others;
	store_unsure_free(unsure, count);
	return others;
}

static void
mails_of_the_same_bytes_whose_copies_nobody_knows_are_counted(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);
	static const uint32_t three[] = { 1, 2, 4 };
	const struct store_move moved = { .step = STORE_MOVED,
					  .folder = folder,
					  .time = NOW,
					  .uid = three,
					  .count = 3,
					  .filed = { "Done", 9, NULL } };

	for (uint32_t of = 1; of <= 9; of++)
		add_message(p, folder, of, of == 4 ? 'b' : 'a', "Done");
	take_step(p, STORE_COPY_BEGIN, folder, 9);
	assert_int_equal(others_of_9(p, folder), 0);
	take_step(p, STORE_MOVED, folder, 3); /* its copy is known */
	assert_int_equal(others_of_9(p, folder), 0);
	ok(store_move_step(p->store, &moved)); /* 4 has other bytes */
	assert_int_equal(others_of_9(p, folder), 2);
	assert_int_equal(run_by_hand(p, "UPDATE message SET restored_at = 1 WHERE uid = 1"),
			 SQLITE_OK);
	assert_int_equal(others_of_9(p, folder), 1);
	assert_int_equal(run_by_hand(p, "UPDATE message SET filed_to = 'Zoo' WHERE uid = 2"),
			 SQLITE_OK);
	assert_int_equal(others_of_9(p, folder), 0);
}

/* Of the one with id 9, which is brought back at 1000. */
static size_t
others_back(struct place *p)
{
	size_t count;

	ok(store_restore_others(p->store, 9, &count));
	return count;
}

static void
mails_of_the_same_bytes_where_one_comes_back_are_counted(void **state)
{
	static const struct {
		const char *sql;
		size_t others;
	} steps[] = {
		/* all were filed, but for the one with other bytes */
		{ "UPDATE message SET moved_at = 1, restoring_at = iif(id = 9, 1000, NULL), "
		  "received_at = 500 WHERE id <> 4",
		  0 },
		/* never away */
		{ "UPDATE message SET moved_at = NULL WHERE id = 1", 1 },
		/* its folder is made anew */
		{ "UPDATE message SET lost_at = 600 WHERE id = 1", 0 },
		/* it came before the restoring or with it, or may be what came back */
		{ "UPDATE message SET moved_at = NULL, received_at = 1000 WHERE id = 2", 1 },
		{ "UPDATE message SET received_at = 1001 WHERE id = 2", 0 },
		/* brought back, not seen since, then seen, then filed */
		{ "UPDATE message SET restored_at = 900 WHERE id = 3", 0 },
		{ "UPDATE message SET restored_at = 1001 WHERE id = 3", 1 },
		{ "UPDATE message SET received_at = 1002, moved_at = 1003 WHERE id = 5", 0 },
		{ "UPDATE message SET restored_at = 1002 WHERE id = 3", 1 },
		/* in another folder */
		{ "UPDATE folder SET name = 'Else' WHERE id <> 1", 1 },
		{ "UPDATE message SET folder = 2 WHERE id = 3", 0 },
	};
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);

	(void)open_folder(p, "Other", 1);
	for (uint32_t of = 1; of <= 9; of++)
		add_message(p, folder, of, of == 4 ? 'b' : 'a', "Done");
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_int_equal(run_by_hand(p, steps[i].sql), SQLITE_OK);
		if (others_back(p) != steps[i].others)
			fail_msg("%zu and not %zu after %s", others_back(p), steps[i].others,
				 steps[i].sql);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(moves_come_by_target_in_order_and_in_sets),
		on_a_file(what_the_server_does_not_tell_of_a_copy_stays_unknown),
		on_a_file(a_copy_goes_through_its_steps),
		on_a_file(mails_of_the_same_bytes_whose_copies_nobody_knows_are_counted),
		on_a_file(mails_of_the_same_bytes_where_one_comes_back_are_counted),
		on_a_file(a_refused_message_is_set_aside_longer_each_time),
		on_a_file(a_set_with_gaps_is_ticked_off_message_by_message),
		on_a_file(what_is_kept_is_not_moved_any_more),
		on_a_file(the_moves_of_a_life_wait_until_it_comes_back),
		on_a_file(uids_that_the_server_gives_again_are_free_for_other_messages),
		on_a_file(what_an_operator_brought_back_is_not_filed_again),
	};

	return cmocka_run_group_tests_name("store_move", tests, NULL, NULL);
}
