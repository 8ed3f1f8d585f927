/*
 * fuzz_mta - a text read by a row of lib/mta, whatever the row's marks say
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_FUZZ_MTA_H
#define MAILBOUNCED_FUZZ_MTA_H

#include "fuzz_report.h"
#include "mta.h"

static inline void
fuzz_read_by(const struct mta *mta, struct span text)
{
	struct header_list headers = { 0 };
	struct sieve sieve = { 0 };
	struct mta_mail mail = {
		.headers = &headers, .text = text, .sieve = &sieve, .line = 1, .machine = true
	};
	struct bounce_report report = { .format = "" };
	struct arena a;

	sieve_add(&sieve, text);
	arena_init(&a, FUZZ_ARENA);
	if (mta_read(&a, mta, &mail, &report) == 0)
		fuzz_report(&report);
	arena_free(&a);
}

#endif
