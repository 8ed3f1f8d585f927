/*
 * gather_golden_test - large attachments change no verdict of any golden mail
 *
 * Into each place where a part may stand an attachment is put that is larger than what is fetched
 * of a message at first; what is read of the parts that were gathered must be what is read of the
 * whole.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "gather_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define ATTACHMENT ((size_t)100 * 1024)

/* One golden mail with line ends of the wire. */
static void
load(const char *name, struct buf *out)
{
	char path[1000];
	FILE *f;
	int c, before = 0;

	snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	buf_clear(out);
	while ((c = fgetc(f)) != EOF) {
		if (c == '\n' && before != '\r')
			buf_addc(out, '\r');
		buf_addc(out, (char)c);
		before = c;
	}
	fclose(f);
	assert_true(buf_ok(out));
}

/* A place between two parts. */
struct place {
	const char *at;
	const struct mime_part *multipart;
};

/* A boundary stands in front of the part's headers. */
static struct place
place_before(struct span mail, size_t part)
{
	const struct mime_part *p = &world.m.part[part];

	return (struct place){ line_begins(mail, p->line - 1), &world.m.part[p->parent] };
}

/* world.mail becomes the golden mail with attachments at these places, which ascend. */
static void
make_large(struct span golden, const struct place *place, size_t count)
{
	const char *from = golden.p;
	char boundary[MIME_MAX_BOUNDARY + 1];

	buf_clear(&world.mail);
	for (size_t i = 0; i < count; i++) {
		struct span text = place[i].multipart->boundary;

		snprintf(boundary, sizeof(boundary), "%.*s", SPAN_ARG(text));
		buf_add(&world.mail, (struct span){ from, place[i].at });
		add_attachment(&world.mail, boundary, "application/zip", ATTACHMENT);
		from = place[i].at;
	}
	buf_add(&world.mail, (struct span){ from, golden.end });
}

/* The places of a mail, in a malloc'd list. */
static struct place *
find_places(struct span golden, size_t *count)
{
	struct place *out;

	arena_reset(&world.scratch);
	assert_int_equal(mime_parse(&world.scratch, golden, &world.m), 0);
	out = xarray(world.m.count, sizeof(*out));
	*count = 0;
	for (size_t i = 1; i < world.m.count; i++) {
		if (section_step(&world.m, i) == i && is_in(golden, world.m.part[i].body.p))
			out[(*count)++] = place_before(golden, i);
	}
	return out;
}

static unsigned tried, in_pieces;

static void
assert_large_is_read_alike(void)
{
	struct bounce_report want;

	gather_all();
	assert_true(world.text.len <= TOTAL);
	assert_memory_equal(world.text.data, world.mail.data, GATHER_FIRST);
	assert_tells_all(&want);
	tried++;
	in_pieces += world.given < world.mail.len - GATHER_FIRST ? 1 : 0;
}

static void
try_golden(struct span golden)
{
	struct place *place;
	size_t count;

	place = find_places(golden, &count);
	for (size_t i = 0; i < count; i++) {
		make_large(golden, &place[i], 1);
		assert_large_is_read_alike();
		free(place);
		place = find_places(golden, &count);
	}
	if (count > 0) {
		make_large(golden, place, count);
		assert_large_is_read_alike();
	}
	free(place);
	/* behind everything, as servers add what comes back */
	buf_clear(&world.mail);
	buf_add(&world.mail, golden);
	add_filler(&world.mail, ATTACHMENT);
	assert_large_is_read_alike();
}

static void
large_attachments_change_no_golden_verdict(void **state)
{
	struct buf golden = BUF_INIT;
	DIR *dir = opendir(GOLDEN_DIR);
	struct dirent *entry;
	unsigned mails = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (!span_iends(span_of(entry->d_name), SPAN(".eml")))
			continue;
		load(entry->d_name, &golden);
		world.name = entry->d_name;
		try_golden(buf_span(&golden));
		mails++;
	}
	closedir(dir);
	buf_free(&golden);
	print_message("%u mails, %u large ones, %u of them not fetched whole\n", mails, tried,
		      in_pieces);
	assert_true(mails > 300 && tried > 2 * mails && in_pieces > mails);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(large_attachments_change_no_golden_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
