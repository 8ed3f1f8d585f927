/*
 * hint - advice for the operator out of the returned message's headers
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "hint.h"

#include "address.h"

/* The addresses of a To. */
struct named {
	struct span address[HINT_MAX_NAMED];
	size_t count;
	bool more; /* than are kept */
};

static void
read_named(struct arena *a, struct span rest, struct named *named)
{
	struct address address;

	*named = (struct named){ .count = 0 };
	while (!named->more && address_next(a, &rest, &address)) {
		if (named->count < HINT_MAX_NAMED)
			named->address[named->count++] = address.canonical;
		else
			named->more = true;
	}
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
		else if (named.more)
			r->to = BOUNCE_TO_UNKNOWN;
		else if (named.count == 1 && span_empty(report->original_list_id))
			r->to = BOUNCE_TO_DIFFERS;
		else
			r->to = BOUNCE_TO_ABSENT;
	}
}
