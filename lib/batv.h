/*
 * batv - signatures of mail servers in envelope addresses (draft-levine-smtp-batv)
 *
 *	prvs=KDDDSSSSSS=local@example.net
 *
 * K is the number of a key, DDD the last three digits of the day on which the address expires,
 * SSSSSS three bytes of an HMAC-SHA-1 over K, DDD and the address without the tag. That the list's
 * own server sent the mail is all that it proves, and by 24 bits only: whoever can send some
 * millions of reports can guess one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_BATV_H
#define BOUNCE_BATV_H

#include "token.h"

#define BATV_TAG 10       /* characters of KDDDSSSSSS */
#define BATV_MAX_DAYS 499 /* that an address may still have to live: days are counted to 999 */
#define BATV_HMAC_SIZE 20

struct batv_key {
	char number; /* '0' to '9' */
	struct span secret;
	/* HMAC-SHA-1 of text under the secret. 0, or -1 when there is none. */
	int (*hmac)(struct span secret, struct span text, unsigned char out[BATV_HMAC_SIZE]);
};

/* Takes "prvs=KDDDSSSSSS=" off the front of a local part; false, leaving it alone, when that does
 * not stand there or nothing follows. */
bool batv_take(struct span *local, struct span *tag);

/* Days since 1970 (UTC). */
struct batv_time {
	uint32_t today;
	uint32_t most; /* the tag may expire at most so many days later */
};

/* Is the tag genuine for the address, spelled as it was signed? Compared in constant time. */
enum bounce_token_answer batv_check(const struct batv_key *keys, size_t count, struct span tag,
				    struct span address, struct batv_time time);

#endif
