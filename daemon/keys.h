/*
 * keys - the secrets of tokens and of BATV, once they are read
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_KEYS_H
#define MAILBOUNCED_KEYS_H

#include "co.h"
#include "config.h"

#define KEYS_LEAST_SECRET 16 /* bytes: fewer can be guessed */

/*
 * Reads the secrets that the configuration names, for as long as it lives. Inside a coroutine: a
 * command is waited for on the loop. 0, or -1 with one sentence in why[KEYS_WHY_SIZE] that says
 * which one and what to do.
 */
#define KEYS_WHY_SIZE 500
int keys_read(struct co_loop *loop, struct config *config, char *why) BOUNCE_MUST_CHECK;

/* The same where no loop runs yet. */
int keys_read_now(struct config *config, char *why) BOUNCE_MUST_CHECK;

/* The key that new tokens are made with; NULL: the configuration names none. */
const struct bounce_token_key *keys_signer(const struct config *config);

#endif
