/*
 * imap_stream - libetpan's transport, and lines of our own
 *
 * libetpan's own transport waits in select(), which blocks the loop and aborts on descriptors above
 * 1023. This driver waits in net.h, and shows every byte to the guard first.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <stdio.h>

/* What came behind the end of one answer belongs to the next one, which nobody asks for yet. */
static void
keep_early(struct imap *imap, struct span rest)
{
	struct buf early = BUF_INIT;

	if (!span_empty(rest))
		buf_add(&early, rest);
	if (!buf_ok(&early))
		imap_must(NULL);
	buf_free(&imap->read_ahead);
	imap->read_ahead = early;
}

static ssize_t
low_read(mailstream_low *low, void *data, size_t size)
{
	struct imap *imap = low->data;
	struct span early = buf_span(&imap->read_ahead);
	size_t taken;
	ssize_t n;

	if (imap->wire.refused != NULL || co_breathe(net_loop(imap->conn)) < 0)
		return -1;
	n = (ssize_t)(span_len(early) < size ? span_len(early) : size);
	if (n > 0)
		memcpy(data, early.p, (size_t)n);
	else
		n = net_read(imap->conn, data, size);
	/* For libetpan the end of the stream would end a line; half a line must never be obeyed. */
	if (n <= 0) {
		imap->ended = n == 0;
		return -1;
	}
	taken = wire_feed(&imap->wire, data, (size_t)n);
	if (!span_empty(early))
		keep_early(imap, (struct span){ early.p + taken, early.end });
	else if (taken < (size_t)n && imap->wire.refused == NULL)
		keep_early(imap, span_make((char *)data + taken, (size_t)n - taken));
	return taken > 0 ? (ssize_t)taken : -1;
}

static ssize_t
low_write(mailstream_low *low, const void *data, size_t size)
{
	struct imap *imap = low->data;
	ssize_t n = net_write(imap->conn, data, size);

	return n > 0 ? n : -1;
}

static int
low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

/* Nobody may wait for it behind our back. */
static int
low_fd(mailstream_low *low)
{
	(void)low;
	return -1;
}

static void
low_free(mailstream_low *low)
{
	free(low);
}

static mailstream_low_driver driver = {
	.mailstream_read = low_read,
	.mailstream_write = low_write,
	.mailstream_close = low_close,
	.mailstream_get_fd = low_fd,
	.mailstream_free = low_free,
};

mailstream *
imap_stream_new(struct imap *imap)
{
	mailstream_low *low = imap_must(mailstream_low_new(imap, &driver));

	return imap_must(mailstream_new(low, IMAP_STREAM_BUFFER));
}

int
imap_send(struct imap *imap, bool tagged, const char *text)
{
	int r = MAILIMAP_NO_ERROR;

	if (tagged)
		r = mailimap_send_current_tag(imap->session);
	if (r != MAILIMAP_NO_ERROR || mailstream_write(imap->stream, text, strlen(text)) < 0 ||
	    mailstream_write(imap->stream, "\r\n", 2) < 0)
		return -1;
	return mailstream_flush(imap->stream);
}

void
imap_forget_sent(struct imap *imap)
{
	explicit_bzero(imap->stream->write_buffer, imap->stream->buffer_max_size);
}

/* The literal that a line ends with: its size, or -1. Only FETCH has any here; in words for people
 * "{5}" means nothing. The guard has seen to it that the number is a sane one. */
static int64_t
literal_at_end(const char *line)
{
	const char *brace = strrchr(line, '{');
	unsigned long size;
	char *end;

	if (brace == NULL || strncmp(line, "* ", 2) != 0 || strstr(line, " FETCH (") == NULL)
		return -1;
	size = strtoul(brace + 1, &end, 10);
	return end > brace + 1 && strcmp(end, "}") == 0 ? (int64_t)size : -1;
}

static int
skip_literal(struct imap *imap, int64_t left)
{
	char scratch[1024];

	while (left > 0) {
		size_t most = left < (int64_t)sizeof(scratch) ? (size_t)left : sizeof(scratch);
		ssize_t n = mailstream_read(imap->stream, scratch, most);

		if (n <= 0)
			return -1;
		left -= n;
	}
	return 0;
}

/* libetpan's way to drop a line's end reads in front of its buffer when the line is empty. */
static const char *
read_line(struct imap *imap)
{
	MMAPString *line = imap->session->imap_stream_buffer;

	if (mailstream_read_line(imap->stream, line) == NULL)
		return NULL;
	while (line->len > 0 &&
	       (line->str[line->len - 1] == '\n' || line->str[line->len - 1] == '\r'))
		line->str[--line->len] = '\0';
	return line->str;
}

static bool
is_current_tag(const struct imap *imap, const char *text)
{
	char tag[16];
	int len = snprintf(tag, sizeof(tag), "%d ", imap->session->imap_tag);

	return strncmp(text, tag, (size_t)len) == 0;
}

enum imap_line
imap_line(struct imap *imap, const char **text)
{
	for (;;) {
		const char *line = read_line(imap);
		bool lost = false;
		int64_t literal;

		if (line == NULL)
			return IMAP_LINE_LOST;
		*text = line;
		imap_end_early(imap, line);
		if (line[0] == '+')
			return IMAP_LINE_CONTINUE;
		if (is_current_tag(imap, line))
			return IMAP_LINE_TAGGED;
		literal = literal_at_end(line);
		if (literal < 0)
			return IMAP_LINE_UNTAGGED;
		if (!imap_keep_early(imap, line, (size_t)literal, &lost))
			lost = skip_literal(imap, literal) < 0;
		if (lost)
			return IMAP_LINE_LOST;
	}
}

bool
imap_answered(const struct imap *imap, const char *status)
{
	const char *line = imap->wire.tagged;
	size_t len = strlen(status);

	if (!is_current_tag(imap, line))
		return false;
	line = strchr(line, ' ') + 1;
	return strncasecmp(line, status, len) == 0 && (line[len] == ' ' || line[len] == '\0');
}

enum imap_result
imap_end_own(struct imap *imap, enum imap_line line, const char *what)
{
	if (line != IMAP_LINE_TAGGED)
		return imap_lost(imap, what);
	return imap_end(imap,
			imap_answered(imap, "OK") ? MAILIMAP_NO_ERROR : MAILIMAP_ERROR_PROTOCOL,
			what);
}
