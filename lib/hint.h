/*
 * hint - advice for the operator out of the returned message's headers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_HINT_H
#define BOUNCE_HINT_H

#include "bounce.h"

#define HINT_MAX_NAMED 50 /* addresses of a To that are looked at */

/*
 * Says of each of the first BOUNCE_MAX_HINTED recipients whether the returned message's To names
 * him. Of the others it is unknown, and so it is of whoever is not among the first HINT_MAX_NAMED
 * of a longer To.
 */
void hint_to(struct arena *a, struct bounce_report *report);

#endif
