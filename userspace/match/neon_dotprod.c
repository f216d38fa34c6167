// SPDX-License-Identifier: MIT
/*
 * NEON with dot products (ARMv8.2 and later). sdot multiplies 16 signed by 16
 * signed bytes and adds them, four to a lane of 32 bits, without saturating.
 * Half-bytes are signed bytes as they are; where both planes are read, they are
 * joined to the bytes of a row.
 *
 * Where there are products of matrices as well (i8mm), they serve many probes: they
 * multiply pairs of rows by pairs of probes, and one probe makes no pair.
 */
#define INVERT_COARSE 0x88
#define INVERT_FINE 0

#include <sys/auxv.h>

#include "neon_one.h"
#include "neon_tile.h"

/* Adds, over 16 bytes of a plane, half-bytes times what faces them. */
INLINE int32x4_t add_halves(int32x4_t sum, const uint8_t *at, int8x16_t lower,
			    int8x16_t upper)
{
	uint8x16_t both = vld1q_u8(at);
	uint8x16_t low = vandq_u8(both, vdupq_n_u8(0x0f));

	sum = vdotq_s32(sum, vreinterpretq_s8_u8(low), lower);
	return vdotq_s32(sum, vreinterpretq_s8_u8(vshrq_n_u8(both, 4)), upper);
}

INLINE int32x4_t four_sums(const struct match_probe *probe,
			   const uint8_t *const rows[4], unsigned int units)
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

#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			sums[i] = add_halves(sums[i], rows[i] + at, lower,
					     upper);
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

#pragma GCC unroll 4
		for (i = 0; i < 4; i++) {
			struct both row = join(coarse[i] + at, fine[i] + at,
						 INVERT_COARSE, INVERT_FINE);

			sums[i] = vdotq_s32(sums[i], row.lower, lower);
			sums[i] = vdotq_s32(sums[i], row.upper, upper);
		}
	}
	return sums_of(sums);
}

INLINE int32_t rest_sum(const struct match_probe *probe, const uint8_t *row,
			unsigned int from, unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	int32x4_t sum = {};
	unsigned int at;

	for (at = from * HALF; at < units * HALF; at += 16) {
		const int8_t *faces = facing + facing_at(at / HALF) + at % HALF;

		sum = add_halves(sum, row + at, vld1q_s8(faces),
				 vld1q_s8(faces + 64));
	}
	return vaddvq_s32(sum);
}

/* Where a row ends in the middle of a line, what faces the rest of it is zero. */
INLINE void tile_raws(const int8_t *rows,
		      const struct match_probe *const probes[PROBES],
		      unsigned int lines, int32x4_t raws[PROBES])
{
	int32x4_t sums[PROBES][GROUP] = {};
	size_t at;
	int i, j;

	for (at = 0; at < lines * MATCH_LINE; at += 16) {
		int8x16_t row[GROUP];

		for (i = 0; i < GROUP; i++)
			row[i] = vld1q_s8(rows + i * LIMEN_DIM_MAX + at);
		for (j = 0; j < PROBES; j++) {
			int8x16_t faces = vld1q_s8(probes[j]->facing[0][0] + at);

			for (i = 0; i < GROUP; i++)
				sums[j][i] = vdotq_s32(sums[j][i], row[i],
						       faces);
		}
	}
	for (j = 0; j < PROBES; j++)
		raws[j] = sums_of(sums[j]);
}

static int32_t dotprod_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	int32x4_t sums[4] = {};
	uint32_t at;
	int i;

	for (at = 0; at < dim; at += MATCH_UNIT)
		for (i = 0; i < 4; i++)
			sums[i] = vdotq_s32(sums[i],
					    vld1q_s8(a + at + 16 * i),
					    vld1q_s8(b + at + 16 * i));
	return vaddvq_s32(sums_of(sums));
}

static struct match_products dotprod_products(const int8_t *probe,
					      const int8_t *reference,
					      uint32_t dim)
{
	int32x4_t raw = {}, probes = {}, references = {};
	uint32_t at;

	for (at = 0; at < dim; at += 16) {
		int8x16_t x = vld1q_s8(probe + at);
		int8x16_t y = vld1q_s8(reference + at);

		raw = vdotq_s32(raw, x, y);
		probes = vdotq_s32(probes, x, x);
		references = vdotq_s32(references, y, y);
	}
	return (struct match_products){
		.raw = vaddvq_s32(raw),
		.probe_norm2 = vaddvq_s32(probes),
		.reference_norm2 = vaddvq_s32(references),
	};
}

static const char *dotprod_unusable(void)
{
	if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP)
		return NULL;
	return "the processor has no NEON dot product (asimddp)";
}

static const char *i8mm_unusable(void)
{
	if (!(getauxval(AT_HWCAP2) & HWCAP2_I8MM))
		return "the processor has no NEON products of matrices (i8mm)";
	return dotprod_unusable();
}

const struct match_kernels match_neon_dotprod = {
	.name = "neon-dotprod",
	.unusable = dotprod_unusable,
	.dot = dotprod_dot,
	.products = dotprod_products,
	.scan = scan_one,
	.sieve = sieve_one,
	.settle = settle_one,
	.scan_many = scan_many,
};

const struct match_kernels match_neon_i8mm = {
	.name = "neon-i8mm",
	.unusable = i8mm_unusable,
	.dot = dotprod_dot,
	.products = dotprod_products,
	.scan = scan_one,
	.sieve = sieve_one,
	.settle = settle_one,
	.scan_many = neon_i8mm_scan_many,
};
