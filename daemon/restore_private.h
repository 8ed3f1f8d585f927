/*
 * restore_private - a page of filed messages, between the file that walks through them and the file
 * that finds and moves them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_RESTORE_PRIVATE_H
#define MAILBOUNCED_RESTORE_PRIVATE_H

#include "restore.h"
#include "session.h"

/* One message of a page. */
struct restore_entry {
	const struct store_restorable *item;
	enum restore_outcome outcome;
	uint32_t now;  /* its uid where it was filed; 0 = not there */
	bool returned; /* a copy of it is back already */
	bool unsure;   /* copied, the server does not say where: never copied again by this run */
	char *why;
};

/* One account. */
struct restore_job {
	struct restore *restore;
	const struct config_account *account;
	const char *name;
	int64_t after; /* all up to this id are done */
	bool done;
	struct imap *imap;
	struct session session;
};

/* Entries of the same two folders; restore_group() changes their order. */
struct restore_group {
	struct restore_job *job;
	struct restore_entry *entry;
	size_t count;
	struct imap_folder filed; /* the folder that is selected */
};

/* Finds each entry and brings it back, or tells what a real run would do: each gets its outcome.
 * IMAP_CANCELED: the store is in trouble, told. */
enum imap_result restore_group(struct restore_group *group);

#endif
