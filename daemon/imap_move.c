/*
 * imap_move - UID MOVE (RFC 6851)
 *
 * Copying and deleting instead could leave a message in both folders; a server without MOVE is told
 * so, and the operator with it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#define MOVE_ITEM \
	((uint64_t)64) /* bytes of an answer for one message: EXPUNGE, and its part of COPYUID */

static enum imap_result
move_once(struct imap *imap, const uint32_t *uid, size_t count, const char *name)
{
	size_t taken;
	struct mailimap_set *set = imap_set_next(uid, count, &taken);
	enum imap_result result =
		imap_begin(imap, imap->transfer_timeout, WIRE_DEFAULT_BUDGET + taken * MOVE_ITEM);

	if (result == IMAP_OK)
		result = imap_end(imap, mailimap_uid_move(imap->session, set, name), "MOVE");
	mailimap_set_free(set);
	return result;
}

static enum imap_result
create(struct imap *imap, const char *name)
{
	enum imap_result result = imap_begin(imap, imap->command_timeout, 0);

	if (result == IMAP_OK)
		result = imap_end(imap, mailimap_create(imap->session, name), "CREATE");
	/* Another session of ours was faster (RFC 5530 ALREADYEXISTS; older servers say it in
	 * words). */
	if (result == IMAP_REFUSED && strcasestr(imap->wire.tagged, "exists") != NULL)
		result = IMAP_OK;
	if (result != IMAP_OK)
		return result;
	result = imap_begin(imap, imap->command_timeout, 0);
	if (result == IMAP_OK)
		result = imap_end(imap, mailimap_subscribe(imap->session, name), "SUBSCRIBE");
	/* Nobody but people's mail programs needs it; a refusal is none of ours. */
	return result == IMAP_REFUSED ? IMAP_OK : result;
}

/*
 * A NO has two cures, each tried once: the folder is missing; or another session took some of the
 * messages first, and once NOOP has told us and the server so, uids that are gone are no error.
 */
static enum imap_result
move_part(struct imap *imap, const uint32_t *uid, size_t count, const char *name)
{
	bool created = false, looked = false;

	for (;;) {
		enum imap_result result = move_once(imap, uid, count, name);
		bool missing = strcasestr(imap->wire.tagged, "[TRYCREATE]") != NULL;
		bool *tried = missing ? &created : &looked;

		if (result != IMAP_REFUSED || *tried)
			return result;
		*tried = true;
		result = missing ? create(imap, name) : imap_noop(imap);
		if (result != IMAP_OK)
			return result;
	}
}

enum imap_result
imap_move(struct imap *imap, const uint32_t *uid, size_t count, const char *folder)
{
	enum imap_result result = imap_begin_selected(imap, imap->command_timeout, 0);
	char *name;

	if (result != IMAP_OK)
		return result;
	if (!imap_can(imap, "MOVE"))
		return imap_refuse(imap, "the server cannot MOVE");
	name = imap_name_encode(folder);
	if (name == NULL)
		return imap_refuse(imap, "MOVE: not the name of a folder");
	for (size_t i = 0; i < count && result == IMAP_OK;) {
		size_t taken;

		mailimap_set_free(imap_set_next(uid + i, count - i, &taken));
		result = move_part(imap, uid + i, taken, name);
		i += taken;
	}
	free(name);
	return result;
}
