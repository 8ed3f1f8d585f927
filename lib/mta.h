/*
 * mta - reports without a delivery-status part
 *
 * What a system's reports look like is a row of a table in lib/mta/: the marks that tell them from
 * other mail, where the list of recipients begins, how a recipient's line looks, where the error
 * stands, where the returned message begins. One engine walks the lines of the text once and knows
 * no system by name.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_MTA_H
#define BOUNCE_MTA_H

#include "bounce.h"
#include "header.h"
#include "sieve.h"

#define MTA_MAX_MARKS 28
#define MTA_MAX_WORDS 24
#define MTA_HEAD_LINES 80    /* lines of a text in which marks are looked for */
#define MTA_MAX_REASON 4096  /* bytes of a report's words that are read for one error */
#define MTA_MAX_IN_LINE 1000 /* addresses taken off one line */
#define MTA_MAX_NAME 120     /* bytes of a display name in front of an address, with its blanks */
#define MTA_MAX_ADDRESS 600  /* bytes of an address with what stands glued to it */
#define MTA_MAX_SHARED \
	((size_t)256 * 1024) /* bytes of one error for many, taken times the recipients */

enum mta_place {
	MTA_NOWHERE,
	MTA_FROM,    /* the From field contains the text */
	MTA_SUBJECT, /* the Subject, decoded, contains it */
	MTA_HEADER,  /* a field `name` is there and contains it ("": any value) */
	MTA_LINE,    /* a line near the text's top begins with it, blanks and dashes aside */
	MTA_WITHIN,  /* those lines contain it */
};

struct mta_mark {
	enum mta_place place;
	const char *text;
	const char *name;
};

/* How the line of a recipient looks. All recipients of a report are written alike, so the first one
 * decides on indent, bullet and brackets of the others. */
enum mta_shape {
	MTA_ALONE = 1 << 0,  /* the address and nothing else: "<user@example.com>:", "* a@b" */
	MTA_SAID = 1 << 1,   /* a sign, then the error: "a@b: 550 ...", "a@b [User unknown]" */
	MTA_WORDS = 1 << 2,  /* a blank, then the error: "a@b 550 ..." */
	MTA_NAMED = 1 << 3,  /* a name in front: "Ann Other <a@b>", "Ann<mailto:a@b>" */
	MTA_MIXED = 1 << 4,  /* not alike after all */
	MTA_GAP = 1 << 5,    /* a blank line stands between a recipient and its error */
	MTA_LEADS = 1 << 6,  /* the words in front of the address are part of the error */
	MTA_APART = 1 << 7,  /* no error follows a recipient; it stands behind the row's words */
	MTA_HEADED = 1 << 8, /* only X-Failed-Recipients names the recipients */
	MTA_LETTER = 1 << 9, /* an error without a code is what the system tells its users */
	MTA_ABOVE = 1 << 10, /* an error above its recipients tells more than what stands beside
			       them */
	MTA_REST = 1 << 11,  /* where nothing is marked as the error, it is what follows the last
				recipient, or else the whole text */
	MTA_DRAWN = 1 << 12, /* lines of underscores stand in it, and not only behind it */
};

struct mta_walk;

/* Those of a row's words that may stand in a text, with their places in the row. */
struct mta_words {
	struct {
		struct span text;
		size_t rank;
	} word[MTA_MAX_WORDS];
	size_t count;
};

struct mta {
	const char *name;
	struct mta_mark all[MTA_MAX_MARKS]; /* every one must be there */
	struct mta_mark any[MTA_MAX_MARKS]; /* and, where the row has some, one of these */
	bool proves; /* nobody but the system writes these marks; other rows count only in mail
			that bears a machine's general signs */
	bool quoted; /* who writes about a bounce quotes these marks, and list software and trackers
			pass that on: they count only in mail that names no sender */
	unsigned shapes;
	const char *begin[MTA_MAX_WORDS];  /* the list stands behind a line that contains one of
					      these; none: it may stand anywhere */
	const char *lead[MTA_MAX_WORDS];   /* an address stands behind these words in a line */
	const char *reason[MTA_MAX_WORDS]; /* the error for all recipients above stands behind
					      these; the first in the table is the best */
	const char *end[MTA_MAX_WORDS];    /* a line that begins so ends the report */
	/* The one thing that this format ever reports, in any language; counts where nothing
	 * else tells. */
	struct bounce_implied implied;
	/* Sees each line before the engine does; true: it took the line. */
	bool (*hook)(struct mta_walk *w, struct span line);
};

/* The mail that may be a report. */
struct mta_mail {
	const struct header_list *headers;
	struct span from, subject; /* UTF-8, on one line */
	struct span text;          /* UTF-8 */
	const struct sieve *sieve; /* of from, subject and text */
	uint32_t part, line;       /* where the text stands */
	bool machine;              /* it bears a general sign of a machine's mail */
	bool program;              /* and no sender is named, or a mail system is */
	bool completes;            /* a status part names the recipients: a report's whole text
				      is no error then */
};

/* The row whose marks the mail bears, or NULL. */
const struct mta *mta_recognise(const struct mta_mail *mail);

/* The row for mail of machines that no other row knows: it must say that mail failed. NULL when it
 * does not. */
const struct mta *mta_unknown(const struct mta_mail *mail);

/* The front of a report's text that is its writer's: up to what somebody quotes ("> ") or to a
 * returned message. Transcripts begin lines with ">>>". */
struct span mta_own_words(struct span text);

/*
 * Reads the text by the row: appends the recipients that it names, with action, diagnostic and
 * reply, and fills original_* from a returned message that stands in the text. 0, or -1: arena out.
 */
int mta_read(struct arena *a, const struct mta *mta, const struct mta_mail *mail,
	     struct bounce_report *report) BOUNCE_MUST_CHECK;

/* For hooks. */

struct mta_walk {
	struct arena *arena;
	const struct mta *mta;
	const struct mta_mail *mail;
	struct bounce_report *report;
	size_t cap;
	struct {
		struct mta_words begin, lead, reason, end;
	} words;             /* of the row, less what the text lacks */
	struct span rest;    /* behind the line that is looked at */
	const char *from;    /* where the list begins */
	const char *preface; /* the end of what stands in front of the first recipient */
	const char *behind;  /* the line behind the last one */

	/* Transcripts: the latest command and its answer. */
	struct span command;
	struct span answer;

	/* The text that is being collected: a recipient's error, or one for all above. */
	struct span said;

	/* The error for the recipients from `group` on. */
	size_t group;
	struct span reason;
	size_t reason_rank;

	size_t indent; /* how the first recipient was written */
	enum { MTA_SILENT, MTA_RECIPIENT, MTA_REASON } speaker; /* whose text is collected */
	uint32_t line;                                          /* number of the line */
	uint32_t said_line, reason_line;
	char bullet, bracket;
	size_t blank, gap; /* empty lines up to here; those in front of the latest line */
	bool spaced;       /* an empty line stands between any two, and more where there was one */
	bool apart;        /* more than one stood in front of the first recipient */
	bool styled;       /* indent, bullet and bracket are known */
	bool reason_leads; /* it stands in front of its recipients */
	bool listing;      /* the list has begun */
	bool ended;        /* a hook saw that the returned headers begin on the next line */
	bool failed;       /* the arena is out */
};

/* Adds a recipient; what follows is his error. */
void mta_add(struct mta_walk *w, struct span address);

/* text is the error of the recipient that was added last. */
void mta_say(struct mta_walk *w, struct span text);

/* What follows is not the error of the recipient that was added last any more. */
void mta_hush(struct mta_walk *w);

/* text is an error for all recipients of the group; lower ranks beat higher ones. */
void mta_reason(struct mta_walk *w, struct span text, size_t rank);

struct mta_line;
/* Is the recipient written like the first one, where all of a report's are? */
bool mta_is_alike(struct mta_walk *w, const struct mta_line *line);

/* mta_layout.c: where a report ends, and what stands between its lines. */

/* Does a returned message begin on such a line? */
bool mta_begins_returned(struct span line);

/* Does an empty line of the text mean nothing, because there is one between any two lines? */
bool mta_is_spaced(struct span text);

/* Is the line, trimmed, one that parts a report from a footer behind it, or a recipient from the
 * next? */
bool mta_is_drawn(const struct mta_walk *w, struct span line);

/* Does the report go on behind such a line? */
bool mta_goes_on(struct mta_walk *w);

/* mta_group.c: one error that stands for several recipients. */

/* words, which stand on line `line`, are the error of the recipient. */
void mta_keep_words(struct mta_walk *w, struct bounce_recipient *r, struct span words,
		    uint32_t line);

/* The group is complete: its recipients that have no error of their own get the one for all; the
 * others may learn from it where the reply came. */
void mta_close_group(struct mta_walk *w);

/* mta_line.c: a recipient at the front of a line. */
struct mta_line {
	struct span address; /* canonical */
	struct span rest;    /* what the line says behind it, trimmed */
	size_t indent;
	char bullet, bracket;
};
bool mta_line_read(struct arena *a, struct span line, unsigned shapes, struct mta_line *out);

/* Addresses at the front of *rest, as behind a lead: "<a@b>, <c@d>". Takes one and what joins it to
 * the next. */
bool mta_line_next(struct arena *a, struct span *rest, struct span *address);

/* mta_reply.c: what the words of an error tell, into the recipient. The sieve is of a text around
 * them, or NULL. *clipped becomes true when they are too long to be kept. */
void mta_reply_read(struct arena *a, struct span words, const struct sieve *sieve,
		    struct bounce_recipient *r, bool *clipped);

/* From the first line that begins with a reply on; empty when none does. */
struct span mta_reply_in(struct span words);

/* The tables, each ending with a row without a name. */
#define MTA_TABLE(name) extern const struct mta mta_##name[];
#include "mta/tables.def"
extern const struct mta mta_plain[];

#endif
