/*
 * pipeline_world - a pipeline on a server that plays a script, for the tests of its files
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PIPELINE_WORLD_H
#define PIPELINE_WORLD_H

#include "imap_world.h"

#include "pipeline_private.h"

static struct {
	struct config config; /* no rows, no keys */
	struct config_account account;
	struct pipeline_totals totals;
	struct pipeline_doubt doubt;
	struct pipeline_breaker breaker;
	struct pipeline_filing filing;
	struct pipeline p;
} line;

/* A pipeline whose sessions begin with begin_session(). */
static inline void
make_line(void)
{
	memset(&line, 0, sizeof(line));
	line.account.message_bytes = (uint64_t)1024 * 1024;
	line.account.batch_messages = 50;
	line.account.move_messages = 500;
	line.account.move_retry = 3600;
	line.p = (struct pipeline){
		.config = &line.config,
		.account = &line.account,
		.where = "lists/INBOX",
		.watched = "INBOX",
		.uidvalidity = 7,
		.totals = &line.totals,
		.doubt = &line.doubt,
		.breaker = &line.breaker,
		.filing = &line.filing,
	};
	log_set_level(LOG_LEVEL_ERROR);
}

/* Signs in and selects. */
static inline void
begin_session(struct world *world)
{
	enter(world);
	line.p.imap = world->imap;
	pipeline_init(&line.p);
}

static inline void
end_session(void)
{
	pipeline_free(&line.p);
}

#endif
