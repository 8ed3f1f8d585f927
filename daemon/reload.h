/*
 * reload - a configuration that is read while another one is in use
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_RELOAD_H
#define MAILBOUNCED_RELOAD_H

#include "co.h"
#include "config.h"

struct reload {
	struct co_loop *loop;
	/* It can be used, keys and all, and is the owner's from now on. Called in a coroutine. */
	void (*ready)(void *owner, struct config *config);
	void *owner;
	char *path; /* of the one that is being read; NULL: none is */
	bool again; /* somebody asked once more meanwhile */
};

/*
 * Reads the file. Its keys may come from a program and are waited for beside everything else. What
 * is wrong is logged, and then nothing happens.
 */
void reload_begin(struct reload *reload, const char *path);

#endif
