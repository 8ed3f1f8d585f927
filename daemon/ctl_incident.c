/*
 * ctl_incident - bouncectl incident: what is held because many failed alike, and the word on it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <sysexits.h>

#include "ctl_operate.h"
#include "store_incident.h"
#include "tell.h"

#define SHOWN 20 /* held reports that people are shown unless they ask for all */

struct incident {
	struct ctl_operate common;
	bool json, all;
	const char *number;
	int64_t id;
	bool decided; /* so already: what is left is done, and nobody is told again */
	/* Of a release. */
	uint64_t answered[OPERATE_COUNTS + 1];
};

static bool
print_line(void *context, int columns, const char *const *names, const char *const *values)
{
	const struct ctl_row row = { columns, names, values };

	(void)context;
	printf("%s  %-8s  %s  ", ctl_value(&row, "incident"), ctl_value(&row, "state"),
	       ctl_value(&row, "opened"));
	printf("%s ", ctl_value(&row, "kind"));
	ctl_prints(stdout, ctl_value(&row, "name"));
	printf(": %s addresses held, %s\n", ctl_value(&row, "held_addresses"),
	       ctl_value(&row, "reason"));
	return true;
}

static bool
print_json(void *context, int columns, const char *const *names, const char *const *values)
{
	const struct ctl_row row = { columns, names, values };
	struct buf out = BUF_INIT;
	struct json j;

	(void)context;
	json_init(&j, &out);
	json_object(&j, NULL);
	ctl_json_row(&j, &row);
	json_end_object(&j);
	buf_addc(&out, '\n');
	ctl_flush(&out);
	buf_free(&out);
	return true;
}

static void
print_field(const char *name, const struct ctl_row *row, const char *column)
{
	const char *value = ctl_value(row, column);

	if (value[0] == '\0')
		return;
	printf("%-11s", name);
	ctl_prints(stdout, value);
	putchar('\n');
}

static bool
print_whole(void *context, int columns, const char *const *names, const char *const *values)
{
	const struct ctl_row row = { columns, names, values };

	(void)context;
	printf("incident %s: %s ", ctl_value(&row, "incident"), ctl_value(&row, "kind"));
	ctl_prints(stdout, ctl_value(&row, "name"));
	putchar('\n');
	print_field("state", &row, "state");
	print_field("opened", &row, "opened");
	print_field("last", &row, "last");
	print_field("began with", &row, "addresses");
	print_field("usual", &row, "usual");
	print_field("mailed", &row, "mailed");
	print_field("reason", &row, "reason");
	print_field("status", &row, "status");
	print_field("it said", &row, "diagnostic");
	print_field("held", &row, "held");
	print_field("addresses", &row, "held_addresses");
	print_field("decided", &row, "decided");
	print_field("who", &row, "who");
	print_field("why", &row, "why");
	print_field("operation", &row, "decided_by");
	return true;
}

static bool
print_held(void *context, int columns, const char *const *names, const char *const *values)
{
	const struct ctl_row row = { columns, names, values };

	(void)context;
	printf("  %s  ", ctl_value(&row, "time"));
	ctl_prints(stdout, ctl_value(&row, "address"));
	printf("  %s  ", ctl_value(&row, "reason"));
	ctl_prints(stdout, ctl_value(&row, "diagnostic"));
	putchar('\n');
	return true;
}

/* The reports that it holds: to a program all of them. */
static int
look_at_held(const struct incident *incident, struct store *store)
{
	const bool some = !incident->all && !incident->json;
	char limit[12];
	const char *const held[] = { "incident", incident->number, "limit", some ? limit : NULL,
				     NULL };
	int rows;

	snprintf(limit, sizeof(limit), "%d", SHOWN);
	rows = store_query(store, "incident_show", held, incident->json ? print_json : print_held,
			   NULL);
	if (some && rows == SHOWN)
		printf("  (the first %d; --all shows every one)\n", SHOWN);
	return rows;
}

/* Rows, or -1 after saying why, *status the exit code. */
static int
look(const struct incident *incident, struct store *store, bool whole, int *status)
{
	const char *const which[] = { "incident", incident->number, NULL };
	int rows = store_query(store, "incident_list", which,
			       incident->json ? print_json
			       : whole        ? print_whole
					      : print_line,
			       NULL);

	if (rows > 0 && whole && look_at_held(incident, store) < 0)
		rows = -1;
	if (rows < 0)
		*status = ctl_store_failed(store);
	return rows;
}

static int
run_list(struct incident *incident, const struct ctl_context *context)
{
	int status = EX_OK, rows;
	struct store *store = ctl_store(context, &status);

	if (store == NULL)
		return status;
	rows = look(incident, store, false, &status);
	if (rows == 0 && !incident->json)
		puts("no incident");
	store_close(store);
	return status;
}

static int
run_show(struct incident *incident, const struct ctl_context *context)
{
	int status = EX_OK;
	struct store *store = ctl_store(context, &status);

	if (store == NULL)
		return status;
	if (look(incident, store, true, &status) == 0)
		status = ctl_fail(EX_DATAERR, "there is no incident %" PRId64, incident->id);
	store_close(store);
	return status;
}

static int
on_held(void *context, int64_t held, const struct store_key *key)
{
	struct incident *incident = context;
	struct operate_change change;
	enum operate_answer answer;

	if (operate_release(&incident->common.operate, held, key, &change, &answer) < 0)
		return -1;
	incident->answered[answer]++;
	return 0;
}

/* The word, and hooks are told of it. */
static int
decide(struct incident *incident, const char *decision)
{
	struct operate *o = &incident->common.operate;

	if (operate_begin(o) < 0 ||
	    store_incident_decide(o->store, incident->id, decision, o->id, o->what.time) < 0)
		return -1;
	if (!incident->decided && o->config != NULL &&
	    tell_incident(o->store, o->config, incident->id, o->what.time) < 0)
		return -1;
	return operate_end(o);
}

/* The decision first: what comes from now on is applied at once, and nothing more gets held. Run
 * again after an error it does what is left. */
static int
release(struct incident *incident)
{
	struct operate *o = &incident->common.operate;

	if (decide(incident, STORE_RELEASED) < 0 ||
	    store_incident_held(o->store, incident->id, on_held, incident) < 0 ||
	    operate_end(o) < 0)
		return ctl_operate_failed(&incident->common);
	printf("%" PRIu64 " reports did what they say", incident->answered[OPERATE_RELEASED]);
	if (incident->answered[OPERATE_OVERTAKEN] > 0)
		printf(", %" PRIu64 " did not, for a sign of life is newer",
		       incident->answered[OPERATE_OVERTAKEN]);
	if (incident->answered[OPERATE_COUNTS] > 0)
		printf(", %" PRIu64 " count already", incident->answered[OPERATE_COUNTS]);
	printf("; operation %" PRId64 "; bouncectl undo --operation %" PRId64 " takes it back\n",
	       o->id, o->id);
	return EX_OK;
}

static int
drop(struct incident *incident)
{
	const struct operate *o = &incident->common.operate;

	if (decide(incident, STORE_DROPPED) < 0)
		return ctl_operate_failed(&incident->common);
	printf("what it holds is dropped; operation %" PRId64
	       "; bouncectl incident release %" PRId64 " applies it after all\n",
	       o->id, incident->id);
	return EX_OK;
}

/* May that be decided? What was dropped may be released after all, and a release that was broken
 * off may go on. */
static int
check_decision(struct incident *incident, bool releases)
{
	struct store *store = incident->common.operate.store;
	struct store_decision decision;
	int found = store_incident_decision(store, incident->id, &decision);

	if (found < 0)
		return ctl_store_failed(store);
	if (found == 0)
		return ctl_fail(EX_DATAERR, "there is no incident %" PRId64, incident->id);
	if (!releases && decision.applied) {
		return ctl_fail(EX_DATAERR,
				"incident %" PRId64 " was released already; take that back first, "
				"with bouncectl undo --operation",
				incident->id);
	}
	incident->decided = strcmp(decision.word, releases ? STORE_RELEASED : STORE_DROPPED) == 0;
	return EX_OK;
}

static int
run_decision(struct incident *incident, const struct ctl_context *context, bool releases)
{
	int status = ctl_operate_open(&incident->common, context, &ctl_incident);

	if (status == EX_OK)
		status = check_decision(incident, releases);
	if (status != EX_OK)
		return status;
	return releases ? release(incident) : drop(incident);
}

static int
run_verb(struct incident *incident, const struct ctl_context *context, const char *verb,
	 const char *number)
{
	struct span rest = span_of(number != NULL ? number : "");
	uint64_t id;

	if (strcmp(verb, "list") == 0 && number == NULL)
		return run_list(incident, context);
	if (!span_number(&rest, INT64_MAX, &id) || !span_empty(rest) || id == 0)
		return ctl_usage(&ctl_incident, "give list, or show, release or rollback and the "
						"number of an incident");
	incident->number = number;
	incident->id = (int64_t)id;
	if (strcmp(verb, "show") == 0)
		return run_show(incident, context);
	if (strcmp(verb, "release") == 0)
		return run_decision(incident, context, true);
	if (strcmp(verb, "rollback") == 0)
		return run_decision(incident, context, false);
	return ctl_usage(&ctl_incident, "'%s' is none of list, show, release and rollback", verb);
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct incident incident = { 0 };
	const struct ctl_option options[] = {
		{ "why", NULL, &incident.common.why },
		{ "who", NULL, &incident.common.who },
		{ "json", &incident.json, NULL },
		{ "all", &incident.all, NULL },
		{ NULL, NULL, NULL },
	};
	int count, status = EX_USAGE;

	ctl_operate_begin(&incident.common, argc, argv);
	count = ctl_options(&ctl_incident, options, argc, argv);
	if (count == 0 || count > 2)
		ctl_usage(&ctl_incident, "give list, show N, release N or rollback N");
	else if (count > 0)
		status = run_verb(&incident, context, argv[0], count > 1 ? argv[1] : NULL);
	status = ctl_operate_close(&incident.common, status);
	return status == EX_OK ? ctl_finish() : status;
}

const struct ctl_command ctl_incident = {
	.name = "incident",
	.arguments = "list [--json] | show N [--all] [--json] | release N [--who WHO] --why TEXT | "
		     "rollback N [--who WHO] --why TEXT",
	.help = "what is held because many addresses failed alike, and what becomes of it",
	.run = run,
};
