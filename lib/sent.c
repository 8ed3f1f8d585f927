/*
 * sent - the addresses that a mail was sent to
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "sent.h"

#include "address.h"

static const char *const names[] = {
	"X-Original-To", /* Postfix */
	"Delivered-To",  /* Postfix, qmail, Dovecot, Google */
	"Envelope-To",   /* Exim */
	"X-Envelope-To", /* sendmail */
	"To",
};

static bool
is_known(const struct sent *known, size_t count, struct span address)
{
	for (size_t i = 0; i < count; i++) {
		if (span_ieq(known[i].address, address))
			return true;
	}
	return false;
}

size_t
sent_to(struct arena *a, const struct header_list *headers, struct sent out[SENT_MAX])
{
	struct address address;
	size_t count = 0;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		/* most mails have few of them */
		if (header_find(headers, names[n]) == NULL)
			continue;
		for (size_t i = 0; i < headers->count; i++) {
			const struct header_field *field = &headers->field[i];
			struct span rest = field->value;

			if (!span_ieq(field->name, span_of(names[n])))
				continue;
			while (count < SENT_MAX && address_next(a, &rest, &address)) {
				if (!is_known(out, count, address.canonical))
					out[count++] = (struct sent){ address.canonical, field };
			}
		}
	}
	return count;
}
