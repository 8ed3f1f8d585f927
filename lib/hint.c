/*
 * hint - advice for the operator out of the returned message's headers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "hint.h"

#include "address.h"

#define MOST_NAMED 50 /* addresses of a To that are looked at */

/* The addresses of a To. */
struct named {
	struct span address[MOST_NAMED];
	size_t count;
};

static void
read_named(struct arena *a, struct span rest, struct named *named)
{
	struct address address;

	named->count = 0;
	while (named->count < MOST_NAMED && address_next(a, &rest, &address))
		named->address[named->count++] = address.canonical;
}

static bool
names(const struct named *named, struct span address)
{
	for (size_t i = 0; i < named->count; i++)
		if (span_ieq(named->address[i], address))
			return true;
	return false;
}

void
hint_to(struct arena *a, struct bounce_report *report)
{
	struct named named;

	read_named(a, report->original_to_list, &named);
	if (named.count == 0)
		return;
	for (size_t i = 0; i < report->recipient_count && i < BOUNCE_MAX_HINTED; i++) {
		struct bounce_recipient *r = &report->recipient[i];

		if (names(&named, r->address) || names(&named, r->final))
			r->to = BOUNCE_TO_SAME;
		else if (named.count == 1 && span_empty(report->original_list_id))
			r->to = BOUNCE_TO_DIFFERS;
		else
			r->to = BOUNCE_TO_ABSENT;
	}
}
