/*
 * forget - what names an address goes
 *
 * Beside a running daemon, in short transactions: reports, entries, standings, what hooks are or
 * were told, and every text that names it in reports about others, messages' ids and operators'
 * words. Who must not be mailed (dead, complained, pinned dead) stays so under a pseudonym; see
 * store_forget.h. After a crash the same command goes on. At the end no byte of it is left in the
 * log, and none that the database keeps for anything.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_FORGET_H
#define MAILBOUNCED_FORGET_H

#include "store_forget.h"

struct forget {
	struct store *store;         /* STORE_BESIDE, and for nothing else afterwards */
	struct store_operation what; /* its arguments are filled in: the pseudonym */
	bool dry;                    /* only counts */
	bool vacuum;                 /* the file is written anew */
	/* What it came to. */
	char pseudonym[STORE_PSEUDONYM_SIZE]; /* "" = dry, and nobody was forgotten yet */
	int64_t operation;
	int64_t entries, reports;
	int standings, kept; /* kept: under the pseudonym */
	uint64_t mentions[STORE_MENTION_COUNT];
	int words;     /* operations, incidents, mailings */
	bool log_open; /* somebody reads: the log could not be emptied */
};

/* 0, or -1: store_error(). */
int forget_address(struct forget *forget, struct span address) BOUNCE_MUST_CHECK;

/* How many times the bytes of the address, in any letters, stand in the database file or its log.
 * -1 where one cannot be read. */
int64_t forget_left(const char *path, struct span address);

#endif
