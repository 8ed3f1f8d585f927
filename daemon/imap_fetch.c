/*
 * imap_fetch - messages, one at a time through libetpan's handler
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
