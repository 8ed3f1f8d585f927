/*
 * store_statement - statements by name, their parameters, their failures
 *
 * The one place where a failure of SQLite becomes a sentence with a remedy.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <sysexits.h>

#include "log.h"
#include "sql.h"
#include "utf8.h"

static size_t
query_index(const char *name)
{
	size_t i;

	for (i = 0; sql_queries[i].name != NULL; i++) {
		if (strcmp(sql_queries[i].name, name) == 0)
			return i;
	}
	log_panic("store: no statement is called \"%s\"", name);
}

const char *
store_sql(const char *name)
{
	return sql_queries[query_index(name)].text;
}

/* Its place, or the free one where it belongs. Half of the table stays free, so there is one. */
static struct store_name *
name_slot(struct store *store, const sqlite3_stmt *s, const char *name)
{
	uint64_t mixed = ((uint64_t)(uintptr_t)s ^ (uint64_t)(uintptr_t)name << 16) *
			 UINT64_C(0x9e3779b97f4a7c15); /* Knuth's multiplicative hash */
	size_t i = (size_t)(mixed >> 32) % STORE_NAMES;

	while (store->name[i].name != NULL &&
	       (store->name[i].name != name || store->name[i].statement != s))
		i = (i + 1) % STORE_NAMES;
	return &store->name[i];
}

static void
remember(struct store *store, struct store_name *slot, const sqlite3_stmt *s, const char *name,
	 int number)
{
	if (strlen(name) >= sizeof(slot->text) ||
	    (slot->name == NULL && store->names >= STORE_NAMES / 2))
		return;
	store->names += slot->name == NULL;
	*slot = (struct store_name){ .statement = s, .name = name, .number = number };
	memcpy(slot->text, name, strlen(name) + 1);
}

const char *
store_remedy(int result)
{
	static const struct {
		int result;
		const char *text;
	} remedy[] = {
		{ SQLITE_FULL, "; free space on its file system" },
		{ SQLITE_IOERR,
		  "; look for free space, quotas and disk errors in the kernel's log" },
		{ SQLITE_READONLY, "; the file and its directory must be writable for the user "
				   "that runs mailbounced" },
		{ SQLITE_CANTOPEN,
		  "; the file and its directory must be accessible for this user" },
		{ SQLITE_PERM, "; the file and its directory must be accessible for this user" },
		{ SQLITE_CORRUPT,
		  "; stop mailbounced, keep a copy of the file, then restore a backup "
		  "or repair it with sqlite3's .recover" },
		{ SQLITE_NOTADB, "; restore a backup, or name another file as the state" },
		{ SQLITE_BUSY, "; end the other program that keeps it locked" },
		{ SQLITE_LOCKED, "; end the other program that keeps it locked" },
		{ SQLITE_NOMEM, "; give the machine more memory" },
	};

	for (size_t i = 0; i < sizeof(remedy) / sizeof(remedy[0]); i++) {
		if (remedy[i].result == (result & 0xff))
			return remedy[i].text;
	}
	return "";
}

int
store_fail(struct store *store, const char *what)
{
	int result = sqlite3_extended_errcode(store->db);

	snprintf(store->error, sizeof(store->error), "%s: %s: %s%s", store->path, what,
		 sqlite3_errmsg(store->db), store_remedy(result));
	return -1;
}

int
store_nonsense(struct store *store, const char *what)
{
	snprintf(
		store->error, sizeof(store->error),
		"%s: %s is not what mailbounced writes there; undo the change, or restore a backup",
		store->path, what);
	return -1;
}

sqlite3_stmt *
store_statement(struct store *store, const char *name)
{
	struct store_name *slot = name_slot(store, NULL, name);
	size_t i;

	if (slot->name == NULL || strcmp(slot->text, name) != 0) {
		i = query_index(name);
		remember(store, slot, NULL, name, (int)i);
	} else {
		i = (size_t)slot->number;
	}
	store->bad_bind = SQLITE_OK;
	if (store->statement[i] == NULL &&
	    sqlite3_prepare_v3(store->db, sql_queries[i].text, -1, SQLITE_PREPARE_PERSISTENT,
			       &store->statement[i], NULL) != SQLITE_OK)
		store_fail(store, name);
	return store->statement[i];
}

static int
find_parameter(sqlite3_stmt *s, const char *name)
{
	char full[64];
	int i;

	snprintf(full, sizeof(full), ":%s", name);
	i = sqlite3_bind_parameter_index(s, full);
	if (i == 0)
		log_panic("store: no parameter \"%s\" in: %s", full, sqlite3_sql(s));
	return i;
}

/* The parameter's number; 0 when the statement could not be prepared, which store_step() tells. */
static int
parameter(struct store *store, sqlite3_stmt *s, const char *name)
{
	struct store_name *slot;
	int number;

	if (s == NULL)
		return 0;
	slot = name_slot(store, s, name);
	if (slot->name != NULL && strcmp(slot->text, name) == 0)
		return slot->number;
	number = find_parameter(s, name);
	remember(store, slot, s, name, number);
	return number;
}

static void
bound(struct store *store, sqlite3_stmt *s, int result)
{
	if (s != NULL && result != SQLITE_OK && store->bad_bind == SQLITE_OK)
		store->bad_bind = result;
}

void
store_bind_number(struct store *store, sqlite3_stmt *s, const char *name, int64_t number)
{
	bound(store, s, sqlite3_bind_int64(s, parameter(store, s, name), number));
}

void
store_bind_some(struct store *store, sqlite3_stmt *s, const char *name, int64_t number)
{
	if (number != 0)
		store_bind_number(store, s, name, number);
	else
		bound(store, s, sqlite3_bind_null(s, parameter(store, s, name)));
}

void
store_bind_blob(struct store *store, sqlite3_stmt *s, const char *name, const void *bytes,
		size_t size)
{
	bound(store, s,
	      sqlite3_bind_blob64(s, parameter(store, s, name), bytes, size, SQLITE_STATIC));
}

void
store_bind_whole(struct store *store, sqlite3_stmt *s, const char *name, struct span text)
{
	const char *p = text.p == NULL ? "" : text.p;

	bound(store, s,
	      sqlite3_bind_text64(s, parameter(store, s, name), p, span_len(text), SQLITE_STATIC,
				  SQLITE_UTF8));
}

void
store_bind_word(struct store *store, sqlite3_stmt *s, const char *name, const char *text)
{
	if (text != NULL && text[0] == '\0')
		text = NULL;
	bound(store, s, sqlite3_bind_text(s, parameter(store, s, name), text, -1, SQLITE_STATIC));
}

/* Takes one character; may it stand in the database? */
static bool
take_clean(struct span *rest)
{
	uint32_t code;

	return utf8_take(rest, &code) && code >= 0x20 && !(code >= 0x7f && code <= 0x9f);
}

static bool
is_clean(struct span text)
{
	while (!span_empty(text)) {
		if (*text.p >= ' ' && *text.p <= '~')
			text.p++; /* nearly everything */
		else if (!take_clean(&text))
			return false;
	}
	return true;
}

/* Cuts no UTF-8 character in two. */
static struct span
clip(struct span text)
{
	const char *end = text.p + STORE_MAX_TEXT;

	if (span_len(text) <= STORE_MAX_TEXT)
		return text;
	for (int back = 0; back < 3 && ((unsigned char)*end & 0xc0) == 0x80; back++)
		end--;
	return (struct span){ text.p, end };
}

static struct span
cleaned(struct buf *out, struct span text)
{
	buf_clear(out);
	while (!span_empty(text)) {
		const char *from = text.p;

		if (take_clean(&text))
			buf_add(out, (struct span){ from, text.p });
		else
			buf_adds(out, "\xef\xbf\xbd");
	}
	if (!buf_ok(out))
		log_fatal(EX_OSERR, "out of memory");
	return clip(buf_span(out));
}

void
store_bind_text(struct store *store, sqlite3_stmt *s, const char *name, struct span text)
{
	sqlite3_destructor_type lifetime = SQLITE_STATIC;

	if (span_empty(text)) {
		store_bind_word(store, s, name, NULL);
		return;
	}
	text = clip(text);
	if (!is_clean(text)) {
		text = cleaned(&store->clean, text);
		lifetime = SQLITE_TRANSIENT;
	}
	bound(store, s,
	      sqlite3_bind_text64(s, parameter(store, s, name), text.p, span_len(text), lifetime,
				  SQLITE_UTF8));
}

int
store_step(struct store *store, sqlite3_stmt *s)
{
	int result;

	if (s == NULL)
		return -1;
	if (store->bad_bind != SQLITE_OK)
		return store_fail(store, "binding a value");
	result = sqlite3_step(s);
	if (result == SQLITE_ROW)
		return 1;
	if (result == SQLITE_DONE)
		return 0;
	for (size_t i = 0; sql_queries[i].name != NULL; i++) {
		if (store->statement[i] == s)
			return store_fail(store, sql_queries[i].name);
	}
	return store_fail(store, "a statement");
}

void
store_done(sqlite3_stmt *s)
{
	if (s == NULL)
		return;
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

int
store_run(struct store *store, sqlite3_stmt *s)
{
	int result;

	do
		result = store_step(store, s);
	while (result > 0);
	store_done(s);
	return result;
}

int
store_ask(struct store *store, sqlite3_stmt *s, bool *yes)
{
	int result = store_step(store, s);

	store_done(s);
	*yes = result > 0;
	return result < 0 ? -1 : 0;
}

void
store_any_forget(struct store *store, enum store_any what)
{
	store->any[what] = STORE_UNASKED;
}

int
store_any(struct store *store, enum store_any what, bool *any)
{
	static const char *const statement[STORE_ANY_COUNT] = {
		[STORE_ANY_TOKEN_LIST] = "any_token_list",
		[STORE_ANY_MAILING] = "any_mailing",
		[STORE_ANY_INCIDENT] = "any_incident",
	};

	*any = store->any[what] == STORE_SOME;
	if (store->any[what] != STORE_UNASKED && sqlite3_get_autocommit(store->db) == 0)
		return 0;
	if (store_ask(store, store_statement(store, statement[what]), any) < 0)
		return -1;
	store->any[what] = *any ? STORE_SOME : STORE_NONE;
	return 0;
}

int
store_column(struct store *store, sqlite3_stmt *s, int column, int64_t most, int64_t *out)
{
	int64_t number = sqlite3_column_int64(s, column);

	if (number < 0 || number > most)
		return store_nonsense(store, sqlite3_column_name(s, column));
	*out = number;
	return 0;
}

struct span
store_column_text(sqlite3_stmt *s, int column)
{
	const void *text = sqlite3_column_text(s, column);

	return span_make(text, (size_t)sqlite3_column_bytes(s, column));
}

struct span
store_keep(struct arena *arena, sqlite3_stmt *s, int column)
{
	struct span text = store_column_text(s, column);
	struct span copy = arena_copy(arena, text);

	if (span_empty(copy) && !span_empty(text))
		log_fatal(EX_OSERR, "out of memory");
	return copy;
}
