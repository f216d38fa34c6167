// SPDX-License-Identifier: MIT
/*
 * NEON as every AArch64 processor has it. smlal multiplies 8 signed by 8 signed
 * bytes and adds the products to lanes of 16 bits; sadalp adds pairs of these to
 * lanes of 32. How many products may be added in between is told where it is done.
 *
 * Half-bytes: a product is at most 15 * 128 = 1920, and 17 times that still fit.
 *
 * Whole bytes: two products of -128 by -128 would not fit. But with ~x = -1 - x,
 *
 *	x * p + y * q + q = x * p - ~y * q,
 *
 * of which the former is in -16256 ... 16384 and what the latter adds in -16384 ...
 * 16256: together they are at most 32640. So smull and smlsl take two products,
 * whatever the bytes are, if one row's half lies inverted, which costs nothing where
 * planes are joined. What it adds is the sum of the components that face that half,
 * which is known of the probe.
 */
#define INVERT_COARSE 0x78
#define INVERT_FINE 0xf0

#include "neon_one.h"
#include "neon_tile.h"

/* Units whose sums fit 16 bits: each adds 8 products to a lane. */
#define UNITS_NARROW 2

/* 16 bytes of a plane, as half-bytes. */
INLINE struct both halves_at(const uint8_t *at)
{
	uint8x16_t both = vld1q_u8(at);

	return (struct both){
		.lower = vreinterpretq_s8_u8(
			vandq_u8(both, vdupq_n_u8(0x0f))),
		.upper = vreinterpretq_s8_u8(vshrq_n_u8(both, 4)),
	};
}

/* Adds half-bytes of some rows times what faces them; see add_joined(). */
INLINE void add_halves(int16x8_t *narrow, const struct both *rows,
		       unsigned int count, int8x16_t lower, int8x16_t upper)
{
	unsigned int i;

#pragma GCC unroll 4
	for (i = 0; i < count; i++)
		narrow[i] = vmlal_s8(narrow[i], vget_low_s8(rows[i].lower),
				     vget_low_s8(lower));
#pragma GCC unroll 4
	for (i = 0; i < count; i++)
		narrow[i] = vmlal_high_s8(narrow[i], rows[i].lower, lower);
#pragma GCC unroll 4
	for (i = 0; i < count; i++)
		narrow[i] = vmlal_s8(narrow[i], vget_low_s8(rows[i].upper),
				     vget_low_s8(upper));
#pragma GCC unroll 4
	for (i = 0; i < count; i++)
		narrow[i] = vmlal_high_s8(narrow[i], rows[i].upper, upper);
}

/*
 * Adds joined bytes of four rows, the upper ones inverted, times what faces them. All
 * rows take each step before one takes the next: a processor that does not reorder
 * instructions would wait for each result.
 */
INLINE void add_joined(int32x4_t sums[4], const struct both rows[4],
		       int8x16_t lower, int8x16_t upper)
{
	int16x8_t narrow[4];
	unsigned int i;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		narrow[i] = vmull_s8(vget_low_s8(rows[i].lower),
				     vget_low_s8(lower));
#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		narrow[i] = vmlsl_s8(narrow[i], vget_low_s8(rows[i].upper),
				     vget_low_s8(upper));
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		sums[i] = vpadalq_s16(sums[i], narrow[i]);
		narrow[i] = vmull_high_s8(rows[i].lower, lower);
	}
#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		narrow[i] = vmlsl_high_s8(narrow[i], rows[i].upper, upper);
#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		sums[i] = vpadalq_s16(sums[i], narrow[i]);
}

INLINE int32x4_t four_sums(const struct match_probe *probe,
			   const uint8_t *const rows[4], unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	int16x8_t narrow[4] = {};
	int32x4_t sums[4] = {};
	unsigned int unit, at, i;

	KEEP_IN_MEMORY(facing);
#pragma GCC unroll 8
	for (unit = 0; unit < units; unit++) {
#pragma GCC unroll 2
		for (at = 0; at < HALF; at += 16) {
			const int8_t *faces = facing + facing_at(unit) + at;
			int8x16_t lower = vld1q_s8(faces);
			int8x16_t upper = vld1q_s8(faces + 64);
			struct both halves[4];

#pragma GCC unroll 4
			for (i = 0; i < 4; i++)
				halves[i] = halves_at(rows[i] + unit * HALF +
						      at);
			add_halves(narrow, halves, 4, lower, upper);
		}
		if ((unit + 1) % UNITS_NARROW && unit + 1 < units)
			continue;
#pragma GCC unroll 4
		for (i = 0; i < 4; i++) {
			sums[i] = vpadalq_s16(sums[i], narrow[i]);
			narrow[i] = vdupq_n_s16(0);
		}
	}
	return sums_of(sums);
}

INLINE int32x4_t four_raws(const struct match_probe *probe,
			   const uint8_t *const coarse[4],
			   const uint8_t *const fine[4], unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	int32x4_t sums[4] = {};
	unsigned int at, i;

	KEEP_IN_MEMORY(facing);
#pragma GCC unroll 16
	for (at = 0; at < units * HALF; at += 16) {
		const int8_t *faces = facing + facing_at(at / HALF) + at % HALF;
		int8x16_t lower = vld1q_s8(faces);
		int8x16_t upper = vld1q_s8(faces + 64);
		struct both joined[4];

#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			joined[i] = join(coarse[i] + at, fine[i] + at,
					 INVERT_COARSE, INVERT_FINE);
		add_joined(sums, joined, lower, upper);
	}
	return vsubq_s32(sums_of(sums), vdupq_n_s32(probe->upper_sum));
}

INLINE int32_t rest_sum(const struct match_probe *probe, const uint8_t *row,
			unsigned int from, unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	int32x4_t sum = {};
	unsigned int unit;

	for (unit = from; unit < units; unit++) {
		const int8_t *faces = facing + facing_at(unit);
		struct both halves[2] = {
			halves_at(row + unit * HALF),
			halves_at(row + unit * HALF + 16),
		};
		int16x8_t narrow = {};

		add_halves(&narrow, &halves[0], 1, vld1q_s8(faces),
			   vld1q_s8(faces + 64));
		add_halves(&narrow, &halves[1], 1, vld1q_s8(faces + 16),
			   vld1q_s8(faces + 80));
		sum = vpadalq_s16(sum, narrow);
	}
	return vaddvq_s32(sum);
}

INLINE void tile_raws(const int8_t *rows,
		      const struct match_probe *const probes[PROBES],
		      unsigned int lines, int32x4_t raws[PROBES])
{
	int32x4_t sums[PROBES][GROUP] = {};
	size_t at;
	int i, j;

	for (at = 0; at < lines * MATCH_LINE; at += at % 64 == 48 ? 80 : 16) {
		struct both row[GROUP];

		for (i = 0; i < GROUP; i++) {
			row[i].lower = vld1q_s8(rows + i * LIMEN_DIM_MAX + at);
			row[i].upper = vld1q_s8(rows + i * LIMEN_DIM_MAX + at +
						64);
		}
		for (j = 0; j < PROBES; j++) {
			const int8_t *faces = probes[j]->facing[0][0] + at;

			add_joined(sums[j], row, vld1q_s8(faces),
				   vld1q_s8(faces + 64));
		}
	}
	for (j = 0; j < PROBES; j++)
		raws[j] = vsubq_s32(sums_of(sums[j]),
				    vdupq_n_s32(probes[j]->upper_sum));
}

/* Adds the products of 16 pairs of bytes, none of which need to be known. */
INLINE int32x4_t add_products(int32x4_t sum, int8x16_t x, int8x16_t y)
{
	sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(x), vget_low_s8(y)));
	return vpadalq_s16(sum, vmull_high_s8(x, y));
}

static int32_t neon_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	int32x4_t sums[4] = {};
	uint32_t at;
	int i;

	for (at = 0; at < dim; at += MATCH_UNIT)
		for (i = 0; i < 4; i++)
			sums[i] = add_products(sums[i],
					       vld1q_s8(a + at + 16 * i),
					       vld1q_s8(b + at + 16 * i));
	return vaddvq_s32(sums_of(sums));
}

static struct match_products neon_products(const int8_t *probe,
					   const int8_t *reference,
					   uint32_t dim)
{
	int32x4_t raw = {}, probes = {}, references = {};
	uint32_t at;

	for (at = 0; at < dim; at += 16) {
		int8x16_t x = vld1q_s8(probe + at);
		int8x16_t y = vld1q_s8(reference + at);

		raw = add_products(raw, x, y);
		probes = add_products(probes, x, x);
		references = add_products(references, y, y);
	}
	return (struct match_products){
		.raw = vaddvq_s32(raw),
		.probe_norm2 = vaddvq_s32(probes),
		.reference_norm2 = vaddvq_s32(references),
	};
}

/* What this is compiled for, everything else here is as well. */
static const char *neon_unusable(void)
{
	return NULL;
}

const struct match_kernels match_neon = {
	.name = "neon",
	.unusable = neon_unusable,
	.dot = neon_dot,
	.products = neon_products,
	.scan = scan_one,
	.sieve = sieve_one,
	.settle = settle_one,
	.scan_many = scan_many,
};
