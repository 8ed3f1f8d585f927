/*
 * format - which system wrote a report
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "format.h"

#include "field.h"

enum place {
	IN_HEADER,   /* a header field of the report named `name` contains `text` */
	IN_MTA,      /* the reporting MTA is `text` or a host below it */
	IN_DSN,      /* the delivery-status part has an extension field, "X-...", that begins so */
	IN_TYPE,     /* the first diagnostic is of type `text` */
	IN_BOUNDARY, /* the boundary of the outermost multipart contains `text` */
};

static const struct {
	const char *format;
	enum place place;
	const char *name;
	struct span text;
} marks[] = {
#define MARK(format, place, name, text) { format, place, name, SPAN_INIT(text) },
#include "format.def"
};

static bool
in_header(const struct header_list *headers, const char *name, struct span text)
{
	const struct header_field *field = header_find(headers, name);

	return field != NULL && (span_empty(text) || span_ifind(field->value, text) != NULL);
}

/* dsn from its first extension field on: most parts have none, and IN_DSN looks for no others. */
static struct span
extensions(struct span dsn)
{
	struct span rest = dsn, line;

	while (span_next_line(&rest, &line))
		if (span_first(line) == 'x')
			return (struct span){ line.p, dsn.end };
	return (struct span){ dsn.end, dsn.end };
}

static bool
in_dsn(struct span dsn, struct span name)
{
	struct span line;

	while (span_next_line(&dsn, &line))
		if (span_istarts(line, name))
			return true;
	return false;
}

const char *
format_of(struct arena *a, const struct mime_message *m, struct span dsn,
	  const struct bounce_report *report)
{
	struct span boundary = mime_param(a, &m->part[0], "boundary");
	bool there = false;

	dsn = extensions(dsn);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct span text = marks[i].text;

		switch (marks[i].place) {
		case IN_HEADER:
			there = in_header(&m->part[0].headers, marks[i].name, text);
			break;
		case IN_MTA:
			there = field_host_within(report->reporting_mta, text);
			break;
		case IN_DSN:
			there = in_dsn(dsn, text);
			break;
		case IN_TYPE:
			there = report->recipient_count > 0 &&
				span_eq(report->recipient[0].diagnostic_type, text);
			break;
		case IN_BOUNDARY:
			there = span_ifind(boundary, text) != NULL;
			break;
		}
		if (there)
			return marks[i].format;
	}
	return "rfc3464";
}
