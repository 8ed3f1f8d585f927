/*
 * fuzz_gather - a large message whose parts are told by anybody
 *
 * The input is what a server says: up to the first 0xff the beginning of a message, then the answer
 * to each piece that is asked for, in turn, each up to the next one; behind the last they begin
 * anew. An answer that begins with 0xfe is NIL, with 0xfd none, with 0xfc a NO.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "gather.h"
#include "log.h"

#define END '\xff'
#define NIL '\xfe'
#define SILENCE '\xfd'
#define NO '\xfc'
#define MOST ((size_t)256 * 1024)

static struct span answers, rest;
static unsigned commands;

static struct span
next_answer(void)
{
	struct span answer = { NULL, NULL };

	if (span_empty(rest))
		rest = answers;
	if (!span_empty(rest))
		(void)span_cut(&rest, END, &answer);
	return answer;
}

enum imap_result
imap_fetch_pieces(struct imap *imap, uint32_t uid, struct imap_piece *piece, size_t count)
{
	(void)imap;
	(void)uid;
	fuzz_expect(count >= 1 && count <= IMAP_MAX_PIECES);
	fuzz_expect(++commands <= GATHER_MAX_COMMANDS + 1);
	for (size_t i = 0; i < count; i++) {
		struct span answer = next_answer();

		fuzz_expect(piece[i].most > 0 && piece[i].most <= MOST);
		fuzz_expect(piece[i].section.count <= SECTION_MAX_NUMBERS);
		if (!span_empty(answer) && *answer.p == NO)
			return IMAP_REFUSED;
		piece[i].answered = span_empty(answer) || *answer.p != SILENCE;
		if (!piece[i].answered || (!span_empty(answer) && *answer.p == NIL))
			continue;
		if (span_len(answer) > piece[i].most)
			answer.end = answer.p + piece[i].most;
		buf_add(&piece[i].bytes, answer);
	}
	return IMAP_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT;
	struct gather job = { .where = "fuzz", .uid = 1, .most = (uint32_t)MOST };
	struct span first;
	struct arena a;
	size_t here;
	bool gone;

	log_set_level(LOG_LEVEL_ERROR);
	arena_init(&a, FUZZ_ARENA);
	job.arena = &a;
	answers = span_make((const char *)data, size < MOST ? size : MOST - 1);
	rest = (struct span){ NULL, NULL };
	commands = 0;
	first = (struct span){ NULL, NULL };
	if (!span_empty(answers))
		(void)span_cut(&answers, END, &first);
	buf_add(&text, first);
	here = text.len;
	(void)gather(&job, &text, &gone);
	fuzz_expect(buf_ok(&text) && text.len <= MOST && text.len >= here);
	text.len = here;
	fuzz_expect(span_eq(buf_span(&text), first));
	buf_free(&text);
	arena_free(&a);
	return 0;
}
