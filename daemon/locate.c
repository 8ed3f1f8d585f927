/*
 * locate - finds a message again by its bytes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "locate.h"

#include <stdlib.h>

#include "config.h"
#include "ledger.h"

/* Looks at candidates as they come. */
struct look {
	const struct locate *in;
	const struct store_trace *trace;
	const struct imap_item *item;
	size_t count;
	size_t compared, alike;
	bool store_failed;
	uint32_t found;
};

static uint64_t
size_of(const struct look *look, uint32_t uid)
{
	for (size_t i = 0; i < look->count; i++) {
		if (look->item[i].uid == uid)
			return look->item[i].size;
	}
	return 0;
}

static void
compare(void *context, uint32_t uid, struct span bytes)
{
	struct look *look = context;
	unsigned char fingerprint[STORE_FINGERPRINT];
	int known;

	look->compared++;
	ledger_fingerprint(size_of(look, uid), bytes, fingerprint);
	if (memcmp(fingerprint, look->trace->fingerprint, STORE_FINGERPRINT) != 0)
		return;
	known = store_filed_as(look->in->store, look->trace, look->in->uidvalidity, uid);
	look->alike += known == 0;
	if (known == 0 && uid > look->found)
		look->found = uid;
	look->store_failed = look->store_failed || known < 0;
}

/* What nobody could look at may be the one. */
static enum imap_result
cannot_tell(const struct look *look, const char *why, const char *more)
{
	log_warn("%s: cannot tell whether a message is in \"%s\": %s%s; nothing is done to it now",
		 look->in->where, look->trace->folder, why, more);
	return IMAP_REFUSED;
}

static enum imap_result
look_at(struct look *look, struct imap_uids candidates)
{
	struct imap *imap = look->in->imap;
	struct imap_item *item = NULL;
	uint32_t *uid = xarray(candidates.count, sizeof(*uid));
	size_t count = 0;
	enum imap_result result = imap_look(imap, candidates, &item, &look->count);

	look->item = item;
	for (size_t i = 0; i < look->count; i++) {
		if (item[i].size == look->trace->size)
			uid[count++] = item[i].uid;
	}
	if (result == IMAP_OK && count > 0)
		result = imap_fetch(imap, uid, count, CONFIG_LEAST_MESSAGE_BYTES, compare, look);
	free(item);
	free(uid);
	if (result != IMAP_OK)
		return result;
	if (look->alike <= look->in->others)
		look->found = 0;
	if (look->store_failed)
		return cannot_tell(look, "", store_error(look->in->store));
	if (look->found == 0 && look->compared < count)
		return cannot_tell(look, "the server lists messages that it does not give", "");
	return IMAP_OK;
}

enum imap_result
locate(const struct locate *in, const struct store_trace *trace, uint32_t *uid)
{
	struct imap_wanted wanted = { span_of(trace->message_id), trace->size };
	struct look look = { .in = in, .trace = trace };
	uint32_t *candidate;
	enum imap_result result;
	size_t count;
	bool more;

	result = imap_search(in->imap, &wanted, &candidate, &count, &more);
	if (result == IMAP_OK && count > 0)
		result = look_at(&look, (struct imap_uids){ candidate, count });
	if (result == IMAP_OK && look.found == 0 && more)
		result = cannot_tell(&look, "more messages than are looked at may be it", "");
	free(candidate);
	*uid = result == IMAP_OK ? look.found : 0;
	return result;
}

/* Servers from before the response codes say in words only that a folder is not there. */
bool
locate_no_folder(const struct imap *imap)
{
	enum imap_cause cause = imap_cause(imap);

	return cause == IMAP_CAUSE_MISSING || cause == IMAP_CAUSE_UNKNOWN;
}
