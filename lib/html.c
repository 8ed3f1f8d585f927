/*
 * html - what a reader would see of an HTML text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "html.h"

#include "ascii.h"

#define MOST_ENTITY 10 /* bytes of "&name;" */

enum element {
	ELEMENT_OTHER,
	ELEMENT_BLOCK,  /* stands on lines of its own */
	ELEMENT_KEEPS,  /* and its line ends are what they seem */
	ELEMENT_CELL,   /* stands beside others with a gap between */
	ELEMENT_HIDDEN, /* nobody sees its content */
};

static const struct {
	struct span name;
	enum element element;
} elements[] = {
	{ SPAN_INIT("td"), ELEMENT_CELL },     { SPAN_INIT("br"), ELEMENT_BLOCK },
	{ SPAN_INIT("p"), ELEMENT_BLOCK },     { SPAN_INIT("div"), ELEMENT_BLOCK },
	{ SPAN_INIT("tr"), ELEMENT_BLOCK },    { SPAN_INIT("table"), ELEMENT_BLOCK },
	{ SPAN_INIT("li"), ELEMENT_BLOCK },    { SPAN_INIT("ul"), ELEMENT_BLOCK },
	{ SPAN_INIT("ol"), ELEMENT_BLOCK },    { SPAN_INIT("th"), ELEMENT_CELL },
	{ SPAN_INIT("h1"), ELEMENT_BLOCK },    { SPAN_INIT("h2"), ELEMENT_BLOCK },
	{ SPAN_INIT("h3"), ELEMENT_BLOCK },    { SPAN_INIT("h4"), ELEMENT_BLOCK },
	{ SPAN_INIT("h5"), ELEMENT_BLOCK },    { SPAN_INIT("h6"), ELEMENT_BLOCK },
	{ SPAN_INIT("hr"), ELEMENT_BLOCK },    { SPAN_INIT("blockquote"), ELEMENT_BLOCK },
	{ SPAN_INIT("title"), ELEMENT_BLOCK }, { SPAN_INIT("body"), ELEMENT_BLOCK },
	{ SPAN_INIT("dt"), ELEMENT_BLOCK },    { SPAN_INIT("dd"), ELEMENT_BLOCK },
	{ SPAN_INIT("pre"), ELEMENT_KEEPS },   { SPAN_INIT("style"), ELEMENT_HIDDEN },
	{ SPAN_INIT("head"), ELEMENT_HIDDEN }, { SPAN_INIT("script"), ELEMENT_HIDDEN },
};

static const struct {
	const char *name, *text;
} entities[] = {
	{ "amp", "&" },  { "lt", "<" },     { "gt", ">" },   { "quot", "\"" }, { "apos", "'" },
	{ "nbsp", " " }, { "#39", "'" },    { "#160", " " }, { "#64", "@" },   { "#46", "." },
	{ "#45", "-" },  { "#43", "+" },    { "#58", ":" },  { "#60", "<" },   { "#62", ">" },
	{ "#34", "\"" }, { "commat", "@" },
};

/* Bytes that are not always text as it stands. */
static const bool means_more[256] = {
	['<'] = true, ['&'] = true, ['\n'] = true, ['\r'] = true, ['\t'] = true,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The name of the tag whose text begins behind "<" or "</". */
static struct span
tag_name(const char *p, const char *end)
{
	const char *begin = p;

	while (p != end && (ascii_is_letter(*p) || ascii_is_digit(*p)))
		p++;
	return (struct span){ begin, p };
}

static enum element
element_of(struct span name)
{
	for (size_t i = 0; i < COUNT(elements); i++)
		if (span_ieq(name, elements[i].name))
			return elements[i].element;
	return ELEMENT_OTHER;
}

/* The end of the tag that begins at "<": behind its ">"; NULL when it is none. */
static const char *
tag_end(struct span rest)
{
	const char *p = rest.p + 1;

	if (p == rest.end || (!ascii_is_letter(*p) && *p != '/' && *p != '!' && *p != '?'))
		return NULL;
	p = span_chr(rest, '>');
	return p == NULL ? rest.end : p + 1;
}

/* Behind "</name": the place from which reading goes on. */
static const char *
skip_hidden(struct span rest, struct span name)
{
	while (true) {
		const char *p = span_ifind(rest, SPAN("</"));

		if (p == NULL)
			return rest.end;
		rest.p = p + 2;
		if (span_istarts(rest, name)) {
			p = span_chr(rest, '>');
			return p == NULL ? rest.end : p + 1;
		}
	}
}

/* Takes the tag at the front of *rest; a line end is written for a block. *kept: line ends are what
 * they seem. */
static char *
take_tag(char *to, struct span *rest, const char *end, bool *kept)
{
	bool closing = rest->p[1] == '/';
	struct span name = tag_name(rest->p + (closing ? 2 : 1), end);
	enum element element = element_of(name);

	if (element == ELEMENT_KEEPS)
		*kept = !closing;

	if (span_istarts(*rest, SPAN("<!--"))) {
		const char *close = span_ifind(*rest, SPAN("-->"));

		rest->p = close == NULL ? rest->end : close + 3;
		return to;
	}
	rest->p = end;
	if (element == ELEMENT_HIDDEN && !closing)
		rest->p = skip_hidden(*rest, name);
	if (element == ELEMENT_BLOCK || element == ELEMENT_KEEPS)
		*to++ = '\n';
	else if (element == ELEMENT_CELL)
		*to++ = ' ';
	return to;
}

/* Takes the entity at the front of *rest, or its "&". */
static char *
take_entity(char *to, struct span *rest)
{
	const char *p = rest->p + 1;

	while (p != rest->end && p - rest->p < MOST_ENTITY && *p != ';')
		p++;
	for (size_t i = 0; p != rest->end && *p == ';' && i < COUNT(entities); i++) {
		if (!span_ieq((struct span){ rest->p + 1, p }, span_of(entities[i].name)))
			continue;
		rest->p = p + 1;
		*to++ = entities[i].text[0];
		return to;
	}
	*to++ = *rest->p++;
	return to;
}

/* The bytes of a block that are not always text as it stands. */
static struct ascii16
more_than_text(struct ascii16 x)
{
	struct ascii16 marks = ascii16_or(ascii16_is(x, '<'), ascii16_is(x, '&'));
	struct ascii16 ends = ascii16_or(ascii16_is(x, '\n'), ascii16_is(x, '\r'));

	return ascii16_or(ascii16_or(marks, ends), ascii16_is(x, '\t'));
}

/* Copies what is text as it stands, at least one byte. A block that holds more is written over. */
static char *
take_plain(char *to, struct span *rest)
{
	*to++ = *rest->p++;
	while (rest->end - rest->p >= ASCII16) {
		struct ascii16 x = ascii16_load(rest->p), more = more_than_text(x);
		size_t len = ascii16_any(more) ? ascii16_first(more) : ASCII16;

		ascii16_store(to, x);
		rest->p += len;
		to += len;
		if (len < ASCII16)
			return to;
	}
	while (!span_empty(*rest) && !means_more[(unsigned char)*rest->p])
		*to++ = *rest->p++;
	return to;
}

struct span
html_text(struct arena *a, struct span html)
{
	char *copy = arena_text(a, span_len(html)), *to = copy;
	struct span rest = html;
	bool kept = false;

	if (copy == NULL)
		return (struct span){ NULL, NULL };
	while (!span_empty(rest)) {
		const char *end = *rest.p == '<' ? tag_end(rest) : NULL;

		if (end != NULL) {
			to = take_tag(to, &rest, end, &kept);
		} else if (*rest.p == '&') {
			to = take_entity(to, &rest);
		} else if (!kept && (*rest.p == '\n' || *rest.p == '\r' || *rest.p == '\t')) {
			/* A line end in the source is a blank. */
			if (to != copy && to[-1] != ' ' && to[-1] != '\n')
				*to++ = ' ';
			rest.p++;
		} else {
			to = take_plain(to, &rest);
		}
	}
	return (struct span){ copy, to };
}
