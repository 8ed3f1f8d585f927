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

struct mailimap_set *
imap_set_next(const uint32_t *uid, size_t count, size_t *taken)
{
	struct mailimap_set *set = imap_must(mailimap_set_new_empty());
	size_t i = 0, bytes = 0;

	while (i < count) {
		char text[2 * sizeof("4294967295")];
		size_t last = i;

		while (last + 1 < count && uid[last + 1] == uid[last] + 1)
			last++;
		bytes += (size_t)snprintf(text, sizeof(text), "%" PRIu32 ":%" PRIu32, uid[i],
					  uid[last]) +
			 1;
		if (bytes > SET_BYTES)
			break;
		if (mailimap_set_add_interval(set, uid[i], uid[last]) != MAILIMAP_NO_ERROR)
			imap_must(NULL);
		i = last + 1;
	}
	*taken = i;
	return set;
}
