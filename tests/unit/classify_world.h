/*
 * classify_world - what a report says of one recipient, and the verdict on it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CLASSIFY_WORLD_H
#define MAILBOUNCED_CLASSIFY_WORLD_H

#include "test.h"

#include "bounce.h"
#include "code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a report says of one recipient; NULL and 0 = nothing. */
struct said {
	const char *reply; /* enhanced code of the quoted reply */
	const char *field; /* of the Status field */
	uint16_t smtp;
	const char *text; /* diagnostic */
	const char *host; /* who refused */
	enum bounce_stage stage;
};

struct judgement {
	struct said said;
	const char *rule;
	enum bounce_reason reason;
	enum bounce_disposition disposition;
	enum bounce_bad bad;
	unsigned weight;
	enum bounce_severity severity;
};

static inline struct bounce_status
status_of(const char *text)
{
	struct bounce_status status = { 0 };
	uint16_t smtp;

	if (text != NULL)
		assert_int_equal(code_parse(span_of(text), &status, &smtp), 0);
	return status;
}

static inline struct bounce_recipient
recipient_of(const struct said *s)
{
	return (struct bounce_recipient){
		.address = SPAN("kari@example.com"),
		.final = SPAN("kari@example.com"),
		.action = BOUNCE_ACTION_FAILED,
		.field_status = status_of(s->field),
		.reply_status = status_of(s->reply),
		.smtp = s->smtp,
		.diagnostic = span_of(s->text),
		.remote_mta = span_of(s->host),
		.stage = s->stage,
	};
}

static inline struct bounce_verdict
judge(struct bounce_recipient *r)
{
	struct bounce_report report = {
		.kind = BOUNCE_KIND_BOUNCE, .format = "", .recipient = r, .recipient_count = 1
	};

	return bounce_classify(&report, 0);
}

static inline void
check(const struct judgement *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct judgement *c = &cases[i];
		struct bounce_recipient r = recipient_of(&c->said);
		struct bounce_verdict v = judge(&r);

		if (strcmp(v.rule, c->rule) != 0 || v.reason != c->reason ||
		    v.disposition != c->disposition || v.bad != c->bad || v.weight != c->weight ||
		    v.severity != c->severity) {
			fail_msg("case %zu: %s: %s, %s, bad %s, weight %u, %s", i, v.rule,
				 bounce_reason_name(v.reason),
				 bounce_disposition_name(v.disposition), bounce_bad_name(v.bad),
				 v.weight, bounce_severity_name(v.severity));
		}
		assert_non_null(v.why);
		assert_true(v.why[0] != '\0');
	}
}

#define V(reason, disposition, bad, weight, severity)                                       \
	BOUNCE_REASON_##reason, BOUNCE_DISPOSITION_##disposition, BOUNCE_BAD_##bad, weight, \
		BOUNCE_SEVERITY_##severity

#endif
