/*
 * mta_row_test - every row of lib/mta is found
 *
 * Most rows are passed over before their marks are looked for, by what the sieve and the names of
 * the fields tell. That must never pass over a row whose marks the mail bears.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "test.h"

#include "buf.h"
#include "mta.h"

static const struct mta *const tables[] = {
#define MTA_TABLE(name) mta_##name,
#include "mta/tables.def"
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A mail under construction. */
struct draft {
	struct buf from, subject, text, fields;
};

static void
write_mark(struct draft *d, const struct mta_mark *mark)
{
	switch (mark->place) {
	case MTA_NOWHERE:
		break;
	case MTA_FROM:
		buf_addf(&d->from, "%s ", mark->text);
		break;
	case MTA_SUBJECT:
		buf_addf(&d->subject, "%s ", mark->text);
		break;
	case MTA_HEADER:
		buf_addf(&d->fields, "%s: %s\n", mark->name, mark->text);
		break;
	case MTA_LINE:
	case MTA_WITHIN:
		buf_addf(&d->text, "%s x\n", mark->text);
		break;
	}
}

/* The row that a mail with all of a row's marks, and one of those of which one is enough, is of. */
static const struct mta *
recognise(const struct mta *row, const struct mta_mark *one)
{
	struct draft d = { BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT };
	struct header_list headers;
	struct sieve sieve = { 0 };
	const struct mta *found;
	struct mta_mail mail;
	struct arena arena;
	struct span body;

	for (size_t i = 0; i < MTA_MAX_MARKS; i++)
		write_mark(&d, &row->all[i]);
	write_mark(&d, one);
	buf_adds(&d.fields, "X: x\n");
	arena_init(&arena, 0);
	assert_int_equal(header_parse(&arena, buf_span(&d.fields), 1, &headers, &body), 0);
	mail = (struct mta_mail){
		.headers = &headers,
		.from = buf_span(&d.from),
		.subject = buf_span(&d.subject),
		.text = buf_span(&d.text),
		.sieve = &sieve,
		.machine = true,
		.program = true,
	};
	sieve_add(&sieve, mail.from);
	sieve_add(&sieve, mail.subject);
	sieve_add(&sieve, mail.text);
	found = mta_recognise(&mail);
	arena_free(&arena);
	buf_free(&d.from);
	buf_free(&d.subject);
	buf_free(&d.text);
	buf_free(&d.fields);
	return found;
}

/* The place of a row among all; a row in front of it may share its marks. */
static size_t
place_of(const struct mta *row)
{
	size_t place = 0;

	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct mta *at = tables[i]; at->name != NULL; at++, place++)
			if (at == row)
				return place;
	return SIZE_MAX;
}

static void
a_row_is_found_by_each_of_its_marks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(tables); i++) {
		for (const struct mta *row = tables[i]; row->name != NULL; row++) {
			size_t any = 0;

			do {
				const struct mta *found = recognise(row, &row->any[any]);

				if (found == NULL || place_of(found) > place_of(row))
					fail_msg("%s by its mark %zu is taken for %s", row->name,
						 any, found == NULL ? "none" : found->name);
				any++;
			} while (any < MTA_MAX_MARKS && row->any[any].place != MTA_NOWHERE);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_found_by_each_of_its_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
