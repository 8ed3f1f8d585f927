/*
 * ctl_restore - bouncectl restore: filed mail back to where it came from
 *
 * It connects by itself, with the daemon's configuration and the daemon's code, and holds the
 * daemon's lock: two that move mail about at the same time would be in each other's way.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <sysexits.h>

#include "ctl.h"
#include "restore.h"

struct arguments {
	const char *since, *until, *account, *folder, *kind;
	bool dry_run, reprocess, quiet;
};

static void
tell(void *context, const char *account, const struct store_restorable *item,
     enum restore_outcome outcome, const char *why)
{
	static const char *const words[] = { "open", "restored", "gone", "refused" };
	const struct arguments *arguments = context;

	if (arguments->quiet && outcome == RESTORE_BACK)
		return;
	fputs(outcome == RESTORE_BACK && arguments->dry_run ? "would be restored" : words[outcome],
	      stdout);
	printf("  ");
	ctl_prints(stdout, account);
	putchar('/');
	ctl_prints(stdout, item->origin);
	fputs(" <- ", stdout);
	ctl_prints(stdout, item->trace.folder);
	printf("  %s  ", item->kind);
	ctl_prints(stdout, item->trace.message_id[0] != '\0' ? item->trace.message_id : "-");
	if (why[0] != '\0') {
		fputs("  ", stdout);
		ctl_prints(stdout, why);
	}
	putchar('\n');
}

static int
restore_with(const struct arguments *arguments, struct restore *restore)
{
	int result = restore_run(restore);

	printf("%" PRIu64 " %s, %" PRIu64 " gone, %" PRIu64 " refused\n",
	       restore->count[RESTORE_BACK], arguments->dry_run ? "would be restored" : "restored",
	       restore->count[RESTORE_GONE], restore->count[RESTORE_REFUSED]);
	if (result < 0)
		return ctl_fail(EX_TEMPFAIL, "not all could be looked at; run it again");
	if (restore->count[RESTORE_REFUSED] > 0)
		return ctl_fail(EX_TEMPFAIL, "the server refused some; mend that and run it again");
	return ctl_finish();
}

static bool
is_kind(const char *word)
{
	for (size_t kind = 0; kind < BOUNCE_KIND_COUNT; kind++) {
		if (strcmp(bounce_kind_name((enum bounce_kind)kind), word) == 0)
			return true;
	}
	return strcmp(word, "unreadable") == 0;
}

static int
read_arguments(const struct ctl_context *context, const struct arguments *arguments,
	       struct store_restore_filter *filter)
{
	*filter = (struct store_restore_filter){
		.until = INT64_MAX,
		.account = arguments->account,
		.folder = arguments->folder,
		.kind = arguments->kind,
	};
	if (arguments->since == NULL)
		return ctl_usage(&ctl_restore, "say since when, like --since 2h");
	if (ctl_time(arguments->since, context->now, &filter->since) != 0 ||
	    (arguments->until != NULL &&
	     ctl_time(arguments->until, context->now, &filter->until) != 0))
		return ctl_usage(&ctl_restore,
				 "no time: write 2h, 2026-11-22 or 2026-11-22T18:00:00Z");
	if (arguments->kind != NULL && !is_kind(arguments->kind)) {
		return ctl_usage(&ctl_restore,
				 "'%s' is no kind; the kinds are those of bouncectl "
				 "stats",
				 arguments->kind);
	}
	return EX_OK;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const struct ctl_option options[] = {
		{ "since", NULL, &arguments.since },
		{ "until", NULL, &arguments.until },
		{ "account", NULL, &arguments.account },
		{ "folder", NULL, &arguments.folder },
		{ "kind", NULL, &arguments.kind },
		{ "dry-run", &arguments.dry_run, NULL },
		{ "reprocess", &arguments.reprocess, NULL },
		{ "quiet", &arguments.quiet, NULL },
		{ NULL, NULL, NULL },
	};
	struct restore restore = { .tell = tell, .context = &arguments };
	int count = ctl_options(&ctl_restore, options, argc, argv), status;
	char error[STORE_ERROR_SIZE];
	struct config *config;

	if (count < 0)
		return EX_USAGE;
	if (count > 0)
		return ctl_usage(&ctl_restore, "'%s' is no option", argv[0]);
	status = read_arguments(context, &arguments, &restore.filter);
	if (status != EX_OK)
		return status;
	config = ctl_config(context, &status);
	if (config == NULL)
		return status;
	log_set_level(LOG_LEVEL_WARN);
	restore.config = config;
	restore.dry_run = arguments.dry_run;
	restore.reprocess = arguments.reprocess;
	restore.store =
		store_open(context->state_path != NULL ? context->state_path : config->state_path,
			   restore.dry_run ? STORE_READ : STORE_WRITE, error);
	status = restore.store == NULL ? ctl_fail(EX_UNAVAILABLE, "%s", error)
				       : restore_with(&arguments, &restore);
	store_close(restore.store);
	config_free(config);
	return status;
}

const struct ctl_command ctl_restore = {
	.name = "restore",
	.arguments = "--since TIME [--until TIME] [--account NAME] [--folder FOLDER] [--kind KIND] "
		     "[--dry-run] [--reprocess] [--quiet]",
	.help = "move filed mail back to where it came from; mailbounced must not run",
	.run = run,
};
