/*
 * header - header fields of RFC 5322 section 2.2
 *
 * Splits a header block into fields, keeping the raw value and the line where each field began.
 * Forgiving as mail requires: LF or CR LF, 8-bit bytes, blanks before the colon, an mbox "From "
 * line first, a block without an empty line behind it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef BOUNCE_HEADER_H
#define BOUNCE_HEADER_H

#include "arena.h"
#include "span.h"

#define HEADER_MAX_COUNT 1000 /* fields kept of one block; the rest is passed over */
#define HEADER_MAX_VALUE \
	((size_t)64 * 1024) /* bytes kept of one value; the rest of it is passed over */
#define HEADER_MAX_BLOCK                                                                          \
	((size_t)1024 * 1024) /* lines of a block that begin behind so many bytes are passed over \
			       */

struct header_field {
	struct span name; /* without colon and blanks */
	struct span
		value; /* raw: folds (RFC 5322 section 2.2.3) still inside, trimmed at both ends */
	uint32_t line; /* 1 = first line of the text that the walk counts in */
	uint32_t key;  /* of the name: other names have others, nearly always */
};

#define HEADER_NAME_BITS 256
#define HEADER_STARTS 64

struct header_list {
	struct header_field *field;
	size_t count;
	uint64_t names[HEADER_NAME_BITS / 64]; /* one bit for each, by its key; some share one */
	/* by a name's bit: one past the first field that may have the name, 0 where none does */
	uint16_t start[HEADER_STARTS];
	bool clipped; /* a limit was reached: some fields or bytes were passed over */
};

/* What a line is to a block of headers. */
enum header_line {
	HEADER_LINE_FIELD,
	HEADER_LINE_FOLD,  /* continues the field before it */
	HEADER_LINE_FROM,  /* "From " of an mbox file, in front of the first field */
	HEADER_LINE_EMPTY, /* ends the block and belongs to it */
	HEADER_LINE_OTHER, /* ends the block and belongs to the body */
};

/* Splits a line that is a field into name and what stands behind the colon, both untrimmed but for
 * the name's end; false when it is none. */
bool header_split(struct span line, struct span *name, struct span *value);

/* The kind of a line without its line end; `first` while the block has shown no field yet. */
enum header_line header_line_kind(struct span line, bool first);

/* A block that is read line by line, by those who must look at each line themselves. */
struct header_reader {
	struct arena *arena;
	struct header_list list; /* complete behind header_end() */
	const char *start;       /* where the block begins */
	size_t cap;
	bool seen_field;
	bool keep; /* the field that a fold would continue was kept */
};

void header_begin(struct header_reader *r, struct arena *a, const char *start);

/* Takes the next line, without its line end, and says what it is: EMPTY and OTHER end the block.
 * `number` is the line's. When the arena is out, that is noted there and the field is lost. */
enum header_line header_take(struct header_reader *r, struct span line, uint32_t number);

/* Takes lines off the front of *rest, counting them, up to one that ends the block or begins with
 * `not`. */
void header_take_run(struct header_reader *r, struct span *rest, uint32_t *number, char not );

void header_end(struct header_reader *r, struct header_list *out);

/*
 * Reads the header block at the front of text. *out gets the fields (arena memory, spans into
 * text), *body what stands behind the empty line (empty when there is none). A line that is neither
 * a field nor a continuation ends the block, and the body then begins WITH that line. `line` is the
 * number of text's first line. Returns 0, or -1 when the arena is out.
 */
int header_parse(struct arena *a, struct span text, uint32_t line, struct header_list *out,
		 struct span *body) __attribute__((warn_unused_result));

/* A mail is asked for a hundred names that it does not have: length and outer letters of a name,
 * which must not be empty, tell most apart. */
static inline uint32_t
header_key(struct span name)
{
	if (span_empty(name))
		return 0;
	return (uint32_t)span_len(name) << 16 | (uint32_t)(unsigned char)span_lower(*name.p) << 8 |
	       (unsigned char)span_lower(name.end[-1]);
}

/* The bit of names that stands for a key. */
static inline unsigned
header_bit(uint32_t key)
{
	return (key * 0x9e3779b1U >> 24) % HEADER_NAME_BITS;
}

/* For header_find(): `start` is one past the first field that may have the name. */
const struct header_field *header_search(const struct header_list *list, struct span name,
					 uint32_t key, size_t start);

/* The first field of that name (ASCII case ignored), or NULL. */
static inline const struct header_field *
header_find(const struct header_list *list, const char *name)
{
	struct span wanted = { name, name + strlen(name) };
	uint32_t key = header_key(wanted);
	unsigned bit = header_bit(key);

	if ((list->names[bit / 64] >> bit % 64 & 1) == 0)
		return NULL;
	return header_search(list, wanted, key, list->start[bit % HEADER_STARTS]);
}

/* The value of the first field of that name, raw and trimmed; an empty span when there is none. */
static inline struct span
header_value(const struct header_list *list, const char *name)
{
	const struct header_field *field = header_find(list, name);

	return field == NULL ? (struct span){ NULL, NULL } : field->value;
}

/* value on one line: each fold (line end and the blanks behind it) becomes one blank. Returns value
 * itself if it has none, an empty span when the arena is out. */
struct span header_unfold(struct arena *a, struct span value);

/* value unfolded and its RFC 2047 encoded words decoded: always UTF-8, on one line; 8-bit bytes
 * that are not UTF-8 are taken for windows-1252. An empty span when the arena is out. */
struct span header_text(struct arena *a, struct span value);

/* Takes CFWS (blanks, folds, nested comments; RFC 5322 section 3.2.2) off the front of *rest; a
 * comment that is not closed takes all of it. Not recursive. */
void header_skip_cfws(struct span *rest);

/*
 * Takes a token (RFC 2045 section 5.1; 8-bit bytes are allowed) or a quoted string off the front of
 * *rest; the quotes and folds are dropped, "\x" becomes x, and a string that is not closed takes
 * all of it. False, leaving *rest alone, when neither stands there or the arena is out.
 */
bool header_token(struct arena *a, struct span *rest, struct span *out);

#endif
