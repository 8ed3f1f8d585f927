/*
 * notbounce - who wrote a mail: a machine that reports, or somebody else
 *
 * Before the words of a text may count as a report, something that people's mail does not bear must
 * prove that a machine wrote it: else everybody who forwards a bounce would be taken for one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_NOTBOUNCE_H
#define BOUNCE_NOTBOUNCE_H

#include "header.h"

/* Does the From value name a mail system: mailer-daemon, postmaster and their like, or nobody? */
bool notbounce_is_system(struct arena *a, struct span from);

/* What the headers say of a mail's sender. */
struct notbounce {
	bool system;   /* From names a mail system */
	bool reporter; /* it may be the report of a system that nobody described: persons write as
			  postmaster, too, but with a Return-Path */
	bool program;  /* a reporter, or marked as a program's and no sender is named, as ticket
			  systems do: what is attached was not put there by a person */
	bool machine;  /* a program may have sent it; the words of a described system must prove it
			*/
};
struct notbounce notbounce_read(struct arena *a, const struct header_list *headers);

/* Is it an automatic answer (RFC 3834), a vacation notice for example? The subject is decoded. */
bool notbounce_is_answer(const struct header_list *headers, struct span subject,
			 const struct notbounce *sender);

/* Does it ask its sender to prove that he is a person? */
bool notbounce_is_challenge(const struct header_list *headers, struct span subject);

#endif
