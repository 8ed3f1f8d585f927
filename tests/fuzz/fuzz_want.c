/*
 * fuzz_want - what is wanted of the beginning of any message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "section.h"
#include "want.h"

#define TOTAL ((size_t)1024 * 1024)

static void
expect_sane(const struct mime_message *m, const struct want *want, size_t room)
{
	fuzz_expect(m->count >= 1 && want->leaf < m->count);
	fuzz_expect(want->part == section_step(m, want->leaf));
	fuzz_expect((want->what == WANT_MORE) == (want->most > 0));
	fuzz_expect(want->most <= room);
	fuzz_expect(want->what != WANT_NEXT || want->part < m->count);
	for (size_t i = 0; i < m->count; i++) {
		struct section section = section_of(m, i);

		fuzz_expect(section.count <= SECTION_MAX_NUMBERS);
		for (size_t j = 0; j < section.count; j++)
			fuzz_expect(section.number[j] >= 1 && section.number[j] <= MIME_MAX_PARTS);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct mime_message m;
	struct want want;
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	for (size_t total = size; total <= size + TOTAL; total += TOTAL) {
		arena_reset(&a);
		if (want_of(&a, text, total, &m, &want) == 0)
			expect_sane(&m, &want, total - size);
	}
	arena_free(&a);
	return 0;
}
