/*
 * code - the code table
 *
 * What each enhanced status code, SMTP reply code and phrase means, one row a line in the .def
 * files:
 *
 *	provider.def   phrases of mailbox providers and filters
 *	microsoft.def  Exchange and Microsoft 365: codes, ranges and phrases
 *	phrase.def     phrases that many servers print, by reason
 *	status.def     the enhanced status registry (class, subject, detail), RFC 3463 and updates
 *	reply.def      three-digit SMTP replies, RFC 5321
 *
 * All are rows of one shape in one table; a new table is a new .def file and its lines in
 * code_table.c. Rows of the same shape come out of a configuration (struct bounce_table).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_CODE_H
#define BOUNCE_CODE_H

#include "bounce.h"
#include "match.h"

enum code_table {
	CODE_OPERATOR,  /* rows out of a configuration; in no .def file */
	CODE_PROVIDER,  /* phrases of one provider or filter */
	CODE_MICROSOFT, /* a vendor's rows: code and phrase */
	CODE_PHRASE,    /* phrases that many servers print */
	CODE_STATUS,    /* registry */
	CODE_REPLY,     /* three-digit replies */
	CODE_TABLE_COUNT,
};

/* Who prints a generic phrase; of the same words, the last one here tells most. */
enum code_words {
	CODE_WORDS_COMMON,   /* anybody */
	CODE_WORDS_LOCAL,    /* one system, about its own directory */
	CODE_WORDS_REPORTER, /* the system that wrote the report, of itself */
};

/* Whose servers print a phrase. */
struct code_provider {
	const char *name;
	const char *suffixes; /* of host names and of recipients' domains, parted by blanks */
};

#define CODE_ANY UINT16_MAX /* this part of the code may be anything */

struct bounce_row {
	enum code_table table;
	uint16_t detail_high;     /* last detail of a range; low.detail when it is no range */
	uint16_t smtp;            /* printed with the phrase, 0 = not always the same */
	const char *id;           /* unique within the table: "39", "X.1.1", "550" */
	const char *rule;         /* table and id, as in a verdict: "microsoft:39" */
	struct bounce_status low; /* class CODE_ANY for registry rows; for CODE_REPLY class holds
				     the three digits */
	bool anywhere;            /* the phrase counts under every code and from every host */
	bool hint;                /* a weak phrase: counts where no code is exact */
	bool unwanted; /* the recipient himself blocks our mail: to be unsubscribed, not removed */
	enum code_words whose;                /* CODE_PHRASE only */
	const char *phrase;                   /* see match.h; "" = the row has none */
	const struct code_provider *provider; /* CODE_PROVIDER only, else NULL */
	enum bounce_effect effect;            /* UNKNOWN: as the class of the code says */
	enum bounce_bad bad;
	enum bounce_reason reason; /* BOUNCE_REASON_COUNT: the code is no failure (positive or
				      informative) */
	enum bounce_disposition disposition;
	enum bounce_fixer fixer, fixer_alt;
	const char *cause; /* one sentence, own words; for registry and replies the official name */
	const char *remedy; /* one sentence, "" = none (that is an absence, not a remedy) */
	const char *note;   /* where servers use the code for something else, or "" */
	const char *source; /* RFC, or "" */
};

/* All rows, table by table in the order of enum code_table, and within them as the .def files go.
 */
const struct bounce_row *code_rows(size_t *count);

/* The rows of one table; none for CODE_OPERATOR. */
const struct bounce_row *code_table(enum code_table which, size_t *count);

/* The low.subject of each of those rows. */
const uint16_t *code_subjects(enum code_table which);

/* All providers, in the order of provider.def; at most CODE_MAX_PROVIDERS. */
#define CODE_MAX_PROVIDERS 64

const struct code_provider *code_providers(size_t *count);

/* "microsoft", "registry", "reply": the first half of a verdict's rule. */
const char *code_table_name(enum code_table table);

/* Does the row's code or range cover the status? */
bool code_covers(const struct bounce_row *row, struct bounce_status status);

/*
 * The rows of a table that cover a status, most exact first: a code of its own wins over a range, a
 * range over CODE_ANY. At most `room` go into out; returns how many there are.
 */
size_t code_find(enum code_table table, struct bounce_status status, const struct bounce_row **out,
		 size_t room);

/* No more rows of one table cover one code: who has room for so many sees them all. A test holds
 * the tables against it. */
#define CODE_MAX_COVERING 16

/* The row of a three-digit reply, or NULL. */
const struct bounce_row *code_find_reply(uint16_t smtp);

/*
 * What several rows of one code have in common: the row that spares the address most when all give
 * one reason, NULL when they disagree (then only a phrase can tell) or when there are none.
 */
const struct bounce_row *code_common(const struct bounce_row *const *rows, size_t count);

/* How much a reading blames the address: 0 not, 1 perhaps, 2 it does. */
unsigned code_blame(enum bounce_bad bad);

/* Does reading a spare the address more than reading b: the milder disposition, or less blame? */
bool code_spares(const struct bounce_row *a, const struct bounce_row *b);

/*
 * The row of the table whose code covers status AND whose phrase stands in text; the longest phrase
 * wins, so that "Sender was not authenticated by organization" beats "Sender was not
 * authenticated". When two phrases of equal length stand there, the one that spares the address.
 * NULL when none does. *result tells what the placeholders stood for.
 */
const struct bounce_row *code_pick(enum code_table table, struct bounce_status status,
				   struct span text, struct match_result *result);

/*
 * Reads what a person types: "5.1.1", "5.7.606-649" and "5.7.606–649" (a range gives its first
 * code), "550", "550 5.1.1",
 * "#5.1.1". Returns 0, or -1 when it is no code. *smtp is 0 when no reply code was given;
 * status.class 0 when only one was.
 */
int code_parse(struct span text, struct bounce_status *status, uint16_t *smtp) BOUNCE_MUST_CHECK;

#endif
