/*
 * sns - notifications of Amazon SES
 *
 * SES reports bounces, delays and complaints through SNS: one JSON text in which each recipient is
 * an object in an array named for what became of it. Who subscribed by mail gets the text as a
 * body, folded in the middle of words and with a footer behind it; SNS may wrap it once more as a
 * string.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_SNS_H
#define BOUNCE_SNS_H

#include "bounce.h"
#include "header.h"

/* Is it such a notification? */
bool sns_is(const struct header_list *headers, struct span text);

/* Appends its recipients and sets the report's kind (OTHER when it names none and is no delivery).
 * `text` is the decoded text of part `part`, which begins on line `line`. 0, or -1: arena out. */
int sns_read(struct arena *a, struct span text, uint32_t part, uint32_t line,
	     struct bounce_report *report) BOUNCE_MUST_CHECK;

#endif
