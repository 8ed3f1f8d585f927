/*
 * imap_tree - which folders there are (LIST), and whether there is something new in them (STATUS)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <stdlib.h>

#include "log.h"

/* Bytes of a list of folders; each is looked at and dropped. */
#define LIST_BUDGET ((uint64_t)64 * 1024 * 1024)

bool
imap_take_listed(struct span line, struct imap_listed *out)
{
	struct buf separator = BUF_INIT;
	struct span rest = line;
	bool taken = false;

	buf_clear(&out->name);
	if (!span_istarts(line, SPAN("* LIST (")))
		return false;
	rest.p += sizeof("* LIST (") - 1;
	if (!span_cut(&rest, ')', &out->flags))
		return false;
	rest = span_trim(rest);
	if (imap_take_astring(&rest, &separator)) {
		/* NIL is longer than any separator: there are no levels. */
		out->separator = '\0';
		if (separator.len == 1)
			out->separator = buf_str(&separator)[0];
		out->rest = span_trim(rest);
		rest = out->rest;
		taken = imap_take_astring(&rest, &out->name) || span_first(out->rest) == '{';
	}
	buf_free(&separator);
	return taken;
}

bool
imap_has_flag(struct span flags, const char *flag)
{
	struct span word;

	while (span_next_word(&flags, &word)) {
		if (span_ieq(word, span_of(flag)))
			return true;
	}
	return false;
}

enum imap_result
imap_folder_command(struct imap *imap, const char *what, struct buf *command,
		    void (*line)(void *context, struct span line), void *context)
{
	struct imap_ask ask = {
		.what = what,
		.command = command,
		.timeout = imap->command_timeout,
		.budget = LIST_BUDGET,
		.line = line,
		.context = context,
	};
	enum imap_result result = imap_command(imap, &ask);

	buf_free(command);
	return result;
}

/* LIST */

static const char *const uses[] = { "\\All",       "\\Archive", "\\Drafts", "\\Flagged",
				    "\\Important", "\\Junk",    "\\Sent",   "\\Trash" };

static const char *
use_of(struct span flags)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if (imap_has_flag(flags, uses[i]))
			return uses[i];
	}
	return NULL;
}

struct survey {
	struct imap *imap;
	struct imap_survey *out;
	struct imap_listed listed;
	size_t literal; /* bytes that the next line begins with: the name; 0 = it is no literal */
	struct imap_entry entry;
};

/* The name as others may write it: such that it becomes this one again on the wire. The caller
 * frees it. */
static char *
readable(const struct imap *imap, const char *wire)
{
	char *name = imap_name_decode(wire), *back;

	if (name == NULL)
		name = xstrdup(wire);
	back = imap_name(imap, name);
	if (back == NULL || strcmp(back, wire) != 0) {
		free(name);
		name = NULL;
	}
	free(back);
	return name;
}

static void
survey_name(struct survey *survey, const char *wire)
{
	char *name = readable(survey->imap, wire);

	survey->entry.name = name;
	if (name == NULL)
		survey->out->unread++;
	else
		survey->out->each(survey->out->context, &survey->entry);
	free(name);
}

/* "{12}" at the line's end: the name follows in a line of its own. */
static size_t
literal_size(struct span rest)
{
	uint64_t size;

	if (span_first(rest) != '{')
		return 0;
	rest.p++;
	if (!span_number(&rest, IMAP_MAX_NAME, &size) || !span_eq(rest, SPAN("}")))
		return 0;
	return (size_t)size;
}

/* The line that begins with the name; one with a line end in it is none that could be opened. */
static void
survey_literal(struct survey *survey, struct span line, size_t size)
{
	struct buf *name = &survey->listed.name;

	if (size > span_len(line)) {
		survey->out->unread++;
		return;
	}
	buf_clear(name);
	buf_add(name, span_make(line.p, size));
	survey_name(survey, buf_str(name));
}

static void
survey_line(void *context, struct span line)
{
	struct survey *survey = context;
	struct imap_listed *listed = &survey->listed;
	size_t literal = survey->literal;

	survey->literal = 0;
	if (literal > 0) {
		survey_literal(survey, line, literal);
		return;
	}
	if (!imap_take_listed(line, listed))
		return;
	survey->entry = (struct imap_entry){
		.separator = listed->separator,
		.closed = imap_has_flag(listed->flags, "\\Noselect") ||
			  imap_has_flag(listed->flags, "\\NonExistent"),
		.use = use_of(listed->flags),
	};
	if (listed->name.len > 0)
		survey_name(survey, buf_str(&listed->name));
	else
		survey->literal = literal_size(listed->rest);
	survey->out->unread += listed->name.len == 0 && survey->literal == 0;
}

/* RFC 6154: a server may keep special uses to itself unless it is asked for them. */
enum imap_result
imap_survey(struct imap *imap, const char *prefix, struct imap_survey *out)
{
	struct survey survey = { .imap = imap, .out = out, .listed.name = BUF_INIT };
	struct buf command = BUF_INIT, pattern = BUF_INIT;
	char *name = prefix[0] == '\0' ? xstrdup("") : imap_name(imap, prefix);
	enum imap_result result;

	out->unread = 0;
	if (name == NULL)
		return imap_refuse(imap, "LIST: not the name of a folder");
	buf_addf(&pattern, "%s*", name);
	buf_adds(&command, "LIST \"\" ");
	imap_add_quoted(&command, buf_str(&pattern));
	if (imap_can(imap, "SPECIAL-USE") && imap_can(imap, "LIST-EXTENDED"))
		buf_adds(&command, " RETURN (SPECIAL-USE)");
	result = imap_folder_command(imap, "LIST", &command, survey_line, &survey);
	buf_free(&survey.listed.name);
	buf_free(&pattern);
	free(name);
	return result;
}

/* STATUS */

struct statuses {
	struct imap_status *status;
	char **name; /* as the server writes them */
	size_t count;
};

static bool
is_inbox(const char *name)
{
	return strcasecmp(name, "INBOX") == 0;
}

static struct imap_status *
find_status(const struct statuses *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->name[i], name) == 0 || (is_inbox(all->name[i]) && is_inbox(name)))
			return &all->status[i];
	}
	return NULL;
}

/* "(UIDNEXT 90 UIDVALIDITY 7)" */
static void
read_status(struct span rest, struct imap_status *out)
{
	struct span list, word;
	uint64_t number;

	rest = span_trim(rest);
	if (span_first(rest) != '(')
		return;
	rest.p++;
	if (!span_cut(&rest, ')', &list))
		return;
	while (span_next_word(&list, &word)) {
		bool next = span_ieq(word, SPAN("UIDNEXT"));
		bool validity = span_ieq(word, SPAN("UIDVALIDITY"));

		if (!span_next_word(&list, &word) || !span_number(&word, UINT32_MAX, &number))
			return;
		if (next)
			out->uidnext = (uint32_t)number;
		if (validity)
			out->uidvalidity = (uint32_t)number;
	}
	out->told = out->uidnext != 0 && out->uidvalidity != 0;
}

static void
status_line(void *context, struct span line)
{
	const struct statuses *all = context;
	struct buf name = BUF_INIT;
	struct imap_status *status;
	struct span rest = line;

	if (!span_istarts(line, SPAN("* STATUS ")))
		return;
	rest.p += sizeof("* STATUS ") - 1;
	if (imap_take_astring(&rest, &name)) {
		status = find_status(all, buf_str(&name));
		if (status != NULL)
			read_status(rest, status);
	}
	buf_free(&name);
}

/* LIST takes patterns: a folder that is called "*" would be every folder. */
static bool
is_pattern(const char *name)
{
	return strpbrk(name, "*%") != NULL;
}

/* One command for as many as fit a line (RFC 5819, RFC 5258). *taken: how many. */
static enum imap_result
ask_many(struct imap *imap, const struct statuses *all, size_t first, size_t *taken)
{
	struct statuses part = { all->status + first, all->name + first, 0 };
	static const char tail[] = ") RETURN (STATUS (UIDNEXT UIDVALIDITY))";
	struct buf command = BUF_INIT, name = BUF_INIT;
	enum imap_result result;

	buf_adds(&command, "LIST \"\" (");
	for (; first + part.count < all->count; part.count++) {
		buf_clear(&name);
		imap_add_quoted(&name, part.name[part.count]);
		if (part.count > 0 && (is_pattern(part.name[part.count]) ||
				       command.len + name.len + sizeof(tail) > IMAP_MAX_COMMAND))
			break;
		if (part.count > 0)
			buf_addc(&command, ' ');
		buf_add(&command, buf_span(&name));
	}
	buf_adds(&command, tail);
	result = imap_folder_command(imap, "LIST", &command, status_line, &part);
	buf_free(&name);
	*taken = part.count;
	return result;
}

static enum imap_result
ask_one(struct imap *imap, const struct statuses *all, size_t index)
{
	struct statuses part = { all->status + index, all->name + index, 1 };
	struct buf command = BUF_INIT;

	buf_adds(&command, "STATUS ");
	imap_add_quoted(&command, part.name[0]);
	buf_adds(&command, " (UIDNEXT UIDVALIDITY)");
	return imap_folder_command(imap, "STATUS", &command, status_line, &part);
}

/* A refusal is no matter: opening the folder will tell. */
static enum imap_result
ask_all(struct imap *imap, const struct statuses *all)
{
	bool many = imap_can(imap, "LIST-STATUS") && imap_can(imap, "LIST-EXTENDED");
	enum imap_result result = IMAP_OK;

	for (size_t i = 0, taken; i < all->count; i += taken) {
		taken = 1;
		result = many && !is_pattern(all->name[i]) ? ask_many(imap, all, i, &taken)
							   : ask_one(imap, all, i);
		if (result != IMAP_OK && result != IMAP_REFUSED)
			return result;
	}
	imap->error[0] = '\0';
	return IMAP_OK;
}

enum imap_result
imap_status(struct imap *imap, struct imap_status *status, size_t count)
{
	struct statuses all = { status, xarray(count + 1, sizeof(*all.name)), count };
	enum imap_result result;
	bool named = true;

	for (size_t i = 0; i < count; i++) {
		status[i].told = false;
		status[i].uidvalidity = status[i].uidnext = 0;
		all.name[i] = imap_name(imap, status[i].folder);
		named = named && all.name[i] != NULL;
	}
	result =
		named ? ask_all(imap, &all) : imap_refuse(imap, "STATUS: not the name of a folder");
	for (size_t i = 0; i < count; i++)
		free(all.name[i]);
	free(all.name);
	return result;
}
