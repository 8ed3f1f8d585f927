/*
 * automaton - writes the automaton of all phrases of the code table as C
 *
 * Runs while building. An Aho-Corasick automaton over the anchors of all phrases (match.h), its
 * states numbered breadth first: so the children of a state stand in one row, and one number a
 * state says where they begin. code_phrase.c walks it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>

#include "code.h"

#define MAX_STATES 65535 /* they are 16 bits wide in the automaton */
#define MAX_ROWS 4096

struct node {
	unsigned char label;
	unsigned first_child, next_sibling; /* 0 = none */
	unsigned number;                    /* breadth first */
	unsigned fail, hit;                 /* nodes; hit: the nearest one with rows */
	unsigned rows;                      /* index + 1 into next_row */
};

static struct node node[MAX_STATES];
static unsigned node_count = 1;
static unsigned order[MAX_STATES]; /* nodes by number */
static unsigned next_row[MAX_ROWS];
static size_t row_count;

static void
die(const char *what, const char *phrase)
{
	fprintf(stderr, "automaton: %s: %s\n", what, phrase);
	exit(1);
}

static unsigned
child(unsigned parent, unsigned char label)
{
	unsigned at = node[parent].first_child;

	while (at != 0 && node[at].label != label)
		at = node[at].next_sibling;
	return at;
}

/* Children in the order of their labels, so that the output does not depend on the order of rows.
 */
static unsigned
add_child(unsigned parent, unsigned char label)
{
	unsigned *link = &node[parent].first_child, at = node_count++;

	if (at >= MAX_STATES)
		die("too many states", "make them wider");
	while (*link != 0 && node[*link].label < label)
		link = &node[*link].next_sibling;
	node[at].label = label;
	node[at].next_sibling = *link;
	*link = at;
	return at;
}

static void
add_row(unsigned row, const char *phrase)
{
	struct match_anchor anchor = match_anchor(phrase);
	unsigned at = 0;

	if (match_check(phrase) != NULL)
		die(match_check(phrase), phrase);
	for (size_t i = 0; i < anchor.len; i++) {
		unsigned char label = (unsigned char)anchor.text[i];
		unsigned next = child(at, label);

		at = next != 0 ? next : add_child(at, label);
	}
	next_row[row] = node[at].rows;
	node[at].rows = row + 1;
}

/* Numbers the nodes and links each to the longest other one that it ends with. */
static void
link_nodes(void)
{
	unsigned done = 0, count = 1;

	for (order[0] = 0; done < count; done++) {
		unsigned parent = order[done];

		node[parent].number = done;
		for (unsigned at = node[parent].first_child; at != 0; at = node[at].next_sibling) {
			unsigned fail = parent;

			order[count++] = at;
			while (fail != 0) {
				fail = node[fail].fail;
				node[at].fail = child(fail, node[at].label);
				if (node[at].fail != 0)
					break;
			}
			node[at].hit = node[at].rows != 0 ? at : node[node[at].fail].hit;
		}
	}
}

static void
begin(const char *type, const char *name)
{
	printf("\nstatic const %s automaton_%s[] = {", type, name);
}

static void
number(size_t index, unsigned value)
{
	printf("%s%u,", index % 16 == 0 ? "\n\t" : " ", value);
}

static void
end(void)
{
	printf("\n};\n");
}

static void
print_states(void)
{
	begin("uint8_t", "label");
	for (unsigned i = 0; i < node_count; i++)
		number(i, node[order[i]].label);
	end();
	/* the first child of each state, or where it would stand */
	begin("uint16_t", "child");
	for (unsigned i = 0, next = 1; i < node_count; i++) {
		number(i, next);
		for (unsigned at = node[order[i]].first_child; at != 0; at = node[at].next_sibling)
			next++;
	}
	printf(" %u,", node_count);
	end();
	begin("uint16_t", "fail");
	for (unsigned i = 0; i < node_count; i++)
		number(i, node[node[order[i]].fail].number);
	end();
	begin("uint16_t", "hit");
	for (unsigned i = 0; i < node_count; i++)
		number(i, node[node[order[i]].hit].number);
	end();
}

/* Rows of a state: the first one, then each row's next; 0 = none, else index + 1. */
static void
print_rows(void)
{
	begin("uint16_t", "row");
	for (unsigned i = 0; i < node_count; i++)
		number(i, node[order[i]].rows);
	end();
	begin("uint16_t", "next_row");
	for (unsigned i = 0; i < row_count; i++)
		number(i, next_row[i]);
	end();
	/* of phrases that are all anchor its length, else 0 */
	begin("uint8_t", "whole");
	for (unsigned i = 0; i < row_count; i++) {
		const struct match_anchor anchor = match_anchor(code_rows(&row_count)[i].phrase);

		number(i, anchor.whole ? (unsigned)anchor.len : 0);
	}
	end();
	begin("uint16_t", "root");
	for (unsigned i = 0; i < 256; i++)
		number(i, node[child(0, (unsigned char)i)].number);
	end();
}

int
main(void)
{
	const struct bounce_row *row = code_rows(&row_count);

	if (row_count > MAX_ROWS)
		die("too many rows", row[MAX_ROWS].rule);
	for (unsigned i = 0; i < row_count; i++)
		if (row[i].phrase[0] != '\0')
			add_row(i, row[i].phrase);
	link_nodes();
	printf("/* Made from the .def files by lib/gen/automaton.c. */\n");
	printf("#define AUTOMATON_ROWS %zu\n", row_count);
	print_states();
	print_rows();
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
