/*
 * http_test - forms and addresses; what a server does is in tests/integration/oauth.py
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "http.h"

static void
form_fields_are_percent_encoded(void **state)
{
	struct buf form = BUF_INIT;

	(void)state;
	http_add_field(&form, "scope", "https://example.com/.default offline_access");
	http_add_field(&form, "secret", "a-b._~&=+%/\xc3\xa9\x01");
	http_add_field(&form, "empty", "");
	assert_string_equal(buf_str(&form),
			    "scope=https%3A%2F%2Fexample.com%2F.default%20offline_access&"
			    "secret=a-b._~%26%3D%2B%25%2F%C3%A9%01&empty=");
	buf_free(&form);
}

static void
the_host_is_found_in_every_address(void **state)
{
	static const struct {
		const char *url, *host;
	} rows[] = {
		{ "https://login.example.com/tenant/token", "login.example.com" },
		{ "https://login.example.com:8443/token", "login.example.com" },
		{ "https://login.example.com", "login.example.com" },
		{ "https://login.example.com?x=/", "login.example.com" },
		{ "https://[2001:db8::1]:8443/token", "[2001:db8::1]" },
		{ "https://[2001:db8::1", "[2001:db8::1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_span(http_host(rows[i].url), rows[i].host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form_fields_are_percent_encoded),
		cmocka_unit_test(the_host_is_found_in_every_address),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
