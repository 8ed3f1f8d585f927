/*
 * trust - how well it is proved that a report is real
 *
 * Reports come from strangers, and anybody can write one. A forged one must not unsubscribe
 * anybody, so each recipient of a report gets a grade:
 *
 *	T3  a token of ours, valid today, that names this recipient
 *	T2  a token for the list as a whole, or a BATV signature of our server
 *	T1  the Message-ID of a mailing that we know of, or our own server found that the report
 *	    comes from the recipient's own domain
 *	T0  nothing
 *
 * As soon as one valid token was seen of a list, a report about its mail without one is T0 whatever
 * else speaks for it, and changes nothing: an attacker would leave the token out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_TRUST_H
#define MAILBOUNCED_TRUST_H

#include "authres.h"
#include "config.h"
#include "store.h"

#define TRUST_MAX_PROOFS 8 /* tokens that count of one report */
#define TRUST_MAX_MACS 64  /* that are computed for one report */

enum trust_grade { TRUST_NONE, TRUST_MAIL, TRUST_LIST, TRUST_RECIPIENT };

/* A token or a signature that is valid. */
struct trust_proof {
	enum trust_grade grade; /* LIST or RECIPIENT */
	bool token;             /* else a BATV signature */
	struct span list;       /* empty: a signature does not tell */
	struct span recipient;  /* whom it names */
	struct span mailing;    /* what tells this mail from others; empty: a signature cannot */
	const char *words;      /* "token of key k1 in the envelope address, ..." */
};

/* What a report has to prove itself. */
struct trust {
	struct span list; /* whose mail it is about: as proved, else as far as it tells */
	bool named;       /* the operator's configuration names that list */
	struct trust_proof proof[TRUST_MAX_PROOFS];
	size_t count;
	struct span domain[AUTHRES_MAX]; /* that the report is proved to come from */
	size_t domains;
	struct span mailing; /* what tells the mail from others by its own word, its Message-ID;
				never what a token's mailing is called */
	const char *refused; /* why a token that it bears does not count; NULL: it bears none */
};

struct trust_notes; /* trust_note.h */

struct trust_ask {
	const struct config *config;
	int64_t time;              /* seconds since 1970 */
	struct trust_notes *notes; /* what was looked at, in words; NULL: nobody asks */
};

/*
 * Looks for everything. Where a report of one recipient came back to an address of ours that names
 * whom we mailed, or has a token that does, that recipient is charged, whoever it failed at: it
 * becomes the recipient's address, and a report that names nobody names him. 0, or -1 when the
 * arena is out.
 */
int trust_read(struct arena *a, const struct trust_ask *ask, struct bounce_report *report,
	       struct trust *out) BOUNCE_MUST_CHECK;

/* What the store knows. */
struct trust_seen {
	bool list;    /* valid tokens were seen of the trust's list */
	bool any;     /* of any list */
	bool mailing; /* the sender told of a mailing with this Message-ID */
};

/* The grade of one recipient, and why. */
struct trust_verdict {
	enum trust_grade grade;
	bool strict;         /* only a token counts */
	const char *proof;   /* what proved it, "" = nothing */
	struct span mailing; /* what tells the mail from others: as proved, else by its own word */
};
struct trust_verdict trust_of(const struct trust *trust, const struct config *config,
			      const struct trust_seen *seen,
			      const struct bounce_recipient *recipient);

/* Only a token counts, and nothing that the report bears is one: whatever it says of itself (its
 * list, its mailing, that we are refused) may be a stranger's word. */
bool trust_is_doubtful(const struct trust *trust, const struct config *config,
		       const struct trust_seen *seen);

/* NULL, or why a report of this grade may not do that to an address. Where tokens alone count it
 * may nothing without one, not even be counted; elsewhere any report may what leaves no trace in
 * the standing, nor in how later reports are taken. */
const char *trust_refuses(const struct trust *trust, const struct trust_verdict *verdict,
			  const struct config *config, const struct bounce_transition *transition);

/* Says, at start, of whose mail anybody could forge a report that counts, and how to end that. */
void trust_warn(const struct config *config, struct store *store);

#endif
