/*
 * arf - feedback reports: somebody called our mail spam (RFC 5965)
 *
 * The standard part, and what providers send without one: Microsoft's complaints, and the mail that
 * Apple's programs send when somebody presses "unsubscribe". The complainer is a recipient whose
 * action is NONE: his mail arrived.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_ARF_H
#define BOUNCE_ARF_H

#include "bounce.h"
#include "mime.h"

/* Reads part `index`, of type message/feedback-report: adds those who complained, by the report's
 * own fields, else by the message that it returns. 0, or -1: arena out. */
int arf_read(struct arena *a, const struct mime_message *m, size_t index,
	     struct bounce_report *report) BOUNCE_MUST_CHECK;

/* Is the mail a complaint without such a part? If so, fills the report. 0, or -1: arena out. */
int arf_read_other(struct arena *a, const struct mime_message *m,
		   struct bounce_report *report) BOUNCE_MUST_CHECK;

#endif
