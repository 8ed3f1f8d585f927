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
	if (!f->dry) {
		printf("; texts about others: %" PRIu64 ", hooks' payloads: %" PRIu64
		       ", messages' ids: %" PRIu64 ", other words: %" PRIu64,
		       f->mentions[STORE_MENTION_EVENT], f->mentions[STORE_MENTION_OUTBOX],
		       f->mentions[STORE_MENTION_MESSAGE],
		       f->mentions[STORE_MENTION_ENTRY] + (uint64_t)f->words);
	}
	putchar('\n');
	if (f->kept > 0) {
		printf("  the suppression %s kept%s%s\n", f->dry ? "would be" : "is",
		       f->dry ? "" : ", as ", f->pseudonym);
	}
}

/* Said when everything is done that can be, and the database is closed. */
static int
print_left(const struct forget *f, const char *state, const char *address)
{
	int64_t left;

	if (f->log_open) {
		return ctl_fail(
			EX_TEMPFAIL,
			"a program reads the database and keeps its log, which may name the "
			"address; end that program and run this once more");
	}
	left = forget_left(state, span_of(address));
	if (left < 0) {
		return ctl_fail(EX_IOERR, "%s: cannot be read to see whether anything is left",
				state);
	}
	if (left > 0) {
		return ctl_fail(
			EX_TEMPFAIL,
			"no row names it any more, but in unused room of %s it stands %" PRId64
			" times: SQLite moved rows once. New rows will take that room; to "
			"be sure now run this once more with --vacuum, which writes the file "
			"anew",
			state, left);
	}
	return EX_OK;
}

struct command {
	struct ctl_operate common;
	struct forget forget;
	char *address, *state;
};

static int
forget_one(struct command *c, const struct ctl_context *context)
{
	struct forget *f = &c->forget;
	int status;

	if (c->common.why == NULL)
		c->common.why = "asked to be forgotten";
	if (strchr(c->common.why, '@') != NULL ||
	    (c->common.who != NULL && strchr(c->common.who, '@') != NULL))
		return ctl_usage(&ctl_forget, "name no address with --why or --who: both stay");
	status = ctl_operate_open(&c->common, context, &ctl_forget);
	if (status != EX_OK)
		return status;
	f->store = c->common.operate.store;
	f->what = c->common.operate.what;
	c->state = xstrdup(store_path(f->store));
	if (forget_address(f, span_of(c->address)) < 0)
		return ctl_fail(EX_UNAVAILABLE, "%s; not all is done: run it again",
				store_error(f->store));
	print_result(f, c->address);
	return EX_OK;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct command c = { .common.no_hooks = true };
	const struct ctl_option options[] = {
		{ "why", NULL, &c.common.why },
		{ "who", NULL, &c.common.who },
		{ "dry-run", &c.forget.dry, NULL },
		{ "vacuum", &c.forget.vacuum, NULL },
		{ NULL, NULL, NULL },
	};
	int count, status = EX_USAGE;

	ctl_operate_begin(&c.common, argc, argv);
	count = ctl_options(&ctl_forget, options, argc, argv);
	if (count >= 0 && count != 1)
		ctl_usage(&ctl_forget, "wants one address");
	if (count == 1) {
		c.address = ctl_address(argv[0]);
		status = c.address != NULL ? forget_one(&c, context) : EX_DATAERR;
	}
	status = ctl_operate_close(&c.common, status);
	if (status == EX_OK && !c.forget.dry)
		status = print_left(&c.forget, c.state, c.address);
	free(c.address);
	free(c.state);
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
	.arguments = "ADDRESS [--dry-run] [--vacuum] [--who WHO] [--why TEXT]",
	.help = "delete all that names an address; who must not be mailed stays suppressed",
	.run = run,
};
