/*
 * store_world - a database in a directory of its own, for the tests of the store and of what uses
 * it
 *
 * Plain SQL stands beside the store, as a person would use it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_WORLD_H
#define MAILBOUNCED_STORE_WORLD_H

#include "test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "remove_tree.h"
#include "store.h"

#define NOW INT64_C(1790000000) /* 2026-09-21 */
#define DAY INT64_C(86400)

struct place {
	char directory[64];
	char path[96];
	char error[STORE_ERROR_SIZE];
	struct store *store; /* a writer */
};

static inline int
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

static inline int
drop_place(void **state)
{
	struct place *p = *state;

	store_close(p->store);
	remove_tree(p->directory);
	free(p);
	return 0;
}

static inline void
close_store(struct place *p)
{
	store_close(p->store);
	p->store = NULL;
}

/* SQL by hand. */
static inline sqlite3 *
by_hand(const struct place *p)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	return db;
}

static inline int
run_by_hand(const struct place *p, const char *sql)
{
	sqlite3 *db = by_hand(p);
	int result = sqlite3_exec(db, sql, NULL, NULL, NULL);

	sqlite3_close(db);
	return result;
}

static inline int
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

/* Adds rows as lines, columns parted by "|", NULL as "-". */
static inline void
ask_sql(const struct place *p, const char *sql, struct buf *out)
{
	sqlite3 *db = by_hand(p);
	char *error = NULL;

	if (sqlite3_exec(db, sql, append_row, out, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

static inline void
assert_sql(const struct place *p, const char *sql, const char *want)
{
	struct buf got = BUF_INIT;

	ask_sql(p, sql, &got);
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

/* The key of an address's general standing. */
static inline const struct store_key *
general(struct span address)
{
	static struct store_key key;

	key = (struct store_key){ .address = address, .scope = SPAN("") };
	return &key;
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

static inline void
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
	s->transition.next.scored_at = NOW;
	s->transition.strike = 500;
	s->transition.speaks = true;
	s->transition.rule = "";
	s->transition.why = "Gone at the first word.";
}

static inline int64_t
open_folder(struct place *p, const char *name, uint32_t uidvalidity)
{
	struct store_folder folder;

	ok(store_folder_open(p->store, "lists", name, uidvalidity, &folder));
	return folder.id;
}

/* first: the byte that makes its fingerprint differ from others. */
static inline enum store_seen
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

static inline int64_t
add_sample(struct place *p, const struct sample *s, unsigned char first)
{
	struct store_message message = { .folder = open_folder(p, "INBOX", 1),
					 .uid = first,
					 .size = 1000,
					 .fingerprint = { first },
					 .report = &s->report,
					 .time = NOW };
	struct store_event event = { .report = &s->report,
				     .mailing = s->report.original_message_id,
				     .verdict = &s->verdict,
				     .before = &s->before,
				     .transition = &s->transition,
				     .time = NOW,
				     .kind = BOUNCE_KIND_BOUNCE,
				     .trust = STORE_UNGRADED };
	enum store_seen seen;
	int64_t id;

	ok(store_message_add(p->store, &message, &seen, &event.message));
	assert_int_equal(seen, STORE_NEW);
	ok(store_event_add(p->store, &event, &id));
	return id;
}

#define on_a_file(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

#endif
