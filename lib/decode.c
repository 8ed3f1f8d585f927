/*
 * decode - transfer encodings and encoded words
 *
 * Relays break lines, strip blanks and cut messages short, so nothing here refuses: what cannot be
 * decoded stays as it is or is passed over. The charsets are in decode_charset.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "decode.h"

#include "ascii.h"
#include "buf.h"
#include "header.h"

static const struct span NOTHING = { NULL, NULL };

enum decode_encoding
decode_encoding_of(struct span value)
{
	const char *p;

	header_skip_cfws(&value);
	if (!span_empty(value) && *value.p == '"')
		value.p++;
	for (p = value.p; p != value.end; p++) {
		if (ascii_is_white(*p) || *p == '"' || *p == '(' || *p == ';')
			break;
	}
	value.end = p;
	if (span_ieq(value, SPAN("base64")))
		return DECODE_BASE64;
	if (span_ieq(value, SPAN("quoted-printable")))
		return DECODE_QUOTED_PRINTABLE;
	return DECODE_IDENTITY;
}

/* The six bits that a letter of base64 stands for, or -1. */
static int
base64_bits(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Padding only ends a group, not the text: some gateways join texts that were padded each. */
struct span
decode_base64(struct arena *a, struct span in)
{
	char *start, *to;
	uint32_t bits = 0;
	unsigned have = 0;

	if (span_empty(in))
		return in;
	start = to = arena_text(a, span_len(in) / 4 * 3 + 3);
	if (start == NULL)
		return NOTHING;
	for (const char *p = in.p; p != in.end; p++) {
		int six = base64_bits(*p);

		if (*p == '=')
			have = 0;
		if (six < 0)
			continue;
		bits = (bits << 6 | (uint32_t)six) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(bits >> have & 0xff);
		}
	}
	return (struct span){ start, to };
}

/* The byte that two hexadecimal digits at the front of `in` stand for, or -1. */
static int
hex_byte(struct span in)
{
	int high, low;

	if (span_len(in) < 2)
		return -1;
	high = ascii_hex(in.p[0]);
	low = ascii_hex(in.p[1]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Copies text to `to`; the end of what was written. */
static char *
put(char *to, struct span text)
{
	if (span_empty(text))
		return to;
	memcpy(to, text.p, span_len(text));
	return to + span_len(text);
}

char *
decode_escapes(char *to, char mark, struct span text)
{
	const char *hit;

	while ((hit = span_chr(text, mark)) != NULL) {
		struct span digits = { hit + 1, text.end };
		int byte = hex_byte(digits);

		to = put(to, (struct span){ text.p, hit });
		*to = mark;
		if (byte >= 0)
			*to = (char)byte;
		to++;
		text.p = digits.p + (byte >= 0 ? 2 : 0);
	}
	return put(to, text);
}

/* Moves what stands in front of the next "=" or line end from *rest to `to`, whose room is as
 * large: a block at a time, of which what is too much is written over. The end of what was moved.
 */
static char *
move_plain(char *to, struct span *rest)
{
	const char *p = rest->p;

	while (rest->end - p >= ASCII16) {
		struct ascii16 x = ascii16_load(p);
		struct ascii16 stops = ascii16_or(ascii16_is(x, '='), ascii16_is(x, '\n'));
		size_t len = ascii16_any(stops) ? ascii16_first(stops) : ASCII16;

		ascii16_store(to, x);
		p += len;
		to += len;
		if (len < ASCII16)
			break;
	}
	while (p != rest->end && *p != '=' && *p != '\n')
		*to++ = *p++;
	rest->p = p;
	return to;
}

/* Behind the line end at the front of s, which blanks may stand before; NULL when none is there. */
static const char *
past_line_end(struct span s)
{
	while (!span_empty(s) && ascii_is_blank(*s.p))
		s.p++;
	if (span_istarts(s, SPAN("\r\n")))
		return s.p + 2;
	return span_empty(s) || *s.p == '\n' ? s.p + !span_empty(s) : NULL;
}

/* Takes "=" and what it stands for off the front: a byte, or a line that goes on. */
static char *
take_escape(char *to, struct span *rest, const char **line)
{
	struct span behind = { rest->p + 1, rest->end };
	int byte = hex_byte(behind);
	const char *next = byte < 0 ? past_line_end(behind) : NULL;

	if (next != NULL) {
		rest->p = *line = next;
		return to;
	}
	*to = (char)(byte < 0 ? '=' : byte);
	rest->p = behind.p + (byte < 0 ? 0 : 2);
	return to + 1;
}

/* Blanks at the end of a line were added on the way (RFC 2045 section 6.7 (3)): `to` without those
 * that stand in front of `end` in the line. */
static char *
drop_blanks(char *to, const char *line, const char *end)
{
	while (end != line && ascii_is_blank(end[-1])) {
		end--;
		to--;
	}
	return to;
}

struct span
decode_quoted_printable(struct arena *a, struct span in)
{
	struct span rest = in;
	const char *line = in.p; /* where the line begins that is being read */
	char *start, *to;

	if (span_empty(in))
		return in;
	start = to = arena_text(a, span_len(in));
	if (start == NULL)
		return NOTHING;
	for (;;) {
		bool cr;

		to = move_plain(to, &rest);
		if (span_empty(rest))
			break;
		if (*rest.p == '=') {
			to = take_escape(to, &rest, &line);
			continue;
		}
		cr = rest.p != line && rest.p[-1] == '\r';
		to = drop_blanks(to - cr, line, rest.p - cr);
		if (cr)
			*to++ = '\r';
		*to++ = '\n';
		line = ++rest.p;
	}
	to = drop_blanks(to, line, rest.end);
	/* Decoding only ever shrinks: the same length is the same text. */
	return (size_t)(to - start) == span_len(in) ? in : (struct span){ start, to };
}

struct span
decode_transfer(struct arena *a, enum decode_encoding encoding, struct span in)
{
	switch (encoding) {
	case DECODE_BASE64:
		return decode_base64(a, in);
	case DECODE_QUOTED_PRINTABLE:
		return decode_quoted_printable(a, in);
	case DECODE_IDENTITY:
		break;
	}
	return in;
}

/* One encoded word, "=?charset*language?encoding?text?=". */
struct word {
	struct span charset; /* without the language of RFC 2231 section 5 */
	char encoding;       /* 'b' or 'q' */
	struct span text;
};

/* Takes an encoded word off the front of *rest. Blanks in its text are forgiven; a question mark is
 * not, thus however many words are broken, no byte is searched more than a few times. */
static bool
take_word(struct span *rest, struct word *out)
{
	struct span s = *rest, label, encoding, blank;

	if (!span_istarts(s, SPAN("=?")))
		return false;
	s.p += 2;
	if (!span_cut(&s, '?', &label) || !span_cut(&s, '?', &encoding) ||
	    !span_cut(&s, '?', &out->text) || span_empty(s) || *s.p != '=')
		return false;
	blank = label;
	if (!span_next_word(&blank, &out->charset) || !span_eq(out->charset, label) ||
	    !span_cut(&label, '*', &out->charset) || span_empty(out->charset) ||
	    span_len(encoding) != 1)
		return false;
	out->encoding = span_lower(*encoding.p);
	if (out->encoding != 'b' && out->encoding != 'q')
		return false;
	rest->p = s.p + 1;
	return true;
}

/* Adds the bytes that a word stands for. Q is quoted-printable with "_" for a blank (RFC 2047
 * section 4.2). */
static void
add_bytes(struct arena *a, const struct word *word, struct buf *out)
{
	struct span bytes = NOTHING;
	char *p;

	if (word->encoding == 'b') {
		bytes = decode_base64(a, word->text);
	} else if ((p = arena_text(a, span_len(word->text))) != NULL) {
		struct span text = word->text, piece;
		char *to = p;

		while (span_cut(&text, '_', &piece)) {
			to = decode_escapes(to, '=', piece);
			if (piece.end != word->text.end)
				*to++ = ' ';
		}
		bytes = (struct span){ p, to };
	}
	if (bytes.p == NULL)
		out->broken = true;
	buf_add(out, bytes);
}

/*
 * Takes the words off the front of *rest that belong together: of one charset, nothing but blanks
 * between them. Their bytes are joined before the charset is undone, since mailers cut in the
 * middle of a character. Blanks in front of a word of another charset are dropped as well.
 */
static bool
take_run(struct arena *a, struct span *rest, struct buf *bytes, struct span *charset)
{
	struct span ahead;
	struct word word;

	if (!take_word(rest, &word))
		return false;
	*charset = word.charset;
	add_bytes(a, &word, bytes);
	for (;;) {
		const char *start;

		ahead = *rest;
		while (ahead.p != ahead.end && ascii_is_white(*ahead.p))
			ahead.p++;
		start = ahead.p;
		if (!take_word(&ahead, &word))
			return true;
		if (!span_ieq(word.charset, *charset)) {
			rest->p = start;
			return true;
		}
		add_bytes(a, &word, bytes);
		*rest = ahead;
	}
}

/* Adds text without control characters: an encoded line end must not become a real one. */
static void
add_printable(struct buf *out, struct span text)
{
	for (const char *p = text.p; p != text.end; p++)
		buf_addc(out, (char)((unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p));
}

/* Moves what stands in front of the next "=?" from *rest to out. */
static void
copy_plain(struct span *rest, struct buf *out)
{
	const char *hit = span_ifind(*rest, SPAN("=?"));
	struct span plain = { rest->p, hit == NULL ? rest->end : hit };

	buf_add(out, plain);
	rest->p = plain.end;
}

struct span
decode_words(struct arena *a, struct span in)
{
	struct buf out = BUF_INIT, run = BUF_INIT;
	struct span charset = NOTHING, last = NOTHING, text = NOTHING;
	size_t switches = 0;

	if (span_ifind(in, SPAN("=?")) == NULL)
		return in;
	while (!span_empty(in) && buf_ok(&out) && buf_ok(&run)) {
		copy_plain(&in, &out);
		buf_clear(&run);
		if (switches <= DECODE_MAX_SWITCHES && take_run(a, &in, &run, &charset)) {
			switches += span_ieq(charset, last) ? 0 : 1;
			last = charset;
			text = decode_charset(a, charset, buf_span(&run));
			if (text.p != NULL)
				add_printable(&out, text);
			else if (run.len > 0)
				out.broken = true;
		} else if (!span_empty(in)) {
			buf_add(&out, span_make(in.p, 2));
			in.p += 2;
		}
	}
	a->refused = a->refused || !buf_ok(&out) || !buf_ok(&run);
	text = a->refused ? NOTHING : arena_copy(a, buf_span(&out));
	buf_free(&out);
	buf_free(&run);
	return text;
}
