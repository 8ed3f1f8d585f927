/*
 * co_stack - the stacks that coroutines run on
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "co_stack.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "co.h"
#include "log.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) ((void)(start), (void)(end), 0U)
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#endif

#define MAX_UNUSED 64 /* kept for the next coroutine; address space only, no memory */

struct co_stack {
	LIST_ENTRY(co_stack) link;
	char *map;        /* CO_GUARD_SIZE that nobody may touch, then CO_STACK_SIZE */
	unsigned checker; /* valgrind's number for it */
};

char *
co_stack_bottom(const struct co_stack *stack)
{
	return stack->map + CO_GUARD_SIZE;
}

static struct co_stack *
stack_map(void)
{
	struct co_stack *stack = xalloc(sizeof(*stack));
	char *bottom;

	stack->map = mmap(NULL, CO_GUARD_SIZE + CO_STACK_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack->map == MAP_FAILED)
		log_fatal(EX_OSERR, "no memory for a coroutine's stack: %s; see vm.max_map_count",
			  strerror(errno));
	if (mprotect(stack->map, CO_GUARD_SIZE, PROT_NONE) != 0)
		log_fatal(EX_OSERR, "cannot guard a coroutine's stack: %s; see vm.max_map_count",
			  strerror(errno));
	bottom = co_stack_bottom(stack);
	stack->checker = VALGRIND_STACK_REGISTER(bottom, bottom + CO_STACK_SIZE);
	return stack;
}

static void
stack_unmap(struct co_stack *stack)
{
	VALGRIND_STACK_DEREGISTER(stack->checker);
	munmap(stack->map, CO_GUARD_SIZE + CO_STACK_SIZE);
	free(stack);
}

static struct co_stack *
take_unused(struct co_stacks *stacks)
{
	struct co_stack *stack = LIST_FIRST(&stacks->unused);

	if (stack == NULL)
		return NULL;
	LIST_REMOVE(stack, link);
	stacks->count--;
	return stack;
}

struct co_stack *
co_stack_take(struct co_stacks *stacks)
{
	struct co_stack *stack = take_unused(stacks);

	return stack == NULL ? stack_map() : stack;
}

void
co_stack_give(struct co_stacks *stacks, struct co_stack *stack)
{
	if (stacks->count >= MAX_UNUSED) {
		stack_unmap(stack);
		return;
	}
	madvise(co_stack_bottom(stack), CO_STACK_SIZE, MADV_DONTNEED);
	LIST_INSERT_HEAD(&stacks->unused, stack, link);
	stacks->count++;
}

void
co_stacks_free(struct co_stacks *stacks)
{
	struct co_stack *stack;

	while ((stack = take_unused(stacks)) != NULL)
		stack_unmap(stack);
}

void
co_stack_trim(const struct co_stack *stack, const void *frame)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t bottom = (uintptr_t)co_stack_bottom(stack);
	uintptr_t here = (uintptr_t)frame;
	/* Up to a page below the frame: its callees, and madvise() itself, need some stack. */
	uintptr_t unused;

	if (here < bottom + 2 * page)
		return;
	unused = (here - page) / page * page - bottom;
	madvise(co_stack_bottom(stack), unused, MADV_DONTNEED);
}
