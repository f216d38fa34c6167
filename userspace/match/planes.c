// SPDX-License-Identifier: MIT
/* Rows, split into the two planes and joined again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

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
	/* Of what it can be at most, 225 * dim, in 255ths. */
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): dim is never 0 */
	residual2 = (residual2 * 17 + 15 * dim - 1) / (15 * dim);
	return norm2 | residual2 << MATCH_NORM2_BITS;
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

/* Where r * p - l / 2 * r^2 is largest, for |r| <= 7.5. */
static inline double at_maximum(unsigned int p, double l)
{
	return p < 7.5 * l ? p / l : 7.5;
}

/*
 * A limit of sum(r * probe) over all r with |r_i| <= 7.5 and |r|^2 <= R: for any
 * l > 0, each r_i * p_i - l / 2 * r_i^2 is at most its maximum over |r_i| <= 7.5,
 * which is at r_i = p_i / l or at the end of the range; so
 *
 *	sum(r * probe) <= sum of these maxima + l / 2 * R
 *
 * whatever l is (weak duality). It is tightest when the r_i of the maxima are as
 * long as r, and tighter than the Cauchy-Schwarz inequality, which is the same
 * without |r_i| <= 7.5. Fine halves are about evenly distributed, so l is chosen
 * for 21.25 = 7.5 * 8.5 / 3 a component.
 */
static void limit_rest(struct match_probe *probe)
{
	const double usual = 21.25 * probe->dim;
	const int8_t *p = (const int8_t *)probe->facing;
	double l = sqrt(probe->norm2 / usual) ?: 1, maxima = 0;
	uint16_t often[129] = {}; /* how many components have this magnitude */
	unsigned int step, i;

	for (i = 0; i < sizeof(probe->facing); i++)
		often[abs(p[i])]++;
	for (step = 0; step < 4; step++) {
		double length2 = 0;

		for (i = 1; i < 129; i++) {
			double r = at_maximum(i, l);

			length2 += often[i] * r * r;
		}
		l *= sqrt(length2 / usual) ?: 1;
	}
	for (i = 1; i < 129; i++) {
		double r = at_maximum(i, l);

		maxima += often[i] * (r * i - l / 2 * r * r);
	}
	explicit_bzero(often, sizeof(often));
	/* Terms reach 2^24, each sum rounds off at most 1 of it: hence 4 more. */
	probe->base = -120.5 * probe->sum + maxima + 4;
	/* 255 residuals are 56.25 * dim; 2^-20 covers the rounding of the factor. */
	probe->slope = l / 2 * 56.25 / 255 * probe->dim * (1 + 0x1p-20);
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
			probe->upper_sum += upper;
			probe->norm2 += lower * lower + upper * upper;
		}
	}
	limit_rest(probe);
}
