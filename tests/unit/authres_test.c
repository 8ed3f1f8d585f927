/*
 * authres_test - what our own server found out about a mail's sender
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "authres.h"
#include "buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OURS "Authentication-Results: mx.example.net; "
#define RECEIVED \
	"Received: from mail.example.com by mx.example.net; Mon, 23 Nov 2026 10:00:00 +0000\n"

/* The domains, each behind a blank. */
static void
check(const char *text, unsigned own_received, const char *want)
{
	static char first[] = "mx.example.net", second[] = "mx2.example.net";
	static char *const names[] = { first, second, NULL };
	const struct authres_own own = { names, own_received };
	struct span domain[AUTHRES_MAX], body;
	struct header_list headers;
	struct buf got = BUF_INIT;
	struct arena arena;
	size_t count;

	arena_init(&arena, 0);
	assert_int_equal(header_parse(&arena, span_of(text), 1, &headers, &body), 0);
	count = authres_domains(&arena, &headers, &own, domain);
	for (size_t i = 0; i < count; i++) {
		buf_addc(&got, ' ');
		buf_add(&got, domain[i]);
	}
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
	arena_free(&arena);
}

static void
what_passed_tells_its_domain(void **state)
{
	static const struct {
		const char *result, *want;
	} rows[] = {
		{ "dkim=pass header.d=Example.COM header.s=x", " example.com" },
		{ "dkim=pass (good) header.i=@other.example header.d=example.com", " example.com" },
		{ "spf=pass smtp.mailfrom=postmaster@example.com", " example.com" },
		{ "spf=pass (no mail from) smtp.helo=mail.example.com", " mail.example.com" },
		{ "dmarc=pass (p=none) header.from=example.com", " example.com" },
		{ "dkim/1=pass reason=\"a; b=pass\" header.d=\"example.com\"", " example.com" },
		{ "dkim=fail header.d=example.com; spf=pass smtp.helo=a.example", " a.example" },
		{ "dkim=pass header.d=a.example; dkim=pass header.d=b.example",
		  " a.example b.example" },
		{ "dkim=fail header.d=example.com", "" },
		{ "dkim=none", "" },
		{ "none", "" },
		{ "dkim=pass", "" },
		{ "dkim=pass header.d=", "" },
		{ "dkim=pass (header.d=example.com", "" },
		{ "x=pass header.d=example.com", "" },
		{ "dkim=pass smtp.helo=example.com", "" },
		{ "dkim=neutral (dkim=pass header.d=example.com)", "" },
		{ "spf=pass smtp.mailfrom=\"\" smtp.helo=mx.example.com", " mx.example.com" },
		{ "spf=pass smtp.helo=mx.example.com smtp.mailfrom=<>", " mx.example.com" },
		{ "dkim=pass header.b=AbCdEf= header.d=example.com", " example.com" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[500];

		snprintf(text, sizeof(text), OURS "%s\n" RECEIVED "Subject: x\n\n", rows[i].result);
		check(text, 0, rows[i].want);
	}
}

/* evil.example passes; whatever else it writes into its sender's address or says to be proves
 * nothing. */
static void
what_a_sender_chose_is_not_proved(void **state)
{
	static const struct {
		const char *result, *want;
	} rows[] = {
		{ "smtp.mailfrom=\"x@a.example\"@evil.example", " evil.example" },
		{ "smtp.mailfrom=\"a.example\"@evil.example", " evil.example" },
		{ "smtp.mailfrom=\"a.example\\\"\"@evil.example", " evil.example" },
		{ "smtp.mailfrom=x.\"y@a.example\"@evil.example", " x." },
		{ "smtp.mailfrom=a.example=x@evil.example", " evil.example" },
		{ "smtp.mailfrom=x=smtp.helo=a.example@evil.example", " evil.example" },
		{ "smtp.mailfrom=x@a.example@evil.example", " evil.example" },
		{ "smtp.mailfrom=x@evil.example smtp.helo=a.example", " evil.example" },
		{ "smtp.helo=a.example smtp.mailfrom=evil.example", " evil.example" },
		{ "smtp.helo=\"a.example; dkim=pass header.d=a.example\"",
		  " a.example; dkim=pass header.d=a.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[500];

		snprintf(text, sizeof(text), OURS "spf=pass %s\n" RECEIVED "Subject: x\n\n",
			 rows[i].result);
		check(text, 0, rows[i].want);
	}
}

static void
only_our_own_servers_words_count(void **state)
{
	(void)state;
	check("Authentication-Results: mx2.example.net 1; dkim=pass header.d=a.example\n" RECEIVED
	      "\n",
	      0, " a.example");
	check("Authentication-Results: mx.example.org; dkim=pass header.d=a.example\n" RECEIVED
	      "\n",
	      0, "");
	check("Authentication-Results: dkim=pass header.d=a.example\n" RECEIVED "\n", 0, "");
	check("Authentication-Results: ; dkim=pass header.d=a.example\n" RECEIVED "\n", 0, "");
	check("ARC-Authentication-Results: i=1; mx.example.net; dkim=pass "
	      "header.d=a.example\n" RECEIVED "\n",
	      0, "");
}

static void
what_stands_where_strangers_write_does_not_count(void **state)
{
	static const char forged[] =
		"Return-Path: <>\n" RECEIVED OURS "dkim=pass header.d=a.example\n"
		"Received: from a by mx.example.net; x\n" OURS "spf=pass smtp.helo=b.example\n\n";

	(void)state;
	check(forged, 0, "");
	check(forged, 1, " a.example");
	/* no field is known to be a stranger's: then none is known to be ours */
	check(OURS "dkim=pass header.d=a.example\nSubject: x\n\n", 0, "");
	check(OURS "dkim=pass header.d=a.example\n" RECEIVED "\n", 1, "");
}

static void
as_many_domains_as_there_is_room_for_are_told(void **state)
{
	char text[2000] = OURS "none";

	(void)state;
	for (size_t i = 0; i < AUTHRES_MAX + 5; i++)
		strncat(text, "; dkim=pass header.d=a.b", sizeof(text) - strlen(text) - 1);
	strncat(text, "\n" RECEIVED "\n", sizeof(text) - strlen(text) - 1);
	check(text, 0, " a.b a.b a.b a.b a.b a.b a.b a.b a.b a.b a.b a.b a.b a.b a.b a.b");
}

static void
who_may_speak_for_whom(void **state)
{
	static const struct {
		const char *proved, *domain;
		bool may;
	} rows[] = {
		{ "example.com", "example.com", true },
		{ "mail.example.com", "example.com", true },
		{ "example.com", "sub.example.com", true },
		{ "a.example.com", "b.example.com", false },
		{ "evilexample.com", "example.com", false },
		{ "example.com", "evilexample.com", false },
		{ "com", "example.com", false },
		{ "example.com", "com", false },
		{ "", "example.com", false },
		{ "example.com", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(authres_aligned(span_of(rows[i].proved), span_of(rows[i].domain)),
				 rows[i].may);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_passed_tells_its_domain),
		cmocka_unit_test(what_a_sender_chose_is_not_proved),
		cmocka_unit_test(only_our_own_servers_words_count),
		cmocka_unit_test(what_stands_where_strangers_write_does_not_count),
		cmocka_unit_test(as_many_domains_as_there_is_room_for_are_told),
		cmocka_unit_test(who_may_speak_for_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
