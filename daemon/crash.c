/*
 * crash - a place where the tests kill the daemon
 *
 * SIGKILL leaves the process no chance to tidy up, as a power failure would not.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "crash.h"

#include <signal.h>
#include <stdlib.h>

#include "span.h"

void
crash_here(const char *name)
{
	static uint64_t passed;
	struct span rest = span_of(getenv("MAILBOUNCED_CRASH_AT"));
	struct span wanted;
	uint64_t at = 1;

	if (!span_cut(&rest, ':', &wanted) || !span_eq(wanted, span_of(name)))
		return;
	if (!span_empty(rest) && !span_number(&rest, UINT64_MAX, &at))
		return;
	if (++passed == at)
		raise(SIGKILL);
}
