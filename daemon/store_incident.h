/*
 * store_incident - incidents in the database, and the counts that make them
 *
 * Part of the store; what is asked for every hard report is a few rows of small tables, never a
 * look over the ledger. That is looked at once, when an incident begins.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_INCIDENT_H
#define MAILBOUNCED_STORE_INCIDENT_H

#include "breaker.h"
#include "store.h"

/* What a report has in common with others, by enum breaker_kind; empty = nothing of that kind. */
struct store_commons {
	struct span name[BREAKER_KIND_COUNT];
};

/* Something that is counted. */
struct store_surge {
	const char *kind;
	struct span name;
};
#define STORE_SURGE_ALL ((struct store_surge){ "all", SPAN("") })

/* One address more, or less again, in the hour of `time`. */
int store_surge_add(struct store *store, const struct store_surge *what,
		    int64_t time) BOUNCE_MUST_CHECK;
int store_surge_take(struct store *store, const struct store_surge *what,
		     int64_t time) BOUNCE_MUST_CHECK;
/* How many since then; *first: a transition before all of them (may be NULL). */
int store_surge_count(struct store *store, const struct store_surge *what, int64_t since,
		      uint64_t *count, int64_t *first) BOUNCE_MUST_CHECK;

/* How many a day with any had, rounded up, between BREAKER_HISTORY_DAYS before `until` and then;
 * *oldest: the first hour of them, 0 = there was none. */
int store_surge_usual(struct store *store, const struct store_surge *what, int64_t until,
		      uint64_t *a_day, int64_t *oldest) BOUNCE_MUST_CHECK;

/* How many addresses of that domain or list (the kind's name) mailings went to that were sent
 * then; 0 = unknown. */
int store_mailed(struct store *store, const struct store_surge *what, int64_t since, int64_t until,
		 uint64_t *out) BOUNCE_MUST_CHECK;

/* So many of a mailing's recipients were of that domain; told twice, they add up. */
struct store_mailed {
	struct span list;
	int64_t time;
	struct span domain;
	uint64_t recipients;
};
int store_mailed_add(struct store *store, const struct store_mailed *mailed) BOUNCE_MUST_CHECK;

/* The incident that such a report belongs to. */
struct store_incident {
	int64_t id;
	int64_t opened_at, last_at;
	int64_t decided_at; /* 0 = nobody has */
	bool released;      /* that was the decision */
	uint64_t usual;     /* addresses in the window, 0 = unknown */
};
/* 1, 0 = there is none, -1. */
int store_incident_active(struct store *store, const struct store_commons *commons,
			  struct store_incident *out) BOUNCE_MUST_CHECK;

/* The first one behind that id that has not ended. 1, 0 = there is none, -1. */
int store_incident_open(struct store *store, int64_t after,
			struct store_incident *out) BOUNCE_MUST_CHECK;

struct store_incident_start {
	enum breaker_kind kind;
	struct span name;
	struct breaker_counts counts;
	const struct bounce_verdict *verdict; /* of the report that made it one */
	struct span diagnostic;
	int64_t operation, time;
};
int store_incident_add(struct store *store, const struct store_incident_start *start,
		       int64_t *id) BOUNCE_MUST_CHECK;
int store_incident_seen(struct store *store, int64_t id, int64_t time) BOUNCE_MUST_CHECK;
int store_incident_end(struct store *store, int64_t id, int64_t time) BOUNCE_MUST_CHECK;

/* What an incident has still to take back. The text lives in an arena. */
struct store_taking {
	int64_t incident;
	int64_t first;      /* no transition before that one is part of it */
	int64_t next, last; /* those that were not looked at yet */
	int64_t since;      /* none before that time is part of it */
	int64_t operation;  /* that takes them back, */
	struct span why;    /* and why */
	struct store_surge what;
};
/* Writes that it has all to take back that is in the ledger from taking->first on; fills in last.
 */
int store_taking_add(struct store *store, struct store_taking *taking) BOUNCE_MUST_CHECK;
/* 1, 0 = nothing is left of any, -1. */
int store_taking_next(struct store *store, struct arena *arena,
		      struct store_taking *out) BOUNCE_MUST_CHECK;
/* As far as taking->next; behind taking->last nothing is left. */
int store_taking_progress(struct store *store, const struct store_taking *taking) BOUNCE_MUST_CHECK;

/* The incident that has still something to take back by that operation: 1, 0 = none, -1. */
int store_taking_by(struct store *store, int64_t operation, int64_t *incident) BOUNCE_MUST_CHECK;
/* It takes nothing more back. */
int store_taking_end(struct store *store, int64_t incident) BOUNCE_MUST_CHECK;

/* Transitions up to `until` of what is to be taken back, in order, STORE_SUSPECTS at most; which
 * are part of it, only a look at each tells. Returns how many, or -1. */
#define STORE_SUSPECTS 200
int store_incident_suspects(struct store *store, const struct store_taking *taking, int64_t until,
			    int64_t ids[STORE_SUSPECTS]) BOUNCE_MUST_CHECK;
/* One of them; the text lives in the arena. */
struct store_suspect {
	struct store_key key;
	int64_t time;
	bool counted; /* the first report of its address from `first` on */
	struct span domain, remote_mta, list, diagnostic;
};
int store_incident_suspect(struct store *store, int64_t transition, int64_t first,
			   struct arena *arena, struct store_suspect *out) BOUNCE_MUST_CHECK;
/* Writes that the report of that transition is held. */
struct store_hold {
	int64_t transition, incident, operation, time;
};
int store_incident_hold(struct store *store, const struct store_hold *hold) BOUNCE_MUST_CHECK;
#define STORE_HELD "held"
#define STORE_HELD_WHY "Held: many fail alike at once; an operator must look (bouncectl incident)."

/* ---- the operator's word ---- */

/* The words of incident.decision. */
#define STORE_RELEASED "released"
#define STORE_DROPPED "dropped"
struct store_decision {
	char word[16]; /* "" = nothing yet */
	bool applied;  /* something that a release did counts */
};
/* 1, 0 = there is no such incident, -1. */
int store_incident_decision(struct store *store, int64_t id,
			    struct store_decision *out) BOUNCE_MUST_CHECK;
/* The incident whose reports that operation dropped: 1 = *incident, 0 = none, -1. */
int store_incident_dropped_by(struct store *store, int64_t operation,
			      int64_t *incident) BOUNCE_MUST_CHECK;
int store_incident_decide(struct store *store, int64_t id, const char *decision, int64_t operation,
			  int64_t time) BOUNCE_MUST_CHECK;

/* Held reports that were not released yet, in their order. No statement is open meanwhile: the
 * caller may write, and end transactions. */
int store_incident_held(struct store *store, int64_t id,
			int (*each)(void *context, int64_t held, const struct store_key *key),
			void *context) BOUNCE_MUST_CHECK;

/* One of them as an entry of the ledger; its words live in the arena. */
struct store_held {
	struct store_entry entry;
	int64_t event, incident;
	struct span mailing;
	bool overtaken; /* a sign of life, or an operator's word, is newer */
	bool counts;    /* another transition of the report counts */
};
int store_held(struct store *store, int64_t id, struct arena *arena,
	       struct store_held *out) BOUNCE_MUST_CHECK;

/* Writes what it does now: the transition and the new standing. */
struct store_release {
	struct store_key key;
	const struct store_held *held;
	const struct bounce_standing *before;
	const struct bounce_transition *transition;
	int64_t operation, policy;
};
int store_release_add(struct store *store, const struct store_release *release) BOUNCE_MUST_CHECK;

#endif
