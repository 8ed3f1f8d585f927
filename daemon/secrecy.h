/*
 * secrecy - that a secret stays one
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_SECRECY_H
#define MAILBOUNCED_SECRECY_H

#include <stdbool.h>

#define SECRECY_TELLING 12 /* so many bytes of a secret in a row give it away */

/* Wipes the string and frees it; NULL is fine. */
void secrecy_wipe(char *secret);

/* Does a text that somebody else wrote hold the secret, or SECRECY_TELLING bytes of it in a row?
 * Such a text gets clipped on its way to us, so that the whole is not to be expected. An empty
 * secret is in no text. */
bool secrecy_broken(const char *text, const char *secret);

#endif
