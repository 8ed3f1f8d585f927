/*
 * bounce - the front door of libbounce
 *
 *	struct arena arena;
 *	struct bounce_report report;
 *
 *	arena_init(&arena, 0);
 *	if (bounce_read(&arena, bytes, &report) == 0) {
 *		for (size_t i = 0; i < report.recipient_count; i++)
 *			struct bounce_verdict verdict = bounce_classify(&report, i);
 *	}
 *	arena_free(&arena);
 *
 * Bytes in, a report out; a report in, a verdict out; a verdict and a recipient's state in, the
 * next state out. No I/O, no clock, no global state: the caller passes the time. Every span points
 * into the message or the arena, so both must outlive the report. All text in a report comes from a
 * stranger: escape it before it reaches a terminal, a log or a program.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_BOUNCE_H
#define BOUNCE_BOUNCE_H

#include "arena.h"
#include "span.h"

#define BOUNCE_MUST_CHECK __attribute__((warn_unused_result))

/* Recipients kept of one report; more of them are counted in recipients_dropped and said by every
 * caller. */
#define BOUNCE_MAX_RECIPIENTS 100000

#define BOUNCE_MAX_STATUS_PARTS                                                                   \
	16                         /* delivery-status parts read of one message; by the book, one \
				    */
#define BOUNCE_MAX_DIAGNOSTIC 2048 /* bytes kept of a diagnostic text */

#define BOUNCE_MAX_LINKS 8     /* links kept of a report's text */
#define BOUNCE_MAX_WRAPS 3     /* messages read, one in the other, until one is a report */
#define BOUNCE_MAX_HOPS 50     /* hops kept of a message's way */
#define BOUNCE_MAX_HINTED 1000 /* recipients that are looked for in the returned message's To */

enum bounce_kind {
#define KIND(id, name, text) BOUNCE_KIND_##id,
#include "word.def"
	BOUNCE_KIND_COUNT,
};

enum bounce_action {
#define ACTION(id, name, text) BOUNCE_ACTION_##id,
#include "word.def"
	BOUNCE_ACTION_COUNT,
};

enum bounce_stage {
#define STAGE(id, name, text) BOUNCE_STAGE_##id,
#include "word.def"
	BOUNCE_STAGE_COUNT,
};

enum bounce_bad {
#define BAD(id, name, text) BOUNCE_BAD_##id,
#include "word.def"
	BOUNCE_BAD_COUNT,
};

enum bounce_effect {
#define EFFECT(id, name, text) BOUNCE_EFFECT_##id,
#include "word.def"
	BOUNCE_EFFECT_COUNT,
};

enum bounce_fixer {
#define FIXER(id, name, text) BOUNCE_FIXER_##id,
#include "word.def"
	BOUNCE_FIXER_COUNT,
};

enum bounce_disposition {
#define DISPOSITION(id, name, text) BOUNCE_DISPOSITION_##id,
#include "word.def"
	BOUNCE_DISPOSITION_COUNT,
};

enum bounce_reason {
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) BOUNCE_REASON_##id,
#include "reason.def"
	BOUNCE_REASON_COUNT,
};

enum bounce_severity {
	BOUNCE_SEVERITY_NONE, /* nothing failed */
	BOUNCE_SEVERITY_SOFT,
	BOUNCE_SEVERITY_HARD, /* the address itself is bad for good */
};

/* Does the returned message's To name the recipient? A difference points to a typing error, an
 * alias or a forwarding; a list's mail names the list. Advice only. */
enum bounce_to {
	BOUNCE_TO_UNKNOWN,
	BOUNCE_TO_SAME,    /* it names the recipient */
	BOUNCE_TO_DIFFERS, /* it names one address, another one */
	BOUNCE_TO_ABSENT,  /* it names others: the mail went to a list or to a Bcc */
};

/* One step of the returned message's way. */
struct bounce_hop {
	struct span from, to; /* systems, as they call themselves */
	struct span with;     /* protocol or program */
	struct span time;     /* as it stands there: reports write local forms */
	int32_t delay;        /* seconds that the step took, -1 = not said */
};

/* Enhanced status code, RFC 3463; class 0 = none. */
struct bounce_status {
	uint16_t class;
	uint16_t subject;
	uint16_t detail;
};

/* Where in the message something was found: part as numbered by mime_parse(), line from 1; line 0 =
 * nowhere. */
struct bounce_where {
	uint32_t part;
	uint32_t line;
};

struct bounce_recipient {
	struct span address;  /* canonical; the one WE mailed: Original-Recipient where it names a
				 mailbox, else Final-Recipient; empty when neither
				 is an address */
	struct span original; /* canonical Original-Recipient (RFC 3461 ORCPT), or empty */
	struct span final;    /* canonical Final-Recipient, or the name of the sender's directory
				 (X.500) that stands there, or empty */
	enum bounce_action action;
	enum bounce_stage stage;           /* at which the quoted reply came */
	struct bounce_status field_status; /* from the Status: field (RFC 3464 section 2.3.4) */
	struct bounce_status reply_status; /* from the quoted SMTP reply; beats field_status */
	uint16_t smtp;                     /* SMTP reply code from the quoted reply, 0 = none */
	struct span diagnostic; /* on one line, valid UTF-8, at most BOUNCE_MAX_DIAGNOSTIC bytes */
	struct span diagnostic_type; /* "smtp", "x-unix", ... lower case, or empty */
	struct span remote_mta;      /* host that refused, lower case, without type, or empty */
	struct span remote_ip;       /* its address, as the report tells it, or empty */
	struct span told_by;         /* the server that passed the refusal on, where it is another
					one than wrote the report; lower case */
	struct bounce_where address_at, status_at, diagnostic_at, action_at;
	struct span rejected_by; /* who refused: the remote server, else the one that wrote the
				    report; lower case */
	bool rejected_by_microsoft;
	enum bounce_to to;
	bool guessed; /* the report names nobody; the address is the To of the returned message */
	bool letter;  /* the diagnostic was written for the reader of the report by the system that
			 made it: no server's own words */
};

/* What a format says whatever its words are; rule NULL = nothing. */
struct bounce_implied {
	const char *rule; /* as in a verdict: "format:google-groups" */
	enum bounce_reason reason;
};

struct bounce_report {
	enum bounce_kind kind;
	const char *format; /* name of the format that was recognised, "" when none */
	struct bounce_implied implied;
	struct bounce_recipient *recipient;
	size_t recipient_count;
	size_t recipients_dropped; /* beyond BOUNCE_MAX_RECIPIENTS */
	struct span reporting_mta; /* who wrote the report, lower case, without type */
	struct span received_from_mta;
	struct span envelope_id;         /* Original-Envelope-Id, decoded xtext */
	struct span arrival_date;        /* raw */
	struct span message_id;          /* of the report itself, without <> */
	struct span subject;             /* of the report itself, UTF-8, on one line */
	struct span original_message_id; /* of the returned message, without <> */
	struct span original_list_id;    /* of the returned message: the text in <> of List-Id (RFC
					    2919) */
	struct span original_to;         /* canonical, the first one */
	struct span original_to_list;    /* the whole To, raw */
	int64_t original_time;           /* of its Date, seconds since 1970; 0 = it bears none */
	struct span original_from;       /* canonical; it and the next three: see bounce_trace() */
	struct span original_subject;    /* UTF-8, on one line */
	struct span original_date;       /* raw */
	struct span
		received_spf; /* first word of Received-SPF of the returned message, lower case */
	/* What reports say to people beside the verdict, as far as their text has it. It is for
	 * operators: nothing is decided by it. */
	bool made_by_microsoft;   /* Office 365 wrote it, which says nothing about the fault */
	struct span generated_by; /* the server that wrote it, lower case */
	struct span rejecting_organization; /* as the user's part names it */
	struct span cause, how_to_fix, admin_info;
	enum bounce_fixer fix_owner; /* whom the report asks to act: SENDER, MICROSOFT, RECIPIENT
					or NONE */
	struct span link[BOUNCE_MAX_LINKS];
	size_t link_count;
	struct bounce_hop *hop; /* a table of the report's; else see bounce_trace() */
	size_t hop_count;
	size_t slowest_hop;                /* an index into hop; hop_count when no delay is known */
	const struct header_list *headers; /* fields of the report itself, as it came to us */
	struct span token;                 /* value of the returned message's token.h field, raw */
	size_t token_count;                /* how many such fields it has */
	struct bounce_where token_at;      /* where the first one stands */
	struct bounce_returned *returned;  /* fields of the returned message, for bounce_trace() */

	struct bounce_where report_at; /* where the part that decided the kind begins */
	bool clipped;                  /* a limit was reached while reading */
};

/* One row of the code table; see code.h for the tables. */
struct bounce_row;

/* What a phrase's placeholder stood for in this report, for example kind "ip", value "192.0.2.7".
 */
struct bounce_found {
	const char *kind;
	struct span value;
};

#define BOUNCE_MAX_FOUND 4

struct bounce_verdict {
	enum bounce_reason reason;
	enum bounce_bad bad;
	enum bounce_effect effect;
	enum bounce_fixer fixer;
	enum bounce_disposition disposition; /* DEAD never on common words alone: a code about the
						address, the answer to RCPT or a system's words
						about its own directory must bear them out */
	enum bounce_severity severity;
	struct bounce_status status; /* the code that counts: of the reply, else of the field */
	uint16_t smtp;
	unsigned weight; /* a strike in hundredths of a point */
	bool unwanted;   /* the recipient himself blocks our mail: to be unsubscribed */
	bool forwarded;  /* the address that we mailed passes its mail on, and the one behind it
			    refused: half a strike */
	const struct bounce_row *row; /* the row that decided, NULL when none did */
	const char *rule; /* "microsoft:39", "registry:X.1.1", "reply:550", "stage:mail", ...: never
			     NULL */
	const char *why;  /* one plain sentence; never NULL */
	struct bounce_found found[BOUNCE_MAX_FOUND];
	size_t found_count;
};

/* Rows that an operator adds; they count before all of ours. code.h says what a row is. */
#define BOUNCE_MAX_OWN_ROWS 256

struct bounce_table {
	const struct bounce_row *row;
	size_t count; /* at most BOUNCE_MAX_OWN_ROWS */
};

/* A row that knew something of the evidence, and why it did not decide. */
struct bounce_candidate {
	const struct bounce_row *row;
	struct span at;   /* where in the diagnostic its phrase stands; empty: its code matched */
	const char *lost; /* why it did not decide; NULL = it did */
};

/*
 * Reads one message, as fetched (CR LF, LF, or CR alone). Returns 0 with *out filled - kind OTHER
 * when it is no report that we know - or -1 when the arena is out. Time and memory are linear in
 * the message's size.
 */
int bounce_read(struct arena *a, struct span message, struct bounce_report *out) BOUNCE_MUST_CHECK;

/*
 * What no verdict needs of the returned message, thus a step of its own: sets original_from,
 * _subject, _date and received_spf, and the message's way, server by server, where the report has
 * no table of it: hop from its Received fields (RFC 5321 section 4.4), the oldest first, without
 * delays. The message and the arena of bounce_read() must still be there.
 * Returns 0, or -1 when the arena is out.
 */
int bounce_trace(struct arena *a, struct bounce_report *report) BOUNCE_MUST_CHECK;

/* Judges recipient `index` of the report. Order of evidence and the rules on conflicts stand in
 * classify.c. */
struct bounce_verdict bounce_classify(const struct bounce_report *report, size_t index);

/* The same with an operator's rows; own may be NULL. */
struct bounce_verdict bounce_classify_with(const struct bounce_report *report, size_t index,
					   const struct bounce_table *own);

/*
 * The rows that bounce_classify_with() considers for this recipient, in the order in which they
 * were met. At most `room` go into out; returns how many there are.
 */
size_t bounce_explain(const struct bounce_report *report, size_t index,
		      const struct bounce_table *own, struct bounce_candidate *out, size_t room);

/* The words of word.def and reason.def. Each names the value; a value out of range panics nobody
 * and gives "?". */
const char *bounce_kind_name(enum bounce_kind kind);
const char *bounce_action_name(enum bounce_action action);
const char *bounce_stage_name(enum bounce_stage stage);
const char *bounce_bad_name(enum bounce_bad bad);
const char *bounce_effect_name(enum bounce_effect effect);
const char *bounce_fixer_name(enum bounce_fixer fixer);
const char *bounce_fixer_text(enum bounce_fixer fixer);
const char *bounce_disposition_name(enum bounce_disposition disposition);
const char *bounce_disposition_text(enum bounce_disposition disposition);
const char *bounce_reason_name(enum bounce_reason reason);
const char *bounce_reason_text(enum bounce_reason reason);
const char *bounce_to_name(enum bounce_to to);
const char *bounce_severity_name(enum bounce_severity severity);

/* The value that the word names; returns 0, or -1 when there is no such word. Case is ignored. */
int bounce_reason_parse(struct span word, enum bounce_reason *out) BOUNCE_MUST_CHECK;

/* What reason.def says of a reason. */
struct bounce_reason_facts {
	enum bounce_bad bad;
	enum bounce_severity severity;
	enum bounce_disposition disposition;
	unsigned weight;     /* hundredths of a point */
	unsigned decay_days; /* days in which one point is forgotten, 0 = never */
	enum bounce_fixer fixer;
};
const struct bounce_reason_facts *bounce_reason_facts(enum bounce_reason reason);

/* "5.1.1" from the front of *rest (class 2, 4 or 5; RFC 3463 section 2); false, leaving *rest
 * alone, when there is none. */
bool bounce_status_take(struct span *rest, struct bounce_status *out);

/* Writes "5.1.1" ("" when class is 0) into text[BOUNCE_STATUS_TEXT]. Returns text. */
#define BOUNCE_STATUS_TEXT 20
const char *bounce_status_format(struct bounce_status status, char text[BOUNCE_STATUS_TEXT]);

#endif
