// SPDX-License-Identifier: MIT
/* Rows, split into the two planes and joined again. */
#include <string.h>

#include "match.h"

#define HALF (MATCH_UNIT / 2)

void match_split(const int8_t *vector, uint32_t dim, uint8_t *coarse,
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

uint32_t match_residual2(const uint8_t *fine, uint32_t dim)
{
	uint32_t sum = 0, i;

	for (i = 0; i < dim / 2; i++) {
		int lower = 2 * (fine[i] & 0x0f) - 15;
		int upper = 2 * (fine[i] >> 4) - 15;

		sum += lower * lower + upper * upper;
	}
	return sum;
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
}

/* The least r with r * r >= n. */
static uint64_t root_above(uint64_t n)
{
	uint64_t root = 0, bit;

	for (bit = 1ull << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= n)
			root |= bit;
	return root + (root * root < n);
}

int32_t match_reach(const struct match_probe *probe, uint32_t residual2)
{
	/* Twice the reach, an integer: residuals are kept doubled. */
	int64_t twice = 15 * (int64_t)probe->sum - 256 * (int64_t)probe->sum +
			(int64_t)root_above((uint64_t)residual2 * probe->norm2);

	return twice < 0 ? twice / 2 : (twice + 1) / 2;
}
