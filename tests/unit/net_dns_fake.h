/*
 * net_dns_fake - a name server for the tests of net
 *
 * Answers on the test's own loop from a table of invented names; counts what it was asked.
 * Every nNUMBER.example.com is 127.0.0.1, and many.example.com has more addresses than anybody
 * needs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef NET_DNS_FAKE_H
#define NET_DNS_FAKE_H

#include "net_world.h"

#define FAKE_TYPE_A 1
#define FAKE_TYPE_AAAA 28
#define FAKE_MANY 20 /* addresses of many.example.com */

enum fake_kind { FAKE_ANSWER, FAKE_SILENCE, FAKE_GARBAGE, FAKE_SERVFAIL, FAKE_REFUSED };

static const struct fake_name {
	const char *name;
	enum fake_kind kind;
	const char *v4[4], *v6[3];
} fake_names[] = {
	{ "imap.example.com", FAKE_ANSWER, { "127.0.0.1" }, { NULL } },
	{ "both.example.com",
	  FAKE_ANSWER,
	  { "192.0.2.1", "192.0.2.2" },
	  { "2001:db8::1", "2001:db8::2" } },
	{ "race.example.com", FAKE_ANSWER, { "127.0.0.3", "127.0.0.1", "127.0.0.2" }, { NULL } },
	{ "partly.example.com", FAKE_ANSWER, { "192.0.2.1", "127.0.0.1" }, { NULL } },
	{ "public.example.com", FAKE_ANSWER, { "192.0.2.1" }, { "2001:db8::1" } },
	{ "empty.example.com", FAKE_ANSWER, { NULL }, { NULL } },
	{ "silent.example.com", FAKE_SILENCE, { NULL }, { NULL } },
	{ "garbage.example.com", FAKE_GARBAGE, { NULL }, { NULL } },
	{ "broken.example.com", FAKE_SERVFAIL, { NULL }, { NULL } },
	{ "refusing.example.com", FAKE_REFUSED, { NULL }, { NULL } },
};

struct fake_dns {
	struct ev_io io;
	int fd;
	char servers[32];
	size_t asked; /* for type A */
};

struct fake_packet {
	unsigned char data[512];
	size_t len;
	size_t answers;
};

static inline void
fake_answer(struct fake_packet *packet, int family, const char *text)
{
	/* name: the question's; class IN; 60 s */
	unsigned char head[] = { 0xc0, 12, 0, FAKE_TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4 };
	size_t size = family == AF_INET ? 4 : 16;

	head[3] = family == AF_INET ? FAKE_TYPE_A : FAKE_TYPE_AAAA;
	head[11] = (unsigned char)size;
	assert_true(packet->len + sizeof(head) + size <= sizeof(packet->data));
	memcpy(packet->data + packet->len, head, sizeof(head));
	assert_int_equal(inet_pton(family, text, packet->data + packet->len + sizeof(head)), 1);
	packet->len += sizeof(head) + size;
	packet->answers++;
}

/* The question's name in dots, and its type. */
static inline unsigned
fake_question(struct fake_packet *packet, char *name, size_t size)
{
	size_t at = 12, len = 0;

	while (at < packet->len && packet->data[at] != 0) {
		for (size_t left = packet->data[at++]; left > 0 && at < packet->len; left--) {
			assert_true(len + 2 < size);
			name[len++] = (char)packet->data[at++];
		}
		name[len++] = '.';
	}
	name[len > 0 ? len - 1 : 0] = '\0';
	assert_true(at + 5 <= packet->len);
	packet->len = at + 5; /* without an additional section */
	return packet->data[at + 2];
}

static inline enum fake_kind
fake_fill(struct fake_packet *packet, const char *name, unsigned type, unsigned char *code)
{
	const char *const *addresses;
	char text[16];

	if (strcmp(name, "many.example.com") == 0) {
		for (unsigned i = 1; i <= FAKE_MANY && type == FAKE_TYPE_A; i++) {
			snprintf(text, sizeof(text), "127.0.1.%u", i);
			fake_answer(packet, AF_INET, text);
		}
		return FAKE_ANSWER;
	}
	if (name[0] == 'n' && name[1] >= '0' && name[1] <= '9') {
		if (type == FAKE_TYPE_A)
			fake_answer(packet, AF_INET, "127.0.0.1");
		return FAKE_ANSWER;
	}
	for (size_t i = 0; i < sizeof(fake_names) / sizeof(fake_names[0]); i++) {
		if (strcasecmp(fake_names[i].name, name) != 0)
			continue;
		addresses = type == FAKE_TYPE_A ? fake_names[i].v4 : fake_names[i].v6;
		for (; *addresses != NULL; addresses++)
			fake_answer(packet, type == FAKE_TYPE_A ? AF_INET : AF_INET6, *addresses);
		*code = fake_names[i].kind == FAKE_SERVFAIL  ? 2
			: fake_names[i].kind == FAKE_REFUSED ? 5
							     : 0;
		return fake_names[i].kind;
	}
	*code = 3;
	return FAKE_ANSWER;
}

static inline void
fake_serve(struct ev_loop *ev, struct ev_io *io, int events)
{
	struct fake_dns *dns = io->data;
	struct fake_packet packet = { .len = 0 };
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	char name[256];
	unsigned char code = 0;
	ssize_t got = recvfrom(dns->fd, packet.data, sizeof(packet.data), 0,
			       (struct sockaddr *)&from, &size);
	unsigned type;
	enum fake_kind kind;

	(void)ev;
	(void)events;
	assert_true(got > 12);
	packet.len = (size_t)got;
	type = fake_question(&packet, name, sizeof(name));
	dns->asked += type == FAKE_TYPE_A;
	kind = fake_fill(&packet, name, type, &code);
	if (kind == FAKE_SILENCE)
		return;
	packet.data[2] |= 0x80; /* an answer */
	packet.data[3] = (unsigned char)(0x80 | code);
	packet.data[7] = (unsigned char)packet.answers;
	memset(packet.data + 8, 0, 4);
	if (kind == FAKE_GARBAGE) {
		packet.data[7] = 200;
		memset(packet.data + packet.len, 0xc0, 200);
		packet.len += 200;
	}
	assert_int_equal(
		sendto(dns->fd, packet.data, packet.len, 0, (struct sockaddr *)&from, size),
		packet.len);
}

/* Starts it, and has the world's net ask it. */
static inline void
fake_start(struct world *world, struct fake_dns *dns)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(at);

	*dns = (struct fake_dns){ .fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
	assert_true(dns->fd >= 0);
	assert_int_equal(bind(dns->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(dns->fd, (struct sockaddr *)&at, &size), 0);
	snprintf(dns->servers, sizeof(dns->servers), "127.0.0.1:%u", ntohs(at.sin_port));
	ev_io_init(&dns->io, fake_serve, dns->fd, EV_READ);
	dns->io.data = dns;
	ev_io_start(world->ev, &dns->io);
	ev_unref(world->ev);
	net_dns_use_servers(world->net->dns, dns->servers);
}

static inline void
fake_stop(struct world *world, struct fake_dns *dns)
{
	ev_ref(world->ev);
	ev_io_stop(world->ev, &dns->io);
	close(dns->fd);
}

#endif
