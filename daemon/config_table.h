/*
 * config_table - the master list of options, and what the files of config_*.c share
 *
 * One row an option: its name, type, default as it would be written, limits, and where in the
 * struct the value goes. Reading, checking, printing and the tests all work from these rows, so an
 * option is added in one place (and described in etc/mailbounced.conf and mailbounced.conf(5),
 * which a test compares with the rows).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CONFIG_TABLE_H
#define MAILBOUNCED_CONFIG_TABLE_H

#include "config.h"

struct config_option;

/* The value of one option, on its way into a struct. */
struct config_setting {
	const struct config_option *option;
	const char *const *text; /* as written, without quotes; several for a list */
	size_t count;
	struct arena *arena; /* for what the struct points at */
	struct buf *why;     /* what is wrong and what to do, when it is refused */
};

struct config_type {
	bool list;
	/* base is the section's struct. 0, or -1 with `why`. */
	int (*set)(const struct config_setting *setting, void *base);
	/* Writes the value in the file's syntax. */
	void (*print)(const struct config_option *option, const void *base, struct buf *out);
};

extern const struct config_type config_text, config_path, config_secret, config_list,
	config_command, config_word, config_boolean, config_number, config_percent, config_seconds,
	config_span, config_size, config_points, config_ladder, config_target, config_port,
	config_reasons, config_states, config_status, config_disposition, config_weight,
	config_domain, config_decay, config_preset, config_retained;

struct config_option {
	const char *name;
	const struct config_type *type;
	const char *value; /* the default as written; a list's elements parted by blanks */
	size_t offset;     /* of the field in the section's struct */
	int64_t least, most;
	const char *const *words; /* config_word: the names, index = value, ended by NULL */
	size_t count_offset;      /* config_ladder: where its length goes */
	size_t said_offset; /* config_weight, config_decay, config_disposition: the bool that tells
			       whether anything was said; "" says nothing */
};

struct config_section {
	const char *name;
	bool titled;   /* may stand several times, each with a name of its own */
	bool inherits; /* what the file does not say stays as it was in the struct; no defaults */
	const struct config_option *options;             /* ended by a NULL name */
	const struct config_section *const *subsections; /* ended by NULL */
};

extern const struct config_section config_root, config_policy, config_rule, config_account,
	config_account_oauth2, config_account_target, config_hook, config_phrase, config_code,
	config_reason, config_for_list, config_tokens, config_token_key, config_batv_key,
	config_trust, config_incident, config_retention;

/* For the types' own use. */
static inline void *
config_field(void *base, size_t offset)
{
	return (char *)base + offset;
}

static inline const void *
config_const_field(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

/* Options that may say nothing (""): notes whether this one says something. */
static inline bool
config_says(const struct config_setting *setting, void *base)
{
	bool *said = config_field(base, setting->option->said_offset);

	*said = setting->text[0][0] != '\0';
	return *said;
}

static inline bool
config_said(const struct config_option *option, const void *base)
{
	const bool *said = config_const_field(base, option->said_offset);

	return *said;
}

/* Says "'text' is what". Returns -1. */
int config_refuse(const struct config_setting *setting, const char *text, const char *what);

/* 0 when text is UTF-8 without control characters: a line end in a name would end a command of the
 * protocol or a line of the log. Else -1, told. */
int config_check_text(const struct config_setting *setting, const char *text);

/* The reason that text names; 0, or -1, told. */
int config_find_reason(const struct config_setting *setting, const char *text,
		       enum bounce_reason *out);

/* A copy that lives as long as the configuration. */
char *config_keep(struct arena *arena, const char *text);

/* Writes "text" with what libconfuse would understand otherwise escaped. */
void config_quote(const char *text, struct buf *out);

#endif
