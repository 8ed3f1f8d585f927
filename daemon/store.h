/*
 * store - the state database
 *
 * The only module that knows SQLite. One file in WAL mode, synchronous FULL, STRICT tables, foreign
 * keys; the statements stand in sql/queries.sql, the tables and the views for people in
 * sql/schema.sql, both compiled in. One transaction a batch. Times are seconds since 1970 (UTC).
 * Text from mails is only ever bound, never put into SQL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_H
#define MAILBOUNCED_STORE_H

#include "state.h"

#define STORE_ERROR_SIZE 300
#define STORE_FINGERPRINT 32 /* bytes: SHA-256 */
#define STORE_MAX_TEXT 4096  /* bytes kept of one piece of text from a mail; the rest is cut off */

enum store_mode {
	STORE_WRITE, /* create or migrate, one writer: takes a lock file beside the database */
	STORE_READ,  /* must exist; read only */
};

/* 0 = done; -1 = the store is in trouble (store_error() says why): roll back, stop taking mail, try
 * again later. */

struct store;

/* Opens; NULL with a sentence in error[STORE_ERROR_SIZE]. A database of a newer version is refused,
 * never touched. */
struct store *store_open(const char *path, enum store_mode mode, char *error);
void store_close(struct store *store);
const char *store_error(const struct store *store);

/* What the views must know of the configuration; the writer says it after opening and after each
 * reload. "confirm_quiet": seconds, struct bounce_policy. */
int store_setting(struct store *store, const char *name, int64_t value) BOUNCE_MUST_CHECK;

int store_begin(struct store *store) BOUNCE_MUST_CHECK;
int store_commit(struct store *store) BOUNCE_MUST_CHECK;
void store_rollback(struct store *store);

/* One folder in one of its lives (UIDVALIDITY, RFC 3501 section 2.3.1.1). */
struct store_folder {
	int64_t id;
	uint32_t last_uid; /* every uid up to this one was recorded */
};
int store_folder_open(struct store *store, const char *account, const char *name,
		      uint32_t uidvalidity, struct store_folder *out) BOUNCE_MUST_CHECK;
int store_folder_advance(struct store *store, int64_t folder, uint32_t last_uid) BOUNCE_MUST_CHECK;

enum store_seen {
	STORE_NEW,       /* recorded now */
	STORE_KNOWN,     /* this very uid was recorded before: nothing written */
	STORE_DUPLICATE, /* same bytes under another uid, folder or UIDVALIDITY: recorded, its
			    events must not count again */
	STORE_RESTORED,  /* the same, and an operator brought it back: it has no target */
};

struct store_message {
	int64_t folder;
	uint32_t uid;
	uint64_t size;
	unsigned char fingerprint[STORE_FINGERPRINT];
	const struct bounce_report *report; /* NULL: could not be read */
	const char *target;                 /* folder to move it to; NULL = it stays */
	int64_t time;
};
/* *id: the row's id, also when it was known. */
int store_message_add(struct store *store, const struct store_message *message,
		      enum store_seen *seen, int64_t *id) BOUNCE_MUST_CHECK;

/* The standing of an address, in any letters. 1, 0 = it was never heard of and *out is all zero,
 * -1.
 */
int store_standing(struct store *store, struct span address,
		   struct bounce_standing *out) BOUNCE_MUST_CHECK;

/* Did this original Message-ID (empty: no) count against the address before: by a strike, a pause,
 * or word that it is gone? */
int store_struck(struct store *store, struct span address, struct span original_message_id,
		 bool *out) BOUNCE_MUST_CHECK;

/* Writes what one report says of one recipient: the event, the transition and the new standing. */
struct store_event {
	int64_t message;
	const struct bounce_report *report;
	size_t index; /* of the recipient */
	const struct bounce_verdict *verdict;
	const struct bounce_standing *before;
	const struct bounce_transition *transition;
	int64_t time;
};
int store_event_add(struct store *store, const struct store_event *event,
		    int64_t *id) BOUNCE_MUST_CHECK;

/* One alert per reason, refuser and day (UTC); `domain` names the refuser. *first: nobody was told
 * yet. */
int store_alert(struct store *store, enum bounce_reason reason, struct span domain, int64_t time,
		bool *first) BOUNCE_MUST_CHECK;

/* Outbox: something to tell a program, written in the event's transaction, done afterwards, at
 * least once. */
struct store_outbox {
	int64_t id;
	char *hook;
	char *payload; /* JSON */
	char **fact;   /* the payload's members as "name=value", then NULL */
	unsigned attempts;
};
int store_outbox_add(struct store *store, const char *hook, int64_t event, struct span payload,
		     int64_t time) BOUNCE_MUST_CHECK;
/* The entry that has been due for longest at `time`. 1 = filled, to be freed, 0 = none, -1. */
int store_outbox_next(struct store *store, int64_t time,
		      struct store_outbox *out) BOUNCE_MUST_CHECK;
void store_outbox_free(struct store_outbox *entry);
int store_outbox_done(struct store *store, int64_t id, int64_t time) BOUNCE_MUST_CHECK;
int store_outbox_retry(struct store *store, int64_t id, int64_t due,
		       const char *error) BOUNCE_MUST_CHECK;

/* Deletes entries that were done before that time, at most STORE_FORGET_MOST; returns how many, or
 * -1. */
#define STORE_FORGET_MOST 1000
int store_outbox_forget(struct store *store, int64_t before) BOUNCE_MUST_CHECK;

/* The target of a message that is to be deleted. No folder's name: "\\" begins a special use. */
#define STORE_TARGET_DELETE "\\Deleted"

/*
 * Intents to move: messages of the folder that are recorded, have a target, are not known to be
 * moved, and that nothing holds back at the moment. Targets one by one in byte order: the first one
 * after `after` (NULL: the very first). *target is malloc'd; NULL when none is left.
 */
int store_move_target(struct store *store, int64_t folder, int64_t now, const char *after,
		      char **target) BOUNCE_MUST_CHECK;

struct store_move_set {
	int64_t folder, now;
	size_t most;
	uint32_t *uid; /* ascending; room for `most` */
	size_t count;  /* 0: none left */
};
/* Uids of the intents for one target. */
int store_moves(struct store *store, const char *target,
		struct store_move_set *set) BOUNCE_MUST_CHECK;
/* Uids whose copy is in the target and which are still to be taken away here. */
int store_copies_done(struct store *store, struct store_move_set *set) BOUNCE_MUST_CHECK;
/* When the next refused message may be tried again; *time 0: there is none. */
int store_move_retry_at(struct store *store, int64_t folder, int64_t now,
			int64_t *time) BOUNCE_MUST_CHECK;

/* Where the messages went. */
struct store_filed {
	const char *folder; /* as the server names it; NULL = as recorded before */
	uint32_t uidvalidity;
	const uint32_t *uid; /* beside the messages' own; NULL or 0 = not told */
};

enum store_move_step {
	STORE_MOVED,       /* done */
	STORE_KEPT,        /* cannot be done for good: marked and left */
	STORE_COPY_BEGIN,  /* a copy is about to be made in filed.folder, or may have been */
	STORE_COPY_DONE,   /* it is there */
	STORE_COPY_UNDONE, /* it was never made */
};

struct store_move {
	enum store_move_step step;
	int64_t folder, time;
	const uint32_t *uid;
	size_t count;
	struct store_filed filed;
};
/* Writes the step of each of the messages. Own transaction. */
int store_move_step(struct store *store, const struct store_move *move) BOUNCE_MUST_CHECK;

/* The server refused to move this one: it is left alone for `least` seconds, twice as long each
 * time, at most `most`. Returns how often it was refused by now, or -1. */
struct store_retry {
	int64_t time, least, most;
};
int store_move_refused(struct store *store, int64_t folder, uint32_t uid,
		       const struct store_retry *retry) BOUNCE_MUST_CHECK;

/* What tells a message again in another folder. */
struct store_trace {
	char *folder;     /* where it is looked for */
	char *message_id; /* "" = has none */
	uint64_t size;
	unsigned char fingerprint[STORE_FINGERPRINT];
};
void store_trace_free(struct store_trace *trace);

/* Is this uid of trace->folder known already as the copy of a message with these bytes? 1, 0 or -1.
 */
int store_filed_as(struct store *store, const struct store_trace *trace, uint32_t uidvalidity,
		   uint32_t uid) BOUNCE_MUST_CHECK;

/* Messages whose copy was begun, nobody knows how it ended; by target and uid. The caller gives
 * *copies to store_unsure_free(), also after -1. */
struct store_unsure {
	uint32_t uid;
	struct store_trace trace;
	size_t others; /* messages with the same bytes that were filed there as nobody knows what */
};
int store_copies_unsure(struct store *store, int64_t folder, struct store_unsure **copies,
			size_t *count) BOUNCE_MUST_CHECK;
void store_unsure_free(struct store_unsure *copies, size_t count);

/* uidvalidity is the folder's present one: intents of its other lives cannot be carried out now.
 * Returns how many there were, or -1. */
int store_moves_forget(struct store *store, const char *account, const char *name,
		       uint32_t uidvalidity) BOUNCE_MUST_CHECK;
/* The folder's life has come back: so do its intents. Returns how many, or -1. */
int store_moves_revive(struct store *store, int64_t folder) BOUNCE_MUST_CHECK;

/* The server counts from uidnext again and will give uids to other messages that we know already:
 * what is recorded for those moves out of their way, nothing of it is forgotten. Own transaction.
 */
int store_taken_back(struct store *store, int64_t folder, uint32_t uidnext,
		     int64_t time) BOUNCE_MUST_CHECK;

/* Filed messages that can be brought back. */
struct store_restore_filter {
	int64_t since, until; /* when they were filed */
	const char *account;
	const char *folder, *kind; /* NULL = any */
};
struct store_restorable {
	int64_t id;
	uint32_t uid, uidvalidity; /* of its copy; 0 = not told */
	struct store_trace trace;  /* its folder is where the copy is */
	char *origin;              /* the folder that it came from */
	char *kind;
	bool begun; /* a former run was about to bring it back */
};
/* At most `most` with ids above `after`, ascending. *items is malloc'd; the caller gives it to
 * store_restorable_free(), also after -1. */
int store_restorable(struct store *store, const struct store_restore_filter *filter, int64_t after,
		     size_t most, struct store_restorable **items, size_t *count) BOUNCE_MUST_CHECK;
void store_restorable_free(struct store_restorable *items, size_t count);

enum store_restore_step {
	STORE_RESTORE_BEGIN,     /* it is not filed again from now on, wherever it appears */
	STORE_RESTORE_REPROCESS, /* it is read as if it had never come */
	STORE_RESTORE_DONE,
};
/* How many other messages with its bytes lie, as far as is known, in the folder that it came from.
 */
int store_restore_others(struct store *store, int64_t id, size_t *count) BOUNCE_MUST_CHECK;
int store_restore_step(struct store *store, enum store_restore_step step, int64_t id,
		       int64_t time) BOUNCE_MUST_CHECK;

/*
 * Named queries for people (sql/queries.sql): rows go to each(context, columns, names, values); all
 * values as text, NULL = SQL NULL. parameters: name/value pairs ended by NULL ("address",
 * "a@example.com", NULL); value NULL binds SQL NULL, and so does a parameter that is not named.
 * Returns rows seen, or -1. each returns false to stop. Times are "2026-01-31T12:00:00Z", answers
 * "yes" and "no", points have decimals.
 *
 * recipient_show (address): one row when known; the letters' case does not matter
 *	address domain state reason mailable confirmed since until score level gone confirmed_at
 *	last_time last_status last_smtp last_reason last_rule last_why last_diagnostic
 *	last_remote_mta
 *	(until: end of the back-off or suspension, also when it is over; gone: first told that it
 *	does not exist; last_*: the newest report; address: as the first report spelled it)
 * recipient_history (address; limit): transitions, newest first, with their events
 *	time cause from_state to_state strike score until operator_rule transition_why event action
 *	status smtp stage reason severity bad effect fixer disposition rule why diagnostic
 *	remote_mta original final status_part status_line diagnostic_part diagnostic_line account
 *	folder uid kind format reporting_mta message_id original_message_id list_id target moved
 *	(from event to moved all NULL when no report was the cause)
 * recipient_list (state, domain, reason; each NULL for any): by address, streamed
 *	address domain state reason mailable confirmed since until score
 * stats_states: state recipients
 * stats_reasons: reason events hard soft domains
 * stats_kinds: kind messages duplicates
 * stats_messages: account folder messages duplicates
 * stats_moves_pending: account folder target messages oldest
 * stats_alerts (limit): day reason domain count last; newest day first
 * stats_outbox: hook waiting failing oldest error; not done yet
 * restorable_accounts: account
 */
int store_query(struct store *store, const char *query, const char *const *parameters,
		bool (*each)(void *context, int columns, const char *const *names,
			     const char *const *values),
		void *context) BOUNCE_MUST_CHECK;

#endif
