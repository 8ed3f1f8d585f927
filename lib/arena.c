/*
 * arena - memory for one message
 *
 * A list of blocks; the newest common one is filled from its front. A large request gets a block of
 * its own behind it, so that one long text does not throw away what is left of the current block.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)64 * 1024)
#define LARGE (BLOCK_SIZE / 4)
#define FIRST_CAP ((size_t)8) /* elements in a growing array that was empty */

struct arena_block {
	struct arena_block *next;
	size_t size; /* bytes of data */
	size_t used;
	alignas(max_align_t) char data[];
};

struct arena_tool {
	struct arena_tool *next;
	const char *name;
	void *tool;
	void (*close)(void *tool);
};

void
arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit == 0 ? ARENA_DEFAULT_LIMIT : limit };
}

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	block->next = NULL;
	block->size = size;
	block->used = 0;
	return block;
}

/* A block with at least `size` free bytes, or NULL. */
static struct arena_block *
block_for(struct arena *a, size_t size)
{
	struct arena_block *block = a->block;

	if (block != NULL && block->size - block->used >= size)
		return block;
	block = block_new(size > LARGE ? size : BLOCK_SIZE);
	if (block == NULL)
		return NULL;
	if (size > LARGE && a->block != NULL) {
		block->next = a->block->next;
		a->block->next = block;
	} else {
		block->next = a->block;
		a->block = block;
	}
	return block;
}

static void *
take(struct arena *a, size_t size)
{
	struct arena_block *block = NULL;
	size_t round;
	void *p;

	round = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (round >= size && round <= a->limit - a->used)
		block = block_for(a, round);
	if (block == NULL) {
		a->refused = true;
		return NULL;
	}
	p = block->data + block->used;
	block->used += round;
	a->used += round;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = take(a, size);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

char *
arena_text(struct arena *a, size_t size)
{
	return take(a, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total)) {
		a->refused = true;
		return NULL;
	}
	return arena_alloc(a, total);
}

struct span
arena_copy(struct arena *a, struct span s)
{
	size_t len = span_len(s);
	char *p = take(a, len + 1); /* no object has SIZE_MAX bytes */

	if (p == NULL)
		return (struct span){ NULL, NULL };
	if (len > 0)
		memcpy(p, s.p, len);
	p[len] = '\0';
	return span_make(p, len);
}

void *
arena_widen(struct arena *a, const void *array, size_t count, size_t *cap, size_t size)
{
	size_t more;
	void *wider;

	more = *cap == 0 ? FIRST_CAP : *cap * 2; /* an array of half SIZE_MAX does not exist */
	wider = arena_array(a, more, size);
	if (wider == NULL)
		return NULL;
	if (count > 0)
		memcpy(wider, array, count * size);
	*cap = more;
	return wider;
}

/* Keeps only a block of the common size: one huge message must not hold its memory for good. */
void
arena_reset(struct arena *a)
{
	struct arena_block *kept = NULL, *next;

	for (struct arena_block *block = a->block; block != NULL; block = next) {
		next = block->next;
		if (kept == NULL && block->size == BLOCK_SIZE)
			kept = block;
		else
			free(block);
	}
	if (kept != NULL) {
		kept->next = NULL;
		kept->used = 0;
	}
	a->block = kept;
	a->used = 0;
	a->refused = false;
}

bool
arena_keep(struct arena *a, const char *name, void *tool, void (*close)(void *tool))
{
	struct arena_tool *kept = malloc(sizeof(*kept));

	if (kept == NULL)
		return false;
	*kept = (struct arena_tool){ a->tool, name, tool, close };
	a->tool = kept;
	return true;
}

void *
arena_tool(const struct arena *a, const char *name)
{
	for (const struct arena_tool *kept = a->tool; kept != NULL; kept = kept->next)
		if (strcmp(kept->name, name) == 0)
			return kept->tool;
	return NULL;
}

static void
close_tools(struct arena *a)
{
	struct arena_tool *next;

	for (struct arena_tool *kept = a->tool; kept != NULL; kept = next) {
		next = kept->next;
		kept->close(kept->tool);
		free(kept);
	}
	a->tool = NULL;
}

void
arena_free(struct arena *a)
{
	struct arena_block *next;

	close_tools(a);
	for (struct arena_block *block = a->block; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	a->block = NULL;
	a->used = 0;
	a->refused = false;
}
