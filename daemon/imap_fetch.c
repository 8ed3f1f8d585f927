/*
 * imap_fetch - lists and messages, one at a time through libetpan's handler
 *
 * The result list of mailimap_uid_fetch() dangles after a NO and hides a NO that came after some
 * messages. The handler takes each message before it gets into that list, so the list stays empty.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <inttypes.h>

#include "log.h"

/* What we asked for, out of one FETCH response. */
struct fetched {
	bool has_uid, has_bytes;
	uint32_t uid;
	struct span bytes;
};

static void
take_item(const struct mailimap_msg_att_static *item, struct fetched *out)
{
	const struct mailimap_msg_att_body_section *body;

	if (item->att_type == MAILIMAP_MSG_ATT_UID) {
		out->has_uid = true;
		out->uid = item->att_data.att_uid;
	} else if (item->att_type == MAILIMAP_MSG_ATT_BODY_SECTION) {
		body = item->att_data.att_body_section;
		/* NIL: expunged meanwhile (RFC 2180 section 4.1.3) */
		out->has_bytes = body->sec_body_part != NULL;
		out->bytes = span_make(body->sec_body_part, body->sec_length);
	}
}

static struct fetched
fetched_of(const struct mailimap_msg_att *att)
{
	struct fetched out = { .has_uid = false };

	for (clistiter *i = clist_begin(att->att_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC)
			take_item(item->att_data.att_static, &out);
	}
	return out;
}

struct mailimap_fetch_type *
imap_fetch_items(void)
{
	struct mailimap_fetch_type *type =
		imap_must(mailimap_fetch_type_new_fetch_att_list_empty());

	imap_fetch_item(type, mailimap_fetch_att_new_uid());
	return type;
}

void
imap_fetch_item(struct mailimap_fetch_type *type, struct mailimap_fetch_att *item)
{
	if (mailimap_fetch_type_new_fetch_att_list_add(type, imap_must(item)) != MAILIMAP_NO_ERROR)
		imap_must(NULL);
}

enum imap_result
imap_uid_fetch(struct imap *imap, struct mailimap_set *set, struct mailimap_fetch_type *type)
{
	clist *dangling = NULL;
	int r;

	r = mailimap_uid_fetch(imap->session, set, type, &dangling);
	if (r == MAILIMAP_NO_ERROR)
		mailimap_fetch_list_free(dangling);
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	imap->on_message = NULL;
	return imap_end(imap, r, "FETCH");
}

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

/* "* 3 FETCH (UID 12 RFC822.SIZE 4438)": libetpan needs ten times as long for it. */
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

/* Lists a set of so many messages, whose text is freed. */
static enum imap_result
list_set(struct imap *imap, struct list *list, struct buf *set, uint64_t messages)
{
	struct buf command = BUF_INIT;
	struct imap_ask ask = {
		.what = "FETCH",
		.command = &command,
		.timeout = imap->transfer_timeout,
		.budget = WIRE_DEFAULT_BUDGET + messages * IMAP_LIST_ITEM,
		.line = list_line,
		.context = list,
	};
	enum imap_result result = imap_begin_selected(imap, ask.timeout, ask.budget);

	buf_addf(&command, "UID FETCH %s (UID RFC822.SIZE)", buf_str(set));
	buf_free(set);
	if (result == IMAP_OK)
		result = imap_command(imap, &ask);
	buf_free(&command);
	return result;
}

/* One window of uids; 0 means the last message of the folder. */
static enum imap_result
list_window(struct imap *imap, struct list *list, uint32_t first, uint32_t last)
{
	struct buf set = BUF_INIT;

	if (first > 0)
		buf_addf(&set, "%" PRIu32 ":", first);
	if (last > 0)
		buf_addf(&set, "%" PRIu32, last);
	else
		buf_addc(&set, '*');
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

/*
 * Windows, so that nobody lists a million messages to take the first thousand. Where uids are
 * sparse they double, as far as no answer can tell of more than IMAP_LIST_MAX messages.
 */
static enum imap_result
list_windows(struct imap *imap, struct list *list)
{
	uint64_t first = (uint64_t)list->after + 1, width = IMAP_LIST_WINDOW;
	bool small = imap_told_messages(imap) < IMAP_LIST_MAX;
	enum imap_result result = find_uidnext(imap);

	while (result == IMAP_OK && list->count < list->most && first <= UINT32_MAX) {
		size_t before = list->count;
		bool rest = first + width >= imap->uidnext;

		result = list_window(imap, list, (uint32_t)first,
				     rest ? 0 : (uint32_t)(first + width - 1));
		list_settle(list);
		if (rest)
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
	imap->wire.exists = false;
	result = list_windows(imap, &list);
	*items = list.item;
	*count = list.count;
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

/* Who waits for which messages. */
struct batch {
	struct imap *imap;
	const uint32_t *uid;
	size_t count;
	bool *came;
	size_t missing; /* that did not come yet */
	uint32_t message_bytes;
	void (*each)(void *context, uint32_t uid, struct span bytes);
	void *context;
};

static int
compare_uids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* False when nobody asked for it here. */
static bool
batch_bytes(void *context, uint32_t uid, struct span bytes)
{
	struct batch *batch = context;
	const uint32_t *asked =
		bsearch(&uid, batch->uid, batch->count, sizeof(*batch->uid), compare_uids);

	if (asked == NULL)
		return false;
	if (batch->came[asked - batch->uid])
		return true;
	batch->came[asked - batch->uid] = true;
	batch->missing--;
	if (span_len(bytes) > batch->message_bytes)
		bytes.end = bytes.p + batch->message_bytes;
	batch->each(batch->context, uid, bytes);
	/* When this was cancelled the next read says so. */
	(void)co_breathe(net_loop(batch->imap->conn));
	return true;
}

static bool
batch_is_full(void *context)
{
	const struct batch *batch = context;

	return batch->missing == 0;
}

static void
batch_message(void *context, struct mailimap_msg_att *att)
{
	struct fetched got = fetched_of(att);

	if (got.has_uid && got.has_bytes) /* else news of flags */
		(void)batch_bytes(context, got.uid, got.bytes);
}

static uint64_t
fetch_budget(size_t count, uint32_t message_bytes)
{
	return WIRE_DEFAULT_BUDGET + count * ((uint64_t)message_bytes + IMAP_ITEM_OVERHEAD);
}

/* "UID FETCH 1:3 (UID BODY.PEEK[]<0.1000>)" */
static void
fetch_text(struct imap_uids uids, uint32_t message_bytes, struct buf *out)
{
	buf_adds(out, "UID FETCH ");
	imap_set_text(uids, out);
	buf_addf(out, " (UID BODY.PEEK[]<0.%" PRIu32 ">)", message_bytes);
}

/* The answer to a FETCH of ours, by libetpan. */
static int
read_fetched(struct imap *imap)
{
	struct mailimap_response *response;
	int r;

	if (mailimap_read_line(imap->session) == NULL)
		return MAILIMAP_ERROR_STREAM;
	r = mailimap_parse_response(imap->session, &response);
	if (r != MAILIMAP_NO_ERROR)
		return r;
	mailimap_response_free(response);
	return imap_answered(imap, "OK") ? MAILIMAP_NO_ERROR : MAILIMAP_ERROR_UID_FETCH;
}

/* Asks now, and reads the answer. */
static enum imap_result
batch_ask(struct batch *batch, size_t count, const char *text)
{
	struct imap *imap = batch->imap;
	enum imap_result result = imap_begin_selected(imap, imap->transfer_timeout,
						      fetch_budget(count, batch->message_bytes));
	int r = MAILIMAP_ERROR_STREAM;

	if (result != IMAP_OK)
		return result;
	imap->on_message = batch_message;
	imap->on_message_context = batch;
	if (imap_send(imap, true, text) == 0)
		r = read_fetched(imap);
	imap->on_message = NULL;
	return imap_end(imap, r, "FETCH");
}

/* As many as one command asks for. */
static enum imap_result
batch_part(struct batch *batch, struct imap_uids uids, bool *posted)
{
	const struct imap_sink sink = { batch_bytes, batch_is_full, batch };
	struct buf text = BUF_INIT;
	enum imap_result result;

	fetch_text(uids, batch->message_bytes, &text);
	if (!buf_ok(&text))
		imap_must(NULL);
	result = imap_take_posted(batch->imap, buf_str(&text), &sink, posted);
	if (result == IMAP_OK && !*posted)
		result = batch_ask(batch, uids.count, buf_str(&text));
	buf_free(&text);
	return result;
}

/* What a command sent ahead did not bring is asked for once more: it may have come in a way that we
 * did not understand, between the answers to others. */
static enum imap_result
fetch_rest(struct batch *batch, struct imap_uids asked)
{
	uint32_t *uid = xarray(asked.count, sizeof(*uid));
	enum imap_result result = IMAP_OK;
	size_t count = 0;
	bool posted;

	for (size_t i = 0; i < asked.count; i++) {
		if (!batch->came[(size_t)(asked.uid - batch->uid) + i])
			uid[count++] = asked.uid[i];
	}
	for (size_t i = 0; i < count && result == IMAP_OK;) {
		struct imap_uids part = { uid + i, count - i };

		part.count = imap_fit(part);
		result = batch_part(batch, part, &posted);
		i += part.count;
	}
	free(uid);
	return result;
}

enum imap_result
imap_post_fetch(struct imap *imap, struct imap_uids uids, uint32_t message_bytes, bool *posted)
{
	struct buf text = BUF_INIT;
	enum imap_result result;

	*posted = false;
	if (uids.count == 0 || imap_fit(uids) < uids.count)
		return IMAP_OK;
	fetch_text(uids, message_bytes, &text);
	result = imap_post(imap, &text, fetch_budget(uids.count, message_bytes), posted);
	buf_free(&text);
	return result;
}

enum imap_result
imap_fetch(struct imap *imap, const uint32_t *uid, size_t count, uint32_t message_bytes,
	   void (*each)(void *context, uint32_t uid, struct span bytes), void *context)
{
	struct batch batch = { imap, uid, count, NULL, count, message_bytes, each, context };
	enum imap_result result = IMAP_OK;

	batch.came = xarray(count + 1, sizeof(*batch.came));
	for (size_t i = 0; i < count && result == IMAP_OK;) {
		struct imap_uids part = { uid + i, count - i };
		bool posted = false;

		part.count = imap_fit(part);
		result = batch_part(&batch, part, &posted);
		if (posted && result == IMAP_OK)
			result = fetch_rest(&batch, part);
		i += part.count;
	}
	free(batch.came);
	return result;
}
