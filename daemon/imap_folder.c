/*
 * imap_folder - folders: making them, which is for what, and what we may do there
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "imap_private.h"

#include "log.h"

/* NULL, told, when it cannot be one. */
static char *
name_of(struct imap *imap, const char *what, const char *folder)
{
	char *name = imap_name(imap, folder);

	if (name == NULL)
		(void)imap_refuse(imap, "%s: not the name of a folder", what);
	return name;
}

enum imap_result
imap_create(struct imap *imap, const char *folder, const char *use)
{
	struct buf command = BUF_INIT;
	char *name = name_of(imap, "CREATE", folder);
	enum imap_result result;

	if (name == NULL)
		return IMAP_REFUSED;
	buf_adds(&command, "CREATE ");
	imap_add_quoted(&command, name);
	if (use != NULL && imap_can(imap, "CREATE-SPECIAL-USE"))
		buf_addf(&command, " (USE (%s))", use);
	result = imap_folder_command(imap, "CREATE", &command, NULL, NULL);
	/* Another session of ours was faster (RFC 5530); older servers say it in words. */
	if (result == IMAP_REFUSED && (imap_cause(imap) == IMAP_CAUSE_EXISTS ||
				       strcasestr(imap->wire.tagged, "exists") != NULL))
		result = IMAP_OK;
	if (result == IMAP_OK) {
		buf_adds(&command, "SUBSCRIBE ");
		imap_add_quoted(&command, name);
		result = imap_folder_command(imap, "SUBSCRIBE", &command, NULL, NULL);
		/* Nobody but people's mail programs needs it; a refusal is none of ours. */
		if (result == IMAP_REFUSED)
			result = IMAP_OK;
	}
	free(name);
	return result;
}

/* A folder that is looked for by its use. */
struct use {
	const char *use;
	struct buf name;
};

/* * LIST (\Archive) "/" "Old mail" */
static void
list_line(void *context, struct span line)
{
	struct use *use = context;
	struct imap_listed listed = { .name = BUF_INIT };

	if (use->name.len == 0 && imap_take_listed(line, &listed) &&
	    imap_has_flag(listed.flags, use->use))
		buf_add(&use->name, buf_span(&listed.name));
	buf_free(&listed.name);
}

/* A server without SPECIAL-USE may still tell, in the flags of its plain list. */
static enum imap_result
find_use(struct imap *imap, struct use *use)
{
	struct buf command = BUF_INIT;

	buf_adds(&command, imap_can(imap, "SPECIAL-USE") ? "LIST (SPECIAL-USE) \"\" \"*\""
							 : "LIST \"\" \"*\"");
	return imap_folder_command(imap, "LIST", &command, list_line, use);
}

enum imap_result
imap_special(struct imap *imap, const char *use_name, char **folder)
{
	struct use use = { .use = use_name, .name = BUF_INIT };
	enum imap_result result = find_use(imap, &use);

	*folder = NULL;
	if (result == IMAP_OK && use.name.len > 0)
		*folder = imap_name_decode(buf_str(&use.name));
	if (result == IMAP_OK && *folder == NULL) {
		/* Not modified UTF-7: as it is, or none at all. */
		if (use.name.len > 0)
			*folder = xstrdup(buf_str(&use.name));
		else
			result = imap_place(imap, use_name + 1, folder);
		if (result == IMAP_OK && use.name.len == 0)
			result = imap_create(imap, *folder, use_name);
	}
	if (result != IMAP_OK) {
		free(*folder);
		*folder = NULL;
	}
	buf_free(&use.name);
	return result;
}

/* "* MYRIGHTS INBOX lrswit" (RFC 4314): t marks as deleted and e expunges, d was both (RFC 2086).
 */
static void
rights_line(void *context, struct span line)
{
	struct buf name = BUF_INIT;
	bool *may = context;
	struct span rest = line;

	if (!span_istarts(line, SPAN("* MYRIGHTS ")))
		return;
	rest.p += sizeof("* MYRIGHTS ") - 1;
	if (imap_take_astring(&rest, &name))
		*may = span_chr(rest, 'd') != NULL ||
		       (span_chr(rest, 't') != NULL && span_chr(rest, 'e') != NULL);
	buf_free(&name);
}

enum imap_result
imap_may_remove(struct imap *imap, const char *folder, bool *may)
{
	struct buf command = BUF_INIT;
	enum imap_result result;
	char *name;

	*may = true;
	if (!imap_can(imap, "ACL"))
		return IMAP_OK;
	name = name_of(imap, "MYRIGHTS", folder);
	if (name == NULL)
		return IMAP_REFUSED;
	buf_adds(&command, "MYRIGHTS ");
	imap_add_quoted(&command, name);
	free(name);
	result = imap_folder_command(imap, "MYRIGHTS", &command, rights_line, may);
	return result == IMAP_REFUSED ? IMAP_OK : result;
}
