/*
 * classify_code - what a code means by itself, and when who says it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "classify.h"

/* ---- who speaks ---- */

/* Names that only Microsoft's own servers bear. */
static const char microsoft_hosts[] = "outlook.com exchangelabs.com office365.us outlook.cn";

/* Did a Microsoft server refuse? Its report alone does not say so: it also reports what others
 * refused. */
static bool
from_microsoft(const struct evidence *e)
{
	struct span host = e->recipient->remote_mta;

	if (span_empty(host))
		host = e->report->reporting_mta;
	return classify_is_under(host, microsoft_hosts);
}

/* ---- what a code means ---- */

/* The registry's row for exactly this code. */
const struct bounce_row *
classify_registered(struct bounce_status status)
{
	const struct bounce_row *row;

	if (code_find(CODE_STATUS, status, &row, 1) == 0 || row->low.detail == CODE_ANY)
		return NULL;
	return row->reason == BOUNCE_REASON_COUNT ? NULL : row;
}

/* Several rows of one of Microsoft's own codes, which differ only in who of the sender's side is
 * meant: the first one tells what is done. */
static const struct bounce_row *
any_of(const struct bounce_row *const *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i]->bad != BOUNCE_BAD_NO || rows[i]->disposition != rows[0]->disposition)
			return NULL;
	return count > 0 ? rows[0] : NULL;
}

/* Microsoft's reading of a code without its phrase: what the rows that are nearest agree on. Tokens
 * say nothing of a code: one comes with several. */
const struct bounce_row *
classify_microsoft_code(struct bounce_status status)
{
	const struct bounce_row *rows[CODE_MAX_COVERING], *common;
	size_t count = code_find(CODE_MICROSOFT, status, rows, CODE_MAX_COVERING), nearest = 0;

	if (count > CODE_MAX_COVERING)
		count = CODE_MAX_COVERING;
	for (size_t i = 0; i < count; i++) {
		if (rows[i]->anywhere)
			continue;
		if (nearest > 0 && (rows[i]->low.detail == rows[i]->detail_high) !=
					   (rows[0]->low.detail == rows[0]->detail_high))
			break;
		rows[nearest++] = rows[i];
	}
	common = code_common(rows, nearest);
	return common == NULL && status.detail >= CLASSIFY_OWN_DETAIL ? any_of(rows, nearest)
								      : common;
}

/*
 * The row that a code stands for by itself, NULL when the code says nothing exact. Microsoft uses
 * some registered codes (5.1.0, 5.4.1, 5.7.12, 5.7.13) for something else: its reading counts when
 * its server speaks, and even then only where it does not blame the address more. So 5.4.1 is never
 * "relay denied" without the phrase.
 */
const struct bounce_row *
classify_code(const struct evidence *e, struct bounce_status status)
{
	const struct bounce_row *microsoft = classify_microsoft_code(status);
	const struct bounce_row *registry = classify_registered(status);
	bool exact = registry != NULL && registry->reason != BOUNCE_REASON_UNCLASSIFIED;

	if (microsoft != NULL && registry == NULL)
		return microsoft;
	if (microsoft != NULL && from_microsoft(e) && !code_spares(registry, microsoft))
		return microsoft;
	return exact ? registry : NULL;
}
