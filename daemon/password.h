/*
 * password - where an account's password comes from
 *
 * A systemd credential, a file, a command, or the configuration itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_PASSWORD_H
#define MAILBOUNCED_PASSWORD_H

#include "co.h"
#include "config.h"

#define PASSWORD_MAX 4096         /* bytes of a password */
#define PASSWORD_WHY_SIZE 400     /* bytes of the reason why there is none */
#define PASSWORD_SECONDS 30       /* a password command may take so long */
#define PASSWORD_MAX_SAID (65536) /* bytes that a password command may print */

/*
 * The account's password, read now (it may have changed since). Inside a coroutine: a command is
 * waited for on the loop. Returns a string to free after explicit_bzero(), or NULL with the reason
 * and the remedy in why[PASSWORD_WHY_SIZE].
 */
char *password_read(struct co_loop *loop, const struct config_account *account, char *why);

#endif
