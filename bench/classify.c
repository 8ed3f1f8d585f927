/*
 * bench/classify - how fast mails become verdicts
 *
 * Reads all mails of the folders into memory, then goes over them again and again on one core,
 * stage by stage, and says what each stage costs beside the least that any reader must do: look for
 * the line ends.
 *
 * usage: bench_classify [--seconds N] [--mails N] DIR...
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

#include "bounce.h"
#include "buf.h"
#include "cost.h"
#include "mime.h"

#define MOST_PASSES 100000

struct mail {
	char *data;
	size_t len;
};

struct corpus {
	struct mail *mail;
	size_t count, bytes;
};

/* What the compiler must not optimise away. */
static volatile size_t sink;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
load_file(struct corpus *corpus, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buf bytes = BUF_INIT;
	char chunk[65536];
	size_t n;

	if (file == NULL)
		die(path);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(&bytes, span_make(chunk, n));
	fclose(file);
	corpus->mail = realloc(corpus->mail, (corpus->count + 1) * sizeof(*corpus->mail));
	if (corpus->mail == NULL || !buf_ok(&bytes))
		die("memory");
	corpus->mail[corpus->count++] = (struct mail){ bytes.data, bytes.len };
	corpus->bytes += bytes.len;
}

static void
load(struct corpus *corpus, char **folders)
{
	FTS *tree = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	if (tree == NULL)
		die("fts_open");
	while ((entry = fts_read(tree)) != NULL) {
		const char *dot = strrchr(entry->fts_name, '.');

		if (entry->fts_info == FTS_F && dot != NULL && strcmp(dot, ".eml") == 0)
			load_file(corpus, entry->fts_path);
	}
	fts_close(tree);
}

static void
stage_lines(struct arena *arena, struct span mail)
{
	size_t lines = 0;

	(void)arena;
	while ((mail.p = memchr(mail.p, '\n', span_len(mail))) != NULL) {
		mail.p++;
		lines++;
	}
	sink += lines;
}

static void
stage_mime(struct arena *arena, struct span mail)
{
	struct mime_message message;

	if (mime_parse(arena, mail, &message) == 0)
		sink += message.count;
}

static void
stage_read(struct arena *arena, struct span mail)
{
	struct bounce_report report;

	if (bounce_read(arena, mail, &report) == 0)
		sink += report.recipient_count;
}

static void
stage_judge(struct arena *arena, struct span mail)
{
	struct bounce_report report;

	if (bounce_read(arena, mail, &report) != 0)
		return;
	for (size_t i = 0; i < report.recipient_count; i++)
		sink += bounce_classify(&report, i).weight;
}

static const struct {
	const char *name;
	void (*run)(struct arena *arena, struct span mail);
} stages[] = {
	{ "line ends only", stage_lines },
	{ "MIME parts", stage_mime },
	{ "report", stage_read },
	{ "report and verdicts", stage_judge },
};

static void
pass(const struct corpus *corpus, struct arena *arena, size_t stage)
{
	for (size_t i = 0; i < corpus->count; i++) {
		const struct mail *mail = &corpus->mail[i];

		stages[stage].run(arena, span_make(mail->data, mail->len));
		arena_reset(arena);
	}
}

/* CPU seconds of one pass: the one in the middle, and the quickest, which had the machine to
 * itself. */
struct took {
	double middle, least;
};

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct took
measure(const struct corpus *corpus, size_t stage, double seconds)
{
	static double took[MOST_PASSES];
	struct arena arena;
	double sum = 0;
	size_t passes = 0;

	arena_init(&arena, 0);
	pass(corpus, &arena, stage); /* warm */
	while (sum < seconds && passes < MOST_PASSES) {
		double began = cpu_seconds();

		pass(corpus, &arena, stage);
		took[passes] = cpu_seconds() - began;
		sum += took[passes++];
	}
	arena_free(&arena);
	qsort(took, passes, sizeof(took[0]), by_size);
	return (struct took){ took[passes / 2], took[0] };
}

/* Is memory flat over so many mails? */
static void
measure_memory(const struct corpus *corpus, size_t mails)
{
	struct arena arena;
	long before;

	arena_init(&arena, 0);
	pass(corpus, &arena, 3);
	before = resident_kib();
	for (size_t done = 0; done < mails; done += corpus->count)
		pass(corpus, &arena, 3);
	printf("peak memory after %zu mails: %ld KiB, after one pass: %ld KiB\n", mails,
	       resident_kib(), before);
	arena_free(&arena);
}

int
main(int argc, char **argv)
{
	struct corpus corpus = { NULL, 0, 0 };
	double seconds = 2, lines = 0;
	size_t mails = 0;
	int i = 1;

	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--seconds") == 0)
			seconds = strtod(argv[i + 1], NULL);
		else if (strcmp(argv[i], "--mails") == 0)
			mails = strtoull(argv[i + 1], NULL, 10);
	}
	if (i >= argc) {
		fprintf(stderr, "usage: %s [--seconds N] [--mails N] DIR...\n", argv[0]);
		return 64;
	}
	load(&corpus, argv + i);
	if (corpus.count == 0) {
		fprintf(stderr, "%s: no .eml files below these folders\n", argv[0]);
		return 66;
	}
	printf("%zu mails, %zu bytes; the pass in the middle, and at best\n%-22s %12s %10s %10s "
	       "%14s %12s\n",
	       corpus.count, corpus.bytes, "stage", "mails/s", "MB/s", "ns a mail", "x line ends",
	       "at best/s");
	for (size_t stage = 0; stage < sizeof(stages) / sizeof(stages[0]); stage++) {
		struct took took = measure(&corpus, stage, seconds);

		if (stage == 0)
			lines = took.middle;
		printf("%-22s %12.0f %10.0f %10.0f %14.1f %12.0f\n", stages[stage].name,
		       (double)corpus.count / took.middle, (double)corpus.bytes / took.middle / 1e6,
		       took.middle * 1e9 / (double)corpus.count, took.middle / lines,
		       (double)corpus.count / took.least);
	}
	if (mails > 0)
		measure_memory(&corpus, mails);
	return 0;
}
