/*
 * store_open - opens, makes and migrates the database
 *
 * Looks before it touches: a file that is not ours, or that a newer mailbounced wrote, stays as it
 * is.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sql.h"

#define APPLICATION_ID 1835167332 /* as in sql/schema.sql */
#define FILE_MODE 0640            /* the group may read: bouncectl, plain SQL */
#define OPEN_TRIES 20
#define OPEN_PAUSE 50000000L /* ns */
#define BUSY_WAIT 5000       /* ms that another's lock is waited for, also when opening */
#define BUSY_WAIT_DAEMON 100 /* the same on the loop: it holds up every mailbox */

static int64_t
newest_version(void)
{
	int64_t version = 1;

	while (sql_migrations[version - 1] != NULL)
		version++;
	return version;
}

/* Whose lock it is, as its owner wrote it; 0 when the file does not tell. */
static uint64_t
lock_owner(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text), 0);
	struct span rest = span_make(text, n > 0 ? (size_t)n : 0);
	uint64_t pid;

	return span_number(&rest, INT32_MAX, &pid) ? pid : 0;
}

/* Two daemons on one state would count twice. The lock dies with its process, so the file may stay.
 */
static int
take_lock(struct store *store, const char *name)
{
	store->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (store->lock < 0) {
		snprintf(store->error, sizeof(store->error), "%s: %s; %s", name, strerror(errno),
			 errno == ENOENT ? "make its directory first"
					 : "the directory must be writable for this user");
		return -1;
	}
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0) {
		snprintf(store->error, sizeof(store->error),
			 "another mailbounced (pid %llu) holds %s; stop it, or name another state",
			 (unsigned long long)lock_owner(store->lock), name);
		return -1;
	}
	/* The number is for people only; without it the lock is as good. */
	if (ftruncate(store->lock, 0) < 0 || dprintf(store->lock, "%ld\n", (long)getpid()) < 0)
		log_debug("%s: %s", name, strerror(errno));
	return 0;
}

static int
lock_beside(struct store *store)
{
	struct buf name = BUF_INIT;
	int result;

	buf_addf(&name, "%s.lock", store->path);
	result = take_lock(store, buf_str(&name));
	buf_free(&name);
	return result;
}

/* SQLite would make the file with the mode that the umask leaves. */
static int
make_file(struct store *store)
{
	int fd = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	int result = 0;

	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0 || fchmod(fd, FILE_MODE) < 0) {
		snprintf(store->error, sizeof(store->error),
			 "%s: cannot be made: %s; the directory must be writable for this user",
			 store->path, strerror(errno));
		result = -1;
	}
	if (fd >= 0)
		close(fd);
	return result;
}

static int
open_file(struct store *store, enum store_mode mode)
{
	int flags = mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	struct stat st;
	int result;

	if (stat(store->path, &st) < 0) {
		snprintf(store->error, sizeof(store->error), "%s: %s%s", store->path,
			 strerror(errno),
			 errno == ENOENT ? "; mailbounced makes it when it first runs"
					 : store_remedy(SQLITE_CANTOPEN));
		return -1;
	}
	result = sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (store->db == NULL)
		log_fatal(EX_OSERR, "out of memory");
	if (result != SQLITE_OK)
		return store_fail(store, "opening");
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_WAIT);
	if (sqlite3_exec(store->db, store_sql("connection"), NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, "opening");
	return 0;
}

/* One number out of a statement that is needed only here. */
static int
ask(struct store *store, const char *name, int64_t *out)
{
	sqlite3_stmt *s = store_statement(store, name);
	int result = store_step(store, s);

	*out = result > 0 ? sqlite3_column_int64(s, 0) : 0;
	store_done(s);
	if (result == 0)
		return store_nonsense(store, name);
	return result < 0 ? -1 : 0;
}

static int
run_script(struct store *store, const char *what, const char *sql)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, what);
	return 0;
}

/* From version 0, an empty file, or from an older one; all or nothing. */
static int
bring_up(struct store *store, int64_t version)
{
	if (store_begin(store) < 0)
		return -1;
	if (version != 0)
		log_info("%s: is brought from version %lld to %lld; where it has millions of "
			 "reports that takes minutes",
			 store->path, (long long)version, (long long)newest_version());
	if (version == 0) {
		if (run_script(store, "making the tables", sql_schema) < 0)
			goto out;
		version = newest_version();
	}
	for (; version < newest_version(); version++) {
		if (run_script(store, "migrating", sql_migrations[version - 1]) < 0)
			goto out;
	}
	return store_commit(store);
out:
	store_rollback(store);
	return -1;
}

/* Whoever looks at the file while it is made, and is the last one to close it for a moment, takes
 * its log away under our hands: SQLite cannot open it then, once. */
static int
bring_up_patiently(struct store *store, int64_t version)
{
	const struct timespec pause = { .tv_nsec = OPEN_PAUSE };

	for (unsigned tries = 1; bring_up(store, version) < 0; tries++) {
		if ((sqlite3_errcode(store->db) & 0xff) != SQLITE_CANTOPEN || tries == OPEN_TRIES)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* Is it ours, and of which version? 0: nothing in it yet. */
static int
recognise(struct store *store, int64_t *version)
{
	int64_t application, tables;

	if (ask(store, "application_id", &application) < 0 ||
	    ask(store, "user_version", version) < 0 || ask(store, "table_count", &tables) < 0)
		return -1;
	if (application == 0 && *version == 0 && tables == 0)
		return 0;
	if (application != APPLICATION_ID || *version < 1) {
		snprintf(store->error, sizeof(store->error),
			 "%s: is a database of another program; name another file as the state",
			 store->path);
		return -1;
	}
	if (*version > newest_version()) {
		snprintf(store->error, sizeof(store->error),
			 "%s: has version %lld, this mailbounced knows %lld; install the newer one",
			 store->path, (long long)*version, (long long)newest_version());
		return -1;
	}
	return 0;
}

/* SQLite answers with the mode that it really has. */
static int
turn_on_wal(struct store *store)
{
	sqlite3_stmt *s = store_statement(store, "wal");
	int result = store_step(store, s);
	bool is_wal = result > 0 && span_ieq(store_column_text(s, 0), SPAN("wal"));

	store_done(s);
	if (result < 0)
		return -1;
	if (is_wal)
		return 0;
	snprintf(store->error, sizeof(store->error),
		 "%s: its file system cannot do a write-ahead log; put the state on a local disk",
		 store->path);
	return -1;
}

static int
open_to_write(struct store *store)
{
	int64_t version;
	int stays = 1;

	if (lock_beside(store) < 0 || make_file(store) < 0 || open_file(store, STORE_WRITE) < 0 ||
	    recognise(store, &version) < 0 || turn_on_wal(store) < 0)
		return -1;
	/* The log stays beside the database when we leave, so that people who may only read the
	 * files can open it at any time. */
	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &stays);
	if (version < newest_version() && bring_up_patiently(store, version) < 0)
		return -1;
	sqlite3_busy_timeout(store->db, BUSY_WAIT_DAEMON);
	store_checkpoint_start(store);
	return 0;
}

/* Not migrated: only the daemon does that, so that nobody finds his tables changed under him. */
static int
open_as_it_is(struct store *store, enum store_mode mode)
{
	int64_t version;
	int stays = 1;

	if (open_file(store, mode) < 0 || recognise(store, &version) < 0)
		return -1;
	/* As in open_to_write(). */
	if (mode == STORE_BESIDE)
		sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &stays);
	if (version == newest_version())
		return 0;
	snprintf(store->error, sizeof(store->error),
		 "%s: has version %lld, bouncectl knows %lld; start mailbounced once, it migrates "
		 "the file",
		 store->path, (long long)version, (long long)newest_version());
	return -1;
}

struct store *
store_open(const char *path, enum store_mode mode, char *error)
{
	struct store *store = xalloc(sizeof(*store));
	size_t count = 0;

	/* Counting its bytes takes SQLite two locks for each piece of memory, a hundred times a
	 * mail. Only possible before it is used for the first time. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	while (sql_queries[count].name != NULL)
		count++;
	store->statement = xarray(count, sizeof(sqlite3_stmt *));
	store->path = xstrdup(path);
	store->lock = -1;
	if ((mode == STORE_WRITE ? open_to_write(store) : open_as_it_is(store, mode)) == 0)
		return store;
	snprintf(error, STORE_ERROR_SIZE, "%s", store->error);
	store_close(store);
	return NULL;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_checkpoint_stop(store);
	for (size_t i = 0; sql_queries[i].name != NULL; i++)
		sqlite3_finalize(store->statement[i]);
	sqlite3_close(store->db);
	if (store->lock >= 0)
		close(store->lock);
	store_surge_free(store);
	buf_free(&store->clean);
	buf_free(&store->policy_text);
	free(store->statement);
	free(store->path);
	free(store);
}

const char *
store_error(const struct store *store)
{
	return store->error;
}

const char *
store_path(const struct store *store)
{
	return store->path;
}
