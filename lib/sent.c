/*
 * sent - the addresses that a mail was sent to
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sent.h"

#include "address.h"

static const struct span names[] = {
	SPAN_INIT("X-Original-To"), /* Postfix */
	SPAN_INIT("Delivered-To"),  /* Postfix, qmail, Dovecot, Google */
	SPAN_INIT("Envelope-To"),   /* Exim */
	SPAN_INIT("X-Envelope-To"), /* sendmail */
	SPAN_INIT("To"),
};

static bool
is_known(const struct span *known, size_t count, struct span address)
{
	for (size_t i = 0; i < count; i++) {
		if (span_ieq(known[i], address))
			return true;
	}
	return false;
}

size_t
sent_to(struct arena *a, const struct header_list *headers, struct span out[SENT_MAX])
{
	struct address address;
	size_t count = 0;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		for (size_t i = 0; i < headers->count; i++) {
			struct span rest = headers->field[i].value;

			if (!span_ieq(headers->field[i].name, names[n]))
				continue;
			while (count < SENT_MAX && address_next(a, &rest, &address)) {
				if (!is_known(out, count, address.canonical))
					out[count++] = address.canonical;
			}
		}
	}
	return count;
}
