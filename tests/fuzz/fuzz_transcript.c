/*
 * fuzz_transcript - Sendmail's transcripts of sessions, whose hook keeps a state of its own
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_mta.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (const struct mta *mta = mta_sendmail; mta->name != NULL; mta++)
		fuzz_read_by(mta, span_make((const char *)data, size));
	return 0;
}
