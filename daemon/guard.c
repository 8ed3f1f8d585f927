/*
 * guard - holds what reports say while too many say it at once
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "guard.h"

#include "guard_trip.h"
#include "tell.h"

#define LOOKS 16
#define MAILING_LASTS (5 * STATE_DAY) /* so long mail servers try: what comes back is of it */

/* Only what speaks against an address for good can be held. Pauses end by themselves. */
static bool
can_be_held(const struct bounce_transition *t)
{
	switch (t->event) {
	case BOUNCE_EVENT_STRIKE:
	case BOUNCE_EVENT_OUT:
	case BOUNCE_EVENT_RELAPSE:
	case BOUNCE_EVENT_LOST:
	case BOUNCE_EVENT_GONE:
		return true;
	case BOUNCE_EVENT_NOTE:
	case BOUNCE_EVENT_UNTRUSTED:
	case BOUNCE_EVENT_UNWANTED:
	case BOUNCE_EVENT_PAUSE:
	case BOUNCE_EVENT_COMPLAIN:
	case BOUNCE_EVENT_PROOF:
	case BOUNCE_EVENT_REVIVE:
	case BOUNCE_EVENT_KILL:
	case BOUNCE_EVENT_PIN_OK:
	case BOUNCE_EVENT_PIN_DEAD:
	case BOUNCE_EVENT_UNPIN:
	case BOUNCE_EVENT_COUNT:
		break;
	}
	return false;
}

/* Does the address begin to fail for good with this report? So that each counts once in a window.
 */
static bool
begins(const struct guard_report *r, const struct breaker_limits *limits)
{
	int64_t last = r->before->strike_day * STATE_DAY;

	if (r->verdict->severity != BOUNCE_SEVERITY_HARD)
		return false;
	if (r->before->strike_day != 0 && last + limits->window > r->time)
		return false;
	return r->transition->strike > 0 || r->transition->changed;
}

static int
count(struct store *store, const struct store_commons *commons, int64_t time)
{
	if (store_surge_add(store, &STORE_SURGE_ALL, time) < 0)
		return -1;
	for (unsigned kind = 0; kind < BREAKER_KIND_COUNT; kind++) {
		const struct store_surge what = { breaker_kind_name((enum breaker_kind)kind),
						  commons->name[kind] };

		if (!span_empty(what.name) && store_surge_add(store, &what, time) < 0)
			return -1;
	}
	return 0;
}

/* Servers and texts have no recipients that anybody could count. */
static bool
kind_is_mailed(const struct store_surge *what)
{
	return strcmp(what->kind, breaker_kind_name(BREAKER_DOMAIN)) == 0 ||
	       strcmp(what->kind, breaker_kind_name(BREAKER_LIST)) == 0;
}

static int64_t
window_days(const struct breaker_limits *limits)
{
	return (limits->window + STATE_DAY - 1) / STATE_DAY;
}

/* What is usual is asked only where there are enough addresses: it looks at many rows. */
static int
look_back(struct store *store, const struct store_surge *what, const struct breaker_limits *limits,
	  struct breaker_counts *out, int64_t time)
{
	const int64_t until = time - limits->window;
	uint64_t days = (uint64_t)window_days(limits);
	int64_t oldest;

	if (store_surge_usual(store, what, until, &out->usual, &oldest) < 0 ||
	    store_surge_usual(store, &STORE_SURGE_ALL, until, &out->usual_all, &oldest) < 0)
		return -1;
	out->usual *= days;
	out->usual_all *= days;
	if (kind_is_mailed(what) &&
	    store_mailed(store, what, until - MAILING_LASTS, time, &out->mailed) < 0)
		return -1;
	out->history = oldest != 0 && oldest <= until - BREAKER_LEAST_HISTORY_DAYS * STATE_DAY;
	return store_surge_count(store, &STORE_SURGE_ALL, time - limits->window, &out->all, NULL);
}

/* Of a server's addresses most may be of the report's own domain: then it is that domain's matter,
 * of which more is known. */
static int
is_of_domain(struct store *store, const struct guard_trip *trip, int64_t since, bool *out)
{
	const struct store_surge domain = { breaker_kind_name(BREAKER_DOMAIN),
					    trip->commons.name[BREAKER_DOMAIN] };
	uint64_t count;

	*out = false;
	if (trip->kind != BREAKER_MTA)
		return 0;
	if (store_surge_count(store, &domain, since, &count, NULL) < 0)
		return -1;
	*out = count > trip->counts.failed / 2;
	return 0;
}

/* What is usual takes hundreds of rows to tell: of many addresses it is asked once for each
 * sixteenth more. A trip that comes so much later takes back so much more, and nothing is lost. */
static bool
is_worth_a_look(uint64_t failed, unsigned least)
{
	uint64_t step = 1;

	while (step * 2 <= failed / LOOKS)
		step *= 2;
	return failed > least && (failed <= 2 * (uint64_t)least || failed % step == 0);
}

/* Is there an incident of that kind with this report? It is begun then. */
static int
try_kind(struct store *store, const struct config *config, const struct guard_report *r,
	 struct guard_trip *trip, int64_t *incident)
{
	const struct breaker_limits *limits = &config->incident;
	const int64_t since = r->time - limits->window;
	const struct store_surge what = { breaker_kind_name(trip->kind),
					  trip->commons.name[trip->kind] };
	bool of_domain;

	trip->counts = (struct breaker_counts){ 0 };
	if (store_surge_count(store, &what, since, &trip->counts.failed, &trip->first) < 0)
		return -1;
	if (!is_worth_a_look(trip->counts.failed, breaker_least(trip->kind, limits)))
		return 0;
	if (is_of_domain(store, trip, since, &of_domain) < 0)
		return -1;
	if (of_domain)
		return 0;
	if (look_back(store, &what, limits, &trip->counts, r->time) < 0)
		return -1;
	if (!breaker_trips(trip->kind, &trip->counts, limits))
		return 0;
	return guard_trip(store, config, r, trip, incident);
}

static int
count_and_try(struct store *store, const struct config *config, const struct guard_report *r,
	      const struct store_commons *commons, int64_t *incident)
{
	struct guard_trip trip = { .commons = *commons };

	if (!begins(r, &config->incident))
		return 0;
	if (count(store, commons, r->time) < 0)
		return -1;
	for (unsigned kind = 0; kind < BREAKER_KIND_COUNT && *incident == 0; kind++) {
		trip.kind = (enum breaker_kind)kind;
		if (!span_empty(commons->name[kind]) &&
		    try_kind(store, config, r, &trip, incident) < 0)
			return -1;
	}
	return 0;
}

/* Is it over? One that was released is after `quiet`. One that holds is when there was no more for
 * as long than is usual, or than would have begun one. */
static int
is_over(struct store *store, const struct breaker_limits *limits,
	const struct store_incident *incident, int64_t time, bool *over)
{
	struct guard_held held;
	uint64_t lately;

	*over = incident->last_at + limits->quiet <= time;
	if (incident->released)
		*over = incident->decided_at + limits->quiet <= time;
	if (*over || incident->released || incident->opened_at + limits->quiet > time)
		return 0;
	guard_held(incident->id, &held);
	if (store_surge_count(store, &held.surge, time - limits->quiet, &lately, NULL) < 0)
		return -1;
	*over = lately <= limits->domain_addresses || lately <= incident->usual;
	return 0;
}

/* It holds no more. Who decided knows; else what it held waits for somebody to. */
static int
end(struct store *store, const struct config *config, const struct store_incident *incident,
    int64_t time)
{
	if (store_incident_end(store, incident->id, time) < 0)
		return -1;
	return incident->decided_at != 0 ? 0 : tell_incident(store, config, incident->id, time);
}

/* A report that belongs to an incident, which holds it where that was not released. */
static int
join(struct store *store, const struct store_incident *active, int64_t time, int64_t *incident)
{
	if (active->released)
		return 0;
	*incident = active->id;
	if (store_incident_seen(store, active->id, time) < 0)
		return -1;
	return guard_count_held(store, active->id, time);
}

int
guard_ask(struct store *store, const struct config *config, const struct guard_report *report,
	  int64_t *incident)
{
	const struct breaker_limits *limits = &config->incident;
	struct store_incident active = { 0 };
	struct store_commons commons;
	struct guard_text text;
	bool over = true;
	int found;

	*incident = 0;
	if (!limits->hold || !can_be_held(report->transition))
		return 0;
	guard_commons(report, &text, &commons);
	found = store_incident_active(store, &commons, &active);
	if (found < 0)
		return -1;
	if (found > 0 && is_over(store, limits, &active, report->time, &over) < 0)
		return -1;
	if (!over)
		return join(store, &active, report->time, incident);
	if (found > 0 && end(store, config, &active, report->time) < 0)
		return -1;
	return count_and_try(store, config, report, &commons, incident);
}

/* In a transaction of its own, with what hooks are told of it. */
static int
end_alone(struct store *store, const struct config *config, const struct store_incident *incident,
	  int64_t time)
{
	if (store_begin(store) < 0)
		return -1;
	if (end(store, config, incident, time) < 0 || store_commit(store) < 0) {
		store_rollback(store);
		return -1;
	}
	log_info("incident %lld is over: nothing more is held", (long long)incident->id);
	return 1;
}

int
guard_sweep(struct store *store, const struct config *config, int64_t horizon, int64_t now)
{
	struct store_incident incident = { .id = 0 };
	bool over = false;
	int found;

	while ((found = store_incident_open(store, incident.id, &incident)) > 0) {
		if (is_over(store, &config->incident, &incident, horizon, &over) < 0)
			return -1;
		if (over)
			return end_alone(store, config, &incident, now);
	}
	return found;
}
