/*
 * locate - finds a message again by its bytes
 *
 * Where a copy was made and nobody knows whether it was, where a server does not tell which copy is
 * which, where people have moved mail since: the server is asked for candidates, and the bytes
 * decide.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_LOCATE_H
#define MAILBOUNCED_LOCATE_H

#include "imap.h"
#include "store.h"

/* The message with this trace in the selected folder; *uid = 0 when it is not there. Where it lies
 * more than once, the newest. `where` is for the log. */
enum imap_result locate(struct imap *imap, const char *where, const struct store_trace *trace,
			uint32_t *uid);

#endif
