/* SPDX-License-Identifier: MIT */
/* What all that multiplies in NEON's 128-bit registers shares. */
#ifndef LIMEN_NEON_H
#define LIMEN_NEON_H

#include <arm_neon.h>

#include "units.h"

#define GROUP 4 /* rows, as many as 32-bit lanes */

/* In neon_i8mm.c. */
void neon_i8mm_scan_many(const struct match_rows *rows,
			 struct match_search *const *searches,
			 unsigned int count);

/* The sums of the lanes of four registers. */
INLINE int32x4_t sums_of(const int32x4_t sums[4])
{
	return vpaddq_s32(vpaddq_s32(sums[0], sums[1]),
			  vpaddq_s32(sums[2], sums[3]));
}

/* Both parts of the same 16 bytes of a plane: half-bytes, or bytes of joined planes. */
struct both {
	int8x16_t lower; /* those of the lower half-bytes */
	int8x16_t upper;
};

/*
 * Joins 16 bytes of either plane, of which bits are inverted before: 0x88 of coarse
 * ones takes the bias away. An instruction each.
 */
INLINE struct both join(const uint8_t *coarse, const uint8_t *fine,
			  uint8_t invert_coarse, uint8_t invert_fine)
{
	uint8x16_t high = veorq_u8(vld1q_u8(coarse), vdupq_n_u8(invert_coarse));
	uint8x16_t low = veorq_u8(vld1q_u8(fine), vdupq_n_u8(invert_fine));

	return (struct both){
		.lower = vreinterpretq_s8_u8(vsliq_n_u8(low, high, 4)),
		.upper = vreinterpretq_s8_u8(vsriq_n_u8(high, low, 4)),
	};
}

INLINE float32x4_t norms2(uint32x4_t facts)
{
	return vcvtq_f32_u32(
		vandq_u32(facts, vdupq_n_u32((1 << MATCH_NORM2_BITS) - 1)));
}

/* A bit for each lane of a comparison that does not hold. */
INLINE unsigned int lanes_not(uint32x4_t comparison)
{
	static const uint32_t bits[GROUP] = { 1, 2, 4, 8 };

	return vaddvq_u32(vbicq_u32(vld1q_u32(bits), comparison));
}

INLINE void offer(const struct match_rows *rows, uint32_t at, unsigned int mask,
		  int32x4_t raws, struct match_search *search)
{
	int32_t raw[GROUP];

	vst1q_s32(raw, raws);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);

		match_offer(search, rows, at + i, raw[i]);
	}
}

#endif /* LIMEN_NEON_H */
