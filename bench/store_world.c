/*
 * store_world - an invented population of any size, and the mails that bounce from it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "store_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS 5
#define SPREAD UINT64_C(11881376) /* 26 to the power of LETTERS */
#define LISTS 20
#define PER_DOMAIN 50 /* people a domain, where it is a small one */

const struct world_text world_text[WORLD_TEXTS] = {
	{ "failed", "5.1.1", "550 5.1.1 Recipient address rejected: User unknown in virtual table",
	  8 },
	{ "failed", "5.2.2", "552 5.2.2 The mailbox is full and cannot accept messages now", 32 },
	{ "failed", "4.4.1", "451 4.4.1 Connection timed out while talking to the mail store", 30 },
	{ "failed", "5.7.1", "554 5.7.1 Message rejected by our content filter as spam", 22 },
	{ "failed", "5.2.1", "550 5.2.1 The account that you tried to reach is disabled", 8 },
};

/* splitmix64 (public domain, Steele, Lea and Flood) */
uint64_t
world_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xd1342543de82ef95) + 1;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void
domain_of(uint64_t dice, uint64_t most, char *out, size_t size)
{
	uint64_t of_hundred = dice % 100, which = dice / 100;

	if (of_hundred < 50)
		snprintf(out, size, "mail%u.example",
			 of_hundred < 25   ? 1
			 : of_hundred < 40 ? 2
					   : 3);
	else if (of_hundred < 70)
		snprintf(out, size, "provider%02" PRIu64 ".example", which % 50);
	else
		snprintf(out, size, "office%" PRIu64 ".example", which % (most / PER_DOMAIN + 1));
}

void
world_person(uint64_t number, uint64_t most, uint64_t fresh, struct world_person *out)
{
	static const char *const name[] = {
		"smith", "garcia", "mueller", "rossi", "tanaka", "novak"
	};
	uint64_t dice = world_mix(number, 1 + fresh), place = number;
	char letters[LETTERS + 1] = { 0 }, domain[32];
	unsigned reports = 1 + (unsigned)(dice >> 8) % 9;

	if (most < SPREAD)
		place = number * (SPREAD / most);
	for (size_t i = LETTERS; i-- > 0; place /= 26)
		letters[i] = (char)('a' + place % 26);
	domain_of(dice >> 16, most, domain, sizeof(domain));
	if (fresh == 0)
		snprintf(out->address, sizeof(out->address), "%s.%s@%s", letters, name[dice % 6],
			 domain);
	else
		snprintf(out->address, sizeof(out->address), "%s.%s%" PRIu64 "@%s", letters,
			 name[dice % 6], fresh, domain);
	out->domain = strchr(out->address, '@') + 1;
	out->list = (unsigned)((dice >> 40) % LISTS * ((dice >> 48) % LISTS) / LISTS);
	out->first = dice & 1 << 7 ? WORLD_ROUNDS - reports : 0;
	out->end = out->first + reports;
}

unsigned
world_saying(uint64_t number, uint64_t mail)
{
	unsigned of_hundred = (unsigned)(world_mix(number, 1000 + mail) % 100), text = 0;

	while (of_hundred >= world_text[text].share)
		of_hundred -= world_text[text++].share;
	return text;
}

void
world_list(unsigned list, char out[64])
{
	snprintf(out, 64, "list%02u.lists.example.org", list);
}

void
world_mailing(unsigned list, unsigned round, char out[96])
{
	snprintf(out, 96, "%016" PRIx64 ".%02u.%u@lists.example.org", world_mix(list, round), list,
		 round);
}

size_t
world_mail(const struct world_person *person, unsigned text, unsigned round, uint64_t report,
	   char out[WORLD_MAIL_SIZE])
{
	const struct world_text *t = &world_text[text];
	char list[64], mailing[96];
	int length;

	world_list(person->list, list);
	world_mailing(person->list, round, mailing);
	length = snprintf(
		out, WORLD_MAIL_SIZE,
		"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.lists.example.org (Mail Delivery "
		"System)\r\n"
		"To: %s-bounces@lists.example.org\r\nSubject: Undelivered Mail Returned to "
		"Sender\r\n"
		"Date: Mon, 2 Mar 2026 08:00:00 +0000\r\nMessage-ID: <%" PRIu64
		".report@mx.lists.example.org>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: "
		"1.0\r\n"
		"Content-Type: multipart/report; report-type=delivery-status; "
		"boundary=\"b\"\r\n\r\n"
		"--b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
		"<%s>: host mx.%s[198.51.100.7] said: %s (in reply to RCPT TO command)\r\n\r\n"
		"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: dns; mx.lists.example.org\r\n\r\nFinal-Recipient: rfc822; %s\r\n"
		"Action: %s\r\nStatus: %s\r\nRemote-MTA: dns; mx.%s\r\nDiagnostic-Code: smtp; "
		"%s\r\n\r\n"
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: news@lists.example.org\r\n"
		"To: %s\r\nSubject: News\r\nList-Id: <%s>\r\nMessage-ID: <%s>\r\n\r\n--b--\r\n",
		list, report, person->address, person->domain, t->reply, person->address, t->action,
		t->status, person->domain, t->reply, person->address, list, mailing);
	if (length < 0 || length >= WORLD_MAIL_SIZE)
		abort();
	return (size_t)length;
}
