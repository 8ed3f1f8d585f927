/*
 * word - names of the values in word.def and reason.def, and the values of names
 *
 * One list each, expanded from the .def files, so that a name cannot drift from its value.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "bounce.h"

#include "ascii.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STATUS_MOST 999 /* RFC 3463 section 2: subject and detail have at most three digits */

static const char *const kind_names[] = {
#define KIND(id, name, text) [BOUNCE_KIND_##id] = (name),
#include "word.def"
};

static const char *const action_names[] = {
#define ACTION(id, name, text) [BOUNCE_ACTION_##id] = (name),
#include "word.def"
};

static const char *const stage_names[] = {
#define STAGE(id, name, text) [BOUNCE_STAGE_##id] = (name),
#include "word.def"
};

static const char *const bad_names[] = {
#define BAD(id, name, text) [BOUNCE_BAD_##id] = (name),
#include "word.def"
};

static const char *const effect_names[] = {
#define EFFECT(id, name, text) [BOUNCE_EFFECT_##id] = (name),
#include "word.def"
};

static const char *const fixer_names[] = {
#define FIXER(id, name, text) [BOUNCE_FIXER_##id] = (name),
#include "word.def"
};

static const char *const fixer_texts[] = {
#define FIXER(id, name, text) [BOUNCE_FIXER_##id] = (text),
#include "word.def"
};

static const char *const disposition_names[] = {
#define DISPOSITION(id, name, text) [BOUNCE_DISPOSITION_##id] = (name),
#include "word.def"
};

static const char *const disposition_texts[] = {
#define DISPOSITION(id, name, text) [BOUNCE_DISPOSITION_##id] = (text),
#include "word.def"
};

static const char *const severity_names[] = {
	[BOUNCE_SEVERITY_NONE] = "none",
	[BOUNCE_SEVERITY_SOFT] = "soft",
	[BOUNCE_SEVERITY_HARD] = "hard",
};

static const char *const reason_names[] = {
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) \
	[BOUNCE_REASON_##id] = (name),
#include "reason.def"
};

static const char *const reason_texts[] = {
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) \
	[BOUNCE_REASON_##id] = (text),
#include "reason.def"
};

static const struct bounce_reason_facts reason_facts[] = {
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) \
	[BOUNCE_REASON_##id] = { BOUNCE_BAD_##bad,                               \
				 BOUNCE_SEVERITY_##severity,                     \
				 BOUNCE_DISPOSITION_##disposition,               \
				 (weight),                                       \
				 (decay),                                        \
				 BOUNCE_FIXER_##fixer },
#include "reason.def"
};

/* A value may come out of a damaged database: out of range it is "?", never a crash. */
static const char *
word_of(const char *const *words, size_t count, size_t value)
{
	return value < count ? words[value] : "?";
}

const char *
bounce_kind_name(enum bounce_kind kind)
{
	return word_of(kind_names, COUNT(kind_names), (size_t)kind);
}

const char *
bounce_action_name(enum bounce_action action)
{
	return word_of(action_names, COUNT(action_names), (size_t)action);
}

const char *
bounce_stage_name(enum bounce_stage stage)
{
	return word_of(stage_names, COUNT(stage_names), (size_t)stage);
}

const char *
bounce_bad_name(enum bounce_bad bad)
{
	return word_of(bad_names, COUNT(bad_names), (size_t)bad);
}

const char *
bounce_effect_name(enum bounce_effect effect)
{
	return word_of(effect_names, COUNT(effect_names), (size_t)effect);
}

const char *
bounce_fixer_name(enum bounce_fixer fixer)
{
	return word_of(fixer_names, COUNT(fixer_names), (size_t)fixer);
}

const char *
bounce_fixer_text(enum bounce_fixer fixer)
{
	return word_of(fixer_texts, COUNT(fixer_texts), (size_t)fixer);
}

const char *
bounce_disposition_name(enum bounce_disposition disposition)
{
	return word_of(disposition_names, COUNT(disposition_names), (size_t)disposition);
}

const char *
bounce_disposition_text(enum bounce_disposition disposition)
{
	return word_of(disposition_texts, COUNT(disposition_texts), (size_t)disposition);
}

const char *
bounce_to_name(enum bounce_to to)
{
	switch (to) {
	case BOUNCE_TO_UNKNOWN:
		return "";
	case BOUNCE_TO_SAME:
		return "same";
	case BOUNCE_TO_DIFFERS:
		return "differs";
	case BOUNCE_TO_ABSENT:
		return "absent";
	}
	return "?";
}

const char *
bounce_severity_name(enum bounce_severity severity)
{
	return word_of(severity_names, COUNT(severity_names), (size_t)severity);
}

const char *
bounce_reason_name(enum bounce_reason reason)
{
	return word_of(reason_names, COUNT(reason_names), (size_t)reason);
}

const char *
bounce_reason_text(enum bounce_reason reason)
{
	return word_of(reason_texts, COUNT(reason_texts), (size_t)reason);
}

/* Index of word among names, or -1. */
static int
find(const char *const *names, size_t count, struct span word)
{
	for (size_t i = 0; i < count; i++)
		if (span_ieq(word, span_of(names[i])))
			return (int)i;
	return -1;
}

int
bounce_reason_parse(struct span word, enum bounce_reason *out)
{
	int i = find(reason_names, COUNT(reason_names), word);

	if (i < 0)
		return -1;
	*out = (enum bounce_reason)i;
	return 0;
}

const struct bounce_reason_facts *
bounce_reason_facts(enum bounce_reason reason)
{
	if ((size_t)reason >= COUNT(reason_facts))
		reason = BOUNCE_REASON_UNCLASSIFIED;
	return &reason_facts[reason];
}

/* ".123" off the front: one to three digits, no leading zero (that is a date: 5.01.2026). */
static bool
take_part(struct span *rest, uint16_t *out)
{
	struct span s = *rest;
	const char *digits = s.p + 1;
	uint64_t number;

	if (span_empty(s) || *s.p != '.')
		return false;
	s.p = digits;
	if (!span_number(&s, STATUS_MOST, &number) || (*digits == '0' && s.p - digits > 1))
		return false;
	*out = (uint16_t)number;
	*rest = s;
	return true;
}

static bool
is_word_byte(char c)
{
	return ascii_is_digit(c) || ascii_is_letter(c) || c == '_' || c == '@';
}

/* Does a longer thing go on here: a fourth number, a version's letter, a host name? */
static bool
goes_on(struct span rest)
{
	if (span_empty(rest))
		return false;
	if (*rest.p == '.')
		return span_len(rest) > 1 && is_word_byte(rest.p[1]);
	return is_word_byte(*rest.p);
}

bool
bounce_status_take(struct span *rest, struct bounce_status *out)
{
	struct span s = *rest;
	struct bounce_status status;

	if (span_empty(s) || (*s.p != '2' && *s.p != '4' && *s.p != '5'))
		return false;
	status.class = (uint16_t)(*s.p++ - '0');
	if (!take_part(&s, &status.subject) || !take_part(&s, &status.detail) || goes_on(s))
		return false;
	*rest = s;
	*out = status;
	return true;
}

const char *
bounce_status_format(struct bounce_status status, char text[BOUNCE_STATUS_TEXT])
{
	text[0] = '\0';
	if (status.class != 0)
		(void)snprintf(text, BOUNCE_STATUS_TEXT, "%u.%u.%u", (unsigned)status.class,
			       (unsigned)status.subject, (unsigned)status.detail);
	return text;
}
