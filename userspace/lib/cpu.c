// SPDX-License-Identifier: MIT
/*
 * The CPU backend, in plain C: the reference the others are held to. The loops
 * are short and without exits so that the compiler can vectorise them;
 * sums are integers, so the order of additions does not matter.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ranking.h"

/* Rows between two looks at the clock, about 0.1 ms of work. */
#define ROWS_PER_LOOK 1024

/*
 * Components of a block. Widened to 16 bits first, their products and sums are
 * one instruction for eight components on any x86-64, and likewise elsewhere.
 */
#define BLOCK 64

struct block {
	int16_t at[BLOCK];
};

static inline void widen(const int8_t *vector, struct block *block)
{
	unsigned int i;

	for (i = 0; i < BLOCK; i++)
		block->at[i] = vector[i];
}

static inline int32_t dot(const struct block *a, const struct block *b)
{
	int32_t sum = 0;
	unsigned int i;

	for (i = 0; i < BLOCK; i++)
		sum += a->at[i] * b->at[i];
	return sum;
}

static int32_t squared_norm(const int8_t *vector, uint32_t dim)
{
	struct block block;
	int32_t sum = 0;
	uint32_t i;

	for (i = 0; i < dim; i += BLOCK) {
		widen(vector + i, &block);
		sum += dot(&block, &block);
	}
	return sum;
}

/*
 * As limen_similarity(), several times as fast. All operands below are integers
 * that a double holds exactly, and the square root and the quotient are each
 * rounded correctly, so the result is off by less than 32768 * 2^-51: unless it
 * is that close to an integer, truncating it gives what the definition gives.
 */
static int32_t similarity(int32_t raw, uint32_t probe_norm2,
			  uint32_t reference_norm2)
{
	const double doubt = 1e-6;
	double norms = (double)probe_norm2 * reference_norm2;
	double cosine, rest;
	int32_t whole;

	if (norms == 0)
		return 0;
	cosine = (double)raw * LIMEN_SIMILARITY_ONE / sqrt(norms);
	whole = cosine;
	rest = fabs(cosine - whole);
	if (rest < doubt || rest > 1 - doubt)
		return limen_similarity(raw, probe_norm2, reference_norm2);
	return whole;
}

/* As limen_score_vectors(), with the probe's norm known. */
static struct limen_score score(const int8_t *probe, int32_t probe_norm2,
				const int8_t *reference, uint32_t dim)
{
	struct block blocks[2];
	struct limen_score score;
	int32_t raw = 0, norm2 = 0;
	uint32_t i;

	for (i = 0; i < dim; i += BLOCK) {
		widen(probe + i, &blocks[0]);
		widen(reference + i, &blocks[1]);
		raw += dot(&blocks[0], &blocks[1]);
		norm2 += dot(&blocks[1], &blocks[1]);
	}
	score.raw = raw;
	score.similarity = similarity(raw, probe_norm2, norm2);
	return score;
}

static void cpu_compare(struct limen_backend *backend, struct limen_pair *pairs,
			unsigned int count, int timeout_ms)
{
	int64_t start = now_ns(), each;
	unsigned int i;

	(void)backend;
	(void)timeout_ms; /* a batch takes microseconds */
	for (i = 0; i < count; i++) {
		const struct limen_template *probe = pairs[i].probe;

		if (pairs[i].error != -EINPROGRESS)
			continue;
		pairs[i].score = score(probe->vector,
				       squared_norm(probe->vector, probe->dim),
				       pairs[i].reference->vector, probe->dim);
		pairs[i].error = 0;
	}
	/* Looked at for every pair, the clock would take a fifth of the time. */
	each = count ? (now_ns() - start) / count : 0;
	for (i = 0; i < count; i++)
		if (!pairs[i].error)
			pairs[i].device_ns = each;
}

static int cpu_search(struct limen_backend *backend,
		      const struct limen_template *probe,
		      const struct limen_gallery *gallery, uint32_t top_k,
		      int32_t min_similarity, struct limen_row *rows,
		      int timeout_ms)
{
	struct ranking ranking = { .rows = rows, .limit = top_k };
	int64_t deadline = deadline_in(timeout_ms);
	uint32_t dim = gallery->dim;
	int32_t norm2 = squared_norm(probe->vector, dim);
	struct limen_row row;

	(void)backend;
	for (row.row = 0; row.row < gallery->rows; row.row++) {
		if (!(row.row % ROWS_PER_LOOK) && now_ns() > deadline)
			return -ETIMEDOUT;
		row.score = score(probe->vector, norm2,
				  limen_gallery_row(gallery, row.row), dim);
		if (row.score.similarity >= min_similarity)
			ranking_add(&ranking, &row);
	}
	ranking_sort(&ranking);
	return ranking.count;
}

static void cpu_close(struct limen_backend *backend)
{
	free(backend);
}

static const struct limen_backend_ops cpu_ops = {
	.close = cpu_close,
	.compare = cpu_compare,
	.search = cpu_search,
};

int cpu_open(struct limen_backend **backend)
{
	struct limen_backend *cpu = calloc(1, sizeof(*cpu));

	if (!cpu)
		return -ENOMEM;
	cpu->ops = &cpu_ops;
	cpu->kind = LIMEN_BACKEND_CPU;
	snprintf(cpu->description, sizeof(cpu->description), "CPU, plain C");
	*backend = cpu;
	return 0;
}
