/*
 * log_file - what stands in a log that was written into a file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef LOG_FILE_H
#define LOG_FILE_H

#include "test.h"

#include <stdio.h>
#include <string.h>

/* How many of its lines have that in them. */
static inline size_t
log_file_lines(const char *path, const char *with)
{
	FILE *f = fopen(path, "r");
	char line[4096];
	size_t count = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		count += strstr(line, with) != NULL;
	fclose(f);
	return count;
}

#endif
