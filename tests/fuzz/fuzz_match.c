/*
 * fuzz_match - a phrase of an operator's, and a text that it is looked for in: the first line is
 * the phrase
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_report.h"

#include "code.h"
#include "match.h"
#include "sieve.h"

#define MAX_PHRASE 300

static bool
is_within(struct span inner, struct span outer)
{
	return span_empty(inner) || (inner.p >= outer.p && inner.end <= outer.end);
}

static void
look_for(const char *phrase, struct span text)
{
	struct match_anchor anchor = match_anchor(phrase);
	struct match_result result;
	size_t literal = match_phrase(phrase, text, &result);
	struct sieve sieve = { 0 };

	sieve_add(&sieve, text);
	fuzz_expect(sieve_passes(&sieve, span_of(phrase)) ||
		    span_ifind(text, span_of(phrase)) == NULL);
	fuzz_expect(anchor.len <= MATCH_MAX_ANCHOR);
	fuzz_expect(result.found_count <= BOUNCE_MAX_FOUND);
	fuzz_expect(literal > 0 || result.found_count == 0);
	if (literal == 0)
		return;
	fuzz_expect(is_within(result.at, text));
	fuzz_expect(match_boundary(text, result.at.p) && match_boundary(text, result.at.end));
	for (size_t i = 0; i < result.found_count; i++)
		fuzz_expect(is_within(result.found[i].value, text));
}

/* As a row of the configuration. */
static void
judge_by(const char *phrase, struct span text)
{
	const struct bounce_row row = {
		.table = CODE_OPERATOR,
		.id = phrase,
		.rule = phrase,
		.phrase = phrase,
		.anywhere = true,
		.reason = BOUNCE_REASON_NO_SUCH_USER,
		.cause = "",
		.remedy = "",
		.note = "",
		.source = "",
	};
	const struct bounce_table own = { &row, 1 };
	struct bounce_recipient r = {
		.action = BOUNCE_ACTION_FAILED,
		.diagnostic = span_make(text.p, span_len(text) < BOUNCE_MAX_DIAGNOSTIC
							? span_len(text)
							: BOUNCE_MAX_DIAGNOSTIC),
	};
	struct bounce_report report = { .format = "", .recipient = &r, .recipient_count = 1 };
	struct bounce_verdict verdict = bounce_classify_with(&report, 0, &own);

	fuzz_touch(span_of(verdict.rule));
	for (size_t i = 0; i < verdict.found_count; i++)
		fuzz_touch(verdict.found[i].value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size), line;
	char phrase[MAX_PHRASE + 1];

	if (!span_cut(&text, '\n', &line) || span_len(line) > MAX_PHRASE ||
	    span_chr(line, '\0') != NULL)
		return 0;
	if (!span_empty(line))
		memcpy(phrase, line.p, span_len(line));
	phrase[span_len(line)] = '\0';
	if (match_check(phrase) != NULL)
		return 0;
	look_for(phrase, text);
	judge_by(phrase, text);
	return 0;
}
