/*
 * address - mail addresses out of header text (RFC 5322 section 3.4, RFC 6532)
 *
 * Reads every form that stands in headers and reports: display names, quoted local parts, groups,
 * comments, routes, domain literals, UTF-8. Gives them in one canonical spelling, so that the same
 * address is the same key everywhere: the local part as written (unquoted when it may be), the
 * domain in lower case without a trailing dot.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_ADDRESS_H
#define BOUNCE_ADDRESS_H

#include "arena.h"
#include "span.h"

#define ADDRESS_MAX_LOCAL 256 /* RFC 5321 says 64 octets; VERP and carriers exceed it */
#define ADDRESS_MAX_DOMAIN 255

struct address {
	struct span canonical; /* local@domain as described above */
	struct span domain;    /* points into canonical */
};

/*
 * Takes the next address off an address list (a From or To value; may be folded). Group names are
 * passed over, their members given one by one; what is not an address is skipped. Returns false at
 * the end of the list.
 */
bool address_next(struct arena *a, struct span *rest, struct address *out);

/*
 * The one address in text, as it stands in a report: with or without <>, "mailto:", trailing dot or
 * comma, source route, carriers' dotted local parts (".user..x.@docomo.ne.jp", RFC 5322 forbids
 * them, they exist). Empty when text is no address: there must be one "@" with something on both
 * sides, valid UTF-8, no control or invisible character anywhere and no blank outside quotes.
 * Points into text where that is canonical already, else into the arena.
 */
struct span address_canonical(struct arena *a, struct span text);

/* "rfc822; user@example.com" (RFC 3464 section 2.1.2; also "utf-8;" with RFC 6533 escapes): the
 * canonical address. */
struct span address_typed(struct arena *a, struct span value);

/* What stands behind the last "@" of a canonical address; all of it when there is none. */
struct span address_domain(struct span canonical);

/* Is it Exchange's IMCEAEX- or an X.400/X.500 string: a name of the sender's directory, not a
 * mailbox anybody can lose? */
bool address_is_directory_name(struct span canonical);

#endif
