/*
 * cost - what a measurement asks the kernel
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_COST_H
#define MAILBOUNCED_COST_H

#include <sys/resource.h>
#include <time.h>

/* CPU seconds of this process: other work on the machine does not count. */
static inline double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The most memory that was resident. */
static inline long
resident_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

#endif
