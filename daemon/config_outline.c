/*
 * config_outline - what stands where in a configuration file
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config_outline.h"

#include <stdarg.h>

#include "log.h"

#define MAX_NESTING 4 /* sections in sections; the table has two */

enum token {
	TOKEN_END,
	TOKEN_WORD, /* quoted or not */
	TOKEN_SIGN, /* one of { } ( ) = , or "+=" */
	TOKEN_BAD,  /* outline->error is set */
};

struct scanner {
	struct config_outline *outline;
	char *begin, *p, *end;
	uint32_t line;
	/* the token read last */
	enum token token;
	struct span text; /* without quotes */
	uint32_t token_line;
	size_t open[MAX_NESTING]; /* indices of the sections that are open */
	size_t depth;
};

static int fail(struct config_outline *outline, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int
fail(struct config_outline *outline, uint32_t line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(outline->error, sizeof(outline->error), format, args);
	va_end(args);
	outline->error_line = line;
	return -1;
}

/* Spaces for everything but line ends, so that later lines keep their numbers. */
static void
blank(char *from, const char *to)
{
	for (; from < to; from++) {
		if (*from != '\n')
			*from = ' ';
	}
}

static bool
starts(const struct scanner *s, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(s->end - s->p) >= len && memcmp(s->p, text, len) == 0;
}

static void
skip_line_comment(struct scanner *s)
{
	char *from = s->p;

	while (s->p < s->end && *s->p != '\n')
		s->p++;
	blank(from, s->p);
}

static int
skip_c_comment(struct scanner *s)
{
	char *from = s->p;
	uint32_t line = s->line;

	s->p += 2;
	while (s->p < s->end && !starts(s, "*/")) {
		if (*s->p++ == '\n')
			s->line++;
	}
	if (s->p == s->end)
		return fail(s->outline, line, "the comment is never closed; add */");
	s->p += 2;
	blank(from, s->p);
	return 0;
}

/* Blanks, line ends and comments. 0, or -1 for a comment without an end. */
static int
skip_space(struct scanner *s)
{
	while (s->p < s->end) {
		if (*s->p == '\n')
			s->line++;
		if (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n') {
			s->p++;
		} else if (*s->p == '#' || starts(s, "//")) {
			skip_line_comment(s);
		} else if (starts(s, "/*")) {
			if (skip_c_comment(s) != 0)
				return -1;
		} else {
			return 0;
		}
	}
	return 0;
}

static enum token
read_quoted(struct scanner *s)
{
	char quote = *s->p++;

	s->text.p = s->p;
	while (s->p < s->end && *s->p != quote) {
		if (*s->p == '\\' && s->p + 1 < s->end) {
			s->p++;
			/* libconfuse would end the text at \0 without a word. */
			if (quote == '"' && strchr("01234567x", *s->p) != NULL) {
				fail(s->outline, s->line,
				     "'\\%c' in quotes is not understood; write the character "
				     "itself",
				     *s->p);
				return TOKEN_BAD;
			}
		}
		if (*s->p++ == '\n')
			s->line++;
	}
	if (s->p == s->end) {
		fail(s->outline, s->token_line, "the text in quotes is never closed; add %c",
		     quote);
		return TOKEN_BAD;
	}
	s->text.end = s->p++;
	return TOKEN_WORD;
}

static enum token
read_token(struct scanner *s)
{
	static const char signs[] = "{}()=,";

	if (skip_space(s) != 0)
		return TOKEN_BAD;
	s->token_line = s->line;
	s->text = (struct span){ s->p, s->p };
	if (s->p == s->end)
		return TOKEN_END;
	if (*s->p == '"' || *s->p == '\'')
		return read_quoted(s);
	if (strchr(signs, *s->p) != NULL) {
		s->text.end = ++s->p;
		return TOKEN_SIGN;
	}
	if (starts(s, "+=")) {
		s->p += 2;
		s->text.end = s->p;
		return TOKEN_SIGN;
	}
	while (s->p < s->end && strchr(" \t\r\n#\"'{}()=,", *s->p) == NULL)
		s->p++;
	s->text.end = s->p;
	/* libconfuse would take the word apart there. */
	if (span_chr(s->text, '+') != NULL || span_chr(s->text, '*') != NULL) {
		fail(s->outline, s->line, "'%.*s' contains + or *; put it in quotes",
		     SPAN_ARG(s->text));
		return TOKEN_BAD;
	}
	return TOKEN_WORD;
}

/* The next token. False at the end and after an error. */
static bool
next(struct scanner *s)
{
	s->token = read_token(s);
	return s->token == TOKEN_WORD || s->token == TOKEN_SIGN;
}

static bool
is_sign(const struct scanner *s, const char *sign)
{
	return s->token == TOKEN_SIGN && span_eq(s->text, span_of(sign));
}

static int
unexpected(struct scanner *s, const char *wanted)
{
	struct span text = s->text;

	if (s->token == TOKEN_BAD)
		return -1;
	if (s->token == TOKEN_END)
		return fail(s->outline, s->token_line, "the file ends too early; add %s", wanted);
	if (span_len(text) > 40)
		text.end = text.p + 40;
	return fail(s->outline, s->token_line,
		    "'%.*s' stands where %s is wanted; see "
		    "mailbounced.conf(5)",
		    SPAN_ARG(text), wanted);
}

/* Behind "NAME =": a word, or words in braces. */
static int
read_value(struct scanner *s, struct config_statement *statement)
{
	if (!next(s))
		return unexpected(s, "a value");
	if (s->token == TOKEN_WORD)
		return 0;
	if (!is_sign(s, "{"))
		return unexpected(s, "a value");
	statement->is_list = true;
	while (next(s) && !is_sign(s, "}")) {
		if (s->token != TOKEN_WORD)
			return unexpected(s, "an element of the list");
		if (!next(s) || !(is_sign(s, ",") || is_sign(s, "}")))
			return unexpected(s, "',' or '}' in the list");
		if (is_sign(s, "}"))
			break;
	}
	return is_sign(s, "}") ? 0 : unexpected(s, "'}' to end the list");
}

static int
read_call(struct scanner *s, struct config_statement *statement)
{
	statement->is_call = true;
	while (next(s)) {
		if (is_sign(s, ")"))
			return 0;
	}
	return unexpected(s, "')'");
}

static int
open_section(struct scanner *s, struct config_statement *statement)
{
	statement->is_section = true;
	if (s->depth == MAX_NESTING)
		return fail(s->outline, statement->line,
			    "sections are nested too deeply; a '}' "
			    "may be missing above");
	s->open[s->depth++] = s->outline->count - 1;
	return 0;
}

static int
close_section(struct scanner *s)
{
	if (s->depth == 0)
		return fail(s->outline, s->token_line,
			    "'}' closes nothing; remove it, or look for "
			    "a '{' that is missing above");
	s->outline->statement[s->open[--s->depth]].whole.end = s->p;
	return 0;
}

/* The same place in the outline's copy of the text. */
static struct span
kept(const struct scanner *s, struct span text)
{
	const char *words = s->outline->words;

	return (struct span){ words + (text.p - s->begin), words + (text.end - s->begin) };
}

static struct config_statement *
add_statement(struct scanner *s)
{
	struct config_outline *outline = s->outline;

	outline->statement =
		xgrow(outline->statement, outline->count + 1, sizeof(outline->statement[0]));
	outline->statement[outline->count] = (struct config_statement){
		.name = kept(s, s->text),
		.title = { NULL, NULL },
		.whole = s->text,
		.line = s->token_line,
		.section = s->depth > 0 ? s->open[s->depth - 1] : CONFIG_TOP,
	};
	return &outline->statement[outline->count++];
}

static int
read_statement(struct scanner *s)
{
	struct config_statement *statement;
	int result;

	if (is_sign(s, "}"))
		return close_section(s);
	if (s->token != TOKEN_WORD)
		return unexpected(s, "an option or a section");
	statement = add_statement(s);
	next(s);
	if (is_sign(s, "=")) {
		result = read_value(s, statement);
	} else if (is_sign(s, "(")) {
		result = read_call(s, statement);
	} else if (is_sign(s, "{")) {
		result = open_section(s, statement);
	} else if (s->token == TOKEN_WORD) {
		statement->title = kept(s, s->text);
		next(s);
		result = is_sign(s, "{")
				 ? open_section(s, statement)
				 : fail(s->outline, statement->line,
					"'%.*s' has neither '=' nor '{' behind it; write "
					"%.*s = VALUE",
					SPAN_ARG(statement->name), SPAN_ARG(statement->name));
	} else {
		result = unexpected(s, "'=' or '{'");
	}
	if (result != 0)
		statement->refused = true; /* what it was meant to be is unknown */
	else if (!statement->is_section)
		statement->whole.end = s->p;
	return result;
}

int
config_outline_read(struct config_outline *outline, char *text, size_t len)
{
	struct scanner s = {
		.outline = outline,
		.begin = text,
		.p = text,
		.end = text + len,
		.line = 1,
	};

	*outline = (struct config_outline){
		.words = xstrndup((struct span){ text, text + len }),
		.words_len = len,
	};
	while (next(&s)) {
		if (read_statement(&s) != 0)
			return -1;
	}
	if (s.token == TOKEN_BAD)
		return -1;
	if (s.depth > 0) {
		const struct config_statement *open = &outline->statement[s.open[s.depth - 1]];

		return fail(outline, open->line, "section '%.*s' is never closed; add '}'",
			    SPAN_ARG(open->name));
	}
	return 0;
}

void
config_outline_free(struct config_outline *outline)
{
	if (outline->words != NULL)
		explicit_bzero(outline->words, outline->words_len); /* maybe a password */
	free(outline->words);
	outline->words = NULL;
	free(outline->statement);
	outline->statement = NULL;
	outline->count = 0;
}

size_t
config_outline_find(const struct config_outline *outline, size_t section, const char *name,
		    size_t index)
{
	for (size_t i = 0; i < outline->count; i++) {
		const struct config_statement *statement = &outline->statement[i];

		if (statement->refused || statement->section != section ||
		    !span_eq(statement->name, span_of(name)))
			continue;
		if (index-- == 0)
			return i;
	}
	return outline->count;
}

bool
config_outline_was_refused(const struct config_outline *outline, size_t section, const char *name)
{
	for (size_t i = 0; i < outline->count; i++) {
		const struct config_statement *statement = &outline->statement[i];

		if (statement->refused && statement->section == section &&
		    span_eq(statement->name, span_of(name)))
			return true;
	}
	return false;
}

void
config_outline_refuse(struct config_outline *outline, size_t index, char *text)
{
	struct config_statement *refused = &outline->statement[index];
	char *from = text + (refused->whole.p - text);

	/* The name may have been in quotes: they go as well. */
	if (from > text && (from[-1] == '"' || from[-1] == '\''))
		from--;
	blank(from, refused->whole.end);
	refused->refused = true;
	for (size_t i = index + 1; i < outline->count; i++) {
		struct config_statement *inner = &outline->statement[i];

		if (inner->section != CONFIG_TOP && outline->statement[inner->section].refused)
			inner->refused = true;
	}
}
