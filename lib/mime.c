/*
 * mime - what is asked of a part: parameters, body, text
 *
 * The walk that finds the parts is in mime_walk.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mime.h"

static const struct span NOTHING = { NULL, NULL };

/* One parameter of Content-Type. RFC 2231 cuts a long one in pieces (name*0, name*1, ...) and puts
 * a star behind the name of an encoded one; one that is encoded but whole counts as piece 0. */
struct param {
	struct span name;
	struct span value;
	bool piece;
	bool encoded;
	uint64_t number;
};

/* What Content-Type says of one name; a value with p == NULL was not there. */
struct found {
	struct span plain;
	struct param piece[MIME_MAX_PARAMS];
};

/* Splits "name", "name*", "name*3" or "name*3*"; anything else is one odd name. */
static void
split_name(struct span text, struct param *out)
{
	struct span rest = text;

	*out = (struct param){ .name = text };
	if (span_chr(text, '*') == NULL || !span_cut(&rest, '*', &out->name))
		return;
	out->piece = true;
	out->encoded = span_empty(rest);
	if (out->encoded)
		return;
	out->piece = span_number(&rest, MIME_MAX_PARAMS - 1, &out->number);
	out->encoded = !span_empty(rest) && *rest.p++ == '*';
	if (!out->piece || !span_empty(rest))
		*out = (struct param){ .name = text };
}

/* Takes a value without quotes: up to the semicolon, since file names have blanks and boundaries
 * have forbidden letters, or to the line end, where servers forget the semicolon. A comment behind
 * a blank is none of it. */
static struct span
loose_value(struct span *rest)
{
	const char *p = rest->p;
	struct span value;

	while (p != rest->end && *p != ';' && *p != '\r' && *p != '\n') {
		if (*p == '(' && p != rest->p && (p[-1] == ' ' || p[-1] == '\t'))
			break;
		p++;
	}
	value = (struct span){ rest->p, p };
	rest->p = p;
	return span_trim(value);
}

/* Takes the next parameter off the front of *rest, its semicolon first; false when there is none.
 */
static bool
next_param(struct arena *a, struct span *rest, struct param *out)
{
	struct span skipped, name;

	while (span_chr(*rest, ';') != NULL) {
		(void)span_cut(rest, ';', &skipped);
		header_skip_cfws(rest);
		if (!header_token(a, rest, &name))
			continue;
		header_skip_cfws(rest);
		if (span_empty(*rest) || *rest->p != '=')
			continue;
		rest->p++;
		header_skip_cfws(rest);
		split_name(name, out);
		if (span_empty(*rest) || *rest->p != '"')
			out->value = loose_value(rest);
		else if (!header_token(a, rest, &out->value))
			return false;
		return true;
	}
	return false;
}

/* Of parameters with the same name the first one counts, as it does for those who filter mail. */
static void
find_pieces(struct arena *a, struct span type, struct span name, struct found *out)
{
	struct param param;

	*out = (struct found){ 0 };
	for (size_t i = 0; i < MIME_MAX_PARAMS && next_param(a, &type, &param); i++) {
		if (!span_ieq(param.name, name))
			continue;
		if (!param.piece && out->plain.p == NULL)
			out->plain = param.value;
		else if (param.piece && out->piece[param.number].value.p == NULL)
			out->piece[param.number] = param;
	}
}

/* The same where no name has a star. */
static struct span
find_whole(struct arena *a, struct span type, struct span name)
{
	struct param param;

	for (size_t i = 0; i < MIME_MAX_PARAMS && next_param(a, &type, &param); i++)
		if (span_ieq(param.name, name))
			return param.value;
	return NOTHING;
}

/* Takes "charset'language'" off the front of an encoded first piece (RFC 2231 section 4). */
static struct span
take_charset(struct span *value)
{
	struct span rest = *value, charset, language;

	if (!span_cut(&rest, '\'', &charset) || span_chr(rest, '\'') == NULL ||
	    !span_cut(&rest, '\'', &language))
		return NOTHING;
	*value = rest;
	return charset;
}

/* Pieces behind a missing one are lost, as the RFC has it. */
static struct span
join_pieces(struct arena *a, struct found *found)
{
	struct param *piece = found->piece;
	struct span charset = piece[0].encoded ? take_charset(&piece[0].value) : NOTHING;
	size_t count, size = 0;
	char *start, *to;

	for (count = 0; count < MIME_MAX_PARAMS && piece[count].value.p != NULL; count++)
		size += span_len(piece[count].value);
	start = to = arena_alloc(a, size);
	if (start == NULL)
		return NOTHING;
	for (size_t i = 0; i < count; i++) {
		if (piece[i].encoded) {
			to = decode_escapes(to, '%', piece[i].value);
			continue;
		}
		memcpy(to, piece[i].value.p, span_len(piece[i].value));
		to += span_len(piece[i].value);
	}
	return decode_charset(a, charset, (struct span){ start, to });
}

struct span
mime_param(struct arena *a, const struct mime_part *part, const char *name)
{
	struct span type = header_value(&part->headers, "Content-Type");
	struct found found;

	if (span_chr(type, '*') == NULL)
		return find_whole(a, type, span_of(name));
	find_pieces(a, type, span_of(name), &found);
	return found.piece[0].value.p == NULL ? found.plain : join_pieces(a, &found);
}

struct span
mime_body(struct arena *a, const struct mime_part *part)
{
	return decode_transfer(a, part->encoding, part->body);
}

struct span
mime_text(struct arena *a, const struct mime_part *part)
{
	return decode_charset(a, mime_param(a, part, "charset"), mime_body(a, part));
}

bool
mime_inside_message(const struct mime_message *m, size_t index)
{
	for (size_t i = m->part[index].parent; i != MIME_NO_PARENT; i = m->part[i].parent) {
		if (mime_is_message(m->part[i].type))
			return true;
	}
	return false;
}
