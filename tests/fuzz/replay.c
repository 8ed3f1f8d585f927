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

/* Most targets have nothing to choose; those that have define it. */
__attribute__((weak)) unsigned
fuzz_choices(void)
{
	return 0;
}

static int
read_file(const char *path, struct buf *bytes)
{
	char piece[4096];
	size_t n;
	FILE *file = fopen(path, "rb");

	if (file == NULL) {
		perror(path);
		return -1;
	}
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(bytes, span_make(piece, n));
	fclose(file);
	return 0;
}

/* In memory that ends where the input does, so that a step too far is seen. */
static void
feed_exactly(const char *input, size_t length)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, input, length);
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

/* The input, and each prefix that ends in a line's middle: what a truncated mail is. */
static void
feed(const char *input, size_t length)
{
	do {
		feed_exactly(input, length);
		length /= 2;
	} while (length > 0);
}

static int
replay(const char *path)
{
	struct buf bytes = BUF_INIT;
	unsigned choices = fuzz_choices();

	buf_addc(&bytes, '\0');
	if (read_file(path, &bytes) != 0 || !buf_ok(&bytes)) {
		buf_free(&bytes);
		return -1;
	}
	feed(bytes.data + 1, bytes.len - 1);
	for (unsigned choice = 0; choice < choices; choice++) {
		*bytes.data = (char)choice;
		feed(bytes.data, bytes.len);
	}
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
