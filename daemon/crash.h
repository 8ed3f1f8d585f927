/*
 * crash - a place where the tests kill the daemon
 *
 * crash_here("name") does nothing, and is compiled to nothing, but in the test build
 * (MAILBOUNCED_CRASH_POINTS): there the process kills itself with SIGKILL when the environment
 * variable MAILBOUNCED_CRASH_AT is "name" or "name:N", N counting the times the place was passed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CRASH_H
#define MAILBOUNCED_CRASH_H

#ifdef MAILBOUNCED_CRASH_POINTS
void crash_here(const char *name);
#else
static inline void
crash_here(const char *name)
{
	(void)name;
}
#endif

#endif
