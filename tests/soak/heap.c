/*
 * heap - tells, while a program runs, how much memory it has allocated and how much of that is
 * SQLite's
 *
 * Preloaded into the daemon by soak.py. SQLite's page cache grows for as long as the database does,
 * up to its limit, and hides what a leak would add. Twice a second the file SOAK_HEAP.PID has both
 * numbers, in KiB.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The program does not let SQLite count its memory, which costs time; here the count is wanted.
 * What SQLite asks of itself when it starts goes through here as well, each time with a pointer. */
int
sqlite3_config(int option, ...)
{
	int (*next)(int, ...);
	va_list arguments;
	void *value;

	if (option == SQLITE_CONFIG_MEMSTATUS)
		return SQLITE_OK;
	*(void **)&next = dlsym(RTLD_NEXT, "sqlite3_config");
	if (next == NULL)
		return SQLITE_ERROR;
	va_start(arguments, option);
	value = va_arg(arguments, void *);
	va_end(arguments);
	return next(option, value);
}

static void *
tell(void *arg)
{
	static const struct timespec pause = { .tv_nsec = 500L * 1000 * 1000 };
	const int fd = *(const int *)arg;
	char line[64];

	for (;;) {
		const struct mallinfo2 all = mallinfo2();
		const int n = snprintf(line, sizeof(line), "%12zu %12lld\n",
				       (all.uordblks + all.hblkhd) / 1024,
				       (long long)sqlite3_memory_used() / 1024);

		/* In place, for files may be kept from growing now; what is lost is one sample. */
		(void)!pwrite(fd, line, (size_t)n, 0);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* Signals are for the program. */
__attribute__((constructor)) static void
start(void)
{
	static int fd;
	const char *path = getenv("SOAK_HEAP");
	char name[4096];
	sigset_t all, before;
	pthread_t thread;

	if (path == NULL)
		return;
	snprintf(name, sizeof(name), "%s.%ld", path, (long)getpid());
	fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, tell, &fd) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
