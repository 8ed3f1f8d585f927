/*
 * bench/store - does a database of millions answer as fast as one of thousands?
 *
 * Makes databases of several sizes, opens all and asks them in turn, so that other work on the
 * machine is felt by all alike. What a turn gives is one of many; the median counts.
 *
 * usage: bench_store [--turns N] [--months N] [--keep] FOLDER BOUNCECTL RECIPIENTS...
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "store_fill.h"
#include "store_measure.h"
#include "store_world.h"

#define MOST_BASES 5
#define MOST_TURNS 200
#define MOST_MEASURES 40

struct bench {
	struct base base[MOST_BASES];
	size_t count;
	unsigned turns, months;
	bool keep;
	double sample[MOST_MEASURES][MOST_BASES][MOST_TURNS];
};

static int
compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static double
median(double *sample, unsigned count)
{
	qsort(sample, count, sizeof(*sample), compare);
	return sample[count / 2];
}

/* The database's file and what SQLite and the daemon keep beside it. */
static void
forget(const char *path, bool itself)
{
	static const char *const beside[] = { "", "-wal", "-shm", ".lock" };

	for (size_t i = itself ? 0 : 1; i < sizeof(beside) / sizeof(beside[0]); i++) {
		struct buf name = BUF_INIT;

		buf_addf(&name, "%s%s", path, beside[i]);
		unlink(buf_str(&name));
		buf_free(&name);
	}
}

/* While it is being made it has another name. */
static void
provide(const char *path, uint64_t recipients, unsigned months)
{
	struct buf part = BUF_INIT;

	if (access(path, F_OK) == 0)
		return;
	buf_addf(&part, "%s.part", path);
	forget(buf_str(&part), true);
	fill(buf_str(&part), recipients, months);
	if (rename(buf_str(&part), path) < 0) {
		perror(path);
		exit(1);
	}
	forget(buf_str(&part), false);
	buf_free(&part);
}

static void
open_all(struct bench *b, const char *folder, const char *bouncectl, char **counts)
{
	for (b->count = 0; counts[b->count] != NULL; b->count++) {
		uint64_t recipients = strtoull(counts[b->count], NULL, 10);
		struct buf path = BUF_INIT;

		if (recipients < 100) {
			fprintf(stderr, "bench_store: '%s' recipients are too few\n",
				counts[b->count]);
			exit(64);
		}
		buf_addf(&path, "%s/store-%" PRIu64 "-%u.db", folder, recipients, b->months);
		provide(buf_str(&path), recipients, b->months);
		b->base[b->count] = (struct base){ .recipients = recipients,
						   .months = b->months,
						   .bouncectl = bouncectl };
		base_open(&b->base[b->count], buf_str(&path));
		buf_free(&path);
	}
}

static void
close_all(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++) {
		char *path = xstrdup(b->base[i].path);

		base_close(&b->base[i]);
		if (!b->keep)
			forget(path, true);
		free(path);
	}
}

static void
ask_all(struct bench *b, size_t measure, unsigned turn)
{
	for (size_t i = 0; i < b->count; i++)
		b->sample[measure][i][turn] = measures[measure].run(&b->base[i]);
}

static void
print_head(const struct bench *b)
{
	printf("%-46s", "population");
	for (size_t i = 0; i < b->count; i++)
		printf(" %11" PRIu64, b->base[i].recipients);
	puts("   to first    to last but one");
}

static void
print_row(struct bench *b, size_t m)
{
	double value[MOST_BASES];
	size_t last = b->count - 1;

	printf("%-34s %-11s", measures[m].name, measures[m].unit);
	for (size_t i = 0; i < b->count; i++) {
		value[i] = median(b->sample[m][i], measures[m].once ? 1 : b->turns);
		printf(" %11.2f", value[i]);
	}
	printf(" %10.2f %10.2f\n", value[last] / value[0],
	       value[last] / value[last > 0 ? last - 1 : 0]);
	fflush(stdout);
}

/* The first turn fills caches and is not counted. */
static void
take_turns(struct bench *b)
{
	for (unsigned turn = 0; turn <= b->turns; turn++) {
		for (size_t m = 0; measures[m].name != NULL; m++) {
			if (!measures[m].once)
				ask_all(b, m, turn > 0 ? turn - 1 : 0);
		}
	}
	for (size_t m = 0; measures[m].name != NULL; m++) {
		if (!measures[m].once)
			print_row(b, m);
	}
}

static void
ask_once(struct bench *b)
{
	for (size_t m = 0; measures[m].name != NULL; m++) {
		if (!measures[m].once)
			continue;
		ask_all(b, m, 0);
		print_row(b, m);
	}
}

static int
usage(const char *name)
{
	fprintf(stderr,
		"usage: %s [--turns N] [--months N] [--keep] FOLDER BOUNCECTL RECIPIENTS...\n",
		name);
	return 64;
}

int
main(int argc, char **argv)
{
	struct bench *b = xalloc(sizeof(*b));
	int i = 1;

	b->turns = 15;
	b->months = WORLD_ROUNDS;
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--keep") == 0)
			b->keep = true;
		else if (strcmp(argv[i], "--turns") == 0 && i + 1 < argc)
			b->turns = (unsigned)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--months") == 0 && i + 1 < argc)
			b->months = (unsigned)strtoul(argv[++i], NULL, 10);
		else
			return usage(argv[0]);
	}
	if (argc - i < 3 || argc - i - 2 > MOST_BASES || b->months == 0 ||
	    b->months > WORLD_ROUNDS || b->turns == 0 || b->turns > MOST_TURNS)
		return usage(argv[0]);
	log_set_level(LOG_LEVEL_ERROR);
	open_all(b, argv[i], argv[i + 1], argv + i + 2);
	print_head(b);
	take_turns(b);
	ask_once(b);
	close_all(b);
	free(b);
	return 0;
}
