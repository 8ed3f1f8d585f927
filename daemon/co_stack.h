/*
 * co_stack - the stacks that coroutines run on
 *
 * Each is a mapping of its own with a guard below it, so that one that runs over ends the program
 * instead of writing into another's. Some are kept for the next coroutine.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CO_STACK_H
#define MAILBOUNCED_CO_STACK_H

#include <stddef.h>
#include <sys/queue.h>

struct co_stack;

/* Those that nobody runs on; all zero is empty. */
struct co_stacks {
	LIST_HEAD(, co_stack) unused;
	size_t count;
};

/* CO_STACK_SIZE bytes. Never fails (out of memory is fatal). */
struct co_stack *co_stack_take(struct co_stacks *stacks);
/* Its memory goes back to the system, its addresses may be kept. */
void co_stack_give(struct co_stacks *stacks, struct co_stack *stack);
void co_stacks_free(struct co_stacks *stacks);

/* The lowest byte that may be used. */
char *co_stack_bottom(const struct co_stack *stack);

/* Gives the memory below the frame, which runs on this stack, back to the system. */
void co_stack_trim(const struct co_stack *stack, const void *frame);

#endif
