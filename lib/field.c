/*
 * field - values of fields as reports write them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "field.h"

#include "ascii.h"
#include "decode.h"

/* Bytes looked at to fill a line of n: folds and runs of blanks shrink. */
#define SOURCE_OF(n) (4 * (n))

static const struct span nothing = { NULL, NULL };

static bool
is_type_byte(char c)
{
	return ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '/';
}

bool
field_take_type(struct span *rest, struct span *type)
{
	struct span s = span_trim(*rest), word = { s.p, s.p };

	if (span_empty(s) || !ascii_is_letter(*s.p))
		return false;
	while (word.end != s.end && is_type_byte(*word.end))
		word.end++;
	s = span_trim((struct span){ word.end, s.end });
	if (span_empty(s) || *s.p != ';' || span_len(word) > FIELD_MAX_TYPE)
		return false;
	*type = word;
	*rest = span_trim((struct span){ s.p + 1, s.end });
	return true;
}

/* The first `most` bytes of text, less what would cut a UTF-8 character in two. */
static struct span
clip(struct span text, size_t most)
{
	size_t len = most;

	if (span_len(text) <= most)
		return text;
	while (len > 0 && most - len < 3 && ((unsigned char)text.p[len] & 0xc0) == 0x80)
		len--;
	return span_make(text.p, len);
}

static bool
is_blank_or_control(char c)
{
	return ascii_is(c, ASCII_SPACE | ASCII_CONTROL);
}

/* Which of the sixteen bytes at p are controls, or a blank in front of another; one more stands
 * behind them. */
static struct ascii16
dirt(const char *p)
{
	struct ascii16 x = ascii16_load(p), blank = ascii16_is(x, ' ');
	struct ascii16 fine = ascii16_or(ascii16_above(x, ' '), ascii16_not(ascii16_above(x, -1)));
	struct ascii16 two = ascii16_and(blank, ascii16_is(ascii16_load(p + 1), ' '));

	fine = ascii16_or(fine, blank);
	return ascii16_or(ascii16_or(two, ascii16_is(x, 0x7f)), ascii16_not(fine));
}

/* Is there nothing to squeeze in text, which must be trimmed, and nothing of `also`? */
static bool
is_clean(struct span text, unsigned also)
{
	const char *p = text.p;

	for (; text.end - p > ASCII16; p += ASCII16) {
		struct ascii16 dirty = dirt(p);

		if ((also & ASCII_8BIT) != 0)
			dirty = ascii16_or(dirty, ascii16_not(ascii16_above(ascii16_load(p), -1)));
		if (ascii16_any(dirty))
			return false;
	}
	for (; p != text.end; p++)
		if (ascii_is(*p, ASCII_SPACE | ASCII_CONTROL | also) && (*p != ' ' || p[1] == ' '))
			return false;
	return true;
}

static struct span
trim(struct span s)
{
	while (!span_empty(s) && is_blank_or_control(*s.p))
		s.p++;
	while (!span_empty(s) && is_blank_or_control(s.end[-1]))
		s.end--;
	return s;
}

/* Moves what is clean from the front of *text, whose room at `to` is as large: a block at a time,
 * of which what is too much is written over. The end of what was moved. */
static char *
move_clean(char *to, struct span *text)
{
	const char *p = text->p;

	for (; text->end - p > ASCII16; p += ASCII16, to += ASCII16) {
		unsigned dirty = ascii16_bits(dirt(p));

		ascii16_store(to, ascii16_load(p));
		if (dirty != 0) {
			text->p = p + __builtin_ctz(dirty);
			return to + __builtin_ctz(dirty);
		}
	}
	while (p != text->end && (*p == ' ' ? p[1] != ' ' : !is_blank_or_control(*p)))
		*to++ = *p++;
	text->p = p;
	return to;
}

/* text, which must be trimmed, with each run of blanks and controls as one blank. */
static struct span
squeeze(struct arena *a, struct span text)
{
	char *start, *to;

	if (is_clean(text, 0))
		return text;
	start = to = arena_text(a, span_len(text));
	if (start == NULL)
		return nothing;
	while (text.p != text.end) {
		to = move_clean(to, &text);
		if (span_empty(text))
			break;
		/* the first blank of a run may be there already */
		if (to[-1] != ' ')
			*to++ = ' ';
		while (is_blank_or_control(*text.p))
			text.p++;
	}
	return (struct span){ start, to };
}

struct span
field_line(struct arena *a, struct span text, size_t most, bool *clipped)
{
	struct span source = trim(text), line;

	if (span_len(source) <= most && is_clean(source, ASCII_8BIT))
		return source;
	line = decode_charset(a, nothing, clip(source, SOURCE_OF(most)));
	line = squeeze(a, trim(line));
	if (span_len(line) > most || span_len(source) > SOURCE_OF(most))
		*clipped = true;
	return trim(clip(line, most));
}

struct span
field_lower(struct arena *a, struct span s)
{
	const char *p = s.p;
	char *start, *to;

	while (p != s.end && (*p < 'A' || *p > 'Z'))
		p++;
	if (p == s.end)
		return s;
	start = to = arena_text(a, span_len(s));
	if (start == NULL)
		return nothing;
	for (p = s.p; p != s.end; p++)
		*to++ = span_lower(*p);
	return (struct span){ start, to };
}

struct span
field_host(struct arena *a, struct span value)
{
	struct span rest = value, type, host;
	bool clipped = false;

	(void)field_take_type(&rest, &type);
	if (!span_next_word(&rest, &host))
		return nothing;
	if (*host.p == '[' && span_chr(host, ']') != NULL)
		host = (struct span){ host.p + 1, span_chr(host, ']') };
	while (!span_empty(host) && (host.end[-1] == '.' || host.end[-1] == ','))
		host.end--;
	return field_lower(a, field_line(a, host, FIELD_MAX_HOST, &clipped));
}

bool
field_host_within(struct span host, struct span domain)
{
	size_t rest = span_len(host) - span_len(domain);

	return span_iends(host, domain) && (rest == 0 || host.p[rest - 1] == '.');
}

struct span
field_id(struct arena *a, struct span value)
{
	const char *open = span_chr(value, '<');
	const char *close = open == NULL ? NULL : span_chr((struct span){ open, value.end }, '>');
	bool clipped = false;

	if (close != NULL)
		value = (struct span){ open + 1, close };
	return field_line(a, value, FIELD_MAX_TEXT, &clipped);
}
