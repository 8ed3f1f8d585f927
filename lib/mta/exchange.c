/*
 * mta/exchange - Exchange and Microsoft 365 where the status part is lost, and before they had one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mta.h"

#include "ascii.h"

#define OPENING 2048 /* bytes at a letter's front that name its recipient */

/* Exchange 2007 puts the heading of the returned headers, in any language, right behind "#SMTP#".
 */
static bool
glued_heading(struct mta_walk *w, struct span line)
{
	const char *mark = span_ifind(line, SPAN("#SMTP#"));
	struct span said;

	if (mark == NULL)
		return false;
	said = (struct span){ line.p, mark + strlen("#SMTP#") };
	if (span_empty(span_trim((struct span){ said.end, line.end })))
		return false;
	mta_say(w, span_trim(said));
	w->ended = true;
	return true;
}

/* What stands behind a line's first colon, which is a wide one in Chinese and Japanese. */
static struct span
value_of(struct span line)
{
	const char *colon = span_chr(line, ':');
	const char *wide = span_ifind(line, SPAN("\xef\xbc\x9a"));

	if (wide != NULL && (colon == NULL || wide < colon))
		return span_trim((struct span){ wide + 3, line.end });
	return colon == NULL ? (struct span){ line.end, line.end }
			     : span_trim((struct span){ colon + 1, line.end });
}

/* "550 5.1.10 RESOLVER.ADR.RecipientNotFound; ...": the codes alone explain nothing. */
static bool
is_error(struct span value)
{
	struct bounce_status status;

	if (span_len(value) < 5 || (*value.p != '4' && *value.p != '5') ||
	    !ascii_is_digit(value.p[1]) || !ascii_is_digit(value.p[2]) || value.p[3] != ' ')
		return false;
	value.p += 4;
	return bounce_status_take(&value, &status) && !span_empty(span_trim(value));
}

static bool
is_host(struct span value)
{
	return span_chr(value, '.') != NULL && span_chr(value, ' ') == NULL &&
	       span_chr(value, '@') == NULL;
}

/*
 * The newest format is a letter with tables of a label and a value. In any language the letter's
 * opening names the recipient and not the sender, so does one value, and the error is the value
 * that is a reply.
 */
static bool
value_in_table(struct mta_walk *w, struct span line)
{
	struct span value = value_of(line), rest = value, address;
	struct span opening = { w->mail->text.p, line.p };

	if (is_error(value)) {
		mta_reason(w, value, 0);
		return true;
	}
	if (is_host(value))
		return w->speaker == MTA_REASON;
	if (span_empty(value) || !mta_line_next(w->arena, &rest, &address) || !span_empty(rest))
		return false;
	if (span_len(opening) > OPENING)
		opening.end = opening.p + OPENING;
	if (span_ifind(opening, address) == NULL)
		return false;
	mta_add(w, address);
	return true;
}

/* What stays the same in every language: the server's own codes and the way it quotes replies.
 */
const struct mta mta_exchange[] = {
	{
		.name = "exchange-ims",
		.any = { { MTA_HEADER, "Internet Mail Service (5.", "X-Mailer" },
			 { MTA_HEADER, "", "X-MS-Embedded-Report" },
			 { MTA_LINE, "did not reach the following recipient(s):", NULL },
			 { MTA_LINE, "MSEXCH:", NULL } },
		.shapes = MTA_ALONE | MTA_SAID | MTA_WORDS,
	},
	{
		/* The newest: a letter to the user with the details in a table. */
		.name = "exchange",
		.all = { { MTA_LINE, "Reported error:", NULL } },
		.shapes = MTA_APART,
		.lead = { "Recipient Address:" },
		.reason = { "Reported error:" },
		.end = { "Message Hops", "Original Message Headers" },
		.hook = value_in_table,
	},
	{
		/* The same in other languages; the middle one of the three parties in a row keeps
		 * its name, which also stands in sentences of other formats. */
		.name = "exchange",
		.all = { { MTA_HEADER, "", "X-MS-Exchange-Message-Is-Ndr" } },
		.any = { { MTA_WITHIN, "\tOffice 365", NULL },
			 { MTA_WITHIN, "  Office 365 ", NULL },
			 { MTA_LINE, "Office 365", NULL } },
		.shapes = MTA_APART,
		.hook = value_in_table,
	},
	{
		.name = "exchange",
		.any = { { MTA_HEADER, "", "X-MS-Exchange-Message-Is-Ndr" },
			 { MTA_FROM, "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e", NULL },
			 { MTA_WITHIN, "Remote Server returned '", NULL },
			 { MTA_WITHIN, "#SMTP#", NULL },
			 { MTA_WITHIN, "RESOLVER.", NULL },
			 { MTA_WITHIN, "STOREDRV.", NULL } },
		.shapes = MTA_ALONE | MTA_NAMED | MTA_MIXED,
		.hook = glued_heading,
		.end = { "Original message headers", "Original Message Headers" },
	},
	{
		.name = "exchange",
		.any = { { MTA_WITHIN, "QUEUE.Expired", NULL },
			 { MTA_WITHIN, "ROUTING.", NULL },
			 { MTA_WITHIN, "SMTPSEND.", NULL },
			 { MTA_WITHIN, "#550 5.", NULL },
			 { MTA_LINE, "Diagnostic information for administrators", NULL },
			 { MTA_LINE, "Delivery has failed to these recipients or", NULL } },
		.shapes = MTA_ALONE | MTA_NAMED | MTA_MIXED,
		.hook = glued_heading,
		.end = { "Original message headers" },
	},
	{ .name = NULL },
};
