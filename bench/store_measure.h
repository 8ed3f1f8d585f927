/*
 * store_measure - what is asked of one database of many
 *
 * Each measure is a number that should not depend on how much the database holds; or one of those
 * that must, so that people know what to expect. Rates and times are of this process's own work
 * with the daemon's code, or of bouncectl, run as a person does.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_MEASURE_H
#define MAILBOUNCED_STORE_MEASURE_H

#include "config.h"
#include "ledger.h"

#define MEASURE_BATCH 50 /* mails a transaction */

/* Of one turn of ingest, per mail. */
struct ingest {
	double wall, cpu;           /* microseconds */
	double record;              /* of wall: what the database is concerned with */
	double pages_in, pages_out; /* read and written through the kernel, of 4 KiB */
};

/* A database and how far the mail for it has got. */
struct base {
	uint64_t recipients; /* of the population; who did not bounce yet is not known */
	unsigned months;     /* that it bounced */
	const char *bouncectl;
	char *path;
	struct config *config;
	struct store *store; /* open to write */
	struct config_account account;
	struct arena arena;
	int64_t folder, time;
	uint32_t uid;
	uint64_t mails; /* ingested so far */
	uint64_t asked; /* addresses looked up so far */
	struct ingest ingest;
	double addresses; /* that are known; 0 = not counted yet */
	/* Of the last run: ms, KiB. */
	double show_cpu, list_memory, replay_memory, suppressed_memory;
};

struct measure {
	const char *name, *unit;
	bool once; /* takes long, or spoils what the next would find */
	double (*run)(struct base *base);
};
extern const struct measure measures[]; /* ended by one without a name */

/* Opens what fill() made for that population and so many months. Ends the program when that fails.
 */
void base_open(struct base *base, const char *path);
void base_close(struct base *base);

#endif
