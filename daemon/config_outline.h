/*
 * config_outline - what stands where in a configuration file
 *
 * libconfuse reads the values, but knows no option's line, stops at the first error and takes a
 * C comment for one line too many. The outline is made before it runs: every statement with its
 * line, the comments blanked out, braces and quotes known to be in order. What is wrong with a
 * statement can then be told exactly, and the statement blanked, so that reading goes on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CONFIG_OUTLINE_H
#define MAILBOUNCED_CONFIG_OUTLINE_H

#include "span.h"

#define CONFIG_TOP ((size_t)-1) /* the section of what stands in none */

struct config_statement {
	struct span name;
	struct span title; /* of a section, without quotes; empty when it has none */
	struct span whole; /* in the text: from the name to the end of the value or to the section's
			      "}" */
	size_t section;    /* index of the statement that it stands in, or CONFIG_TOP */
	uint32_t line;
	bool is_section; /* NAME { ... } or NAME "title" { ... } */
	bool is_list;    /* NAME = { ... } */
	bool is_call;    /* NAME(...), which nothing here is */
	bool refused;    /* something was wrong with it, and was told */
};

struct config_outline {
	struct config_statement *statement; /* in the file's order */
	size_t count;
	char *words; /* a copy of the text, which names and titles point into: they outlive
			a blanked statement */
	size_t words_len;
	uint32_t error_line; /* 0 = the text is in order */
	char error[160];     /* what is not, and what to do */
};

/*
 * Reads text[len], blanking its comments in place. Returns 0, or -1 with error_line and error set
 * and the statements before that place in the outline.
 */
int config_outline_read(struct config_outline *outline, char *text, size_t len);
void config_outline_free(struct config_outline *outline);

/* Index of the option or section `name` that stands in section `section`, the index-th of that name
 * (from 0) that was not refused; outline->count when there is none. */
size_t config_outline_find(const struct config_outline *outline, size_t section, const char *name,
			   size_t index);

/* Does a refused statement of that name stand in the section? What follows from its absence is then
 * not told as well. */
bool config_outline_was_refused(const struct config_outline *outline, size_t section,
				const char *name);

/* Overwrites the statement with blanks, so that libconfuse does not see it, and marks it and what
 * stands in it as refused. text is the one that was read. */
void config_outline_refuse(struct config_outline *outline, size_t index, char *text);

#endif
