/*
 * imap - one IMAP session: opening, folders, closing, and what every command has in common
 *
 * After an error of the stream or the parser libetpan and the server disagree on where the next
 * answer begins, so such a session takes no further command.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include "log.h"

void *
imap_must(void *made)
{
	if (made == NULL)
		log_fatal(EX_OSERR, "out of memory");
	return made;
}

enum imap_result
imap_refuse(struct imap *imap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(imap->error, sizeof(imap->error), format, args);
	va_end(args);
	return IMAP_REFUSED;
}

static bool
is_canceled(struct co_loop *loop)
{
	const struct co *self = co_self(loop);

	return self != NULL && co_canceled(self);
}

enum imap_result
imap_lost(struct imap *imap, const char *what)
{
	imap->in_step = false;
	if (is_canceled(net_loop(imap->conn))) {
		(void)imap_refuse(imap, "%s: canceled", what);
		return IMAP_CANCELED;
	}
	if (imap->wire.bye[0] != '\0')
		(void)imap_refuse(imap, "%s: the server ended the session: %s", what,
				  imap->wire.bye);
	else if (imap->wire.refused != NULL)
		(void)imap_refuse(imap, "%s: the server's answer was refused: %s", what,
				  imap->wire.refused);
	else if (imap->ended)
		(void)imap_refuse(imap, "%s: the server closed the connection", what);
	else if (net_error(imap->conn)[0] != '\0')
		(void)imap_refuse(imap, "%s: %s", what, net_error(imap->conn));
	else
		(void)imap_refuse(imap, "%s: the server's answer makes no sense", what);
	return IMAP_LOST;
}

enum imap_result
imap_begin(struct imap *imap, double timeout, uint64_t budget)
{
	if (!imap->in_step) {
		(void)imap_refuse(imap, "the session was lost before");
		return IMAP_LOST;
	}
	if (imap->posts > 0) {
		enum imap_result result = imap_catch_up(imap);

		if (result != IMAP_OK)
			return result;
	}
	imap_free_early(imap);
	imap->error[0] = '\0';
	imap->no_target = false;
	wire_budget(&imap->wire, budget);
	net_set_deadline(imap->conn, timeout);
	return IMAP_OK;
}

enum imap_result
imap_begin_selected(struct imap *imap, double timeout, uint64_t budget)
{
	enum imap_result result = imap_begin(imap, timeout, budget);

	if (result == IMAP_OK && imap->session->imap_state != MAILIMAP_STATE_SELECTED)
		return imap_refuse(imap, "no folder is selected");
	return result;
}

enum imap_result
imap_end(struct imap *imap, int r, const char *what)
{
	bool broken = r == MAILIMAP_ERROR_STREAM || r == MAILIMAP_ERROR_PARSE ||
		      r == MAILIMAP_ERROR_FATAL || r == MAILIMAP_ERROR_MEMORY;

	if (r == MAILIMAP_NO_ERROR)
		return IMAP_OK;
	/* libetpan's code for BAD is also that for a wrong tag: look at the line itself. */
	if (!broken && (imap_answered(imap, "NO") || imap_answered(imap, "BAD")))
		return imap_refuse(imap, "%s: the server said: %s", what,
				   strchr(imap->wire.tagged, ' ') + 1);
	return imap_lost(imap, what);
}

uint64_t
imap_told_messages(const struct imap *imap)
{
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;
	uint64_t exists = info == NULL ? 0 : info->sel_exists;

	return exists < IMAP_LIST_MAX ? exists : IMAP_LIST_MAX;
}

/* libetpan reads messages into memory one after the other unless somebody takes them away, and only
 * lets somebody do so when progress is watched. */
static void
take_message(struct mailimap_msg_att *att, void *context)
{
	struct imap *imap = context;

	if (imap->on_message != NULL)
		imap->on_message(imap->on_message_context, att);
}

static void
watch_progress(size_t now, size_t all, void *context)
{
	(void)now;
	(void)all;
	(void)context;
}

/* libetpan reads it without the context that its parser follows as soon as a string could come. */
static enum imap_result
greeting(struct imap *imap)
{
	enum imap_result result = imap_begin(imap, imap->command_timeout, 0);
	const char *text;

	if (result != IMAP_OK)
		return result;
	if (imap_line(imap, &text) != IMAP_LINE_UNTAGGED)
		return imap_lost(imap, "greeting");
	if (strncasecmp(text, "* OK ", 5) == 0)
		imap->session->imap_state = MAILIMAP_STATE_NON_AUTHENTICATED;
	else if (strncasecmp(text, "* PREAUTH ", 10) == 0)
		imap->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	else
		return imap_lost(imap, "greeting");
	return IMAP_OK;
}

static enum imap_result
starttls(struct imap *imap)
{
	enum imap_result result;
	int r;

	/* Somebody in between could keep us out of TLS by signing us in. */
	if (imap->session->imap_state == MAILIMAP_STATE_AUTHENTICATED)
		return imap_refuse(imap,
				   "STARTTLS: the server greets with PREAUTH, which forbids it");
	result = imap_begin(imap, imap->command_timeout, 0);
	if (result != IMAP_OK)
		return result;
	r = mailimap_starttls(imap->session);
	/* Whoever put it there wants it to be read as if it came through TLS (CVE-2020-15953). */
	if (imap->stream->read_buffer_len > 0)
		return imap_refuse(imap, "STARTTLS: the server sent data before TLS: refused");
	result = imap_end(imap, r, "STARTTLS");
	if (result != IMAP_OK)
		return result;
	if (net_starttls(imap->conn, imap->error) < 0)
		return is_canceled(net_loop(imap->conn)) ? IMAP_CANCELED : IMAP_LOST;
	wire_init(&imap->wire);
	return IMAP_OK;
}

struct imap *
imap_open(struct net *net, const struct imap_options *options, enum imap_result *result,
	  char *error)
{
	struct net_conn *conn = net_connect(net, &options->net, error);
	struct imap *imap;

	*result = is_canceled(net_own_loop(net)) ? IMAP_CANCELED : IMAP_LOST;
	if (conn == NULL)
		return NULL;
	imap = xalloc(sizeof(*imap));
	imap->conn = conn;
	imap->host = xstrdup(options->net.host);
	imap->port = xstrdup(options->net.port);
	imap->command_timeout = options->command_timeout;
	imap->transfer_timeout = options->transfer_timeout;
	imap->in_step = true;
	wire_init(&imap->wire);
	imap->session = imap_must(mailimap_new(0, NULL));
	imap->stream = imap_stream_new(imap);
	imap->session->imap_stream = imap->stream;
	mailimap_set_progress_callback(imap->session, watch_progress, watch_progress, imap);
	mailimap_set_msg_att_handler(imap->session, take_message, imap);

	*result = greeting(imap);
	if (*result == IMAP_OK && options->net.security == NET_PLAIN_THEN_TLS)
		*result = starttls(imap);
	if (*result == IMAP_OK)
		return imap;
	if (*result == IMAP_REFUSED)
		*result = IMAP_LOST; /* there is no session to go on with */
	snprintf(error, NET_ERROR_SIZE, "%s", imap->error);
	imap->in_step = false;
	imap_close(imap);
	return NULL;
}

static enum imap_result
selected(struct imap *imap, const char *folder, struct imap_folder *out)
{
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;

	if (info == NULL || info->sel_uidvalidity == 0) {
		return imap_refuse(imap,
				   "SELECT %s: the server gives no UIDVALIDITY, so messages cannot "
				   "be told apart",
				   folder);
	}
	*out = (struct imap_folder){
		.uidvalidity = info->sel_uidvalidity,
		.uidnext = info->sel_uidnext,
		.exists = info->sel_exists,
		.read_only = info->sel_perm == MAILIMAP_MAILBOX_READONLY,
	};
	imap->uidnext = info->sel_uidnext;
	imap->wire.exists = false; /* what is there is no news */
	return IMAP_OK;
}

static enum imap_result
open_folder(struct imap *imap, const char *folder, bool examine, struct imap_folder *out)
{
	enum imap_result result = imap_begin(imap, imap->command_timeout, 0);
	char what[100];
	char *name;
	int r;

	if (result != IMAP_OK)
		return result;
	name = imap_name(imap, folder);
	if (name == NULL)
		return imap_refuse(imap, "SELECT: not the name of a folder");
	/* What is kept of the folder before means nothing in this one. */
	imap_forget_listing(imap);
	imap_free_early(imap);
	snprintf(what, sizeof(what), "%s %s", examine ? "EXAMINE" : "SELECT", name);
	r = examine ? mailimap_examine(imap->session, name) : mailimap_select(imap->session, name);
	result = imap_end(imap, r, what);
	free(name);
	if (result == IMAP_OK)
		result = selected(imap, folder, out);
	if (result == IMAP_OK && examine)
		out->read_only = true;
	return result;
}

enum imap_result
imap_select(struct imap *imap, const char *folder, struct imap_folder *out)
{
	return open_folder(imap, folder, false, out);
}

enum imap_result
imap_examine(struct imap *imap, const char *folder, struct imap_folder *out)
{
	return open_folder(imap, folder, true, out);
}

enum imap_result
imap_noop(struct imap *imap)
{
	enum imap_result result = imap_begin(imap, imap->command_timeout, 0);

	if (result != IMAP_OK)
		return result;
	return imap_end(imap, mailimap_noop(imap->session), "NOOP");
}

const char *
imap_error(const struct imap *imap)
{
	return imap->error;
}

struct co_loop *
imap_loop(const struct imap *imap)
{
	return net_loop(imap->conn);
}

const char *
imap_peer(const struct imap *imap)
{
	return net_peer(imap->conn);
}

/* libetpan's own would wait without end, and closes the stream. */
static void
logout(struct imap *imap)
{
	const char *text;

	/* Nobody waits for answers that nobody wants. */
	if (imap->posts > 0 || imap_begin(imap, IMAP_LOGOUT_TIMEOUT, 0) != IMAP_OK ||
	    imap_send(imap, true, "LOGOUT") < 0)
		return;
	/* BYE, the end of the stream, or the tagged answer: whichever comes first. */
	while (imap_line(imap, &text) == IMAP_LINE_UNTAGGED)
		;
}

void
imap_close(struct imap *imap)
{
	if (imap == NULL)
		return;
	if (imap->in_step)
		logout(imap);
	/* mailimap_free() would send LOGOUT and wait if it found a stream. */
	mailstream_close(imap->stream);
	imap->session->imap_stream = NULL;
	mailimap_free(imap->session);
	net_close(imap->conn);
	imap_forget_posts(imap);
	buf_free(&imap->read_ahead);
	free(imap->host);
	free(imap->port);
	free(imap->capabilities);
	free(imap->challenge);
	free(imap->prefix);
	free(imap);
}
