/*
 * code_table - the code table, put together from the .def files
 *
 * The tables stand in the order of evidence (enum code_table), each in one piece. The generators of
 * the automaton and of bounce-reasons(7) are linked with this file too.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "code.h"

#define ANY CODE_ANY
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BOUNCE_REASON_NO_FAILURE BOUNCE_REASON_COUNT

/* What reason.def says of each reason, as constants that the rows below can be made of. */
enum {
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) \
	DISPOSITION_OF_##id = BOUNCE_DISPOSITION_##disposition,
#include "reason.def"
	DISPOSITION_OF_NO_FAILURE = BOUNCE_DISPOSITION_IGNORE,
};

enum {
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) \
	BAD_OF_##id = BOUNCE_BAD_##bad,
#include "reason.def"
};

enum {
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) \
	FIXER_OF_##id = BOUNCE_FIXER_##fixer,
#include "reason.def"
	FIXER_OF_NO_FAILURE = BOUNCE_FIXER_NONE,
};

/* No row that clears the address of blame may count against it, and none that is unsure may kill
 * it. */
#define DISPOSITION_FOR(usual, bad)                                                           \
	((enum bounce_disposition)(                                                           \
		(int)(bad) == BOUNCE_BAD_NO && (usual) >= (int)BOUNCE_DISPOSITION_DISABLE     \
			? (int)BOUNCE_DISPOSITION_OPERATOR                                    \
		: (int)(bad) == BOUNCE_BAD_UNKNOWN && (usual) == (int)BOUNCE_DISPOSITION_DEAD \
			? (int)BOUNCE_DISPOSITION_DISABLE                                     \
			: (int)(usual)))

/* The names of a provider's servers and customers. */
static const struct code_provider providers[] = {
#define PROVIDER_HOSTS(provider_, name_, suffixes_) { .name = (name_), .suffixes = (suffixes_) },
#include "provider.def"
};

enum {
#define PROVIDER_HOSTS(provider_, name_, suffixes_) AT_##provider_,
#include "provider.def"
};

/* Each reason's text, as constants that rows can point at. */
#define REASON(id, name, bad, severity, disposition, weight, decay, fixer, text) \
	static const char text_of_##id[] __attribute__((unused)) = text;
#include "reason.def"

enum scope { SCOPE_HERE, SCOPE_HINT, SCOPE_ANYWHERE };

static const struct bounce_row table[] = {
/* clang-format off */
#define PROVIDER_ROW(unwanted_, id_, provider_, scope_, smtp_, class_, subject_, detail_, phrase_, bad_, reason_, disposition_, cause_, note_) \
	{ .table = CODE_PROVIDER, .id = (id_), .rule = "provider:" id_, \
	  .low = { class_, subject_, detail_ }, .detail_high = (detail_), .smtp = (smtp_), .phrase = (phrase_), \
	  .provider = &providers[AT_##provider_], .anywhere = SCOPE_##scope_ == SCOPE_ANYWHERE, .hint = SCOPE_##scope_ == SCOPE_HINT, \
	  .effect = BOUNCE_EFFECT_UNKNOWN, .bad = BOUNCE_BAD_##bad_, .reason = BOUNCE_REASON_##reason_, \
	  .disposition = BOUNCE_DISPOSITION_##disposition_, \
	  .fixer = (enum bounce_fixer)FIXER_OF_##reason_, .fixer_alt = BOUNCE_FIXER_NONE, \
	  .unwanted = (unwanted_), .cause = (cause_), .remedy = "", .note = (note_), .source = "" },
#define PROVIDER(...) PROVIDER_ROW(false, __VA_ARGS__)
#define PROVIDER_UNWANTED(...) PROVIDER_ROW(true, __VA_ARGS__)
#include "provider.def"
#define MICROSOFT(id_, class_, subject_, low_, high_, phrase_, effect_, bad_, reason_, disposition_, fixer_, alt_, cause_, remedy_) \
	{ .table = CODE_MICROSOFT, .id = (id_), .rule = "microsoft:" id_, \
	  .low = { class_, subject_, low_ }, .detail_high = (high_), .phrase = (phrase_), \
	  .effect = BOUNCE_EFFECT_##effect_, .bad = BOUNCE_BAD_##bad_, .reason = BOUNCE_REASON_##reason_, \
	  .disposition = BOUNCE_DISPOSITION_##disposition_, \
	  .fixer = BOUNCE_FIXER_##fixer_, .fixer_alt = BOUNCE_FIXER_##alt_, \
	  .cause = (cause_), .remedy = (remedy_), .note = "", .source = "" },
#define TOKEN(id_, class_, subject_, low_, high_, phrase_, effect_, bad_, reason_, disposition_, fixer_, alt_, cause_, remedy_) \
	{ .table = CODE_MICROSOFT, .id = (id_), .rule = "microsoft:" id_, \
	  .low = { class_, subject_, low_ }, .detail_high = (high_), .phrase = (phrase_), .anywhere = true, \
	  .effect = BOUNCE_EFFECT_##effect_, .bad = BOUNCE_BAD_##bad_, .reason = BOUNCE_REASON_##reason_, \
	  .disposition = BOUNCE_DISPOSITION_##disposition_, \
	  .fixer = BOUNCE_FIXER_##fixer_, .fixer_alt = BOUNCE_FIXER_##alt_, \
	  .cause = (cause_), .remedy = (remedy_), .note = "", .source = "" },
#include "microsoft.def"
#define PHRASE_ROW_OF(unwanted_, id_, reason_, bad_, hint_, whose_, phrase_) \
	{ .table = CODE_PHRASE, .id = (id_), .rule = "phrase:" id_, .phrase = (phrase_), .hint = (hint_), \
	  .whose = CODE_WORDS_##whose_, .anywhere = true, \
	  .effect = BOUNCE_EFFECT_UNKNOWN, .bad = (enum bounce_bad)(bad_), .reason = BOUNCE_REASON_##reason_, \
	  .disposition = DISPOSITION_FOR(DISPOSITION_OF_##reason_, (bad_)), \
	  .fixer = (enum bounce_fixer)FIXER_OF_##reason_, .fixer_alt = BOUNCE_FIXER_NONE, \
	  .unwanted = (unwanted_), .cause = text_of_##reason_, .remedy = "", .note = "", .source = "" },
#define PHRASE_ROW(...) PHRASE_ROW_OF(false, __VA_ARGS__)
#define PHRASE(reason_, phrase_) PHRASE_ROW(phrase_, reason_, BAD_OF_##reason_, false, COMMON, phrase_)
#define LOCAL(reason_, phrase_) PHRASE_ROW(phrase_, reason_, BAD_OF_##reason_, false, LOCAL, phrase_)
#define REPORTER(reason_, phrase_) PHRASE_ROW("reporter: " phrase_, reason_, BOUNCE_BAD_UNKNOWN, false, REPORTER, phrase_)
#define DOUBT(reason_, phrase_) PHRASE_ROW(phrase_, reason_, BOUNCE_BAD_UNKNOWN, false, COMMON, phrase_)
#define HINT(reason_, phrase_) PHRASE_ROW(phrase_, reason_, BAD_OF_##reason_, true, COMMON, phrase_)
#define DOUBT_HINT(reason_, phrase_) PHRASE_ROW(phrase_, reason_, BOUNCE_BAD_UNKNOWN, true, COMMON, phrase_)
#define UNWANTED(phrase_) PHRASE_ROW_OF(true, phrase_, RECIPIENT_RESTRICTED, BAD_OF_RECIPIENT_RESTRICTED, false, COMMON, phrase_)
#include "phrase.def"
#define STATUS(code_, class_, subject_, detail_, name_, bad_, reason_, note_, source_) \
	{ .table = CODE_STATUS, .id = (code_), .rule = "registry:" code_, \
	  .low = { class_, subject_, detail_ }, .detail_high = (detail_), .phrase = "", \
	  .effect = BOUNCE_EFFECT_UNKNOWN, .bad = BOUNCE_BAD_##bad_, .reason = BOUNCE_REASON_##reason_, \
	  .disposition = DISPOSITION_FOR(DISPOSITION_OF_##reason_, BOUNCE_BAD_##bad_), \
	  .fixer = (enum bounce_fixer)FIXER_OF_##reason_, .fixer_alt = BOUNCE_FIXER_NONE, \
	  .cause = (name_), .remedy = "", .note = (note_), .source = (source_) },
#include "status.def"
#define REPLY(code_, name_, bad_, reason_, note_, source_) \
	{ .table = CODE_REPLY, .id = #code_, .rule = "reply:" #code_, \
	  .low = { code_, ANY, ANY }, .detail_high = ANY, .phrase = "", \
	  .effect = BOUNCE_EFFECT_UNKNOWN, .bad = BOUNCE_BAD_##bad_, .reason = BOUNCE_REASON_##reason_, \
	  .disposition = DISPOSITION_FOR(DISPOSITION_OF_##reason_, BOUNCE_BAD_##bad_), \
	  .fixer = (enum bounce_fixer)FIXER_OF_##reason_, .fixer_alt = BOUNCE_FIXER_NONE, \
	  .cause = (name_), .remedy = "", .note = (note_), .source = (source_) },
#include "reply.def"
	/* clang-format on */
};

/* The subject of each row by itself: a look-up reads them all, and few rows. */
static const uint16_t subjects[] = {
/* clang-format off */
#define PROVIDER(id_, provider_, scope_, smtp_, class_, subject_, ...) subject_,
#include "provider.def"
#define MICROSOFT(id_, class_, subject_, ...) subject_,
#define TOKEN(id_, class_, subject_, ...) subject_,
#include "microsoft.def"
#define PHRASE(...) 0,
#define LOCAL(...) 0,
#define REPORTER(...) 0,
#define DOUBT(...) 0,
#define HINT(...) 0,
#define DOUBT_HINT(...) 0,
#include "phrase.def"
#define STATUS(code_, class_, subject_, ...) subject_,
#include "status.def"
#define REPLY(...) ANY,
#include "reply.def"
	/* clang-format on */
};
_Static_assert(COUNT(subjects) == COUNT(table), "one a row");

const struct bounce_row *
code_rows(size_t *count)
{
	*count = COUNT(table);
	return table;
}

/* How many rows each table has: each row is one more.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
enum {
	ROWS_PROVIDER = 0
#define PROVIDER(...) +1
#include "provider.def"
	,
	ROWS_MICROSOFT = 0
#define MICROSOFT(...) +1
#define TOKEN(...) +1
#include "microsoft.def"
	,
	ROWS_PHRASE = 0
#define PHRASE(...) +1
#define LOCAL(...) +1
#define REPORTER(...) +1
#define DOUBT(...) +1
#define HINT(...) +1
#define DOUBT_HINT(...) +1
#include "phrase.def"
	,
	ROWS_STATUS = 0
#define STATUS(...) +1
#include "status.def"
	,
	ROWS_REPLY = 0
#define REPLY(...) +1
#include "reply.def"
};

/* NOLINTEND(bugprone-macro-parentheses) */

static const struct {
	size_t first, count;
} parts[] = {
	[CODE_OPERATOR] = { 0, 0 }, /* in the configuration */
	[CODE_PROVIDER] = { 0, ROWS_PROVIDER },
	[CODE_MICROSOFT] = { ROWS_PROVIDER, ROWS_MICROSOFT },
	[CODE_PHRASE] = { ROWS_PROVIDER + ROWS_MICROSOFT, ROWS_PHRASE },
	[CODE_STATUS] = { ROWS_PROVIDER + ROWS_MICROSOFT + ROWS_PHRASE, ROWS_STATUS },
	[CODE_REPLY] = { ROWS_PROVIDER + ROWS_MICROSOFT + ROWS_PHRASE + ROWS_STATUS, ROWS_REPLY },
};
_Static_assert(ROWS_PROVIDER + ROWS_MICROSOFT + ROWS_PHRASE + ROWS_STATUS + ROWS_REPLY ==
		       COUNT(table),
	       "each table stands in one piece");

_Static_assert(COUNT(providers) <= CODE_MAX_PROVIDERS, "one bit a provider");

const struct code_provider *
code_providers(size_t *count)
{
	*count = COUNT(providers);
	return providers;
}

const struct bounce_row *
code_table(enum code_table which, size_t *count)
{
	*count = parts[which].count;
	return &table[parts[which].first];
}

const uint16_t *
code_subjects(enum code_table which)
{
	return &subjects[parts[which].first];
}
