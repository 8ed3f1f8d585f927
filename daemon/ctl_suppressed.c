/*
 * ctl_suppressed - who must not be mailed, also of those who are forgotten
 *
 * The addresses of a list's own are asked for one by one: of who is forgotten nothing but the
 * answer is known. Constant memory, however long the list.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <errno.h>
#include <sysexits.h>

#include "address.h"
#include "ctl.h"
#include "log.h"
#include "store_forget.h"

struct suppressed {
	struct store *store;
	const char *list; /* NULL: those that nobody may mail */
	struct arena arena;
	uint64_t bad; /* lines without an address */
};

static bool
on_row(void *context, int columns, const char *const *names, const char *const *values)
{
	(void)context;
	(void)columns;
	(void)names;
	ctl_prints(stdout, values[0]);
	putchar('\n');
	return ferror(stdout) == 0;
}

static bool
on_any(void *context, int columns, const char *const *names, const char *const *values)
{
	(void)context;
	(void)columns;
	(void)names;
	(void)values;
	return false;
}

/* 1, 0 or -1. */
static int
is_suppressed(struct suppressed *s, const char *address)
{
	char pseudonym[STORE_PSEUDONYM_SIZE];
	int forgotten = store_forgotten(s->store, span_of(address), pseudonym, NULL);
	const char *const asked[] = { "address", forgotten > 0 ? pseudonym : address, "list",
				      s->list, NULL };

	return forgotten < 0 ? -1 : store_query(s->store, "suppressed_find", asked, on_any, s);
}

/* One line; EX_OK or an exit code. */
static int
ask_line(struct suppressed *s, struct span line)
{
	struct span address;
	char *text;
	int found;

	arena_reset(&s->arena);
	line = span_trim(line);
	address = address_canonical(&s->arena, line);
	if (span_empty(address)) {
		s->bad += !span_empty(line);
		return EX_OK;
	}
	text = xstrndup(address);
	found = is_suppressed(s, text);
	free(text);
	if (found < 0)
		return ctl_store_failed(s->store);
	if (found > 0) {
		ctl_print(stdout, line);
		putchar('\n');
	}
	return ferror(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int
ask_lines(struct suppressed *s, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int status = EX_OK;

	arena_init(&s->arena, 0);
	while (status == EX_OK && (length = getline(&line, &size, in)) >= 0)
		status = ask_line(s, span_make(line, (size_t)length));
	if (status == EX_OK && ferror(in))
		status = ctl_fail(EX_IOERR, "the list cannot be read: %s", strerror(errno));
	free(line);
	arena_free(&s->arena);
	if (status == EX_OK && s->bad > 0) {
		status = ctl_fail(EX_DATAERR,
				  "%llu lines are no addresses and were passed over; write one "
				  "address a line",
				  (unsigned long long)s->bad);
	}
	return status;
}

static int
ask_all(struct suppressed *s)
{
	const char *const asked[] = { "list", s->list, NULL };

	return store_query(s->store, "suppressed_all", asked, on_row, s) < 0
		       ? ctl_store_failed(s->store)
		       : EX_OK;
}

static int
run_among(struct suppressed *s, const char *path)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int status;

	if (in == NULL)
		return ctl_fail(EX_NOINPUT, "%s: %s", path, strerror(errno));
	status = ask_lines(s, in);
	if (in != stdin)
		fclose(in);
	return status;
}

static int
run(const struct ctl_context *context, int argc, char **argv)
{
	struct suppressed s = { 0 };
	const char *among = NULL;
	const struct ctl_option options[] = {
		{ "among", NULL, &among },
		{ "list", NULL, &s.list },
		{ NULL, NULL, NULL },
	};
	int count = ctl_options(&ctl_suppressed, options, argc, argv), status = EX_OK, finished;

	if (count < 0)
		return EX_USAGE;
	if (count > 0)
		return ctl_usage(&ctl_suppressed, "'%s' is no option", argv[0]);
	s.store = ctl_store(context, &status);
	if (s.store == NULL)
		return status;
	status = among != NULL ? run_among(&s, among) : ask_all(&s);
	store_close(s.store);
	finished = ctl_finish();
	return status == EX_OK ? finished : status;
}

const struct ctl_command ctl_suppressed = {
	.name = "suppressed",
	.arguments = "[--among FILE|-] [--list LIST]",
	.help = "who must not be mailed now; of a list of addresses, one a line, also who is "
		"forgotten",
	.run = run,
};
