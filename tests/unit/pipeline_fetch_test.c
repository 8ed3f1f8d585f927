/*
 * pipeline_fetch_test - the messages of one batch, and what became of those that did not come
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "pipeline_world.h"

#include "gather.h"
#include "log_heard.h"

#define FIRST 65536 /* GATHER_FIRST, as commands say it; 983,040 more make the limit */
#define FETCH_ALL "UID FETCH 3,5:6 (UID BODY.PEEK[]<0.65536>)"
#define REST_OF_5 "UID FETCH 5 (UID BODY.PEEK[]<65536.983040>)"
#define REST_OF_6 "UID FETCH 6 (UID BODY.PEEK[]<65536.983040>)"
#define SMALL_3 "* 1 FETCH (UID 3 BODY[]<0> {3}\r\nabc)\r\n"
#define SMALL_6 "* 3 FETCH (UID 6 BODY[]<0> {3}\r\ndef)\r\n"
#define NO "$ NO [LIMIT] not now\r\n"

_Static_assert(FIRST == GATHER_FIRST, "the commands are written for it");

static struct arena bytes;
static struct batch batch;
static bool cut;

/* The beginning of a large message, as an answer. */
static void
add_beginning(struct buf *out, uint32_t uid)
{
	buf_addf(out, "* 2 FETCH (UID %u BODY[]<0> {%d}\r\nSubject: large\r\n\r\n", uid, FIRST);
	for (size_t i = sizeof("Subject: large\r\n\r\n") - 1; i < FIRST; i++)
		buf_addc(out, 'x');
	buf_adds(out, ")\r\n");
}

/* Messages 3, 5 and 6 of these sizes. */
static enum imap_result
fetch_batch(struct world *world, uint32_t size_5, uint32_t size_6)
{
	const struct imap_item item[] = { { 3, 3 }, { 5, size_5 }, { 6, size_6 } };
	enum imap_result result;

	arena_init(&bytes, SIZE_MAX);
	batch.p = &line.p;
	batch.bytes = &bytes;
	batch.count = 3;
	batch.message = xarray(batch.count, sizeof(*batch.message));
	for (size_t i = 0; i < batch.count; i++)
		batch.message[i].item = item[i];
	begin_session(world);
	result = batch_fetch(&line.p, &batch, &cut);
	end_session();
	return result;
}

static void
drop_batch(void)
{
	free(batch.message);
	arena_free(&bytes);
	memset(&batch, 0, sizeof(batch));
}

static void
large_5_client(struct world *world)
{
	assert_int_equal(fetch_batch(world, 100000, 3), IMAP_OK);
}

static void
large_both_client(struct world *world)
{
	assert_int_equal(fetch_batch(world, 100000, 100000), IMAP_OK);
}

static void
a_server_that_stops_giving_while_a_message_is_completed_is_asked_again(void **state)
{
	struct buf all = BUF_INIT;
	const struct step *script;

	buf_adds(&all, SMALL_3);
	add_beginning(&all, 5);
	buf_adds(&all, SMALL_6 "$ OK done\r\n");
	script = (const struct step[]){
		ENTERED, { FETCH_ALL, buf_str(&all) }, { REST_OF_5, NO }, { REST_OF_5, NO }, LOGOUT,
	};
	make_line();
	for (unsigned session = 1; session <= PIPELINE_DOUBT_SESSIONS; session++) {
		bool last = session == PIPELINE_DOUBT_SESSIONS;
		const char *said;

		hear_log(LOG_LEVEL_WARN);
		play_some(*state, script, 9, large_5_client);
		said = heard_log();
		assert_int_equal(line.doubt.uid, 5);
		assert_int_equal(line.doubt.sessions, session);
		assert_int_equal(cut, !last);
		assert_int_equal(batch.count, last ? 3 : 1);
		assert_heard(said, last ? "of uid 5 only the first 65536 bytes are read"
					: "the server does not give uid 5");
		if (last) {
			/* The beginning came: it is read. */
			assert_int_equal(batch.message[1].fate, BATCH_CAME);
			assert_int_equal(span_len(batch.message[1].bytes), FIRST);
		}
		drop_batch();
	}
	buf_free(&all);
}

static void
what_is_refused_while_a_later_one_is_completed_is_read_as_far_as_it_came(void **state)
{
	struct buf all = BUF_INIT;

	buf_adds(&all, SMALL_3);
	add_beginning(&all, 5);
	add_beginning(&all, 6);
	buf_adds(&all, "$ OK done\r\n");
	{
		const struct step script[] = {
			ENTERED,
			{ FETCH_ALL, buf_str(&all) },
			{ REST_OF_5, NO },
			{ REST_OF_5, NO },
			{ REST_OF_6,
			  "* 3 FETCH (UID 6 BODY[]<65536> {3}\r\nend)\r\n$ OK done\r\n" },
			LOGOUT,
		};

		make_line();
		PLAY(*state, script, large_both_client);
	}
	assert_false(cut);
	assert_int_equal(line.doubt.sessions, 0);
	assert_int_equal(batch.count, 3);
	assert_int_equal(batch.message[1].fate, BATCH_CAME);
	assert_int_equal(span_len(batch.message[1].bytes), FIRST);
	assert_int_equal(batch.message[2].fate, BATCH_CAME);
	assert_int_equal(span_len(batch.message[2].bytes), FIRST + 3);
	drop_batch();
	buf_free(&all);
}

static void
exact_client(struct world *world)
{
	assert_int_equal(fetch_batch(world, FIRST, 3), IMAP_OK);
}

static void
a_message_that_ends_with_its_beginning_is_whole(void **state)
{
	static const char *const nothing[] = {
		"* 2 FETCH (UID 5 BODY[]<65536> {0}\r\n)\r\n$ OK done\r\n",
		"* 2 FETCH (UID 5 BODY[]<65536> NIL)\r\n$ OK done\r\n",
		"* 2 FETCH (UID 5 BODY[] NIL)\r\n$ OK done\r\n",
		"* 2 FETCH (UID 5 BODY[]<0> \"\")\r\n$ OK done\r\n",
	};
	struct buf all = BUF_INIT;

	buf_adds(&all, SMALL_3);
	add_beginning(&all, 5);
	buf_adds(&all, SMALL_6 "$ OK done\r\n");
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		const struct step script[] = {
			ENTERED,
			{ FETCH_ALL, buf_str(&all) },
			{ REST_OF_5, nothing[i] },
			LOGOUT,
		};

		make_line();
		PLAY(*state, script, exact_client);
		assert_false(cut);
		assert_int_equal(batch.message[1].fate, BATCH_CAME);
		assert_int_equal(span_len(batch.message[1].bytes), FIRST);
		drop_batch();
	}
	buf_free(&all);
}

static void
what_needs_more_than_one_command_is_known_before(void **state)
{
	const struct imap_item below = { 3, FIRST - 1 }, seam = { 5, FIRST }, large = { 6, 100000 };

	(void)state;
	make_line();
	assert_true(batch_comes_whole(&line.p, &below, 1));
	assert_false(batch_comes_whole(&line.p, &seam, 1));
	assert_false(batch_comes_whole(&line.p, &large, 1));
	/* No message is completed. */
	line.account.message_bytes = FIRST;
	assert_true(batch_comes_whole(&line.p, &seam, 1));
	assert_true(batch_comes_whole(&line.p, &large, 1));
	line.account.message_bytes = FIRST + 1;
	assert_false(batch_comes_whole(&line.p, &large, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_server_that_stops_giving_while_a_message_is_completed_is_asked_again),
		T(what_is_refused_while_a_later_one_is_completed_is_read_as_far_as_it_came),
		T(a_message_that_ends_with_its_beginning_is_whole),
		cmocka_unit_test(what_needs_more_than_one_command_is_known_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
