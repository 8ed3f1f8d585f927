/*
 * locate - finds a message again by its bytes
 *
 * Where a copy was begun and nobody knows whether it was made, where a server does not tell which
 * copy is which, where people have moved mail since: the server is asked for candidates, and the
 * bytes decide.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_LOCATE_H
#define MAILBOUNCED_LOCATE_H

#include "imap.h"
#include "store.h"

struct locate {
	struct imap *imap; /* the folder is selected */
	struct store *store;
	const char *where;    /* for the log */
	uint32_t uidvalidity; /* of the folder */
	size_t others;        /* messages with the same bytes may be there, nobody knows as what */
};

/* The message with this trace; *uid = 0 when it is not there. One that is known to be the copy of
 * another message is not it, however alike they are, nor are as many as `others` says; of several
 * the newest. IMAP_REFUSED also when
 * nobody can tell, which was logged then: a message that cannot be read, or a store in trouble, is
 * no proof that it is not there. */
enum imap_result locate(const struct locate *in, const struct store_trace *trace, uint32_t *uid);

/* After a folder could not be opened: there is none, so that nothing can be in it. Else nobody can
 * tell what is. */
bool locate_no_folder(const struct imap *imap);

#endif
