/*
 * fuzz_mta - texts read by the rows of lib/mta; the first byte chooses the row
 *
 * So a fuzzer can tell what each row makes of a text, instead of what all of them do. The tables
 * with a hook have a target of their own beside this one: fuzz_exchange, fuzz_transcript.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_mta.h"

static const struct mta *const tables[] = {
	mta_exchange, mta_exim,    mta_qmail,   mta_sendmail, mta_postfix, mta_google, mta_amazon,
	mta_notes,    mta_gateway, mta_carrier, mta_desktop,  mta_hosted,  mta_plain,
};

/* Row `index` of all tables; with index beyond them NULL, and *count is how many there are. */
static const struct mta *
row_at(unsigned index, unsigned *count)
{
	*count = 0;
	for (size_t i = 0; i < FUZZ_COUNT(tables); i++)
		for (const struct mta *mta = tables[i]; mta->name != NULL; mta++)
			if ((*count)++ == index)
				return mta;
	return NULL;
}

unsigned
fuzz_choices(void)
{
	unsigned count;

	(void)row_at(UINT32_MAX, &count);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	unsigned passed;
	const struct mta *mta = row_at(fuzz_choose(&text), &passed);

	fuzz_expect(mta != NULL);
	fuzz_read_by(mta, text);
	return 0;
}
