/*
 * store_process - what a program costs that is run as a person runs it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define MOST_WORDS 16
#define LOOK_EVERY 2000000L /* ns */

extern char **environ;

/* What wait4() tells has the memory of whoever started the program among it. */
static double
peak_of(pid_t pid)
{
	char path[64], line[256];
	double peak = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	status = fopen(path, "r");
	while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, "VmHWM:", 6) == 0)
			peak = strtod(line + 6, NULL);
	}
	if (status != NULL)
		fclose(status);
	return peak;
}

static pid_t
start(const char *const *argv)
{
	char *words[MOST_WORDS + 1] = { NULL };
	posix_spawn_file_actions_t files;
	pid_t pid;

	for (size_t i = 0; i < MOST_WORDS && argv[i] != NULL; i++)
		words[i] = xstrdup(argv[i]);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, words[0], &files, NULL, words, environ) != 0) {
		perror(words[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&files);
	for (size_t i = 0; i < MOST_WORDS; i++)
		free(words[i]);
	return pid;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct process
process_run(const char *const *argv, bool watched)
{
	const struct timespec pause = { .tv_nsec = LOOK_EVERY };
	struct process out = { .wall = now() };
	struct rusage usage;
	pid_t pid = start(argv);
	int status = 0;

	while (wait4(pid, &status, watched ? WNOHANG : 0, &usage) == 0) {
		double peak = peak_of(pid);

		if (peak > out.memory)
			out.memory = peak;
		nanosleep(&pause, NULL);
	}
	if (status != 0) {
		fprintf(stderr, "bench_store: %s %s: failed\n", argv[0], argv[1]);
		exit(1);
	}
	out.wall = now() - out.wall;
	out.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	return out;
}
