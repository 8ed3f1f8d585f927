/*
 * child - runs another program and waits for it on the loop
 *
 * Without a shell, in a process group of its own, with no descriptor but three. For hooks and for
 * password commands.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MAILBOUNCED_CHILD_H
#define MAILBOUNCED_CHILD_H

#include "buf.h"
#include "co.h"

#define CHILD_ERROR_SIZE 300 /* bytes kept of what went wrong, the program's own words included */

struct child {
	char *const *command;     /* NULL-terminated; looked up in PATH */
	char *const *environment; /* NULL-terminated; see child_environment() */
	struct span input;        /* its standard input */
	struct buf *output; /* gets its standard output, up to the buf's limit; NULL: /dev/null */
	double timeout;     /* seconds; then its whole process group is killed */
	bool quiet;         /* no error repeats its standard error: secrets may stand there */
};

/*
 * Inside a coroutine. Returns 0 when the program exited with status 0, else -1 with a sentence in
 * error[CHILD_ERROR_SIZE] that ends with what the program said on standard error, unless it is to
 * be quiet. Cancelled: the program is killed, -1.
 */
int child_run(struct co_loop *loop, const struct child *child, char *error);

/*
 * The few variables of our own environment that a program may have, "NAME=VALUE", malloc'd, with
 * room for `more` of the caller's behind them; *count is how many there are. The rest leads to our
 * credentials and our supervisor.
 */
char **child_environment(size_t more, size_t *count);

/* Frees the list and every string in it. */
void child_environment_free(char **environment);

#endif
