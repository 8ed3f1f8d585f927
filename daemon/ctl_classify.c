/*
 * ctl_classify - what bouncectl makes of mails, without a database
 *
 * One mail at a time is in memory, and the arena serves all of them in turn.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "ctl_classify.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "keys.h"
#include "log.h"

/* Read of one file. The daemon reads less of a message by default (message-bytes), and a report
 * stands at its beginning. */
#define MAX_BYTES ((size_t)32 * 1024 * 1024)

#define FIRST_ROOM ((size_t)64 * 1024)

struct work {
	void (*show)(const char *file, const struct bounce_report *report,
		     const struct ctl_shown *how);
	struct ctl_shown how;
	struct arena arena;
	char *bytes;
	size_t len, room;
	size_t shown;
	int64_t now;
	bool json;
	int status; /* the first complaint's */
};

static void
complain(struct work *work, int status, const char *file, const char *what)
{
	ctl_fail(status, "%s: %s", file, what);
	if (work->status == EX_OK)
		work->status = status;
}

/* Reads up to MAX_BYTES. 0, or -1 with errno. */
static int
read_all(struct work *work, int fd)
{
	work->len = 0;
	while (work->len < MAX_BYTES) {
		ssize_t n;

		if (work->len == work->room) {
			work->room = work->room == 0 ? FIRST_ROOM : 2 * work->room;
			work->bytes = xgrow(work->bytes, work->room, 1);
		}
		n = read(fd, work->bytes + work->len, work->room - work->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		work->len += (size_t)n;
	}
	return 0;
}

static bool
at_end(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 0;
}

/* What the daemon would make of it if it came now. 0, or -1: the arena is out. */
static int
read_report(struct work *work, struct bounce_report *report)
{
	struct ctl_shown *how = &work->how;
	const struct trust_ask ask = { how->config, work->now, &how->notes };

	arena_reset(&work->arena);
	if (bounce_read(&work->arena, span_make(work->bytes, work->len), report) != 0 ||
	    bounce_trace(&work->arena, report) != 0)
		return -1;
	if (!how->explain)
		return 0;
	how->notes = (struct trust_notes){ .arena = &work->arena };
	return trust_read(&work->arena, &ask, report, &how->trust);
}

static void
classify(struct work *work, const char *file, int fd)
{
	struct bounce_report report;
	bool clipped;

	if (read_all(work, fd) != 0) {
		complain(work, EX_NOINPUT, file, strerror(errno));
		return;
	}
	clipped = work->len == MAX_BYTES && !at_end(fd);
	if (clipped)
		ctl_fail(EX_OK, "%s: only its first %zu bytes were read", file, MAX_BYTES);
	if (read_report(work, &report) != 0) {
		complain(work, EX_DATAERR, file,
			 "takes more memory to read than one mail may have; the daemon would put "
			 "it into its review folder");
		return;
	}
	report.clipped = report.clipped || clipped;
	if (work->shown++ > 0 && !work->json)
		putchar('\n');
	work->show(file, &report, &work->how);
}

/* O_NONBLOCK: a FIFO without a writer would hold the walk for ever. */
static void
classify_file(struct work *work, const char *file, const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);

	if (fd < 0) {
		complain(work, EX_NOINPUT, file, strerror(errno));
		return;
	}
	classify(work, file, fd);
	close(fd);
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void
visit(struct work *work, const FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_F:
		classify_file(work, entry->fts_path, entry->fts_accpath, O_NOFOLLOW | O_NONBLOCK);
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		complain(work, EX_NOINPUT, entry->fts_path, strerror(entry->fts_errno));
		break;
	default: /* directories come twice; links, sockets and devices are no mails */
		break;
	}
}

/* fts(3) walks without recursion and never goes round in circles. */
static void
classify_tree(struct work *work, char *path)
{
	char *paths[] = { path, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	FTSENT *entry;

	if (fts == NULL) {
		complain(work, EX_NOINPUT, path, strerror(errno));
		return;
	}
	while ((entry = fts_read(fts)) != NULL)
		visit(work, entry);
	fts_close(fts);
}

static void
classify_argument(struct work *work, char *argument)
{
	struct stat st;

	if (strcmp(argument, "-") == 0)
		classify(work, argument, STDIN_FILENO);
	else if (stat(argument, &st) == 0 && S_ISDIR(st.st_mode))
		classify_tree(work, argument);
	else
		classify_file(work, argument, argument, 0);
}

/* The operator's rows: only out of a configuration that was named, so that a mail is judged without
 * one as everywhere else. An exit code, after saying what is wrong; *config stays NULL when none
 * was named. */
static int
read_config(const struct ctl_context *context, struct config **config)
{
	struct buf errors = BUF_INIT;

	if (context->config_path == NULL)
		return EX_OK;
	*config = config_read(context->config_path, &errors);
	if (*config == NULL)
		fputs(buf_str(&errors), stderr);
	buf_free(&errors);
	if (*config == NULL)
		return ctl_fail(EX_CONFIG, "%s: not usable; repair it", context->config_path);
	return EX_OK;
}

/* The keys that proofs are checked with; without them it is said that nothing was. */
static void
prepare_trust(struct work *work, struct config *config)
{
	static const struct config none;
	char why[KEYS_WHY_SIZE];

	work->how.config = config != NULL ? config : &none;
	if (config == NULL || keys_read_now(config, why) == 0)
		return;
	ctl_fail(EX_OK, "%s; no token is checked", why);
	config->ring_count = config->batv_count = 0;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct work work = { .show = ctl_classify_text, .status = EX_OK, .now = context->now };
	struct config *config = NULL;
	const struct ctl_option options[] = {
		{ "json", &work.json, NULL },
		{ "explain", &work.how.explain, NULL },
		{ NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_classify, options, argc, argv), finished;
	char standard_input[] = "-";

	if (count < 0)
		return EX_USAGE;
	if (work.json && work.how.explain)
		return ctl_usage(&ctl_classify, "--explain is for people; take off --json");
	if (work.json)
		work.show = ctl_classify_json;
	work.status = read_config(context, &config);
	if (work.status != EX_OK)
		return work.status;
	if (config != NULL)
		work.how.own = &config->own;
	if (work.how.explain)
		prepare_trust(&work, config);
	arena_init(&work.arena, 0);
	for (int i = 0; i < count; i++)
		classify_argument(&work, argv[i]);
	if (count == 0)
		classify_argument(&work, standard_input);
	arena_free(&work.arena);
	free(work.bytes);
	config_free(config);
	finished = ctl_finish();
	return work.status != EX_OK ? work.status : finished;
}

const struct ctl_command ctl_classify = {
	.name = "classify",
	.arguments = "[--json | --explain] [FILE|DIR...]",
	.help = "say what mails are, without a database; no FILE or \"-\" is standard input",
	.run = run,
};
