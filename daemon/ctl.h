/*
 * ctl - bouncectl's commands
 *
 * A command is one file ctl_NAME.c that exports one struct; ctl.c lists them. Output for people
 * goes through ctl_print(), which escapes what a terminal would obey: everything from a mail is
 * hostile. Results go to standard output, complaints with a remedy to standard error, and the exit
 * code is one of sysexits.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_H
#define MAILBOUNCED_CTL_H

#include <stdio.h>

#include "buf.h"
#include "config.h"
#include "json.h"
#include "span.h"
#include "store.h"

struct ctl_context {
	const char *program;     /* "bouncectl" */
	const char *config_path; /* from -c, else NULL: the default path */
	const char *state_path;  /* from --state, else NULL: the configuration says */
	int64_t now;
};

struct ctl_command {
	const char *name;
	const char *arguments; /* "[--json] FILE|DIR..." */
	const char *help;      /* one line */
	/* argv[0] is the command's name. Returns an exit code of sysexits.h. */
	int (*run)(const struct ctl_context *context, int argc, char **argv);
};

extern const struct ctl_command ctl_classify, ctl_code, ctl_show, ctl_list, ctl_replay, ctl_restore,
	ctl_stats, ctl_sign, ctl_revive, ctl_kill, ctl_pin, ctl_unpin, ctl_undo, ctl_explain,
	ctl_sent, ctl_incident, ctl_forget, ctl_suppressed, ctl_export_subject;

/* An option of a command: `--name` sets *flag, `--name VALUE` or `--name=VALUE` sets *value. */
struct ctl_option {
	const char *name; /* without "--"; NULL ends a table */
	bool *flag;       /* exactly one of the two is set */
	const char **value;
};

/*
 * Takes the options out of argv, wherever they stand, up to "--"; what is left are the arguments,
 * argv[0] the first. Returns how many, or -1 after saying what is wrong (exit with EX_USAGE).
 */
int ctl_options(const struct ctl_command *command, const struct ctl_option *options, int argc,
		char **argv);

/* Says what is wrong with the command line and how it should look. Returns EX_USAGE. */
int ctl_usage(const struct ctl_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Says on standard error what went wrong, escaped. Returns status. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Everything printed has reached standard output: EX_OK, or EX_IOERR after saying why not. */
int ctl_finish(void);

/* The configuration, after telling what is wrong or could be better; NULL: *status is the exit
 * code. */
struct config *ctl_config(const struct ctl_context *context, int *status);

/* The store that the command line or the configuration names, for reading; NULL after saying why,
 * *status the exit code. */
struct store *ctl_store(const struct ctl_context *context, int *status);

/* The same for writing beside the daemon. *config, NULL before, is the one that names its hooks
 * where one was read; the caller frees it. */
struct store *ctl_store_beside(const struct ctl_context *context, struct config **config,
			       int *status);

/* A time: "2026-11-22", "2026-11-22T18:00:00Z" (UTC), or how long ago: "2h". 0 or -1. */
int ctl_time(const char *text, int64_t now, int64_t *out);

/* A copy in lower case, to be freed; NULL of NULL. Domains stand so in the database; a name has no
 * other letters that have a case. */
char *ctl_lower(const char *text);

/* The canonical form of an address, to be freed; NULL after saying that it is none. */
char *ctl_address(const char *text);

/* Writes text to out: control characters, broken UTF-8 and direction marks as \xNN or \u{NNNN}. */
void ctl_print(FILE *out, struct span text);
void ctl_prints(FILE *out, const char *text);

/* An address, and the list that a standing is of: "ann@example.com (list news.example.com)". */
void ctl_print_key(const struct store_key *key);

/* Writes what b holds to standard output as it is, and empties it. */
void ctl_flush(struct buf *b);

/* A row of a named query, as store_query() gives it; all values are text or NULL. */
struct ctl_row {
	int columns;
	const char *const *names;
	const char *const *values;
};

/* The value of a column, "" when it is NULL or not there. */
const char *ctl_value(const struct ctl_row *row, const char *name);

/* Every column as a member: numbers as numbers, "mailable" and "confirmed" as true or false. */
void ctl_json_row(struct json *j, const struct ctl_row *row);

/* A failed query, told. Returns the exit code. */
int ctl_store_failed(const struct store *store);

#endif
