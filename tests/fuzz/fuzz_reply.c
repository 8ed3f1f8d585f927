/*
 * fuzz_reply - the words of an error: codes, stage, phrases, and the verdict on them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_report.h"

#include "code_phrase.h"
#include "field.h"
#include "mta.h"
#include "reply.h"

#define CANDIDATES 100

/* Each hit stands where it says, and is what the matcher finds when it looks for that phrase. */
static void
check_phrases(struct span text)
{
	static struct code_hit hit[CODE_MAX_HITS];
	const struct bounce_row *rows;
	size_t count, hits;
	uint64_t hosts;

	rows = code_rows(&count);
	hits = code_phrases(text, hit, &hosts);
	fuzz_expect(hits <= CODE_MAX_HITS);
	for (size_t i = 0; i < hits; i++) {
		struct match_result found;

		fuzz_expect(hit[i].row < count && hit[i].begin <= hit[i].end);
		fuzz_expect(hit[i].end <= span_len(text));
		fuzz_expect(match_phrase(rows[hit[i].row].phrase, text, &found) > 0);
		fuzz_expect(found.at.p == text.p + hit[i].begin);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span words = span_make((const char *)data, size);
	struct bounce_recipient r = { .action = BOUNCE_ACTION_FAILED }, second;
	struct bounce_report report = { .format = "", .recipient = &r, .recipient_count = 1 };
	struct bounce_candidate candidates[CANDIDATES];
	bool clipped = false;
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	r.diagnostic = field_line(&a, words, BOUNCE_MAX_DIAGNOSTIC, &clipped);
	second = r;
	reply_read(r.diagnostic, &r.smtp, &r.reply_status, &r.stage);
	check_phrases(r.diagnostic);
	(void)bounce_explain(&report, 0, NULL, candidates, CANDIDATES);
	fuzz_report(&report);
	mta_reply_read(&a, words, NULL, &second, &clipped);
	fuzz_touch_recipient(&second);
	arena_free(&a);
	return 0;
}
