// SPDX-License-Identifier: MIT
/*
 * Runs a fuzz target over the files of folders, without a fuzzer: every length
 * of every file, and a bit flipped in every byte.
 */
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "fuzz.h"

#define SIZE_MAX_INPUT (1 << 20)

static void run_all(uint8_t *data, size_t size)
{
	size_t at;

	for (at = 0; at <= size; at++) {
		/* Of its own size, so that a sanitizer sees what is beyond. */
		uint8_t *part = malloc(at + !at);

		MUST(part);
		memcpy(part, data, at);
		LLVMFuzzerTestOneInput(part, at);
		free(part);
	}
	for (at = 0; at < size; at++) {
		data[at] ^= 1 << at % 8;
		LLVMFuzzerTestOneInput(data, size);
		data[at] ^= 1 << at % 8;
	}
}

static void run_file(const char *path)
{
	uint8_t *data = malloc(SIZE_MAX_INPUT);
	FILE *file = fopen(path, "re");
	size_t size;

	MUST(data && file);
	size = fread(data, 1, SIZE_MAX_INPUT, file);
	fclose(file);
	run_all(data, size);
	free(data);
}

static unsigned int run_folder(const char *path)
{
	DIR *folder = opendir(path);
	unsigned int count = 0;
	struct dirent *entry;
	char name[PATH_MAX];

	MUST(folder);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		run_file(name);
		count++;
	}
	closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	unsigned int count = 0;
	int i;

	for (i = 1; i < argc; i++)
		count += run_folder(argv[i]);
	if (!count)
		fprintf(stderr, "%s: no inputs\n", argv[0]);
	return count ? 0 : 1;
}
