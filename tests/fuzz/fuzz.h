/*
 * fuzz - one parser a file, fed with any bytes
 *
 * Under clang's libFuzzer (preset fuzz) each file is a program of its own; with any compiler the
 * same files are linked with replay.c, which feeds them the corpus, so that what was once found is
 * tested everywhere.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_FUZZ_H
#define MAILBOUNCED_FUZZ_H

#include <stdlib.h>

#include "arena.h"
#include "span.h"

/* What is kept of a parsed thing must be readable: the sanitizers look at every byte of it. */
static volatile unsigned fuzz_sink;

static inline void
fuzz_touch(struct span s)
{
	unsigned sum = 0;

	for (const char *p = s.p; p != s.end; p++)
		sum += (unsigned char)*p;
	fuzz_sink += sum;
}

/* A promise of a header's; broken, it ends the run like an error of the sanitizers, in every kind
 * of build. */
static inline void
fuzz_expect(bool kept)
{
	if (!kept)
		abort();
}

#define FUZZ_ARENA ((size_t)64 * 1024 * 1024)

#define FUZZ_COUNT(array) (sizeof(array) / sizeof((array)[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * How many things a target's first byte chooses among; absent, or 0: the input is only text. A
 * fuzzer learns by itself what the byte is good for; mails have none, so the replay puts each
 * choice in front of each of them.
 */
unsigned fuzz_choices(void);

/* Takes the choice off the front of the input. */
static inline unsigned
fuzz_choose(struct span *input)
{
	return span_empty(*input) ? 0 : (unsigned char)*input->p++ % fuzz_choices();
}

#endif
