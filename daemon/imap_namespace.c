/*
 * imap_namespace - where a server keeps a user's own folders (RFC 2342)
 *
 * Cyrus and Courier, as they come, keep them below INBOX: "Processed" cannot be made there,
 * "INBOX.Processed" can.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include "log.h"

static enum imap_result
ask(struct imap *imap, const char *what, const struct buf *command,
    void (*line)(void *context, struct span line), void *context)
{
	struct imap_ask ask = {
		.what = what,
		.command = command,
		.timeout = imap->command_timeout,
		.budget = WIRE_DEFAULT_BUDGET,
		.line = line,
		.context = context,
	};

	return imap_command(imap, &ask);
}

/* * NAMESPACE (("INBOX." ".")) (("user." ".")) (("" ".")): ours is the first of the first list. */
static void
namespace_line(void *context, struct span line)
{
	struct span rest = line;
	struct buf *prefix = context;

	if (!span_istarts(rest, SPAN("* NAMESPACE ((")))
		return;
	rest.p += sizeof("* NAMESPACE ((") - 1;
	if (!imap_take_astring(&rest, prefix) || prefix->len > IMAP_MAX_NAME)
		buf_clear(prefix);
}

/* Sets imap->prefix. Where a server does not tell, nothing stands before a name. */
static enum imap_result
find_prefix(struct imap *imap)
{
	struct buf command = BUF_INIT, prefix = BUF_INIT;
	enum imap_result result = IMAP_OK;

	buf_adds(&command, "NAMESPACE");
	if (imap_can(imap, "NAMESPACE"))
		result = ask(imap, "NAMESPACE", &command, namespace_line, &prefix);
	if (result == IMAP_OK || result == IMAP_REFUSED) {
		imap->prefix = imap_name_decode(buf_str(&prefix));
		if (imap->prefix == NULL)
			imap->prefix = xstrdup("");
		imap->error[0] = '\0';
		result = IMAP_OK;
	}
	buf_free(&command);
	buf_free(&prefix);
	return result;
}

static void
exists_line(void *context, struct span line)
{
	bool *exists = context;

	*exists = *exists || span_istarts(line, SPAN("* LIST "));
}

/* Somebody may share a folder of that name with us. */
static enum imap_result
look_for(struct imap *imap, const char *folder, bool *exists)
{
	struct buf command = BUF_INIT;
	char *name = imap_name(imap, folder);
	enum imap_result result;

	*exists = false;
	if (name == NULL)
		return imap_refuse(imap, "LIST: not the name of a folder");
	buf_adds(&command, "LIST \"\" ");
	imap_add_quoted(&command, name);
	free(name);
	result = ask(imap, "LIST", &command, exists_line, exists);
	buf_free(&command);
	return result;
}

bool
imap_place_is_known(const struct imap *imap, const char *name)
{
	return imap->prefix != NULL &&
	       (strncasecmp(name, imap->prefix, strlen(imap->prefix)) == 0 ||
		strcasecmp(name, "INBOX") == 0);
}

enum imap_result
imap_place(struct imap *imap, const char *name, char **folder)
{
	enum imap_result result = imap->prefix == NULL ? find_prefix(imap) : IMAP_OK;
	bool stays = true;
	size_t size;

	*folder = NULL;
	if (result == IMAP_OK && !imap_place_is_known(imap, name))
		result = look_for(imap, name, &stays);
	if (result != IMAP_OK)
		return result;
	size = strlen(imap->prefix) + strlen(name) + 1;
	*folder = xalloc(size);
	snprintf(*folder, size, "%s%s", stays ? "" : imap->prefix, name);
	return IMAP_OK;
}
