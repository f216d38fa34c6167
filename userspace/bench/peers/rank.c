// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../data.h"
#include "rank.h"

int ranking_open(struct ranking *ranking, uint32_t rows, uint32_t probes)
{
	int8_t vector[BENCH_DIM];
	uint32_t i;

	memset(ranking, 0, sizeof(*ranking));
	ranking->probes = probes;
	ranking->norms = malloc(sizeof(*ranking->norms) * rows);
	if (!ranking->norms)
		return -1;
	for (i = 0; i < rows; i++) {
		bench_data_row(i, vector);
		ranking->norms[i] = 1 / sqrtf(peer_dot(vector, vector));
	}
	return 0;
}

void ranking_close(struct ranking *ranking)
{
	free(ranking->norms);
	ranking->norms = NULL;
}

void ranking_begin(struct ranking *ranking)
{
	uint32_t i, j;

	for (i = 0; i < ranking->probes; i++) {
		ranking->bounds[i] = -INFINITY;
		for (j = 0; j < PEER_TOP; j++) {
			ranking->score[i][j] = -INFINITY;
			ranking->row[i][j] = -1;
		}
	}
}

static void keep_row(struct ranking *ranking, uint32_t probe, float score, uint32_t row)
{
	float *scores = ranking->score[probe];
	int64_t *rows = ranking->row[probe];
	int i = PEER_TOP - 1;

	for (; i > 0 && scores[i - 1] < score; i--) {
		scores[i] = scores[i - 1];
		rows[i] = rows[i - 1];
	}
	scores[i] = score;
	rows[i] = row;
	ranking->bounds[probe] = scores[PEER_TOP - 1];
}

#if defined(__x86_64__)
/* Compiled for each, the one for this processor is taken. */
#define FOR_ALL __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_ALL
#endif

/* One row against all probes. */
FOR_ALL
static unsigned int any_better(const int32_t *products, float norm,
			       const float *bounds, const int32_t *shift,
			       uint32_t count)
{
	unsigned int better = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
		better |= (float)(products[i] - shift[i]) * norm > bounds[i];
	return better;
}

void ranking_add(struct ranking *ranking, uint32_t first, uint32_t count,
		 const int32_t *products)
{
	const uint32_t probes = ranking->probes;
	uint32_t i, p;

	for (i = 0; i < count; i++, products += probes) {
		float norm = ranking->norms[first + i];

		if (!any_better(products, norm, ranking->bounds, ranking->shift, probes))
			continue;
		for (p = 0; p < probes; p++) {
			float score = (float)(products[p] - ranking->shift[p]) * norm;

			if (score > ranking->bounds[p])
				keep_row(ranking, p, score, first + i);
		}
	}
}

uint64_t ranking_wrong(const struct ranking *ranking, uint32_t rows, uint32_t first,
		       uint32_t count, const int32_t *products)
{
	const uint32_t probes = ranking->probes;
	int8_t probe[BENCH_DIM], row[BENCH_DIM];
	uint64_t wrong = 0, all = 0;
	uint32_t i, p;

	for (p = 0; p < probes; p++) {
		bench_data_probe(p, rows, probe);
		for (i = 0; i < count; i++, all++) {
			bench_data_row(first + i, row);
			wrong += products[(size_t)i * probes + p] - ranking->shift[p] !=
				 peer_dot(probe, row);
		}
	}
	return all ? wrong * 1000000 / all : 0;
}
