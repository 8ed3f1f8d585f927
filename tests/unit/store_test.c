/*
 * store_test - on a real file, and with plain SQL beside the store as a person would use it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "sql.h"
#include "store.h"

#define NOW INT64_C(1790000000) /* 2026-09-21 */
#define DAY INT64_C(86400)

struct place {
	char directory[64];
	char path[96];
	char error[STORE_ERROR_SIZE];
	struct store *store; /* a writer */
};

static int
drop(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static int
make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	snprintf(p->directory, sizeof(p->directory), "/tmp/store_test.XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->path, sizeof(p->path), "%s/state.db", p->directory);
	p->store = store_open(p->path, STORE_WRITE, p->error);
	if (p->store == NULL)
		fail_msg("%s", p->error);
	*state = p;
	return 0;
}

static int
drop_place(void **state)
{
	struct place *p = *state;

	store_close(p->store);
	assert_int_equal(nftw(p->directory, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(p);
	return 0;
}

static void
close_store(struct place *p)
{
	store_close(p->store);
	p->store = NULL;
}

/* SQL by hand. */
static sqlite3 *
by_hand(const struct place *p)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	return db;
}

static int
run_by_hand(const struct place *p, const char *sql)
{
	sqlite3 *db = by_hand(p);
	int result = sqlite3_exec(db, sql, NULL, NULL, NULL);

	sqlite3_close(db);
	return result;
}

static int
append_row(void *context, int columns, char **values, char **names)
{
	struct buf *out = context;

	(void)names;
	if (out->len > 0)
		buf_addc(out, '\n');
	for (int i = 0; i < columns; i++)
		buf_addf(out, "%s%s", i > 0 ? "|" : "", values[i] == NULL ? "-" : values[i]);
	return 0;
}

/* Rows as lines, columns parted by "|", NULL as "-". */
static void
assert_sql(const struct place *p, const char *sql, const char *want)
{
	sqlite3 *db = by_hand(p);
	struct buf got = BUF_INIT;
	char *error = NULL;

	if (sqlite3_exec(db, sql, append_row, &got, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
	sqlite3_close(db);
}

#define ok(call)                                                          \
	do {                                                              \
		if ((call) < 0)                                           \
			fail_msg("%s: %s", #call, store_error(p->store)); \
	} while (0)

/* One report of one recipient and what it is judged to be; tests change what they look at. */
struct sample {
	struct bounce_recipient recipient;
	struct bounce_report report;
	struct bounce_verdict verdict;
	struct bounce_standing before;
	struct bounce_transition transition;
};

static void
make_sample(struct sample *s, const char *address)
{
	*s = (struct sample){ 0 };
	s->recipient.address = span_of(address);
	s->recipient.action = BOUNCE_ACTION_FAILED;
	s->recipient.diagnostic = SPAN("550 5.1.1 no such user");
	s->recipient.remote_mta = SPAN("mx.contoso.com");
	s->recipient.status_at = (struct bounce_where){ 2, 14 };
	s->report.kind = BOUNCE_KIND_BOUNCE;
	s->report.format = "rfc3464";
	s->report.recipient = &s->recipient;
	s->report.recipient_count = 1;
	s->report.original_message_id = SPAN("one@example.com");
	s->verdict.reason = BOUNCE_REASON_NO_SUCH_USER;
	s->verdict.bad = BOUNCE_BAD_YES;
	s->verdict.severity = BOUNCE_SEVERITY_HARD;
	s->verdict.disposition = BOUNCE_DISPOSITION_DEAD;
	s->verdict.status = (struct bounce_status){ 5, 1, 1 };
	s->verdict.smtp = 550;
	s->verdict.rule = "registry:X.1.1";
	s->verdict.why = "The mailbox does not exist.";
	s->transition.event = BOUNCE_EVENT_GONE;
	s->transition.next.state = BOUNCE_STATE_DEAD;
	s->transition.next.reason = BOUNCE_REASON_NO_SUCH_USER;
	s->transition.next.since = NOW;
	s->transition.next.gone_at = NOW;
	s->transition.strike = 500;
	s->transition.rule = "";
	s->transition.why = "Gone at the first word.";
}

static int64_t
open_folder(struct place *p, const char *name, uint32_t uidvalidity)
{
	struct store_folder folder;

	ok(store_folder_open(p->store, "lists", name, uidvalidity, &folder));
	return folder.id;
}

/* first: the byte that makes its fingerprint differ from others. */
static enum store_seen
add_message(struct place *p, int64_t folder, uint32_t uid, unsigned char first, const char *target)
{
	struct store_message message = { .folder = folder,
					 .uid = uid,
					 .size = 1000,
					 .fingerprint = { first },
					 .target = target,
					 .time = NOW };
	enum store_seen seen;
	int64_t id;

	ok(store_message_add(p->store, &message, &seen, &id));
	return seen;
}

static int64_t
add_sample(struct place *p, const struct sample *s, unsigned char first)
{
	struct store_message message = { .folder = open_folder(p, "INBOX", 1),
					 .uid = first,
					 .size = 1000,
					 .fingerprint = { first },
					 .report = &s->report,
					 .time = NOW };
	struct store_event event = { .report = &s->report,
				     .verdict = &s->verdict,
				     .before = &s->before,
				     .transition = &s->transition,
				     .time = NOW };
	enum store_seen seen;
	int64_t id;

	ok(store_message_add(p->store, &message, &seen, &event.message));
	assert_int_equal(seen, STORE_NEW);
	ok(store_event_add(p->store, &event, &id));
	return id;
}

/* The database as it is made. */

static void
a_new_database_is_marked_as_ours(void **state)
{
	struct place *p = *state;

	assert_sql(p, "PRAGMA application_id", "1835167332");
	assert_sql(p, "PRAGMA user_version", "1");
	assert_sql(p, "PRAGMA journal_mode", "wal");
	assert_sql(p, "PRAGMA integrity_check", "ok");
}

static void
the_files_mode_does_not_depend_on_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077 };
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		mode_t before = umask(masks[i]);
		struct stat st;

		close_store(p);
		unlink(p->path);
		p->store = store_open(p->path, STORE_WRITE, p->error);
		umask(before);
		assert_non_null(p->store);
		assert_int_equal(stat(p->path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
}

static void
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(out, span_make(piece, n));
	fclose(f);
	assert_true(buf_ok(out));
}

static void
sql_is_compiled_in_as_it_is_written(void **state)
{
	struct buf schema = BUF_INIT, queries = BUF_INIT;
	size_t i;

	(void)state;
	read_file(SQL_DIRECTORY "/schema.sql", &schema);
	assert_string_equal(sql_schema, buf_str(&schema));
	read_file(SQL_DIRECTORY "/queries.sql", &queries);
	for (i = 0; sql_queries[i].name != NULL; i++) {
		struct buf head = BUF_INIT;
		const char *at;

		buf_addf(&head, "\n-- name: %s\n", sql_queries[i].name);
		at = strstr(buf_str(&queries), buf_str(&head));
		assert_non_null(at);
		assert_memory_equal(at + head.len, sql_queries[i].text,
				    strlen(sql_queries[i].text));
		buf_free(&head);
	}
	assert_true(i > 30);
	buf_free(&schema);
	buf_free(&queries);
}

/*
 * Statistics look at everything; all else must find its rows by an index. With an INSERT whose
 * table has a trigger SQLite lists the tables that refer to it, and passes them over while no
 * foreign key is violated.
 */
static bool
may_scan(const char *query, const char *step)
{
	return strcmp(query, "message_add") == 0 || strcmp(query, "event_add") == 0 ||
	       strncmp(query, "stats_", 6) == 0 || strcmp(query, "table_count") == 0 ||
	       strstr(step, "json_each") != NULL ||
	       (strcmp(query, "recipient_list") == 0 && strcmp(step, "SCAN recipient") == 0);
}

static void
no_statement_scans_a_table(void **state)
{
	struct place *p = *state;
	sqlite3 *db = by_hand(p);

	for (size_t i = 0; sql_queries[i].name != NULL; i++) {
		struct buf sql = BUF_INIT;
		sqlite3_stmt *s;

		buf_addf(&sql, "EXPLAIN QUERY PLAN %s", sql_queries[i].text);
		if (sqlite3_prepare_v2(db, buf_str(&sql), -1, &s, NULL) != SQLITE_OK)
			fail_msg("%s: %s", sql_queries[i].name, sqlite3_errmsg(db));
		while (sqlite3_step(s) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(s, 3);

			if (strncmp(step, "SCAN", 4) == 0 && !may_scan(sql_queries[i].name, step))
				fail_msg("%s: %s", sql_queries[i].name, step);
		}
		sqlite3_finalize(s);
		buf_free(&sql);
	}
	sqlite3_close(db);
}

/* Messages. */

static void
the_same_uid_is_known_and_changes_nothing(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1);

	assert_int_equal(add_message(p, folder, 7, 'a', "Done"), STORE_NEW);
	assert_int_equal(add_message(p, folder, 7, 'a', "Elsewhere"), STORE_KNOWN);
	assert_sql(p, "SELECT uid, target, duplicate_of FROM message", "7|Done|-");
	assert_sql(p, "SELECT sum(messages), sum(duplicates) FROM tally", "1|0");
}

static void
the_same_bytes_are_a_duplicate_of_the_first_everywhere(void **state)
{
	struct place *p = *state;

	assert_int_equal(add_message(p, open_folder(p, "INBOX", 1), 7, 'a', "Done"), STORE_NEW);
	assert_int_equal(add_message(p, open_folder(p, "INBOX", 1), 8, 'a', "Done"),
			 STORE_DUPLICATE);
	assert_int_equal(add_message(p, open_folder(p, "Other", 1), 7, 'a', "Done"),
			 STORE_DUPLICATE);
	assert_int_equal(add_message(p, open_folder(p, "INBOX", 2), 7, 'a', "Done"),
			 STORE_DUPLICATE);
	assert_int_equal(add_message(p, open_folder(p, "INBOX", 2), 8, 'b', "Done"), STORE_NEW);
	assert_sql(p, "SELECT id, duplicate_of FROM message ORDER BY id",
		   "1|-\n2|1\n3|1\n4|1\n5|-");
}

static void
a_folder_goes_forward_only_and_lives_per_uidvalidity(void **state)
{
	struct place *p = *state;
	struct store_folder folder;
	int64_t first = open_folder(p, "INBOX", UINT32_MAX);

	ok(store_folder_advance(p->store, first, 100));
	ok(store_folder_advance(p->store, first, 50));
	ok(store_folder_open(p->store, "lists", "INBOX", UINT32_MAX, &folder));
	assert_int_equal(folder.id, first);
	assert_int_equal(folder.last_uid, 100);
	ok(store_folder_advance(p->store, first, UINT32_MAX));
	ok(store_folder_open(p->store, "lists", "INBOX", UINT32_MAX, &folder));
	assert_int_equal(folder.last_uid, UINT32_MAX);
	ok(store_folder_open(p->store, "lists", "INBOX", 2, &folder));
	assert_int_not_equal(folder.id, first);
	assert_int_equal(folder.last_uid, 0);
}

static void
a_rollback_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct sample s;
	bool first;

	make_sample(&s, "ann@example.com");
	ok(store_begin(p->store));
	add_sample(p, &s, 'a');
	ok(store_alert(p->store, BOUNCE_REASON_IP_BLOCKED, SPAN("contoso.com"), NOW, &first));
	ok(store_outbox_add(p->store, "tell", 0, SPAN("{}"), NOW));
	store_rollback(p->store);
	store_rollback(p->store); /* without a transaction: nothing */
	assert_sql(p,
		   "SELECT (SELECT count(*) FROM folder), (SELECT count(*) FROM message), "
		   "(SELECT count(*) FROM event), (SELECT count(*) FROM transition), "
		   "(SELECT count(*) FROM recipient), (SELECT count(*) FROM alert), "
		   "(SELECT count(*) FROM outbox), (SELECT count(*) FROM tally), "
		   "(SELECT count(*) FROM daily)",
		   "0|0|0|0|0|0|0|0|0");
}

static void
a_size_that_no_number_holds_is_no_reason_to_stop(void **state)
{
	struct place *p = *state;
	struct store_message message = { .folder = open_folder(p, "INBOX", 1),
					 .uid = UINT32_MAX,
					 .size = UINT64_MAX,
					 .time = NOW };
	enum store_seen seen;
	int64_t id;

	ok(store_message_add(p->store, &message, &seen, &id));
	assert_sql(p, "SELECT uid, size, kind FROM message",
		   "4294967295|9223372036854775807|unreadable");
}

/* Standings. */

static void
an_address_never_heard_of_is_all_zero(void **state)
{
	static const struct bounce_standing zero;
	struct place *p = *state;
	struct bounce_standing got;

	memset(&got, 0xff, sizeof(got));
	ok(store_standing(p->store, SPAN("nobody@example.com"), &got));
	assert_int_equal(got.state, zero.state);
	assert_int_equal(got.reason, zero.reason);
	assert_int_equal(got.since | got.until | got.scored_at | got.strike_day | got.gone_at |
				 got.confirmed_at,
			 0);
	assert_int_equal(got.level | got.score, 0);
}

static void
a_standing_comes_back_as_it_was_written(void **state)
{
	const struct bounce_standing want = {
		.state = BOUNCE_STATE_SUSPENDED,
		.reason = BOUNCE_REASON_UNCLASSIFIED,
		.since = NOW,
		.until = INT64_MAX,
		.level = UINT_MAX,
		.score = UINT_MAX,
		.scored_at = NOW + 1,
		.strike_day = NOW / DAY,
		.gone_at = NOW + 2,
		.confirmed_at = NOW + 3,
	};
	struct place *p = *state;
	struct bounce_standing got;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.transition.next = want;
	add_sample(p, &s, 'a');
	ok(store_standing(p->store, SPAN("ann@example.com"), &got));
	assert_int_equal(got.state, want.state);
	assert_int_equal(got.reason, want.reason);
	assert_int_equal(got.since, want.since);
	assert_int_equal(got.until, want.until);
	assert_int_equal(got.level, want.level);
	assert_int_equal(got.score, want.score);
	assert_int_equal(got.scored_at, want.scored_at);
	assert_int_equal(got.strike_day, want.strike_day);
	assert_int_equal(got.gone_at, want.gone_at);
	assert_int_equal(got.confirmed_at, want.confirmed_at);
}

static void
nonsense_in_the_database_is_told_and_not_used(void **state)
{
	static const char *const damage[] = {
		"UPDATE recipient SET state = 'asleep'",
		"UPDATE recipient SET state = 'dead', reason = 'bad luck'",
		"UPDATE recipient SET state = 'dead', reason = 'expired', level = 4294967296",
		"UPDATE recipient SET level = 0, until = -1",
	};
	struct place *p = *state;
	struct bounce_standing got;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		assert_int_equal(run_by_hand(p, damage[i]), SQLITE_OK);
		assert_int_equal(store_standing(p->store, SPAN("ann@example.com"), &got), -1);
		assert_non_null(strstr(store_error(p->store), "restore a backup"));
	}
}

static void
a_report_that_never_counted_leaves_no_reason(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.transition.event = BOUNCE_EVENT_NOTE;
	s.transition.next = (struct bounce_standing){ 0 };
	s.transition.strike = 0;
	add_sample(p, &s, 'a');
	assert_sql(p, "SELECT address, state, reason, since, mailable FROM recipient_status",
		   "ann@example.com|ok|-|-|yes");
}

static void
struck_means_this_address_and_this_mailing(void **state)
{
	static const struct {
		const char *address, *mailing;
		bool want;
	} row[] = {
		{ "ann@example.com", "one@example.com", true },
		{ "ann@example.com", "two@example.com", false },
		{ "ann@example.com", "", false },
		{ "bob@example.com", "one@example.com", false },
		{ "Ann@example.com", "one@example.com", false },
		{ "note@example.com", "one@example.com", false },
		{ "light@example.com", "one@example.com", true },
		{ "pause@example.com", "one@example.com", true },
	};
	struct place *p = *state;
	struct sample s;
	bool got;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "note@example.com");
	s.transition.event = BOUNCE_EVENT_NOTE;
	s.transition.strike = 0;
	add_sample(p, &s, 'b');
	make_sample(&s, "light@example.com");
	s.transition.event = BOUNCE_EVENT_STRIKE;
	s.transition.strike = 1;
	add_sample(p, &s, 'c');
	make_sample(&s, "pause@example.com");
	s.transition.event = BOUNCE_EVENT_PAUSE;
	s.transition.strike = 0;
	add_sample(p, &s, 'd');
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ok(store_struck(p->store, span_of(row[i].address), span_of(row[i].mailing), &got));
		assert_int_equal(got, row[i].want);
	}
}

/* The ledger. */

static void
an_event_keeps_what_was_said_and_where(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.recipient.original = SPAN("ann@example.com");
	s.recipient.final = SPAN("a.n@contoso.com");
	s.recipient.stage = BOUNCE_STAGE_RCPT;
	add_sample(p, &s, 'a');
	assert_sql(
		p,
		"SELECT number, time, address, domain, original, final, action, status, smtp, "
		"diagnostic, remote_mta, stage FROM event",
		"0|1790000000|ann@example.com|example.com|ann@example.com|a.n@contoso.com|failed|"
		"5.1.1|550|550 5.1.1 no such user|mx.contoso.com|rcpt");
	assert_sql(
		p,
		"SELECT reason, severity, bad, effect, fixer, disposition, rule, why, status_part, "
		"status_line, diagnostic_part, diagnostic_line FROM event",
		"no-such-user|hard|yes|unknown|-|dead|registry:X.1.1|The mailbox does not exist.|"
		"2|14|-|-");
	assert_sql(p,
		   "SELECT event, address, mailing, cause, from_state, to_state, strike, score, "
		   "until, "
		   "operator_rule, why FROM transition",
		   "1|ann@example.com|one@example.com|gone|ok|dead|500|0|-|-|"
		   "Gone at the first word.");
}

static void
the_ledger_is_append_only(void **state)
{
	static const char *const attempt[] = { "UPDATE event SET reason = 'expired'",
					       "DELETE FROM event",
					       "UPDATE transition SET to_state = 'ok'",
					       "DELETE FROM transition",
					       "INSERT OR REPLACE INTO event SELECT * FROM event" };
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	for (size_t i = 0; i < sizeof(attempt) / sizeof(attempt[0]); i++)
		(void)run_by_hand(p, attempt[i]);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(run_by_hand(p, attempt[i]), SQLITE_CONSTRAINT);
	assert_sql(p, "SELECT reason FROM event", "no-such-user");
	assert_sql(p, "SELECT to_state FROM transition", "dead");
}

static void
a_reply_code_out_of_range_is_dropped_and_not_refused(void **state)
{
	static const struct {
		uint16_t smtp;
		const char *want;
	} row[] = { { 0, "-" }, { 99, "-" }, { 100, "100" }, { 999, "999" }, { 1000, "-" } };
	struct place *p = *state;
	struct sample s;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		make_sample(&s, "ann@example.com");
		s.verdict.smtp = row[i].smtp;
		add_sample(p, &s, (unsigned char)('a' + i));
		assert_sql(p, "SELECT smtp FROM event ORDER BY id DESC LIMIT 1", row[i].want);
	}
}

static void
hostile_text_is_data(void **state)
{
	static const struct {
		struct span given;
		const char *want;
	} row[] = {
		{ { "x'; DROP TABLE recipient; --@example.com", NULL },
		  "x'; DROP TABLE recipient; --@example.com" },
		{ { "\"a b\"%_?:address@example.com", NULL }, "\"a b\"%_?:address@example.com" },
		{ { "j\xc3\xb8rn@example.com", NULL }, "j\xc3\xb8rn@example.com" },
		{ { "j\xf8rn@example.com", NULL }, "j\xef\xbf\xbdrn@example.com" },
		{ { "a\x1b[2J\nb@example.com", NULL },
		  "a\xef\xbf\xbd[2J\xef\xbf\xbd"
		  "b@example.com" },
		{ { "c\xc2\x9b"
		    "31m@example.com",
		    NULL },
		  "c\xef\xbf\xbd"
		  "31m@example.com" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct bounce_standing got;
		struct sample s;

		make_sample(&s, row[i].given.p);
		add_sample(p, &s, (unsigned char)('a' + i));
		ok(store_standing(p->store, span_of(row[i].given.p), &got));
		assert_int_equal(got.state, BOUNCE_STATE_DEAD);
		assert_sql(p, "SELECT address FROM event ORDER BY id DESC LIMIT 1", row[i].want);
	}
	assert_sql(p, "SELECT count(*) FROM recipient", "6");
}

static void
a_nul_in_text_ends_nothing(void **state)
{
	static const char diagnostic[] = "550\0gone";
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.recipient.diagnostic = span_make(diagnostic, sizeof(diagnostic) - 1);
	add_sample(p, &s, 'a');
	assert_sql(p, "SELECT diagnostic FROM event", "550\xef\xbf\xbdgone");
}

static void
text_is_kept_up_to_its_limit_without_cutting_a_character(void **state)
{
	static char text[STORE_MAX_TEXT + 2];
	static const struct {
		size_t length, want;
		bool wide; /* ends with a character of two bytes */
	} row[] = {
		{ STORE_MAX_TEXT - 1, STORE_MAX_TEXT - 1, false },
		{ STORE_MAX_TEXT, STORE_MAX_TEXT, false },
		{ STORE_MAX_TEXT + 1, STORE_MAX_TEXT, false },
		{ STORE_MAX_TEXT, STORE_MAX_TEXT, true },
		{ STORE_MAX_TEXT + 1, STORE_MAX_TEXT - 1, true },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample s;
		char want[16];

		memset(text, 'x', sizeof(text));
		if (row[i].wide)
			memcpy(text + row[i].length - 2, "\xc3\xb8", 2);
		make_sample(&s, "ann@example.com");
		s.recipient.diagnostic = span_make(text, row[i].length);
		add_sample(p, &s, (unsigned char)('a' + i));
		snprintf(want, sizeof(want), "%zu", row[i].want);
		assert_sql(p,
			   "SELECT length(CAST(diagnostic AS BLOB)) FROM event ORDER BY id DESC "
			   "LIMIT 1",
			   want);
	}
}

/* Views. */

static void
suppressed_lists_who_must_not_be_mailed_now(void **state)
{
	int64_t now = (int64_t)time(NULL);
	const struct {
		enum bounce_state state;
		int64_t until;
		bool want;
	} row[] = {
		{ BOUNCE_STATE_OK, 0, false },
		{ BOUNCE_STATE_BACKOFF, now + 100, true },
		{ BOUNCE_STATE_BACKOFF, now - 1, false },
		{ BOUNCE_STATE_SUSPENDED, now + 100, true },
		{ BOUNCE_STATE_SUSPENDED, now - 1, false },
		{ BOUNCE_STATE_SUSPENDED, 0, true },
		{ BOUNCE_STATE_DEAD, 0, true },
		{ BOUNCE_STATE_COMPLAINED, 0, true },
		{ BOUNCE_STATE_PINNED_OK, 0, false },
		{ BOUNCE_STATE_PINNED_DEAD, 0, true },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample s;
		char address[40], sql[200];

		snprintf(address, sizeof(address), "user%zu@example.com", i);
		make_sample(&s, address);
		s.transition.next.state = row[i].state;
		s.transition.next.until = row[i].until;
		add_sample(p, &s, (unsigned char)('a' + i));
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM suppressed WHERE address = '%s'",
			 address);
		assert_sql(p, sql, row[i].want ? "1" : "0");
		snprintf(sql, sizeof(sql),
			 "SELECT mailable FROM recipient_status WHERE address = '%s'", address);
		assert_sql(p, sql, row[i].want ? "no" : "yes");
	}
}

static void
dead_is_confirmed_by_word_or_by_quiet(void **state)
{
	int64_t now = (int64_t)time(NULL);
	const struct {
		enum bounce_state state;
		int64_t gone_at, confirmed_at;
		const char *want;
	} row[] = {
		{ BOUNCE_STATE_DEAD, now, 0, "no" },
		{ BOUNCE_STATE_DEAD, now, now, "yes" },
		{ BOUNCE_STATE_DEAD, now - 14 * DAY + 60, 0, "no" },
		{ BOUNCE_STATE_DEAD, now - 14 * DAY, 0, "yes" },
		{ BOUNCE_STATE_DEAD, 0, 0, "no" },
		{ BOUNCE_STATE_PINNED_DEAD, now - 20 * DAY, 0, "no" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample s;

		make_sample(&s, "ann@example.com");
		s.transition.next.state = row[i].state;
		s.transition.next.gone_at = row[i].gone_at;
		s.transition.next.confirmed_at = row[i].confirmed_at;
		add_sample(p, &s, (unsigned char)('a' + i));
		assert_sql(p, "SELECT confirmed FROM suppressed", row[i].want);
		assert_sql(p, "SELECT confirmed FROM recipient_status", row[i].want);
	}
}

static void
the_quiet_time_is_the_configurations(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	s.transition.next.gone_at = (int64_t)time(NULL) - 2 * DAY;
	add_sample(p, &s, 'a');
	assert_sql(p, "SELECT confirmed FROM suppressed", "no");
	ok(store_setting(p->store, "confirm_quiet", DAY));
	assert_sql(p, "SELECT confirmed FROM suppressed", "yes");
	ok(store_setting(p->store, "confirm_quiet", 3 * DAY));
	assert_sql(p, "SELECT confirmed FROM suppressed", "no");
}

static void
recent_event_gives_the_newest_first(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "bob@example.com");
	add_sample(p, &s, 'b');
	assert_sql(p,
		   "SELECT time, folder, uid, address, code, reason, rule, state FROM recent_event",
		   "2026-09-21T14:13:20Z|lists/INBOX|98|bob@example.com|5.1.1|no-such-user|"
		   "registry:X.1.1|dead\n"
		   "2026-09-21T14:13:20Z|lists/INBOX|97|ann@example.com|5.1.1|no-such-user|"
		   "registry:X.1.1|dead");
	assert_sql(p, "SELECT uid FROM recent_event WHERE address = 'ann@example.com'", "97");
}

static void
bounce_rate_counts_by_day_and_domain(void **state)
{
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "bob@example.com");
	s.verdict.severity = BOUNCE_SEVERITY_SOFT;
	s.verdict.reason = BOUNCE_REASON_MAILBOX_FULL;
	add_sample(p, &s, 'b');
	make_sample(&s, "cy@example.com");
	s.verdict.severity = BOUNCE_SEVERITY_NONE;
	add_sample(p, &s, 'c');
	make_sample(&s, "dan@contoso.com");
	add_sample(p, &s, 'd');
	assert_sql(p, "SELECT * FROM bounce_rate ORDER BY domain",
		   "2026-09-21|contoso.com|1|1|0\n2026-09-21|example.com|3|1|1");
}

/* Alerts, outbox, moves. */

static void
an_alert_is_new_once_a_reason_domain_and_day(void **state)
{
	static const struct {
		enum bounce_reason reason;
		const char *domain;
		int64_t time;
		bool want;
	} row[] = {
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW, true },
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW + 1, false },
		{ BOUNCE_REASON_IP_BLOCKED, "contoso.com", NOW, true },
		{ BOUNCE_REASON_AUTH_FAILURE, "example.com", NOW, true },
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW + DAY, true },
		{ BOUNCE_REASON_IP_BLOCKED, "example.com", NOW + DAY, false },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool first;

		ok(store_alert(p->store, row[i].reason, span_of(row[i].domain), row[i].time,
			       &first));
		assert_int_equal(first, row[i].want);
	}
	assert_sql(p, "SELECT sum(count), count(*) FROM alert", "6|4");
}

static void
the_outbox_gives_what_is_due_until_it_is_done(void **state)
{
	struct place *p = *state;
	struct store_outbox entry;

	assert_int_equal(store_outbox_next(p->store, NOW, &entry), 0);
	ok(store_outbox_add(p->store, "tell", 0,
			    SPAN("{\"address\":\"a\\u0000b\",\"n\":5,\"x\":null}"), NOW));
	ok(store_outbox_add(p->store, "tell", 0, SPAN("not JSON"), NOW + 1));
	assert_int_equal(store_outbox_next(p->store, NOW - 1, &entry), 0);
	assert_int_equal(store_outbox_next(p->store, NOW, &entry), 1);
	assert_int_equal(entry.id, 1);
	assert_string_equal(entry.hook, "tell");
	assert_int_equal(entry.attempts, 0);
	assert_string_equal(entry.fact[1], "n=5");
	assert_string_equal(entry.fact[2], "x=");
	assert_null(entry.fact[3]);
	store_outbox_free(&entry);
	ok(store_outbox_retry(p->store, 1, NOW + 60, "exit status 1"));
	assert_int_equal(store_outbox_next(p->store, NOW + 1, &entry), 1);
	assert_int_equal(entry.id, 2);
	assert_null(entry.fact[0]);
	store_outbox_free(&entry);
	ok(store_outbox_done(p->store, 2, NOW + 2));
	assert_int_equal(store_outbox_next(p->store, NOW + 59, &entry), 0);
	assert_int_equal(store_outbox_next(p->store, NOW + 60, &entry), 1);
	assert_int_equal(entry.id, 1);
	assert_int_equal(entry.attempts, 1);
	store_outbox_free(&entry);
	assert_sql(p, "SELECT id, attempts, error, done_at FROM outbox",
		   "1|1|exit status 1|-\n2|1|-|1790000002");
}

static void
moves_come_by_target_in_order_and_in_sets(void **state)
{
	struct place *p = *state;
	int64_t folder = open_folder(p, "INBOX", 1), other = open_folder(p, "Other", 1);
	uint32_t uid[8];
	size_t count;
	char *target;

	add_message(p, folder, 9, 'a', "Done");
	add_message(p, folder, 3, 'b', "Review");
	add_message(p, folder, 5, 'c', "Done");
	add_message(p, folder, 4, 'd', NULL);
	add_message(p, folder, 7, 'e', "Done");
	add_message(p, other, 1, 'f', "Done");
	ok(store_move_target(p->store, folder, NULL, &target));
	assert_string_equal(target, "Done");
	ok(store_moves(p->store, folder, target, 2, uid, &count));
	assert_int_equal(count, 2);
	assert_int_equal(uid[0], 5);
	assert_int_equal(uid[1], 7);
	ok(store_moved(p->store, folder, uid, count, NOW));
	ok(store_moves(p->store, folder, target, 8, uid, &count));
	assert_int_equal(count, 1);
	assert_int_equal(uid[0], 9);
	free(target);
	ok(store_move_target(p->store, folder, "Done", &target));
	assert_string_equal(target, "Review");
	free(target);
	ok(store_move_target(p->store, folder, "Review", &target));
	assert_null(target);
	assert_sql(p, "SELECT uid, moved_at FROM message WHERE moved_at IS NOT NULL ORDER BY uid",
		   "5|1790000000\n7|1790000000");
}

static void
the_moves_of_an_ended_life_are_dropped(void **state)
{
	struct place *p = *state;
	int64_t old = open_folder(p, "INBOX", 1), present = open_folder(p, "INBOX", 2);
	char *target;

	add_message(p, old, 1, 'a', "Done");
	add_message(p, old, 2, 'b', "Done");
	add_message(p, present, 1, 'c', "Done");
	add_message(p, open_folder(p, "Other", 1), 1, 'd', "Done");
	assert_int_equal(store_moves_forget(p->store, "lists", "INBOX", 2), 2);
	assert_int_equal(store_moves_forget(p->store, "lists", "INBOX", 2), 0);
	ok(store_move_target(p->store, old, NULL, &target));
	assert_null(target);
	ok(store_move_target(p->store, present, NULL, &target));
	assert_string_equal(target, "Done");
	free(target);
	assert_sql(p, "SELECT count(*) FROM message WHERE lost_at IS NOT NULL", "2");
}

/* Queries for people. */

struct rows {
	struct buf text;
	int stop_after; /* 0 = never */
	int seen;
};

static bool
keep_row(void *context, int columns, const char *const *names, const char *const *values)
{
	struct rows *rows = context;

	(void)names;
	(void)columns;
	buf_addf(&rows->text, "%s ", values[0] == NULL ? "-" : values[0]);
	return ++rows->seen != rows->stop_after;
}

static void
lists_are_filtered_and_ordered(void **state)
{
	static const struct {
		const char *const parameter[8];
		int stop_after;
		const char *want;
	} row[] = {
		{ { NULL }, 0, "ann@example.com bob@contoso.com cy@example.com " },
		{ { NULL }, 2, "ann@example.com bob@contoso.com " },
		{ { "state", "dead", NULL }, 0, "ann@example.com bob@contoso.com " },
		{ { "domain", "example.com", NULL }, 0, "ann@example.com cy@example.com " },
		{ { "domain", "example.com", "state", "dead", NULL }, 0, "ann@example.com " },
		{ { "reason", "mailbox-full", NULL }, 0, "cy@example.com " },
		{ { "reason", "mailbox-full", "state", "dead", NULL }, 0, "" },
		{ { "reason", NULL, "state", NULL, "domain", NULL, NULL }, 1, "ann@example.com " },
		{ { "state", "' OR 1 --", NULL }, 0, "" },
	};
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "cy@example.com");
	s.transition.next.state = BOUNCE_STATE_BACKOFF;
	s.transition.next.reason = BOUNCE_REASON_MAILBOX_FULL;
	add_sample(p, &s, 'a');
	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'b');
	make_sample(&s, "bob@contoso.com");
	add_sample(p, &s, 'c');
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { .stop_after = row[i].stop_after };

		int seen =
			store_query(p->store, "recipient_list", row[i].parameter, keep_row, &rows);

		assert_int_equal(seen, rows.seen);
		assert_string_equal(buf_str(&rows.text), row[i].want);
		buf_free(&rows.text);
	}
}

static void
show_ignores_the_case_of_the_domain_only(void **state)
{
	static const struct {
		const char *address;
		int want;
	} row[] = {
		{ "Ann@example.com", 1 },
		{ "Ann@EXAMPLE.com", 1 },
		{ "ann@example.com", 0 },
		{ "Ann@example.org", 0 },
		{ "Ann", 0 },
		{ "", 0 },
		{ "@", 0 },
		{ "\"a@b\"@ExAmPlE.com", 1 },
	};
	struct place *p = *state;
	struct sample s;

	make_sample(&s, "Ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "\"a@b\"@example.com");
	add_sample(p, &s, 'b');
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { 0 };
		const char *const parameter[] = { "address", row[i].address, NULL };

		assert_int_equal(
			store_query(p->store, "recipient_show", parameter, keep_row, &rows),
			row[i].want);
		buf_free(&rows.text);
	}
}

static void
history_is_newest_first_and_limited(void **state)
{
	static const struct {
		const char *limit;
		int want;
	} row[] = { { NULL, 3 }, { "2", 2 }, { "0", 0 }, { "10", 3 } };
	struct place *p = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct sample s;

		make_sample(&s, "ann@example.com");
		add_sample(p, &s, (unsigned char)('a' + i));
	}
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { 0 };
		const char *const parameter[] = { "address", "ann@example.com", "limit",
						  row[i].limit, NULL };

		assert_int_equal(
			store_query(p->store, "recipient_history", parameter, keep_row, &rows),
			row[i].want);
		buf_free(&rows.text);
	}
}

static void
statistics_agree_with_what_was_written(void **state)
{
	static const struct {
		const char *query, *want;
	} row[] = {
		{ "stats_states", "dead ok " },
		{ "stats_reasons", "no-such-user " },
		{ "stats_kinds", "bounce unreadable " },
		{ "stats_messages", "lists " },
		{ "stats_moves_pending", "lists " },
		{ "stats_alerts", "2026-09-21 " },
		{ "stats_outbox", "tell " },
	};
	struct place *p = *state;
	struct sample s;
	bool first;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	make_sample(&s, "bob@example.com");
	s.transition.next.state = BOUNCE_STATE_OK;
	add_sample(p, &s, 'b');
	add_message(p, open_folder(p, "INBOX", 1), 1000, 'c', "Review");
	ok(store_alert(p->store, BOUNCE_REASON_IP_BLOCKED, SPAN("example.com"), NOW, &first));
	ok(store_outbox_add(p->store, "tell", 0, SPAN("{}"), NOW));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct rows rows = { 0 };

		ok(store_query(p->store, row[i].query, NULL, keep_row, &rows));
		assert_string_equal(buf_str(&rows.text), row[i].want);
		buf_free(&rows.text);
	}
}

/* Locks and readers. */

static void
a_second_writer_is_refused_with_the_firsts_pid(void **state)
{
	struct place *p = *state;
	char want[64];

	snprintf(want, sizeof(want), "another mailbounced (pid %ld) holds ", (long)getpid());
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_memory_equal(p->error, want, strlen(want));
	close_store(p);
	p->store = store_open(p->path, STORE_WRITE, p->error);
	assert_non_null(p->store);
}

static void
a_writer_that_was_killed_leaves_no_lock(void **state)
{
	struct place *p = *state;
	pid_t child;
	int status;

	close_store(p);
	child = fork();
	if (child == 0) {
		if (store_open(p->path, STORE_WRITE, p->error) != NULL)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	p->store = store_open(p->path, STORE_WRITE, p->error);
	assert_non_null(p->store);
}

static void
a_reader_sees_what_is_committed_and_writes_nothing(void **state)
{
	struct place *p = *state;
	struct store *reader = store_open(p->path, STORE_READ, p->error);
	struct bounce_standing got;
	struct store_folder folder;
	struct sample s;

	assert_non_null(reader);
	make_sample(&s, "ann@example.com");
	ok(store_begin(p->store));
	add_sample(p, &s, 'a');
	assert_int_equal(store_standing(reader, SPAN("ann@example.com"), &got), 0);
	assert_int_equal(got.state, BOUNCE_STATE_OK);
	ok(store_commit(p->store));
	assert_int_equal(store_standing(reader, SPAN("ann@example.com"), &got), 0);
	assert_int_equal(got.state, BOUNCE_STATE_DEAD);
	assert_int_equal(store_folder_open(reader, "lists", "New", 1, &folder), -1);
	assert_non_null(strstr(store_error(reader), "must be writable"));
	store_close(reader);
}

/* In a child, for it gives its rights away. Reports with its exit status. */
static int
as_group_member(const char *path)
{
	char error[STORE_ERROR_SIZE];
	struct bounce_standing got;
	struct store *reader;

	if (setgid(0) < 0 || setuid(65534) < 0)
		return 2;
	reader = store_open(path, STORE_READ, error);
	if (reader == NULL)
		return 3;
	if (store_standing(reader, SPAN("ann@example.com"), &got) < 0)
		return 4;
	store_close(reader);
	return got.state == BOUNCE_STATE_DEAD ? 0 : 5;
}

static void
who_may_only_read_the_file_can_open_it_when_the_daemon_is_down(void **state)
{
	struct place *p = *state;
	struct sample s;
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	close_store(p);
	assert_int_equal(chmod(p->directory, 0755), 0);
	child = fork();
	if (child == 0)
		_exit(as_group_member(p->path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* What is refused. */

static void
a_newer_database_is_refused_and_not_touched(void **state)
{
	struct place *p = *state;

	close_store(p);
	assert_int_equal(run_by_hand(p, "PRAGMA user_version = 2"), SQLITE_OK);
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "has version 2, this mailbounced knows 1"));
	assert_null(store_open(p->path, STORE_READ, p->error));
	assert_non_null(strstr(p->error, "has version 2"));
	assert_sql(p, "PRAGMA user_version", "2");
}

static void
a_foreign_database_is_refused_and_not_touched(void **state)
{
	struct place *p = *state;

	close_store(p);
	unlink(p->path);
	assert_int_equal(run_by_hand(p, "CREATE TABLE song (name TEXT)"), SQLITE_OK);
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "another program"));
	assert_null(store_open(p->path, STORE_READ, p->error));
	assert_non_null(strstr(p->error, "another program"));
	assert_sql(p, "PRAGMA journal_mode", "delete");
	assert_sql(p, "SELECT name FROM sqlite_schema", "song");
}

static void
write_bytes(const char *path, off_t at, const char *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, length, at), (ssize_t)length);
	close(fd);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	static char text[4096];
	struct place *p = *state;

	close_store(p);
	memset(text, 'x', sizeof(text));
	write_bytes(p->path, 0, text, sizeof(text));
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "not a database; restore a backup"));
}

static void
damage(const struct place *p, off_t at)
{
	static char garbage[1000];

	memset(garbage, 0xa5, sizeof(garbage));
	write_bytes(p->path, at, garbage, sizeof(garbage));
}

static void
a_damaged_page_is_an_error_and_no_crash(void **state)
{
	struct place *p = *state;
	struct bounce_standing got;
	struct sample s;
	sqlite3_stmt *root;
	sqlite3 *db;
	int page;

	make_sample(&s, "ann@example.com");
	add_sample(p, &s, 'a');
	close_store(p);
	db = by_hand(p);
	sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'recipient'", -1,
			   &root, NULL);
	assert_int_equal(sqlite3_step(root), SQLITE_ROW);
	page = sqlite3_column_int(root, 0);
	sqlite3_finalize(root);
	sqlite3_close(db);
	damage(p, (off_t)(page - 1) * 4096);
	p->store = store_open(p->path, STORE_WRITE, p->error);
	assert_non_null(p->store);
	assert_int_equal(store_standing(p->store, SPAN("ann@example.com"), &got), -1);
	assert_non_null(strstr(store_error(p->store), "malformed; stop mailbounced, keep a copy"));
	close_store(p);
	damage(p, 100); /* behind the file's header: where the schema begins */
	assert_null(store_open(p->path, STORE_WRITE, p->error));
	assert_non_null(strstr(p->error, "malformed; stop mailbounced, keep a copy"));
}

static void
a_missing_directory_is_named(void **state)
{
	struct place *p = *state;

	assert_null(store_open("/nonexistent/state.db", STORE_WRITE, p->error));
	assert_string_equal(p->error,
			    "/nonexistent/state.db.lock: No such file or directory; make its "
			    "directory first");
}

static void
a_missing_file_cannot_be_read(void **state)
{
	struct place *p = *state;
	struct stat st;

	close_store(p);
	unlink(p->path);
	assert_null(store_open(p->path, STORE_READ, p->error));
	assert_non_null(strstr(p->error, "mailbounced makes it when it first runs"));
	assert_int_equal(stat(p->path, &st), -1);
}

static int
open_as_nobody(const char *path)
{
	char error[STORE_ERROR_SIZE] = "";

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 2;
	if (store_open(path, STORE_WRITE, error) != NULL)
		return 3;
	return strstr(error, "must be writable for this user") != NULL ? 0 : 4;
}

static void
a_directory_that_is_not_ours_is_told(void **state)
{
	struct place *p = *state;
	pid_t child;
	int status;

	if (geteuid() != 0)
		skip();
	close_store(p);
	assert_int_equal(chmod(p->directory, 0755), 0);
	child = fork();
	if (child == 0)
		_exit(open_as_nobody(p->path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* In a child, with a limit on the size of files as a full disk. */
static int
fill_the_disk(struct place *p)
{
	struct rlimit limit = { (rlim_t)200 * 1024, RLIM_INFINITY };
	uint32_t uid;
	int64_t folder = open_folder(p, "INBOX", 1);

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	for (uid = 1; uid < 100000; uid++) {
		struct store_message message = { .folder = folder, .uid = uid, .time = NOW };
		enum store_seen seen;
		int64_t id;

		memcpy(message.fingerprint, &uid, sizeof(uid));
		if (store_begin(p->store) < 0 ||
		    store_message_add(p->store, &message, &seen, &id) < 0 ||
		    store_commit(p->store) < 0)
			break;
	}
	if (uid == 100000 || strstr(store_error(p->store), "free space") == NULL)
		return 2;
	store_rollback(p->store);
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	/* The same message again, now that there is room: it was not recorded by half. */
	return add_message(p, folder, uid, (unsigned char)(uid & 0xff), NULL) == STORE_KNOWN ? 3
											     : 0;
}

static void
a_full_disk_is_told_and_survived(void **state)
{
	struct place *p = *state;
	pid_t child;
	int status;

	close_store(p);
	child = fork();
	if (child == 0) {
		p->store = store_open(p->path, STORE_WRITE, p->error);
		status = p->store == NULL ? 1 : fill_the_disk(p);
		store_close(p->store);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_sql(p, "PRAGMA integrity_check", "ok");
	assert_sql(p, "SELECT count(*) = max(uid) FROM message", "1");
}

#define on_a_file(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_file(a_new_database_is_marked_as_ours),
		on_a_file(the_files_mode_does_not_depend_on_the_umask),
		on_a_file(sql_is_compiled_in_as_it_is_written),
		on_a_file(no_statement_scans_a_table),
		on_a_file(the_same_uid_is_known_and_changes_nothing),
		on_a_file(the_same_bytes_are_a_duplicate_of_the_first_everywhere),
		on_a_file(a_folder_goes_forward_only_and_lives_per_uidvalidity),
		on_a_file(a_rollback_leaves_nothing),
		on_a_file(a_size_that_no_number_holds_is_no_reason_to_stop),
		on_a_file(an_address_never_heard_of_is_all_zero),
		on_a_file(a_standing_comes_back_as_it_was_written),
		on_a_file(nonsense_in_the_database_is_told_and_not_used),
		on_a_file(a_report_that_never_counted_leaves_no_reason),
		on_a_file(struck_means_this_address_and_this_mailing),
		on_a_file(an_event_keeps_what_was_said_and_where),
		on_a_file(the_ledger_is_append_only),
		on_a_file(a_reply_code_out_of_range_is_dropped_and_not_refused),
		on_a_file(hostile_text_is_data),
		on_a_file(a_nul_in_text_ends_nothing),
		on_a_file(text_is_kept_up_to_its_limit_without_cutting_a_character),
		on_a_file(suppressed_lists_who_must_not_be_mailed_now),
		on_a_file(dead_is_confirmed_by_word_or_by_quiet),
		on_a_file(the_quiet_time_is_the_configurations),
		on_a_file(recent_event_gives_the_newest_first),
		on_a_file(bounce_rate_counts_by_day_and_domain),
		on_a_file(an_alert_is_new_once_a_reason_domain_and_day),
		on_a_file(the_outbox_gives_what_is_due_until_it_is_done),
		on_a_file(moves_come_by_target_in_order_and_in_sets),
		on_a_file(the_moves_of_an_ended_life_are_dropped),
		on_a_file(lists_are_filtered_and_ordered),
		on_a_file(show_ignores_the_case_of_the_domain_only),
		on_a_file(history_is_newest_first_and_limited),
		on_a_file(statistics_agree_with_what_was_written),
		on_a_file(a_second_writer_is_refused_with_the_firsts_pid),
		on_a_file(a_writer_that_was_killed_leaves_no_lock),
		on_a_file(a_reader_sees_what_is_committed_and_writes_nothing),
		on_a_file(who_may_only_read_the_file_can_open_it_when_the_daemon_is_down),
		on_a_file(a_newer_database_is_refused_and_not_touched),
		on_a_file(a_foreign_database_is_refused_and_not_touched),
		on_a_file(a_file_that_is_no_database_is_refused),
		on_a_file(a_damaged_page_is_an_error_and_no_crash),
		on_a_file(a_missing_directory_is_named),
		on_a_file(a_missing_file_cannot_be_read),
		on_a_file(a_directory_that_is_not_ours_is_told),
		on_a_file(a_full_disk_is_told_and_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
