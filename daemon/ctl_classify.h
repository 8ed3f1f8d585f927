/*
 * ctl_classify - how a report and its verdicts are shown
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_CLASSIFY_H
#define MAILBOUNCED_CTL_CLASSIFY_H

#include "ctl.h"
#include "trust_note.h"

struct ctl_shown {
	const struct bounce_table *own; /* the operator's rows, or NULL */
	bool explain; /* also the rows that lost, and what proves the report (text only): then
			 the rest is set */
	const struct config *config;
	struct trust trust;
	struct trust_notes notes;
};

/* Both write one mail to standard output: a block of lines for people, or one line of JSON. file
 * as it was given. */
void ctl_classify_text(const char *file, const struct bounce_report *report,
		       const struct ctl_shown *shown);
void ctl_classify_json(const char *file, const struct bounce_report *report,
		       const struct ctl_shown *shown);

#endif
