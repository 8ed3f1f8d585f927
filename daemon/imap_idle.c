/*
 * imap_idle - waiting for news (RFC 2177)
 *
 * libetpan's IDLE drops what comes before the "+" and then waits for what it has dropped.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#define IDLE_ITEM \
	((uint64_t)64) /* bytes of news for one message: somebody marks them all as read */

bool
imap_is_news(struct imap *imap, const char *line)
{
	struct mailimap_selection_info *info = imap->session->imap_selection_info;
	unsigned long number;
	char *word;

	if (strncmp(line, "* ", 2) != 0 || line[2] < '0' || line[2] > '9')
		return false;
	number = strtoul(line + 2, &word, 10);
	if (strcasecmp(word, " EXISTS") == 0) {
		if (info != NULL && number <= UINT32_MAX)
			info->sel_exists = (uint32_t)number;
		return true;
	}
	return strcasecmp(word, " RECENT") == 0 || strcasecmp(word, " EXPUNGE") == 0;
}

/* Reads up to the line that is not untagged, noting news on the way. */
static enum imap_line
read_answer(struct imap *imap, bool *changed)
{
	enum imap_line line;
	const char *text;

	while ((line = imap_line(imap, &text)) == IMAP_LINE_UNTAGGED)
		*changed = imap_is_news(imap, text) || *changed;
	return line;
}

/* Waits for one more line: IMAP_LINE_UNTAGGED with *changed, or why there is none. *more is false
 * when the time is over. */
static enum imap_line
next_line(struct imap *imap, double until, bool *more, bool *changed)
{
	enum imap_line line;
	const char *text;
	int ready = 1;

	*more = co_clock() < until;
	if (!*more)
		return IMAP_LINE_UNTAGGED;
	if (imap->stream->read_buffer_len == 0 && imap->read_ahead.len == 0) {
		double left = until - co_clock();

		co_trim_stack(net_loop(imap->conn));
		ready = net_wait_readable(imap->conn, left > 0 ? left : 0);
	}
	*more = ready != CO_TIMEOUT;
	if (!*more)
		return IMAP_LINE_UNTAGGED;
	if (ready == CO_CANCELED)
		return IMAP_LINE_LOST;
	net_set_deadline(imap->conn, imap->command_timeout);
	line = imap_line(imap, &text);
	if (line == IMAP_LINE_UNTAGGED)
		*changed = imap_is_news(imap, text);
	return line;
}

/* What a whole IDLE may bring; a flood is not waited out. */
static uint64_t
idle_budget(const struct imap *imap)
{
	return WIRE_DEFAULT_BUDGET + imap_told_messages(imap) * IDLE_ITEM;
}

enum imap_result
imap_idle(struct imap *imap, double timeout, bool *changed)
{
	double until = co_clock() + timeout;
	enum imap_result result = imap_begin(imap, imap->command_timeout, idle_budget(imap));
	enum imap_line line = IMAP_LINE_LOST;
	bool more = true;

	*changed = imap->wire.exists;
	if (result != IMAP_OK || *changed)
		return result;
	co_calm(net_loop(imap->conn));
	if (imap_send(imap, true, "IDLE") == 0)
		line = read_answer(imap, changed);
	if (line == IMAP_LINE_TAGGED && imap_answered(imap, "OK"))
		return imap_refuse(imap, "IDLE: the server ended it before it began");
	if (line != IMAP_LINE_CONTINUE)
		return imap_end_own(imap, line, "IDLE");
	while (more && !*changed) {
		line = next_line(imap, until, &more, changed);
		if (line == IMAP_LINE_LOST || line == IMAP_LINE_TAGGED)
			return imap_end_own(imap, line, "IDLE");
	}
	if (*changed)
		co_hurry(net_loop(imap->conn));
	net_set_deadline(imap->conn, imap->command_timeout);
	wire_budget(&imap->wire, 0);
	line = imap_send(imap, false, "DONE") == 0 ? read_answer(imap, changed) : IMAP_LINE_LOST;
	return imap_end_own(imap, line, "IDLE");
}
