/*
 * config_type - values that are text, lists of text, words and yes or no
 *
 * A type's set() says what is wrong as "'VALUE' is ...; what to write instead"; the caller puts
 * file, line and option in front.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <sysexits.h>

#include "config_table.h"
#include "utf8.h"

char *
config_keep(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_alloc(arena, size);

	if (copy == NULL)
		log_fatal(EX_OSERR, "out of memory");
	memcpy(copy, text, size);
	return copy;
}

int
config_refuse(const struct config_setting *setting, const char *text, const char *what)
{
	buf_addf(setting->why, "'%s' is %s", text, what);
	return -1;
}

void
config_quote(const char *text, struct buf *out)
{
	buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\' || *text == '$')
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

int
config_check_text(const struct config_setting *setting, const char *text)
{
	struct span rest = span_make(text, strlen(text));
	uint32_t code;

	while (!span_empty(rest)) {
		if (!utf8_take(&rest, &code)) {
			buf_adds(setting->why, "is not UTF-8; save the file as UTF-8");
			return -1;
		}
		if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			buf_adds(setting->why, "contains a line end or another control character; "
					       "write it on one line without escapes");
			return -1;
		}
	}
	return 0;
}

/* text */

static int
set_text(const struct config_setting *setting, void *base)
{
	char **out = config_field(base, setting->option->offset);

	if (config_check_text(setting, setting->text[0]) != 0)
		return -1;
	*out = config_keep(setting->arena, setting->text[0]);
	return 0;
}

static void
print_text(const struct config_option *option, const void *base, struct buf *out)
{
	const char *const *text = config_const_field(base, option->offset);

	config_quote(*text, out);
}

const struct config_type config_text = { false, set_text, print_text };

static void
print_secret(const struct config_option *option, const void *base, struct buf *out)
{
	const char *const *text = config_const_field(base, option->offset);

	config_quote((*text)[0] == '\0' ? "" : "(not shown)", out);
}

const struct config_type config_secret = { false, set_text, print_secret };

static int
set_path(const struct config_setting *setting, void *base)
{
	const char *text = setting->text[0];

	if (text[0] == '\0' && setting->option->value[0] != '\0') {
		buf_adds(setting->why, "is empty; give a path that begins with /");
		return -1;
	}
	if (text[0] != '\0' && text[0] != '/')
		return config_refuse(setting, text, "no absolute path; begin it with /");
	return set_text(setting, base);
}

const struct config_type config_path = { false, set_path, print_text };

/* A name; in lower case, NULL when empty. */
static int
set_domain(const struct config_setting *setting, void *base)
{
	char **out = config_field(base, setting->option->offset);

	*out = NULL;
	if (setting->text[0][0] == '\0')
		return 0;
	if (strchr(setting->text[0], '@') != NULL)
		return config_refuse(setting, setting->text[0],
				     "an address; give only what follows the @");
	if (set_text(setting, base) != 0)
		return -1;
	for (char *p = *out; p != NULL && *p != '\0'; p++)
		*p = span_lower(*p);
	return 0;
}

static void
print_domain(const struct config_option *option, const void *base, struct buf *out)
{
	const char *const *text = config_const_field(base, option->offset);

	config_quote(*text != NULL ? *text : "", out);
}

const struct config_type config_domain = { false, set_domain, print_domain };

/* lists of text */

static int
set_list(const struct config_setting *setting, void *base)
{
	char **list = arena_array(setting->arena, setting->count + 1, sizeof(*list));
	char ***out = config_field(base, setting->option->offset);

	if (list == NULL)
		log_fatal(EX_OSERR, "out of memory");
	*out = list;
	for (size_t i = 0; i < setting->count; i++) {
		if (setting->text[i][0] == '\0') {
			buf_adds(setting->why, "has an empty element; remove it");
			return -1;
		}
		if (config_check_text(setting, setting->text[i]) != 0)
			return -1;
		list[i] = config_keep(setting->arena, setting->text[i]);
	}
	return 0;
}

static void
print_list(const struct config_option *option, const void *base, struct buf *out)
{
	char *const *const *list = config_const_field(base, option->offset);

	buf_addc(out, '{');
	for (size_t i = 0; (*list)[i] != NULL; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		config_quote((*list)[i], out);
	}
	buf_addc(out, '}');
}

const struct config_type config_list = { true, set_list, print_list };

/* Run without a shell and without a search path. */
static int
set_command(const struct config_setting *setting, void *base)
{
	if (setting->count > 0 && setting->text[0][0] != '/')
		return config_refuse(setting, setting->text[0],
				     "no absolute path of a program; write {\"/path/to/program\", "
				     "\"argument\"}");
	return set_list(setting, base);
}

const struct config_type config_command = { true, set_command, print_list };

/* words */

static int
set_word(const struct config_setting *setting, void *base)
{
	const char *const *words = setting->option->words;
	unsigned value = 0;

	while (words[value] != NULL && strcmp(words[value], setting->text[0]) != 0)
		value++;
	if (words[value] == NULL) {
		buf_addf(setting->why, "'%s' is unknown; write one of", setting->text[0]);
		for (size_t i = 0; words[i] != NULL; i++)
			buf_addf(setting->why, "%s %s", i > 0 ? "," : "", words[i]);
		return -1;
	}
	memcpy(config_field(base, setting->option->offset), &value, sizeof(value));
	return 0;
}

static void
print_word(const struct config_option *option, const void *base, struct buf *out)
{
	unsigned value;

	memcpy(&value, config_const_field(base, option->offset), sizeof(value));
	buf_adds(out, option->words[value]);
}

const struct config_type config_word = { false, set_word, print_word };

static int
set_boolean(const struct config_setting *setting, void *base)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "true", true },   { "yes", true }, { "on", true },
		{ "false", false }, { "no", false }, { "off", false },
	};
	bool *out = config_field(base, setting->option->offset);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, setting->text[0]) == 0) {
			*out = words[i].value;
			return 0;
		}
	}
	return config_refuse(setting, setting->text[0],
			     "neither true nor false; write one of the two");
}

static void
print_boolean(const struct config_option *option, const void *base, struct buf *out)
{
	const bool *value = config_const_field(base, option->offset);

	buf_adds(out, *value ? "true" : "false");
}

const struct config_type config_boolean = { false, set_boolean, print_boolean };
