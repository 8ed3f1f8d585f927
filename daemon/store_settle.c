/*
 * store_settle - transactions that come to the disk together
 *
 * A commit waits for the disk, 1 to 20 ms in which no mailbox gets on. A batch that is recorded in
 * many small transactions, so that others get their turns, need not wait for each: nothing is done
 * to its mail before the last one. SQLite writes each into its log all the same, in order and with
 * checksums; a power cut may undo the newest ones, a crash of ours none. So it is at whoever makes
 * a commit known to the world that its way to the disk is waited for: who moves mail, who runs
 * programs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_private.h"

#include "log.h"

/* For the transactions to come; SQLite lets nobody change it within one. */
static int
set_safety(struct store *store, const char *name)
{
	if (sqlite3_exec(store->db, store_sql(name), NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, name);
	return 0;
}

int
store_begin_part(struct store *store)
{
	if (set_safety(store, "settle_later") < 0)
		return -1;
	store->part = true;
	if (store_begin(store) == 0)
		return 0;
	store_end_part(store);
	return -1;
}

/* What comes next, if only a single statement, is safe at once. */
void
store_end_part(struct store *store)
{
	if (!store->part)
		return;
	store->part = false;
	store->unsettled = true;
	if (set_safety(store, "settle_at_once") < 0)
		log_panic("store: %s", store->error);
}

static int
sync_log(struct store *store)
{
	sqlite3_file *log = NULL;
	int result = sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);

	if (result == SQLITE_OK && log != NULL && log->pMethods != NULL)
		result = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
	return result;
}

/* A system that could not write a page says so once, and of the same page that all is well when it
 * is asked again (fsync(2), EIO). So the log is not believed any more, only a whole copy of it. */
static int
copy_log(struct store *store)
{
	int pages = 0, copied = 0;
	int result = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_FULL, &pages,
					       &copied);

	return result == SQLITE_OK && copied < pages ? SQLITE_BUSY : result;
}

int
store_settle(struct store *store)
{
	int result;

	if (!store->unsettled)
		return 0;
	result = store->doubtful ? copy_log(store) : sync_log(store);
	store->doubtful = result != SQLITE_OK;
	if (result != SQLITE_OK) {
		snprintf(store->error, sizeof(store->error),
			 "%s: what is committed does not come to the disk: %s%s", store->path,
			 sqlite3_errstr(result), store_remedy(result));
		return -1;
	}
	store->unsettled = false;
	return 0;
}
