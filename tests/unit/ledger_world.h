/*
 * ledger_world - a database, a configuration and a log, for the tests of what a message does
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_LEDGER_WORLD_H
#define MAILBOUNCED_LEDGER_WORLD_H

#include "store_world.h"

#include <fcntl.h>

#include "ledger.h"
#include "log_file.h"
#include "report_text.h"

struct world {
	struct place *place;
	char log[96]; /* where standard error goes */
	int standard_error;
	struct config config;
	struct config_account account;
	struct config_hook hook[2];
	struct arena arena;
	int64_t folder;
};

static inline void
redirect_log(struct world *w)
{
	int fd = open(w->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	w->standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static inline void
make_account(struct config_account *account)
{
	static char bounces[] = "Bounces", delayed[] = "Delayed", review[] = "Review";

	account->target[BOUNCE_KIND_BOUNCE].folder = bounces;
	account->target[BOUNCE_KIND_COMPLAINT].folder = bounces;
	account->target[BOUNCE_KIND_DELAYED].folder = delayed;
	account->unreadable.folder = review;
	for (unsigned kind = 0; kind < BOUNCE_KIND_COUNT; kind++)
		account->target[kind].leave = account->target[kind].folder == NULL;
}

static inline int
make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	static char dead[] = "dead", pause[] = "pause";
	void *place;

	make_place(&place);
	w->place = place;
	snprintf(w->log, sizeof(w->log), "%s/log", w->place->directory);
	w->folder = open_folder(w->place, "INBOX", 1);
	w->config.policy = bounce_policy_default();
	make_account(&w->account);
	w->hook[0] = (struct config_hook){
		.name = dead, .states = 1u << BOUNCE_STATE_DEAD | 1u << BOUNCE_STATE_COMPLAINED
	};
	w->hook[1] = (struct config_hook){ .name = pause, .states = 1u << BOUNCE_STATE_BACKOFF };
	w->config.hook = w->hook;
	w->config.hook_count = 2;
	arena_init(&w->arena, 0);
	redirect_log(w);
	*state = w;
	return 0;
}

static inline int
drop_world(void **state)
{
	struct world *w = *state;
	void *place = w->place;

	dup2(w->standard_error, STDERR_FILENO);
	close(w->standard_error);
	arena_free(&w->arena);
	free(w);
	return drop_place(&place);
}

/* Everything that the database holds. */
static inline void
dump(const struct world *w, struct buf *out)
{
	static const char *const table[] = { "folder",     "message",   "tally", "event", "daily",
					     "transition", "recipient", "alert", "outbox" };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char sql[64];

		snprintf(sql, sizeof(sql), "SELECT * FROM %s", table[i]);
		ask_sql(w->place, sql, out);
	}
}

static inline size_t
log_lines(const struct world *w, const char *with)
{
	return log_file_lines(w->log, with);
}

/* Both steps. */
static inline int
read_and_record(struct world *w, struct store *store, const struct ledger_message *message,
		struct ledger_result *out)
{
	struct ledger_reading reading;

	arena_reset(&w->arena);
	ledger_read(&w->arena, &w->config, &w->account, message, &reading);
	return ledger_record(store, &w->config, message, &reading, out);
}

static inline struct ledger_result
record_at(struct world *w, uint32_t uid, struct span bytes, int64_t time)
{
	struct ledger_message message = { .folder = w->folder,
					  .where = "lists/INBOX",
					  .uid = uid,
					  .size = span_len(bytes),
					  .bytes = bytes,
					  .time = time };
	struct ledger_result result;

	assert_int_equal(store_begin(w->place->store), 0);
	if (read_and_record(w, w->place->store, &message, &result) < 0)
		fail_msg("%s", store_error(w->place->store));
	assert_int_equal(store_commit(w->place->store), 0);
	return result;
}

static inline struct ledger_result
record(struct world *w, uint32_t uid, struct span bytes)
{
	return record_at(w, uid, bytes, NOW);
}

#define on_a_world(test) cmocka_unit_test_setup_teardown(test, make_world, drop_world)

#endif
