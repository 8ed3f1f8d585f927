/*
 * locate_test - a message is found by its bytes, and what could not be read is no proof
 *
 * Whoever believes that a message is not there copies it once more.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_world.h"
#include "store_world.h"

#include "ledger.h"
#include "locate.h"

#define SEARCH "UID SEARCH HEADER MESSAGE-ID \"<1@example.com>\""
#define LOOK(uids) "UID FETCH " uids " (UID RFC822.SIZE)"
#define FETCH(uids) "UID FETCH " uids " (UID BODY.PEEK[]<0.4096>)"
#define MESSAGE "Subject: a\r\n\r\n" /* 14 bytes */
#define BYTES(seq, uid) "* " seq " FETCH (UID " uid " BODY[]<0> {14}\r\n" MESSAGE ")\r\n"
#define OTHER(seq, uid) "* " seq " FETCH (UID " uid " BODY[]<0> {14}\r\nSubject: b\r\n\r\n)\r\n"
#define SIZE(seq, uid, size) "* " seq " FETCH (UID " uid " RFC822.SIZE " size ")\r\n"
#define DONE "$ OK done\r\n"

static struct {
	struct place *place;
	enum imap_result result;
	uint32_t uid;
} last;

static void
locate_client(struct world *world)
{
	static char folder[] = "Filed", id[] = "<1@example.com>";
	struct store_trace trace = { .folder = folder, .message_id = id, .size = 14 };
	struct locate in = { .store = last.place->store, .where = "test", .uidvalidity = 7 };

	enter(world);
	in.imap = world->imap;
	ledger_fingerprint(trace.size, span_of(MESSAGE), trace.fingerprint);
	last.uid = 99;
	last.result = locate(&in, &trace, &last.uid);
}

/* Plays what comes after the folder was selected. */
static void
must_locate(struct world *world, const struct step *steps, size_t count, enum imap_result result,
	    uint32_t uid)
{
	struct step script[16] = { ENTERED };
	size_t first = 0;
	void *place;

	while (script[first].command != NULL || script[first].answer != NULL)
		first++;
	assert_true(first + count <= sizeof(script) / sizeof(script[0]));
	memcpy(script + first, steps, count * sizeof(*steps));
	if (last.place == NULL) {
		make_place(&place);
		last.place = place;
	}
	play_some(world, script, first + count, locate_client);
	assert_int_equal(last.result, result);
	assert_int_equal(last.uid, uid);
	place = last.place;
	drop_place(&place);
	last.place = NULL;
}

#define LOCATE(state, steps, result, uid) \
	must_locate(*(state), steps, sizeof(steps) / sizeof((steps)[0]), result, uid)

static void
the_newest_of_those_with_its_bytes_is_it(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3 5 8 9\r\n" DONE },
		{ LOOK("3,5,8:9"), SIZE("1", "3", "14") SIZE("2", "5", "14") SIZE("3", "8", "14")
					   SIZE("4", "9", "15") DONE },
		{ FETCH("3,5,8"), BYTES("1", "3") BYTES("2", "5") OTHER("3", "8") DONE },
		LOGOUT,
	};

	LOCATE(state, steps, IMAP_OK, 5);
}

static void
where_no_candidate_has_its_bytes_it_is_not_there(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3\r\n" DONE },
		{ LOOK("3"), SIZE("1", "3", "14") DONE },
		{ FETCH("3"), OTHER("1", "3") DONE },
		LOGOUT,
	};

	LOCATE(state, steps, IMAP_OK, 0);
}

static void
where_nothing_is_found_nothing_is_fetched(void **state)
{
	static const struct step steps[] = { { SEARCH, "* SEARCH\r\n" DONE }, LOGOUT };

	LOCATE(state, steps, IMAP_OK, 0);
}

static void
one_that_the_server_withholds_may_be_it(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3 5\r\n" DONE },
		{ LOOK("3,5"), SIZE("1", "3", "14") SIZE("2", "5", "14") DONE },
		{ FETCH("3,5"), OTHER("1", "3") DONE },
		LOGOUT,
	};

	LOCATE(state, steps, IMAP_REFUSED, 0);
}

static void
one_that_is_found_is_it_whatever_is_withheld(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3 5\r\n" DONE },
		{ LOOK("3,5"), SIZE("1", "3", "14") SIZE("2", "5", "14") DONE },
		{ FETCH("3,5"), BYTES("1", "3") DONE },
		LOGOUT,
	};

	LOCATE(state, steps, IMAP_OK, 3);
}

/* IMAP4rev2 alone (RFC 9051 section 6.4.4) */

static void
a_search_may_be_answered_as_imap4rev2_does(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* ESEARCH (TAG \"$\") UID ALL 8:9,3,5 MODSEQ 917\r\n" DONE },
		{ LOOK("3,5,8:9"), SIZE("1", "3", "14") SIZE("2", "5", "14") SIZE("3", "8", "14")
					   SIZE("4", "9", "15") DONE },
		{ FETCH("3,5,8"), BYTES("1", "3") BYTES("2", "5") OTHER("3", "8") DONE },
		LOGOUT,
	};

	LOCATE(state, steps, IMAP_OK, 5);
}

static void
imap4rev2_may_find_nothing(void **state)
{
	static const char *const answers[] = {
		"* ESEARCH (TAG \"$\") UID\r\n" DONE,
		"* ESEARCH\r\n" DONE,
		"* ESEARCH (TAG \"$\") UID ALL\r\n" DONE,
		"* ESEARCH (TAG \"$\") UID ALL *\r\n" DONE,
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct step steps[] = { { SEARCH, answers[i] }, LOGOUT };

		LOCATE(state, steps, IMAP_OK, 0);
	}
}

/* What the server says instead of an answer; at each step. */

static void
a_refused_search_is_no_proof(void **state)
{
	static const struct step steps[] = { { SEARCH, "$ NO not now\r\n" }, LOGOUT };

	LOCATE(state, steps, IMAP_REFUSED, 0);
}

static void
a_refused_look_is_no_proof(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3\r\n" DONE },
		{ LOOK("3"), "$ NO not now\r\n" },
		LOGOUT,
	};

	LOCATE(state, steps, IMAP_REFUSED, 0);
}

static void
a_refused_fetch_is_no_proof(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3 5\r\n" DONE },
		{ LOOK("3,5"), SIZE("1", "3", "14") SIZE("2", "5", "14") DONE },
		{ FETCH("3,5"), BYTES("1", "3") "$ NO not now\r\n" },
		LOGOUT,
	};

	LOCATE(state, steps, IMAP_REFUSED, 0);
}

static void
a_session_that_ends_meanwhile_is_lost(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3 5\r\n" DONE },
		{ LOOK("3,5"), SIZE("1", "3", "14") SIZE("2", "5", "14") DONE },
		{ FETCH("3,5"), BYTES("1", "3") "* 2 FETCH (UID 5 BODY[]<0> {14}\r\nSubj" },
		{ NULL, NULL },
	};

	LOCATE(state, steps, IMAP_LOST, 0);
}

/* The store */

static void
without_the_store_nobody_can_tell(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3\r\n" DONE },
		{ LOOK("3"), SIZE("1", "3", "14") DONE },
		{ FETCH("3"), BYTES("1", "3") DONE },
		LOGOUT,
	};
	void *place;

	make_place(&place);
	last.place = place;
	assert_int_equal(run_by_hand(last.place, "PRAGMA writable_schema = on; "
						 "ALTER TABLE message RENAME TO was_message"),
			 SQLITE_OK);
	LOCATE(state, steps, IMAP_REFUSED, 0);
}

/* Another message with the same bytes was filed as uid 5 of the folder's life 7, or of another. */
static void
file_a_twin(unsigned uidvalidity)
{
	unsigned char fingerprint[STORE_FINGERPRINT];
	struct buf sql = BUF_INIT;
	void *place;

	make_place(&place);
	last.place = place;
	(void)open_folder(last.place, "INBOX", 1);
	ledger_fingerprint(14, span_of(MESSAGE), fingerprint);
	buf_adds(&sql, "INSERT INTO message (folder, uid, fingerprint, size, received_at, kind, "
		       "filed_to, filed_uidvalidity, filed_uid) SELECT id, 1, x'");
	for (size_t i = 0; i < sizeof(fingerprint); i++)
		buf_addf(&sql, "%02x", fingerprint[i]);
	buf_addf(&sql, "', 14, 0, 'bounce', 'Filed', %u, 5 FROM folder", uidvalidity);
	assert_int_equal(run_by_hand(last.place, buf_str(&sql)), SQLITE_OK);
	buf_free(&sql);
}

static void
what_is_known_as_another_message_s_copy_is_not_it(void **state)
{
	static const struct step steps[] = {
		{ SEARCH, "* SEARCH 3 5\r\n" DONE },
		{ LOOK("3,5"), SIZE("1", "3", "14") SIZE("2", "5", "14") DONE },
		{ FETCH("3,5"), BYTES("1", "3") BYTES("2", "5") DONE },
		LOGOUT,
	};

	file_a_twin(7);
	LOCATE(state, steps, IMAP_OK, 3);
	file_a_twin(8); /* whatever is 5 now is something else */
	LOCATE(state, steps, IMAP_OK, 5);
}

/* More than are looked at */

static void
search_answer(struct buf *out, unsigned count)
{
	buf_adds(out, "* SEARCH");
	for (unsigned uid = 1; uid <= count; uid++)
		buf_addf(out, " %u", uid);
	buf_adds(out, "\r\n" DONE);
}

static void
one_among_more_than_are_looked_at_may_be_it(void **state)
{
	static const struct {
		unsigned count;
		const char *look;
		enum imap_result result;
		const char *set; /* as IMAP4rev2 says it; NULL = the count, as before */
	} rows[] = {
		{ IMAP_MAX_FOUND, LOOK("1:1000"), IMAP_OK, NULL },
		{ IMAP_MAX_FOUND + 1, LOOK("2:1001"), IMAP_REFUSED, NULL },
		{ 0, LOOK("1:1000"), IMAP_OK, "1:1000" },
		{ 0, LOOK("2:1001"), IMAP_REFUSED, "1001:1" },
		{ 0, LOOK("2:1001"), IMAP_REFUSED, "1,2:1001" },
		{ 0, LOOK("4294966296:4294967295"), IMAP_REFUSED, "1:4294967295" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf answer = BUF_INIT;

		if (rows[i].set == NULL)
			search_answer(&answer, rows[i].count);
		else
			buf_addf(&answer, "* ESEARCH (TAG \"$\") UID ALL %s\r\n" DONE, rows[i].set);
		const struct step steps[] = {
			{ SEARCH, buf_str(&answer) },
			{ rows[i].look, SIZE("1", "2", "15") DONE },
			LOGOUT,
		};
		LOCATE(state, steps, rows[i].result, 0);
		buf_free(&answer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_newest_of_those_with_its_bytes_is_it),
		T(where_no_candidate_has_its_bytes_it_is_not_there),
		T(where_nothing_is_found_nothing_is_fetched),
		T(one_that_the_server_withholds_may_be_it),
		T(one_that_is_found_is_it_whatever_is_withheld),
		T(a_search_may_be_answered_as_imap4rev2_does),
		T(imap4rev2_may_find_nothing),
		T(a_refused_search_is_no_proof),
		T(a_refused_look_is_no_proof),
		T(a_refused_fetch_is_no_proof),
		T(a_session_that_ends_meanwhile_is_lost),
		T(without_the_store_nobody_can_tell),
		T(what_is_known_as_another_message_s_copy_is_not_it),
		T(one_among_more_than_are_looked_at_may_be_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
