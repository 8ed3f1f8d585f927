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

#define FUZZ_ARENA ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
