/*
 * fuzz_mta - every row of every table of lib/mta reads the text, whatever its marks say
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "mta.h"

static const struct mta *const tables[] = {
	mta_exchange, mta_exim,    mta_qmail,   mta_sendmail, mta_postfix, mta_google, mta_amazon,
	mta_notes,    mta_gateway, mta_carrier, mta_desktop,  mta_hosted,  mta_plain,
};

static void
read_by(const struct mta *mta, struct span text)
{
	struct header_list headers = { 0 };
	struct sieve sieve = { 0 };
	struct mta_mail mail = { .headers = &headers,
				 .text = text,
				 .sieve = &sieve,
				 .part = 0,
				 .line = 1,
				 .machine = true };
	struct bounce_report report = { .format = "" };
	struct arena a;

	sieve_add(&sieve, text);
	arena_init(&a, FUZZ_ARENA);
	if (mta_read(&a, mta, &mail, &report) == 0) {
		for (size_t i = 0; i < report.recipient_count; i++) {
			fuzz_touch(report.recipient[i].address);
			fuzz_touch(report.recipient[i].diagnostic);
		}
	}
	arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct mta *mta = tables[i]; mta->name != NULL; mta++)
			read_by(mta, text);
	return 0;
}
