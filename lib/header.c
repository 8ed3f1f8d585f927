/*
 * header - header fields of RFC 5322 section 2.2
 *
 * What a line is to a block of headers is decided in one function, header_line_kind(), because the
 * MIME walk must find the end of a block by the same rule while it looks for boundaries.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "header.h"

#include "ascii.h"
#include "decode.h"

/* Where the name of a field ends that begins at line.p: names are short, one block holds most. */
static const char *
name_end(struct span line)
{
	const char *p = line.p;

	for (; line.end - p >= ASCII16; p += ASCII16) {
		struct ascii16 x = ascii16_load(p);
		struct ascii16 stops = ascii16_or(ascii16_is(x, ':'), ascii16_is(x, 0x7f));

		stops = ascii16_or(stops, ascii16_not(ascii16_above(x, ' ')));
		if (ascii16_any(stops))
			return p + ascii16_first(stops);
	}
	while (p != line.end && *p > ' ' && *p < 0x7f && *p != ':')
		p++;
	return p;
}

/* The colon behind a field's name and the blanks that obsolete syntax allows in front of it (RFC
 * 5322 section 4.5); NULL when the line is no field. *name gets the name. */
static const char *
field_colon(struct span line, struct span *name)
{
	const char *p = name_end(line);

	*name = (struct span){ line.p, p };
	if (span_empty(*name))
		return NULL;
	while (p != line.end && ascii_is_blank(*p))
		p++;
	return p != line.end && *p == ':' ? p : NULL;
}

/* The kind of a line; *name and *colon are set when it is a field. */
static enum header_line
read_line(struct span line, bool first, struct span *name, const char **colon)
{
	if (span_empty(line))
		return HEADER_LINE_EMPTY;
	if (ascii_is_blank(*line.p))
		return first ? HEADER_LINE_OTHER : HEADER_LINE_FOLD;
	*colon = field_colon(line, name);
	if (*colon != NULL)
		return HEADER_LINE_FIELD;
	if (first && (span_istarts(line, SPAN("From ")) || span_istarts(line, SPAN(">From "))))
		return HEADER_LINE_FROM;
	return HEADER_LINE_OTHER;
}

bool
header_split(struct span line, struct span *name, struct span *value)
{
	const char *colon = field_colon(line, name);

	if (colon == NULL)
		return false;
	*value = (struct span){ colon + 1, line.end };
	return true;
}

enum header_line
header_line_kind(struct span line, bool first)
{
	struct span name;
	const char *colon;

	return read_line(line, first, &name, &colon);
}

void
header_begin(struct header_reader *r, struct arena *a, const char *start)
{
	*r = (struct header_reader){ .arena = a, .start = start };
}

/* Nothing is added to the field that was read last. */
static void
end_field(struct header_reader *r)
{
	struct header_list *list = &r->list;
	struct span *value;

	if (!r->keep)
		return;
	value = &list->field[list->count - 1].value;
	if (span_empty(*value) || ascii_is_white(*value->p) || ascii_is_white(value->end[-1]))
		*value = span_trim(*value);
	if (span_len(*value) > HEADER_MAX_VALUE) {
		*value = span_trim(span_make(value->p, HEADER_MAX_VALUE));
		list->clipped = true;
	}
}

static void
add_field(struct header_reader *r, struct span name, struct span value, uint32_t number)
{
	struct header_list *list = &r->list;
	struct header_field *wider = NULL;
	uint32_t key = header_key(name);
	unsigned bit = header_bit(key);

	end_field(r);
	if (list->count < HEADER_MAX_COUNT)
		wider = arena_grow(r->arena, list->field, list->count, &r->cap, sizeof(*wider));
	r->keep = wider != NULL;
	if (!r->keep) {
		list->clipped = true;
		return;
	}
	list->field = wider;
	list->field[list->count++] = (struct header_field){
		.name = name,
		.value = value,
		.line = number,
		.key = key,
	};
	if (list->start[bit % HEADER_STARTS] == 0)
		list->start[bit % HEADER_STARTS] = (uint16_t)list->count; /* one past it */
	list->names[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The value in a field's line, without the blank that nearly all have in front of it. */
static struct span
behind_colon(const char *colon, const char *end)
{
	const char *p = colon + 1;

	return (struct span){ p != end && *p == ' ' ? p + 1 : p, end };
}

enum header_line
header_take(struct header_reader *r, struct span line, uint32_t number)
{
	const char *colon = NULL;
	struct span name;
	enum header_line kind = read_line(line, !r->seen_field, &name, &colon);

	if (kind == HEADER_LINE_OTHER || kind == HEADER_LINE_EMPTY)
		return kind;
	r->seen_field = r->seen_field || kind == HEADER_LINE_FIELD;
	if ((size_t)(line.p - r->start) >= HEADER_MAX_BLOCK)
		r->list.clipped = true;
	else if (kind == HEADER_LINE_FIELD)
		add_field(r, name, behind_colon(colon, line.end), number);
	else if (kind == HEADER_LINE_FOLD && r->keep)
		r->list.field[r->list.count - 1].value.end = line.end;
	return kind;
}

void
header_take_run(struct header_reader *r, struct span *rest, uint32_t *number, char not )
{
	struct span ahead = *rest, line;

	while (!span_empty(ahead) && *ahead.p != not &&span_next_line(&ahead, &line)) {
		enum header_line kind = header_take(r, line, *number);

		if (kind == HEADER_LINE_OTHER || kind == HEADER_LINE_EMPTY)
			return;
		*rest = ahead;
		++*number;
	}
}

void
header_end(struct header_reader *r, struct header_list *out)
{
	end_field(r);
	*out = r->list;
}

int
header_parse(struct arena *a, struct span text, uint32_t line, struct header_list *out,
	     struct span *body)
{
	struct header_reader r;
	struct span rest = text, cur;

	header_begin(&r, a, text.p);
	while (span_next_line(&rest, &cur)) {
		enum header_line kind = header_take(&r, cur, line++);

		if (kind == HEADER_LINE_OTHER)
			rest.p = cur.p;
		if (kind == HEADER_LINE_OTHER || kind == HEADER_LINE_EMPTY)
			break;
	}
	header_end(&r, out);
	*body = rest;
	return a->refused ? -1 : 0;
}

const struct header_field *
header_search(const struct header_list *list, struct span name, uint32_t key, size_t start)
{
	for (size_t i = start - 1; i < list->count; i++) {
		const struct header_field *field = &list->field[i];

		if (field->key == key && span_ieq(field->name, name))
			return field;
	}
	return NULL;
}

struct span
header_unfold(struct arena *a, struct span value)
{
	struct span rest = value, line;
	char *start, *p;

	if (span_chr(value, '\n') == NULL)
		return value;
	start = p = arena_alloc(a, span_len(value));
	if (p == NULL)
		return (struct span){ NULL, NULL };
	while (span_next_line(&rest, &line)) {
		memcpy(p, line.p, span_len(line));
		p += span_len(line);
		while (rest.p != rest.end && ascii_is_blank(*rest.p))
			rest.p++;
		if (line.end != value.end)
			*p++ = ' ';
	}
	return (struct span){ start, p };
}

struct span
header_text(struct arena *a, struct span value)
{
	struct span line = header_unfold(a, value);

	/* RFC 6532 allows UTF-8 as it is; what is not UTF-8 is an old 8-bit charset unlabelled. */
	line = decode_charset(a, (struct span){ NULL, NULL }, line);
	return decode_words(a, line);
}

/* Takes one comment, nested ones inside it, off the front; one that is not closed ends with the
 * text. */
static void
skip_comment(struct span *rest)
{
	const char *p = rest->p;
	size_t depth = 0;

	for (; p != rest->end; p++) {
		if (*p == '\\' && p + 1 != rest->end)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			break;
	}
	rest->p = p == rest->end ? p : p + 1;
}

void
header_skip_cfws(struct span *rest)
{
	while (rest->p != rest->end) {
		if (ascii_is_white(*rest->p))
			rest->p++;
		else if (*rest->p == '(')
			skip_comment(rest);
		else
			break;
	}
}

/* What ends a token in RFC 2045 section 5.1; 8-bit bytes do not, since servers write them
 * unencoded. */
static const bool special[256] = {
	['('] = true, [')'] = true, ['<'] = true,  ['>'] = true,  ['@'] = true, [','] = true,
	[';'] = true, [':'] = true, ['\\'] = true, ['"'] = true,  ['/'] = true, ['['] = true,
	[']'] = true, ['?'] = true, ['='] = true,  [0x7f] = true,
};

static bool
is_token(char c)
{
	return (unsigned char)c > ' ' && !special[(unsigned char)c];
}

/* text without its backslashes and line ends. */
static bool
unquote(struct arena *a, struct span text, struct span *out)
{
	char *start = arena_alloc(a, span_len(text)), *to = start;

	if (start == NULL)
		return false;
	for (const char *p = text.p; p != text.end; p++) {
		if (*p == '\\' && p + 1 != text.end)
			*to++ = *++p;
		else if (*p != '\r' && *p != '\n')
			*to++ = *p;
	}
	*out = (struct span){ start, to };
	return true;
}

/* Takes a quoted string off the front; one that is not closed ends with the text. */
static bool
quoted(struct arena *a, struct span *rest, struct span *out)
{
	const char *start = rest->p + 1, *p = start;
	bool plain = true;

	for (; p != rest->end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 != rest->end)
			p++;
		else if (*p != '\r' && *p != '\n')
			continue;
		plain = false;
	}
	*out = (struct span){ start, p };
	if (!plain && !unquote(a, *out, out))
		return false;
	rest->p = p == rest->end ? p : p + 1;
	return true;
}

bool
header_token(struct arena *a, struct span *rest, struct span *out)
{
	const char *p = rest->p;

	if (p != rest->end && *p == '"')
		return quoted(a, rest, out);
	while (p != rest->end && is_token(*p))
		p++;
	if (p == rest->p)
		return false;
	*out = (struct span){ rest->p, p };
	rest->p = p;
	return true;
}
