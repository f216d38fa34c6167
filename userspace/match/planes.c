// SPDX-License-Identifier: MIT
/* Rows, split into the two planes and joined again. */
#include <math.h>
#include <string.h>

#include "match.h"

#define HALF (MATCH_UNIT / 2)

static uint32_t make_facts(uint32_t norm2, uint32_t residual2)
{
	/* 339.4^2 = 225 * 512: at most 255. */
	uint32_t residual = ceil(0.75 * sqrt(residual2));

	return norm2 | residual << MATCH_NORM2_BITS;
}

static inline uint32_t square(int32_t x)
{
	return x * x;
}

uint32_t match_facts(const uint8_t *coarse, const uint8_t *fine, uint32_t dim)
{
	uint32_t norm2 = 0, residual2 = 0, i;

	for (i = 0; i < dim / 2; i++) {
		int32_t lower = (coarse[i] << 4 & 0xf0) | (fine[i] & 0x0f);
		int32_t upper = (coarse[i] & 0xf0) | fine[i] >> 4;

		norm2 += square(lower - 128) + square(upper - 128);
		residual2 += square(2 * (fine[i] & 0x0f) - 15) +
			     square(2 * (fine[i] >> 4) - 15);
	}
	return make_facts(norm2, residual2);
}

uint32_t match_split(const int8_t *vector, uint32_t dim, uint8_t *coarse,
		     uint8_t *fine)
{
	uint32_t at, j;

	for (at = 0; at < dim; at += MATCH_UNIT) {
		for (j = 0; j < HALF; j++) {
			uint8_t lower = (uint8_t)vector[at + j] ^ 0x80;
			uint8_t upper = (uint8_t)vector[at + HALF + j] ^ 0x80;

			coarse[at / 2 + j] = lower >> 4 | (upper & 0xf0);
			fine[at / 2 + j] = (lower & 0x0f) | upper << 4;
		}
	}
	return match_facts(coarse, fine, dim);
}

void match_join(const uint8_t *coarse, const uint8_t *fine, uint32_t dim,
		int8_t *vector)
{
	uint32_t at, j;

	for (at = 0; at < dim; at += MATCH_UNIT) {
		for (j = 0; j < HALF; j++) {
			uint8_t high = coarse[at / 2 + j];
			uint8_t low = fine[at / 2 + j];

			vector[at + j] = (high << 4 | (low & 0x0f)) ^ 0x80;
			vector[at + HALF + j] = ((high & 0xf0) | low >> 4) ^ 0x80;
		}
	}
}

void match_probe_set(struct match_probe *probe, const int8_t *vector,
		     uint32_t dim)
{
	uint32_t at, j;

	memset(probe, 0, sizeof(*probe));
	probe->dim = dim;
	probe->lines = (dim + MATCH_LINE - 1) / MATCH_LINE;
	for (at = 0; at < dim; at += MATCH_UNIT) {
		int8_t(*line)[64] = probe->facing[at / MATCH_LINE];

		for (j = 0; j < HALF; j++) {
			int8_t lower = vector[at + j];
			int8_t upper = vector[at + HALF + j];

			line[0][at % MATCH_LINE / 2 + j] = lower;
			line[1][at % MATCH_LINE / 2 + j] = upper;
			probe->sum += lower + upper;
			probe->norm2 += lower * lower + upper * upper;
		}
	}
	/* Terms reach 2^24, each sum rounds off at most 1 of it: hence 4 more. */
	probe->base = -120.5 * probe->sum + 4;
	/* |r| is 2/3 of a residual; 2^-20 covers the rounding of the factor. */
	probe->slope = sqrt(probe->norm2) * 2 / 3 * (1 + 0x1p-20);
}
