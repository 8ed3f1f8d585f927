/*
 * store_process - what a program costs that is run as a person runs it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_PROCESS_H
#define MAILBOUNCED_STORE_PROCESS_H

#include <stdbool.h>

struct process {
	double wall, cpu; /* seconds */
	double memory;    /* KiB that were resident at most; 0 = not watched */
};

/* Runs argv[0]; what it prints is thrown away. To be watched makes `wall` less exact. Ends this
 * program when that one fails. */
struct process process_run(const char *const *argv, bool watched);

#endif
