/*
 * bench/hostile - is time linear in the size of any mail?
 *
 * Reads and judges each hostile mail at the sizes N, 2 N and 4 N and prints what a byte costs at
 * the larger ones, in times of the smallest: 1 is linear, 4 in the last column would be quadratic.
 * Each size is a process of its own, so that its memory can be told, and may take MOST_SECONDS.
 *
 * usage: bench_hostile [--bytes N] [--pairs] [WORD...]
 *	N is the largest size, 48000000 when not given. --pairs puts each filler in each place
 *instead of the named shapes and prints what is not flat. WORDs choose shapes, or places.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bounce.h"
#include "cost.h"
#include "hostile.h"

#define MOST_SECONDS 120
#define MOST_ARENA ((size_t)8 * 1024 * 1024 * 1024) /* so that the limit does not end the work */
#define FLAT 2.0 /* a byte may cost so much more: caches are smaller than the mails */
/* Seconds a byte that are the memory's pace, and the kernel's where pages are new: caches and
 * malloc's heap are smaller than the mails. */
#define CHEAP 3e-9
#define SHORT 0.2 /* seconds below which it is measured again, for the least of some */
#define TRIES 5
#define SIZES 3

struct sample {
	double seconds;
	size_t bytes, arena, recipients;
	long kib; /* resident, beside the mail */
	bool refused;
};

static void
read_once(struct span mail, struct sample *s)
{
	struct bounce_report report;
	struct arena arena;
	double began, took;

	arena_init(&arena, MOST_ARENA);
	began = cpu_seconds();
	s->refused = bounce_read(&arena, mail, &report) != 0;
	s->recipients = s->refused ? 0 : report.recipient_count;
	for (size_t i = 0; i < s->recipients; i++)
		(void)bounce_classify(&report, i);
	took = cpu_seconds() - began;
	if (s->seconds == 0 || took < s->seconds)
		s->seconds = took;
	s->arena = arena.used;
	arena_free(&arena);
}

static struct sample
measure_here(const struct hostile_shape *shape, size_t bytes)
{
	struct sample s = { 0 };
	struct buf mail = BUF_INIT;
	long before;

	hostile_write(shape, bytes, &mail);
	s.bytes = mail.len;
	before = resident_kib();
	for (int i = 0; i < TRIES && (i == 0 || s.seconds < SHORT); i++)
		read_once(buf_span(&mail), &s);
	s.kib = resident_kib() - before;
	buf_free(&mail);
	return s;
}

/* The same in a child; false when it did not finish. */
static bool
measure(const struct hostile_shape *shape, size_t bytes, struct sample *out)
{
	int ends[2], status;
	bool got;
	pid_t pid;

	if (pipe(ends) != 0 || (pid = fork()) < 0) {
		perror("fork");
		exit(1);
	}
	if (pid == 0) {
		alarm(MOST_SECONDS);
		*out = measure_here(shape, bytes);
		_exit(write(ends[1], out, sizeof(*out)) == sizeof(*out) ? 0 : 1);
	}
	close(ends[1]);
	got = read(ends[0], out, sizeof(*out)) == sizeof(*out);
	close(ends[0]);
	waitpid(pid, &status, 0);
	return got && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* At all sizes; the number of those that finished. */
static int
measure_all(const struct hostile_shape *shape, size_t largest, struct sample sample[SIZES])
{
	int done = 0;

	while (done < SIZES && measure(shape, largest >> (SIZES - 1 - done), &sample[done]))
		done++;
	return done;
}

static double
per_byte(const struct sample *s)
{
	return s->seconds / (double)s->bytes;
}

static double
growth(const struct sample sample[SIZES], int size)
{
	return per_byte(&sample[size]) / per_byte(&sample[0]);
}

static void
print(const char *name, int done, const struct sample sample[SIZES])
{
	const struct sample *last = &sample[SIZES - 1];

	if (done < SIZES) {
		printf("%-44s more than %d s at size %d of %d\n", name, MOST_SECONDS, done + 1,
		       SIZES);
		return;
	}
	printf("%-44s %6.1f %6.2f %6.2f %8.2f %8.2f %9zu%s\n", name, per_byte(&sample[0]) * 1e9,
	       growth(sample, 1), growth(sample, 2), (double)last->arena / (double)last->bytes,
	       (double)last->kib * 1024 / (double)last->bytes, last->recipients,
	       last->arena > ARENA_DEFAULT_LIMIT ? "  beyond the default arena" : "");
	fflush(stdout);
}

static bool
is_chosen(const char *name, char **words)
{
	if (*words == NULL)
		return true;
	for (; *words != NULL; words++)
		if (strcmp(name, *words) == 0)
			return true;
	return false;
}

static bool
is_steep(int done, const struct sample sample[SIZES])
{
	return done < SIZES ||
	       (per_byte(&sample[SIZES - 1]) > CHEAP && growth(sample, SIZES - 1) > FLAT);
}

/* How many shapes are not flat. */
static int
run_shapes(size_t largest, char **words)
{
	struct sample sample[SIZES];
	int steep = 0;

	for (size_t i = 0; i < hostile_shape_count; i++) {
		const struct hostile_shape *shape = &hostile_shapes[i];
		int done;

		if (!is_chosen(shape->name, words))
			continue;
		done = measure_all(shape, largest, sample);
		print(shape->name, done, sample);
		steep += is_steep(done, sample) ? 1 : 0;
	}
	return steep;
}

/* Each filler in one place: prints the steep ones, and the dearest of the others. */
static int
run_place(const struct hostile_place *place, size_t largest)
{
	struct sample sample[SIZES], worst[SIZES] = { 0 };
	char name[100], dearest[100] = "";
	int steep = 0;

	for (size_t i = 0; i < hostile_filler_count; i++) {
		const struct hostile_filler *filler = &hostile_fillers[i];
		const struct hostile_shape shape = { .head = place->head,
						     .tail = place->tail,
						     .unit = filler->unit,
						     .make = filler->make };
		int done = measure_all(&shape, largest, sample);

		snprintf(name, sizeof(name), "%s: %s", place->name, filler->name);
		if (is_steep(done, sample)) {
			print(name, done, sample);
			steep++;
		} else if (dearest[0] == '\0' ||
			   per_byte(&sample[SIZES - 1]) > per_byte(&worst[SIZES - 1])) {
			memcpy(worst, sample, sizeof(worst));
			memcpy(dearest, name, sizeof(name));
		}
	}
	if (dearest[0] != '\0')
		print(dearest, SIZES, worst);
	return steep;
}

static int
run_pairs(size_t largest, char **words)
{
	int steep = 0;

	for (size_t i = 0; i < hostile_place_count; i++)
		if (is_chosen(hostile_places[i].name, words))
			steep += run_place(&hostile_places[i], largest);
	return steep;
}

int
main(int argc, char **argv)
{
	size_t largest = 48000000;
	bool pairs = false;
	int i = 1, steep;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--pairs") == 0)
			pairs = true;
		else if (strcmp(argv[i], "--bytes") == 0 && i + 1 < argc)
			largest = strtoull(argv[++i], NULL, 10);
	}
	printf("%zu, %zu and %zu bytes a mail; memory at the largest, in times of the mail\n",
	       largest / 4, largest / 2, largest);
	printf("%-44s %6s %6s %6s %8s %8s %9s\n", "shape", "ns/B", "x at 2", "x at 4", "arena",
	       "resident", "recipients");
	steep = pairs ? run_pairs(largest, argv + i) : run_shapes(largest, argv + i);
	printf("%d of them cost more than %.1f times as much a byte at four times the size\n",
	       steep, FLAT);
	return steep == 0 ? 0 : 1;
}
