/*
 * trust_note - what of a report's proofs was looked at, in words
 *
 * For people who ask why a report counts or does not (bouncectl classify --explain). The daemon
 * asks for none of it: the functions do nothing where nobody listens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_TRUST_NOTE_H
#define MAILBOUNCED_TRUST_NOTE_H

#include "authres.h"
#include "trust.h"
#include "verp.h"

#define TRUST_MAX_NOTES 40 /* sentences kept of one report */

struct trust_notes {
	struct arena *arena;
	struct span note[TRUST_MAX_NOTES]; /* a stranger's words are in it, as they stand there */
	size_t count, dropped;
};

/* Where it stands in the mail. */
struct trust_place {
	struct span field; /* the header field's name */
	struct bounce_where at;
};

/* A token, and what came of it. */
void trust_note_token(struct trust_notes *notes, const struct trust_place *place, struct span token,
		      const char *answer);

/* A signature of BATV. */
void trust_note_signature(struct trust_notes *notes, const struct trust_place *place,
			  struct span tag, const char *answer);

/* What an address says without proof: whose bounce-address it is (NULL: nobody's), and whom it
 * names. */
void trust_note_address(struct trust_notes *notes, const struct trust_place *place,
			const struct bounce_verp *verp, const char *list);

/* Every Authentication-Results field, and what it proves or why it does not. */
void trust_note_results(struct trust_notes *notes, const struct header_list *headers,
			const struct authres_own *own);

#endif
