/*
 * ctl_diff - bouncectl replay --diff: what another configuration would have made of the ledger
 *
 * Every address's entries are judged once more, under the other policies; nothing is written. One
 * address at a time, so that a ledger of any length takes no more memory.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <sysexits.h>

#include "ctl.h"
#include "ctl_replay.h"

/* What an address would be, and because of what. */
struct outcome {
	enum bounce_event event; /* of the last entry that changed its state */
	int64_t time;            /* 0 = no entry does */
	char rule[100]; /* the operator's rule that decided then, or decided last; "" = none */
	char reason[40];
};

struct diff {
	struct replay *replay;
	int64_t now;
	bool as_json;
	struct buf out;
	struct json json;
	struct outcome outcome;
	uint64_t standings, differ;
	uint64_t moves[BOUNCE_STATE_COUNT][BOUNCE_STATE_COUNT];
	int status;
};

/* A pause that is over is none, whoever has not looked since. */
static enum bounce_state
state_at(const struct bounce_standing *s, int64_t now)
{
	bool waits = s->state == BOUNCE_STATE_BACKOFF || s->state == BOUNCE_STATE_SUSPENDED;

	return waits && bounce_mailable(s, now) ? BOUNCE_STATE_OK : s->state;
}

static void
on_entry(void *context, const struct store_entry *entry, const struct bounce_transition *t)
{
	struct diff *d = context;
	struct outcome *o = &d->outcome;

	if (t->changed || t->rule[0] != '\0')
		snprintf(o->rule, sizeof(o->rule), "%s", t->rule);
	if (!t->changed)
		return;
	o->event = t->event;
	o->time = entry->record.time;
	snprintf(o->reason, sizeof(o->reason), "%.*s", SPAN_ARG(entry->record.reason));
}

static void
tell_text(const struct diff *d, const struct store_key *key, const char *from, const char *to)
{
	const struct outcome *o = &d->outcome;

	ctl_print_key(key);
	printf(": %s -> %s, by ", from, to);
	if (o->rule[0] != '\0') {
		fputs("rule \"", stdout);
		ctl_prints(stdout, o->rule);
		putchar('"');
	} else {
		fputs("the policy", stdout);
	}
	if (o->time != 0)
		printf(" (%s%s%s)", bounce_event_name(o->event), o->reason[0] != '\0' ? ", " : "",
		       o->reason);
	putchar('\n');
}

static void
tell_json(struct diff *d, const struct store_key *key, const char *from, const char *to)
{
	const struct outcome *o = &d->outcome;
	struct json *j = &d->json;

	json_object(j, NULL);
	json_text(j, "address", key->address);
	json_text(j, "list", key->scope);
	json_string(j, "from", from);
	json_string(j, "to", to);
	json_string(j, "rule", o->rule);
	json_string(j, "event", o->time != 0 ? bounce_event_name(o->event) : "");
	json_string(j, "reason", o->reason);
	json_number(j, "time", o->time);
	json_end_object(j);
	ctl_flush(&d->out);
}

static int
on_standing(void *context, const struct store_key *key, const struct bounce_standing *written)
{
	static const struct bounce_standing unknown;
	struct diff *d = context;
	struct bounce_standing derived;
	enum bounce_state from, to;

	d->outcome = (struct outcome){ 0 };
	if (replay_derive(d->replay, key, &derived) < 0)
		return -1;
	d->standings++;
	from = state_at(written != NULL ? written : &unknown, d->now);
	to = state_at(&derived, d->now);
	if (from == to)
		return 0;
	d->differ++;
	d->moves[from][to]++;
	if (d->as_json)
		tell_json(d, key, bounce_state_name(from), bounce_state_name(to));
	else
		tell_text(d, key, bounce_state_name(from), bounce_state_name(to));
	return 0;
}

static void
tell_totals(struct diff *d)
{
	json_end_array(&d->json);
	json_array(&d->json, "totals");
	for (unsigned from = 0; from < BOUNCE_STATE_COUNT; from++) {
		for (unsigned to = 0; to < BOUNCE_STATE_COUNT; to++) {
			const char *a = bounce_state_name((enum bounce_state)from);
			const char *b = bounce_state_name((enum bounce_state)to);

			if (d->moves[from][to] == 0)
				continue;
			json_object(&d->json, NULL);
			json_string(&d->json, "from", a);
			json_string(&d->json, "to", b);
			json_number(&d->json, "standings", (int64_t)d->moves[from][to]);
			json_end_object(&d->json);
			if (!d->as_json)
				printf("%8" PRIu64 "  %s -> %s\n", d->moves[from][to], a, b);
		}
	}
	json_end_array(&d->json);
	json_number(&d->json, "standings", (int64_t)d->standings);
	json_number(&d->json, "differ", (int64_t)d->differ);
	json_end_object(&d->json);
	if (d->as_json) {
		ctl_flush(&d->out);
		putchar('\n');
	} else {
		printf("%" PRIu64 " of %" PRIu64
		       " standings would be another; nothing was changed\n",
		       d->differ, d->standings);
	}
}

int
ctl_diff(struct store *store, const struct config *config, bool as_json, int64_t now)
{
	struct diff d = { .replay = replay_new(store), .now = now, .as_json = as_json };
	int status = EX_OK;

	json_init(&d.json, &d.out);
	json_object(&d.json, NULL);
	json_array(&d.json, "changes");
	replay_under(d.replay, config);
	replay_watch(d.replay, on_entry, &d);
	if (store_standings(store, on_standing, &d) < 0)
		status = ctl_fail(EX_UNAVAILABLE, "%s", replay_error(d.replay));
	else
		tell_totals(&d);
	replay_free(d.replay);
	buf_free(&d.out);
	return status == EX_OK ? ctl_finish() : status;
}
