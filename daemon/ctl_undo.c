/*
 * ctl_undo - bouncectl undo: what reports did is taken back, as if they had never come
 *
 * Each address is changed in one piece, and between some of them the daemon has its turn.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <sysexits.h>

#include "ctl_operate.h"
#include "store_incident.h"

struct undo {
	struct ctl_operate common;
	struct store_undo what;
	const char *since, *until, *operation;
	bool dry_run, quiet;
	/* What it comes to. */
	uint64_t taken, addresses, changes;
	int64_t beyond;  /* entries that cannot be taken back */
	int64_t dropped; /* addresses of which older entries are deleted */
	uint64_t moved[BOUNCE_STATE_COUNT][BOUNCE_STATE_COUNT];
};

static int
read_arguments(const struct ctl_context *context, struct undo *undo)
{
	struct store_undo *what = &undo->what;
	struct span number = span_of(undo->operation != NULL ? undo->operation : "");
	bool filtered = undo->since != NULL || undo->until != NULL || what->domain != NULL ||
			what->reason != NULL || what->rule != NULL || what->match != NULL;
	enum bounce_reason reason;
	uint64_t of = 0;

	what->until = INT64_MAX;
	if ((undo->since != NULL && ctl_time(undo->since, context->now, &what->since) != 0) ||
	    (undo->until != NULL && ctl_time(undo->until, context->now, &what->until) != 0))
		return ctl_usage(&ctl_undo,
				 "no time: write 2h, 2026-11-22 or 2026-11-22T18:00:00Z");
	if (what->until < what->since)
		return ctl_usage(
			&ctl_undo,
			"--until is before --since; of \"2h\" and \"1h\" ago, 2h is first");
	if (what->reason != NULL && bounce_reason_parse(span_of(what->reason), &reason) != 0)
		return ctl_usage(&ctl_undo, "'%s' is no reason; bouncectl(1) lists them",
				 what->reason);
	if (undo->operation != NULL &&
	    (!span_number(&number, INT64_MAX, &of) || !span_empty(number) || of == 0))
		return ctl_usage(&ctl_undo, "'%s' is no number of an operation", undo->operation);
	if (undo->operation != NULL && (filtered || what->all))
		return ctl_usage(&ctl_undo, "--operation takes all of one command back, no other "
					    "choice goes with it");
	what->of = (int64_t)of;
	if (!filtered && !what->all && what->of == 0)
		return ctl_usage(&ctl_undo, "say which reports, like --since 2h or --domain "
					    "example.com");
	return EX_OK;
}

static void
print_change(const struct undo *undo, const struct store_key *key,
	     const struct operate_change *change)
{
	if (undo->quiet || change->before.state == change->after.state)
		return;
	ctl_print_key(key);
	printf(": %s -> %s\n", bounce_state_name(change->before.state),
	       bounce_state_name(change->after.state));
}

static int
on_key(void *context, const struct store_key *key)
{
	struct undo *undo = context;
	struct operate_change change;

	if (operate_undo(&undo->common.operate, &undo->what, key, &change) < 0)
		return -1;
	if (change.taken == 0)
		return 0;
	undo->taken += (uint64_t)change.taken;
	undo->addresses++;
	undo->changes += !bounce_standing_same(&change.before, &change.after);
	undo->moved[change.before.state][change.after.state]++;
	print_change(undo, key, &change);
	return 0;
}

static void
print_sum(const struct undo *undo)
{
	printf("%s%" PRIu64 " entries of %" PRIu64 " addresses taken back, %" PRIu64
	       " standings change\n",
	       undo->dry_run ? "would be: " : "", undo->taken, undo->addresses, undo->changes);
	if (undo->beyond > 0)
		printf("%" PRId64 " more were recorded by an older version and cannot be taken "
		       "back; for single addresses use bouncectl revive\n",
		       undo->beyond);
	if (undo->dropped > 0) {
		printf("of %" PRId64 " addresses entries of that time are deleted (section "
		       "retention): what those did stays; bouncectl show tells of one address "
		       "what it was\n",
		       undo->dropped);
	}
	for (unsigned from = 0; from < BOUNCE_STATE_COUNT; from++) {
		for (unsigned to = 0; to < BOUNCE_STATE_COUNT; to++) {
			if (from == to || undo->moved[from][to] == 0)
				continue;
			printf("  %s -> %s: %" PRIu64 "\n",
			       bounce_state_name((enum bounce_state)from),
			       bounce_state_name((enum bounce_state)to), undo->moved[from][to]);
		}
	}
}

/* An operation that can be taken back? */
static int
check_operation(const struct undo *undo)
{
	struct store *store = undo->common.operate.store;
	int64_t of = undo->what.of, incident;
	int known = of == 0 ? 1 : store_operation_known(store, of);
	int dropped = known <= 0 ? 0 : store_incident_dropped_by(store, of, &incident);

	if (known < 0 || dropped < 0)
		return ctl_store_failed(store);
	if (known == 0)
		return ctl_fail(EX_DATAERR, "there is no operation %" PRId64, of);
	if (dropped > 0) {
		return ctl_fail(EX_DATAERR,
				"operation %" PRId64 " dropped what incident %" PRId64
				" holds, and changed no address; to apply it after all: bouncectl "
				"incident release %" PRId64,
				of, incident, incident);
	}
	return EX_OK;
}

/* An incident may still be at work: what its operation did is given back, and it goes no further.
 */
static int
stop_incident(struct undo *undo)
{
	struct operate *o = &undo->common.operate;
	int64_t incident;
	int found = undo->what.of == 0 ? 0 : store_taking_by(o->store, undo->what.of, &incident);

	if (found <= 0)
		return found;
	return operate_begin(o) < 0 ? -1 : store_taking_end(o->store, incident);
}

static int
undo_all(struct undo *undo)
{
	struct store *store = undo->common.operate.store;
	char *domain = ctl_lower(undo->what.domain);
	int status = check_operation(undo);

	undo->what.domain = domain;
	if (status == EX_OK &&
	    (stop_incident(undo) < 0 ||
	     (undo->what.of == 0 && (store_undo_beyond(store, &undo->what, &undo->beyond) < 0 ||
				     store_undo_dropped(store, &undo->what, &undo->dropped) < 0)) ||
	     store_undo_keys(store, &undo->what, on_key, undo) < 0))
		status = ctl_operate_failed(&undo->common);
	free(domain);
	undo->what.domain = NULL;
	return status;
}

static int
run_undo(struct undo *undo, const struct ctl_context *context)
{
	int status = read_arguments(context, undo);

	if (status == EX_OK)
		status = ctl_operate_open(&undo->common, context, &ctl_undo);
	if (status != EX_OK)
		return status;
	undo->common.operate.dry = undo->dry_run;
	status = undo_all(undo);
	if (status == EX_OK && operate_end(&undo->common.operate) < 0)
		status = ctl_operate_failed(&undo->common);
	if (status != EX_OK)
		return status;
	print_sum(undo);
	if (undo->taken > 0 && !undo->dry_run)
		printf("operation %" PRId64 "; bouncectl undo --operation %" PRId64
		       " takes it back\n",
		       undo->common.operate.id, undo->common.operate.id);
	return EX_OK;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct undo undo = { 0 };
	const struct ctl_option options[] = {
		{ "why", NULL, &undo.common.why },
		{ "who", NULL, &undo.common.who },
		{ "since", NULL, &undo.since },
		{ "until", NULL, &undo.until },
		{ "domain", NULL, &undo.what.domain },
		{ "reason", NULL, &undo.what.reason },
		{ "rule", NULL, &undo.what.rule },
		{ "match", NULL, &undo.what.match },
		{ "operation", NULL, &undo.operation },
		{ "all", &undo.what.all, NULL },
		{ "dry-run", &undo.dry_run, NULL },
		{ "quiet", &undo.quiet, NULL },
		{ NULL, NULL, NULL },
	};
	int count, status = EX_USAGE;

	ctl_operate_begin(&undo.common, argc, argv);
	count = ctl_options(&ctl_undo, options, argc, argv);
	if (count > 0)
		ctl_usage(&ctl_undo, "'%s' is no option; for one address use bouncectl revive",
			  argv[0]);
	if (count == 0)
		status = run_undo(&undo, context);
	status = ctl_operate_close(&undo.common, status);
	return status == EX_OK ? ctl_finish() : status;
}

const struct ctl_command ctl_undo = {
	.name = "undo",
	.arguments = "[--since TIME] [--until TIME] [--domain DOMAIN] [--reason REASON] "
		     "[--rule RULE] [--match TEXT] [--all] | --operation NUMBER [--dry-run] "
		     "[--quiet] [--who WHO] --why TEXT",
	.help = "take back what reports did, as if they had never come",
	.run = run,
};
