/*
 * imap_search - which messages could be the one that is looked for
 *
 * Our own lines, because libetpan's search follows NULL. What is found is a guess of the server's:
 * headers are matched in part, and sizes may be rounded. The caller looks at the bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "log.h"

#define SEARCH_MAX_ID 900          /* bytes of a Message-ID that are asked for */
#define SEARCH_ITEM ((uint64_t)12) /* bytes of an answer for one message */

struct search {
	uint32_t *uid;
	size_t count, next;
	bool more;
};

/* The last ones count: a copy that was just made is among them. */
static void
found(struct search *search, uint32_t uid)
{
	search->uid[search->next] = uid;
	search->next = (search->next + 1) % IMAP_MAX_FOUND;
	if (search->count < IMAP_MAX_FOUND)
		search->count++;
	else
		search->more = true;
}

/* "2 84 882" */
static void
list_found(struct search *search, struct span rest)
{
	struct span word;

	while (span_next_word(&rest, &word)) {
		uint64_t uid;

		if (!span_number(&word, UINT32_MAX, &uid) || uid == 0)
			return;
		found(search, (uint32_t)uid);
	}
}

/* "2,84:882": a range may name four thousand million of them. */
static void
set_found(struct search *search, struct span set)
{
	struct imap_walk walk = { .rest = set };

	while (imap_walk_range(&walk)) {
		if (walk.last - walk.next >= IMAP_MAX_FOUND) {
			walk.next = walk.last - IMAP_MAX_FOUND + 1;
			search->more = true;
		}
		for (uint64_t uid = walk.next; uid <= walk.last; uid++)
			found(search, (uint32_t)uid);
	}
}

/*
 * "* SEARCH 2 84 882", or what IMAP4rev2 says instead, asked for or not (RFC 9051 section 7.3.4):
 * "* ESEARCH (TAG "9") UID ALL 2,84,882", without ALL when there are none.
 */
static void
search_line(void *context, struct span line)
{
	struct search *search = context;
	struct span rest = line, word;
	bool extended = span_istarts(line, SPAN("* ESEARCH"));

	if (!extended && !span_istarts(line, SPAN("* SEARCH")))
		return;
	rest.p += extended ? sizeof("* ESEARCH") - 1 : sizeof("* SEARCH") - 1;
	if (!extended) {
		list_found(search, rest);
		return;
	}
	while (span_next_word(&rest, &word)) {
		if (span_ieq(word, SPAN("ALL")) && span_next_word(&rest, &word))
			set_found(search, word);
	}
}

static bool
can_be_asked_for(struct span id)
{
	if (span_empty(id) || span_len(id) > SEARCH_MAX_ID)
		return false;
	for (const char *p = id.p; p < id.end; p++)
		if (*p < ' ' || *p > '~')
			return false;
	return true;
}

static void
write_search(const struct imap_wanted *wanted, struct buf *command)
{
	buf_adds(command, "UID SEARCH ");
	if (can_be_asked_for(wanted->message_id)) {
		struct buf id = BUF_INIT;

		buf_add(&id, wanted->message_id);
		buf_adds(command, "HEADER MESSAGE-ID ");
		imap_add_quoted(command, buf_str(&id));
		buf_free(&id);
		return;
	}
	if (wanted->size > 0)
		buf_addf(command, "LARGER %" PRIu64 " ", wanted->size - 1);
	buf_addf(command, "SMALLER %" PRIu64, wanted->size + 1);
}

static int
compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

enum imap_result
imap_search(struct imap *imap, const struct imap_wanted *wanted, uint32_t **uids, size_t *count,
	    bool *more)
{
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;
	struct search search = { .uid = xarray(IMAP_MAX_FOUND, sizeof(uint32_t)) };
	struct buf command = BUF_INIT;
	struct imap_ask ask = {
		.what = "SEARCH",
		.command = &command,
		.timeout = imap->transfer_timeout,
		.budget = WIRE_DEFAULT_BUDGET + (info == NULL ? 0 : info->sel_exists * SEARCH_ITEM),
		.line = search_line,
		.context = &search,
	};
	enum imap_result result = imap_begin_selected(imap, imap->command_timeout, 0);

	if (result == IMAP_OK) {
		write_search(wanted, &command);
		result = imap_command(imap, &ask);
	}
	qsort(search.uid, search.count, sizeof(*search.uid), compare);
	buf_free(&command);
	*uids = search.uid;
	*count = search.count;
	*more = search.more;
	return result;
}
