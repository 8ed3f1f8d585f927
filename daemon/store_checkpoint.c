/*
 * store_checkpoint - brings what is committed from the log into the database file
 *
 * Copying a thousand pages and waiting for two disks' worth of fsync holds a thread for 10 to 50
 * ms, too long for the one that all mailboxes share. So a second thread does it, on a connection of
 * its own; nobody else knows of it, and no data passes between the two but "there is work" and how
 * it went. A commit is safe in the log already: nothing is lost when this never runs, but the log
 * grows, and that is told.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include <pthread.h>
#include <signal.h>

#include "log.h"

#define WORTH_IT 1000        /* pages in the log */
#define TOO_MANY (16 * 1024) /* pages in the log: then the writer waits */
#define STUCK (32 * 1024)    /* pages in the log: the writer's own work did not help either */

struct store_checkpoint {
	sqlite3 *db;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool wanted, busy, ending; /* under the lock */
	int result;                /* so too: SQLite's, of the last time that told something */

	/* The writer's. */
	const char *path;
	bool told_failure, told_stuck;
};

/* Where others kept it from copying, SQLite is content with nothing at all: that is no news, and
 * what came of the last time holds. */
static int
run_once(sqlite3 *db, int last)
{
	int pages = 0, copied = 0;
	int result =
		sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);

	if (result == SQLITE_BUSY || (result == SQLITE_OK && copied < pages))
		return last;
	return result;
}

/* A write to the log may go well for long after the database file has become full or unreadable.
 * Whoever reads without end keeps the log from beginning anew. */
static void
tell(struct store_checkpoint *c, int result, int pages)
{
	if (result != SQLITE_OK && !c->told_failure) {
		log_warn("%s: what is committed cannot be brought from the log into the database "
			 "file: %s%s; nothing is lost, but the log grows",
			 c->path, sqlite3_errstr(result), store_remedy(result));
	}
	if (result == SQLITE_OK && c->told_failure)
		log_info("%s: what is committed comes into the database file again", c->path);
	c->told_failure = result != SQLITE_OK;
	if (result == SQLITE_OK && pages >= STUCK && !c->told_stuck) {
		log_warn("%s: the log has grown to %d pages, for a program reads the database and "
			 "does not end; nothing is lost; to act: end that program",
			 c->path, pages);
		c->told_stuck = true;
	}
}

static void *
run(void *arg)
{
	struct store_checkpoint *c = arg;
	int result;

	pthread_mutex_lock(&c->lock);
	while (!c->ending) {
		if (!c->wanted) {
			pthread_cond_wait(&c->changed, &c->lock);
			continue;
		}
		c->wanted = false;
		c->busy = true;
		result = c->result;
		pthread_mutex_unlock(&c->lock);
		result = run_once(c->db, result);
		pthread_mutex_lock(&c->lock);
		c->result = result;
		c->busy = false;
		pthread_cond_broadcast(&c->changed);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* SQLite calls it after each commit. The log begins anew only when everything in it was copied and
 * nobody writes meanwhile; a writer who never pauses copies the rest himself. */
static int
on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store_checkpoint *c = arg;
	int result;

	(void)name;
	if (pages < WORTH_IT) {
		c->told_stuck = false;
		return SQLITE_OK;
	}
	pthread_mutex_lock(&c->lock);
	c->wanted = pages < TOO_MANY;
	while (!c->wanted && c->busy)
		pthread_cond_wait(&c->changed, &c->lock);
	/* The thread waits meanwhile: nothing wakes it but us. */
	if (pages >= TOO_MANY)
		c->result = run_once(db, c->result);
	result = c->result;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	tell(c, result, pages);
	return SQLITE_OK;
}

/* Signals are for the loop. */
static int
start_thread(struct store_checkpoint *c)
{
	sigset_t all, before;
	int result;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

void
store_checkpoint_start(struct store *store)
{
	struct store_checkpoint *c = xalloc(sizeof(*c));

	c->path = store->path;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	if (sqlite3_open_v2(store->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) == SQLITE_OK &&
	    sqlite3_exec(c->db, store_sql("connection"), NULL, NULL, NULL) == SQLITE_OK &&
	    start_thread(c) == 0) {
		store->checkpoint = c;
		sqlite3_wal_hook(store->db, on_commit, c);
		return;
	}
	/* SQLite does it itself then, within a commit. */
	log_debug("%s: no thread for checkpoints", store->path);
	sqlite3_close(c->db);
	free(c);
}

void
store_checkpoint_stop(struct store *store)
{
	struct store_checkpoint *c = store->checkpoint;

	if (c == NULL)
		return;
	sqlite3_wal_hook(store->db, NULL, NULL);
	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	sqlite3_close(c->db);
	free(c);
	store->checkpoint = NULL;
}
