/*
 * imap_set - uids as compact sequence sets
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <inttypes.h>
#include <stdio.h>

/* What is left of a line beside the longest folder's name, each byte of it escaped. */
#define SET_BYTES (IMAP_MAX_COMMAND - 2 * IMAP_MAX_NAME - 100)

/* One range of a set, as text. */
struct range {
	char text[2 * sizeof("4294967295")];
	size_t first, last; /* indices */
};

static struct range
range_at(struct imap_uids uids, size_t first)
{
	struct range range = { .first = first, .last = first };

	while (range.last + 1 < uids.count && uids.uid[range.last + 1] == uids.uid[range.last] + 1)
		range.last++;
	if (range.first == range.last)
		snprintf(range.text, sizeof(range.text), "%" PRIu32, uids.uid[first]);
	else
		snprintf(range.text, sizeof(range.text), "%" PRIu32 ":%" PRIu32, uids.uid[first],
			 uids.uid[range.last]);
	return range;
}

size_t
imap_fit(struct imap_uids uids)
{
	size_t bytes = 0, taken = 0;

	while (taken < uids.count) {
		struct range range = range_at(uids, taken);

		bytes += strlen(range.text) + 1;
		if (bytes > SET_BYTES)
			break;
		taken = range.last + 1;
	}
	return taken;
}

void
imap_set_text(struct imap_uids uids, struct buf *out)
{
	size_t fit = imap_fit(uids);

	for (size_t i = 0; i < fit;) {
		struct range range = range_at(uids, i);

		buf_addf(out, "%s%s", i > 0 ? "," : "", range.text);
		i = range.last + 1;
	}
}
/* Reading */

static bool
walk_number(struct imap_walk *walk, uint64_t *out)
{
	return span_number(&walk->rest, UINT32_MAX, out) && *out > 0;
}

bool
imap_walk_range(struct imap_walk *walk)
{
	if (!walk_number(walk, &walk->next))
		return false;
	walk->last = walk->next;
	if (!span_empty(walk->rest) && *walk->rest.p == ':') {
		walk->rest.p++;
		if (!walk_number(walk, &walk->last))
			return false;
	}
	if (walk->last < walk->next) {
		uint64_t first = walk->last;

		walk->last = walk->next;
		walk->next = first;
	}
	if (!span_empty(walk->rest) && *walk->rest.p == ',')
		walk->rest.p++;
	return true;
}

bool
imap_walk_next(struct imap_walk *walk, uint32_t *uid)
{
	if (walk->next > walk->last && !imap_walk_range(walk)) {
		walk->next = 1;
		walk->last = 0;
		return false;
	}
	*uid = (uint32_t)walk->next++;
	return true;
}
