/*
 * ctl_forget - what commands say of who was forgotten
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_FORGET_H
#define MAILBOUNCED_CTL_FORGET_H

#include "ctl.h"

/* Puts the pseudonym in place of the malloc'd address where it is forgotten. 1, 0, or -1 with
 * store_error(). */
int ctl_known_as(struct store *store, char **address, int64_t *forgotten_at) BOUNCE_MUST_CHECK;

#endif
