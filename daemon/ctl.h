/*
 * ctl - bouncectl's commands
 *
 * A command is one file ctl_NAME.c that exports one struct; ctl.c lists them. Output for people
 * goes through ctl_print(), which escapes what a terminal would obey: everything from a mail is
 * hostile.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_H
#define MAILBOUNCED_CTL_H

#include <stdio.h>

#include "span.h"
#include "store.h"

struct ctl_context {
	const char *program;     /* "bouncectl" */
	const char *config_path; /* from -c, else the default path */
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

extern const struct ctl_command ctl_classify, ctl_code, ctl_show, ctl_list, ctl_stats;

/* The store that the command line or the configuration names, for reading; NULL after saying why,
 * *status the exit code. */
struct store *ctl_store(const struct ctl_context *context, int *status);

/* Writes text to out: control characters, broken UTF-8 and direction marks as \xNN or \u{NNNN}. */
void ctl_print(FILE *out, struct span text);
void ctl_prints(FILE *out, const char *text);

/* "2026-03-01 12:00:00Z" of a time; "-" for 0. */
#define CTL_TIME_SIZE 32
const char *ctl_time(int64_t time, char text[CTL_TIME_SIZE]);

#endif
