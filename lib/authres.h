/*
 * authres - what our own server found out about a mail's sender (RFC 8601)
 *
 * Anybody can write an Authentication-Results field into the mail that he sends. Ours are those
 * with the name of our own server, and of them only the ones that stand where no stranger can
 * write: every server puts its Received field on top of what it was sent, so all that stands above
 * the last Received of a stranger's making is ours.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_AUTHRES_H
#define BOUNCE_AUTHRES_H

#include "header.h"

#define AUTHRES_MAX 16 /* domains told of one mail */

/* Which fields are ours. */
struct authres_own {
	char *const *name;     /* authserv-ids, ended by NULL */
	unsigned own_received; /* Received fields that our servers write on top of the results */
};

/*
 * The domains that the mail is proved to come from, in lower case: a DKIM signature's, that of the
 * sender by SPF or, of a mail without a sender, of the server's name, that of From by DMARC, where
 * the result is "pass". A mail with no more Received fields than our own proves nothing: nobody
 * knows where ours end. How many; at most AUTHRES_MAX.
 */
size_t authres_domains(struct arena *a, const struct header_list *headers,
		       const struct authres_own *own, struct span out[AUTHRES_MAX]);

/* The same step by step, for who explains. How many fields, from the first on, are of our own
 * servers; 0: that cannot be told. */
size_t authres_fields(const struct header_list *headers, unsigned own_received);
/* How many domains one field proves; -1: it does not bear the name of a server of ours. */
int authres_read(struct arena *a, struct span value, const struct authres_own *own,
		 struct span out[AUTHRES_MAX]);

/* May who proved to be `proved` speak for mailboxes of `domain`? It is the same, a host in it, or
 * what it is a part of; no top-level domain is. */
bool authres_aligned(struct span proved, struct span domain);

#endif
