/*
 * gather - the rest of a large message, as far as it tells something
 *
 * Of every message the beginning is fetched. Where more follows, the parts that a report may stand
 * in are fetched one by one, by the numbers that IMAP gives them, and put behind the beginning as
 * they stand in the message; of an attachment nothing but its headers. What comes out is a message
 * that is read like any other: byte for byte the server's up to the first gap, and in each part
 * that is there. Sizes and structures that a server tells are not asked for, so nothing depends on
 * them; it must only show the headers of the part in front of a gap as we have them. If it does not
 * - its walk of the message is another one than ours, or it does not know of parts - the message is
 * fetched in one piece, attachments and all, as far as the limit goes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_GATHER_H
#define MAILBOUNCED_GATHER_H

#include "arena.h"
#include "buf.h"
#include "imap.h"

/* Bytes at the beginning of a message that are fetched whatever they are: most reports are shorter,
 * and come many at once. */
#define GATHER_FIRST ((size_t)64 * 1024)

#define GATHER_AHEAD 4 /* parts behind a gap whose headers are asked for at once */
#define GATHER_MAX_HEADER                                                                         \
	8192                   /* bytes of a part's headers; with more it is fetched in one piece \
				*/
#define GATHER_MAX_COMMANDS 40 /* for the parts of one message; then it is left as it is */

struct gather {
	struct imap *imap;
	struct arena *arena; /* reset as often as needed */
	const char *where;   /* "account/folder", for the log */
	uint32_t uid;
	uint32_t size; /* as the server tells it, for the log */
	uint32_t most; /* bytes to fetch of the message, more than GATHER_FIRST */
	bool plain;    /* in one piece, whatever it is */
};

/*
 * text holds the first GATHER_FIRST bytes; the rest is put behind them. IMAP_REFUSED: the server
 * does not give it. *gone: nor is it there.
 */
enum imap_result gather(const struct gather *job, struct buf *text, bool *gone);

#endif
