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

#include "buf.h"
#include "pace.h"
#include "record.h"

#define STORE_ERROR_SIZE 300
#define STORE_FINGERPRINT 32 /* bytes: SHA-256 */
#define STORE_MAX_TEXT 4096  /* bytes kept of one piece of text from a mail; the rest is cut off */

enum store_mode {
	STORE_WRITE,  /* create or migrate, one writer: takes a lock file beside the database */
	STORE_READ,   /* must exist; read only */
	STORE_BESIDE, /* must exist; written beside a daemon that may be running: no lock file,
			 short transactions */
};

/* 0 = done; -1 = the store is in trouble (store_error() says why): roll back, stop taking mail, try
 * again later. */

struct store;

/* Opens; NULL with a sentence in error[STORE_ERROR_SIZE]. A database of a newer version is refused,
 * never touched. */
struct store *store_open(const char *path, enum store_mode mode, char *error);
void store_close(struct store *store);
const char *store_error(const struct store *store);
const char *store_path(const struct store *store);

/* What the views must know of the configuration; the writer says it after opening and after each
 * reload. "confirm_quiet": seconds, struct bounce_policy. */
int store_setting(struct store *store, const char *name, int64_t value) BOUNCE_MUST_CHECK;

/* And what they must know of lists with a policy of their own: all of them together, in the
 * caller's transaction. */
int store_list_settings_clear(struct store *store) BOUNCE_MUST_CHECK;
int store_list_setting(struct store *store, const char *list,
		       int64_t confirm_quiet) BOUNCE_MUST_CHECK;

/* The policy that is in force from now on, as config_dump_policy() writes it: every transition that
 * this store writes names it, and writes it down before where it is new. */
void store_policy(struct store *store, struct span text);
/* Writes it down now, for whoever looks. */
int store_policy_write(struct store *store, int64_t time) BOUNCE_MUST_CHECK;

int store_begin(struct store *store) BOUNCE_MUST_CHECK;
/* The same for one of several that belong together: its commit does not wait for the disk, and
 * until store_settle() a power cut may undo it. */
int store_begin_part(struct store *store) BOUNCE_MUST_CHECK;
int store_commit(struct store *store) BOUNCE_MUST_CHECK;
void store_rollback(struct store *store);
/* Waits until all that is committed is on the disk. What is handed out to be done in the world is:
 * store_moves() and store_outbox_next() see to it. */
int store_settle(struct store *store) BOUNCE_MUST_CHECK;

/* Did another connection (bouncectl's) commit since it was asked last? Some page reads of memory,
 * no more. False when that cannot be told. */
bool store_touched(struct store *store);

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

/* Whose standing it is: an address's, in any letters, and the list that it is for; an empty scope
 * is the standing wherever no list has one of its own. */
struct store_key {
	struct span address, scope;
};

/* 1, 0 = it was never heard of and *out is all zero, -1. */
int store_standing(struct store *store, const struct store_key *key,
		   struct bounce_standing *out) BOUNCE_MUST_CHECK;

/* Did a report about this original Message-ID speak against the address on a UTC day before that of
 * `time`, and no operator took it back? */
struct store_mailing {
	struct span name; /* what tells it from others; empty: nothing does */
	int64_t time;
};
int store_struck(struct store *store, const struct store_key *key,
		 const struct store_mailing *mailing, bool *out) BOUNCE_MUST_CHECK;

/* Writes what one report says of one recipient: the event, the transition and the new standing. */
struct store_event {
	int64_t message;
	const struct bounce_report *report;
	size_t index;                             /* of the recipient */
	const struct bounce_recipient *recipient; /* in its place; NULL: as the report has it */
	const struct bounce_verdict *verdict;
	const struct bounce_standing *before;
	const struct bounce_transition *transition;
	int64_t time;
	enum bounce_kind kind; /* what became of this recipient */
	struct span list;      /* whose mail it was; empty: unknown */
	struct span scope;     /* as in struct store_key */
	struct span mailing;   /* what tells the mail from others; empty: nothing does */
	int trust;             /* grade 0 to 3, STORE_UNGRADED */
	const char *proof;     /* what the grade rests on; NULL: nothing */
	bool forwarded;        /* it failed at an address that the mailed one forwards to */
	int64_t cadence;       /* seconds between mailings of the list, 0 = unknown */
	int64_t incident;      /* that holds it: the transition changes nothing; 0 = none */
	bool doubted;          /* nothing was heard of the address by it, nor whose mail it gets */
};
#define STORE_UNGRADED (-1)
int store_event_add(struct store *store, const struct store_event *event,
		    int64_t *id) BOUNCE_MUST_CHECK;

/* Tokens of a list's mail came back, valid: since then it is known to carry them. *first: that was
 * not known before. */
int store_token_seen(struct store *store, struct span list, int64_t time,
		     bool *first) BOUNCE_MUST_CHECK;
/* Did the list's sender (empty: any) tell of a mailing by this Message-ID (empty: no)? */
int store_mailing_known(struct store *store, struct span list, struct span message_id,
			bool *out) BOUNCE_MUST_CHECK;
/* Is it known of this list (empty: no), and of any? */
int store_token_lists(struct store *store, struct span list, bool *known,
		      bool *any) BOUNCE_MUST_CHECK;

/* ---- the ledger, to be replayed ---- */

/* One entry of an address's ledger that counts. */
struct store_entry {
	int64_t id; /* of the transition */
	struct bounce_record record;
	int64_t policy; /* in force then, 0 = the defaults */
	struct span to_state,
		rule; /* as written: the state after it, the operator's rule or empty */
};
/* Entries in order, as they are read; each() returns 0, or -1 to stop: then so does this. */
int store_entries(struct store *store, const struct store_key *key,
		  int (*each)(void *context, const struct store_entry *entry),
		  void *context) BOUNCE_MUST_CHECK;
/* The standing that the entries begin with: 1, 0 = all zero, or -1. */
int store_baseline(struct store *store, const struct store_key *key,
		   struct bounce_standing *out) BOUNCE_MUST_CHECK;

/* Every standing that is written, by address; then, with NULL in its place, each key that has
 * transitions and no standing. */
int store_standings(struct store *store,
		    int (*each)(void *context, const struct store_key *key,
				const struct bounce_standing *standing),
		    void *context) BOUNCE_MUST_CHECK;

/* Its sections of the configuration, added to `text`; 1, 0 = there is none with that id, -1. */
int store_policy_text(struct store *store, int64_t id, struct buf *text) BOUNCE_MUST_CHECK;
/* The one that is in force, 0 = the defaults. */
int store_policy_now(struct store *store, int64_t *id) BOUNCE_MUST_CHECK;

/* ---- mailings ---- */

/* A mail that came back. */
struct store_post {
	int64_t sent; /* by the date that it bears, 0 = it bears none */
	int64_t time; /* of the report */
};
/* Seconds between mailings of the list (empty: unknown) as known now, 0 = unknown: told by its
 * sender, or guessed from the mailings that come back, of which this is one. What one
 * day teaches holds from the next day on. */
int store_cadence(struct store *store, struct span list, const struct store_post *post,
		  int64_t *out) BOUNCE_MUST_CHECK;

/* A mailing that its sender tells of. 1, 0 = it was told before, -1. */
struct store_sent {
	struct span list, mailing; /* mailing: what the sender calls it, may be empty */
	int64_t time;
	int64_t recipients; /* -1 = not told */
	int64_t operation;
};
int store_sent_add(struct store *store, const struct store_sent *sent) BOUNCE_MUST_CHECK;

/* A mailing whose proofs are not written yet: the oldest one sent up to `before` that comes behind
 * `after` in order of (sent_at, id). 1 = filled, to be freed, 0 = none, -1. */
struct store_due {
	int64_t id, sent_at, operation;
	struct buf list;
};
struct store_turn {
	int64_t sent_at, id;
};
#define STORE_FIRST_TURN ((struct store_turn){ INT64_MIN, 0 })
int store_mailing_due(struct store *store, int64_t before, struct store_turn after,
		      struct store_due *out) BOUNCE_MUST_CHECK;
void store_due_free(struct store_due *due);

/* Addresses that the mailing may prove something about, in order, from where it got to: at most
 * STORE_CANDIDATES. Returns how many, or -1; each() returns 0, or -1 to stop. */
#define STORE_CANDIDATES 50
struct store_candidate {
	struct store_key key;
	struct bounce_standing standing;
	int64_t last_report; /* time of the last report about it, 0 = none */
};
int store_candidates(struct store *store, const struct store_due *due,
		     int (*each)(void *context, const struct store_candidate *candidate),
		     void *context) BOUNCE_MUST_CHECK;
/* All up to `last` were looked at, `proved` of them got their proof. */
int store_mailing_progress(struct store *store, const struct store_due *due,
			   const struct store_key *last, int proved) BOUNCE_MUST_CHECK;
int store_mailing_done(struct store *store, const struct store_due *due,
		       int64_t time) BOUNCE_MUST_CHECK;

/* ---- what operators say ---- */

/* One command; what it does to addresses names it. */
struct store_operation {
	int64_t time;
	const char *who, *what, *arguments, *why;
};
int store_operation_add(struct store *store, const struct store_operation *operation,
			int64_t *id) BOUNCE_MUST_CHECK;
/* Is there such an operation? 1, 0 or -1. */
int store_operation_known(struct store *store, int64_t id) BOUNCE_MUST_CHECK;

/* What an operation, or the program itself (operation 0), does to an address: the transition and
 * the new standing. */
struct store_word {
	struct store_key key;
	const char *cause; /* name of an enum bounce_event, or STORE_UNDO */
	const struct bounce_standing *before, *next;
	const char *why;
	int64_t operation, policy, time;
};
#define STORE_UNDO "undo"
int store_word_add(struct store *store, const struct store_word *word) BOUNCE_MUST_CHECK;

/* Which entries an undo takes back: all that match. */
struct store_undo {
	int64_t operation;                          /* the undo itself */
	int64_t of;                                 /* what that operation did; 0 = what follows */
	int64_t since, until;                       /* when it was recorded */
	const char *domain, *reason, *rule, *match; /* NULL = any; match stands in the diagnostic */
	bool all;                                   /* operators' words too, not only reports */
	int64_t transition;                         /* only that one; 0 = any */
};
#define STORE_UNDO_KEYS 10000 /* addresses that are kept in memory meanwhile, twice */
/* Addresses that may be concerned, each once: with nothing but a beginning in the order in which
 * they were heard of since, else in their own. each() may write. */
int store_undo_keys(struct store *store, const struct store_undo *undo,
		    int (*each)(void *context, const struct store_key *key),
		    void *context) BOUNCE_MUST_CHECK;
/* How many entries match that nothing can take back, for an older version recorded them. 0 or -1.
 */
int store_undo_beyond(struct store *store, const struct store_undo *undo,
		      int64_t *count) BOUNCE_MUST_CHECK;
/* Of how many addresses something of that time is deleted, which nobody can take back. 0 or -1. */
int store_undo_dropped(struct store *store, const struct store_undo *undo,
		       int64_t *count) BOUNCE_MUST_CHECK;
/* Takes back what matches of that address, or where `of` was an undo, takes that back. Returns how
 * many entries, or -1. */
int store_undo_mark(struct store *store, const struct store_undo *undo,
		    const struct store_key *key) BOUNCE_MUST_CHECK;

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
/* What the table of incidents says of that one now, numbers and all. */
int store_outbox_incident(struct store *store, const char *hook, int64_t incident,
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

/* The highest uid, or one below it, that a message of this folder is known to have in filed->folder
 * of that uidvalidity; *uid 0: none. */
int store_filed_last(struct store *store, int64_t folder, const struct store_filed *filed,
		     uint32_t *uid) BOUNCE_MUST_CHECK;

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
 * recipient_show (address): one row when known, and one for each list with a standing of its own;
 * the letters' case does not matter
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
 *	scope counts address_part address_line action_part action_line trust proof forwarded
 *	operation who arguments operation_why
 *	(from event to moved all NULL when no report was the cause; scope: the list whose own
 *	standing it changed; counts: "no" when an operator took it back; operation to
 *	operation_why NULL when no operator was the cause)
 * recipient_list (state, domain, reason; each NULL for any): by address, streamed
 *	address domain state reason mailable confirmed since until score
 * stats_states: state recipients
 * stats_reasons: reason events hard soft domains
 * stats_kinds: kind messages duplicates
 * stats_messages: account folder messages duplicates
 * stats_moves_pending: account folder target messages oldest
 * stats_alerts (limit): day reason domain count last; newest day first
 * stats_operations (limit): time operation who what transitions arguments why; newest first
 * stats_outbox: hook waiting failing oldest error; not done yet
 * restorable_accounts: account
 * incident_list (incident; NULL for all): newest first
 *	incident kind name opened last addresses usual mailed reason status diagnostic state decided
 *	who why operation decided_by held held_addresses
 *	(addresses: how many began it; state: holding, waiting, released, dropped)
 * incident_show (incident; limit): what it holds, in the order of the reports
 *	address list time status smtp reason diagnostic state
 */
int store_query(struct store *store, const char *query, const char *const *parameters,
		bool (*each)(void *context, int columns, const char *const *names,
			     const char *const *values),
		void *context) BOUNCE_MUST_CHECK;

#endif
