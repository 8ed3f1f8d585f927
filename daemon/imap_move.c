/*
 * imap_move - UID MOVE (RFC 6851), and its steps where a server has no MOVE
 *
 * Never a bare EXPUNGE: it would take away what others have marked as deleted. Without UID EXPUNGE
 * (RFC 4315) nothing is deleted at all.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

/* Bytes of an answer for one message: EXPUNGE or flags, and its part of COPYUID. */
#define MOVE_ITEM ((uint64_t)128)

struct transfer {
	struct imap_uids uids;
	struct imap_copies *copies;
};

void
imap_move_line(struct span line, struct imap_uids uids, struct imap_copies *copies)
{
	imap_copyuid(line, uids, copies);
	if (span_istarts(line, SPAN("* ")) && span_iends(line, SPAN(" EXPUNGE")))
		copies->expunged++;
}

static void
transfer_line(void *context, struct span line)
{
	struct transfer *transfer = context;

	if (transfer->copies != NULL)
		imap_move_line(line, transfer->uids, transfer->copies);
}

uint64_t
imap_move_budget(struct imap_uids uids)
{
	return WIRE_DEFAULT_BUDGET + uids.count * MOVE_ITEM;
}

/* "UID STORE 1:3" */
static void
uid_text(const char *verb, struct imap_uids uids, struct buf *out)
{
	buf_addf(out, "UID %s ", verb);
	imap_set_text(uids, out);
}

void
imap_transfer_text(const char *verb, struct imap_uids uids, const char *name, struct buf *out)
{
	uid_text(verb, uids, out);
	buf_addc(out, ' ');
	imap_add_quoted(out, name);
}

/* May the command be sent? */
static enum imap_result
begin(struct imap *imap, const char *verb, struct imap_uids uids)
{
	enum imap_result result = imap_begin_selected(imap, imap->command_timeout, 0);

	if (result == IMAP_OK && imap_fit(uids) < uids.count)
		return imap_refuse(imap, "%s: %zu uids are more than a command holds", verb,
				   uids.count);
	return result;
}

/* Sends the command, whose text is freed. */
static enum imap_result
on_uids(struct imap *imap, const char *verb, struct transfer *transfer, struct buf *command)
{
	struct imap_ask ask = {
		.what = verb,
		.command = command,
		.timeout = imap->transfer_timeout,
		.budget = imap_move_budget(transfer->uids),
		.line = transfer_line,
		.context = transfer,
	};
	enum imap_result result = imap_command(imap, &ask);

	buf_free(command);
	return result;
}

static enum imap_result
transfer_once(struct imap *imap, const char *verb, struct transfer *transfer, const char *name)
{
	struct buf command = BUF_INIT;
	enum imap_result result;

	*transfer->copies = (struct imap_copies){ .uid = transfer->copies->uid };
	memset(transfer->copies->uid, 0, transfer->uids.count * sizeof(uint32_t));
	imap_transfer_text(verb, transfer->uids, name, &command);
	result = on_uids(imap, verb, transfer, &command);
	transfer->copies->unsure = result != IMAP_OK && result != IMAP_REFUSED;
	return result;
}

/*
 * A NO has two cures, each tried once: the folder is missing; or another session took some of the
 * messages first, and once NOOP has told us and the server so, uids that are gone are no error.
 */
static enum imap_result
transfer_to(struct imap *imap, const char *verb, struct transfer *transfer, const char *folder)
{
	enum imap_result result = begin(imap, verb, transfer->uids);
	bool created = false, looked = false;
	char *name;

	transfer->copies->unsure = false;
	if (result != IMAP_OK)
		return result;
	name = imap_name(imap, folder);
	if (name == NULL)
		return imap_refuse(imap, "%s: not the name of a folder", verb);
	for (;;) {
		bool missing;
		bool *tried;

		result = transfer_once(imap, verb, transfer, name);
		missing = imap_cause(imap) == IMAP_CAUSE_MISSING;
		tried = missing ? &created : &looked;
		if (result != IMAP_REFUSED || *tried ||
		    (!missing && imap_cause(imap) != IMAP_CAUSE_UNKNOWN))
			break;
		*tried = true;
		/* When this is lost nothing is unsure: the server said NO. */
		result = missing ? imap_create(imap, folder, NULL) : imap_noop(imap);
		if (result != IMAP_OK) {
			imap->no_target = missing;
			break;
		}
	}
	free(name);
	return result;
}

enum imap_result
imap_move(struct imap *imap, struct imap_uids uids, const char *folder, struct imap_copies *copies)
{
	struct transfer transfer = { uids, copies };
	enum imap_result result = imap_take_move(imap, uids, folder, copies);

	if (result != IMAP_REFUSED)
		return result;
	result = imap_begin_selected(imap, imap->command_timeout, 0);
	if (result != IMAP_OK)
		return result;
	if (!imap_can(imap, "MOVE"))
		return imap_refuse(imap, "the server cannot MOVE");
	return transfer_to(imap, "MOVE", &transfer, folder);
}

enum imap_result
imap_copy(struct imap *imap, struct imap_uids uids, const char *folder, struct imap_copies *copies)
{
	struct transfer transfer = { uids, copies };

	return transfer_to(imap, "COPY", &transfer, folder);
}

enum imap_result
imap_mark(struct imap *imap, struct imap_uids uids, const char *flag)
{
	enum imap_result result = begin(imap, "STORE", uids);
	struct transfer transfer = { uids, NULL };
	struct buf command = BUF_INIT;

	if (result != IMAP_OK)
		return result;
	uid_text("STORE", uids, &command);
	buf_addf(&command, " +FLAGS.SILENT (%s)", flag);
	return on_uids(imap, "STORE", &transfer, &command);
}

enum imap_result
imap_expunge(struct imap *imap, struct imap_uids uids)
{
	enum imap_result result = begin(imap, "EXPUNGE", uids);
	struct transfer transfer = { uids, NULL };
	struct buf command = BUF_INIT;

	if (result != IMAP_OK)
		return result;
	if (!imap_can(imap, "UIDPLUS"))
		return imap_refuse(imap, "the server cannot UID EXPUNGE");
	uid_text("EXPUNGE", uids, &command);
	return on_uids(imap, "EXPUNGE", &transfer, &command);
}
