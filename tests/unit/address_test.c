/*
 * address_test - addresses out of headers and reports
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "address.h"
#include "buf.h"
#include "linear.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct spelling {
	const char *text;
	const char *canonical; /* "" = no address */
};

static void
check_canonical(const struct spelling *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct arena arena;

		arena_init(&arena, 0);
		assert_span(address_canonical(&arena, span_of(cases[i].text)), cases[i].canonical);
		assert_false(arena.refused);
		arena_free(&arena);
	}
}

static void
one_address_has_one_spelling(void **state)
{
	static const struct spelling cases[] = {
		{ "ann@example.com", "ann@example.com" },
		{ "Ann.Other@EXAMPLE.Com", "Ann.Other@example.com" },
		{ "  ann@example.com\t", "ann@example.com" },
		{ "<ann@example.com>", "ann@example.com" },
		{ "< ann@example.com >", "ann@example.com" },
		{ "<ann@example.com>:", "ann@example.com" },
		{ "Ann Other <ann@example.com>", "ann@example.com" },
		{ "\"a < b\" <ann@example.com>", "ann@example.com" },
		{ "mailto:ann@example.com", "ann@example.com" },
		{ "<mailto:ann@example.com>", "ann@example.com" },
		{ "ann@example.com.", "ann@example.com" },
		{ "ann@example.com..", "ann@example.com" },
		{ "ann@example.com,", "ann@example.com" },
		{ "ann@example.com;", "ann@example.com" },
		{ "ann@example.com (Ann (her) Other)", "ann@example.com" },
		{ "(Ann) ann@example.com", "ann@example.com" },
		{ "'ann@example.com'", "ann@example.com" },
		{ "@relay.example,@b.example:ann@example.com", "ann@example.com" },
		{ "<@relay.example:ann@example.com>", "ann@example.com" },
		{ "ann@[192.0.2.1]", "ann@[192.0.2.1]" },
		{ "ann@[IPv6:2001:DB8::1]", "ann@[ipv6:2001:db8::1]" },
		{ "ann@localhost", "ann@localhost" },
		{ "ann_b@my_host.example", "ann_b@my_host.example" },
		{ "list-return-12-ann=example.com@lists.example.net",
		  "list-return-12-ann=example.com@lists.example.net" },
		{ "a!b%c@example.com", "a!b%c@example.com" },
		{ "o'neil@example.com", "o'neil@example.com" },
		{ "bob+22@example.com", "bob+22@example.com" },
		{ "/c=us/s=other/@example.com", "/c=us/s=other/@example.com" },
		{ "j\xc3\xb6rg@b\xc3\xbc"
		  "cher.example",
		  "j\xc3\xb6rg@b\xc3\xbc"
		  "cher.example" },
	};

	(void)state;
	check_canonical(cases, COUNT(cases));
}

static void
quotes_stay_only_where_they_are_needed(void **state)
{
	static const struct spelling cases[] = {
		{ "\"ann\"@example.com", "ann@example.com" },
		{ "\"a\\nn\"@example.com", "ann@example.com" },
		{ "\"ann other\"@example.com", "\"ann other\"@example.com" },
		{ "\"a@b\"@example.com", "\"a@b\"@example.com" },
		{ "\"a\\\"b\\\\c\"@example.com", "\"a\\\"b\\\\c\"@example.com" },
		{ "ann.\"other\"@example.com", "ann.other@example.com" },
		{ "\"a,b\"@example.com", "\"a,b\"@example.com" },
	};

	(void)state;
	check_canonical(cases, COUNT(cases));
}

static void
dots_of_carriers_are_taken(void **state)
{
	static const struct spelling cases[] = {
		{ ".user..x.@carrier.example", ".user..x.@carrier.example" },
		{ "\".user..x.\"@carrier.example", ".user..x.@carrier.example" },
		{ "<user.@carrier.example>", "user.@carrier.example" },
	};

	(void)state;
	check_canonical(cases, COUNT(cases));
}

static void
what_is_no_address_is_empty(void **state)
{
	static const struct spelling cases[] = {
		{ "", "" },
		{ "ann", "" },
		{ "@example.com", "" },
		{ "ann@", "" },
		{ "<>", "" },
		{ "a@b@example.com", "" },
		{ "ann other@example.com", "" },
		{ "ann@exam ple.com", "" },
		{ "ann@example.com bob@example.com", "" },
		{ "ann@example..com", "" },
		{ "ann@.example.com", "" },
		{ "ann@...", "" },
		{ "ann@[192.0.2.1", "" },
		{ "ann@[]", "" },
		{ "ann@[a b]", "" },
		{ "\"ann@example.com", "" },
		{ "\"ann\\", "" },
		{ "\"\"@example.com", "" },
		{ "|/usr/bin/filter ann@example.com", "" },
		{ "an\x01n@example.com", "" },
		{ "\"a\x1b[31mn\"@example.com", "" },
		{ "\"a\tn\"@example.com", "" },
		{ "ann@exam\x7fple.com", "" },
		{ "an\xff@example.com", "" },      /* no UTF-8 */
		{ "an\xc2\xa0n@example.com", "" }, /* no-break space */
		{ "an\xc2\x85n@example.com", "" }, /* C1 control */
		/* turns the text around; NOLINTNEXTLINE(misc-misleading-bidirectional) */
		{ "an\xe2\x80\xaen@example.com", "" },
		{ "an\xe2\x80\x8bn@example.com", "" }, /* no width */
		{ "ann@exam\xef\xbb\xbfple.com", "" }, /* byte order mark */
		{ "an\xed\xa0\x80n@example.com", "" }, /* surrogate */
	};

	(void)state;
	check_canonical(cases, COUNT(cases));
}

static void
a_nul_byte_is_no_address(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_span(address_canonical(&arena, SPAN("an\0n@example.com")), "");
	assert_span(address_canonical(&arena, SPAN("ann@example.com\0")), "");
	arena_free(&arena);
}

/* count bytes c, "@", then count_after bytes d */
static struct span
make_address(struct buf *b, size_t local, size_t domain)
{
	buf_clear(b);
	for (size_t i = 0; i < local; i++)
		buf_addc(b, 'a');
	buf_addc(b, '@');
	for (size_t i = 0; i < domain; i++)
		buf_addc(b, 'd');
	return buf_span(b);
}

static void
local_part_and_domain_have_limits(void **state)
{
	struct buf b = BUF_INIT;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_false(span_empty(address_canonical(
		&arena, make_address(&b, ADDRESS_MAX_LOCAL, ADDRESS_MAX_DOMAIN))));
	assert_true(
		span_empty(address_canonical(&arena, make_address(&b, ADDRESS_MAX_LOCAL + 1, 10))));
	assert_true(span_empty(
		address_canonical(&arena, make_address(&b, 10, ADDRESS_MAX_DOMAIN + 1))));
	buf_free(&b);
	arena_free(&arena);
}

static void
the_longest_quoted_local_part_fits(void **state)
{
	struct buf b = BUF_INIT;
	struct arena arena;
	struct span found;

	(void)state;
	arena_init(&arena, 0);
	buf_addc(&b, '"');
	for (size_t i = 0; i < ADDRESS_MAX_LOCAL; i++)
		buf_adds(&b, "\\\"");
	buf_adds(&b, "\"@");
	for (size_t i = 0; i < ADDRESS_MAX_DOMAIN; i++)
		buf_addc(&b, 'd');
	found = address_canonical(&arena, buf_span(&b));
	assert_int_equal(span_len(found), 2 * ADDRESS_MAX_LOCAL + 3 + ADDRESS_MAX_DOMAIN);
	buf_free(&b);
	arena_free(&arena);
}

static void
a_canonical_address_costs_no_memory(void **state)
{
	struct span text = SPAN("ann@example.com"), found;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	found = address_canonical(&arena, text);
	assert_ptr_equal(found.p, text.p);
	assert_int_equal(arena.used, 0);
	arena_free(&arena);
}

static void
a_typed_address_loses_its_type(void **state)
{
	static const struct spelling cases[] = {
		{ "rfc822; ann@example.com", "ann@example.com" },
		{ "rfc822;ann@example.com", "ann@example.com" },
		{ "RFC822; <ann@example.com>", "ann@example.com" },
		{ "rfc/822;ann@example.com", "ann@example.com" },
		{ "rfc822;rfc822;ann@example.com", "" },
		{ "rfc822;\r\n\tann@example.com", "ann@example.com" },
		{ "x-local ; ann@example.com", "ann@example.com" },
		{ "ann@example.com", "ann@example.com" },
		{ "<ann@example.com>;", "ann@example.com" },
		{ "rfc822;@relay.example:ann@host", "ann@host" },
		{ "utf-8; ann@example.com", "ann@example.com" },
		{ "UTF-8; j\\x{F6}rg@example.com", "j\xc3\xb6rg@example.com" },
		{ "utf-8; j\xc3\xb6rg@example.com", "j\xc3\xb6rg@example.com" },
		{ "utf-8; \\x{1F600}@example.com", "\xf0\x9f\x98\x80@example.com" },
		{ "utf-8; a\\x{D800}b@example.com", "" },
		{ "utf-8; a\\x{0A}b@example.com", "" },
		{ "rfc822; j\\x{F6}rg@example.com", "" },
		{ "x400; /c=us/a= /p=org/s=other/", "" },
		{ "rfc822;", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;

		arena_init(&arena, 0);
		assert_span(address_typed(&arena, span_of(cases[i].text)), cases[i].canonical);
		arena_free(&arena);
	}
}

/* The addresses of a list, each followed by a blank. */
static void
join_list(struct arena *a, const char *text, struct buf *out)
{
	struct span rest = span_of(text);
	struct address address;

	buf_clear(out);
	while (address_next(a, &rest, &address)) {
		buf_add(out, address.canonical);
		buf_addc(out, ' ');
	}
	assert_true(span_empty(rest));
}

static void
a_list_gives_its_addresses_one_by_one(void **state)
{
	static const struct spelling cases[] = {
		{ "ann@example.com, bob@example.com", "ann@example.com bob@example.com " },
		{ "Ann <ann@example.com>, \"Roe, Bob\" <bob@example.com>",
		  "ann@example.com bob@example.com " },
		{ "Friends: ann@example.com, bob@example.com;, cy@example.com",
		  "ann@example.com bob@example.com cy@example.com " },
		{ "Undisclosed recipients:;", "" },
		{ "ann@example.com (Ann, (really) Other), bob@example.com",
		  "ann@example.com bob@example.com " },
		{ "(one, two) ann@example.com", "ann@example.com " },
		{ "Ann\r\n <ann@example.com>,\r\n\tbob@example.com",
		  "ann@example.com bob@example.com " },
		{ "nobody, ann@example.com, also nobody", "ann@example.com " },
		{ "<@relay.example:ann@example.com>", "ann@example.com " },
		{ "<ann@example.com", "ann@example.com " },
		{ "ann@[IPv6:2001:db8::1], bob@example.com",
		  "ann@[ipv6:2001:db8::1] bob@example.com " },
		{ "\"unclosed <ann@example.com>, bob@example.com",
		  "ann@example.com bob@example.com " },
		{ "ann@example.com (unclosed, bob@example.com", "ann@example.com " },
		{ "mailto:ann@example.com", "ann@example.com " },
		{ ",,;, ann@example.com ;;", "ann@example.com " },
		{ "", "" },
		{ "<>", "" },
	};
	struct buf found = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;

		arena_init(&arena, 0);
		join_list(&arena, cases[i].text, &found);
		assert_string_equal(buf_str(&found), cases[i].canonical);
		arena_free(&arena);
	}
	buf_free(&found);
}

static void
a_display_name_is_passed_over(void **state)
{
	static const char *const cases[] = {
		"Ann Other <ann@example.com>",
		"\"Other, \\\"Ann\\\"\" <ann@example.com>",
		"=?utf-8?Q?J=C3=B6rg?= <ann@example.com>",
		"<ann@example.com>",
		"ann@example.com",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span rest = span_of(cases[i]);
		struct address address;
		struct arena arena;

		arena_init(&arena, 0);
		assert_true(address_next(&arena, &rest, &address));
		assert_span(address.canonical, "ann@example.com");
		assert_span(address.domain, "example.com");
		arena_free(&arena);
	}
}

/* Unclosed quotes, each of which is looked for to the end. */
static void
read_hostile_list(void *context, size_t size)
{
	struct buf list = BUF_INIT, found = BUF_INIT;
	struct arena arena;

	(void)context;
	arena_init(&arena, 0);
	while (list.len < size)
		buf_adds(&list, "\"\\\",");
	buf_adds(&list, " ann@example.com");
	join_list(&arena, buf_str(&list), &found);
	assert_string_equal(buf_str(&found), "ann@example.com ");
	buf_free(&list);
	buf_free(&found);
	arena_free(&arena);
}

static void
a_hostile_list_is_read_in_linear_time(void **state)
{
	(void)state;
	assert_linear("unclosed quotes", read_hostile_list, NULL, (size_t)16 * 1024);
}

static void
the_domain_stands_behind_the_last_at(void **state)
{
	(void)state;
	assert_span(address_domain(SPAN("ann@example.com")), "example.com");
	assert_span(address_domain(SPAN("\"a@b\"@example.com")), "example.com");
	assert_span(address_domain(SPAN("ann@[192.0.2.1]")), "[192.0.2.1]");
	assert_span(address_domain((struct span){ NULL, NULL }), "");
}

static void
directory_names_are_told_from_mailboxes(void **state)
{
	static const struct {
		const char *address;
		bool directory;
	} cases[] = {
		{ "IMCEAEX-_O=CONTOSO_OU=FIRST_CN=RECIPIENTS_CN=ANN@contoso.com", true },
		{ "imceaex-_o=contoso@contoso.com", true },
		{ "IMCEAX400-c=us+3Ba=+20@contoso.com", true },
		{ "/o=contoso/cn=ann@contoso.com", true },
		{ "CN=Ann/O=Contoso@contoso.com", true },
		{ "ann@contoso.com", false },
		{ "imceaexpert@contoso.com", false },
		{ "ann-imceaex-@contoso.com", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(address_is_directory_name(span_of(cases[i].address)),
				 cases[i].directory);
}

static void
an_exhausted_arena_gives_no_address_and_says_so(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 8);
	assert_span(address_canonical(&arena, SPAN("ann@EXAMPLE.com")), "");
	assert_true(arena.refused);
	arena_free(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_has_one_spelling),
		cmocka_unit_test(quotes_stay_only_where_they_are_needed),
		cmocka_unit_test(dots_of_carriers_are_taken),
		cmocka_unit_test(what_is_no_address_is_empty),
		cmocka_unit_test(a_nul_byte_is_no_address),
		cmocka_unit_test(local_part_and_domain_have_limits),
		cmocka_unit_test(the_longest_quoted_local_part_fits),
		cmocka_unit_test(a_canonical_address_costs_no_memory),
		cmocka_unit_test(a_typed_address_loses_its_type),
		cmocka_unit_test(a_list_gives_its_addresses_one_by_one),
		cmocka_unit_test(a_display_name_is_passed_over),
		cmocka_unit_test(a_hostile_list_is_read_in_linear_time),
		cmocka_unit_test(the_domain_stands_behind_the_last_at),
		cmocka_unit_test(directory_names_are_told_from_mailboxes),
		cmocka_unit_test(an_exhausted_arena_gives_no_address_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
