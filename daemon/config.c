/*
 * config - the configuration file as plain values
 *
 * In order: the outline of the file (config_outline.c), statements against the table
 * (config_check.c), values out of libconfuse through their types into the structs (here), and what
 * must hold between values (config_check.c). A stage goes on after an error, so that all are told.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sysexits.h>
#include <unistd.h>

#include "config_reader.h"
#include "config_row.h"
#include "utf8.h"

/* libconfuse hands its errors to a function without a context. */
static struct config_reader *confuse_reader;

static void add_message(struct config_reader *reader, bool warning, uint32_t line,
			const char *format, va_list args) __attribute__((format(printf, 4, 0)));

static void
add_message(struct config_reader *reader, bool warning, uint32_t line, const char *format,
	    va_list args)
{
	struct config_message message = { line, reader->message_count, warning, NULL };

	if (vasprintf(&message.text, format, args) < 0)
		log_fatal(EX_OSERR, "out of memory");
	reader->message =
		xgrow(reader->message, reader->message_count + 1UL, sizeof(reader->message[0]));
	reader->message[reader->message_count++] = message;
}

void
config_error(struct config_reader *reader, uint32_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_message(reader, false, line, format, args);
	va_end(args);
	reader->error_count++;
}

void
config_warning(struct config_reader *reader, uint32_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_message(reader, true, line, format, args);
	va_end(args);
}

static int
by_line(const void *left, const void *right)
{
	const struct config_message *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* Values stand in messages as they were written: a line end must not make two lines of one. */
static void
add_escaped(struct buf *out, const char *text)
{
	struct span rest = span_of(text);
	char shown[UTF8_ESCAPED_SIZE];

	while (!span_empty(rest)) {
		utf8_escape(&rest, shown);
		buf_adds(out, shown);
	}
}

static void
tell(const struct config_reader *reader, const struct config_message *message, struct buf *out)
{
	buf_addf(out, "%s:%u: ", reader->path, (unsigned)message->line);
	if (message->warning)
		buf_adds(out, "warning: ");
	add_escaped(out, message->text);
	buf_addc(out, '\n');
}

static void
tell_all(struct config_reader *reader, struct buf *out)
{
	unsigned told = 0;

	if (reader->message_count > 0)
		qsort(reader->message, reader->message_count, sizeof(reader->message[0]), by_line);
	for (unsigned i = 0; i < reader->message_count; i++) {
		const struct config_message *message = &reader->message[i];

		if (told < CONFIG_MAX_ERRORS)
			tell(reader, message, out);
		else if (told == CONFIG_MAX_ERRORS)
			buf_addf(out, "%s:%u: there are more errors; repair these first\n",
				 reader->path, (unsigned)message->line);
		told++;
		free(message->text);
	}
	free(reader->message);
}

void *
config_room(struct config *config, size_t count, size_t size)
{
	void *memory = arena_array(&config->arena, count > 0 ? count : 1, size);

	if (memory == NULL)
		log_fatal(EX_OSERR, "out of memory");
	return memory;
}

static void confuse_error(cfg_t *cfg, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void
confuse_error(cfg_t *cfg, const char *format, va_list args)
{
	char text[300];

	vsnprintf(text, sizeof(text), format, args);
	config_error(confuse_reader, (uint32_t)cfg->line, "%s; see mailbounced.conf(5)", text);
}

/* The table in libconfuse's shape, everything as text. It copies what it is given. */
static cfg_opt_t *
confuse_options(struct config *config, const struct config_section *section)
{
	size_t count = 0, at = 0;
	cfg_opt_t *options;

	while (section->options[count].name != NULL)
		count++;
	for (size_t i = 0; section->subsections[i] != NULL; i++)
		count++;
	options = config_room(config, count + 1, sizeof(*options));
	for (const struct config_option *o = section->options; o->name != NULL; o++)
		options[at++] = o->type->list
					? (cfg_opt_t)CFG_STR_LIST(o->name, NULL, CFGF_NODEFAULT)
					: (cfg_opt_t)CFG_STR(o->name, NULL, CFGF_NODEFAULT);
	for (size_t i = 0; section->subsections[i] != NULL; i++) {
		const struct config_section *sub = section->subsections[i];

		options[at++] = (cfg_opt_t)CFG_SEC(
			sub->name, confuse_options(config, sub),
			sub->titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE);
	}
	options[at] = (cfg_opt_t)CFG_END();
	return options;
}

/* A default's elements: parted by blanks when it is a list's. */
static size_t
split_default(const struct config_option *option, struct config *config, const char ***out)
{
	struct span rest = span_make(option->value, strlen(option->value)), word;
	const char **text = config_room(config, span_len(rest) / 2 + 1, sizeof(*text));
	size_t count = 0;

	*out = text;
	if (!option->type->list) {
		text[0] = option->value;
		return 1;
	}
	while (span_next_word(&rest, &word)) {
		struct span copy = arena_copy(&config->arena, word);

		if (copy.p == NULL)
			log_fatal(EX_OSERR, "out of memory");
		text[count++] = copy.p;
	}
	return count;
}

static void
set_default(const struct config_option *option, struct config *config, void *base)
{
	struct buf why = BUF_INIT;
	struct config_setting setting = { .option = option, .arena = &config->arena, .why = &why };
	const char **text;

	setting.count = split_default(option, config, &text);
	setting.text = text;
	if (option->type->set(&setting, base) != 0)
		log_panic("the default of %s %s", option->name, buf_str(&why));
	buf_free(&why);
}

static void
set_value(struct config_reader *reader, const struct config_option *option, cfg_t *cfg,
	  struct config_statement *statement, void *base)
{
	struct buf why = BUF_INIT;
	struct config_setting setting = {
		.option = option,
		.count = cfg_size(cfg, option->name),
		.arena = &reader->config->arena,
		.why = &why,
	};
	const char **text = config_room(reader->config, setting.count, sizeof(*text));

	for (size_t i = 0; i < setting.count; i++)
		text[i] = cfg_getnstr(cfg, option->name, (unsigned)i);
	setting.text = text;
	if (option->type->set(&setting, base) != 0) {
		config_error(reader, statement->line, "%s: %s", option->name, buf_str(&why));
		statement->refused = true;
		set_default(option, reader->config, base);
	}
	buf_free(&why);
}

void
config_fill(struct config_reader *reader, const struct config_section *section, cfg_t *cfg,
	    size_t statement, void *base)
{
	const struct config_outline *outline = &reader->outline;

	for (const struct config_option *o = section->options; o->name != NULL; o++) {
		size_t at = outline->count;

		if (cfg != NULL)
			at = config_outline_find(outline, statement, o->name, 0);
		if (at < outline->count)
			set_value(reader, o, cfg, &outline->statement[at], base);
		else if (!section->inherits)
			set_default(o, reader->config, base);
	}
}

/* The sections of one name, each with its title and its place in the outline. */
size_t
config_section_count(cfg_t *cfg, const struct config_section *section)
{
	return cfg != NULL ? cfg_size(cfg, section->name) : 0;
}

static cfg_t *
section_at(struct config_reader *reader, cfg_t *cfg, const struct config_section *section,
	   size_t index, size_t *statement)
{
	*statement = config_outline_find(&reader->outline, CONFIG_TOP, section->name, index);
	return cfg_getnsec(cfg, section->name, (unsigned)index);
}

char *
config_title(struct config_reader *reader, cfg_t *section)
{
	return config_keep(&reader->config->arena, cfg_title(section));
}

/* The rows of one kind of section, from row[*count] on. */
static void
fill_rows(struct config_reader *reader, cfg_t *cfg, const struct config_section *section)
{
	struct bounce_table *own = &reader->config->own;
	size_t count = config_section_count(cfg, section), statement;

	for (size_t i = 0; i < count; i++) {
		struct bounce_row *row = &reader->config->row[own->count++];
		cfg_t *at = section_at(reader, cfg, section, i, &statement);
		char *title = config_title(reader, at);
		const char *wrong;

		config_fill(reader, section, at, statement, row);
		wrong = section == &config_phrase
				? config_row_phrase(row, &reader->config->arena, title)
				: config_row_status(row, &reader->config->arena, title);
		if (wrong != NULL) {
			config_error(reader, reader->outline.statement[statement].line,
				     "%s \"%s\": %s%s", section->name, title, wrong,
				     section == &config_phrase
					     ? "; bounce-reasons(7) tells how to write it"
					     : "");
		}
	}
}

static void
fill_own(struct config_reader *reader, cfg_t *cfg)
{
	struct config *config = reader->config;

	config->phrase_count = config_section_count(cfg, &config_phrase);
	config->row =
		config_room(config, config->phrase_count + config_section_count(cfg, &config_code),
			    sizeof(*config->row));
	config->own.row = config->row;
	fill_rows(reader, cfg, &config_phrase);
	fill_rows(reader, cfg, &config_code);
}

/* A section inside of an account, whose options go into the account as well. */
static void
fill_within(struct config_reader *reader, cfg_t *account, size_t statement,
	    const struct config_section *section, struct config_account *out)
{
	size_t at = config_outline_find(&reader->outline, statement, section->name, 0);

	config_fill(reader, section, cfg_getsec(account, section->name), at, out);
}

static void
fill_accounts(struct config_reader *reader, cfg_t *cfg)
{
	struct config *config = reader->config;
	size_t statement;

	config->account_count = config_section_count(cfg, &config_account);
	config->account = config_room(config, config->account_count, sizeof(*config->account));
	for (size_t i = 0; i < config->account_count; i++) {
		struct config_account *account = &config->account[i];
		cfg_t *section = section_at(reader, cfg, &config_account, i, &statement);

		config_fill(reader, &config_account, section, statement, account);
		fill_within(reader, section, statement, &config_account_oauth2, account);
		fill_within(reader, section, statement, &config_account_target, account);
		account->name = config_title(reader, section);
		if (account->port[0] == '\0')
			account->port =
				config_keep(&config->arena,
					    account->tls == CONFIG_TLS_IMPLICIT ? "993" : "143");
	}
}

static void
fill_hooks(struct config_reader *reader, cfg_t *cfg)
{
	struct config *config = reader->config;
	size_t statement;

	config->hook_count = config_section_count(cfg, &config_hook);
	config->hook = config_room(config, config->hook_count, sizeof(*config->hook));
	for (size_t i = 0; i < config->hook_count; i++) {
		cfg_t *section = section_at(reader, cfg, &config_hook, i, &statement);

		config_fill(reader, &config_hook, section, statement, &config->hook[i]);
		config->hook[i].name = config_title(reader, section);
	}
}

/* A section that stands once, or not at all. */
static void
fill_one(struct config_reader *reader, const struct config_section *table, cfg_t *cfg, void *out)
{
	const size_t at = config_outline_find(&reader->outline, CONFIG_TOP, table->name, 0);

	config_fill(reader, table, cfg != NULL ? cfg_getsec(cfg, table->name) : NULL, at, out);
}

/* cfg NULL: the defaults. */
static void
fill_all(struct config_reader *reader, cfg_t *cfg)
{
	struct config *config = reader->config;

	config_fill(reader, &config_root, cfg, CONFIG_TOP, config);
	config_fill_policies(reader, cfg);
	config_fill_trust(reader, cfg);
	fill_one(reader, &config_incident, cfg, &config->incident);
	fill_one(reader, &config_retention, cfg, &config->retention);
	fill_own(reader, cfg);
	fill_accounts(reader, cfg);
	fill_hooks(reader, cfg);
}

/* The values, through libconfuse. text has no comments and no refused statements any more. */
static void
read_values(struct config_reader *reader, const char *text)
{
	cfg_t *cfg = cfg_init(confuse_options(reader->config, &config_root), CFGF_NONE);

	if (cfg == NULL)
		log_fatal(EX_OSERR, "out of memory");
	confuse_reader = reader;
	cfg_set_error_function(cfg, confuse_error);
	if (cfg_parse_buf(cfg, text) == CFG_SUCCESS) {
		fill_all(reader, cfg);
		config_check(reader);
	} else if (reader->error_count == 0) {
		config_error(reader, 1, "cannot be read; see mailbounced.conf(5)");
	}
	confuse_reader = NULL;
	cfg_free(cfg);
}

/* text is changed. */
static struct config *
parse(const char *path, char *text, size_t len, struct buf *errors)
{
	struct config_reader reader = {
		.path = path,
		.config = xalloc(sizeof(struct config)),
	};

	arena_init(&reader.config->arena, 0);
	reader.config->path = config_keep(&reader.config->arena, path);
	if (memchr(text, '\0', len) != NULL) {
		config_error(&reader, 1, "contains a NUL byte; this is no text file");
	} else if (config_outline_read(&reader.outline, text, len) != 0) {
		config_check_statements(&reader, text);
		config_error(&reader, reader.outline.error_line, "%s", reader.outline.error);
	} else {
		config_check_statements(&reader, text);
		read_values(&reader, text);
	}
	config_outline_free(&reader.outline);
	tell_all(&reader, errors);
	if (reader.error_count > 0) {
		config_free(reader.config);
		return NULL;
	}
	return reader.config;
}

struct config *
config_parse(const char *path, const char *text, struct buf *errors)
{
	char *copy = xstrdup(text);
	struct config *config = parse(path, copy, strlen(copy), errors);

	explicit_bzero(copy, strlen(copy));
	free(copy);
	return config;
}

/* The file's text, NUL-terminated, to free; NULL with errno (EFBIG: larger than CONFIG_MAX_FILE).
 */
static char *
read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char *text;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	text = xalloc(CONFIG_MAX_FILE + 2);
	for (*len = 0; *len <= CONFIG_MAX_FILE; *len += (size_t)n) {
		n = read(fd, text + *len, CONFIG_MAX_FILE + 1 - *len);
		if (n <= 0)
			break;
	}
	saved = n < 0 ? errno : EFBIG;
	close(fd);
	if (n >= 0 && *len <= CONFIG_MAX_FILE)
		return text;
	free(text);
	errno = saved;
	return NULL;
}

struct config *
config_read(const char *path, struct buf *errors)
{
	struct config *config;
	size_t len;
	char *text = read_file(path, &len);

	if (text == NULL) {
		buf_addf(errors, "%s:1: cannot be read: %s; check the path and its permissions\n",
			 path, strerror(errno));
		return NULL;
	}
	config = parse(path, text, len, errors);
	explicit_bzero(text, len);
	free(text);
	if (config != NULL && config->account_count == 0) {
		buf_addf(errors,
			 "%s:1: no account; add account \"NAME\" { host = ... user = ... } and a "
			 "password source\n",
			 path);
		config_free(config);
		return NULL;
	}
	return config;
}

/* It lies in memory of the configuration's own. */
static void
wipe(struct span secret)
{
	char *bytes;

	memcpy(&bytes, &secret.p, sizeof(bytes));
	explicit_bzero(bytes, span_len(secret));
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->account_count; i++) {
		char *password = config->account[i].password.text;

		if (password != NULL)
			explicit_bzero(password, strlen(password));
	}
	for (size_t i = 0; i < config->ring_count; i++)
		wipe(config->ring[i].secret);
	for (size_t i = 0; i < config->batv_count; i++)
		wipe(config->batv[i].secret);
	arena_free(&config->arena);
	free(config);
}
