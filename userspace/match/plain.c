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

/* A unit of a row against the same unit of the probe, still biased by 128. */
static inline int32_t unit(const uint8_t *coarse, const uint8_t *fine,
			   const int8_t *lower, const int8_t *upper)
{
	int32_t sum = 0;
	unsigned int j;

	for (j = 0; j < MATCH_UNIT / 2; j++) {
		int16_t low = (coarse[j] << 4 & 0xf0) | (fine[j] & 0x0f);
		int16_t high = (coarse[j] & 0xf0) | fine[j] >> 4;

		sum += low * lower[j] + high * upper[j];
	}
	return sum;
}

static int32_t row_raw(const struct match_probe *probe, const uint8_t *coarse,
		       const uint8_t *fine)
{
	int32_t sum = -128 * probe->sum;
	uint32_t at;

	for (at = 0; at < probe->dim; at += MATCH_UNIT) {
		const int8_t(*line)[64] = probe->facing[at / MATCH_LINE];

		sum += unit(coarse + at / 2, fine + at / 2,
			    line[0] + at % MATCH_LINE / 2,
			    line[1] + at % MATCH_LINE / 2);
	}
	return sum;
}

static void plain_scan(const struct match_rows *rows,
		       struct match_search *search)
{
	const struct match_probe *probe = search->probe;
	size_t stride = probe->dim / 2;
	uint32_t i;

	for (i = 0; i < rows->count; i++) {
		int32_t raw = row_raw(probe, rows->coarse + i * stride,
				      rows->fine + i * stride);

		/* Not "at or above": a vector of zeros makes it 0 / 0. */
		if (!((float)raw / sqrtf(rows->norm2[i]) < search->bound))
			match_offer(search, rows, i, raw);
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
};
