/*
 * wire - the guard between a server's bytes and libetpan
 *
 * What is a literal, what is text and where a response begins must be judged exactly as libetpan
 * judges it, blanks in odd places included, or a server could hide "((((" where only one of the two
 * sees a literal. So whatever libetpan reads generously and no server sends is refused here.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "wire.h"

#include <stdio.h>
#include <string.h>

enum state {
	LINE_START,   /* blanks and empty lines, which libetpan skips */
	STAR,         /* after "*" */
	STATUS,       /* the word after "* " */
	TAG,          /* the tag of a tagged line */
	TAG_GAP,      /* the blanks after it */
	TAG_STATUS,   /* OK, NO, BAD */
	CODE_OPEN,    /* where a "[" would begin a response code */
	CODE_NAME,    /* its name */
	FLAGS_OPEN,   /* after PERMANENTFLAGS */
	FLAGS_FIRST,  /* after its "(" */
	FLAGS_SLASH,  /* after the "\" of the first flag */
	FLAGS_REST,   /* up to its ")" */
	CODE_REST,    /* up to the "]" */
	ALERT_TEXT,   /* after that of ALERT and PARSE: words must follow */
	TEXT,         /* words for people up to the line's end: no literals here */
	DATA,         /* untagged data: a "{" announces a literal */
	BRACE,        /* after that "{" */
	BRACE_CLOSED, /* after its "}" */
	BRACE_CR,     /* after the CR */
	LITERAL,
};

enum keep { KEEP_NOTHING, KEEP_BYE, KEEP_TAGGED };

void
wire_init(struct wire *wire)
{
	memset(wire, 0, sizeof(*wire));
	wire->budget_left = WIRE_DEFAULT_BUDGET;
}

void
wire_budget(struct wire *wire, uint64_t bytes)
{
	wire->budget_left = bytes == 0 ? WIRE_DEFAULT_BUDGET : bytes;
	wire->tagged[0] = '\0';
}

void
wire_more(struct wire *wire, uint64_t bytes)
{
	wire->budget_left += bytes;
}

static int
refuse(struct wire *wire, const char *why)
{
	wire->refused = why;
	return -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What libetpan takes for a character of an atom. */
static bool
is_atom(char c)
{
	return (unsigned char)c > ' ' && strchr("(){%*]\"\\", c) == NULL;
}

static bool
word_is(const struct wire *wire, const char *word)
{
	return wire->word_len == strlen(word) && memcmp(wire->word, word, wire->word_len) == 0;
}

static void
word_add(struct wire *wire, char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (wire->word_len < sizeof(wire->word))
		wire->word[wire->word_len++] = c;
}

static void
keep_begin(struct wire *wire, enum keep keep)
{
	wire->keep = (unsigned char)keep;
	wire->text_len = 0;
}

/* Server text goes into errors and logs: without controls, without blanks in front, clipped. */
static void
keep_add(struct wire *wire, char c)
{
	bool bye = wire->keep == KEEP_BYE;
	char *text = bye ? wire->bye : wire->tagged;
	size_t size = bye ? sizeof(wire->bye) : sizeof(wire->tagged);

	if (c == '\r' || (wire->text_len == 0 && is_blank(c)) || wire->text_len + 1 >= size)
		return;
	if ((unsigned char)c < ' ' || c == 0x7f)
		c = '?';
	text[wire->text_len++] = c;
	text[wire->text_len] = '\0';
}

static bool
word_is_number(const struct wire *wire)
{
	for (size_t i = 0; i < wire->word_len; i++)
		if (wire->word[i] < '0' || wire->word[i] > '9')
			return false;
	return wire->word_len > 0;
}

/* A byte behind "* 12 ": the word there tells whether mail came. */
static void
step_numbered(struct wire *wire, char c)
{
	if (!is_blank(c) && c != '\r' && c != '\n') {
		word_add(wire, c);
		return;
	}
	if (wire->word_len == 0 && c != '\n')
		return;
	wire->exists = wire->exists || word_is(wire, "EXISTS");
	wire->numbered = false;
}

/* The word after "* " is complete: do words for people follow, or data? */
static enum state
status_ends(struct wire *wire)
{
	if (word_is(wire, "BYE")) {
		keep_begin(wire, KEEP_BYE);
		return CODE_OPEN;
	}
	if (word_is(wire, "OK") || word_is(wire, "NO") || word_is(wire, "BAD") ||
	    word_is(wire, "PREAUTH"))
		return CODE_OPEN;
	wire->numbered = word_is_number(wire);
	wire->word_len = 0;
	return DATA;
}

static int
line_ends(struct wire *wire)
{
	if (wire->state == STATUS)
		(void)status_ends(wire);
	if (wire->numbered)
		step_numbered(wire, '\n');
	if (wire->state >= FLAGS_OPEN && wire->state <= FLAGS_REST)
		return refuse(wire, "malformed PERMANENTFLAGS");
	if (wire->state == ALERT_TEXT)
		return refuse(wire, "an alert without words");
	if (wire->keep == KEEP_BYE && wire->bye[0] == '\0')
		snprintf(wire->bye, sizeof(wire->bye), "no reason given");
	if (wire->keep == KEEP_BYE)
		return refuse(wire, "the server ended the session");
	wire->answered = wire->keep == KEEP_TAGGED;
	wire->keep = KEEP_NOTHING;
	wire->state = LINE_START;
	wire->line_bytes = 0;
	wire->parens = 0;
	return 0;
}

static void
line_begins(struct wire *wire, char c)
{
	if (c == '*') {
		wire->state = STAR;
	} else if (c == '+') {
		wire->state = CODE_OPEN;
	} else if (!is_blank(c) && c != '\r') {
		wire->state = TAG;
		keep_begin(wire, KEEP_TAGGED);
	}
}

/* The first words of a line, which tell what kind of line it is. */
static void
step_head(struct wire *wire, char c)
{
	bool ends = is_blank(c) || c == '\r';
	enum state state = (enum state)wire->state;

	if (state == LINE_START) {
		line_begins(wire, c);
	} else if (state == STAR && !is_blank(c)) {
		wire->word_len = 0;
		word_add(wire, c);
		wire->state = STATUS;
	} else if (state == STATUS) {
		if (ends)
			wire->state = (unsigned char)status_ends(wire);
		else
			word_add(wire, c);
	} else if (state == TAG && ends) {
		wire->state = TAG_GAP;
	} else if (state == TAG_GAP && !ends) {
		wire->state = TAG_STATUS;
	} else if (state == TAG_STATUS && ends) {
		wire->state = CODE_OPEN;
	}
}

/* No code has a string in it; libetpan reads some where none may be. */
static int
step_code_rest(struct wire *wire, char c)
{
	if (c == '{')
		return refuse(wire, "a literal in a response code");
	if (c != ']')
		wire->state = CODE_REST;
	else
		wire->state = wire->must_have_text ? ALERT_TEXT : TEXT;
	return 0;
}

static int
step_code_name(struct wire *wire, char c)
{
	if (wire->word_len == 0 && is_blank(c))
		return 0;
	word_add(wire, c);
	/* A longer word that begins like this is read as this one by libetpan. */
	if (word_is(wire, "BADCHARSET"))
		return refuse(wire, "response code BADCHARSET, which no command of ours can cause");
	if (word_is(wire, "ALERT") || word_is(wire, "PARSE"))
		wire->must_have_text = true;
	if (word_is(wire, "PERMANENTFLAGS"))
		wire->state = FLAGS_OPEN;
	else if (wire->word_len == sizeof(wire->word) || !is_atom(c))
		return step_code_rest(wire, c);
	return 0;
}

/* libetpan frees NULL when the list neither begins with a flag nor ends at once, and takes strings
 * and "]" for flags: only ")" ends them. */
static int
step_flags(struct wire *wire, char c)
{
	enum state state = (enum state)wire->state;

	if (is_blank(c) && state != FLAGS_SLASH)
		return 0;
	if (state == FLAGS_OPEN && c == '(')
		wire->state = FLAGS_FIRST;
	else if (state == FLAGS_FIRST && c == '\\')
		wire->state = FLAGS_SLASH;
	else if ((state == FLAGS_FIRST || state == FLAGS_REST) && c == ')')
		wire->state = CODE_REST;
	else if ((state == FLAGS_FIRST && is_atom(c)) ||
		 (state == FLAGS_SLASH && (c == '*' || is_atom(c))))
		wire->state = FLAGS_REST;
	else if (state != FLAGS_REST || strchr("({\"", c) != NULL)
		return refuse(wire, "malformed PERMANENTFLAGS");
	return 0;
}

static int
literal_begins(struct wire *wire)
{
	/* the line feed before it counts too */
	if (wire->literal_left >= wire->budget_left)
		return refuse(wire, "a literal larger than what was asked for");
	wire->state = wire->literal_left > 0 ? LITERAL : DATA;
	return 0;
}

/* "{123}" CR LF. Anything else after a "{" libetpan may still take for a literal. */
static int
step_brace(struct wire *wire, char c)
{
	if (wire->state == BRACE && c >= '0' && c <= '9') {
		wire->literal_left = wire->literal_left * 10 + (uint64_t)(c - '0');
		if (++wire->digits > WIRE_MAX_DIGITS || wire->literal_left > WIRE_MAX_LITERAL)
			return refuse(wire, "literal too large");
		return 0;
	}
	if (wire->state == BRACE && c == '}' && wire->digits > 0) {
		wire->state = BRACE_CLOSED;
		return 0;
	}
	if (wire->state == BRACE_CLOSED && c == '\r') {
		wire->state = BRACE_CR;
		return 0;
	}
	if (wire->state != BRACE && c == '\n')
		return literal_begins(wire);
	return refuse(wire, "malformed literal");
}

/* A byte after the first words of a line. */
static int
step_body(struct wire *wire, char c)
{
	switch ((enum state)wire->state) {
	case CODE_OPEN:
		wire->word_len = 0;
		wire->must_have_text = false;
		if (!is_blank(c))
			wire->state = c == '[' ? CODE_NAME : TEXT;
		return 0;
	case CODE_NAME:
		return step_code_name(wire, c);
	case FLAGS_OPEN:
	case FLAGS_FIRST:
	case FLAGS_SLASH:
	case FLAGS_REST:
		return step_flags(wire, c);
	case CODE_REST:
		return step_code_rest(wire, c);
	case ALERT_TEXT:
		if (c == '\r')
			return refuse(wire, "an alert without words");
		wire->state = is_blank(c) ? ALERT_TEXT : TEXT;
		return 0;
	case DATA:
		if (wire->numbered)
			step_numbered(wire, c);
		if (c == '{') {
			wire->state = BRACE;
			wire->literal_left = 0;
			wire->digits = 0;
		}
		return 0;
	case BRACE:
	case BRACE_CLOSED:
	case BRACE_CR:
		return step_brace(wire, c);
	case LINE_START:
	case STAR:
	case STATUS:
	case TAG:
	case TAG_GAP:
	case TAG_STATUS:
	case TEXT:
	case LITERAL:
		return 0;
	}
	return 0;
}

/* One byte outside of a literal: 0, or -1 when it is refused. */
static int
step(struct wire *wire, char c)
{
	if (c == '\0')
		return refuse(wire, "a NUL byte outside of a literal");
	if (++wire->line_bytes > WIRE_MAX_LINE)
		return refuse(wire, "line too long");
	if (c == '(' && ++wire->parens > WIRE_MAX_PARENS)
		return refuse(wire, "too many parentheses in a line");
	if (c == '\n' && wire->state < BRACE)
		return line_ends(wire);
	if (wire->state >= CODE_OPEN) {
		if (wire->keep != KEEP_NOTHING)
			keep_add(wire, c);
		return step_body(wire, c);
	}
	step_head(wire, c);
	if (wire->keep != KEEP_NOTHING)
		keep_add(wire, c);
	return 0;
}

/* How many of the bytes need no look at all: those of a literal, and plain ones of a line's body.
 */
static size_t
skip(struct wire *wire, const char *data, size_t len)
{
	size_t n = 0;

	if (wire->state == LITERAL) {
		n = wire->literal_left < len ? (size_t)wire->literal_left : len;
		wire->literal_left -= n;
		if (wire->literal_left == 0)
			wire->state = DATA;
		return n;
	}
	if ((wire->state != DATA && wire->state != TEXT) || wire->keep != KEEP_NOTHING ||
	    wire->numbered)
		return 0;
	if (len > WIRE_MAX_LINE - wire->line_bytes)
		len = (size_t)(WIRE_MAX_LINE - wire->line_bytes);
	while (n < len && (unsigned char)data[n] >= ' ' && data[n] != '(' && data[n] != '{')
		n++;
	wire->line_bytes += n;
	return n;
}

size_t
wire_feed(struct wire *wire, const char *data, size_t len)
{
	size_t done = 0;

	wire->answered = false;
	while (done < len && wire->refused == NULL && !(wire->answered && wire->one_answer)) {
		size_t most = len - done;

		if (wire->budget_left == 0) {
			refuse(wire, "more bytes than an answer to this command can have");
			break;
		}
		if (most > wire->budget_left)
			most = (size_t)wire->budget_left;
		size_t n = skip(wire, data + done, most);

		if (n == 0 && step(wire, data[done]) == 0)
			n = 1;
		wire->budget_left -= n;
		done += n;
	}
	return done;
}
