/*
 * hint - advice for the operator out of the returned message's headers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_HINT_H
#define BOUNCE_HINT_H

#include "bounce.h"

/* Says of each of the first BOUNCE_MAX_HINTED recipients whether the returned message's To names
 * him. */
void hint_to(struct arena *a, struct bounce_report *report);

#endif
