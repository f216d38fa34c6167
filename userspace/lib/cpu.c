// SPDX-License-Identifier: MIT
/*
 * The CPU backend, in plain C: the reference the others are held to. The loops
 * are separate and without exits so that the compiler can vectorise them;
 * everything is integers, so the order of additions does not matter.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ranking.h"

/* Rows between two looks at the clock, about 0.1 ms of work. */
#define ROWS_PER_LOOK 1024


static int32_t dot_product(const int8_t *a, const int8_t *b, uint32_t dim)
{
	int32_t sum = 0;
	uint32_t i;

	for (i = 0; i < dim; i++)
		sum += a[i] * b[i];
	return sum;
}

static struct limen_score score_pair(const struct limen_pair *pair)
{
	const int8_t *probe = pair->probe->vector;
	const int8_t *reference = pair->reference->vector;
	uint32_t dim = pair->probe->dim;
	struct limen_score score;

	score.raw = dot_product(probe, reference, dim);
	score.similarity =
		limen_similarity(score.raw, dot_product(probe, probe, dim),
				 dot_product(reference, reference, dim));
	return score;
}

static void cpu_compare(struct limen_backend *backend, struct limen_pair *pairs,
			unsigned int count, int64_t deadline)
{
	int64_t before = now_ns();
	unsigned int i;

	(void)backend;
	(void)deadline; /* a batch takes microseconds */
	for (i = 0; i < count; i++) {
		int64_t after;

		if (pairs[i].error != -EINPROGRESS)
			continue;
		pairs[i].score = score_pair(&pairs[i]);
		pairs[i].error = 0;
		after = now_ns();
		pairs[i].device_ns = after - before;
		before = after;
	}
}

static int cpu_search(struct limen_backend *backend,
		      const struct limen_template *probe,
		      const struct limen_gallery *gallery, uint32_t top_k,
		      int32_t min_similarity, struct limen_row *rows,
		      int64_t deadline)
{
	struct ranking ranking = { .rows = rows, .limit = top_k };
	uint32_t dim = gallery->dim;
	uint32_t norm2 = dot_product(probe->vector, probe->vector, dim);
	struct limen_row row;

	(void)backend;
	for (row.row = 0; row.row < gallery->rows; row.row++) {
		const int8_t *vector = limen_gallery_row(gallery, row.row);

		if (!(row.row % ROWS_PER_LOOK) && now_ns() > deadline)
			return -ETIMEDOUT;
		row.score.raw = dot_product(probe->vector, vector, dim);
		row.score.similarity =
			limen_similarity(row.score.raw, norm2,
					 dot_product(vector, vector, dim));
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
