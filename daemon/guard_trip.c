/*
 * guard_trip - the beginning of an incident
 *
 * All of it stands in the transaction of the report that did it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard_trip.h"

#include <inttypes.h>

#include "operate.h"
#include "store_forget.h"
#include "tell.h"

#define HOUR INT64_C(3600)

/* The host's name, without what stands behind it: "mx.example.com [192.0.2.1]". */
static struct span
host_of(struct span remote_mta)
{
	struct span host = { remote_mta.p, remote_mta.p };

	while (host.end < remote_mta.end && strchr(" \t([", *host.end) == NULL)
		host.end++;
	return host;
}

void
guard_commons(const struct guard_report *report, struct guard_text *text, struct store_commons *out)
{
	struct span site = breaker_site(host_of(report->remote_mta));

	*out = (struct store_commons){ 0 };
	/* Who was forgotten shares his domain with all others who were. */
	if (!store_is_pseudonym(report->address))
		out->name[BREAKER_DOMAIN] = report->domain;
	if (!span_ieq(site, breaker_site(report->domain)))
		out->name[BREAKER_MTA] = site;
	out->name[BREAKER_LIST] = report->list;
	out->name[BREAKER_TEXT] = span_make(
		text->bytes, breaker_text(report->diagnostic, report->address, text->bytes));
}

void
guard_held(int64_t incident, struct guard_held *out)
{
	snprintf(out->id, sizeof(out->id), "%" PRId64, incident);
	out->surge = (struct store_surge){ "incident", span_of(out->id) };
}

int
guard_count_held(struct store *store, int64_t incident, int64_t time)
{
	struct guard_held held;

	guard_held(incident, &held);
	return store_surge_add(store, &held.surge, time);
}

/* What an incident holds is not counted among what fails. */
static int
uncount(struct store *store, const struct store_commons *commons, int64_t time)
{
	if (store_surge_take(store, &STORE_SURGE_ALL, time) < 0)
		return -1;
	for (unsigned kind = 0; kind < BREAKER_KIND_COUNT; kind++) {
		const struct store_surge what = { breaker_kind_name((enum breaker_kind)kind),
						  commons->name[kind] };

		if (!span_empty(what.name) && store_surge_take(store, &what, time) < 0)
			return -1;
	}
	return 0;
}

/* What the steps below share. */
struct work {
	struct operate operate;
	struct store_taking taking;
	enum breaker_kind kind;
	int64_t time;
	uint64_t taken; /* reports taken back */
};

/* In its hour: counts know no smaller time. */
static bool
is_within(const struct work *w, int64_t time)
{
	return time / HOUR > w->taking.since / HOUR;
}

static int
take_back(struct work *w, int64_t transition, struct arena *arena)
{
	struct store *store = w->operate.store;
	struct store_undo undo = { .until = INT64_MAX, .transition = transition };
	const struct store_hold hold = { transition, w->taking.incident, w->operate.id, w->time };
	struct operate_change change;
	struct guard_report report = { 0 };
	struct store_commons commons;
	struct store_suspect suspect;
	struct guard_text text;

	if (store_incident_suspect(store, transition, w->taking.first, arena, &suspect) < 0)
		return -1;
	report.address = suspect.key.address;
	report.domain = suspect.domain;
	report.remote_mta = suspect.remote_mta;
	report.list = suspect.list;
	report.diagnostic = suspect.diagnostic;
	guard_commons(&report, &text, &commons);
	if (!is_within(w, suspect.time) || !span_ieq(commons.name[w->kind], w->taking.what.name))
		return 0;
	if (operate_undo(&w->operate, &undo, &suspect.key, &change) < 0)
		return -1;
	if (change.taken == 0)
		return 0;
	w->taken++;
	if (store_incident_hold(store, &hold) < 0 ||
	    (suspect.counted && uncount(store, &commons, suspect.time) < 0))
		return -1;
	return guard_count_held(store, w->taking.incident, w->time);
}

/* So many transitions are looked at in one transaction, of which STORE_SUSPECTS are looked at
 * closely: the mailboxes wait meanwhile. */
static int
take_slice(struct work *w)
{
	struct store_taking *t = &w->taking;
	int64_t ids[STORE_SUSPECTS], until = t->next + GUARD_SLICE - 1;
	struct arena arena;
	int count, result = 0;

	if (until > t->last)
		until = t->last;
	count = store_incident_suspects(w->operate.store, t, until, ids);
	arena_init(&arena, 0);
	for (int i = 0; i < count && result == 0; i++) {
		arena_reset(&arena);
		result = take_back(w, ids[i], &arena);
	}
	arena_free(&arena);
	if (count < 0 || result < 0)
		return -1;
	t->next = (count < STORE_SUSPECTS ? until : ids[count - 1]) + 1;
	return store_taking_progress(w->operate.store, t);
}

/* "21 addresses within 24 h, usually 2, of 150 mailed; 33 in all began to fail" */
static void
describe(const struct breaker_counts *c, const struct config *config, struct buf *out)
{
	buf_addf(out, "%" PRIu64 " addresses within %" PRId64 " h", c->failed,
		 config->incident.window / HOUR);
	if (c->history)
		buf_addf(out, ", usually %" PRIu64, c->usual);
	if (c->mailed > 0)
		buf_addf(out, ", of %" PRIu64 " mailed", c->mailed);
	buf_addf(out, "; %" PRIu64 " in all began to fail", c->all);
}

/* What is taken back names it. */
static int
write_operation(struct work *w)
{
	struct store *store = w->operate.store;
	struct buf arguments = BUF_INIT;
	int result;

	buf_addf(&arguments, "%s ", w->taking.what.kind);
	buf_add(&arguments, w->taking.what.name);
	w->operate.what.arguments = buf_str(&arguments);
	result = store_operation_add(store, &w->operate.what, &w->operate.id);
	w->operate.what.arguments = "";
	buf_free(&arguments);
	return result;
}

static int
write_incident(struct work *w, const struct guard_report *report, const struct guard_trip *trip)
{
	struct store *store = w->operate.store;
	struct store_incident_start start = {
		.kind = trip->kind,
		.name = w->taking.what.name,
		.counts = trip->counts,
		.verdict = report->verdict,
		.diagnostic = report->diagnostic,
		.time = w->time,
	};

	if (store_policy_write(store, w->time) < 0 ||
	    store_policy_now(store, &w->operate.policy) < 0 || write_operation(w) < 0)
		return -1;
	start.operation = w->operate.id;
	if (store_incident_add(store, &start, &w->taking.incident) < 0)
		return -1;
	return store_taking_add(store, &w->taking);
}

/* Once an incident. The alert stands among those of "bouncectl stats" as well. */
static int
tell_operator(const struct work *w, const struct guard_report *r)
{
	const struct store_taking *t = &w->taking;
	bool first;

	if (store_alert(w->operate.store, r->verdict->reason, t->what.name, w->time, &first) < 0)
		return -1;
	log_warn(
		"incident %" PRId64 ": %s %.*s: %s, fail alike, which is rather a fault of a "
		"server than of so many addresses; they stay as they were (%" PRIu64
		" changes taken back%s), and all such reports are held until you decide: bouncectl "
		"incident show %" PRId64 ", then release or rollback; the last one said: %.*s",
		t->incident, t->what.kind, SPAN_ARG(t->what.name), w->operate.what.why, w->taken,
		t->next > t->last ? "" : " so far", t->incident, SPAN_ARG(r->diagnostic));
	return tell_incident(w->operate.store, w->operate.config, t->incident, w->time);
}

static void
begin_work(struct work *w, struct store *store, const struct config *config, int64_t time)
{
	*w = (struct work){
		.operate = { .store = store,
			     .replay = replay_new(store),
			     .config = config,
			     .within = true,
			     .what = { .time = time,
				       .who = "mailbounced",
				       .what = "incident",
				       .arguments = "" } },
		.time = time,
	};
}

static void
end_work(struct work *w, int result)
{
	if (result < 0 && store_error(w->operate.store)[0] == '\0')
		log_warn("incident: %s", replay_error(w->operate.replay));
	replay_free(w->operate.replay);
}

int
guard_trip(struct store *store, const struct config *config, const struct guard_report *report,
	   const struct guard_trip *trip, int64_t *incident)
{
	struct buf why = BUF_INIT;
	struct work w;
	int result;

	begin_work(&w, store, config, report->time);
	describe(&trip->counts, config, &why);
	w.operate.what.why = buf_str(&why);
	w.kind = trip->kind;
	w.taking.what = (struct store_surge){ breaker_kind_name(trip->kind),
					      trip->commons.name[trip->kind] };
	w.taking.first = trip->first;
	w.taking.since = report->time - config->incident.window;
	result = write_incident(&w, report, trip);
	if (result == 0)
		result = take_slice(&w);
	if (result == 0)
		result = uncount(store, &trip->commons, report->time);
	if (result == 0)
		result = guard_count_held(store, w.taking.incident, report->time);
	if (result == 0)
		result = tell_operator(&w, report);
	*incident = w.taking.incident;
	end_work(&w, result);
	buf_free(&why);
	return result;
}

static enum breaker_kind
kind_of(const char *word)
{
	unsigned kind = 0;

	while (strcmp(word, breaker_kind_name((enum breaker_kind)kind)) != 0)
		kind++;
	return (enum breaker_kind)kind;
}

/* The next slice, in a transaction of its own. */
static int
resume(struct work *w)
{
	struct store *store = w->operate.store;

	w->operate.id = w->taking.operation;
	w->kind = kind_of(w->taking.what.kind);
	if (store_begin(store) < 0)
		return -1;
	if (store_policy_write(store, w->time) < 0 ||
	    store_policy_now(store, &w->operate.policy) < 0 || take_slice(w) < 0 ||
	    store_commit(store) < 0) {
		store_rollback(store);
		return -1;
	}
	if (w->taking.next > w->taking.last)
		log_info("incident %" PRId64 ": all that it did before is taken back",
			 w->taking.incident);
	return 1;
}

int
guard_resume(struct store *store, const struct config *config, int64_t now)
{
	struct arena arena;
	struct buf why = BUF_INIT;
	struct work w;
	int result;

	begin_work(&w, store, config, now);
	arena_init(&arena, 0);
	result = store_taking_next(store, &arena, &w.taking);
	buf_add(&why, w.taking.why);
	w.operate.what.why = buf_str(&why);
	if (result > 0)
		result = resume(&w);
	end_work(&w, result);
	arena_free(&arena);
	buf_free(&why);
	return result;
}
