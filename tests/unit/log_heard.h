/*
 * log_heard - what the log was told meanwhile
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOG_HEARD_H
#define LOG_HEARD_H

#include "test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static struct {
	FILE *file;
	int standard_error; /* the real one */
	char text[16384];
} hearing;

/* From now on the log is kept from whoever watches the test. */
static inline void
hear_log(enum log_level level)
{
	hearing.file = tmpfile();
	assert_non_null(hearing.file);
	hearing.standard_error = dup(STDERR_FILENO);
	assert_int_equal(dup2(fileno(hearing.file), STDERR_FILENO), STDERR_FILENO);
	log_set_level(level);
}

/* What was said since. */
static inline const char *
heard_log(void)
{
	size_t n;

	log_set_level(LOG_LEVEL_ERROR);
	dup2(hearing.standard_error, STDERR_FILENO);
	close(hearing.standard_error);
	rewind(hearing.file);
	n = fread(hearing.text, 1, sizeof(hearing.text) - 1, hearing.file);
	hearing.text[n] = '\0';
	fclose(hearing.file);
	return hearing.text;
}

static inline void
assert_heard(const char *said, const char *what)
{
	if (strstr(said, what) == NULL)
		fail_msg("\"%s\" was not said, but: %s", what, said);
}

#endif
