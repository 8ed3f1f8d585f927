/*
 * imap_copyuid - which copy of a message is which (RFC 4315 section 3)
 *
 * "[COPYUID 38505 304,319:320 3956:3958]": two lists of the same length. What the server tells is
 * believed for messages only that we asked for, and only as far as the lists go together.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

static size_t
find(struct imap_uids uids, uint32_t uid)
{
	size_t low = 0, high = uids.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (uids.uid[middle] < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < uids.count && uids.uid[low] == uid ? low : uids.count;
}

void
imap_copyuid(struct span line, struct imap_uids uids, struct imap_copies *out)
{
	const char *at = span_ifind(line, SPAN("[COPYUID "));
	struct imap_walk from = { .next = 1 }, to = { .next = 1 };
	struct span rest, word;
	uint64_t uidvalidity;
	uint32_t source, copy;

	if (at == NULL)
		return;
	rest = (struct span){ at + sizeof("[COPYUID ") - 1, line.end };
	if (!span_number(&rest, UINT32_MAX, &uidvalidity) || uidvalidity == 0 ||
	    !span_next_word(&rest, &from.rest) || !span_next_word(&rest, &word) ||
	    !span_cut(&word, ']', &to.rest))
		return;
	/* The first uid that is not ours ends it, so no range costs more than what we asked for. */
	while (imap_walk_next(&from, &source) && imap_walk_next(&to, &copy)) {
		size_t i = find(uids, source);

		if (i == uids.count || out->uid[i] != 0)
			return;
		out->uidvalidity = (uint32_t)uidvalidity;
		out->uid[i] = copy;
		out->told++;
	}
}
