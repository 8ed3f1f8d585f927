/*
 * ctl_operate - what the commands of operators share: who, why, and the store beside the daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CTL_OPERATE_H
#define MAILBOUNCED_CTL_OPERATE_H

#include "ctl.h"
#include "operate.h"

struct ctl_operate {
	struct operate operate;
	struct config *config;
	char *typed; /* the arguments as they were typed */
	const char *who, *why;
	bool no_hooks; /* the command tells none */
	char login[100];
};

/* Keeps the arguments before ctl_options() moves them. */
void ctl_operate_begin(struct ctl_operate *o, int argc, char **argv);
/* After the options: says what is missing, or opens the store. EX_OK or an exit code. */
int ctl_operate_open(struct ctl_operate *o, const struct ctl_context *context,
		     const struct ctl_command *command);
/* Ends the last transaction where status is EX_OK, and frees. Returns the exit code. */
int ctl_operate_close(struct ctl_operate *o, int status);

/* Why the store, or the ledger, did not do it. Returns an exit code. */
int ctl_operate_failed(const struct ctl_operate *o);

#endif
