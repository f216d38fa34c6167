// SPDX-License-Identifier: MIT
/*
 * The published test vectors of the score (tests/vectors), by every instruction
 * set that is usable. Prints TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <match.h>
#include <vectors.h>

#include "tap.h"

/* A row's search, which remembers what it was offered. */
struct catch {
	struct match_search search;
	struct limen_score score;
	unsigned int count;
};

static void catch_score(struct match_search *search, uint32_t row,
			struct limen_score score)
{
	struct catch *catch = (struct catch *)search;

	catch->count += !row;
	catch->score = score;
}

static bool same(const struct limen_score *a, const struct limen_score *b)
{
	return a->raw == b->raw && a->similarity == b->similarity;
}

static bool compares(const struct match_kernels *kernels,
		     const struct vector_case *vector)
{
	const int8_t *probe = vector->probe.vector;
	const int8_t *reference = vector->reference.vector;
	uint32_t dim = vector->probe.dim;
	struct match_products got = kernels->products(probe, reference, dim);
	struct limen_score score = {
		.raw = kernels->dot(probe, reference, dim),
		.similarity = match_similarity(got.raw, got.probe_norm2,
					       got.reference_norm2),
	};

	return same(&score, &vector->score) && got.raw == score.raw &&
	       got.probe_norm2 == vector->norm2[0] &&
	       got.reference_norm2 == vector->norm2[1];
}

/* Whether the reference is found, from its own similarity on. */
static bool finds(const struct match_kernels *kernels,
		  const struct vector_case *vector)
{
	uint8_t planes[2][LIMEN_DIM_MAX / 2] __attribute__((aligned(64)));
	uint32_t dim = vector->probe.dim;
	uint32_t facts = match_split(vector->reference.vector, dim, planes[0],
				     planes[1]);
	struct match_rows rows = { planes[0], planes[1], &facts, 1, 0, NULL };
	struct match_probe probe;
	struct catch catch = {
		.search = { .probe = &probe, .offer = catch_score },
	};
	struct match_search *search = &catch.search;
	struct match_candidate candidate;
	unsigned int expected = 2;

	match_probe_set(&probe, vector->probe.vector, dim);
	search->bound = match_bound(&probe, vector->score.similarity);
	kernels->scan(&rows, search);
	kernels->settle(&rows, &candidate,
			kernels->sieve(&rows, search, &candidate), search);
	if (kernels->scan_many) {
		kernels->scan_many(&rows, &search, 1);
		expected++;
	}
	return catch.count == expected && same(&catch.score, &vector->score);
}

static void check_vectors(const struct match_kernels *kernels,
			  const struct vector_case *vectors, unsigned int count)
{
	unsigned int i, bad = 0;

	for (i = 0; i < count; i++) {
		if (compares(kernels, &vectors[i]) && finds(kernels, &vectors[i]))
			continue;
		printf("# %s: %s\n", kernels->name, vectors[i].name);
		bad++;
	}
	tap_result(!bad, "%s: %u published vectors, %u wrong", kernels->name,
		   count, bad);
}

int main(void)
{
	const struct match_kernels *const *kernels;
	struct vector_case *vectors;
	unsigned int count;

	vectors = vectors_load(SCORE_VECTORS, &count);
	if (!vectors) {
		perror(SCORE_VECTORS);
		return 1;
	}
	for (kernels = match_kernels_all; *kernels; kernels++)
		if (!(*kernels)->unusable())
			check_vectors(*kernels, vectors, count);
	free(vectors);
	return tap_end();
}
