/* SPDX-License-Identifier: MIT */
/* Reading tests/vectors/score.csv. */
#ifndef TEST_VECTORS_H
#define TEST_VECTORS_H

#include <limen.h>

/**
 * struct vector_case - a line of score.csv
 * @name: of the case
 * @probe: a template of no particular model
 * @reference: likewise
 * @norm2: squared norms of both
 * @score: what every implementation must say
 */
struct vector_case {
	char name[64];
	struct limen_template probe;
	struct limen_template reference;
	uint32_t norm2[2];
	struct limen_score score;
};

/* All cases, to be freed; NULL if the file is not what it should be. */
struct vector_case *vectors_load(const char *path, unsigned int *count);

#endif /* TEST_VECTORS_H */
