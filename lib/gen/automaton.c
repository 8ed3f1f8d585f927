/*
 * automaton - writes the automaton of all phrases of the code table as C
 *
 * Runs while building. An Aho-Corasick automaton over the anchors of all phrases (match.h). Bytes
 * that phrases do not tell apart are one class (class 0: those in no phrase). The states near the
 * root, where a text is most of the time, are numbered breadth first and have a full table of where
 * each class leads, the frequent classes first: what is used of it then stands together. Behind
 * them come the others, each with its siblings and in front of its descendants: where a text goes
 * along a phrase, state by state, it finds them side by side. code_phrase.c walks it.
 *
 * An anchor stands only where no word runs into it. So a text that cannot go on where it is falls
 * back to what begins at the front of a word, and when nothing does, two states without a byte
 * wait: one at the front of a word, where each anchor may begin, one inside a word for its end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>

#include "code.h"
#include "match_value.h"

#define MAX_STATES 65535 /* they are 16 bits wide in the automaton */
#define MAX_ROWS 4096
#define FULL_DEPTH 3 /* states up to this depth have a full table */
#define CLASSES 128  /* room for so many in a full table: whole cache lines */

/* The nodes without a byte, and the classes of bytes in no phrase. */
enum { NODE_ROOT, NODE_INSIDE, NODE_FIRST };
enum { CLASS_SIGN, CLASS_WORD, CLASS_FIRST };

struct node {
	unsigned char label;
	unsigned first_child, next_sibling; /* 0 = none */
	unsigned number;                    /* its state */
	unsigned fail, hit;                 /* nodes; hit: the nearest one with rows */
	unsigned depth;
	unsigned rows; /* index + 1 into next_row */
};

static struct node node[MAX_STATES];
static unsigned node_count = NODE_FIRST;
static unsigned order[MAX_STATES]; /* nodes by number; breadth first until they have theirs */
static unsigned full_count;        /* states with a full table */
static unsigned next_row[MAX_ROWS];
static unsigned whole[MAX_ROWS]; /* length of an anchor that is all of its phrase, else 0 */
static size_t row_count;
static unsigned provider_of[MAX_ROWS], host_count;
static unsigned class_of[256], class_count = CLASS_FIRST;

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
	node[at].depth = node[parent].depth + 1;
	node[at].next_sibling = *link;
	*link = at;
	return at;
}

static void
add_anchor(unsigned row, const struct match_anchor *anchor)
{
	unsigned at = 0;

	for (size_t i = 0; i < anchor->len; i++) {
		unsigned char label = (unsigned char)anchor->text[i];
		unsigned next = child(at, label);

		at = next != 0 ? next : add_child(at, label);
	}
	whole[row] = anchor->whole ? (unsigned)anchor->len : 0;
	next_row[row] = node[at].rows;
	node[at].rows = row + 1;
}

static void
add_row(unsigned row, const char *phrase)
{
	struct match_anchor anchor;

	if (match_check(phrase) != NULL)
		die(match_check(phrase), phrase);
	anchor = match_anchor(phrase);
	if (anchor.len == 0)
		die("no word of it stands free", phrase);
	add_anchor(row, &anchor);
}

/* The hosts of providers stand behind the rows. */
static void
add_hosts(void)
{
	size_t count;
	const struct code_provider *provider = code_providers(&count);
	struct span rest, suffix;

	for (unsigned i = 0; i < count; i++) {
		for (rest = span_of(provider[i].suffixes); span_next_word(&rest, &suffix);) {
			struct match_anchor anchor = { .len = span_len(suffix), .whole = true };

			if (row_count + host_count >= MAX_ROWS || anchor.len > MATCH_MAX_ANCHOR)
				die("too many or too long", provider[i].name);
			memcpy(anchor.text, suffix.p, anchor.len);
			provider_of[host_count] = i;
			add_anchor((unsigned)row_count + host_count++, &anchor);
		}
	}
}

/* Where a byte leads from a node without one. */
static unsigned
begin_anchor(unsigned base, unsigned char label)
{
	bool word = match_is_word((char)label);

	if ((base == NODE_ROOT || !word) && child(NODE_ROOT, label) != 0)
		return child(NODE_ROOT, label);
	return word ? NODE_INSIDE : NODE_ROOT;
}

/* The node behind `at` when the byte is read. */
static unsigned
next_node(unsigned at, unsigned char label)
{
	for (; at >= NODE_FIRST; at = node[at].fail)
		if (child(at, label) != 0)
			return child(at, label);
	return begin_anchor(at, label);
}

/* Links each node to the longest other one that it ends with, at the front of a word. */
static void
link_nodes(void)
{
	unsigned done = 0, count = NODE_FIRST;

	order[NODE_INSIDE] = NODE_INSIDE;
	for (; done < count; done++) {
		unsigned parent = order[done];

		for (unsigned at = node[parent].first_child; at != 0; at = node[at].next_sibling) {
			unsigned char label = node[at].label;

			order[count++] = at;
			if (parent != NODE_ROOT)
				node[at].fail = next_node(node[parent].fail, label);
			else if (match_is_word((char)label))
				node[at].fail = NODE_INSIDE;
			node[at].hit = node[at].rows != 0 ? at : node[node[at].fail].hit;
		}
	}
}

static unsigned
count_children(unsigned parent)
{
	unsigned count = 0;

	for (unsigned at = node[parent].first_child; at != 0; at = node[at].next_sibling)
		count++;
	return count;
}

/* Puts the children of a node on top of a stack, the first one topmost. Returns the new top. */
static unsigned
push_children(unsigned *stack, unsigned top, unsigned parent)
{
	unsigned at, place = top += count_children(parent);

	for (at = node[parent].first_child; at != 0; at = node[at].next_sibling)
		stack[--place] = at;
	return top;
}

/* Numbers the nodes: from the first without a full table on siblings stand together, and their
 * descendants behind them. */
static void
number_nodes(void)
{
	static unsigned stack[MAX_STATES];
	unsigned top = 0, count, at;

	while (full_count < node_count && node[order[full_count]].depth <= FULL_DEPTH)
		full_count++;
	for (count = full_count; count-- > 0 && node[order[count]].depth == FULL_DEPTH;)
		stack[top++] = order[count];
	for (count = full_count; top > 0;) {
		unsigned parent = stack[--top];

		for (at = node[parent].first_child; at != 0; at = node[at].next_sibling)
			order[count++] = at;
		top = push_children(stack, top, parent);
	}
	for (count = 0; count < node_count; count++)
		node[order[count]].number = count;
}

/* The label that most nodes have, of those without a class; 0 when all have theirs. */
static unsigned char
most_frequent(const unsigned uses[256])
{
	unsigned char best = 0;

	for (unsigned c = 1; c < 256; c++)
		if (class_of[c] == 0 && uses[c] > uses[best])
			best = (unsigned char)c;
	return best;
}

/* Letters in either case are one class, and so are blanks, and what no phrase has. */
static void
classify_bytes(void)
{
	unsigned uses[256] = { 0 };
	unsigned char label;

	for (unsigned i = NODE_FIRST; i < node_count; i++)
		uses[node[i].label]++;
	while ((label = most_frequent(uses)) != 0)
		class_of[label] = class_count++;
	if (class_count > CLASSES)
		die("too many classes of bytes", "make room for them");
	for (unsigned c = 'A'; c <= 'Z'; c++)
		class_of[c] = class_of[c - 'A' + 'a'];
	for (unsigned c = '\t'; c <= '\r'; c++)
		class_of[c] = class_of[' '];
	for (unsigned c = 0; c < 256; c++)
		if (class_of[c] == CLASS_SIGN && match_is_word((char)c))
			class_of[c] = CLASS_WORD;
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
	begin("struct automaton_state", "state");
	for (unsigned i = 0; i < node_count; i++) {
		const struct node *at = &node[order[i]];

		printf("\n\t{ %u, %u, %u, %u, %u },", node[at->first_child].number,
		       node[at->fail].number, node[at->hit].number, count_children(order[i]),
		       i < NODE_FIRST ? 0 : class_of[at->label]);
	}
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
	for (unsigned i = 0; i < row_count + host_count; i++)
		number(i, next_row[i]);
	end();
	/* of phrases that are all anchor its length, else 0 */
	begin("uint8_t", "whole");
	for (unsigned i = 0; i < row_count + host_count; i++)
		number(i, whole[i]);
	end();
	begin("uint8_t", "provider");
	for (unsigned i = 0; i < host_count; i++)
		number(i, provider_of[i]);
	end();
}

static void
print_full(void)
{
	unsigned char label_of[256] = { 0 };

	begin("uint8_t", "class");
	for (unsigned i = 0; i < 256; i++)
		number(i, class_of[i]);
	end();
	for (unsigned c = 0; c < 256; c++)
		label_of[class_of[c]] = (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	label_of[class_of[' ']] = ' ';
	printf("\n#define AUTOMATON_CLASSES %u\n#define AUTOMATON_FULL %u\n", CLASSES, full_count);
	begin("_Alignas(64) uint16_t", "full");
	for (unsigned i = 0; i < full_count; i++)
		for (unsigned c = 0; c < CLASSES; c++) {
			unsigned next = label_of[c] == 0 ? 0 : next_node(order[i], label_of[c]);

			number(i * CLASSES + c, node[next].number);
		}
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
	add_hosts();
	link_nodes();
	number_nodes();
	classify_bytes();
	printf("/* Made from the .def files by lib/gen/automaton.c. */\n");
	printf("#define AUTOMATON_ROWS %zu\n", row_count);
	/* the first child of a state, 0 when there is none; the longest other state that it ends
	 * with; the nearest one with rows; the class of the byte that leads here */
	printf("\nstruct automaton_state {\n\tuint16_t child, fail, hit;\n"
	       "\tuint8_t children, label;\n};\n");
	print_states();
	print_rows();
	print_full();
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
