/*
 * store_world - an invented population of any size, and the mails that bounce from it
 *
 * Everybody follows from his number, so that nothing needs to be remembered: half of the world
 * is at three domains, the rest at ever smaller ones; lists are of different sizes; most addresses
 * bounce a few times, some often. Numbers are in the order of the addresses.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_STORE_WORLD_H
#define MAILBOUNCED_STORE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#define WORLD_ROUNDS 10        /* months in which the population bounced */
#define WORLD_TEXTS 5          /* what servers say */
#define WORLD_BEGAN 1700000000 /* 2023-11-14 */
#define WORLD_MONTH INT64_C(2592000)
#define WORLD_MAIL_SIZE 4096

/* What a server says. */
struct world_text {
	const char *action, *status, *reply;
	unsigned share; /* of a hundred */
};
extern const struct world_text world_text[WORLD_TEXTS];

struct world_person {
	char address[80];
	const char *domain; /* into it */
	unsigned list;
	unsigned first, end; /* bounced in the rounds from the one up to before the other */
};

/* Number of `most`; fresh: nobody of the population, but a neighbour of that one; 0 = himself. */
void world_person(uint64_t number, uint64_t most, uint64_t fresh, struct world_person *out);

/* Which text comes back from that person for the mail of that number. */
unsigned world_saying(uint64_t number, uint64_t mail);

void world_list(unsigned list, char out[64]);
/* Message-ID of what the list sent in that round. */
void world_mailing(unsigned list, unsigned round, char out[96]);

/* A report, as it comes over IMAP; report: a number that no other has. Returns its length. */
size_t world_mail(const struct world_person *person, unsigned text, unsigned round, uint64_t report,
		  char out[WORLD_MAIL_SIZE]);

/* The same number of the same numbers, without pattern. */
uint64_t world_mix(uint64_t a, uint64_t b);

#endif
