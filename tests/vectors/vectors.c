// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

/* Longest line: two vectors in hexadecimal, and the rest. */
#define LINE_SIZE (4 * LIMEN_DIM_MAX + 256)
#define COLUMNS 8

static int read_vector(const char *text, struct limen_template *tmpl,
		       uint32_t dim)
{
	char byte[3] = {}, *end;
	uint32_t i;

	if (!limen_dim_valid(dim) || strlen(text) != 2 * dim)
		return -1;
	tmpl->dim = dim;
	for (i = 0; i < dim; i++) {
		memcpy(byte, text + 2 * i, 2);
		tmpl->vector[i] = (int8_t)strtoul(byte, &end, 16);
		if (*end)
			return -1;
	}
	return 0;
}

static int read_case(char *line, struct vector_case *vector)
{
	char *columns[COLUMNS], *rest = line;
	unsigned int i;
	uint32_t dim;

	for (i = 0; i < COLUMNS; i++) {
		columns[i] = strsep(&rest, ",\n");
		if (!columns[i])
			return -1;
	}
	dim = strtoul(columns[1], NULL, 10);
	if (read_vector(columns[2], &vector->probe, dim) ||
	    read_vector(columns[3], &vector->reference, dim))
		return -1;
	snprintf(vector->name, sizeof(vector->name), "%s", columns[0]);
	vector->score.raw = strtol(columns[4], NULL, 10);
	vector->norm2[0] = strtoul(columns[5], NULL, 10);
	vector->norm2[1] = strtoul(columns[6], NULL, 10);
	vector->score.similarity = strtol(columns[7], NULL, 10);
	return 0;
}

static struct vector_case *load(FILE *file, unsigned int *count)
{
	struct vector_case *cases = NULL;
	size_t align = _Alignof(struct vector_case), size;
	char line[LINE_SIZE];
	unsigned int lines = 0;

	while (fgets(line, sizeof(line), file))
		lines++;
	rewind(file);
	size = lines * sizeof(*cases);
	if (!lines || posix_memalign((void **)&cases, align, size))
		return NULL;
	memset(cases, 0, size);
	for (*count = 0; fgets(line, sizeof(line), file); (*count)++)
		if (read_case(line, &cases[*count])) {
			free(cases);
			return NULL;
		}
	return cases;
}

struct vector_case *vectors_load(const char *path, unsigned int *count)
{
	FILE *file = fopen(path, "re");
	struct vector_case *cases;

	if (!file)
		return NULL;
	cases = load(file, count);
	fclose(file);
	return cases;
}
