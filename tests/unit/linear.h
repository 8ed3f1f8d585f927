/*
 * linear - is work linear in the size of its input?
 *
 * Told by two sizes beside each other, in the CPU's time: no limit in seconds knows how fast the
 * machine is and who else works there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_LINEAR_H
#define MAILBOUNCED_LINEAR_H

#include "../../bench/cost.h"

#define LINEAR_TIMES 8 /* so much larger is the second input; quadratic work costs its square */
#define LINEAR_MOST (3 * LINEAR_TIMES)
#define LINEAR_TRIES 20
#define LINEAR_LEAST 2e-4 /* seconds of a measurement that can be believed */

/* The least of some measurements: others can only add to what work costs. */
static inline void
linear_measure(void (*work)(void *context, size_t size), void *context, size_t size, double *least)
{
	double began = cpu_seconds(), took;
	size_t times = 0;

	do {
		work(context, size);
		times++;
		took = cpu_seconds() - began;
	} while (took < LINEAR_LEAST);
	took /= (double)times;
	if (*least == 0 || took < *least)
		*least = took;
}

static inline void
assert_linear(const char *name, void (*work)(void *context, size_t size), void *context,
	      size_t size)
{
	double small = 0, large = 0;

	for (int i = 0; i < LINEAR_TRIES && (i == 0 || large > LINEAR_MOST * small); i++) {
		linear_measure(work, context, size, &small);
		linear_measure(work, context, LINEAR_TIMES * size, &large);
	}
	if (large > LINEAR_MOST * small)
		fail_msg("%s: %g s, and %g s for %d times as much", name, small, large,
			 LINEAR_TIMES);
}

#endif
