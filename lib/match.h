/*
 * match - phrases that servers print, found without regard to case and layout
 *
 * A phrase is literal text in which a blank stands for any run of blanks, tabs, line ends and
 * no-break spaces (U+00A0), "*" for any text on the same line (as little as possible), "#" for a
 * run of digits, and {kind} for a value that is reported back:
 *
 *	{ip}       IPv4 or IPv6 address, bare or in [] or ()
 *	{domain}   host or domain name with a dot in it, bare or in [] or <>
 *	{address}  mail address, bare or in [] or <>
 *	{as}       filter rule number such as AS16012607, with or without ()
 *	{number}   digits
 *	{text}     any text on the same line up to what follows, at most MATCH_MAX_TEXT bytes
 *
 * A value is found only where it really is of its kind. ASCII letters match in either case; a full
 * stop at the phrase's end may be missing; so may a blank in front of a bracketed value.
 *
 * Linear in the text for a phrase of fixed length: what follows a wildcard is looked for in the
 * next MATCH_MAX_TEXT bytes, and an earlier wildcard is not tried again for the sake of a later
 * one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_MATCH_H
#define BOUNCE_MATCH_H

#include "bounce.h"
#include "span.h"

#define MATCH_MAX_TEXT 200

struct match_result {
	struct span at; /* what of the text the phrase covered */
	struct bounce_found found[BOUNCE_MAX_FOUND];
	size_t found_count;
};

/*
 * The first place in text where phrase stands; it must begin and end at a word boundary. Returns
 * the number of literal bytes that matched (a longer phrase is the more exact one), 0 when there is
 * none. out may be NULL.
 */
size_t match_phrase(const char *phrase, struct span text, struct match_result *out);

/*
 * The first place from `from` on, which lies in text or at its end; what stands in front of it
 * still tells where words begin. For those who know that the phrase's longest word stands in text:
 * it is not looked for first. *out as by match_phrase().
 */
bool match_find(const char *phrase, struct span text, const char *from, struct match_result *out);

/*
 * Is the phrase well formed: no unknown {kind}, no unclosed brace, at least one literal byte, at
 * most BOUNCE_MAX_FOUND values? Returns NULL, or what is wrong in plain words.
 */
const char *match_check(const char *phrase);

/*
 * For finding many phrases in one pass (code_phrase.c): the longest piece of a phrase without
 * wildcards, in lower case and with each run of blanks folded to one space. The phrase can only
 * stand where its anchor does, and no word runs into the anchor's front: what a wildcard may share
 * a word with is left out.
 */
#define MATCH_MAX_ANCHOR 120

struct match_anchor {
	char text[MATCH_MAX_ANCHOR];
	size_t len;
	bool whole; /* the anchor is all of the phrase: it stands where the anchor does, at word
		       boundaries */
};

/* The phrase must be well formed (match_check()). */
struct match_anchor match_anchor(const char *phrase);

/* Bytes of the blank at the front of s, 0 when there is none; U+00A0 counts. */
static inline size_t
match_blank(struct span s)
{
	if (span_empty(s))
		return 0;
	if (*s.p == ' ' || (*s.p >= '\t' && *s.p <= '\r'))
		return 1;
	return s.end - s.p >= 2 && s.p[0] == '\xc2' && s.p[1] == '\xa0' ? 2 : 0;
}

/* Does no word run across p? p lies in text or at its end. */
bool match_boundary(struct span text, const char *p);

#endif
