/*
 * recipient - the recipients of a report, taken together
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_RECIPIENT_H
#define BOUNCE_RECIPIENT_H

#include "bounce.h"

/*
 * What became of a recipient: his action; where the report has none, what the class of its status,
 * else of the quoted status, else of the reply code says. NONE when nothing tells.
 */
enum bounce_action recipient_fate(const struct bounce_recipient *r);

/*
 * Keeps each address once, at the place of its first mention, with the worst of its fates; letters
 * that differ in case alone are the same mailbox everywhere in practice (RFC 5321 section 2.4);
 * recipients whose address could not be read all stay. n log n: sorted, not hashed, so that nobody
 * can send colliding names. 0, or -1: arena out.
 */
int recipient_merge(struct arena *a, struct bounce_report *report) BOUNCE_MUST_CHECK;

/*
 * For looking up many recipients of a report: its recipients in order. They must not move while it
 * is in use. 0, or -1: arena out.
 */
struct recipient_index {
	struct bounce_recipient **by_address, **by_final;
	size_t count;
};
int recipient_index(struct arena *a, const struct bounce_report *report,
		    struct recipient_index *out) BOUNCE_MUST_CHECK;

/* The first recipient with this address, or this final address, letters' case aside; NULL when
 * there is none, and for an empty one. */
const struct bounce_recipient *recipient_find(const struct recipient_index *index,
					      struct span address);
const struct bounce_recipient *recipient_find_final(const struct recipient_index *index,
						    struct span final);

/* The kind of a report by its recipients' fates: any loss makes it a BOUNCE, else any delay
 * DELAYED, else any arrival SUCCESS; OTHER when nothing tells. */
enum bounce_kind recipient_kind(const struct bounce_report *report);

/*
 * Takes the stage over from another telling of the same failure, when r does not know its own and
 * both quote the same reply. A code about the address (x.1.x) says enough by itself: Sendmail shows
 * ">>> DATA" in front of an answer to RCPT where it sends both in one go.
 */
void recipient_learn_stage(struct bounce_recipient *r, const struct bounce_recipient *from);

#endif
