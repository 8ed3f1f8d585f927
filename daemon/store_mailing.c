/*
 * store_mailing - mailings that were sent, what they prove, and how often lists post
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <sysexits.h>

#include "log.h"

/* ---- how often a list posts: some rows a list, never a scan ---- */

struct row {
	bool reported;   /* by its sender */
	int64_t learned; /* the day on which the gap changed last */
	int64_t gap;     /* seconds; 0 = unknown */
	int64_t prior_gap;
	bool known_day;
};

/* 1 = known, 0, or -1. */
static int
read_pace(struct store *store, struct span list, int64_t day, struct row *out)
{
	sqlite3_stmt *s = store_statement(store, "pace");
	int64_t reported = 0, known = 0;
	int result;

	*out = (struct row){ 0 };
	store_bind_text(store, s, "list", list);
	store_bind_number(store, s, "day", day);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, 1, &reported) < 0 ||
			   store_column(store, s, 1, INT64_MAX, &out->learned) < 0 ||
			   store_column(store, s, 2, INT64_MAX, &out->gap) < 0 ||
			   store_column(store, s, 3, INT64_MAX, &out->prior_gap) < 0 ||
			   store_column(store, s, 4, 1, &known) < 0))
		result = -1;
	out->reported = reported != 0;
	out->known_day = known != 0;
	store_done(s);
	return result;
}

static int
forget_days(struct store *store, struct span list)
{
	sqlite3_stmt *s = store_statement(store, "pace_day_clear");

	store_bind_text(store, s, "list", list);
	return store_run(store, s);
}

static int
add_day(struct store *store, struct span list, int64_t day)
{
	sqlite3_stmt *s = store_statement(store, "pace_day_add");

	store_bind_text(store, s, "list", list);
	store_bind_number(store, s, "day", day);
	if (store_run(store, s) < 0)
		return -1;
	s = store_statement(store, "pace_day_trim");
	store_bind_text(store, s, "list", list);
	store_bind_number(store, s, "most", PACE_DAYS);
	return store_run(store, s);
}

static int
read_gap(struct store *store, struct span list, int64_t *gap)
{
	sqlite3_stmt *s = store_statement(store, "pace_days");
	int64_t day[PACE_DAYS];
	size_t count = 0;
	int result;

	store_bind_text(store, s, "list", list);
	while ((result = store_step(store, s)) > 0 && count < PACE_DAYS) {
		if (store_column(store, s, 0, INT64_MAX, &day[count++]) < 0) {
			result = -1;
			break;
		}
	}
	store_done(s);
	*gap = bounce_pace_gap(day, count);
	return result < 0 ? -1 : 0;
}

/* It posted on that day, which is learned today. */
static int
learn_day(struct store *store, struct span list, bool reported, int64_t day, int64_t today)
{
	sqlite3_stmt *s;
	int64_t gap;

	if (add_day(store, list, day) < 0 || read_gap(store, list, &gap) < 0)
		return -1;
	s = store_statement(store, "pace_put");
	store_bind_text(store, s, "list", list);
	store_bind_number(store, s, "reported", reported);
	store_bind_number(store, s, "day", today);
	store_bind_some(store, s, "gap", gap);
	return store_run(store, s);
}

/* What a day's reports teach holds from the next day on, and does not depend on their order. */
int
store_cadence(struct store *store, struct span list, const struct store_post *post, int64_t *out)
{
	const int64_t today = post->time / STATE_DAY;
	int64_t day = bounce_pace_day(post->sent, post->time);
	struct row row;

	*out = 0;
	if (span_empty(list))
		return 0;
	if (read_pace(store, list, day, &row) < 0)
		return -1;
	*out = row.learned == today ? row.prior_gap : row.gap;
	if (row.reported || row.known_day || day == PACE_NO_DAY)
		return 0;
	return learn_day(store, list, false, day, today);
}

/* ---- mailings ---- */

int
store_sent_add(struct store *store, const struct store_sent *sent)
{
	sqlite3_stmt *s = store_statement(store, "mailing_add");
	const int64_t day = sent->time / STATE_DAY;
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
	if (read_pace(store, sent->list, day, &row) < 0)
		return -1;
	/* The sender's word forgets all guesses. */
	if (!row.reported && forget_days(store, sent->list) < 0)
		return -1;
	if (learn_day(store, sent->list, true, day, day) < 0)
		return -1;
	return 1;
}

int
store_mailing_due(struct store *store, int64_t before, struct store_turn after,
		  struct store_due *out)
{
	sqlite3_stmt *s = store_statement(store, "mailing_due");
	int result;

	*out = (struct store_due){ 0 };
	store_bind_number(store, s, "before", before);
	store_bind_number(store, s, "after", after.sent_at);
	store_bind_number(store, s, "after_id", after.id);
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
