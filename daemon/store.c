/*
 * store - transactions, folders, messages, standings and events
 *
 * Each function is one or a few statements of sql/queries.sql and the values that they take.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <limits.h>
#include <sysexits.h>

#include "address.h"
#include "log.h"
#include "store_incident.h"

/* What holds within one transaction only. */
static void
forget(struct store *store)
{
	store_surge_forget(store);
	for (unsigned i = 0; i < STORE_ANY_COUNT; i++)
		store_any_forget(store, (enum store_any)i);
}

int
store_begin(struct store *store)
{
	forget(store);
	return store_run(store, store_statement(store, "begin"));
}

int
store_commit(struct store *store)
{
	int result = store_surge_write(store);

	if (result == 0)
		result = store_run(store, store_statement(store, "commit"));
	forget(store);
	/* One that failed is still open, until it is rolled back. */
	if (result == 0)
		store_end_part(store);
	return result;
}

bool
store_touched(struct store *store)
{
	sqlite3_stmt *s = store_statement(store, "data_version");
	int64_t before = store->version;
	int result = store_step(store, s);

	if (result > 0)
		result = store_column(store, s, 0, INT64_MAX, &store->version);
	store_done(s);
	return result >= 0 && store->version != before;
}

/* After some errors SQLite has rolled back already; its own complaint must not hide the first one.
 */
void
store_rollback(struct store *store)
{
	store->policy = 0; /* it may have been written in this transaction */
	forget(store);
	if (sqlite3_get_autocommit(store->db) == 0)
		sqlite3_exec(store->db, store_sql("rollback"), NULL, NULL, NULL);
	store_end_part(store);
}

int
store_setting(struct store *store, const char *name, int64_t value)
{
	sqlite3_stmt *s = store_statement(store, "setting_put");

	store_bind_word(store, s, "name", name);
	store_bind_number(store, s, "value", value);
	return store_run(store, s);
}

int
store_list_settings_clear(struct store *store)
{
	return store_run(store, store_statement(store, "list_setting_clear"));
}

int
store_list_setting(struct store *store, const char *list, int64_t confirm_quiet)
{
	sqlite3_stmt *s = store_statement(store, "list_setting_add");

	store_bind_whole(store, s, "list", span_of(list));
	store_bind_number(store, s, "confirm_quiet", confirm_quiet);
	return store_run(store, s);
}

/* The id in the only row of a bound statement. 1 = there, 0 = no row, -1. */
static int
find_id(struct store *store, sqlite3_stmt *s, int64_t *id)
{
	int result = store_step(store, s);

	if (result > 0 && store_column(store, s, 0, INT64_MAX, id) < 0)
		result = -1;
	store_done(s);
	return result;
}

void
store_policy(struct store *store, struct span text)
{
	buf_clear(&store->policy_text);
	buf_add(&store->policy_text, text);
	if (!buf_ok(&store->policy_text))
		log_fatal(EX_OSERR, "out of memory");
	store->policy = 0;
}

int
store_policy_write(struct store *store, int64_t time)
{
	struct span text = buf_span(&store->policy_text);
	sqlite3_stmt *s;

	if (span_empty(text) || store->policy != 0)
		return 0;
	s = store_statement(store, "policy_add");
	store_bind_whole(store, s, "text", text);
	store_bind_number(store, s, "time", time);
	if (store_run(store, s) < 0)
		return -1;
	s = store_statement(store, "policy_find");
	store_bind_whole(store, s, "text", text);
	switch (find_id(store, s, &store->policy)) {
	case 0:
		return store_nonsense(store, "the policy table");
	case 1:
		return store_setting(store, "policy", store->policy);
	default:
		return -1;
	}
}

static void
bind_folder(struct store *store, sqlite3_stmt *s, const char *account, const char *name,
	    uint32_t uidvalidity)
{
	store_bind_whole(store, s, "account", span_of(account));
	store_bind_whole(store, s, "name", span_of(name));
	store_bind_number(store, s, "uidvalidity", uidvalidity);
}

int
store_folder_open(struct store *store, const char *account, const char *name, uint32_t uidvalidity,
		  struct store_folder *out)
{
	sqlite3_stmt *s = store_statement(store, "folder_add");
	int64_t last_uid = 0;
	int result;

	bind_folder(store, s, account, name, uidvalidity);
	if (store_run(store, s) < 0)
		return -1;
	s = store_statement(store, "folder_find");
	bind_folder(store, s, account, name, uidvalidity);
	result = store_step(store, s);
	if (result == 0)
		result = store_nonsense(store, "the folder table");
	if (result > 0 && (store_column(store, s, 0, INT64_MAX, &out->id) < 0 ||
			   store_column(store, s, 1, UINT32_MAX, &last_uid) < 0))
		result = -1;
	out->last_uid = (uint32_t)last_uid;
	store_done(s);
	return result < 0 ? -1 : 0;
}

int
store_folder_advance(struct store *store, int64_t folder, uint32_t last_uid)
{
	sqlite3_stmt *s = store_statement(store, "folder_advance");

	store_bind_number(store, s, "id", folder);
	store_bind_number(store, s, "last_uid", last_uid);
	return store_run(store, s);
}

static int
add_message(struct store *store, const struct store_message *message, int64_t duplicate_of,
	    const char *target)
{
	static const struct bounce_report unread;
	const struct bounce_report *report = message->report == NULL ? &unread : message->report;
	sqlite3_stmt *s = store_statement(store, "message_add");

	store_bind_number(store, s, "folder", message->folder);
	store_bind_number(store, s, "uid", message->uid);
	store_bind_blob(store, s, "fingerprint", message->fingerprint, STORE_FINGERPRINT);
	/* A server may claim any size; a claim is no reason to stop. */
	store_bind_number(store, s, "size",
			  message->size > INT64_MAX ? INT64_MAX : (int64_t)message->size);
	store_bind_number(store, s, "received_at", message->time);
	store_bind_word(store, s, "kind",
			message->report == NULL ? "unreadable" : bounce_kind_name(report->kind));
	store_bind_word(store, s, "format", report->format);
	store_bind_text(store, s, "reporting_mta", report->reporting_mta);
	store_bind_text(store, s, "message_id", report->message_id);
	store_bind_text(store, s, "original_message_id", report->original_message_id);
	store_bind_text(store, s, "list_id", report->original_list_id);
	store_bind_word(store, s, "target", target);
	store_bind_some(store, s, "duplicate_of", duplicate_of);
	return store_run(store, s);
}

/* Was a message with these bytes recorded before? 1 with the first one's id, 0, or -1. */
static int
find_same(struct store *store, const struct store_message *message, int64_t *first, bool *restored)
{
	sqlite3_stmt *s = store_statement(store, "message_same");
	int64_t flag = 0;
	int result;

	store_bind_blob(store, s, "fingerprint", message->fingerprint, STORE_FINGERPRINT);
	result = store_step(store, s);
	if (result > 0 && (store_column(store, s, 0, INT64_MAX, first) < 0 ||
			   store_column(store, s, 1, 1, &flag) < 0))
		result = -1;
	*restored = flag != 0;
	store_done(s);
	return result;
}

static int
find_known(struct store *store, const struct store_message *message, int64_t *id)
{
	sqlite3_stmt *s = store_statement(store, "message_find");
	int found;

	store_bind_number(store, s, "folder", message->folder);
	store_bind_number(store, s, "uid", message->uid);
	found = find_id(store, s, id);
	return found == 0 ? store_nonsense(store, "the message table") : found < 0 ? -1 : 0;
}

int
store_message_add(struct store *store, const struct store_message *message, enum store_seen *seen,
		  int64_t *id)
{
	int64_t first = 0;
	bool restored;
	int found = find_same(store, message, &first, &restored);

	if (found < 0 || add_message(store, message, first, restored ? NULL : message->target) < 0)
		return -1;
	if (sqlite3_changes(store->db) == 0) {
		*seen = STORE_KNOWN;
		return find_known(store, message, id);
	}
	*seen = found == 0 ? STORE_NEW : restored ? STORE_RESTORED : STORE_DUPLICATE;
	*id = sqlite3_last_insert_rowid(store->db);
	return 0;
}

int
store_read_standing(struct store *store, sqlite3_stmt *s, struct bounce_standing *out)
{
	struct span reason = store_column_text(s, 1);
	int64_t level, score, day_strike, full_count, probe;
	struct span probe_reason = store_column_text(s, 17);

	if (bounce_state_parse(store_column_text(s, 0), &out->state) < 0)
		return store_nonsense(store, "a state in the recipient table");
	if (!span_empty(reason) && bounce_reason_parse(reason, &out->reason) < 0)
		return store_nonsense(store, "a reason in the recipient table");
	if (store_column(store, s, 2, INT64_MAX, &out->since) < 0 ||
	    store_column(store, s, 3, INT64_MAX, &out->until) < 0 ||
	    store_column(store, s, 4, UINT_MAX, &level) < 0 ||
	    store_column(store, s, 5, UINT_MAX, &score) < 0 ||
	    store_column(store, s, 6, INT64_MAX, &out->scored_at) < 0 ||
	    store_column(store, s, 7, INT64_MAX, &out->strike_day) < 0 ||
	    store_column(store, s, 8, INT64_MAX, &out->gone_at) < 0 ||
	    store_column(store, s, 9, INT64_MAX, &out->confirmed_at) < 0 ||
	    store_column(store, s, 10, UINT_MAX, &day_strike) < 0 ||
	    store_column(store, s, 11, INT64_MAX, &out->paused_at) < 0 ||
	    store_column(store, s, 12, INT64_MAX, &out->full_day) < 0 ||
	    store_column(store, s, 13, UINT_MAX, &full_count) < 0 ||
	    store_column(store, s, 14, INT64_MAX, &out->full_since) < 0 ||
	    store_column(store, s, 15, INT64_MAX, &out->cadence) < 0 ||
	    store_column(store, s, 16, STATE_MAX_PROBES, &probe) < 0)
		return -1;
	if (!span_empty(probe_reason) && bounce_reason_parse(probe_reason, &out->probe_reason) < 0)
		return store_nonsense(store, "a reason in the recipient table");
	out->full_count = (unsigned)full_count;
	out->probe = (unsigned)probe;
	out->level = (unsigned)level;
	out->score = (unsigned)score;
	out->day_strike = (unsigned)day_strike;
	return 0;
}

void
store_bind_key(struct store *store, sqlite3_stmt *s, const struct store_key *key)
{
	store_bind_text(store, s, "address", key->address);
	store_bind_whole(store, s, "scope", key->scope);
}

int
store_find_standing(struct store *store, const char *query, const struct store_key *key,
		    struct bounce_standing *out)
{
	sqlite3_stmt *s = store_statement(store, query);
	int result;

	*out = (struct bounce_standing){ 0 };
	store_bind_key(store, s, key);
	result = store_step(store, s);
	if (result > 0 && store_read_standing(store, s, out) < 0)
		result = -1;
	store_done(s);
	return result;
}

int
store_standing(struct store *store, const struct store_key *key, struct bounce_standing *out)
{
	return store_find_standing(store, "standing", key, out);
}

int
store_struck(struct store *store, const struct store_key *key, const struct store_mailing *mailing,
	     bool *out)
{
	sqlite3_stmt *s;
	int result;

	*out = false;
	if (span_empty(mailing->name))
		return 0;
	s = store_statement(store, "struck");
	store_bind_key(store, s, key);
	store_bind_text(store, s, "mailing", mailing->name);
	store_bind_number(store, s, "before", mailing->time - mailing->time % STATE_DAY);
	result = store_step(store, s);
	store_done(s);
	*out = result > 0;
	return result < 0 ? -1 : 0;
}

static void
bind_where(struct store *store, sqlite3_stmt *s, const char *part, const char *line,
	   struct bounce_where where)
{
	store_bind_some(store, s, line, where.line);
	if (where.line != 0)
		store_bind_number(store, s, part, where.part);
}

static void
bind_verdict(struct store *store, sqlite3_stmt *s, const struct bounce_verdict *v)
{
	store_bind_word(store, s, "reason", bounce_reason_name(v->reason));
	store_bind_word(store, s, "severity", bounce_severity_name(v->severity));
	store_bind_word(store, s, "bad", bounce_bad_name(v->bad));
	store_bind_word(store, s, "effect", bounce_effect_name(v->effect));
	store_bind_word(store, s, "fixer", bounce_fixer_name(v->fixer));
	store_bind_word(store, s, "disposition", bounce_disposition_name(v->disposition));
	store_bind_whole(store, s, "rule", span_of(v->rule));
	store_bind_whole(store, s, "why", span_of(v->why));
	store_bind_number(store, s, "weight", v->weight);
}

static const struct bounce_recipient *
recipient_of(const struct store_event *event)
{
	return event->recipient != NULL ? event->recipient
					: &event->report->recipient[event->index];
}

#define CUT_OFF " [cut off]"
#define UTF8_MOST 4 /* bytes of a character: none is cut in two */

/* What was said, and whether there was more. */
struct quote {
	char text[BOUNCE_MAX_DIAGNOSTIC + sizeof(CUT_OFF)];
};

static struct span
quote(const struct bounce_report *report, struct span said, struct quote *room)
{
	size_t length = span_len(said);

	if (!report->clipped || length <= BOUNCE_MAX_DIAGNOSTIC - UTF8_MOST ||
	    length > BOUNCE_MAX_DIAGNOSTIC)
		return said;
	memcpy(room->text, said.p, length);
	memcpy(room->text + length, CUT_OFF, sizeof(CUT_OFF));
	return span_of(room->text);
}

static int
add_event(struct store *store, const struct store_event *event)
{
	const struct bounce_recipient *r = recipient_of(event);
	struct quote room;
	const struct bounce_verdict *v = event->verdict;
	sqlite3_stmt *s = store_statement(store, "event_add");
	char status[BOUNCE_STATUS_TEXT];

	store_bind_number(store, s, "message", event->message);
	store_bind_number(store, s, "number", (int64_t)event->index);
	store_bind_number(store, s, "time", event->time);
	store_bind_text(store, s, "address", r->address);
	store_bind_whole(store, s, "domain", address_domain(r->address));
	store_bind_text(store, s, "original", r->original);
	store_bind_text(store, s, "final", r->final);
	store_bind_word(store, s, "action", bounce_action_name(r->action));
	store_bind_word(store, s, "status", bounce_status_format(v->status, status));
	store_bind_some(store, s, "smtp", v->smtp >= 100 && v->smtp <= 999 ? v->smtp : 0);
	store_bind_text(store, s, "diagnostic", quote(event->report, r->diagnostic, &room));
	store_bind_text(store, s, "remote_mta", r->remote_mta);
	store_bind_word(store, s, "stage", bounce_stage_name(r->stage));
	bind_verdict(store, s, v);
	bind_where(store, s, "address_part", "address_line", r->address_at);
	bind_where(store, s, "action_part", "action_line", r->action_at);
	bind_where(store, s, "status_part", "status_line", r->status_at);
	bind_where(store, s, "diagnostic_part", "diagnostic_line", r->diagnostic_at);
	store_bind_word(store, s, "kind", bounce_kind_name(event->kind));
	if (event->trust != STORE_UNGRADED)
		store_bind_number(store, s, "trust", event->trust);
	store_bind_text(store, s, "list", event->list);
	store_bind_number(store, s, "forwarded", event->forwarded);
	store_bind_text(store, s, "proof", span_of(event->proof));
	return store_run(store, s);
}

static int
add_transition(struct store *store, const struct store_event *event, int64_t id)
{
	const struct bounce_transition *t = event->transition;
	const struct store_key key = { recipient_of(event)->address, event->scope };
	sqlite3_stmt *s = store_statement(store, "transition_add");

	store_bind_some(store, s, "event", id);
	store_bind_number(store, s, "time", event->time);
	store_bind_key(store, s, &key);
	store_bind_text(store, s, "mailing", event->mailing);
	store_bind_number(store, s, "speaks", t->speaks);
	store_bind_some(store, s, "policy", store->policy);
	store_bind_some(store, s, "cadence", event->cadence);
	store_bind_some(store, s, "incident", event->incident);
	store_bind_word(store, s, "cause",
			event->incident != 0 ? STORE_HELD : bounce_event_name(t->event));
	store_bind_word(store, s, "from_state", bounce_state_name(event->before->state));
	store_bind_word(store, s, "to_state", bounce_state_name(t->next.state));
	store_bind_number(store, s, "strike", t->strike);
	store_bind_number(store, s, "score", t->next.score);
	store_bind_some(store, s, "until", t->next.until);
	store_bind_word(store, s, "operator_rule", t->rule);
	store_bind_whole(store, s, "why", span_of(t->why));
	if (store_run(store, s) < 0)
		return -1;
	store->last_transition = sqlite3_last_insert_rowid(store->db);
	return 0;
}

/* The reason, whose first word is 0, means nothing until something counted. */
void
store_bind_standing(struct store *store, sqlite3_stmt *s, const struct bounce_standing *now)
{
	store_bind_word(store, s, "state", bounce_state_name(now->state));
	store_bind_word(store, s, "reason",
			now->scored_at == 0 ? NULL : bounce_reason_name(now->reason));
	store_bind_some(store, s, "since", now->since);
	store_bind_some(store, s, "until", now->until);
	store_bind_number(store, s, "level", now->level);
	store_bind_number(store, s, "score", now->score);
	store_bind_number(store, s, "scored_at", now->scored_at);
	store_bind_some(store, s, "strike_day", now->strike_day);
	store_bind_some(store, s, "gone_at", now->gone_at);
	store_bind_some(store, s, "confirmed_at", now->confirmed_at);
	store_bind_number(store, s, "day_strike", now->day_strike);
	store_bind_some(store, s, "paused_at", now->paused_at);
	store_bind_some(store, s, "full_day", now->full_day);
	store_bind_number(store, s, "full_count", now->full_count);
	store_bind_some(store, s, "full_since", now->full_since);
	store_bind_some(store, s, "cadence", now->cadence);
	store_bind_number(store, s, "probe", now->probe);
	store_bind_word(store, s, "probe_reason",
			now->probe > 0 ? bounce_reason_name(now->probe_reason) : NULL);
}

static int
put_standing(struct store *store, sqlite3_stmt *s, const struct store_key *key,
	     const struct bounce_standing *now, int64_t event)
{
	store_bind_key(store, s, key);
	store_bind_whole(store, s, "domain", address_domain(key->address));
	store_bind_standing(store, s, now);
	store_bind_some(store, s, "last_event", event);
	return store_run(store, s);
}

/* Each statement changes the indexes that it must. */
int
store_put_recipient(struct store *store, const struct store_key *key,
		    const struct bounce_standing *now, int64_t event, struct span list)
{
	sqlite3_stmt *s = store_statement(store, "recipient_same");

	if (put_standing(store, s, key, now, event) < 0)
		return -1;
	if (sqlite3_changes(store->db) == 0 &&
	    put_standing(store, store_statement(store, "recipient_put"), key, now, event) < 0)
		return -1;
	if (span_empty(list))
		return 0;
	s = store_statement(store, "recipient_list_put");
	store_bind_key(store, s, key);
	store_bind_text(store, s, "list", list);
	return store_run(store, s);
}

int
store_event_add(struct store *store, const struct store_event *event, int64_t *id)
{
	const struct store_key key = { recipient_of(event)->address, event->scope };

	if (store_policy_write(store, event->time) < 0 || add_event(store, event) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(store->db);
	if (add_transition(store, event, *id) < 0)
		return -1;
	return store_put_recipient(store, &key, &event->transition->next, event->doubted ? 0 : *id,
				   event->doubted ? SPAN("") : event->list);
}

int
store_alert(struct store *store, enum bounce_reason reason, struct span domain, int64_t time,
	    bool *first)
{
	sqlite3_stmt *s = store_statement(store, "alert_add");
	int64_t count = 0;
	int result;

	store_bind_number(store, s, "time", time);
	store_bind_word(store, s, "reason", bounce_reason_name(reason));
	store_bind_whole(store, s, "domain", domain);
	result = find_id(store, s, &count);
	*first = count == 1;
	return result < 0 ? -1 : 0;
}
