/*
 * secret - where a password or another secret comes from
 *
 * A systemd credential, a file, a command, or the configuration itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SECRET_H
#define MAILBOUNCED_SECRET_H

#include "co.h"
#include "config.h"

#define SECRET_MAX 16384        /* bytes of a secret; tokens are the longest */
#define SECRET_WHY_SIZE 400     /* bytes of the reason why there is none */
#define SECRET_SECONDS 30       /* a command may take so long */
#define SECRET_MAX_SAID (65536) /* bytes that a command may print */

/*
 * The secret, read now (it may have changed since). `what` names it in sentences: "password".
 * Inside a coroutine: a command is waited for on the loop. Returns a string for secrecy_wipe(),
 * or NULL with the reason and the remedy in why[SECRET_WHY_SIZE].
 */
char *secret_read(struct co_loop *loop, const struct config_secret *source, const char *what,
		  char *why);

/* The same from a command alone. */
char *secret_from_command(struct co_loop *loop, char *const *command, const char *what, char *why);

#endif
