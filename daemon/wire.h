/*
 * wire - the guard between a server's bytes and libetpan
 *
 * libetpan 1.9.4 recurses without limit on "(", dereferences NULL on BADCHARSET before login, frees
 * NULL on a malformed PERMANENTFLAGS, reads NULL on ALERT without a text, leaks and misreads BYE,
 * takes what follows "{5}" in the middle of a line for a literal, and grows without bound. This
 * pure state machine sees each byte before libetpan does and refuses what no honest server sends in
 * answer to our commands. It also keeps the text of BYE and of the last tagged line, which libetpan
 * loses. No I/O; knows nothing of libetpan.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_WIRE_H
#define MAILBOUNCED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX_LINE                                                              \
	((uint64_t)1024 * 1024) /* bytes of one response, its literals not counted \
				 */
#define WIRE_MAX_PARENS 256     /* "(" in one response, in quoted strings too; not in literals */
#define WIRE_MAX_LITERAL ((uint64_t)64 * 1024 * 1024)
#define WIRE_MAX_DIGITS 10                          /* of a literal's announcement */
#define WIRE_DEFAULT_BUDGET ((uint64_t)1024 * 1024) /* bytes of one command's answer */
#define WIRE_BYE_SIZE 200
#define WIRE_TAGGED_SIZE 300

struct wire {
	/* private, apart from `exists`, `one_answer`, `refused`, `bye` and `tagged` */
	uint64_t budget_left, literal_left, line_bytes;
	unsigned parens, digits;
	unsigned char state, keep;
	bool must_have_text, numbered;
	char word[20]; /* status word or response code being read, upper case */
	size_t word_len, text_len;
	bool answered;           /* the last line was a tagged one */
	bool one_answer;         /* other answers follow: nothing behind the tagged line is taken */
	bool exists;             /* an untagged EXISTS came; whoever acts on it sets it back */
	const char *refused;     /* why the bytes were refused, NULL = fine so far */
	char bye[WIRE_BYE_SIZE]; /* text of the untagged BYE, "" = none */
	char tagged[WIRE_TAGGED_SIZE]; /* this command's tagged line, clipped: "7 NO Too many" */
};

void wire_init(struct wire *wire);

/* A new command begins: so many bytes may come in answer to it. 0 = WIRE_DEFAULT_BUDGET. */
void wire_budget(struct wire *wire, uint64_t bytes);

/* So many bytes more may come: another command was sent. */
void wire_more(struct wire *wire, uint64_t bytes);

/*
 * Looks at bytes that came in. Returns how many of them may be handed on: all, or those before the
 * first refused one - in that case wire->refused says why, and the connection must be dropped. Once
 * refused, always refused. The end of a BYE line is refused as well: nothing follows it, and
 * libetpan must not see it. With one_answer no byte behind a tagged line is taken either, and
 * nothing is refused: the rest is fed after the next wire_budget(). Else where the bytes are cut
 * into pieces makes no difference.
 */
size_t wire_feed(struct wire *wire, const char *data, size_t len);

#endif
