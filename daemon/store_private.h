/*
 * store_private - what the files of the store share
 *
 * Statements are taken by their name in sql/queries.sql, prepared once and kept. The order is
 * always: store_statement(), bind each parameter, store_step() until it gives no row, store_done().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_PRIVATE_H
#define MAILBOUNCED_STORE_PRIVATE_H

#include <sqlite3.h>

#include "buf.h"
#include "store.h"

#define STORE_NAMES 1024  /* remembered at most; a power of two, some times what there are */
#define STORE_MAX_NAME 48 /* bytes of a name that is remembered */

/* Where a name stands: the number of a statement's parameter, or of a statement. Comparing the
 * names one by one for every value of every row costs more than binding it. Names are literals, so
 * their addresses find them; their text still has the last word. */
struct store_name {
	const sqlite3_stmt *statement; /* NULL: the name is that of a statement */
	const char *name;              /* NULL: free */
	/* A copy: SQLite's own goes when it prepares the statement anew for another schema. */
	char text[STORE_MAX_NAME];
	int number;
};

/* What most databases have nothing of at all: asked once a transaction, so that not every message
 * asks for its own in vain. */
enum store_any {
	STORE_ANY_TOKEN_LIST,
	STORE_ANY_MAILING,  /* with an id of its own */
	STORE_ANY_INCIDENT, /* that is not over */
	STORE_ANY_COUNT,
};
enum store_answer {
	STORE_UNASKED,
	STORE_NONE,
	STORE_SOME,
};

struct store {
	sqlite3 *db;
	char *path;
	int lock;                 /* descriptor of the lock file, -1 for readers */
	sqlite3_stmt **statement; /* as in sql_queries[]; NULL = not prepared yet */
	struct buf policy_text;   /* in force; empty: the defaults */
	int64_t policy;           /* its row, 0 = not written yet, or not for sure */
	int bad_bind;             /* first result of a bind that was not SQLITE_OK */
	struct store_name name[STORE_NAMES];
	size_t names;
	int64_t version;                        /* of the data, as store_touched() saw it last */
	bool part;                              /* the transaction is one of store_begin_part() */
	bool unsettled;                         /* such ones were committed since store_settle() */
	bool doubtful;                          /* and the log did not come to the disk */
	enum store_answer any[STORE_ANY_COUNT]; /* all of these hold within a transaction only: */
	struct store_surges *surges;            /* NULL = nothing was counted yet */
	int64_t last_transition;                /* its id, 0 = not known */
	struct store_checkpoint *checkpoint;    /* NULL = SQLite's own, within a commit */
	struct buf clean; /* for text that must be cleaned before it is bound */
	char error[STORE_ERROR_SIZE];
};

/* store_checkpoint.c: the thread of a writer that has opened its database. Without one all goes on,
 * a little less evenly. */
void store_checkpoint_start(struct store *store);
void store_checkpoint_stop(struct store *store);

/* store_settle.c: the transaction is over; nothing, unless it is one of store_begin_part(). */
void store_end_part(struct store *store);

/* store_surge.c: counts that are not written yet. Writes them; forgets them and all that was read
 * beside them. */
int store_surge_write(struct store *store);
void store_surge_forget(struct store *store);
void store_surge_free(struct store *store);

/* The text of a statement; a name that is not there is our bug. */
const char *store_sql(const char *name);

/* The statement, without parameters; NULL: store_error() says why. */
sqlite3_stmt *store_statement(struct store *store, const char *name);

/* A parameter that the statement does not have is our bug. Failures come out of store_step(). */
void store_bind_number(struct store *store, sqlite3_stmt *s, const char *name, int64_t number);
/* A time, a place or a code where 0 means that there is none: NULL then. */
void store_bind_some(struct store *store, sqlite3_stmt *s, const char *name, int64_t number);
/* Bytes as they are; must live until store_done(). */
void store_bind_blob(struct store *store, sqlite3_stmt *s, const char *name, const void *bytes,
		     size_t size);
/* Text as it is, also when it is empty; must live until store_done(). */
void store_bind_whole(struct store *store, sqlite3_stmt *s, const char *name, struct span text);
/* Text of ours; must live until store_done(). NULL and "" are NULL. */
void store_bind_word(struct store *store, sqlite3_stmt *s, const char *name, const char *text);
/* Text from a mail: control characters and what is not UTF-8 become U+FFFD, at most STORE_MAX_TEXT
 * bytes are kept. Must live until store_done(). Empty is NULL. */
void store_bind_text(struct store *store, sqlite3_stmt *s, const char *name, struct span text);

/* 1 = a row, 0 = no more, -1. NULL as a statement is -1 too, so that a caller checks once. */
int store_step(struct store *store, sqlite3_stmt *s);
/* Readies the statement for its next use. */
void store_done(sqlite3_stmt *s);
/* Steps a statement that gives no rows, and readies it. 0, or -1. */
int store_run(struct store *store, sqlite3_stmt *s);

/* Readies a statement that was bound. Does it give a row? 0, or -1. */
int store_ask(struct store *store, sqlite3_stmt *s, bool *yes);
/* Is there any? 0, or -1. Whoever adds one, or takes one away, says so. */
int store_any(struct store *store, enum store_any what, bool *any);
void store_any_forget(struct store *store, enum store_any what);

/* Column of the present row, from 0 to most (NULL counts as 0); -1: the database holds nonsense. */
int store_column(struct store *store, sqlite3_stmt *s, int column, int64_t most, int64_t *out);
struct span store_column_text(sqlite3_stmt *s, int column);
/* The same in the arena, for what must outlive the statement. */
struct span store_keep(struct arena *arena, sqlite3_stmt *s, int column);
/* Columns from `at` on: uid, folder, Message-ID, size, fingerprint. To be freed, also after -1. */
int store_read_trace(struct store *store, sqlite3_stmt *s, int at, uint32_t *uid,
		     struct store_trace *trace);

/* Binds "address" and "scope". */
void store_bind_key(struct store *store, sqlite3_stmt *s, const struct store_key *key);
/* Columns from the first one on, as in the recipient table; *out is all zero before. */
int store_read_standing(struct store *store, sqlite3_stmt *s, struct bounce_standing *out);
/* The one row of such a query for an address: 1, or 0 and all zero. -1 on error. */
int store_find_standing(struct store *store, const char *query, const struct store_key *key,
			struct bounce_standing *out);
/* store_retain.c: the rows of a bound statement with the columns of retain_standings; how many, -1
 * on error or when each() says so. */
struct store_past;
int store_each_past(struct store *store, sqlite3_stmt *s,
		    int (*each)(void *context, const struct store_past *past), void *context);
/* store_incident.c: the incident that such a query finds for an operation. 1, 0, -1 on error. */
int store_incident_of(struct store *store, const char *query, int64_t operation, int64_t *incident);
/* Binds them by their names: what store_read_standing() reads. */
void store_bind_standing(struct store *store, sqlite3_stmt *s, const struct bounce_standing *now);
/* event: 0 = none caused it, the last one stays. */
int store_put_recipient(struct store *store, const struct store_key *key,
			const struct bounce_standing *now, int64_t event, struct span list);

/* Writes the database's last error and what to do about it; `what` was being done. Returns -1. */
int store_fail(struct store *store, const char *what);
/* The same for an error that SQLite does not know. Returns -1. */
int store_nonsense(struct store *store, const char *what);
/* What an operator can do about a result of SQLite; "" when we know nothing. */
const char *store_remedy(int result);

#endif
