/*
 * test - what every unit test includes
 *
 * cmocka wants these headers in this order. Test functions take (void **state); name them as
 * claims.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_TEST_H
#define MAILBOUNCED_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "span.h"

/* The span's bytes are exactly this text; both are printed when not. */
static inline void
assert_span(struct span got, const char *want)
{
	char text[4096];
	size_t len = span_len(got) < sizeof(text) - 1 ? span_len(got) : sizeof(text) - 1;

	if (len > 0)
		memcpy(text, got.p, len);
	text[len] = '\0';
	assert_string_equal(text, want);
	assert_int_equal(span_len(got), strlen(want));
}

#endif
