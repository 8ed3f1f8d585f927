/*
 * match - phrases that servers print, found without regard to case and layout
 *
 * Two loops and no recursion: the outer one tries the places where the phrase may begin, the inner
 * one walks phrase and text side by side. A wildcard keeps one place to resume from; the next
 * wildcard replaces it. So a hostile text costs at most MATCH_MAX_TEXT tries a wildcard and place.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "match.h"

#include "ascii.h"

#define MAX_IPV4 15
#define MAX_IPV6 45
#define MAX_LOCAL 256
#define MAX_DOMAIN 255
#define MAX_LABEL 63
#define MAX_DIGITS 20

/* ---- bytes ---- */

/* A letter, digit or piece of a UTF-8 letter. */
static bool
is_word(char c)
{
	return ascii_is(c, ASCII_LETTER | ASCII_DIGIT | ASCII_8BIT) || c == '_';
}

static bool
is_hex(char c)
{
	return ascii_hex(c) >= 0;
}

bool
match_boundary(struct span text, const char *p)
{
	if (p == text.p || p == text.end)
		return true;
	if (!is_word(p[-1]) || !is_word(*p))
		return true;
	if (match_blank(span_make(p, (size_t)(text.end - p))) > 0)
		return true;
	return p - text.p >= 2 && match_blank(span_make(p - 2, 2)) == 2;
}

/* Do blanks stand on both sides of p? Who took them began at the first: each place would take all.
 */
static bool
is_inside_blank(struct span text, const char *p)
{
	return match_blank((struct span){ p, text.end }) > 0 && p > text.p &&
	       (match_blank(span_make(p - 1, 1)) > 0 ||
		(p - text.p >= 2 && match_blank(span_make(p - 2, 2)) == 2));
}

/* ---- values: each takes the length of the value at the front of s, 0 when there is none ---- */

static size_t
take_number(struct span s)
{
	size_t len = 0;

	while (len < span_len(s) && len <= MAX_DIGITS && ascii_is_digit(s.p[len]))
		len++;
	return len <= MAX_DIGITS ? len : 0;
}

static size_t
take_ipv4(struct span s)
{
	struct span rest = s;
	uint64_t octet;

	for (int i = 0; i < 4; i++) {
		if (i > 0 && (span_empty(rest) || *rest.p++ != '.'))
			return 0;
		if (!span_number(&rest, 255, &octet))
			return 0;
	}
	if (!span_empty(rest) && is_word(*rest.p))
		return 0;
	if (span_len(rest) >= 2 && rest.p[0] == '.' && ascii_is_digit(rest.p[1]))
		return 0; /* a fifth number: a version, an OID */
	return rest.p - s.p <= MAX_IPV4 ? (size_t)(rest.p - s.p) : 0;
}

/* Is all of s an IPv6 address (RFC 4291 section 2.2)? */
static bool
is_ipv6(struct span s)
{
	unsigned groups = 0;
	bool gap = false;

	if (span_len(s) >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		gap = true;
		s.p += 2;
	}
	while (!span_empty(s)) {
		size_t digits = 0;

		if (groups >= 1 && take_ipv4(s) == span_len(s)) {
			groups += 2;
			break;
		}
		while (digits < span_len(s) && is_hex(s.p[digits]))
			digits++;
		if (digits == 0 || digits > 4)
			return false;
		groups++;
		s.p += digits;
		if (span_empty(s))
			break;
		if (*s.p++ != ':' || span_empty(s))
			return false;
		if (*s.p == ':') {
			if (gap)
				return false;
			gap = true;
			s.p++;
		}
	}
	return gap ? groups <= 7 : groups == 8;
}

static size_t
take_ipv6(struct span s)
{
	size_t prefix = span_istarts(s, SPAN("IPv6:")) ? 5 : 0; /* RFC 5321 section 4.1.3 */
	size_t most = prefix + MAX_IPV6 + 2; /* and a colon and a full stop behind it */
	size_t len = prefix;

	while (len < span_len(s) && len <= most &&
	       (is_hex(s.p[len]) || s.p[len] == ':' || s.p[len] == '.'))
		len++;
	if (len > most || (len < span_len(s) && is_word(s.p[len])))
		return 0;
	while (len > prefix && s.p[len - 1] == '.')
		len--;
	if (is_ipv6(span_make(s.p + prefix, len - prefix)))
		return len;
	/* "2001:db8::1: refused": the last colon belongs to the sentence */
	if (len > prefix + 1 && s.p[len - 1] == ':' &&
	    is_ipv6(span_make(s.p + prefix, len - prefix - 1)))
		return len - 1;
	return 0;
}

static size_t
take_ip(struct span s)
{
	size_t len = take_ipv4(s);

	return len > 0 ? len : take_ipv6(s);
}

static size_t
take_label(struct span s)
{
	size_t len = 0;

	if (span_empty(s) || *s.p == '-')
		return 0;
	while (len < span_len(s) && len <= MAX_LABEL && (is_word(s.p[len]) || s.p[len] == '-') &&
	       match_blank(span_make(s.p + len, span_len(s) - len)) == 0)
		len++;
	return len <= MAX_LABEL ? len : 0;
}

/* At least two labels, the last one no number; a dot behind it belongs to the sentence. */
static size_t
take_domain(struct span s)
{
	size_t len = take_label(s);
	bool number = true;
	size_t label;

	if (len == 0)
		return 0;
	do {
		if (len + 1 >= span_len(s) || s.p[len] != '.')
			break;
		label = take_label(span_make(s.p + len + 1, span_len(s) - len - 1));
		if (label == 0)
			break;
		number = take_number(span_make(s.p + len + 1, label)) == label;
		len += 1 + label;
	} while (len <= MAX_DOMAIN);
	return len <= MAX_DOMAIN && !number ? len : 0;
}

static size_t
take_local(struct span s)
{
	size_t len = 0;

	if (!span_empty(s) && *s.p == '"') {
		for (len = 1; len < span_len(s) && len < MAX_LOCAL; len++) {
			if (s.p[len] == '\\')
				len++;
			else if (s.p[len] == '"')
				return len + 1;
		}
		return 0;
	}
	while (len < span_len(s) && len <= MAX_LOCAL &&
	       !ascii_is(s.p[len], ASCII_SPECIAL | ASCII_CONTROL | ASCII_SPACE) &&
	       match_blank(span_make(s.p + len, span_len(s) - len)) == 0)
		len++;
	return len <= MAX_LOCAL ? len : 0;
}

static size_t
take_address(struct span s)
{
	size_t local = take_local(s);
	struct span rest;
	size_t len;

	if (local == 0 || local >= span_len(s) || s.p[local] != '@')
		return 0;
	rest = span_make(s.p + local + 1, span_len(s) - local - 1);
	if (!span_empty(rest) && *rest.p == '[') {
		rest.p++;
		len = take_ip(rest);
		return len > 0 && len < span_len(rest) && rest.p[len] == ']' ? local + len + 3 : 0;
	}
	len = take_domain(rest);
	return len > 0 ? local + 1 + len : 0;
}

/* AS16012607 or AS(16012607) */
static size_t
take_as(struct span s)
{
	struct span rest = s;
	size_t digits;

	if (!span_istarts(s, SPAN("AS")))
		return 0;
	rest.p += 2;
	if (!span_empty(rest) && *rest.p == '(') {
		rest.p++;
		digits = take_number(rest);
		return digits > 0 && digits < span_len(rest) && rest.p[digits] == ')' ? digits + 4
										      : 0;
	}
	digits = take_number(rest);
	return digits > 0 ? digits + 2 : 0;
}

struct value {
	const char *name;
	const char *open; /* brackets that may stand around it */
	size_t (*take)(struct span s);
};

static const struct value values[] = {
	{ "ip", "[(", take_ip }, { "domain", "[<", take_domain }, { "address", "[<", take_address },
	{ "as", "(", take_as },  { "number", "", take_number },   { "text", "", NULL },
};

/* The placeholder whose "{" stands at p; *end is behind its "}". NULL when there is none such. */
static const struct value *
value_at(const char *p, const char **end)
{
	const char *close = strchr(p, '}');

	if (close == NULL)
		return NULL;
	*end = close + 1;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (p[1] == values[i].name[0] &&
		    span_eq((struct span){ p + 1, close }, span_of(values[i].name)))
			return &values[i];
	return NULL;
}

static char
closing(char open)
{
	switch (open) {
	case '[':
		return ']';
	case '(':
		return ')';
	default:
		return '>';
	}
}

/* Bytes that the value takes at the front of s, its brackets included; *out is without them. */
static size_t
take_value(const struct value *v, struct span s, struct span *out)
{
	size_t len;

	if (span_empty(s))
		return 0;
	if (*s.p != '\0' && strchr(v->open, *s.p) != NULL) {
		len = v->take(span_make(s.p + 1, span_len(s) - 1));
		if (len == 0 || len + 1 >= span_len(s) || s.p[len + 1] != closing(*s.p))
			return 0;
		*out = span_make(s.p + 1, len);
		return len + 2;
	}
	len = v->take(s);
	*out = span_make(s.p, len);
	return len;
}

/* ---- phrases ---- */

/* A phrase's full stop is optional: servers add and drop it from one release to the next. */
static const char *
phrase_end(const char *phrase)
{
	const char *end = phrase + strlen(phrase);

	return end > phrase && end[-1] == '.' ? end - 1 : end;
}

static bool
is_special(char c)
{
	return c == ' ' || c == '*' || c == '#' || c == '{';
}

/* Literal bytes of the phrase, a blank counted as one; *word is its longest word. */
static size_t
measure(const char *phrase, struct span *word)
{
	const char *end = phrase_end(phrase);
	struct span run = { phrase, phrase };
	size_t literal = 0;

	*word = (struct span){ NULL, NULL };
	for (const char *p = phrase; p < end; p++) {
		if (!is_special(*p)) {
			literal++;
			run.end = p + 1;
			if (span_len(run) > span_len(*word))
				*word = run;
			continue;
		}
		literal += *p == ' ' && p > phrase && p[-1] != ' ';
		if (*p == '{')
			p = strchr(p, '}');
		if (p == NULL)
			return 0;
		run.p = run.end = p + 1;
	}
	return literal;
}

/* The walk along phrase and text. */
struct walk {
	const char *end;    /* of the phrase */
	struct span text;   /* all of it */
	const char *p, *t;  /* where we are in phrase and text */
	const char *wild_p; /* behind the last wildcard; NULL = there was none */
	const char *wild_t; /* the next place to try there */
	const char *wild_limit;
	size_t wild_found; /* values found before and in the wildcard */
	bool wild_text;    /* it was {text}: the last of those is its value */
	struct match_result *r;
};

static struct span
ahead(const struct walk *w)
{
	return (struct span){ w->t, w->text.end };
}

static bool
step_blank(struct walk *w)
{
	const char *before = w->t;
	size_t len;

	while (w->p < w->end && *w->p == ' ')
		w->p++;
	while ((len = match_blank(ahead(w))) > 0)
		w->t += len;
	if (w->t > before)
		return true;
	/* "banned sender[192.0.2.7]": a bracket does for the blank in front of a value */
	return w->p < w->end && *w->p == '{' && w->t < w->text.end && *w->t != '\0' &&
	       strchr("[(<", *w->t) != NULL;
}

static void
add_found(struct walk *w, const char *kind, struct span value)
{
	if (w->r->found_count < BOUNCE_MAX_FOUND)
		w->r->found[w->r->found_count++] = (struct bounce_found){ kind, value };
}

/* Notes a wildcard that may take from `least` bytes up to the end of the line. */
static bool
step_wild(struct walk *w, size_t least, bool text)
{
	const char *limit = w->t;

	while (limit < w->text.end && limit - w->t < MATCH_MAX_TEXT && *limit != '\n' &&
	       *limit != '\r')
		limit++;
	if ((size_t)(limit - w->t) < least)
		return false;
	if (text)
		add_found(w, "text", (struct span){ w->t, w->t + least });
	w->wild_p = w->p;
	w->wild_t = w->t + least;
	w->wild_limit = limit;
	w->wild_found = w->r->found_count;
	w->wild_text = text;
	w->t = w->wild_t;
	if (text && w->p == w->end) {
		w->t = limit; /* nothing follows: all of the line */
		w->r->found[w->r->found_count - 1].value.end = limit;
	}
	return true;
}

static bool
step_value(struct walk *w)
{
	const struct value *v = value_at(w->p, &w->p);
	struct span value;
	size_t len;

	if (v == NULL)
		return false;
	if (v->take == NULL)
		return step_wild(w, 1, true);
	len = take_value(v, ahead(w), &value);
	if (len == 0)
		return false;
	add_found(w, v->name, value);
	w->t += len;
	return true;
}

/* One element of the phrase. */
static bool
step(struct walk *w)
{
	char c = *w->p;
	size_t len;

	if (c == ' ')
		return step_blank(w);
	if (c == '{')
		return step_value(w);
	w->p++;
	if (c == '*')
		return step_wild(w, 0, false);
	if (c == '#') {
		len = take_number(ahead(w));
		w->t += len;
		return len > 0;
	}
	return w->t < w->text.end && span_lower(*w->t++) == span_lower(c);
}

/* Lets the last wildcard take one byte more. */
static bool
resume(struct walk *w)
{
	if (w->wild_p == NULL || w->wild_t >= w->wild_limit)
		return false;
	w->wild_t++;
	while (*w->wild_p == ' ' && w->wild_t < w->wild_limit &&
	       is_inside_blank(w->text, w->wild_t))
		w->wild_t++;
	w->p = w->wild_p;
	w->t = w->wild_t;
	w->r->found_count = w->wild_found;
	if (w->wild_text && w->wild_found > 0)
		w->r->found[w->wild_found - 1].value.end = w->t;
	return true;
}

static bool
match_at(const char *phrase, struct span text, const char *at, struct match_result *out)
{
	struct walk w = { .end = phrase_end(phrase), .text = text, .p = phrase, .t = at, .r = out };

	*out = (struct match_result){ 0 };
	for (;;) {
		if (w.p == w.end && match_boundary(text, w.t))
			break;
		if (w.p < w.end && step(&w))
			continue;
		if (!resume(&w))
			return false;
	}
	out->at = (struct span){ at, w.t };
	for (size_t i = 0; i < out->found_count; i++)
		out->found[i].value = span_trim(out->found[i].value);
	return true;
}

/* What the phrase begins with, up to its first blank or wildcard; may be empty. */
static struct span
lead_of(const char *phrase)
{
	const char *end = phrase_end(phrase), *p = phrase;

	while (p < end && !is_special(*p))
		p++;
	return (struct span){ phrase, p };
}

bool
match_find(const char *phrase, struct span text, struct match_result *out)
{
	struct span lead = lead_of(phrase);

	for (const char *at = text.p; at < text.end; at++) {
		if (!span_empty(lead))
			at = span_ifind((struct span){ at, text.end }, lead);
		if (at == NULL)
			break;
		if (match_boundary(text, at) && !is_inside_blank(text, at) &&
		    match_at(phrase, text, at, out))
			return true;
	}
	*out = (struct match_result){ 0 };
	return false;
}

size_t
match_phrase(const char *phrase, struct span text, struct match_result *out)
{
	struct match_result ours, *result = out != NULL ? out : &ours;
	struct span word;
	size_t literal = measure(phrase, &word);

	*result = (struct match_result){ 0 };
	if (literal == 0 || span_ifind(text, word) == NULL) /* most phrases end here */
		return 0;
	return match_find(phrase, text, result) ? literal : 0;
}

const char *
match_check(const char *phrase)
{
	struct span word;
	size_t found = 0;

	for (const char *p = phrase; *p != '\0'; p++) {
		if (*p == '}')
			return "a closing brace without an opening one";
		if (*p != '{')
			continue;
		if (strchr(p, '}') == NULL)
			return "a brace that is not closed";
		if (value_at(p, &p) == NULL)
			return "an unknown placeholder";
		p--;
		found++;
	}
	if (found > BOUNCE_MAX_FOUND)
		return "too many placeholders";
	return measure(phrase, &word) == 0 || span_empty(word) ? "no literal text" : NULL;
}

/* Appends a byte of the phrase to an anchor, blanks folded. */
static void
add_literal(struct match_anchor *anchor, char c)
{
	if (anchor->len >= MATCH_MAX_ANCHOR ||
	    (c == ' ' && (anchor->len == 0 || anchor->text[anchor->len - 1] == ' ')))
		return;
	anchor->text[anchor->len++] = span_lower(c);
}

static void
keep_longer(struct match_anchor *best, struct match_anchor *piece)
{
	while (piece->len > 0 && piece->text[piece->len - 1] == ' ')
		piece->len--;
	if (piece->len > best->len)
		*best = *piece;
	piece->len = 0;
}

struct match_anchor
match_anchor(const char *phrase)
{
	const char *end = phrase_end(phrase);
	struct match_anchor best = { .whole = true }, piece = { .len = 0 };
	bool whole = true;

	for (const char *p = phrase; p < end; p++) {
		if (*p == ' ' || !is_special(*p)) {
			whole = whole && piece.len < MATCH_MAX_ANCHOR;
			add_literal(&piece, *p);
			continue;
		}
		keep_longer(&best, &piece);
		whole = false;
		if (*p == '{')
			p = strchr(p, '}');
	}
	keep_longer(&best, &piece);
	best.whole = whole;
	return best;
}
