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
	const struct guard_report *report;
	const struct guard_trip *trip;
	int64_t since;    /* first second of the window */
	int64_t incident; /* its id */
	uint64_t taken;   /* reports taken back */
};

/* In its hour: counts know no smaller time. */
static bool
is_within(const struct work *w, int64_t time)
{
	return time / HOUR > w->since / HOUR;
}

static int
take_back(struct work *w, int64_t transition, struct arena *arena)
{
	struct store *store = w->operate.store;
	struct store_undo undo = { .until = INT64_MAX, .transition = transition };
	const struct store_hold hold = { transition, w->incident, w->operate.id, w->report->time };
	struct operate_change change;
	struct guard_report report = { 0 };
	struct store_commons commons;
	struct store_suspect suspect;
	struct guard_text text;

	if (store_incident_suspect(store, transition, w->trip->first, arena, &suspect) < 0)
		return -1;
	report.address = suspect.key.address;
	report.domain = suspect.domain;
	report.remote_mta = suspect.remote_mta;
	report.list = suspect.list;
	report.diagnostic = suspect.diagnostic;
	guard_commons(&report, &text, &commons);
	if (!is_within(w, suspect.time) ||
	    !span_ieq(commons.name[w->trip->kind], w->trip->commons.name[w->trip->kind]))
		return 0;
	if (operate_undo(&w->operate, &undo, &suspect.key, &change) < 0)
		return -1;
	if (change.taken == 0)
		return 0;
	w->taken++;
	if (store_incident_hold(store, &hold) < 0 ||
	    (suspect.counted && uncount(store, &commons, suspect.time) < 0))
		return -1;
	return guard_count_held(store, w->incident, w->report->time);
}

static int
take_all_back(struct work *w)
{
	const enum breaker_kind kind = w->trip->kind;
	const struct store_suspects among = {
		.what = { breaker_kind_name(kind), w->trip->commons.name[kind] },
		.first = w->trip->first,
		.since = w->since,
	};
	struct arena arena;
	int64_t *ids;
	size_t count;
	int result = store_incident_suspects(w->operate.store, &among, &ids, &count);

	arena_init(&arena, 0);
	for (size_t i = 0; i < count && result == 0; i++) {
		arena_reset(&arena);
		result = take_back(w, ids[i], &arena);
	}
	arena_free(&arena);
	free(ids);
	return result;
}

/* "21 addresses within 24 h, usually 2, of 150 mailed; 33 in all began to fail" */
static void
describe(const struct work *w, const struct config *config, struct buf *out)
{
	const struct breaker_counts *c = &w->trip->counts;

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
write_operation(struct work *w, const char *why)
{
	struct store *store = w->operate.store;
	enum breaker_kind kind = w->trip->kind;
	struct buf arguments = BUF_INIT;
	int result;

	buf_addf(&arguments, "%s ", breaker_kind_name(kind));
	buf_add(&arguments, w->trip->commons.name[kind]);
	w->operate.what = (struct store_operation){
		.time = w->report->time,
		.who = "mailbounced",
		.what = "incident",
		.arguments = buf_str(&arguments),
		.why = why,
	};
	result = store_operation_add(store, &w->operate.what, &w->operate.id);
	w->operate.what.arguments = "";
	buf_free(&arguments);
	return result;
}

static int
write_incident(struct work *w, const char *why)
{
	struct store *store = w->operate.store;
	struct store_incident_start start = {
		.kind = w->trip->kind,
		.name = w->trip->commons.name[w->trip->kind],
		.counts = w->trip->counts,
		.verdict = w->report->verdict,
		.diagnostic = w->report->diagnostic,
		.time = w->report->time,
	};

	if (store_policy_write(store, w->report->time) < 0 ||
	    store_policy_now(store, &w->operate.policy) < 0 || write_operation(w, why) < 0)
		return -1;
	start.operation = w->operate.id;
	return store_incident_add(store, &start, &w->incident);
}

/* Once an incident. The alert stands among those of "bouncectl stats" as well. */
static int
tell_operator(const struct work *w, const char *why)
{
	const struct guard_report *r = w->report;
	enum breaker_kind kind = w->trip->kind;
	struct span name = w->trip->commons.name[kind];
	bool first;

	if (store_alert(w->operate.store, r->verdict->reason, name, r->time, &first) < 0)
		return -1;
	log_warn("incident %" PRId64 ": %s %.*s: %s, fail alike, which is rather a fault of a "
		 "server than of so many addresses; they stay as they were (%" PRIu64
		 " changes taken back), and all such reports are held until you decide: bouncectl "
		 "incident show %" PRId64 ", then release or rollback; the last one said: %.*s",
		 w->incident, breaker_kind_name(kind), SPAN_ARG(name), why, w->taken, w->incident,
		 SPAN_ARG(r->diagnostic));
	return tell_incident(w->operate.store, w->operate.config, w->incident, r->time);
}

int
guard_trip(struct store *store, const struct config *config, const struct guard_report *report,
	   const struct guard_trip *trip, int64_t *incident)
{
	struct replay *replay = replay_new(store);
	struct buf why = BUF_INIT;
	struct work w = {
		.operate = { .store = store, .replay = replay, .config = config, .within = true },
		.report = report,
		.trip = trip,
		.since = report->time - config->incident.window,
	};
	int result;

	describe(&w, config, &why);
	w.operate.what.why = buf_str(&why);
	result = write_incident(&w, buf_str(&why));
	if (result == 0)
		result = take_all_back(&w);
	if (result == 0)
		result = uncount(store, &trip->commons, report->time);
	if (result == 0)
		result = guard_count_held(store, w.incident, report->time);
	if (result == 0)
		result = tell_operator(&w, buf_str(&why));
	if (result < 0 && store_error(store)[0] == '\0')
		log_warn("incident: %s", replay_error(replay));
	*incident = w.incident;
	buf_free(&why);
	replay_free(replay);
	return result;
}
