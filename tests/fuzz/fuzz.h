/* SPDX-License-Identifier: MIT */
/* What fuzz targets share. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What libFuzzer, or main.c in its stead, calls with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of every input. */
#define MUST(condition) do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition); \
			abort(); \
		} \
	} while (0)

/* Puts data into a file in memory; its path, the same for every call. */
const char *fuzz_file(const void *data, size_t size);

#endif /* TEST_FUZZ_H */
