// SPDX-License-Identifier: MIT
/*
 * Gaussian numbers take longer to make than a search takes to read them, so rows
 * are made of fewer: row i is one of BASE vectors, its components rotated by
 * i / BASE places. To any probe that is as good as a new one.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

#define BASE 65536
#define LIKENESS 0.6
/* Probes are no rows. */
#define PROBE_SEED (1ull << 40)

_Static_assert(BENCH_ROWS_MAX == BASE * BENCH_DIM, "every rotation is used");

static int8_t (*base)[BENCH_DIM];

/* Sebastiano Vigna's SplitMix64: any seed gives an independent sequence. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Box and Muller's transform. */
static void gaussian(uint64_t seed, float *vector)
{
	uint64_t state = seed << 20;
	unsigned int i;

	for (i = 0; i < BENCH_DIM; i += 2) {
		uint64_t bits = next_random(&state);
		float radius = ((bits >> 40) + 1) * 0x1p-24f;
		float angle = (bits & 0xffffff) * (float)M_PI * 0x1p-23f;

		radius = sqrtf(-2 * logf(radius));
		vector[i] = radius * cosf(angle);
		vector[i + 1] = radius * sinf(angle);
	}
}

static void quantise(const float *embedding, int8_t *vector)
{
	float largest = 0;
	unsigned int i;

	for (i = 0; i < BENCH_DIM; i++)
		largest = fmaxf(largest, fabsf(embedding[i]));
	for (i = 0; i < BENCH_DIM; i++)
		vector[i] = lrintf(embedding[i] / largest * 127);
}

int bench_data_open(void)
{
	float embedding[BENCH_DIM];
	uint32_t i;

	base = malloc(sizeof(*base) * BASE);
	if (!base)
		return -ENOMEM;
	for (i = 0; i < BASE; i++) {
		gaussian(i, embedding);
		quantise(embedding, base[i]);
	}
	return 0;
}

void bench_data_close(void)
{
	free(base);
	base = NULL;
}

void bench_data_row(uint32_t row, int8_t vector[BENCH_DIM])
{
	const int8_t *from = base[row % BASE];
	uint32_t by = row / BASE % BENCH_DIM;

	memcpy(vector, from + by, BENCH_DIM - by);
	memcpy(vector + BENCH_DIM - by, from, by);
}

uint32_t bench_data_probe(uint32_t probe, uint32_t rows,
			  int8_t vector[BENCH_DIM])
{
	uint32_t mate = (uint64_t)probe * 7919 % rows;
	float embedding[BENCH_DIM];
	double norm2 = 0, scale;
	int8_t row[BENCH_DIM];
	unsigned int i;

	bench_data_row(mate, row);
	for (i = 0; i < BENCH_DIM; i++)
		norm2 += row[i] * row[i];
	scale = LIKENESS * sqrt(BENCH_DIM / norm2);
	gaussian(PROBE_SEED + probe, embedding);
	for (i = 0; i < BENCH_DIM; i++)
		embedding[i] = scale * row[i] +
			       sqrt(1 - LIKENESS * LIKENESS) * embedding[i];
	quantise(embedding, vector);
	return mate;
}
