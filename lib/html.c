/*
 * html - what a reader would see of an HTML text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "html.h"

#include "ascii.h"

#define MOST_ENTITY 10 /* bytes of "&name;" */

/* Elements that stand on lines of their own. */
static const char *const blocks[] = {
	"br", "p",  "div", "tr", "li",  "ul",         "ol",    "table", "h1", "h2", "h3",
	"h4", "h5", "h6",  "hr", "pre", "blockquote", "title", "body",  "dt", "dd",
};

/* Elements that stand beside each other with a gap between. */
static const char *const cells[] = { "td", "th" };

/* Elements whose content nobody sees. */
static const char *const hidden[] = { "style", "script", "head" };

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

/* Takes the tag at the front of *rest; a line end is written for a block. */
static char *
take_tag(char *to, struct span *rest, const char *end)
{
	bool closing = rest->p[1] == '/';
	struct span name = tag_name(rest->p + (closing ? 2 : 1), end);

	if (span_istarts(*rest, SPAN("<!--"))) {
		const char *close = span_ifind(*rest, SPAN("-->"));

		rest->p = close == NULL ? rest->end : close + 3;
		return to;
	}
	rest->p = end;
	if (!closing && span_iany(name, hidden, COUNT(hidden)))
		rest->p = skip_hidden(*rest, name);
	if (span_iany(name, blocks, COUNT(blocks)))
		*to++ = '\n';
	else if (span_iany(name, cells, COUNT(cells)))
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

/* Copies what is text as it stands. */
static char *
take_plain(char *to, struct span *rest)
{
	const char *p = rest->p;

	do
		*to++ = *p++;
	while (p != rest->end && !means_more[(unsigned char)*p]);
	rest->p = p;
	return to;
}

/* Is the tag at the front of rest a <pre>, behind which line ends are what they seem? */
static bool
keeps_lines(struct span rest, bool kept)
{
	bool closing = rest.p[1] == '/';
	struct span name = tag_name(rest.p + (closing ? 2 : 1), rest.end);

	return span_ieq(name, SPAN("pre")) ? !closing : kept;
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
			kept = keeps_lines(rest, kept);
			to = take_tag(to, &rest, end);
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
