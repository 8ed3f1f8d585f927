/*
 * mailbox - one watched folder's life
 *
 * Straight-line code within a session: select the folder, finish what the last run left open, drain
 * new mail, wait for more. A folder has a session of its own, which stays with it, or shares one
 * with others and is visited in turn.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_MAILBOX_H
#define MAILBOUNCED_MAILBOX_H

#include <stdio.h>
#include <sys/queue.h>

#include "pipeline.h"
#include "session.h"
#include "store.h"

enum mailbox_outcome {
	MAILBOX_RUNNING,
	MAILBOX_DRAINED, /* --once: everything was taken in */
	MAILBOX_FAILED,  /* --once: it could not */
	MAILBOX_STOPPED,
};

struct mailbox {
	/* Set by the owner; must outlive it. */
	struct store *store;
	const struct config *config;
	const struct config_account *account;
	void (*recorded)(void *owner); /* a batch or more was committed */
	void *owner;

	/* Kept by the mailbox. */
	char *folder;
	char *where; /* "account/folder" */
	bool store_told;
	enum mailbox_outcome outcome;
	struct pipeline_totals totals;
	struct pipeline_doubt doubt;
	struct pipeline_breaker breaker;
	struct pipeline_filing filing;
	bool told_closed;  /* that the folder cannot be opened */
	unsigned failures; /* visits in a row */
	bool refused;      /* a shared connection could not open it when it last tried */
	double visited_at; /* co_clock() when all that there was had been taken in; 0 = it is not */
	uint32_t uidvalidity, uidnext; /* when it was opened last; 0 = not known */

	/* Kept by its owner, the pool. */
	TAILQ_ENTRY(mailbox) link;
	struct worker *worker; /* its own; NULL = it shares one */
	struct worker *holder; /* who visits it now */
	double due;            /* co_clock() of its next turn, while it shares a session */
	bool wild;             /* a wildcard took it */
	bool listed;           /* the last list still had it */
	bool gone;             /* nobody watches it any more: freed when nobody visits it */
};

/* Copies the folder's name. */
struct mailbox *mailbox_new(const struct config_account *account, const char *folder);
void mailbox_free(struct mailbox *mailbox);

/* Is it still to be watched? With --once it ends before its pool does. */
static inline bool
mailbox_is_open(const struct mailbox *mailbox)
{
	return mailbox->outcome == MAILBOX_RUNNING;
}

/* Who visits. */
struct visitor {
	struct session *session;
	const volatile bool *leave; /* turns true: finish the batch under way, then go */
	bool once;
	double (*until)(void *owner); /* co_clock() at which it must go, asked before each wait */
	void *owner;
};

/*
 * Stays with the folder until the visitor has to leave, and waits for new mail there. SESSION_DONE:
 * with `once` it is drained; else leaving.
 */
enum session_end mailbox_stay(struct mailbox *mailbox, struct imap *imap,
			      const struct visitor *visitor);

enum mailbox_visit {
	VISIT_DONE,   /* all that there was, or as much as a turn allows: *more */
	VISIT_CLOSED, /* the folder cannot be opened, told; the session goes on */
	VISIT_ENDED,  /* and so did the session: *end */
};
/* One turn. */
enum mailbox_visit mailbox_turn(struct mailbox *mailbox, struct imap *imap,
				const struct visitor *visitor, bool *more, enum session_end *end);

/* May there be something new, by what STATUS says? */
bool mailbox_is_news(const struct mailbox *mailbox, const struct imap_status *status);
/* Is it time to look into it whatever STATUS says: for refused moves, or because nobody did for
 * long? */
bool mailbox_is_overdue(const struct mailbox *mailbox);

/* One line of what became of it: what --once tells. */
void mailbox_report(const struct mailbox *mailbox, FILE *out);

#endif
