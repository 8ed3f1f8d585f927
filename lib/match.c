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

#include "match_value.h"

bool
match_boundary(struct span text, const char *p)
{
	if (p == text.p || p == text.end)
		return true;
	if (!match_is_word(p[-1]) || !match_is_word(*p))
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
	const struct match_value *v = match_value_at(w->p, &w->p);
	struct span value;
	size_t len;

	if (v == NULL)
		return false;
	if (v->take == NULL)
		return step_wild(w, 1, true);
	len = match_value_take(v, ahead(w), &value);
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
		len = match_number(ahead(w));
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
match_find(const char *phrase, struct span text, const char *from, struct match_result *out)
{
	struct span lead = lead_of(phrase);

	for (const char *at = from; at < text.end; at++) {
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
	return match_find(phrase, text, text.p, result) ? literal : 0;
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
		if (match_value_at(p, &p) == NULL)
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

/* The last byte of the word that goes on behind p, at which a wildcard ends: what a wildcard takes
 * may be the front of that word. */
static const char *
word_rest(const char *p, const char *end)
{
	while (p + 1 < end && match_is_word(p[1]))
		p++;
	return p;
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
		p = word_rest(p, end);
	}
	keep_longer(&best, &piece);
	best.whole = whole;
	return best;
}
