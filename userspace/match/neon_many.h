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

/* Which of four rows are below the bound; 0 * infinity is not. */
INLINE uint32x4_t below(int32x4_t raws, const float scales[GROUP],
			const struct match_search *search)
{
	return vcltq_f32(vmulq_f32(vcvtq_f32_s32(raws), vld1q_f32(scales)),
			 vdupq_n_f32(search->bound));
}

/* Offers those of four rows, of which count are there, that may belong. */
static __attribute__((noinline)) void
offer_some(const struct match_rows *rows, uint32_t at, uint32_t count,
	   int32x4_t raws, uint32x4_t comparison, struct match_search *search)
{
	unsigned int mask = lanes_not(comparison);

	if (count < GROUP)
		mask &= (1u << count) - 1;
	offer(rows, at, mask, raws, search);
}

/* Rarely does any. */
INLINE void hold(const struct match_rows *rows, uint32_t at, uint32_t count,
		 int32x4_t raws, const float scales[GROUP],
		 struct match_search *search)
{
	uint32x4_t comparison = below(raws, scales, search);

	if (__builtin_expect(!vminvq_u32(comparison), 0))
		offer_some(rows, at, count, raws, comparison, search);
}

#endif /* LIMEN_NEON_MANY_H */
