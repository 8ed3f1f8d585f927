/*
 * mime_walk - finds the parts of a message
 *
 * One pass over the lines. The state is small: the part that is being read, whether its headers or
 * its body are being read, and the multiparts that are open, whose boundaries each line that begins
 * with "--" is held against, the innermost first. A boundary of an outer multipart ends all that is
 * open inside it, which is what a missing final boundary looks like.
 *
 * A message part in base64 or quoted-printable can only be walked when its end is known. It is then
 * decoded and becomes a source of its own, and the source it came from waits.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mime.h"

#include "ascii.h"

#define MOST_PREAMBLE 8 /* lines in front of the first part of a multipart without a boundary */
#define MOST_BLOCKS 255 /* of 16 bytes: lines are counted in a byte for each place in a block */

/* Lines to read: the message, or a part of it that was encoded. */
struct source {
	struct span rest;
	const char *start;
	uint32_t line; /* number of the next line */
	size_t owner;  /* the part that was decoded, MIME_NO_PARENT for the message itself */
	size_t floor;  /* multiparts that were open before this source began */
};

struct walk {
	struct arena *arena;
	struct mime_message *message;
	size_t cap;
	struct source source[MIME_MAX_DEPTH + 1];
	size_t level;                /* the source that is being read */
	size_t open[MIME_MAX_DEPTH]; /* the multiparts whose final boundary did not come yet */
	size_t open_count;
	size_t current; /* the part that is being read */
	bool in_headers;
	struct header_reader headers;
	bool encoded; /* it is a message to decode once its end is known */
};

enum boundary {
	BOUNDARY_NONE,
	BOUNDARY_NEXT,  /* another part follows */
	BOUNDARY_FINAL, /* none does */
};

static struct mime_part *
current_part(struct walk *w)
{
	return &w->message->part[w->current];
}

bool
mime_is_message(struct span type)
{
	return span_ieq(type, SPAN("message/rfc822")) || span_ieq(type, SPAN("message/global"));
}

static bool
is_multipart(struct span type)
{
	return span_istarts(type, SPAN("multipart/"));
}

/* Begins a part whose headers stand at `at`. The caller has checked the limits. */
static int
begin_part(struct walk *w, size_t parent, const char *at)
{
	struct mime_message *m = w->message;
	struct mime_part *wider =
		arena_grow(w->arena, m->part, m->count, &w->cap, sizeof(*m->part));

	if (wider == NULL)
		return -1;
	m->part = wider;
	m->part[m->count] = (struct mime_part){
		.parent = parent,
		.depth = parent == MIME_NO_PARENT ? 0 : wider[parent].depth + 1,
		.line = w->source[w->level].line,
	};
	w->current = m->count++;
	w->in_headers = true;
	header_begin(&w->headers, w->arena, at);
	w->encoded = false;
	return 0;
}

/* May the current part have one more part inside it? Says so in the message when not. */
static bool
has_room(struct walk *w)
{
	if (w->message->count < MIME_MAX_PARTS && current_part(w)->depth < MIME_MAX_DEPTH)
		return true;
	w->message->clipped = true;
	return false;
}

/* Takes one half of a media type, in lower case, off the front of *rest. */
static bool
take_name(struct arena *a, struct span *rest, struct span *out)
{
	header_skip_cfws(rest);
	if (span_empty(*rest) || *rest->p == '"' || !header_token(a, rest, out))
		return false;
	header_skip_cfws(rest);
	return true;
}

/* The media type in lower case. One that is absent or no media type is what RFC 2045 section 5.2
 * and RFC 2046 section 5.1.5 say. */
static int
read_type(struct walk *w, struct mime_part *part)
{
	struct span rest = header_value(&part->headers, "Content-Type"), major, minor;
	size_t parent = part->parent, len;
	char *p;

	part->type = SPAN("text/plain");
	if (span_empty(rest) && parent != MIME_NO_PARENT &&
	    span_eq(w->message->part[parent].type, SPAN("multipart/digest")))
		part->type = SPAN("message/rfc822");
	if (!take_name(w->arena, &rest, &major) || span_empty(rest) || *rest.p++ != '/' ||
	    !take_name(w->arena, &rest, &minor))
		return 0;
	len = span_len(major) + 1 + span_len(minor);
	p = arena_alloc(w->arena, len);
	if (p == NULL)
		return -1;
	memcpy(p, major.p, span_len(major));
	p[span_len(major)] = '/';
	memcpy(p + span_len(major) + 1, minor.p, span_len(minor));
	for (size_t i = 0; i < len; i++)
		p[i] = span_lower(p[i]);
	part->type = span_make(p, len);
	return 0;
}

/* What its header says. Blanks behind it are none of it, since relays add and drop those. */
static struct span
named_boundary(struct arena *a, const struct mime_part *part)
{
	struct span boundary = mime_param(a, part, "boundary");

	while (!span_empty(boundary) && boundary.end[-1] == ' ')
		boundary.end--;
	return boundary;
}

/* A line "--something" with a Content- field behind it is the boundary "something", whatever the
 * headers say; an empty span when it is none. */
static struct span
bare_boundary(struct span line, struct span next)
{
	if (!span_istarts(line, SPAN("--")) || !span_istarts(next, SPAN("Content-")))
		return (struct span){ NULL, NULL };
	line = span_trim(line);
	line.p += 2;
	return span_len(line) > MIME_MAX_BOUNDARY ? (struct span){ NULL, NULL } : line;
}

/* Which boundary a line is, without its line end; *index gets the open multipart that it is of. */
static enum boundary
match_boundary(const struct walk *w, struct span line, size_t *index)
{
	if (!span_istarts(line, SPAN("--")))
		return BOUNDARY_NONE;
	line = span_trim(line);
	line.p += 2;
	for (size_t i = w->open_count; i-- > w->source[w->level].floor;) {
		struct span boundary = w->message->part[w->open[i]].boundary;
		size_t len = span_len(boundary);

		*index = i;
		if (span_len(line) < len || memcmp(line.p, boundary.p, len) != 0)
			continue;
		if (span_len(line) == len)
			return BOUNDARY_NEXT;
		if (span_len(line) == len + 2 && memcmp(line.p + len, "--", 2) == 0)
			return BOUNDARY_FINAL;
	}
	return BOUNDARY_NONE;
}

/* Mail programs say there whom the message is not for; and a header whose fold was lost ends in
 * front of its boundary parameter. */
static bool
may_precede_parts(struct span line)
{
	return span_ifind(line, SPAN("MIME")) != NULL || span_istarts(line, SPAN("boundary="));
}

/*
 * The boundary that the body of the current part begins with: what was a multipart, of which a
 * gateway dropped the boundary or all of the Content-Type. Other words must not stand in front of
 * it, for a report may well have somebody's multipart behind its own. Empty where there is none,
 * and where one of a multipart around it ends the part before.
 */
static struct span
leading_boundary(const struct walk *w)
{
	struct span body = w->source[w->level].rest, line, found = { NULL, NULL };
	size_t index;
	int said = 0;

	for (int i = 0; i < MOST_PREAMBLE && span_next_line(&body, &line); i++) {
		if (match_boundary(w, line, &index) != BOUNDARY_NONE)
			break;
		line = span_trim(line);
		found = bare_boundary(line, body);
		if (!span_empty(found))
			break;
		if (!span_empty(line) && said++ == 0 && !may_precede_parts(line))
			break;
	}
	return found;
}

/* Makes the current part an open multipart, unless it has no boundary or a limit forbids it: then
 * it stays a leaf with its type. */
static void
open_multipart(struct walk *w, struct span boundary)
{
	struct mime_part *part = current_part(w);

	if (span_empty(boundary) || !has_room(w))
		return;
	if (span_len(boundary) > MIME_MAX_BOUNDARY) {
		w->message->clipped = true;
		return;
	}
	part->encoding = DECODE_IDENTITY; /* RFC 2045 section 6.4 allows nothing else */
	part->boundary = boundary;
	w->open[w->open_count++] = w->current;
}

/* Did no boundary cut off the headers of the current part? */
static bool
has_body(const struct walk *w)
{
	return w->message->part[w->current].body.p == w->source[w->level].rest.p;
}

/* Is the current part all of a message, and nothing but text as far as its headers say? */
static bool
may_have_lost_its_type(const struct walk *w)
{
	const struct mime_part *part = &w->message->part[w->current];

	return (part->parent == MIME_NO_PARENT ||
		mime_is_message(w->message->part[part->parent].type)) &&
	       part->encoding == DECODE_IDENTITY && span_eq(part->type, SPAN("text/plain"));
}

/* Opens the current part where it is a multipart, or was one. */
static void
open_body(struct walk *w)
{
	struct mime_part *part = current_part(w);
	struct span boundary = { NULL, NULL };

	if (is_multipart(part->type))
		boundary = named_boundary(w->arena, part);
	else if (!may_have_lost_its_type(w))
		return;
	if (span_empty(boundary) && has_body(w))
		boundary = leading_boundary(w);
	if (!is_multipart(part->type) && !span_empty(boundary)) {
		part->type = SPAN("multipart/mixed");
		part->untyped = true;
	}
	open_multipart(w, boundary);
}

/* The headers of the current part are complete, its body begins at `body`. A message inside it
 * begins there too. */
static int
end_headers(struct walk *w, const char *body)
{
	struct mime_part *part = current_part(w);

	header_end(&w->headers, &part->headers);
	if (read_type(w, part) != 0)
		return -1;
	w->in_headers = false;
	w->message->clipped = w->message->clipped || part->headers.clipped;
	part->encoding =
		decode_encoding_of(header_value(&part->headers, "Content-Transfer-Encoding"));
	part->body = (struct span){ body, body };
	part->body_line = w->source[w->level].line;
	open_body(w);
	if (!mime_is_message(part->type) || !has_room(w))
		return 0;
	w->encoded = part->encoding != DECODE_IDENTITY;
	return w->encoded ? 0 : begin_part(w, w->current, body);
}

/* Ends headers that something else than a line of theirs cut off at `at`. A message has one inside
 * it whose headers are cut off as well, and so on down to the depth limit. */
static int
cut_headers(struct walk *w, const char *at)
{
	while (w->in_headers) {
		if (end_headers(w, at) != 0)
			return -1;
	}
	return 0;
}

/* Ends the bodies of the current part and of all around it, up to but not including `until`. */
static void
end_bodies(struct walk *w, size_t until, const char *end)
{
	struct mime_part *part = w->message->part;

	for (size_t i = w->current; i != until; i = part[i].parent)
		part[i].body.end = end > part[i].body.p ? end : part[i].body.p;
}

/* Gives up all open multiparts but the first `keep`: their final boundary did not come. */
static void
close_multiparts(struct walk *w, size_t keep)
{
	while (w->open_count > keep)
		w->message->part[w->open[--w->open_count]].truncated = true;
}

/* The current part is an encoded message that ends at `end`: decodes it and goes on inside it. */
static int
enter_encoded(struct walk *w, const char *end)
{
	struct mime_part *part = current_part(w);
	struct span text;

	part->body.end = end > part->body.p ? end : part->body.p;
	text = mime_body(w->arena, part);
	if (text.p == NULL && !span_empty(part->body))
		return -1;
	w->source[++w->level] = (struct source){
		.rest = text,
		.start = text.p,
		.line = 1,
		.owner = w->current,
		.floor = w->open_count,
	};
	return begin_part(w, w->current, text.p);
}

/* Some gateways write a boundary that is not the one in the header. While an open multipart has no
 * part yet, one that stands in its body is taken for what was meant. */
static bool
adopt_boundary(struct walk *w, struct span line)
{
	struct span boundary;

	if (w->open_count == 0 || w->open[w->open_count - 1] != w->message->count - 1)
		return false;
	boundary = bare_boundary(line, w->source[w->level].rest);
	if (span_empty(boundary))
		return false;
	w->message->part[w->message->count - 1].boundary = boundary;
	return true;
}

/* The line end in front of a boundary belongs to the boundary (RFC 2046 section 5.1.1). */
static const char *
before_line_end(const struct source *s, const char *at)
{
	if (at > s->start && at[-1] == '\n')
		at--;
	if (at > s->start && at[-1] == '\r')
		at--;
	return at;
}

/* Takes the line at `at`, which is a boundary of open multipart `index`. */
static int
take_boundary(struct walk *w, enum boundary kind, size_t index, const char *at)
{
	struct source *s = &w->source[w->level];
	const char *end = before_line_end(s, at);

	if (cut_headers(w, at) != 0)
		return -1;
	if (w->encoded) {
		s->rest.p = at; /* this line's turn comes again when the source inside is used up */
		return enter_encoded(w, end);
	}
	s->line++;
	end_bodies(w, w->open[index], end);
	close_multiparts(w, index + 1);
	w->current = w->open[index];
	if (kind == BOUNDARY_FINAL) {
		w->open_count = index;
		return 0;
	}
	return has_room(w) ? begin_part(w, w->current, s->rest.p) : 0;
}

/* Takes a line while headers are read. */
static int
take_header_line(struct walk *w, struct span line)
{
	struct source *s = &w->source[w->level];
	size_t parent = current_part(w)->parent;

	switch (header_take(&w->headers, line, s->line)) {
	case HEADER_LINE_FIELD:
	case HEADER_LINE_FOLD:
	case HEADER_LINE_FROM:
		break;
	case HEADER_LINE_OTHER:
		/* The line is read again as body: it may be a boundary that these headers name. */
		s->rest.p = line.p;
		return end_headers(w, line.p);
	case HEADER_LINE_EMPTY:
		s->line++;
		/* Some servers put one empty line too many in front of what they return. */
		if (line.p != w->headers.start || parent == MIME_NO_PARENT ||
		    !mime_is_message(w->message->part[parent].type))
			return end_headers(w, s->rest.p);
		header_begin(&w->headers, w->arena, s->rest.p);
		current_part(w)->line = s->line;
		return 0;
	}
	s->line++;
	return 0;
}

/* Takes the next line; -1 when the arena is out. */
static int
take_line(struct walk *w, struct span line)
{
	size_t index = 0;
	enum boundary kind = match_boundary(w, line, &index);

	if (kind == BOUNDARY_NONE && adopt_boundary(w, line)) {
		kind = BOUNDARY_NEXT;
		index = w->open_count - 1;
	}
	if (kind != BOUNDARY_NONE)
		return take_boundary(w, kind, index, line.p);
	if (w->in_headers)
		return take_header_line(w, line);
	w->source[w->level].line++;
	return 0;
}

/* Moves text on, by at most MOST_BLOCKS blocks, to the first one that has a line that begins with
 * "-". How many lines end in what was passed over. */
static uint32_t
skip_blocks(struct span *text)
{
	struct ascii16 lines = { 0 };
	uint32_t count = 0;

	for (int i = 0; i < MOST_BLOCKS && text->end - text->p > ASCII16; i++) {
		struct ascii16 ends = ascii16_is(ascii16_load(text->p), '\n');
		struct ascii16 dashes = ascii16_is(ascii16_load(text->p + 1), '-');

		if (ascii16_any(ascii16_and(ends, dashes)))
			break;
		lines.byte -= ends.byte; /* told of by all bits: by -1 */
		text->p += ASCII16;
	}
	for (int i = 0; i < ASCII16; i++)
		count += lines.byte[i];
	return count;
}

/* Passes over lines of a body that cannot be a boundary: most bytes of a mail are in such. */
static void
skip_body(struct walk *w)
{
	struct source *s = &w->source[w->level];
	struct span rest = s->rest;

	if (w->open_count == s->floor)
		rest.p = rest.end;
	while (!span_empty(rest) && *rest.p != '-') {
		const char *lf;

		s->line += skip_blocks(&rest);
		lf = span_chr(rest, '\n');
		rest.p = lf == NULL ? rest.end : lf + 1;
		s->line++;
	}
	s->rest = rest;
}

/* The source has no more lines: goes on with the one it came from. *done when that was the message
 * itself. */
static int
end_source(struct walk *w, bool *done)
{
	struct source *s = &w->source[w->level];

	if (cut_headers(w, s->rest.end) != 0)
		return -1;
	if (w->encoded)
		return enter_encoded(w, s->rest.end);
	end_bodies(w, s->owner, s->rest.end);
	close_multiparts(w, s->floor);
	w->current = s->owner;
	*done = w->level == 0;
	w->level -= *done ? 0 : 1;
	return 0;
}

int
mime_parse(struct arena *a, struct span text, struct mime_message *out)
{
	struct walk w = { .arena = a, .message = out };
	bool done = false;

	*out = (struct mime_message){ 0 };
	w.source[0] = (struct source){ text, text.p, 1, MIME_NO_PARENT, 0 };
	if (begin_part(&w, MIME_NO_PARENT, text.p) != 0)
		return -1;
	while (!done) {
		struct source *s = &w.source[w.level];
		struct span line;

		if (w.in_headers)
			header_take_run(&w.headers, &s->rest, &s->line, '-');
		else
			skip_body(&w);
		if (!span_next_line(&s->rest, &line)) {
			if (end_source(&w, &done) != 0)
				return -1;
		} else if (take_line(&w, line) != 0) {
			return -1;
		}
	}
	return a->refused ? -1 : 0;
}
