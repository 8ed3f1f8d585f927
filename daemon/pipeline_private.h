/*
 * pipeline_private - a batch, between the file that fetches it and the file that records it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_PIPELINE_PRIVATE_H
#define MAILBOUNCED_PIPELINE_PRIVATE_H

#include "pipeline.h"

enum batch_fate {
	BATCH_GONE,     /* somebody else took it away since it was listed */
	BATCH_CAME,     /* its bytes stand in the batch */
	BATCH_WITHHELD, /* it is there, and the server does not give it */
};

struct batch_message {
	struct imap_item item;
	enum batch_fate fate;
	size_t offset, length; /* in the batch's bytes */
};

struct batch {
	struct batch_message *message; /* ascending by uid */
	size_t count;
	struct buf bytes;
};

/*
 * Fetches the messages and tells the fate of each. What stands in doubt is cut off the end of the
 * batch (*cut = true, count may become 0): then the server seems to be in trouble, not the
 * messages. IMAP_REFUSED: it cannot even be asked.
 */
enum imap_result batch_fetch(struct pipeline *p, struct batch *batch, bool *cut);

#endif
