/*
 * forget_test - nothing names who is forgotten, and he is not mailed all the same
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_world.h"

#include "forget.h"

#define ANN "ann.lovelace@contoso.com"

static int
make_memory(void **state)
{
	struct world *w;

	make_guarded(state);
	w = *state;
	w->config.incident.hold = false;
	log_set_level(LOG_LEVEL_ERROR);
	return 0;
}

#define in_memory(test) cmocka_unit_test_setup_teardown(test, make_memory, drop_world)

static void
report(struct world *w, const char *address, const char *status, const char *reply, int64_t time)
{
	const struct crowd c = { .address = address,
				 .status = status,
				 .reply = reply,
				 .remote = "mx.contoso.com",
				 .list = "news.example.org",
				 .count = 1,
				 .time = time };

	arrive(w, &c);
}

static void
gone(struct world *w, const char *address, int64_t time)
{
	report(w, address, "5.1.1", "550 5.1.1 no such user " ANN, time);
}

static void
full(struct world *w, const char *address, int64_t time)
{
	report(w, address, "4.2.2", "452 4.2.2 over quota " ANN, time);
}

static void
say(struct world *w, const char *address, enum bounce_event event, int64_t time)
{
	struct operate operate = { .store = w->place->store,
				   .replay = replay_new(w->place->store),
				   .config = &w->config,
				   .what = { time, "tester", "word", address, "a test" } };
	struct operate_change change;

	assert_int_equal(operate_word(&operate, general(span_of(address)), event, &change), 0);
	assert_int_equal(operate_end(&operate), 0);
	replay_free(operate.replay);
}

static struct forget
forget(struct world *w, const char *address, bool dry)
{
	struct store *store = store_open(w->place->path, STORE_BESIDE, w->place->error);
	struct forget f = { .store = store,
			    .what = { NOW + 100 * DAY, "tester", "forget", "", "asked for" },
			    .dry = dry };

	assert_non_null(store);
	if (forget_address(&f, span_of(address)) < 0)
		fail_msg("%s", store_error(store));
	store_close(store);
	return f;
}

/* Not in the file, nor in its log. */
static void
assert_nothing_names(struct world *w, const char *address)
{
	int64_t left = forget_left(w->place->path, span_of(address));

	if (left != 0)
		fail_msg("%s stands in the files %d times", address, (int)left);
	assert_sql(w->place, "SELECT count(*) FROM pragma_foreign_key_check", "0");
	check_replay(w);
}

static void
the_bytes_are_found_where_they_are(void **state)
{
	struct world *w = *state;

	gone(w, ANN, NOW);
	assert_true(forget_left(w->place->path, SPAN(ANN)) > 3);
	assert_true(forget_left(w->place->path, SPAN("ANN.lovelace@CONTOSO.com")) > 3);
	assert_int_equal(forget_left(w->place->path, SPAN("bob@contoso.com")), 0);
}

static void
nothing_names_who_is_forgotten(void **state)
{
	struct world *w = *state;
	struct forget f;

	full(w, ANN, NOW);
	full(w, ANN, NOW + 10 * DAY);
	full(w, "bob@contoso.com", NOW);
	f = forget(w, ANN, false);
	assert_int_equal(f.standings, 1);
	assert_int_equal(f.kept, 0);
	assert_int_equal(f.entries, 2);
	assert_nothing_names(w, ANN);
	assert_sql(w->place, "SELECT address FROM recipient", "bob@contoso.com");
	/* What was said of Bob named her. */
	assert_int_equal(f.mentions[STORE_MENTION_EVENT], 1);
	assert_sql(w->place, "SELECT address, diagnostic FROM event", "bob@contoso.com|-");
	assert_count(w, "SELECT count(*) FROM tombstone", 0);
}

static void
an_operation_tells_that_somebody_was_forgotten_and_not_who(void **state)
{
	struct world *w = *state;
	struct forget f;
	struct buf want = BUF_INIT;

	gone(w, ANN, NOW);
	say(w, ANN, BOUNCE_EVENT_KILL, NOW);
	f = forget(w, ANN, false);
	buf_addf(&want, "word|(forgotten)|a test\nforget|%s|asked for", f.pseudonym);
	assert_sql(w->place, "SELECT what, arguments, why FROM operation ORDER BY id",
		   buf_str(&want));
	assert_nothing_names(w, ANN);
	buf_free(&want);
}

static void
who_must_not_be_mailed_stays_so_under_a_pseudonym(void **state)
{
	static const enum bounce_event word[] = { BOUNCE_EVENT_KILL, BOUNCE_EVENT_PIN_DEAD };
	static const char *const stays[] = { "dead", "pinned-dead" };
	struct world *w = *state;

	for (size_t i = 0; i < 2; i++) {
		char address[40];
		struct forget f;
		struct buf sql = BUF_INIT;

		snprintf(address, sizeof(address), "u%zu@contoso.com", i);
		full(w, address, NOW);
		say(w, address, word[i], NOW);
		f = forget(w, address, false);
		assert_int_equal(f.kept, 1);
		assert_nothing_names(w, address);
		buf_addf(&sql, "SELECT state FROM suppressed WHERE address = '%s'", f.pseudonym);
		assert_sql(w->place, buf_str(&sql), stays[i]);
		buf_free(&sql);
	}
}

static void
a_report_about_one_who_is_forgotten_counts_and_names_nobody(void **state)
{
	struct world *w = *state;

	gone(w, ANN, NOW);
	(void)forget(w, ANN, false);
	assert_sql(w->place, "SELECT count(*) FROM recipient WHERE confirmed_at IS NOT NULL", "0");
	gone(w, "Ann.Lovelace@contoso.com", NOW + 20 * DAY);
	assert_sql(w->place, "SELECT count(*) FROM recipient WHERE confirmed_at IS NOT NULL", "1");
	assert_sql(w->place,
		   "SELECT domain, reason, diagnostic, original, final, reason FROM event",
		   "forgotten.invalid|no-such-user|-|-|-|no-such-user");
	/* The hook was told when she died, and that was dropped; nothing more is told. */
	assert_count(w, "SELECT count(*) FROM outbox", 0);
	assert_int_equal(forget_left(w->place->path, SPAN(ANN)), 0);
	check_replay(w);
}

/* A sender that makes the ids of its mails of addresses. */
static void
gone_by_an_id_of_hers(struct world *w, const char *address, int64_t time)
{
	const struct crowd c = { .address = address,
				 .status = "5.1.1",
				 .reply = "550 5.1.1 no such user",
				 .remote = "mx.contoso.com",
				 .list = "news.example.org",
				 .time = time };
	struct ledger_message message = { .folder = w->folder, .time = time };
	struct buf plain = BUF_INIT, mail = BUF_INIT;
	struct ledger_result result;
	const char *at;

	write_mail(&plain, &c, 0);
	at = strstr(buf_str(&plain), "<m");
	assert_non_null(at);
	buf_add(&mail, span_make(plain.data, (size_t)(at - plain.data)));
	buf_addf(&mail, "<ann.lovelace=contoso.com.%s", at + 1);
	message.uid = ++next_uid;
	message.size = mail.len;
	message.bytes = buf_span(&mail);
	message.where = "lists/INBOX";
	assert_int_equal(store_begin(w->place->store), 0);
	assert_int_equal(read_and_record(w, w->place->store, &message, &result), 0);
	assert_int_equal(store_commit(w->place->store), 0);
	buf_free(&plain);
	buf_free(&mail);
}

static void
each_mailing_of_one_who_is_forgotten_is_another_one(void **state)
{
	struct world *w = *state;

	gone(w, ANN, NOW);
	(void)forget(w, ANN, false);
	gone_by_an_id_of_hers(w, ANN, NOW + 10 * DAY);
	gone_by_an_id_of_hers(w, ANN, NOW + 20 * DAY);
	assert_sql(w->place,
		   "SELECT count(*), count(DISTINCT mailing), sum(speaks) FROM transition",
		   "2|2|2");
	assert_int_equal(forget_left(w->place->path, SPAN("ann.lovelace=contoso.com")), 0);
	check_replay(w);
}

/* Her mail was passed on to Bob, and failed there, twice of one mailing. */
static void
what_happened_to_others_names_nobody_who_is_forgotten(void **state)
{
	struct world *w = *state;

	gone_by_an_id_of_hers(w, "bob@contoso.com", NOW);
	gone_by_an_id_of_hers(w, "bob@contoso.com", NOW + HOUR);
	full(w, ANN, NOW);
	(void)forget(w, ANN, false);
	assert_sql(w->place, "SELECT count(*), min(mailing), max(mailing) FROM transition",
		   "2|forgotten:1|forgotten:1");
	assert_int_equal(forget_left(w->place->path, SPAN("ann.lovelace=contoso.com")), 0);
	assert_nothing_names(w, ANN);
}

/* Hooks may tell by the number of an event whether they were told before. */
static void
no_number_of_one_who_is_forgotten_is_given_again(void **state)
{
	struct world *w = *state;

	full(w, "bob@contoso.com", NOW);
	full(w, ANN, NOW);
	(void)forget(w, ANN, false);
	full(w, "bob@contoso.com", NOW + DAY);
	assert_sql(w->place, "SELECT id, event FROM transition ORDER BY id", "1|1\n3|3");
	check_replay(w);
}

/* Who may be mailed is unknown afterwards, and named again if mail to him fails. */
static void
a_report_about_one_who_was_good_names_him_again(void **state)
{
	struct world *w = *state;

	full(w, ANN, NOW);
	(void)forget(w, ANN, false);
	full(w, ANN, NOW + DAY);
	assert_sql(w->place, "SELECT address FROM recipient", ANN);
	check_replay(w);
}

static void
what_is_forgotten_twice_is_forgotten(void **state)
{
	struct world *w = *state;
	struct forget first, second;

	gone(w, ANN, NOW);
	first = forget(w, ANN, false);
	gone(w, ANN, NOW + 20 * DAY);
	second = forget(w, ANN, false);
	assert_string_equal(first.pseudonym, second.pseudonym);
	assert_int_equal(second.standings, 0);
	assert_sql(w->place, "SELECT count(*) FROM recipient WHERE confirmed_at IS NOT NULL", "1");
	assert_nothing_names(w, ANN);
}

static void
a_dry_run_changes_nothing(void **state)
{
	struct world *w = *state;
	struct buf before = BUF_INIT, after = BUF_INIT;
	struct forget f;

	gone(w, ANN, NOW);
	dump(w, &before);
	f = forget(w, ANN, true);
	dump(w, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	assert_int_equal(f.kept, 1);
	assert_int_equal(f.entries, 1);
	assert_count(w, "SELECT count(*) FROM secret", 0);
	buf_free(&before);
	buf_free(&after);
}

/* Pages split and are put together again while she is among many. */
static void
nothing_is_left_of_one_among_many(void **state)
{
	struct world *w = *state;
	struct crowd many = { .address = "ann.u#@contoso.com",
			      .status = "5.1.1",
			      .reply = "550 5.1.1 no such user ann.u#",
			      .remote = "mx.contoso.com",
			      .list = "news.example.org",
			      .count = 600,
			      .time = NOW };

	for (int round = 0; round < 3; round++) {
		arrive(w, &many);
		gone(w, ANN, many.time);
		many.time += 4 * DAY;
	}
	(void)forget(w, ANN, false);
	assert_nothing_names(w, ANN);
	assert_count(w, "SELECT count(*) FROM recipient", 601);
}

static void
a_reader_keeps_the_log_and_it_is_told(void **state)
{
	struct world *w = *state;
	sqlite3 *db = by_hand(w->place);
	struct forget f;

	gone(w, ANN, NOW);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM event", NULL, NULL, NULL),
			 SQLITE_OK);
	f = forget(w, ANN, false);
	assert_true(f.log_open);
	sqlite3_close(db);
	f = forget(w, ANN, false);
	assert_false(f.log_open);
	assert_nothing_names(w, ANN);
}

static void
no_part_of_a_mail_is_kept_but_what_is_quoted(void **state)
{
	static const char *const not_kept[] = { "Sorry.",           "Undelivered Mail",
						"Subject:",         "MAILER-DAEMON",
						"multipart/report", "Diagnostic-Code" };
	struct world *w = *state;

	gone(w, ANN, NOW);
	for (size_t i = 0; i < sizeof(not_kept) / sizeof(not_kept[0]); i++)
		assert_int_equal(forget_left(w->place->path, span_of(not_kept[i])), 0);
	assert_true(forget_left(w->place->path, SPAN("550 5.1.1 no such user")) > 0);
}

/* With its code and blank in front: so many bytes. */
static void
report_of_length(struct world *w, const char *address, size_t length)
{
	struct buf reply = BUF_INIT;

	buf_adds(&reply, "550 5.1.1 no such user ");
	while (reply.len < length)
		buf_addc(&reply, 'x');
	report(w, address, "5.1.1", buf_str(&reply), NOW);
	buf_free(&reply);
}

static void
what_a_server_said_is_clipped_and_that_is_told(void **state)
{
	struct world *w = *state;

	report_of_length(w, "a@contoso.com", BOUNCE_MAX_DIAGNOSTIC);
	report_of_length(w, "b@contoso.com", BOUNCE_MAX_DIAGNOSTIC + 1);
	report_of_length(w, "c@contoso.com", 100000);
	assert_sql(w->place,
		   "SELECT length(diagnostic), substr(diagnostic, -9) FROM event ORDER BY id",
		   "2048|xxxxxxxxx\n2058|[cut off]\n2058|[cut off]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		in_memory(the_bytes_are_found_where_they_are),
		in_memory(nothing_names_who_is_forgotten),
		in_memory(an_operation_tells_that_somebody_was_forgotten_and_not_who),
		in_memory(who_must_not_be_mailed_stays_so_under_a_pseudonym),
		in_memory(a_report_about_one_who_is_forgotten_counts_and_names_nobody),
		in_memory(each_mailing_of_one_who_is_forgotten_is_another_one),
		in_memory(what_happened_to_others_names_nobody_who_is_forgotten),
		in_memory(no_number_of_one_who_is_forgotten_is_given_again),
		in_memory(a_report_about_one_who_was_good_names_him_again),
		in_memory(what_is_forgotten_twice_is_forgotten),
		in_memory(a_dry_run_changes_nothing),
		in_memory(nothing_is_left_of_one_among_many),
		in_memory(a_reader_keeps_the_log_and_it_is_told),
		in_memory(no_part_of_a_mail_is_kept_but_what_is_quoted),
		in_memory(what_a_server_said_is_clipped_and_that_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
