/*
 * config_check - what is wrong with a configuration beyond single values
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <arpa/inet.h>

#include "config_reader.h"
#include "config_row.h"
#include "nearest.h"

/* Statements against the table */

static const struct config_section *
subsection(const struct config_section *of, struct span name)
{
	for (size_t i = 0; of != NULL && of->subsections[i] != NULL; i++) {
		if (span_eq(span_of(of->subsections[i]->name), name))
			return of->subsections[i];
	}
	return NULL;
}

static const struct config_option *
find_option(const struct config_section *section, struct span name)
{
	for (const struct config_option *o = section->options; o->name != NULL; o++) {
		if (span_eq(span_of(o->name), name))
			return o;
	}
	return NULL;
}

static const char *
nearest_in(const struct config_section *section, const char *name)
{
	struct nearest nearest = nearest_to(name);

	for (const struct config_option *o = section->options; o->name != NULL; o++)
		nearest_try(&nearest, o->name);
	for (size_t i = 0; section->subsections[i] != NULL; i++)
		nearest_try(&nearest, section->subsections[i]->name);
	return nearest.best;
}

/* Where else the name would be right: an option of an account that stands at the top, say. */
static const struct config_section *
home_of(struct span name)
{
	static const struct config_section *const all[] = {
		&config_root,           &config_policy,         &config_rule, &config_account,
		&config_account_oauth2, &config_account_target, &config_hook, &config_reason,
		&config_incident,       &config_retention
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (find_option(all[i], name) != NULL || subsection(all[i], name) != NULL)
			return all[i];
	}
	return NULL;
}

static void
tell_unknown(struct config_reader *reader, const struct config_section *section,
	     const struct config_statement *statement)
{
	const struct config_section *home = home_of(statement->name);
	char *name = xstrndup(statement->name);
	const char *best = nearest_in(section, name);

	if (statement->is_call || strcmp(name, "include") == 0) {
		config_error(reader, statement->line,
			     "'%.100s': other files cannot be included; write it all in this file",
			     name);
	} else if (home == &config_root) {
		config_error(reader, statement->line,
			     "'%.100s' does not belong in a section; move it out of the braces",
			     name);
	} else if (home != NULL) {
		config_error(reader, statement->line,
			     "'%.100s' does not belong here; move it into section '%s'", name,
			     home->name);
	} else if (best != NULL) {
		config_error(reader, statement->line, "unknown option '%.100s'; did you mean '%s'?",
			     name, best);
	} else {
		config_error(reader, statement->line,
			     "unknown option '%.100s'; mailbounced.conf(5) lists them all", name);
	}
	free(name);
}

/* 0 when a section of the table is written as the table says. */
static int
check_section(struct config_reader *reader, const struct config_section *section,
	      const struct config_statement *statement)
{
	const char *name = section->name;

	if (!statement->is_section)
		config_error(reader, statement->line, "'%s' is a section; write %s %s{ ... }", name,
			     name, section->titled ? "\"NAME\" " : "");
	else if (section->titled && span_empty(statement->title))
		config_error(reader, statement->line, "'%s' has no name; write %s \"NAME\" { ... }",
			     name, name);
	else if (!section->titled && !span_empty(statement->title))
		config_error(reader, statement->line, "'%s' takes no name; write %s { ... }", name,
			     name);
	else
		return 0;
	return -1;
}

static int
check_option(struct config_reader *reader, const struct config_option *option,
	     const struct config_statement *statement)
{
	const char *name = option->name;

	if (statement->is_section || statement->is_call)
		config_error(reader, statement->line, "'%s' is an option; write %s = VALUE", name,
			     name);
	else if (statement->is_list && !option->type->list)
		config_error(reader, statement->line,
			     "%s: takes one value, not a list; write %s = VALUE", name, name);
	else
		return 0;
	return -1;
}

/* 0, or -1 when the same stands above already. */
static int
check_repeat(struct config_reader *reader, size_t index, bool titled)
{
	const struct config_statement *own = &reader->outline.statement[index];

	for (size_t i = 0; i < index; i++) {
		const struct config_statement *other = &reader->outline.statement[i];

		if (other->refused || other->section != own->section ||
		    !span_eq(other->name, own->name) || !span_eq(other->title, own->title))
			continue;
		if (titled) {
			config_error(reader, own->line,
				     "%.*s \"%.*s\" stands in line %u already; choose another name",
				     SPAN_ARG(own->name), SPAN_ARG(own->title),
				     (unsigned)other->line);
		} else {
			config_error(reader, own->line,
				     "'%.*s' stands in line %u already; keep one of the two",
				     SPAN_ARG(own->name), (unsigned)other->line);
		}
		return -1;
	}
	return 0;
}

/* 0, or -1 when it does not fit into the section around it. */
static int
check_statement(struct config_reader *reader, const struct config_section *around, size_t index)
{
	const struct config_statement *statement = &reader->outline.statement[index];
	const struct config_section *section = subsection(around, statement->name);
	const struct config_option *option = find_option(around, statement->name);

	if (section == NULL && option == NULL) {
		tell_unknown(reader, around, statement);
		return -1;
	}
	if (section != NULL ? check_section(reader, section, statement) != 0
			    : check_option(reader, option, statement) != 0)
		return -1;
	return check_repeat(reader, index, section != NULL && section->titled);
}

void
config_check_statements(struct config_reader *reader, char *text)
{
	struct config_outline *outline = &reader->outline;
	/* What each statement opens, for those that stand in it. */
	const struct config_section **opens =
		xarray(outline->count, sizeof(struct config_section *));

	for (size_t i = 0; i < outline->count; i++) {
		const struct config_statement *statement = &outline->statement[i];
		const struct config_section *around = &config_root;

		if (statement->refused)
			continue;
		if (statement->section != CONFIG_TOP)
			around = opens[statement->section];
		if (around == NULL)
			continue; /* inside of what was refused */
		if (check_statement(reader, around, i) != 0)
			config_outline_refuse(outline, i, text);
		else
			opens[i] = subsection(around, statement->name);
	}
	free(opens);
}

/* What must hold between values */

uint32_t
config_line_of(const struct config_reader *reader, size_t section, const char *option)
{
	const struct config_outline *outline = &reader->outline;
	size_t at = config_outline_find(outline, section, option, 0);

	return outline->statement[at < outline->count ? at : section].line;
}

bool
config_was_wrong(const struct config_reader *reader, size_t section, const char *option)
{
	return config_outline_was_refused(&reader->outline, section, option);
}

/* RFC 1122 section 3.2.1.3 and RFC 4291 section 2.5.3; a name proves nothing but "localhost". */
static bool
is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcmp(host, "localhost") == 0;
}

static bool
is_watched(const struct config_account *account, const char *folder)
{
	for (char **f = account->folders; *f != NULL; f++) {
		/* RFC 3501 section 5.1: INBOX is the one name without regard to case. */
		if (strcmp(*f, folder) == 0 ||
		    (strcasecmp(*f, "INBOX") == 0 && strcasecmp(folder, "INBOX") == 0))
			return true;
	}
	return false;
}

/* Another account before `end` that signs in to the same place and watches this folder, or NULL. */
static const struct config_account *
other_watcher(const struct config *config, const struct config_account *account, const char *folder,
	      const struct config_account *end)
{
	for (const struct config_account *other = config->account; other < end; other++) {
		if (other != account && config_same_login(other, account) &&
		    is_watched(other, folder))
			return other;
	}
	return NULL;
}

/* What wildcards of two accounts mean is the first one's; a name must be given once. */
static void
check_others(struct config_reader *reader, const struct config_account *account, uint32_t line)
{
	for (char **f = account->folders; *f != NULL; f++) {
		const struct config_account *other;

		if (config_is_wildcard(*f))
			continue;
		other = other_watcher(reader->config, account, *f, account);
		if (other != NULL) {
			config_error(
				reader, line,
				"folders: '%s' is watched by account \"%s\" as well, which has "
				"the same host, port and user; name it in one of them",
				*f, other->name);
		}
	}
}

static void
check_folders(struct config_reader *reader, const struct config_account *account, size_t at)
{
	uint32_t line = config_line_of(reader, at, "folders");

	if (account->folders[0] == NULL)
		config_error(reader, line, "folders: is empty; name at least one folder");
	for (char **f = account->folders; *f != NULL; f++) {
		const struct config_account before = { .folders = f + 1 };

		if (is_watched(&before, *f))
			config_error(reader, line, "folders: '%s' stands twice; name it once", *f);
		if (config_is_wildcard(*f) && strlen(*f) > CONFIG_MAX_PATTERN) {
			config_error(reader, line,
				     "folders: a name with wildcards has %zu bytes; keep it at %zu "
				     "at most",
				     strlen(*f), CONFIG_MAX_PATTERN);
		}
	}
	check_others(reader, account, line);
}

/* Does mail that is filed there come in again? */
static void
check_round(struct config_reader *reader, const struct config_account *account,
	    const struct config_option *option, uint32_t line)
{
	const struct config_target *t = config_const_field(account, option->offset);
	const struct config *config = reader->config;
	const struct config_account *other;

	if (t->folder == NULL)
		return;
	if (is_watched(account, t->folder)) {
		config_error(reader, line,
			     "target %s: '%s' is watched itself, so mail would go round; name "
			     "another folder or leave",
			     option->name, t->folder);
		return;
	}
	other = other_watcher(config, account, t->folder, config->account + config->account_count);
	if (other != NULL) {
		config_error(reader, line,
			     "target %s: '%s' is watched by account \"%s\", so mail would be read "
			     "twice; name another folder or leave",
			     option->name, t->folder, other->name);
	}
}

static void
check_targets(struct config_reader *reader, const struct config_account *account, size_t at)
{
	size_t target = config_outline_find(&reader->outline, at, "target", 0);

	if (target == reader->outline.count)
		target = at;
	for (const struct config_option *o = config_account_target.options; o->name != NULL; o++) {
		const struct config_target *t = config_const_field(account, o->offset);

		if (t->remove && !account->allow_delete) {
			config_error(reader, config_line_of(reader, target, o->name),
				     "target %s: mail is deleted only where the account says so; "
				     "add allow-delete = true, or name a folder",
				     o->name);
		} else if (t->remove && (t == &account->unreadable ||
					 t == &account->target[BOUNCE_KIND_OTHER])) {
			config_warning(reader, config_line_of(reader, target, o->name),
				       "target %s: mail that nobody has read is deleted for good",
				       o->name);
		}
		check_round(reader, account, o, config_line_of(reader, target, o->name));
	}
}

/* One number for all who share the connections. */
static void
check_connections(struct config_reader *reader, const struct config_account *account, size_t at)
{
	const struct config_account *other = reader->config->account;

	for (; other < account; other++) {
		if (!config_same_login(other, account) ||
		    other->max_connections == account->max_connections)
			continue;
		config_error(
			reader, config_line_of(reader, at, "max-connections"),
			"max-connections: account \"%s\" has the same host, port and user and says "
			"%u; the connections are shared, so write the same number in both",
			other->name, other->max_connections);
		return;
	}
}

int
config_check_name(struct config_reader *reader, const char *name, size_t at)
{
	const struct config_statement *section = &reader->outline.statement[at];
	struct buf why = BUF_INIT;
	struct config_setting setting = { .why = &why };
	int result = -1;

	if (name[0] == '\0')
		config_error(reader, section->line, "the name of this %.*s is empty; name it",
			     SPAN_ARG(section->name));
	else if (config_check_text(&setting, name) != 0)
		config_error(reader, section->line, "the name of this %.*s %s",
			     SPAN_ARG(section->name), buf_str(&why));
	else
		result = 0;
	buf_free(&why);
	return result;
}

static void
check_account(struct config_reader *reader, const struct config_account *account, size_t at)
{
	uint32_t line = reader->outline.statement[at].line;

	if (config_check_name(reader, account->name, at) != 0)
		return;
	if (account->host[0] == '\0' && !config_was_wrong(reader, at, "host"))
		config_error(reader, line, "account \"%s\": no host; add host = \"NAME\"",
			     account->name);
	if (account->host[0] != '\0' && account->tls == CONFIG_TLS_NONE &&
	    !is_loopback(account->host)) {
		config_error(reader, config_line_of(reader, at, "tls"),
			     "tls: none would send the password in clear to '%s'; write implicit "
			     "(port 993) or starttls (port 143)",
			     account->host);
	}
	if (account->user[0] == '\0' && !config_was_wrong(reader, at, "user"))
		config_error(reader, line, "account \"%s\": no user; add user = \"NAME\"",
			     account->name);
	config_check_signin(reader, account, at);
	check_folders(reader, account, at);
	check_targets(reader, account, at);
	check_connections(reader, account, at);
	if (account->retry_most < account->retry_least)
		config_error(reader, config_line_of(reader, at, "retry-most"),
			     "retry-most: %us is less than retry-least (%us); make it larger",
			     account->retry_most, account->retry_least);
}

static void
check_rule(struct config_reader *reader, const struct bounce_rule *rule, size_t at)
{
	if (config_check_name(reader, rule->name, at) != 0)
		return;
	if (!rule->set_disposition && !rule->set_weight && rule->backoff_count == 0 &&
	    !config_was_wrong(reader, at, "disposition") &&
	    !config_was_wrong(reader, at, "weight") && !config_was_wrong(reader, at, "backoff"))
		config_error(reader, reader->outline.statement[at].line,
			     "rule \"%s\" changes nothing; add disposition, weight or backoff",
			     rule->name);
}

/* The operator's row of the code table at `index`. */
static void
check_row(struct config_reader *reader, size_t index)
{
	const struct config *config = reader->config;
	const struct config_outline *outline = &reader->outline;
	bool phrase = index < config->phrase_count;
	size_t at = phrase ? config_outline_find(outline, CONFIG_TOP, "phrase", index)
			   : config_outline_find(outline, CONFIG_TOP, "status",
						 index - config->phrase_count);

	if (config_check_name(reader, config->row[index].id, at) != 0)
		return;
	if (config->row[index].reason == BOUNCE_REASON_COUNT &&
	    !config_was_wrong(reader, at, "reason"))
		config_error(reader, outline->statement[at].line,
			     "%s \"%s\" says nothing; add reason = \"REASON\"",
			     phrase ? "phrase" : "status", config->row[index].id);
	if (index == BOUNCE_MAX_OWN_ROWS)
		config_error(reader, outline->statement[at].line,
			     "%zu phrases and codes; keep at most %d", config->own.count,
			     BOUNCE_MAX_OWN_ROWS);
}

static void
check_hook(struct config_reader *reader, const struct config_hook *hook, size_t at)
{
	if (config_check_name(reader, hook->name, at) != 0)
		return;
	if (hook->command[0] == NULL && !config_was_wrong(reader, at, "command"))
		config_error(reader, config_line_of(reader, at, "command"),
			     "hook \"%s\": no command; add command = {\"/path/to/program\"}",
			     hook->name);
	if (hook->states == 0 && !hook->incidents && !config_was_wrong(reader, at, "states")) {
		config_error(reader, config_line_of(reader, at, "states"),
			     "hook \"%s\": is told of nothing; name at least one state, like "
			     "{\"dead\"}, or set incidents = true",
			     hook->name);
	}
}

void
config_check(struct config_reader *reader)
{
	const struct config *config = reader->config;
	const struct config_outline *outline = &reader->outline;

	for (size_t i = 0; i < config->account_count; i++)
		check_account(reader, &config->account[i],
			      config_outline_find(outline, CONFIG_TOP, "account", i));
	for (size_t i = 0; i < config->policy.rule_count; i++)
		check_rule(reader, &config->rule[i],
			   config_outline_find(outline, CONFIG_TOP, "rule", i));
	for (size_t i = 0; i < config->list_count; i++)
		(void)config_check_name(reader, config->list[i].name,
					config_outline_find(outline, CONFIG_TOP, "list", i));
	config_check_trust(reader);
	for (size_t i = 0; i < config->own.count; i++)
		check_row(reader, i);
	for (size_t i = 0; i < config->hook_count; i++)
		check_hook(reader, &config->hook[i],
			   config_outline_find(outline, CONFIG_TOP, "hook", i));
	if (config->policy.rule_count > STATE_MAX_RULES) {
		config_error(reader,
			     outline->statement[config_outline_find(outline, CONFIG_TOP, "rule",
								    STATE_MAX_RULES)]
				     .line,
			     "%zu rules; keep at most %d", config->policy.rule_count,
			     STATE_MAX_RULES);
	}
}
