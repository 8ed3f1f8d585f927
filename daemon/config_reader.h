/*
 * config_reader - a configuration while it is read
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CONFIG_READER_H
#define MAILBOUNCED_CONFIG_READER_H

#include "config_outline.h"
#include "config_table.h"

#define CONFIG_MAX_ERRORS 50 /* told of one file; it is said that there are more */
#define CONFIG_MAX_FILE ((size_t)1024 * 1024)

struct config_message {
	uint32_t line;
	unsigned order; /* in which it was found */
	bool warning;
	char *text;
};

struct config_reader {
	const char *path;
	struct config_message *message;
	unsigned message_count, error_count;
	struct config_outline outline;
	struct config *config;
};

/* "FILE:LINE: what; remedy", told in the order of the lines when all is read. */
void config_error(struct config_reader *reader, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void config_warning(struct config_reader *reader, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

struct cfg_t; /* libconfuse's */

/* Memory of the configuration's own; never NULL. */
void *config_room(struct config *config, size_t count, size_t size);

/* Every option of the section that stands at `statement` of the outline: what the file says where
 * it says something, else the default, or nothing where the section inherits. cfg NULL: the file
 * says nothing. */
void config_fill(struct config_reader *reader, const struct config_section *section,
		 struct cfg_t *cfg, size_t statement, void *base);

/* Of sections with a title: how many there are (cfg NULL: none), and what one is called. */
size_t config_section_count(struct cfg_t *cfg, const struct config_section *section);
char *config_title(struct config_reader *reader, struct cfg_t *section);

/* A section as libconfuse has it (NULL: it is not there), and its place in the outline. */
struct config_place {
	struct cfg_t *cfg;
	size_t at;
};
struct config_place config_place_of(const struct config_reader *reader,
				    const struct config_place *around,
				    const struct config_section *section, size_t index);

/* tokens and trust; cfg NULL: the defaults. */
void config_fill_trust(struct config_reader *reader, struct cfg_t *cfg);
void config_check_trust(struct config_reader *reader);

/* The sources of a secret in the section at `at`; names of its options in the order of
 * struct config_secret. `owner` is the name of the section whose it is. Returns how many are set.
 */
struct config_source_names {
	const char *section; /* "account" */
	const char *what;    /* "password" */
	const char *option[4];
	const char *choice; /* those that are proposed */
};
int config_check_sources(struct config_reader *reader, const char *owner,
			 const struct config_secret *secret,
			 const struct config_source_names *names, size_t at);
bool config_source_was_wrong(const struct config_reader *reader, size_t at,
			     const struct config_source_names *names);

/* Names go into the log and the database. 0 = fine. */
int config_check_name(struct config_reader *reader, const char *name, size_t at);

/* policy, rule and list; cfg NULL: the defaults. */
void config_fill_policies(struct config_reader *reader, struct cfg_t *cfg);

/* The statements that do not fit the table: told, and blanked in text. */
void config_check_statements(struct config_reader *reader, char *text);

/* The line of an option of a section, else the section's own. */
uint32_t config_line_of(const struct config_reader *reader, size_t section, const char *option);

/* Was the option there, but wrong? Then nobody is told that it is missing. */
bool config_was_wrong(const struct config_reader *reader, size_t section, const char *option);

/* What an account signs in with; `at` is its place in the outline. */
void config_check_signin(struct config_reader *reader, const struct config_account *account,
			 size_t at);

/* What one value alone does not show. config is filled, as far as it was right. */
void config_check(struct config_reader *reader);

#endif
