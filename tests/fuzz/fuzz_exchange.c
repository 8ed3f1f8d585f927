/*
 * fuzz_exchange - the text of reports by Exchange and Microsoft 365, in the format for users and
 * administrators and in the one with tables of hops
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz_mta.h"
#include "ndr.h"
#include "ndr_hop.h"
#include "returned.h"

/* What the text tells people, when it comes with a status part that names one recipient and no
 * more. */
static void
read_for_people(struct arena *a, struct span text)
{
	struct mime_part part = {
		.type = SPAN("text/plain"), .body = text, .parent = MIME_NO_PARENT, .line = 1
	};
	const struct mime_message message = { .part = &part, .count = 1 };
	struct textual reader = {
		.arena = a,
		.message = &message,
		.machine = true,
	};
	struct bounce_recipient r = { .address = SPAN("ida@contoso.com"),
				      .action = BOUNCE_ACTION_FAILED };
	struct bounce_report report = {
		.kind = BOUNCE_KIND_BOUNCE,
		.format = "exchange-online",
		.recipient = &r,
		.recipient_count = 1,
	};

	if (textual_complete(&reader, &report) == 0 && ndr_read(&reader, &report) == 0)
		fuzz_report(&report);
}

static void
read_hops(struct arena *a, struct span text)
{
	struct bounce_report table = { .format = "" }, received = { .format = "" };
	struct bounce_returned left = { 0 };
	struct span body;

	(void)ndr_hops(a, text, &table);
	fuzz_touch_way(&table);
	if (header_parse(a, text, 1, &left.headers, &body) != 0)
		return;
	received.returned = &left;
	if (bounce_trace(a, &received) == 0)
		fuzz_touch_way(&received);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct arena a;

	for (const struct mta *mta = mta_exchange; mta->name != NULL; mta++)
		fuzz_read_by(mta, text);
	arena_init(&a, FUZZ_ARENA);
	read_for_people(&a, text);
	read_hops(&a, text);
	arena_free(&a);
	return 0;
}
