/*
 * guard_world - crowds of reports, for the tests of incidents
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_GUARD_WORLD_H
#define MAILBOUNCED_GUARD_WORLD_H

#include "ledger_world.h"

#include "operate.h"
#include "replay_agrees.h"
#include "store_incident.h"

#define HOUR INT64_C(3600)

/* Many reports that differ in their address alone. */
struct crowd {
	const char *address; /* "#" is its number */
	const char *status, *reply;
	const char *remote; /* may have a "#" */
	const char *list;
	unsigned count;
	int64_t time, step; /* of the first one; between two */
};

static uint32_t next_uid;

static inline void
add_numbered(struct buf *out, const char *text, unsigned number)
{
	for (; *text != '\0'; text++) {
		if (*text == '#')
			buf_addf(out, "%u", number);
		else
			buf_addc(out, *text);
	}
}

static inline void
write_mail(struct buf *out, const struct crowd *c, unsigned i)
{
	buf_clear(out);
	buf_addf(out,
		 "From: MAILER-DAEMON@mx.example.net\r\nTo: bounces@example.org\r\n"
		 "Subject: Undelivered Mail Returned to Sender\r\n"
		 "Message-ID: <r%u@mx.example.net>\r\nMIME-Version: 1.0\r\n"
		 "Content-Type: multipart/report; report-type=delivery-status; "
		 "boundary=\"b\"\r\n\r\n"
		 "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
		 "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
		 "Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; ",
		 next_uid);
	add_numbered(out, c->address, i);
	buf_addf(out, "\r\nAction: failed\r\nStatus: %s\r\nRemote-MTA: dns; ", c->status);
	add_numbered(out, c->remote, i);
	buf_adds(out, "\r\nDiagnostic-Code: smtp; ");
	add_numbered(out, c->reply, i);
	buf_addf(out,
		 "\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
		 "From: news@example.org\r\nList-Id: <%s>\r\nMessage-ID: <m%lld@example.org>\r\n"
		 "Subject: News\r\n\r\n--b--\r\n",
		 c->list, (long long)(c->time / DAY));
	assert_true(buf_ok(out));
}

/* In one transaction, as a batch is. */
static inline void
arrive_from(struct world *w, const struct crowd *c, unsigned first)
{
	struct buf mail = BUF_INIT;
	struct ledger_result result;

	assert_int_equal(store_begin(w->place->store), 0);
	for (unsigned i = 0; i < c->count; i++) {
		struct ledger_message message = { .folder = w->folder, .where = "lists/INBOX" };

		write_mail(&mail, c, first + i);
		message.uid = ++next_uid;
		message.size = mail.len;
		message.bytes = buf_span(&mail);
		message.time = c->time + (int64_t)i * c->step;
		if (read_and_record(w, w->place->store, &message, &result) < 0)
			fail_msg("%s", store_error(w->place->store));
	}
	assert_int_equal(store_commit(w->place->store), 0);
	buf_free(&mail);
}

static inline void
arrive(struct world *w, const struct crowd *c)
{
	arrive_from(w, c, 0);
}

static inline int
make_guarded(void **state)
{
	struct world *w;

	next_uid = 0;
	make_world(state);
	w = *state;
	w->config.incident = breaker_limits_default();
	return 0;
}

static inline void
assert_count(struct world *w, const char *sql, unsigned expected)
{
	char text[24];

	snprintf(text, sizeof(text), "%u", expected);
	assert_sql(w->place, sql, text);
}

static inline void
check_replay(struct world *w)
{
	(void)replay_agrees(w->place->store);
}

#define DEAD "SELECT count(*) FROM recipient WHERE state <> 'ok'"
#define HELD "SELECT count(*) FROM transition WHERE cause = 'held'"
#define INCIDENTS "SELECT count(*) FROM incident"

static const struct crowd gmail = {
	"reader#@gmail.example",
	"5.1.1",
	"550-5.1.1 The email account that you tried to reach does not exist. Please try 550 5.1.1 "
	"double-checking the address. k# - gsmtp",
	"gmail-smtp-in.l.google.example",
	"news.example.org",
	300,
	NOW,
	400
};

static inline void
arrive_some(struct world *w, unsigned count)
{
	struct crowd some = gmail;

	some.count = count;
	arrive(w, &some);
}

#define on_a_guarded(test) cmocka_unit_test_setup_teardown(test, make_guarded, drop_world)

#endif
