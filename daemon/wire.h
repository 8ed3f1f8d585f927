/*
 * wire - the guard between a server's bytes and libetpan
 *
 * libetpan 1.9.4 recurses without limit on "(", dereferences NULL on BADCHARSET before login, frees
 * NULL on a malformed PERMANENTFLAGS and grows without bound. This pure state machine sees each
 * byte before libetpan does and refuses what no honest server sends in answer to our commands. It
 * also keeps the text of BYE, which libetpan loses. No I/O; knows nothing of libetpan.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_WIRE_H
#define MAILBOUNCED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX_LINE ((uint64_t)1024 * 1024)
#define WIRE_MAX_PARENS 256 /* "(" in one line */
#define WIRE_MAX_LITERAL ((uint64_t)64 * 1024 * 1024)
#define WIRE_DEFAULT_BUDGET ((uint64_t)1024 * 1024) /* bytes of one command's answer */
#define WIRE_BYE_SIZE 200

struct wire {
	/* private, apart from `refused` and `bye` */
	uint64_t budget, line_bytes, literal_left, literal_announced;
	unsigned parens;
	int state;
	char head[80]; /* start of the line, upper case, for the response codes that kill libetpan
			*/
	size_t head_len;
	char tail[40]; /* end of the line so far, to see "{123}" before its line end */
	size_t tail_len;
	bool in_quotes, escaped;
	const char *refused;     /* why the bytes were refused, NULL = fine so far */
	char bye[WIRE_BYE_SIZE]; /* text of the last untagged BYE, "" = none */
};

void wire_init(struct wire *wire);

/* A new command begins: so many bytes may come in answer to it. 0 = WIRE_DEFAULT_BUDGET. */
void wire_budget(struct wire *wire, uint64_t bytes);

/*
 * Looks at bytes that came in. Returns how many of them may be handed on: all, or those before the
 * first refused one - in that case wire->refused says why, and the connection must be dropped. Once
 * refused, always refused.
 */
size_t wire_feed(struct wire *wire, const char *data, size_t len);

#endif
