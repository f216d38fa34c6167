// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdlib.h>

#include "../data.h"
#include "exact.h"

#if defined(__x86_64__)
/* A search of a million rows takes seconds without. */
__attribute__((target_clones("avx2", "default")))
#endif
int32_t peer_dot(const int8_t *a, const int8_t *b)
{
	int32_t sum = 0;
	int i;

	for (i = 0; i < BENCH_DIM; i++)
		sum += a[i] * b[i];
	return sum;
}

/* Rows of equal similarity have the same number. */
static double similarity(const int8_t *probe, const int8_t *row)
{
	return peer_dot(probe, row) / sqrt(peer_dot(row, row));
}

/* The best in falling order. */
static void keep_best(double best[PEER_TOP], double value)
{
	int i = PEER_TOP - 1;

	if (value <= best[i])
		return;
	for (; i > 0 && best[i - 1] < value; i--)
		best[i] = best[i - 1];
	best[i] = value;
}

void exact_bounds(uint32_t rows, uint32_t probes, double bounds[PEER_PROBES_MAX])
{
	static int8_t vectors[PEER_PROBES_MAX][BENCH_DIM];
	static double best[PEER_PROBES_MAX][PEER_TOP];
	int8_t row[BENCH_DIM];
	uint32_t i, p;

	for (p = 0; p < probes; p++) {
		bench_data_probe(p, rows, vectors[p]);
		for (i = 0; i < PEER_TOP; i++)
			best[p][i] = -INFINITY;
	}
	for (i = 0; i < rows; i++) {
		bench_data_row(i, row);
		for (p = 0; p < probes; p++)
			keep_best(best[p], similarity(vectors[p], row));
	}
	for (p = 0; p < probes; p++)
		bounds[p] = best[p][PEER_TOP - 1];
}

unsigned int exact_others(uint32_t rows, uint32_t probe, double bound,
			  const int64_t found[PEER_TOP])
{
	int8_t vector[BENCH_DIM], row[BENCH_DIM];
	unsigned int others = 0, i, j;

	bench_data_probe(probe, rows, vector);
	for (i = 0; i < PEER_TOP; i++) {
		if (found[i] < 0 || found[i] >= rows) {
			others++;
			continue;
		}
		for (j = 0; j < i && found[j] != found[i]; j++)
			;
		bench_data_row(found[i], row);
		others += j < i || similarity(vector, row) < bound;
	}
	return others;
}
