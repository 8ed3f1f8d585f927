/*
 * report_read - a mail given as text, read into a report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_REPORT_READ_H
#define MAILBOUNCED_REPORT_READ_H

#include "bounce.h"

#define DAEMON "From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n"
#define PLAIN DAEMON "\n"

/* One test's mail: the report lives as long as the arena. */
struct read {
	struct arena arena;
	struct bounce_report report;
};

static inline const struct bounce_report *
read_mail(struct read *r, const char *mail)
{
	arena_init(&r->arena, 0);
	assert_int_equal(bounce_read(&r->arena, span_of(mail), &r->report), 0);
	assert_int_equal(bounce_trace(&r->arena, &r->report), 0);
	return &r->report;
}

static inline void
read_done(struct read *r)
{
	arena_free(&r->arena);
}

#endif
