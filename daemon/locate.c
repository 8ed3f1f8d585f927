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

	ledger_fingerprint(size_of(look, uid), bytes, fingerprint);
	if (memcmp(fingerprint, look->trace->fingerprint, STORE_FINGERPRINT) != 0 ||
	    uid <= look->found)
		return;
	/* A store in trouble says so to the next who asks. */
	if (store_filed_as(look->in->store, look->trace, look->in->uidvalidity, uid) == 0)
		look->found = uid;
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
	return result;
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
	if (more) {
		log_warn(
			"%s: more than %d messages of \"%s\" may be the one looked for; the others "
			"are not looked at",
			in->where, IMAP_MAX_FOUND, trace->folder);
	}
	if (result == IMAP_OK && count > 0)
		result = look_at(&look, (struct imap_uids){ candidate, count });
	free(candidate);
	*uid = look.found;
	return result;
}
