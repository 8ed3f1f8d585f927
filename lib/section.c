/*
 * section - how IMAP numbers the parts of a message (RFC 3501 section 6.4.5)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "section.h"

static bool
is_multipart(const struct mime_message *m, size_t part)
{
	return span_istarts(m->part[part].type, SPAN("multipart/"));
}

/* Is it a part of a multipart, and not all of a message? */
static bool
is_step(const struct mime_message *m, size_t part)
{
	size_t parent = m->part[part].parent;

	return parent != MIME_NO_PARENT && is_multipart(m, parent);
}

static uint32_t
place_among_siblings(const struct mime_message *m, size_t part)
{
	uint32_t place = 0;

	for (size_t i = m->part[part].parent; i <= part; i++)
		place += m->part[i].parent == m->part[part].parent && is_step(m, i) ? 1 : 0;
	return place;
}

struct section
section_of(const struct mime_message *m, size_t part)
{
	struct section out = { .count = 0 };

	/* from the inside out, then turned round */
	for (size_t i = part; i != MIME_NO_PARENT; i = m->part[i].parent) {
		if (is_step(m, i))
			out.number[out.count++] = place_among_siblings(m, i);
		else if (!is_multipart(m, i))
			out.number[out.count++] = 1;
	}
	for (size_t i = 0; i < out.count / 2; i++) {
		uint32_t inner = out.number[i];

		out.number[i] = out.number[out.count - 1 - i];
		out.number[out.count - 1 - i] = inner;
	}
	return out;
}

struct section
section_behind(struct section section, uint32_t steps)
{
	if (section.count > 0)
		section.number[section.count - 1] += steps;
	return section;
}

bool
section_same(const struct section *a, const struct section *b)
{
	return a->count == b->count &&
	       memcmp(a->number, b->number, a->count * sizeof(a->number[0])) == 0;
}

size_t
section_step(const struct mime_message *m, size_t part)
{
	while (part != MIME_NO_PARENT && !is_step(m, part))
		part = m->part[part].parent;
	return part;
}
