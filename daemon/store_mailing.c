/*
 * store_mailing - mailings that were sent, what they prove, and how often lists post
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <sysexits.h>

#include "log.h"

/* ---- how often a list posts: one row a list, never a scan ---- */

struct row {
	struct bounce_pace pace;
	int64_t prior_gap; /* before the last mailing */
	bool known_id;     /* the id is that of one of the last two that came back */
	bool replaced_id;  /* it is the one that the last one replaced */
};

/* 1 = known, 0, or -1. */
static int
read_pace(struct store *store, struct span list, struct span id, struct row *out)
{
	sqlite3_stmt *s = store_statement(store, "pace");
	int64_t reported = 0;
	int result;

	*out = (struct row){ 0 };
	store_bind_text(store, s, "list", list);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, 1, &reported) < 0 ||
			   store_column(store, s, 1, INT64_MAX, &out->pace.last_at) < 0 ||
			   store_column(store, s, 2, INT64_MAX, &out->pace.gap) < 0 ||
			   store_column(store, s, 3, INT64_MAX, &out->prior_gap) < 0))
		result = -1;
	out->pace.reported = reported != 0;
	if (result > 0) {
		out->known_id = span_eq(id, store_column_text(s, 4)) ||
				span_eq(id, store_column_text(s, 5));
		out->replaced_id = span_eq(id, store_column_text(s, 6));
	}
	store_done(s);
	return result;
}

static int
write_pace(struct store *store, struct span list, struct span id, const struct bounce_pace *pace)
{
	sqlite3_stmt *s = store_statement(store, "pace_put");

	store_bind_text(store, s, "list", list);
	store_bind_number(store, s, "reported", pace->reported);
	store_bind_number(store, s, "last_at", pace->last_at);
	store_bind_some(store, s, "gap", pace->gap);
	store_bind_text(store, s, "id", id);
	return store_run(store, s);
}

static int
write_id(struct store *store, struct span list, struct span id)
{
	sqlite3_stmt *s = store_statement(store, "pace_id");

	store_bind_text(store, s, "list", list);
	store_bind_text(store, s, "id", id);
	return store_run(store, s);
}

/* What a day's reports teach holds from the next day on, and does not depend on their order. */
int
store_cadence(struct store *store, struct span list, const struct store_mailing *mailing,
	      int64_t *out)
{
	struct span id = mailing->original_message_id;
	struct row row;
	bool today;

	*out = 0;
	if (span_empty(list))
		return 0;
	if (read_pace(store, list, id, &row) < 0)
		return -1;
	today = row.pace.last_at / STATE_DAY == mailing->time / STATE_DAY;
	*out = today ? row.prior_gap : row.pace.gap;
	if (span_empty(id) || row.known_id || (today && row.replaced_id))
		return 0;
	if (bounce_pace_add(&row.pace, false, mailing->time))
		return write_pace(store, list, id, &row.pace);
	return today && !row.pace.reported ? write_id(store, list, id) : 0;
}

/* ---- mailings ---- */

int
store_sent_add(struct store *store, const struct store_sent *sent)
{
	sqlite3_stmt *s = store_statement(store, "mailing_add");
	struct row row;

	store_bind_text(store, s, "list", sent->list);
	store_bind_number(store, s, "sent_at", sent->time);
	store_bind_text(store, s, "mailing", sent->mailing);
	if (sent->recipients >= 0)
		store_bind_number(store, s, "recipients", sent->recipients);
	store_bind_number(store, s, "operation", sent->operation);
	store_any_forget(store, STORE_ANY_MAILING);
	if (store_run(store, s) < 0)
		return -1;
	if (sqlite3_changes(store->db) == 0)
		return 0;
	if (read_pace(store, sent->list, SPAN(""), &row) < 0)
		return -1;
	if (bounce_pace_add(&row.pace, true, sent->time) &&
	    write_pace(store, sent->list, SPAN(""), &row.pace) < 0)
		return -1;
	return 1;
}

int
store_mailing_due(struct store *store, int64_t before, int64_t after, struct store_due *out)
{
	sqlite3_stmt *s = store_statement(store, "mailing_due");
	int result;

	*out = (struct store_due){ 0 };
	store_bind_number(store, s, "before", before);
	store_bind_number(store, s, "after", after);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, INT64_MAX, &out->id) < 0 ||
			   store_column(store, s, 1, INT64_MAX, &out->sent_at) < 0 ||
			   store_column(store, s, 2, INT64_MAX, &out->operation) < 0))
		result = -1;
	if (result > 0)
		buf_add(&out->list, store_column_text(s, 3));
	store_done(s);
	if (!buf_ok(&out->list))
		log_fatal(EX_OSERR, "out of memory");
	return result;
}

void
store_due_free(struct store_due *due)
{
	buf_free(&due->list);
}

static int
read_candidate(struct store *store, sqlite3_stmt *s, struct store_candidate *out)
{
	out->key = (struct store_key){ store_column_text(s, 18), store_column_text(s, 19) };
	if (store_read_standing(store, s, &out->standing) < 0 ||
	    store_column(store, s, 20, INT64_MAX, &out->last_report) < 0)
		return -1;
	return 0;
}

int
store_candidates(struct store *store, const struct store_due *due,
		 int (*each)(void *context, const struct store_candidate *candidate), void *context)
{
	sqlite3_stmt *s = store_statement(store, "mailing_candidates");
	struct store_candidate candidate;
	int result, count = 0;

	store_bind_number(store, s, "id", due->id);
	store_bind_number(store, s, "most", STORE_CANDIDATES);
	while ((result = store_step(store, s)) > 0) {
		count++;
		if (read_candidate(store, s, &candidate) < 0 || each(context, &candidate) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	return result < 0 ? -1 : count;
}

int
store_mailing_progress(struct store *store, const struct store_due *due,
		       const struct store_key *last, int proved)
{
	sqlite3_stmt *s = store_statement(store, "mailing_progress");

	store_bind_number(store, s, "id", due->id);
	store_bind_number(store, s, "proved", proved);
	store_bind_text(store, s, "address", last->address);
	store_bind_whole(store, s, "scope", last->scope);
	return store_run(store, s);
}

int
store_mailing_done(struct store *store, const struct store_due *due, int64_t time)
{
	sqlite3_stmt *s = store_statement(store, "mailing_done");

	store_bind_number(store, s, "id", due->id);
	store_bind_number(store, s, "time", time);
	return store_run(store, s);
}
