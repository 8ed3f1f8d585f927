/*
 * ctl_replay - bouncectl replay
 *
 * Everything that is known of an address must follow from the ledger; where it does not, somebody
 * changed the database by hand, or we have a bug.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <inttypes.h>
#include <sysexits.h>

#include "ctl.h"
#include "ctl_replay.h"

static void
print_standing(const char *what, const struct bounce_standing *s)
{
	printf("  %-8s ", what);
	if (s == NULL) {
		puts("nothing");
		return;
	}
	printf("%s, score %u.%02u of %" PRId64 " (%u that day), since %" PRId64 ", until %" PRId64
	       ", level %u, paused %" PRId64 ", gone %" PRId64 ", confirmed %" PRId64
	       ", strike day %" PRId64 ", full day %" PRId64 "%s%s\n",
	       bounce_state_name(s->state), s->score / 100, s->score % 100, s->scored_at,
	       s->day_strike, s->since, s->until, s->level, s->paused_at, s->gone_at,
	       s->confirmed_at, s->strike_day, s->full_day, s->scored_at != 0 ? ", " : "",
	       s->scored_at != 0 ? bounce_reason_name(s->reason) : "");
}

static void
on_difference(void *context, const struct store_key *key, const struct bounce_standing *written,
	      const struct bounce_standing *derived)
{
	uint64_t *differ = context;

	(*differ)++;
	ctl_print_key(key);
	putchar('\n');
	print_standing("written", written);
	print_standing("derived", derived);
}

static int
check(struct store *store)
{
	struct replay *replay = replay_new(store);
	uint64_t checked, differ = 0;
	int result = replay_check(replay, &checked, on_difference, &differ), status = EX_OK;

	if (result < 0)
		status = ctl_fail(EX_UNAVAILABLE, "%s", replay_error(replay));
	else
		printf("%" PRIu64 " standings derived from the ledger, %" PRIu64 " differ\n",
		       checked, differ);
	replay_free(replay);
	if (result == 0) {
		status = ctl_finish();
		if (status == EX_OK && differ > 0)
			status = EX_DATAERR;
	}
	return status;
}

static int
diff(const struct ctl_context *context, struct store *store, const char *path, bool as_json)
{
	struct buf errors = BUF_INIT;
	struct config *config = config_read(path, &errors);
	int status;

	fputs(buf_str(&errors), stderr);
	buf_free(&errors);
	if (config == NULL)
		return ctl_fail(EX_CONFIG, "%s: not usable; repair it", path);
	status = ctl_diff(store, config, as_json, context->now);
	config_free(config);
	return status;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	bool wants_check = false, wants_diff = false, as_json = false;
	const char *path = NULL;
	const struct ctl_option options[] = {
		{ "check", &wants_check, NULL },
		{ "diff", &wants_diff, NULL },
		{ "json", &as_json, NULL },
		{ "config", NULL, &path },
		{ NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_replay, options, argc, argv), status = EX_OK;
	struct store *store;

	if (count < 0)
		return EX_USAGE;
	if (count > 0 || wants_check == wants_diff)
		return ctl_usage(&ctl_replay, "wants one of --check and --diff");
	if (wants_diff != (path != NULL))
		return ctl_usage(&ctl_replay, "--config FILE and --diff go together: the "
					      "configuration that is to be tried");
	if (as_json && !wants_diff)
		return ctl_usage(&ctl_replay, "--json goes with --diff");
	store = ctl_store(context, &status);
	if (store == NULL)
		return status;
	status = wants_diff ? diff(context, store, path, as_json) : check(store);
	store_close(store);
	return status;
}

const struct ctl_command ctl_replay = {
	.name = "replay",
	.arguments = "--check | --config FILE --diff [--json]",
	.help = "derive every standing anew from the ledger: which differ from what is written, or "
		"would under another configuration",
	.run = run,
};
