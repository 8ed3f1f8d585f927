/*
 * breaker - are so many failures at once the addresses' fault?
 *
 * A provider that forgets its directory says "no such user" of good addresses. Nobody dies in
 * crowds: where many addresses fail alike within a window, what their reports say is held until an
 * operator has looked. Counts go in, the decision comes out; who counts is daemon/guard.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_BREAKER_H
#define BOUNCE_BREAKER_H

#include <stdint.h>

#include "span.h"

/* What the failing addresses have in common; the first that trips is the incident's. */
enum breaker_kind {
	BREAKER_DOMAIN, /* their domain */
	BREAKER_MTA,    /* the domain of the remote server that refused */
	BREAKER_LIST,   /* the list whose mail it was */
	BREAKER_TEXT,   /* what was said, but for names and numbers */
	BREAKER_KIND_COUNT,
};
const char *breaker_kind_name(enum breaker_kind kind);

/* Days back over which is counted what is usual. */
#define BREAKER_HISTORY_DAYS 28
/* Of these, so many must lie before the window; else nothing is known to be usual. */
#define BREAKER_LEAST_HISTORY_DAYS 7

struct breaker_limits {
	bool hold;                                                 /* false: nothing ever trips */
	unsigned domain_addresses, list_addresses, text_addresses; /* more of them than that, and */
	unsigned domain_share, list_share; /* more than so many per cent of those mailed, or */
	unsigned surge;                    /* more than so many times what is usual */
	int64_t window;                    /* seconds */
	int64_t quiet;                     /* seconds after which an incident is over */
};
struct breaker_limits breaker_limits_default(void);

/* Addresses that began to fail for good within the window. */
struct breaker_counts {
	uint64_t failed;    /* that have it in common */
	uint64_t all;       /* all that failed, these among them */
	uint64_t mailed;    /* that have it in common and were mailed; 0 = unknown */
	uint64_t usual;     /* as `failed`, in a window in which there were any */
	uint64_t usual_all; /* as `all` */
	bool history;       /* what is usual is known */
};

/* An incident of that kind has more addresses than that. */
unsigned breaker_least(enum breaker_kind kind, const struct breaker_limits *limits);

/*
 * Is it an incident? It takes more addresses than breaker_least(), and
 *
 *   - more than the share of those that were mailed. A domain or list of which that is known is
 *     judged by that alone;
 *   - or more than `surge` times what is usual. Never having failed counts as one,
 *     but a list that never bounced may be new, and does not trip so. Where all others
 *     grew as well, as after a mailing to a list that rested, so does what is usual;
 *   - or, while nothing is known to be usual, for domains and servers: more than half of all that
 *     failed.
 */
bool breaker_trips(enum breaker_kind kind, const struct breaker_counts *counts,
		   const struct breaker_limits *limits);

/* The domain under which somebody runs a host, in the letters that it has: its last two labels, or
 * three where the last two are like "co.uk". Empty of an IP address or what is no host. */
struct span breaker_site(struct span host);

#define BREAKER_TEXT_SIZE 120 /* bytes; what is longer is compared as far as that */

/*
 * What was said, without what differs from address to address: in lower case, one blank between
 * words, "#" for each row of words that hold a digit, an "@" or a dot or are the local part of the
 * address. Codes among the first words stay. Printable ASCII only. Returns its length.
 */
size_t breaker_text(struct span diagnostic, struct span address, char out[BREAKER_TEXT_SIZE]);

#endif
