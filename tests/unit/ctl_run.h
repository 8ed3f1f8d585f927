/*
 * ctl_run - bouncectl run as people run it, and what it said
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_RUN_H
#define MAILBOUNCED_CTL_RUN_H

#include <stdio.h>
#include <sys/wait.h>

#include "buf.h"

static const char *ctl_directory = "/";
static struct buf said = { NULL, 0, 0, 0, false };

/* Runs "bouncectl ARGUMENTS" in the directory through a shell; both streams go into `said`. */
static inline int
ctl(const char *arguments)
{
	struct buf command = BUF_INIT;
	char piece[4096];
	size_t n;
	FILE *out;

	buf_addf(&command, "cd %s && BOUNCECTL=%s && { $BOUNCECTL %s; } 2>&1", ctl_directory,
		 BOUNCECTL, arguments);
	out = popen(buf_str(&command), "r"); /* NOLINT(cert-env33-c): our own words */
	assert_non_null(out);
	buf_clear(&said);
	while ((n = fread(piece, 1, sizeof(piece), out)) > 0)
		buf_add(&said, span_make(piece, n));
	buf_free(&command);
	return WEXITSTATUS(pclose(out));
}

static inline size_t
times(const char *text)
{
	size_t count = 0;

	for (const char *p = buf_str(&said); (p = strstr(p, text)) != NULL; p++)
		count++;
	return count;
}

static inline void
assert_says(const char *text)
{
	if (strstr(buf_str(&said), text) == NULL)
		fail_msg("'%s' is not in:\n%s", text, buf_str(&said));
}

static inline void
assert_silent_on(const char *text)
{
	if (strstr(buf_str(&said), text) != NULL)
		fail_msg("'%s' is in:\n%s", text, buf_str(&said));
}

#endif
