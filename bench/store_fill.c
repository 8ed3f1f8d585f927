/*
 * store_fill - months of bounces in a database, within minutes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_fill.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sql.h"
#include "state.h"
#include "store.h"
#include "store_world.h"

#define SIZE_OF_MAIL 4000
#define TARGET "Bounces"
#define MOST_HALF_BITS 8   /* 65,536 addresses a block, */
#define LEAST_BLOCKS 15    /* or smaller ones, so that a month has its days */
#define MOVED_AT_ONCE 1000 /* messages */

/* A statement, and where its parameters are that differ from row to row. */
#define MOST_PARAMETERS 24
struct statement {
	sqlite3_stmt *s;
	int at[MOST_PARAMETERS];
};

/* Each enum numbers the names that follow it. */
enum { EV_MESSAGE, EV_TIME, EV_ADDRESS, EV_DOMAIN, EV_REMOTE, EV_LIST };
static const char *const event_names[] = { ":message",    ":time", ":address", ":domain",
					   ":remote_mta", ":list", NULL };

enum {
	TR_EVENT,
	TR_TIME,
	TR_ADDRESS,
	TR_MAILING,
	TR_CAUSE,
	TR_FROM,
	TR_TO,
	TR_STRIKE,
	TR_SCORE,
	TR_UNTIL,
	TR_WHY,
	TR_SPEAKS
};
static const char *const transition_names[] = { ":event", ":time",       ":address",  ":mailing",
						":cause", ":from_state", ":to_state", ":strike",
						":score", ":until",      ":why",      ":speaks",
						NULL };

enum {
	RE_ADDRESS,
	RE_DOMAIN,
	RE_STATE,
	RE_REASON,
	RE_SINCE,
	RE_UNTIL,
	RE_LEVEL,
	RE_SCORE,
	RE_SCORED_AT,
	RE_STRIKE_DAY,
	RE_GONE_AT,
	RE_CONFIRMED_AT,
	RE_DAY_STRIKE,
	RE_PAUSED_AT,
	RE_FULL_DAY,
	RE_FULL_COUNT,
	RE_FULL_SINCE,
	RE_PROBE,
	RE_PROBE_REASON,
	RE_LAST_EVENT
};
static const char *const recipient_names[] = {
	":address",      ":domain",     ":state",     ":reason",     ":since",      ":until",
	":level",        ":score",      ":scored_at", ":strike_day", ":gone_at",    ":confirmed_at",
	":day_strike",   ":paused_at",  ":full_day",  ":full_count", ":full_since", ":probe",
	":probe_reason", ":last_event", NULL
};

enum { ME_UID, ME_FINGERPRINT, ME_TIME, ME_ID, ME_ORIGINAL, ME_LIST };
static const char *const message_names[] = { ":uid",        ":fingerprint",         ":received_at",
					     ":message_id", ":original_message_id", ":list_id",
					     NULL };

enum { LI_ADDRESS, LI_LIST };
static const char *const list_names[] = { ":address", ":list", NULL };

struct filling {
	sqlite3 *db;
	uint64_t recipients, events;
	unsigned half_bits; /* of a number within its block */
	struct bounce_policy policy;
	struct arena arena;
	char mail[WORLD_TEXTS][WORLD_MAIL_SIZE]; /* verdicts point into them */
	struct bounce_verdict verdict[WORLD_TEXTS];
	struct statement event[WORLD_TEXTS], message, transition, recipient, list, moved;
	int64_t uid, moved_uid;
};

static void
die(struct filling *f, const char *what)
{
	fprintf(stderr, "store_fill: %s: %s\n", what, sqlite3_errmsg(f->db));
	exit(1);
}

static void
run(struct filling *f, const char *sql)
{
	if (sqlite3_exec(f->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(f, sql);
}

static void
prepare(struct filling *f, struct statement *out, const char *name, const char *const *parameters)
{
	const struct sql_query *q = sql_queries;

	while (q->name != NULL && strcmp(q->name, name) != 0)
		q++;
	if (q->name == NULL || sqlite3_prepare_v3(f->db, q->text, -1, SQLITE_PREPARE_PERSISTENT,
						  &out->s, NULL) != SQLITE_OK)
		die(f, name);
	for (size_t i = 0; parameters != NULL && parameters[i] != NULL; i++) {
		out->at[i] = sqlite3_bind_parameter_index(out->s, parameters[i]);
		if (out->at[i] == 0)
			die(f, parameters[i]);
	}
}

static void
step(struct filling *f, struct statement *statement)
{
	if (sqlite3_step(statement->s) != SQLITE_DONE)
		die(f, sqlite3_sql(statement->s));
	sqlite3_reset(statement->s);
}

static void
text(struct statement *s, int which, const char *value)
{
	if (value != NULL && value[0] == '\0')
		value = NULL;
	sqlite3_bind_text(s->s, s->at[which], value, -1, SQLITE_STATIC);
}

static void
number(struct statement *s, int which, int64_t value)
{
	sqlite3_bind_int64(s->s, s->at[which], value);
}

/* 0: NULL. */
static void
some(struct statement *s, int which, int64_t value)
{
	if (value != 0)
		number(s, which, value);
	else
		sqlite3_bind_null(s->s, s->at[which]);
}

/* What is the same in every row. */
static void
fixed(struct filling *f, struct statement *s, const char *name, const char *value)
{
	int at = sqlite3_bind_parameter_index(s->s, name);

	if (at == 0)
		die(f, name);
	sqlite3_bind_text(s->s, at, value, -1, SQLITE_TRANSIENT);
}

/* In columns of numbers it becomes one. */
static void
fix_event(struct filling *f, struct statement *s, const struct bounce_verdict *v,
	  const struct world_text *said)
{
	char status[BOUNCE_STATUS_TEXT], smtp[8], weight[16];

	snprintf(smtp, sizeof(smtp), "%u", v->smtp);
	snprintf(weight, sizeof(weight), "%u", v->weight);
	fixed(f, s, ":number", "0");
	fixed(f, s, ":forwarded", "0");
	fixed(f, s, ":trust", "1");
	fixed(f, s, ":kind", bounce_kind_name(BOUNCE_KIND_BOUNCE));
	fixed(f, s, ":action", said->action);
	fixed(f, s, ":diagnostic", said->reply);
	fixed(f, s, ":status", bounce_status_format(v->status, status));
	fixed(f, s, ":smtp", smtp);
	fixed(f, s, ":reason", bounce_reason_name(v->reason));
	fixed(f, s, ":severity", bounce_severity_name(v->severity));
	fixed(f, s, ":bad", bounce_bad_name(v->bad));
	fixed(f, s, ":effect", bounce_effect_name(v->effect));
	fixed(f, s, ":fixer", bounce_fixer_name(v->fixer));
	fixed(f, s, ":disposition", bounce_disposition_name(v->disposition));
	fixed(f, s, ":rule", v->rule);
	fixed(f, s, ":why", v->why);
	fixed(f, s, ":weight", weight);
	for (const char *const *place =
		     (const char *const[]){ ":address_part", ":address_line", ":action_part",
					    ":action_line", ":status_part", ":status_line",
					    ":diagnostic_part", ":diagnostic_line", NULL };
	     *place != NULL; place++)
		fixed(f, s, *place, "20");
}

static void
read_texts(struct filling *f)
{
	struct world_person somebody;

	world_person(0, f->recipients, 0, &somebody);
	arena_init(&f->arena, 0);
	for (unsigned i = 0; i < WORLD_TEXTS; i++) {
		size_t length = world_mail(&somebody, i, 0, i, f->mail[i]);
		struct bounce_report report;

		if (bounce_read(&f->arena, span_make(f->mail[i], length), &report) < 0 ||
		    report.recipient_count != 1)
			die(f, "an invented report is none");
		f->verdict[i] = bounce_classify(&report, 0);
		prepare(f, &f->event[i], "event_add", event_names);
		fix_event(f, &f->event[i], &f->verdict[i], &world_text[i]);
	}
}

static void
prepare_all(struct filling *f)
{
	read_texts(f);
	prepare(f, &f->message, "message_add", message_names);
	fixed(f, &f->message, ":folder", "1");
	fixed(f, &f->message, ":size", "4000");
	fixed(f, &f->message, ":kind", bounce_kind_name(BOUNCE_KIND_BOUNCE));
	fixed(f, &f->message, ":format", "postfix");
	fixed(f, &f->message, ":reporting_mta", "mx.lists.example.org");
	fixed(f, &f->message, ":target", TARGET);
	prepare(f, &f->transition, "transition_add", transition_names);
	fixed(f, &f->transition, ":scope", "");
	prepare(f, &f->recipient, "recipient_put", recipient_names);
	fixed(f, &f->recipient, ":scope", "");
	prepare(f, &f->list, "recipient_list_put", list_names);
	fixed(f, &f->list, ":scope", "");
	prepare(f, &f->moved, "moved", (const char *const[]){ ":first", ":last", ":time", NULL });
	fixed(f, &f->moved, ":folder", "1");
	fixed(f, &f->moved, ":to", TARGET);
	fixed(f, &f->moved, ":uidvalidity", "1");
	fixed(f, &f->moved, ":higher", "7");
}

/* Ascending within the round, so that the index of fingerprints is filled from left to right. */
static void
fingerprint_of(const struct filling *f, uint64_t person, unsigned round,
	       unsigned char out[STORE_FINGERPRINT])
{
	uint64_t head = UINT64_MAX / f->recipients * person;

	head += world_mix(person, round) % (UINT64_MAX / f->recipients);
	for (size_t i = 0; i < 8; i++)
		out[i] = (unsigned char)(head >> (56 - 8 * i));
	for (size_t i = 8; i < STORE_FINGERPRINT; i += 8) {
		uint64_t rest = world_mix(head, i);

		memcpy(out + i, &rest, sizeof(rest));
	}
}

/* So many pages of changes would else wait for nothing. */
static void
move_messages(struct filling *f, int64_t time)
{
	number(&f->moved, 0, f->moved_uid + 1);
	number(&f->moved, 1, f->uid);
	number(&f->moved, 2, time);
	step(f, &f->moved);
	f->moved_uid = f->uid;
}

/* One report about somebody. */
struct blow {
	struct world_person person;
	struct bounce_standing before;
	struct bounce_transition after;
	unsigned text, round;
	uint64_t number;
	int64_t time;
	char list[64], mailing[96];
};

static int64_t
add_message(struct filling *f, const struct blow *b)
{
	unsigned char fingerprint[STORE_FINGERPRINT];
	char id[64];

	fingerprint_of(f, b->number, b->round, fingerprint);
	snprintf(id, sizeof(id), "%" PRIx64 ".report@mx.lists.example.org",
		 world_mix(b->number, b->round));
	number(&f->message, ME_UID, ++f->uid);
	sqlite3_bind_blob(f->message.s, f->message.at[ME_FINGERPRINT], fingerprint,
			  sizeof(fingerprint), SQLITE_STATIC);
	number(&f->message, ME_TIME, b->time);
	text(&f->message, ME_ID, id);
	text(&f->message, ME_ORIGINAL, b->mailing);
	text(&f->message, ME_LIST, b->list);
	step(f, &f->message);
	return sqlite3_last_insert_rowid(f->db);
}

static int64_t
add_event(struct filling *f, const struct blow *b, int64_t message)
{
	struct statement *s = &f->event[b->text];
	char remote[64];

	snprintf(remote, sizeof(remote), "mx.%s", b->person.domain);
	number(s, EV_MESSAGE, message);
	number(s, EV_TIME, b->time);
	text(s, EV_ADDRESS, b->person.address);
	text(s, EV_DOMAIN, b->person.domain);
	text(s, EV_REMOTE, remote);
	text(s, EV_LIST, b->list);
	step(f, s);
	return sqlite3_last_insert_rowid(f->db);
}

static void
add_transition(struct filling *f, const struct blow *b, int64_t event)
{
	struct statement *s = &f->transition;

	number(s, TR_EVENT, event);
	number(s, TR_TIME, b->time);
	text(s, TR_ADDRESS, b->person.address);
	text(s, TR_MAILING, b->mailing);
	text(s, TR_CAUSE, bounce_event_name(b->after.event));
	text(s, TR_FROM, bounce_state_name(b->before.state));
	text(s, TR_TO, bounce_state_name(b->after.next.state));
	number(s, TR_STRIKE, b->after.strike);
	number(s, TR_SCORE, b->after.next.score);
	some(s, TR_UNTIL, b->after.next.until);
	text(s, TR_WHY, b->after.why);
	number(s, TR_SPEAKS, b->after.speaks);
	step(f, s);
}

static void
put_recipient(struct filling *f, const struct blow *b, int64_t event)
{
	const struct bounce_standing *now = &b->after.next;
	struct statement *s = &f->recipient;

	text(s, RE_ADDRESS, b->person.address);
	text(s, RE_DOMAIN, b->person.domain);
	text(s, RE_STATE, bounce_state_name(now->state));
	text(s, RE_REASON, now->scored_at == 0 ? NULL : bounce_reason_name(now->reason));
	some(s, RE_SINCE, now->since);
	some(s, RE_UNTIL, now->until);
	number(s, RE_LEVEL, now->level);
	number(s, RE_SCORE, now->score);
	number(s, RE_SCORED_AT, now->scored_at);
	some(s, RE_STRIKE_DAY, now->strike_day);
	some(s, RE_GONE_AT, now->gone_at);
	some(s, RE_CONFIRMED_AT, now->confirmed_at);
	number(s, RE_DAY_STRIKE, now->day_strike);
	some(s, RE_PAUSED_AT, now->paused_at);
	some(s, RE_FULL_DAY, now->full_day);
	number(s, RE_FULL_COUNT, now->full_count);
	some(s, RE_FULL_SINCE, now->full_since);
	number(s, RE_PROBE, now->probe);
	text(s, RE_PROBE_REASON, now->probe > 0 ? bounce_reason_name(now->probe_reason) : NULL);
	number(s, RE_LAST_EVENT, event);
	step(f, s);
	text(&f->list, LI_ADDRESS, b->person.address);
	text(&f->list, LI_LIST, b->list);
	step(f, &f->list);
}

/* Addresses that bounce within the same minutes, in no order; what they change fits the cache. */
static uint64_t
block_of(const struct filling *f)
{
	return UINT64_C(1) << 2 * f->half_bits;
}

/* What his reports from the first round to this one make of somebody. */
static void
live(const struct filling *f, struct blow *b, unsigned round)
{
	struct bounce_standing now = { 0 };

	for (b->round = b->person.first;; b->round++) {
		b->text = world_saying(b->number, b->round);
		b->time =
			WORLD_BEGAN + b->round * WORLD_MONTH +
			(int64_t)((double)b->number / (double)f->recipients * (WORLD_MONTH / 2.0));
		const struct bounce_incident what = {
			.kind = BOUNCE_KIND_BOUNCE,
			.verdict = &f->verdict[b->text],
			.domain = span_of(b->person.domain),
			.list = span_of(b->list),
		};

		b->before = now;
		b->after = bounce_next(&now, &what, &f->policy, b->time);
		if (b->round == round)
			return;
		now = b->after.next;
	}
}

/* Another place of the same block: a Feistel network, in which none comes twice. */
static uint64_t
shuffle(const struct filling *f, uint64_t place)
{
	const uint64_t mask = (UINT64_C(1) << f->half_bits) - 1;
	uint64_t left = place >> f->half_bits & mask, right = place & mask;

	for (unsigned turn = 0; turn < 4; turn++) {
		uint64_t next = left ^ (world_mix(right, turn) & mask);

		left = right;
		right = next;
	}
	return place - place % block_of(f) + (left << f->half_bits | right);
}

/* In the order of the addresses all pages of the indexes would be full, and each report that comes
 * later would split some: so within a block anyone may be next. */
static void
fill_round(struct filling *f, unsigned round)
{
	const uint64_t end = (f->recipients + block_of(f) - 1) / block_of(f) * block_of(f);
	struct blow b;

	for (uint64_t place = 0; place < end; place++) {
		int64_t event;

		b.number = shuffle(f, place);
		if (b.number >= f->recipients)
			continue;
		world_person(b.number, f->recipients, 0, &b.person);
		if (round < b.person.first || round >= b.person.end)
			continue;
		world_list(b.person.list, b.list);
		live(f, &b, round);
		world_mailing(b.person.list, round, b.mailing);
		event = add_event(f, &b, add_message(f, &b));
		add_transition(f, &b, event);
		put_recipient(f, &b, event);
		f->events++;
		if (f->uid - f->moved_uid == MOVED_AT_ONCE)
			move_messages(f, b.time + 60);
	}
	move_messages(f, b.time + 60);
}

static void
begin(struct filling *f, const char *path)
{
	char error[STORE_ERROR_SIZE];
	struct store *store = store_open(path, STORE_WRITE, error);
	struct store_folder folder;

	if (store == NULL ||
	    store_folder_open(store, "lists", FILL_FOLDER, FILL_UIDVALIDITY, &folder)) {
		fprintf(stderr, "store_fill: %s\n", store == NULL ? error : store_error(store));
		exit(1);
	}
	store_close(store);
	if (sqlite3_open_v2(path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK)
		die(f, path);
	run(f, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF;"
	       "PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; PRAGMA foreign_keys = OFF");
}

static void
end(struct filling *f)
{
	struct statement *const all[] = { &f->message, &f->transition, &f->recipient, &f->list,
					  &f->moved };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sqlite3_finalize(all[i]->s);
	for (size_t i = 0; i < WORLD_TEXTS; i++)
		sqlite3_finalize(f->event[i].s);
	run(f, "PRAGMA journal_mode = WAL");
	sqlite3_close(f->db);
	arena_free(&f->arena);
}

void
fill(const char *path, uint64_t recipients, unsigned months)
{
	struct filling *f = xalloc(sizeof(*f));

	f->recipients = recipients;
	f->policy = bounce_policy_default();
	while (f->half_bits < MOST_HALF_BITS && block_of(f) * 4 * LEAST_BLOCKS <= recipients)
		f->half_bits++;
	begin(f, path);
	prepare_all(f);
	for (unsigned round = 0; round < months; round++) {
		run(f, "BEGIN");
		fill_round(f, round);
		run(f, "UPDATE folder SET last_uid = (SELECT max(uid) FROM message)");
		run(f, "COMMIT");
		fprintf(stderr, "%s: month %u of %u, %" PRIu64 " events\n", path, round + 1, months,
			f->events);
	}
	end(f);
	free(f);
}
