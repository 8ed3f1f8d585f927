/*
 * secrecy - that a secret stays one
 *
 * Servers repeat what they were sent, token endpoints quote it, and their words go into our log.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "secrecy.h"

#include <stdlib.h>
#include <string.h>

void
secrecy_wipe(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

bool
secrecy_broken(const char *text, const char *secret)
{
	size_t text_len = strlen(text), secret_len = strlen(secret);
	size_t window = secret_len < SECRECY_TELLING ? secret_len : SECRECY_TELLING;

	if (window == 0)
		return false;
	for (size_t i = 0; i + window <= text_len; i++)
		if (memmem(secret, secret_len, text + i, window) != NULL)
			return true;
	return false;
}
