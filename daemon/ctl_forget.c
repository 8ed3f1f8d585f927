/*
 * ctl_forget - bouncectl forget, and what other commands say of who was forgotten
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_forget.h"

#include <inttypes.h>
#include <sysexits.h>

#include "ctl_operate.h"
#include "forget.h"
#include "log.h"

static void
print_result(const struct forget *f, const char *address)
{
	ctl_prints(stdout, address);
	printf(": %s%" PRId64 " entries, %" PRId64 " reports and %d standings go%s",
	       f->dry ? "would be: " : "", f->entries, f->reports, f->standings,
	       f->dry ? "" : "ne");
	if (!f->dry)
		printf("; texts about others: %" PRIu64 ", hooks' payloads: %" PRIu64
		       ", messages' ids: %" PRIu64 ", other words: %d",
		       f->mentions[STORE_MENTION_EVENT], f->mentions[STORE_MENTION_OUTBOX],
		       f->mentions[STORE_MENTION_MESSAGE], f->words);
	putchar('\n');
	if (f->kept > 0)
		printf("  the suppression %s kept%s%s\n", f->dry ? "would be" : "is",
		       f->dry ? "" : ", as ", f->pseudonym);
}

/* Said when everything is done that can be. */
static int
print_left(const struct forget *f, const char *state, const char *address)
{
	int64_t left;

	if (f->log_open)
		return ctl_fail(
			EX_TEMPFAIL,
			"a program reads the database and keeps its log, which may name the "
			"address; end that program and run this once more");
	left = forget_left(state, span_of(address));
	if (left < 0)
		return ctl_fail(EX_IOERR, "%s: cannot be read to see whether anything is left",
				state);
	if (left > 0)
		return ctl_fail(
			EX_TEMPFAIL,
			"%" PRId64 " copies of it stand in %s all the same: in room that an "
			"older version freed, or in a report that came just now. Run this "
			"once more; if that does not help stop mailbounced, run \"sqlite3 %s "
			"VACUUM\", and start it",
			left, state, state);
	return EX_OK;
}

static int
forget_one(struct forget *f, const char *state, const char *address)
{
	if (forget_address(f, span_of(address)) < 0)
		return ctl_fail(EX_UNAVAILABLE, "%s; not all is done: run it again",
				store_error(f->store));
	print_result(f, address);
	return f->dry ? EX_OK : print_left(f, state, address);
}

static int
run_forget(struct ctl_operate *o, const struct ctl_context *context, const char *text, bool dry)
{
	struct forget f = { .dry = dry };
	char *address = ctl_address(text);
	int status;

	if (address == NULL)
		return EX_DATAERR;
	if (o->why == NULL)
		o->why = "asked to be forgotten";
	if (strstr(o->why, "@") != NULL || (o->who != NULL && strstr(o->who, "@") != NULL))
		status = ctl_usage(&ctl_forget, "name no address with --why or --who: both stay");
	else
		status = ctl_operate_open(o, context, &ctl_forget);
	if (status == EX_OK) {
		f.store = o->operate.store;
		f.what = o->operate.what;
		status = forget_one(&f, store_path(f.store), address);
	}
	free(address);
	return status;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct ctl_operate o = { .no_hooks = true };
	bool dry = false;
	const struct ctl_option options[] = {
		{ "why", NULL, &o.why },
		{ "who", NULL, &o.who },
		{ "dry-run", &dry, NULL },
		{ NULL, NULL, NULL },
	};
	int count, status = EX_USAGE;

	ctl_operate_begin(&o, argc, argv);
	count = ctl_options(&ctl_forget, options, argc, argv);
	if (count == 1)
		status = run_forget(&o, context, argv[0], dry);
	else if (count >= 0)
		ctl_usage(&ctl_forget, "wants one address");
	status = ctl_operate_close(&o, status);
	return status == EX_OK ? ctl_finish() : status;
}

int
ctl_known_as(struct store *store, char **address, int64_t *forgotten_at)
{
	char pseudonym[STORE_PSEUDONYM_SIZE];
	int forgotten = store_forgotten(store, span_of(*address), pseudonym, forgotten_at);

	if (forgotten <= 0)
		return forgotten;
	free(*address);
	*address = xstrdup(pseudonym);
	return 1;
}

const struct ctl_command ctl_forget = {
	.name = "forget",
	.arguments = "ADDRESS [--dry-run] [--who WHO] [--why TEXT]",
	.help = "delete all that names an address; who must not be mailed stays suppressed",
	.run = run,
};
