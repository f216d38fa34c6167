// SPDX-License-Identifier: MIT
/*
 * Plain C, for any machine; the other kernels are held to it. The loops are short
 * and without exits so that the compiler can vectorise them; sums are integers,
 * so the order of additions does not matter.
 */
#include <math.h>

#include "match.h"

/*
 * Widened to 16 bits first, products and sums are one instruction for eight
 * components on any x86-64, and likewise elsewhere.
 */
struct block {
	int16_t at[MATCH_UNIT];
};

static inline void widen(const int8_t *vector, struct block *block)
{
	unsigned int i;

	for (i = 0; i < MATCH_UNIT; i++)
		block->at[i] = vector[i];
}

static inline int32_t multiply(const struct block *a, const struct block *b)
{
	int32_t sum = 0;
	unsigned int i;

	for (i = 0; i < MATCH_UNIT; i++)
		sum += a->at[i] * b->at[i];
	return sum;
}

static int32_t plain_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	struct block blocks[2];
	int32_t sum = 0;
	uint32_t i;

	for (i = 0; i < dim; i += MATCH_UNIT) {
		widen(a + i, &blocks[0]);
		widen(b + i, &blocks[1]);
		sum += multiply(&blocks[0], &blocks[1]);
	}
	return sum;
}

static struct match_products plain_products(const int8_t *probe,
					    const int8_t *reference,
					    uint32_t dim)
{
	struct match_products products = {};
	struct block blocks[2];
	uint32_t i;

	for (i = 0; i < dim; i += MATCH_UNIT) {
		widen(probe + i, &blocks[0]);
		widen(reference + i, &blocks[1]);
		products.raw += multiply(&blocks[0], &blocks[1]);
		products.probe_norm2 += multiply(&blocks[0], &blocks[0]);
		products.reference_norm2 += multiply(&blocks[1], &blocks[1]);
	}
	return products;
}

/* The half-bytes of a row in one plane against the probe. */
static int32_t halves(const struct match_probe *probe, const uint8_t *plane)
{
	int32_t sum = 0;
	uint32_t at, j;

	for (at = 0; at < probe->dim; at += MATCH_UNIT) {
		const int8_t(*line)[64] = probe->facing[at / MATCH_LINE];
		const uint8_t *bytes = plane + at / 2;
		const int8_t *lower = line[0] + at % MATCH_LINE / 2;
		const int8_t *upper = line[1] + at % MATCH_LINE / 2;

		for (j = 0; j < MATCH_UNIT / 2; j++)
			sum += (int16_t)(bytes[j] & 0x0f) * lower[j] +
			       (int16_t)(bytes[j] >> 4) * upper[j];
	}
	return sum;
}

static inline float norm_of(const struct match_rows *rows, uint32_t i)
{
	return sqrtf(match_norm2(rows->facts[i]));
}

static void plain_scan(const struct match_rows *rows,
		       struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	size_t stride = probe->dim / 2;
	uint32_t i;

	for (i = 0; i < rows->count; i++) {
		int32_t raw = 16 * halves(probe, rows->coarse + i * stride) +
			      halves(probe, rows->fine + i * stride) -
			      128 * probe->sum;

		/* Not "at or above": a vector of zeros makes it 0 / 0. */
		if (!((float)raw / norm_of(rows, i) < search->bound))
			match_offer(search, rows, i, raw);
	}
}

static uint32_t plain_sieve(const struct match_rows *rows,
			    const struct match_search *search,
			    struct match_candidate *candidates)
{
	const struct match_probe *probe = search->probe;
	size_t stride = probe->dim / 2;
	uint32_t count = 0, i;

	for (i = 0; i < rows->count; i++) {
		int32_t coarse = halves(probe, rows->coarse + i * stride);
		float limit = (float)(16 * coarse) + probe->base +
			      probe->slope * match_residual(rows->facts[i]);

		candidates[count].index = i;
		candidates[count].coarse = coarse;
		count += !(limit / norm_of(rows, i) < search->bound);
	}
	return count;
}

static void plain_settle(const struct match_rows *rows,
			 const struct match_candidate *candidates,
			 uint32_t count, struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	size_t stride = probe->dim / 2;
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint32_t row = candidates[i].index;
		int32_t raw = 16 * candidates[i].coarse - 128 * probe->sum +
			      halves(probe, rows->fine + row * stride);

		if (!((float)raw / norm_of(rows, row) < search->bound))
			match_offer(search, rows, row, raw);
	}
}

static const char *plain_unusable(void)
{
	return NULL;
}

const struct match_kernels match_plain = {
	.name = "plain",
	.unusable = plain_unusable,
	.dot = plain_dot,
	.products = plain_products,
	.scan = plain_scan,
	.sieve = plain_sieve,
	.settle = plain_settle,
};
