/*
 * replay - feeds a fuzz target the files that are named, without a fuzzer
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"

static int
replay(const char *path)
{
	struct buf bytes = BUF_INIT;
	char piece[4096];
	size_t n;
	FILE *file = fopen(path, "rb");

	if (file == NULL) {
		perror(path);
		return -1;
	}
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&bytes, span_make(piece, n));
	fclose(file);
	LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&bytes), bytes.len);
	/* And each prefix that ends in a line's middle: what a truncated mail is. */
	for (size_t length = bytes.len / 2; length > 0; length /= 2)
		LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&bytes), length);
	buf_free(&bytes);
	return 0;
}

static int
replay_folder(const char *folder)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	char path[4096];
	int count = 0;

	if (dir == NULL) {
		perror(folder);
		return -1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (replay(path) != 0) {
			closedir(dir);
			return -1;
		}
		count++;
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);

		if (count <= 0) {
			fprintf(stderr, "%s: nothing to replay\n", argv[i]);
			return EXIT_FAILURE;
		}
		printf("%s: %d inputs\n", argv[i], count);
	}
	return EXIT_SUCCESS;
}
