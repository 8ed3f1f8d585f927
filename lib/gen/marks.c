/*
 * marks - writes which rows a text may belong to, by the marks of all of them, as C
 *
 * Runs while building, for mta.c. A mail is held against a hundred rows of which it bears at most a
 * few: one list of what the sieve keeps of their marks, gone over once, leaves those few.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>

#include "mta.h"

#define WORD_BITS 64
#define MAX_ROWS 4096

static const struct {
	const char *name;
	const struct mta *rows;
} tables[] = {
#define MTA_TABLE(name) { "mta_" #name, mta_##name },
#include "mta/tables.def"
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Can it be told at once that a mark is not there? A header field is told by its name. */
static bool
is_told(const struct mta_mark *mark)
{
	return mark->place == MTA_HEADER || strlen(mark->text) >= SIEVE_LEAST;
}

/* How many marks have each hash. */
static unsigned uses[1U << SIEVE_BITS];

static void
count_uses(const struct mta_mark *mark)
{
	for (size_t i = 0; i < MTA_MAX_MARKS && mark[i].place != MTA_NOWHERE; i++)
		for (size_t at = 0; at + 4 <= strlen(mark[i].text); at++)
			uses[sieve_hash(mark[i].text + at)]++;
}

/* The place of text that fewest marks share, `besides` aside: what they share, mails have too. */
static const char *
rarest(const char *text, const char *besides)
{
	const char *last = text + strlen(text) - SIEVE_LEAST, *best = last;
	unsigned least = ~0U;

	for (const char *p = text; p <= last; p++) {
		unsigned shared = uses[sieve_hash(p)] + uses[sieve_hash(p + 1)];

		if (p == besides || shared >= least)
			continue;
		best = p;
		least = shared;
	}
	return best;
}

static void
print_words(size_t row, const char *text)
{
	const char *a = rarest(text, NULL), *b = rarest(text, a);

	printf("\t{ %zu, { %u, %u, %u, %u } },\n", row, sieve_hash(a), sieve_hash(a + 1),
	       sieve_hash(b), sieve_hash(b + 1));
}

static void
print_field(size_t row, const char *name)
{
	printf("\t{ %zu, %u },\n", row, header_bit(header_key(span_of(name))));
}

/* The keys of a row's marks that stand in a text, or of those that are header fields. */
static void
print_keys(size_t row, const struct mta_mark *mark, bool fields)
{
	for (size_t i = 0; i < MTA_MAX_MARKS && mark[i].place != MTA_NOWHERE; i++) {
		if (!is_told(&mark[i]) || (mark[i].place == MTA_HEADER) != fields)
			continue;
		if (fields)
			print_field(row, mark[i].name);
		else
			print_words(row, mark[i].text);
	}
}

static void
print_array(const char *type, const char *name, bool any, bool fields)
{
	size_t at = 0;

	printf("\nstatic const struct %s marks_%s[] = {\n", type, name);
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct mta *row = tables[i].rows; row->name != NULL; row++)
			print_keys(at++, any ? row->any : row->all, fields);
	printf("};\n");
}

/* Must one of its marks be there, and can each of them be told? */
static bool
needs_any(const struct mta *row)
{
	size_t i;

	for (i = 0; i < MTA_MAX_MARKS && row->any[i].place != MTA_NOWHERE; i++)
		if (!is_told(&row->any[i]))
			return false;
	return i > 0;
}

/* The rows, and one bit for each that needs none of marks_any_. */
static void
print_rows(void)
{
	uint64_t free_rows[MAX_ROWS / WORD_BITS] = { 0 };
	size_t at = 0;

	printf("\nstatic const struct mta *const marks_row[] = {\n");
	for (size_t i = 0; i < COUNT(tables); i++) {
		for (size_t j = 0; tables[i].rows[j].name != NULL; j++, at++) {
			printf("\t&%s[%zu],\n", tables[i].name, j);
			if (at == MAX_ROWS) {
				fprintf(stderr, "marks: more than %d rows\n", MAX_ROWS);
				exit(1);
			}
			if (!needs_any(&tables[i].rows[j]))
				free_rows[at / WORD_BITS] |= UINT64_C(1) << at % WORD_BITS;
		}
	}
	printf("};\n\nstatic const uint64_t marks_free[] = {\n");
	for (size_t i = 0; i * WORD_BITS < at; i++)
		printf("\t0x%llx,\n", (unsigned long long)free_rows[i]);
	printf("};\n");
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(tables); i++) {
		for (const struct mta *row = tables[i].rows; row->name != NULL; row++) {
			count_uses(row->all);
			count_uses(row->any);
		}
	}
	printf("/* Made from the rows of lib/mta/ by lib/gen/marks.c. */\n\n"
	       "/* A row, and a mark of it in the text: one of the first two of its hashes is in "
	       "the\n"
	       " * sieve, and one of the other two. */\n"
	       "struct marks_words {\n\tuint16_t row, hash[4];\n};\n"
	       "\n/* A row, and a mark of it in the headers: the bit of the field's name. */\n"
	       "struct marks_field {\n\tuint16_t row, bit;\n};\n");
	print_array("marks_words", "all_words", false, false);
	print_array("marks_field", "all_fields", false, true);
	print_array("marks_words", "any_words", true, false);
	print_array("marks_field", "any_fields", true, true);
	print_rows();
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
