/*
 * imap_list - which messages there are, and how large
 *
 * Line by line: libetpan's parser needs ten times as long, and the folder is what nobody can work
 * on before it is listed. So of a long one the greater part is asked for ahead.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "log.h"

/* The lowest `most` items so far, with room for as many again before they are sorted. */
struct list {
	struct imap_item *item;
	size_t count, room, most;
	uint32_t after;
};

static int
compare_items(const void *a, const void *b)
{
	uint32_t left = ((const struct imap_item *)a)->uid;
	uint32_t right = ((const struct imap_item *)b)->uid;

	return (left > right) - (left < right);
}

static void
list_settle(struct list *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->item, list->count, sizeof(*list->item), compare_items);
	for (size_t i = 0; i < list->count && kept < list->most; i++)
		if (kept == 0 || list->item[i].uid != list->item[kept - 1].uid)
			list->item[kept++] = list->item[i];
	list->count = kept;
}

/* Never room for more than three times `most`: the highest ones go first. */
static void
list_make_room(struct list *list)
{
	if (list->room >= list->most)
		list_settle(list);
	if (list->count <= list->room / 2 && list->room > 0)
		return;
	list->room += list->room < list->most ? list->room + 64 : list->most;
	list->item = xgrow(list->item, list->room, sizeof(*list->item));
}

/* "* 3 FETCH (UID 12 RFC822.SIZE 4438)" */
static void
list_line(void *context, struct span line)
{
	struct list *list = context;
	uint64_t uid, size;

	/* "9:*" gives the last message even when its uid is lower (RFC 3501 section 6.4.8). */
	if (span_empty(line) || *line.p != '*' ||
	    !imap_number_in(line, SPAN("RFC822.SIZE "), &size) ||
	    !imap_number_in(line, SPAN("UID "), &uid) || uid <= list->after || uid > UINT32_MAX)
		return;
	if (list->count == list->room)
		list_make_room(list);
	list->item[list->count++] = (struct imap_item){
		.uid = (uint32_t)uid,
		.size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX,
	};
}

static uint64_t
list_budget(uint64_t messages)
{
	return WIRE_DEFAULT_BUDGET + messages * IMAP_LIST_ITEM;
}

static void
list_text(const char *set, struct buf *out)
{
	buf_addf(out, "UID FETCH %s (UID RFC822.SIZE)", set);
}

/* Lists a set of so many messages, whose text is freed. */
static enum imap_result
list_set(struct imap *imap, struct list *list, struct buf *set, uint64_t messages)
{
	struct buf command = BUF_INIT;
	struct imap_ask ask = {
		.what = "FETCH",
		.command = &command,
		.timeout = imap->transfer_timeout,
		.budget = list_budget(messages),
		.line = list_line,
		.context = list,
	};
	enum imap_result result = imap_begin_selected(imap, ask.timeout, ask.budget);

	list_text(buf_str(set), &command);
	buf_free(set);
	if (result == IMAP_OK)
		result = imap_command(imap, &ask);
	buf_free(&command);
	return result;
}

/* "12:400"; a last uid of 0 means the last message of the folder, and both so that one alone. */
static void
window_text(uint32_t first, uint32_t last, struct buf *out)
{
	if (first > 0)
		buf_addf(out, "%" PRIu32 ":", first);
	if (last > 0)
		buf_addf(out, "%" PRIu32, last);
	else
		buf_addc(out, '*');
}

/* One window that was sent ahead. */
struct imap_listing {
	struct list list;
	uint32_t first, last;
	bool answered, ok;
};

void
imap_forget_listing(struct imap *imap)
{
	if (imap->listing == NULL)
		return;
	free(imap->listing->list.item);
	free(imap->listing);
	imap->listing = NULL;
}

void
imap_listing_line(struct imap *imap, struct span line)
{
	if (imap->listing != NULL && !imap->listing->answered)
		list_line(&imap->listing->list, line);
}

void
imap_listing_end(struct imap *imap, bool ok)
{
	if (imap->listing == NULL)
		return;
	imap->listing->answered = true;
	imap->listing->ok = ok;
}

/* Takes the window that was sent ahead; false: it is not this one, or there was no answer. */
static bool
take_listing(struct imap *imap, struct list *list, uint32_t first, uint32_t last)
{
	struct imap_listing *listing = imap->listing;
	bool taken = listing != NULL && listing->first == first && listing->last == last &&
		     list->count == 0 && imap_await(imap, &listing->answered) == IMAP_OK &&
		     listing->ok;

	if (taken) {
		free(list->item);
		list->item = listing->list.item;
		list->count = listing->list.count;
		list->room = listing->list.room;
		listing->list.item = NULL;
	}
	imap_forget_listing(imap);
	return taken;
}

static enum imap_result
list_window(struct imap *imap, struct list *list, uint32_t first, uint32_t last)
{
	struct buf set = BUF_INIT;

	window_text(first, last, &set);
	return list_set(imap, list, &set, imap_told_messages(imap));
}

/* A server that did not say UIDNEXT is asked for its last message. */
static enum imap_result
find_uidnext(struct imap *imap)
{
	struct list last = { .most = 1 };
	enum imap_result result;

	if (imap->uidnext != 0 || imap_told_messages(imap) == 0)
		return IMAP_OK;
	result = list_window(imap, &last, 0, 0);
	list_settle(&last);
	if (result == IMAP_OK && last.count > 0 && last.item[0].uid < UINT32_MAX)
		imap->uidnext = last.item[0].uid + 1;
	free(last.item);
	return result;
}

/* Many messages are as many uids in a dense folder; who wants few is spared the many windows of a
 * sparse one. */
static uint64_t
first_width(size_t most)
{
	return most < IMAP_LIST_MANY || most > IMAP_LIST_WINDOW ? IMAP_LIST_WINDOW : most;
}

/* The last uid of a window, 0 = it is the last window. */
static uint32_t
window_end(const struct imap *imap, uint64_t first, uint64_t width)
{
	return first + width >= imap->uidnext ? 0 : (uint32_t)(first + width - 1);
}

/*
 * Windows, so that nobody lists a million messages to take the first thousand. Where uids are
 * sparse they double, as far as no answer can tell of more than IMAP_LIST_MAX messages.
 */
static enum imap_result
list_windows(struct imap *imap, struct list *list)
{
	uint64_t first = (uint64_t)list->after + 1, width = first_width(list->most);
	bool small = imap_told_messages(imap) < IMAP_LIST_MAX;
	enum imap_result result = find_uidnext(imap);

	while (result == IMAP_OK && list->count < list->most && first <= UINT32_MAX) {
		size_t before = list->count;
		uint32_t last = window_end(imap, first, width);
		bool taken = take_listing(imap, list, (uint32_t)first, last);

		if (!taken)
			result = list_window(imap, list, (uint32_t)first, last);
		list_settle(list);
		if (last == 0 || taken)
			break;
		first += width;
		if ((list->count - before) * 4 < width && (small || width < IMAP_LIST_MAX))
			width *= 2;
	}
	return result;
}

enum imap_result
imap_list(struct imap *imap, uint32_t after, size_t most, struct imap_item **items, size_t *count)
{
	struct list list = { .most = most, .after = after };
	enum imap_result result;

	*items = NULL;
	*count = 0;
	if (most == 0)
		return IMAP_OK;
	/* What is announced from here on may be missing in the list: imap_idle() does not wait
	 * then. */
	if (imap->listing == NULL)
		imap->wire.exists = false;
	result = list_windows(imap, &list);
	*items = list.item;
	*count = list.count;
	return result;
}

enum imap_result
imap_post_list(struct imap *imap, uint32_t after, size_t most, bool *posted)
{
	struct buf set = BUF_INIT, text = BUF_INIT;
	struct imap_listing *listing;
	enum imap_result result;

	*posted = false;
	if (imap->listing != NULL || imap->uidnext <= after || after == UINT32_MAX || most == 0)
		return IMAP_OK;
	listing = xalloc(sizeof(*listing));
	listing->list = (struct list){ .most = most, .after = after };
	listing->first = after + 1;
	listing->last = window_end(imap, listing->first, first_width(most));
	window_text(listing->first, listing->last, &set);
	list_text(buf_str(&set), &text);
	imap->wire.exists = false; /* as in imap_list() */
	result = imap_post(imap, &text, list_budget(imap_told_messages(imap)), posted);
	if (*posted && result == IMAP_OK) {
		imap->posted[imap->posts - 1].list = true;
		imap->listing = listing;
	} else {
		free(listing);
	}
	buf_free(&set);
	buf_free(&text);
	return result;
}

enum imap_result
imap_look(struct imap *imap, struct imap_uids uids, struct imap_item **items, size_t *count)
{
	struct list list = { .most = uids.count };
	enum imap_result result = IMAP_OK;

	while (uids.count > 0 && result == IMAP_OK) {
		struct imap_uids part = { uids.uid, imap_fit(uids) };
		struct buf set = BUF_INIT;

		imap_set_text(part, &set);
		result = list_set(imap, &list, &set, part.count);
		uids = (struct imap_uids){ uids.uid + part.count, uids.count - part.count };
	}
	list_settle(&list);
	*items = list.item;
	*count = list.count;
	return result;
}
