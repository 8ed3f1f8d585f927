/*
 * ctl_world - a database that bouncectl looks into, filled through the ledger
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_WORLD_H
#define MAILBOUNCED_CTL_WORLD_H

#include "test.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "ctl_run.h"
#include "ledger.h"
#include "remove_tree.h"

#define DAY INT64_C(86400)

#define PLACE "/tmp/ctl_test.XXXXXX"
static char directory[] = PLACE;

static inline void
make_report(struct buf *out, const char *address, const char *status, const char *reply, int number)
{
	buf_clear(out);
	buf_addf(out,
		 "From: MAILER-DAEMON@mx.example.net\r\n"
		 "Subject: Undelivered\r\n"
		 "Message-ID: <report%d@mx.example.net>\r\n"
		 "MIME-Version: 1.0\r\n"
		 "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
		 "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
		 "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
		 "Reporting-MTA: dns; mx.example.net\r\n\r\n"
		 "Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: %s\r\n"
		 "Diagnostic-Code: smtp; %s\r\n\r\n"
		 "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
		 "List-Id: <news.example.org>\r\nMessage-ID: <mailing%d@example.org>\r\n\r\n"
		 "--b--\r\n",
		 number, address, status, reply, number);
}

static const struct {
	const char *address, *status, *reply;
	int64_t age;
} reports[] = {
	{ "ann@example.com", "5.1.1", "550 5.1.1 no such user", 5 * DAY },
	{ "ann@example.com", "5.1.1", "550 5.1.1 no such user", 0 },
	{ "bob@example.com", "4.2.2", "452 4.2.2 mailbox full", 0 },
	{ "=cmd@example.net", "4.2.2", "452 4.2.2 mailbox \x1b[31mfull", 0 },
	{ "cy@example.net", "5.7.606", "550 5.7.606 Access denied, banned sending IP [192.0.2.7]",
	  0 },
	{ "dot@example.net", "4.2.2", "452 4.2.2 mailbox full", 3 * DAY },
};

static inline void
fill(struct store *store)
{
	static char processed[] = "Processed";
	struct config config = { .policy = bounce_policy_default() };
	struct config_account account = { .unreadable.leave = true };
	struct store_folder folder;
	struct buf report = BUF_INIT;
	struct arena arena;

	for (unsigned kind = 0; kind < BOUNCE_KIND_COUNT; kind++)
		account.target[kind].folder = processed;
	arena_init(&arena, 0);
	assert_int_equal(store_folder_open(store, "lists", "INBOX", 1, &folder), 0);
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		struct ledger_message message = { .folder = folder.id,
						  .where = "lists/INBOX",
						  .uid = (uint32_t)i + 1,
						  .time = time(NULL) - reports[i].age };
		struct ledger_reading reading;
		struct ledger_result result;

		make_report(&report, reports[i].address, reports[i].status, reports[i].reply,
			    (int)i);
		message.bytes = buf_span(&report);
		message.size = report.len;
		assert_int_equal(store_begin(store), 0);
		arena_reset(&arena);
		ledger_read(&arena, &config, &account, &message, &reading);
		assert_int_equal(ledger_record(store, &config, &message, &reading, &result), 0);
		assert_int_equal(store_commit(store), 0);
	}
	arena_free(&arena);
	buf_free(&report);
}

static inline int
make_place(void **state)
{
	char path[100], error[STORE_ERROR_SIZE];
	struct store *store;

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	ctl_directory = directory;
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(path, sizeof(path), "%s/state.db", directory);
	store = store_open(path, STORE_WRITE, error);
	assert_non_null(store);
	fill(store);
	store_close(store);
	return 0;
}

/* A place of its own for each test. */
static inline int
begin(void **state)
{
	snprintf(directory, sizeof(directory), PLACE);
	return make_place(state);
}

/* new.conf, over this database: an account, and what is given. */
static inline void
write_config(const char *sections)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "%s/new.conf", directory);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
		"state = \"%s/state.db\"\n"
		"account \"a\" { host = \"imap.example.com\"  user = \"u\"  "
		"password-file = \"/p\" }\n%s",
		directory, sections);
	fclose(f);
}

/* One value by hand, as text. */
static inline const char *
ask(const char *sql)
{
	static char answer[400];
	char path[100];
	sqlite3_stmt *s;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/state.db", directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	answer[0] = '\0';
	if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0) != NULL)
		snprintf(answer, sizeof(answer), "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return answer;
}

static inline int
drop_place(void **state)
{
	(void)state;
	buf_free(&said);
	remove_tree(directory);
	return 0;
}

#endif
