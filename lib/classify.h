/*
 * classify - what the parts of the classifier share
 *
 * classify.c holds the order of evidence, classify_limit.c the limits of a verdict, classify_code.c
 * says what a code means by itself, classify_phrase.c chooses among the phrases that stand in a
 * diagnostic, classify_clause.c says whom they are about.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_CLASSIFY_H
#define BOUNCE_CLASSIFY_H

#include "code_phrase.h"

/* Why a row did not decide. */
enum lost {
	LOST_NOT,     /* it did, or still may */
	LOST_HOST,    /* another provider speaks */
	LOST_CODE,    /* another code stands there */
	LOST_QUOTED,  /* another server said it than the reporter */
	LOST_RUN_ON,  /* it runs from one statement into the next */
	LOST_ACROSS,  /* it runs into a quoted reply */
	LOST_SENDER,  /* its clause is about the sender */
	LOST_OUTER,   /* not in the innermost reply */
	LOST_PART,    /* a part of a longer phrase, or of an earlier table's */
	LOST_BLAMES,  /* another row spares the address */
	LOST_TABLE,   /* an earlier table knows something */
	LOST_SHORTER, /* a longer phrase of the same table */
	LOST_VAGUE,   /* a row that stands before it in phrase.def tells more */
	LOST_HINT,    /* only a hint, and something exact is known */
	LOST_ORDER,   /* other evidence comes first */
	LOST_COUNT,
};

/* What we go by. */
struct evidence {
	const struct bounce_report *report;
	const struct bounce_recipient *recipient;
	const struct bounce_table *own; /* NULL = none */
	const struct bounce_row *row;   /* the row that decides, NULL = none yet */
	bool by_words;                  /* its phrase decides, not its code */
	struct bounce_status status;    /* the code that counts */
	struct match_result match;      /* of the row's phrase */
	/* for bounce_explain(); candidate NULL: nobody asks */
	struct bounce_candidate *candidate;
	size_t room, candidate_count;
};

/* The rule of a verdict that only the message's kind decides: "kind:delayed". */
const char *classify_kind_rule(enum bounce_kind kind);

/* Limits a verdict that was decided: by class, stage and kind of recipient, and by how many
 * witnesses there are against the address. */
void classify_limit(const struct evidence *e, struct bounce_verdict *v);

/* Longer texts have more phrases; so many are compared, in the order of the text. */
#define CLASSIFY_MAX_RUNNERS 256

/* What the phrases in the diagnostic say. */
struct phrase_choice {
	const struct bounce_row *sure, *hint; /* NULL = none */
};

/* Chooses among all phrases that stand in the recipient's diagnostic. */
struct phrase_choice classify_phrases(struct evidence *e);

/*
 * Does the row's phrase, whose " * " stands for words of one clause, run from one statement into
 * the next where it was found? "user * does not exist" stands in "user bob@example.com: does not
 * exist" and not in "user over quota, domain does not exist".
 */
bool classify_runs_on(const struct bounce_row *row, struct span hit);

/* Would the row blame the recipient with words, standing at hit in text, that are about the sender?
 * "The sender's email address is not valid" says nothing about the recipient. */
bool classify_is_about_sender(const struct bounce_row *row, struct span text, struct span hit);

/* The first row of the operator's that knows the phrase, else the code; NULL = none. */
const struct bounce_row *classify_own(const struct evidence *e);

/* Microsoft's own codes begin at this detail: no RFC has registered as high a one. */
#define CLASSIFY_OWN_DETAIL 100

/* The registry's row for exactly this code; NULL when there is none, or when it is no failure. */
const struct bounce_row *classify_registered(struct bounce_status status);

/* What Microsoft means by a code without its phrase; NULL when its rows disagree. */
const struct bounce_row *classify_microsoft_code(struct bounce_status status);

/* The row that a code stands for by itself, given who says it; NULL when it says nothing exact. */
const struct bounce_row *classify_code(const struct evidence *e, struct bounce_status status);

/* Notes for bounce_explain() that a row was considered. */
void classify_note(struct evidence *e, const struct bounce_row *row, struct span at,
		   enum lost lost);

/* Is the name, or the domain that it ends with, one of those in the blank-separated list? */
bool classify_is_under(struct span name, const char *suffixes);

#endif
