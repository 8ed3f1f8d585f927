/*
 * remove_tree - a test's directory goes with all that is in it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef REMOVE_TREE_H
#define REMOVE_TREE_H

#include "test.h"

#include <ftw.h>
#include <stdio.h>

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void
remove_tree(const char *directory)
{
	assert_int_equal(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
