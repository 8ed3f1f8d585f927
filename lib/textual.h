/*
 * textual - what the words of a report say
 *
 * Reports for people are read by the tables of mta.h where no delivery-status part is there, and
 * complete one that tells too little.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_TEXTUAL_H
#define BOUNCE_TEXTUAL_H

#include "bounce.h"
#include "mime.h"
#include "mta.h"

/* Recipients up to which a status part is completed: those of the text need as much memory once
 * more, and a report of which little is known is better than none. Beyond it the report is clipped.
 */
#define TEXTUAL_MAX_COMPLETE 20000

/* Is part `index` a multipart in which no part was found, because its boundary is lost? Its body is
 * then read as it stands. */
bool textual_is_shell(const struct mime_message *m, size_t index);

/* The text of a message, made when it is first asked for. */
struct textual {
	struct arena *arena;
	const struct mime_message *message;
	struct span subject; /* the message's, decoded */
	bool machine;        /* a program may have sent it (notbounce.h) */
	bool program;        /* one did */
	bool opened;
	struct mta_mail mail; /* its sieve is made when the mail is held against rows */
};

/* The mail, its text and where that stands: the text that a reader sees first, which is the first
 * plain text that is not blank, else the first HTML made plain, else what a lost boundary left.
 * Empty when there is none. */
const struct mta_mail *textual_open(struct textual *t);

/* Appends the recipients that the text names, if it is a report's; with `unknown_too` also one of a
 * system without a row. 0, or -1: arena out. */
int textual_read(struct textual *t, bool unknown_too,
		 struct bounce_report *report) BOUNCE_MUST_CHECK;

/* Fills what the status part left open - address, diagnostic, reply, stage - from the text. 0, or
 * -1: arena out. */
int textual_complete(struct textual *t, struct bounce_report *report) BOUNCE_MUST_CHECK;

#endif
