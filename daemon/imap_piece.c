/*
 * imap_piece - pieces of a message: parts, their headers, ranges of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <stdlib.h>

#include "log.h"

/* Who waits for which pieces. */
struct pieces {
	uint32_t uid;
	struct imap_piece *piece;
	size_t count;
};

/* The section as libetpan has it; NULL is the whole message. */
static struct mailimap_section *
new_section(const struct imap_piece *piece)
{
	struct mailimap_section_part *part;
	clist *ids;

	if (piece->section.count == 0)
		return imap_must(mailimap_section_new(NULL));
	ids = imap_must(clist_new());
	for (size_t i = 0; i < piece->section.count; i++) {
		uint32_t *number = imap_must(malloc(sizeof(*number)));

		*number = piece->section.number[i];
		if (clist_append(ids, number) < 0)
			imap_must(NULL);
	}
	part = imap_must(mailimap_section_part_new(ids));
	return imap_must(piece->mime ? mailimap_section_new_part_mime(part)
				     : mailimap_section_new_part(part));
}

/* Does the server's answer name this section? Of "[]" libetpan makes NULL. */
static bool
is_section(const struct mailimap_section *section, const struct imap_piece *piece)
{
	const struct mailimap_section_spec *spec = section == NULL ? NULL : section->sec_spec;
	bool mime = spec != NULL && spec->sec_text != NULL;
	size_t i = 0;

	if (spec == NULL)
		return piece->section.count == 0;
	if (spec->sec_type != MAILIMAP_SECTION_SPEC_SECTION_PART || mime != piece->mime ||
	    (mime && spec->sec_text->sec_type != MAILIMAP_SECTION_TEXT_MIME))
		return false;
	for (clistiter *at = clist_begin(spec->sec_data.sec_part->sec_id); at != NULL;
	     at = clist_next(at), i++) {
		const uint32_t *number = clist_content(at);

		if (i == piece->section.count || *number != piece->section.number[i])
			return false;
	}
	return i == piece->section.count;
}

static void
take_section(struct pieces *wanted, const struct mailimap_msg_att_body_section *body)
{
	for (size_t i = 0; i < wanted->count; i++) {
		struct imap_piece *piece = &wanted->piece[i];
		size_t length = body->sec_length;

		/* Where there is nothing servers may leave out where it would begin. */
		if (piece->answered || (length > 0 && body->sec_origin_octet != piece->offset) ||
		    !is_section(body->sec_section, piece))
			continue;
		piece->answered = true;
		/* NIL: there is no such part, or nothing behind the end */
		if (body->sec_body_part != NULL)
			buf_add(&piece->bytes,
				span_make(body->sec_body_part,
					  length < piece->most ? length : piece->most));
		return;
	}
}

static void
pieces_message(void *context, struct mailimap_msg_att *att)
{
	struct pieces *wanted = context;
	bool ours = false;

	for (clistiter *i = clist_begin(att->att_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC &&
		    item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_UID)
			ours = item->att_data.att_static->att_data.att_uid == wanted->uid;
	}
	for (clistiter *i = clist_begin(att->att_list); i != NULL && ours; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC &&
		    item->att_data.att_static->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
			take_section(wanted, item->att_data.att_static->att_data.att_body_section);
	}
}

enum imap_result
imap_fetch_pieces(struct imap *imap, uint32_t uid, struct imap_piece *piece, size_t count)
{
	struct pieces wanted = { uid, piece, count };
	struct mailimap_fetch_type *type;
	uint64_t budget = WIRE_DEFAULT_BUDGET;
	enum imap_result result;

	for (size_t i = 0; i < count; i++)
		budget += (uint64_t)piece[i].most + IMAP_ITEM_OVERHEAD;
	result = imap_begin_selected(imap, imap->transfer_timeout, budget);
	if (result != IMAP_OK)
		return result;
	type = imap_fetch_items();
	for (size_t i = 0; i < count; i++)
		imap_fetch_item(type,
				mailimap_fetch_att_new_body_peek_section_partial(
					new_section(&piece[i]), piece[i].offset, piece[i].most));
	imap->on_message = pieces_message;
	imap->on_message_context = &wanted;
	result = imap_uid_fetch(imap, imap_must(mailimap_set_new_single(uid)), type);
	for (size_t i = 0; i < count; i++)
		if (!buf_ok(&piece[i].bytes))
			imap_must(NULL);
	return result;
}
