/* SPDX-License-Identifier: MIT */
/*
 * Searches for many probes by NEON: arithmetic is the limit, not memory. So rows
 * are joined from their planes once, a tile of them, and held against all probes
 * while they are in the cache.
 */
#ifndef LIMEN_NEON_MANY_H
#define LIMEN_NEON_MANY_H

#include <string.h>

#include "neon.h"

/* Rows of a tile. */
#define TILE 32

/* Of each row of a tile, 1 / |row|; behind the last one is anything. */
INLINE void fill_scales(float scales[TILE], const struct match_rows *rows,
			uint32_t at, uint32_t count)
{
	uint32_t facts[TILE] = {}, i;

	memcpy(facts, rows->facts + at, count * sizeof(*facts));
	for (i = 0; i < TILE; i += GROUP) {
		float32x4_t norm = vsqrtq_f32(norms2(vld1q_u32(facts + i)));

		vst1q_f32(scales + i, vdivq_f32(vdupq_n_f32(1), norm));
	}
}

/* Offers those of four rows, of which count are there, that may belong. */
INLINE void hold(const struct match_rows *rows, uint32_t at, uint32_t count,
		 int32x4_t raws, const float scales[GROUP],
		 struct match_search *search)
{
	float32x4_t scaled = vmulq_f32(vcvtq_f32_s32(raws), vld1q_f32(scales));
	/* A vector of zeros makes it 0 * infinity, which is not below. */
	unsigned int mask = lanes_not(
		vcltq_f32(scaled, vdupq_n_f32(search->bound)));

	if (count < GROUP)
		mask &= (1u << count) - 1;
	if (__builtin_expect(mask, 0))
		offer(rows, at, mask, raws, search);
}

#endif /* LIMEN_NEON_MANY_H */
