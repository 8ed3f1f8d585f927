/*
 * fuzz_verp - envelope addresses, tokens, their field and BATV's tags; the first byte chooses
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include "address.h"
#include "authres.h"
#include "batv.h"
#include "sent.h"
#include "verp.h"

/* No MAC, but one that depends on every byte of the text. */
static int
sum(struct span secret, struct span text, unsigned char out[BOUNCE_HMAC_SIZE])
{
	memset(out, (int)span_len(secret), BOUNCE_HMAC_SIZE);
	for (size_t i = 0; i < span_len(text); i++)
		out[i % BOUNCE_HMAC_SIZE] =
			(unsigned char)(out[i % BOUNCE_HMAC_SIZE] * 31U + (unsigned char)text.p[i]);
	return 0;
}

static int
short_sum(struct span secret, struct span text, unsigned char out[BATV_HMAC_SIZE])
{
	unsigned char whole[BOUNCE_HMAC_SIZE];
	int result = sum(secret, text, whole);

	memcpy(out, whole, BATV_HMAC_SIZE);
	return result;
}

static const struct bounce_token_key key = { "k1", SPAN_INIT("secret"), sum };
static const struct batv_key server_key = { '1', SPAN_INIT("secret"), short_sum };

/* What is written for a recipient is read as that recipient. */
static void
write_and_read(struct arena *a, struct span recipient)
{
	struct bounce_token what = { .list = SPAN("list"),
				     .recipient = recipient,
				     .expires = 20000 };
	char token[BOUNCE_TOKEN_LONG + 1], out[BOUNCE_VERP_MAX_ADDRESS + 1], field[1000];
	struct bounce_token_found found;
	struct bounce_verp verp;
	int named;

	if (bounce_token_make(&key, &what, token) != 0)
		return;
	fuzz_expect(bounce_token_check(&key, 1, span_of(token), &what, 20000) ==
		    BOUNCE_TOKEN_VALID);
	named = bounce_verp_address(SPAN("b@example.net"), '+', token, recipient, out);
	if (named < 0 || bounce_verp_read(a, span_of(out), &verp) != 0)
		return;
	fuzz_expect(verp.style == BOUNCE_VERP_TOKEN && span_eq(verp.token, span_of(token)));
	fuzz_expect(named == 0 || span_ieq(verp.recipient, recipient));
	fuzz_expect(named == 1 || span_empty(verp.recipient));
	if (bounce_token_field(token, &what, field, sizeof(field)) != 0)
		return;
	fuzz_expect(strpbrk(field, "\r\n") == NULL);
	fuzz_expect(bounce_token_in_field(span_of(field), &found));
	fuzz_expect(span_empty(found.recipient) || span_eq(found.recipient, recipient));
}

static void
read_address(struct arena *a, struct span text)
{
	struct span address = address_canonical(a, text);
	struct bounce_verp verp;

	if (bounce_verp_read(a, text, &verp) == 0) {
		fuzz_touch(verp.base);
		fuzz_touch(verp.list);
		fuzz_touch(verp.recipient);
		fuzz_touch(verp.mailing);
		fuzz_touch(verp.token);
		fuzz_expect(span_eq(address_canonical(a, verp.recipient), verp.recipient));
		(void)batv_check(&server_key, 1, verp.tag, verp.base,
				 (struct batv_time){ 20000, 7 });
	}
	write_and_read(a, address);
}

static void
read_token(struct arena *a, struct span text)
{
	struct bounce_token what = { .list = SPAN("list"), .recipient = SPAN("ann@example.com") };
	struct bounce_token_found found;

	(void)a;
	if (bounce_token_in_field(text, &found)) {
		fuzz_touch(found.list);
		fuzz_touch(found.recipient);
	}
	fuzz_touch(found.token);
	(void)bounce_token_check(&key, 1, text, &what, 20000);
	what.list = what.recipient = text;
	(void)bounce_token_check(&key, 1, SPAN("ak1000aaaaaaaaaaaaaaaaaaaa"), &what, 20000);
}

/* The fields that tell where a mail went and where it came from. */
static void
read_headers(struct arena *a, struct span text)
{
	static char name[] = "mx.example.net";
	static char *const names[] = { name, NULL };
	const struct authres_own own = { names, 1 };
	struct span domain[AUTHRES_MAX], body;
	struct sent address[SENT_MAX];
	struct header_list headers;
	size_t count;

	if (header_parse(a, text, 1, &headers, &body) != 0)
		return;
	count = sent_to(a, &headers, address);
	fuzz_expect(count <= SENT_MAX);
	for (size_t i = 0; i < count; i++)
		read_address(a, address[i].address);
	count = authres_domains(a, &headers, &own, domain);
	fuzz_expect(count <= AUTHRES_MAX);
	for (size_t i = 0; i < count; i++) {
		fuzz_touch(domain[i]);
		(void)authres_aligned(domain[i], SPAN("example.com"));
	}
}

static void (*const readers[])(struct arena *a, struct span text) = {
	read_address,
	read_token,
	read_headers,
};

unsigned
fuzz_choices(void)
{
	return FUZZ_COUNT(readers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	unsigned choice = fuzz_choose(&text);
	struct arena a;

	arena_init(&a, FUZZ_ARENA);
	readers[choice](&a, text);
	arena_free(&a);
	return 0;
}
