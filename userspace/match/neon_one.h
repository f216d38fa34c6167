/* SPDX-License-Identifier: MIT */
/*
 * Searches for one probe by NEON: all but the multiplications. Who includes this
 * then defines the three functions declared below.
 */
#ifndef LIMEN_NEON_ONE_H
#define LIMEN_NEON_ONE_H

#include "neon.h"

#include "one.h"

/* For four rows of a plane, sum(half-bytes * probe) over the first units. */
INLINE int32x4_t four_sums(const struct match_probe *probe,
			   const uint8_t *const rows[4], unsigned int units);
/* The raw scores of four rows. */
INLINE int32x4_t four_raws(const struct match_probe *probe,
			   const uint8_t *const coarse[4],
			   const uint8_t *const fine[4], unsigned int units);
/* sum(half-bytes * probe) of the last units of one row. */
INLINE int32_t rest_sum(const struct match_probe *probe, const uint8_t *row,
			unsigned int from, unsigned int units);

/* From four rows at each turn to four turns of each row. */
INLINE void transpose(const int32x4_t turns[GROUP], int32x4_t rows[STREAMS])
{
	int64x2_t even[2], odd[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		even[i] = vreinterpretq_s64_s32(
			vtrn1q_s32(turns[2 * i], turns[2 * i + 1]));
		odd[i] = vreinterpretq_s64_s32(
			vtrn2q_s32(turns[2 * i], turns[2 * i + 1]));
	}
	rows[0] = vreinterpretq_s32_s64(vtrn1q_s64(even[0], even[1]));
	rows[1] = vreinterpretq_s32_s64(vtrn1q_s64(odd[0], odd[1]));
	rows[2] = vreinterpretq_s32_s64(vtrn2q_s64(even[0], even[1]));
	rows[3] = vreinterpretq_s32_s64(vtrn2q_s64(odd[0], odd[1]));
}

INLINE float32x4_t residuals(uint32x4_t facts)
{
	return vcvtq_f32_u32(vshrq_n_u32(facts, MATCH_NORM2_BITS));
}

/* Upper limits of raw scores: see struct match_probe. */
INLINE float32x4_t limits(const struct match_probe *probe, int32x4_t coarse,
			  uint32x4_t facts)
{
	float32x4_t limit = vcvtq_f32_s32(vshlq_n_s32(coarse, 4));

	limit = vaddq_f32(limit, vdupq_n_f32(probe->base));
	return vaddq_f32(limit, vmulq_n_f32(residuals(facts), probe->slope));
}

/*
 * A bit for each lane whose value / |row| is not below the bound; 0 / 0 is not.
 * Squares are compared, each with the sign of what it is the square of, which
 * spares the division and the root. Three roundings to 24 bits, of squares, are
 * half as much of what they are the squares of: see match_bound().
 */
INLINE unsigned int not_below(float32x4_t value, uint32x4_t facts, float bound)
{
	float bound2 = bound < 0 ? -bound * bound : bound * bound;
	float32x4_t least = vmulq_n_f32(norms2(facts), bound2);

	return lanes_not(vcltq_f32(vmulq_f32(value, vabsq_f32(value)), least));
}

INLINE void scan_block(const struct match_rows *rows, const struct block *block,
		       struct match_search *search, unsigned int units)
{
	int32x4_t turns[GROUP], raws[STREAMS];
	uint32_t some[GROUP];
	unsigned int i;

#pragma GCC unroll 1
	for (i = 0; i < GROUP; i++) {
		const uint8_t *coarse[STREAMS], *fine[STREAMS];

		turn_rows(coarse, rows->coarse, block, i, units);
		turn_rows(fine, rows->fine, block, i, units);
		turns[i] = four_raws(search->probe, coarse, fine, units);
	}
	transpose(turns, raws);
#pragma GCC unroll 4
	for (i = 0; i < STREAMS; i++) {
		uint32x4_t facts = vld1q_u32(
			block_facts(rows->facts, block, i, some));
		unsigned int mask = not_below(vcvtq_f32_s32(raws[i]), facts,
					      search->bound);

		mask &= (1u << block_count(block, i)) - 1;
		if (__builtin_expect(mask, 0))
			offer(rows, block->at[i], mask, raws[i], search);
	}
}

#define LANES(mask) (LANE(mask, 1) | LANE(mask, 2) | LANE(mask, 3))
#define LANES_4(mask) \
	LANES(mask), LANES((mask) + 1), LANES((mask) + 2), LANES((mask) + 3)

static const uint32_t lanes_of[1 << GROUP] = {
	LANES_4(0), LANES_4(4), LANES_4(8), LANES_4(12),
};

/*
 * Writes a struct match_candidate for each lane of the mask, without a branch:
 * which lanes they are cannot be predicted. Behind them, up to MATCH_SPILL in all
 * are overwritten; there is room, since no more are listed than are looked at.
 */
INLINE uint32_t list(struct match_candidate *candidates, uint32_t at,
		     unsigned int mask, int32x4_t sums)
{
	static const uint8_t lane[16] = { 0, 0, 0, 0, 1, 1, 1, 1,
					  2, 2, 2, 2, 3, 3, 3, 3 };
	static const uint32_t steps[GROUP] = { 0, 1, 2, 3 };
	const uint32x4_t bytes = vdupq_n_u32(0x03020100);
	/* The lanes' numbers, and those of their bytes. */
	uint8x16_t from = vqtbl1q_u8(
		vreinterpretq_u8_u32(vdupq_n_u32(lanes_of[mask])),
		vld1q_u8(lane));
	uint32x4_t rows, coarse;

	_Static_assert(GROUP <= MATCH_SPILL, "a group is written");
	from = vorrq_u8(vshlq_n_u8(from, 2), vreinterpretq_u8_u32(bytes));
	rows = vaddq_u32(vdupq_n_u32(at), vld1q_u32(steps));
	rows = vreinterpretq_u32_u8(
		vqtbl1q_u8(vreinterpretq_u8_u32(rows), from));
	coarse = vreinterpretq_u32_u8(
		vqtbl1q_u8(vreinterpretq_u8_s32(sums), from));
	vst1q_u32(&candidates->index, vzip1q_u32(rows, coarse));
	vst1q_u32(&candidates[GROUP / 2].index, vzip2q_u32(rows, coarse));
	return __builtin_popcount(mask);
}

/* The same of a stream of a block that is not full: only what is there. */
INLINE uint32_t list_few(struct match_candidate *candidates,
			 const struct block *block, unsigned int stream,
			 unsigned int mask, int32x4_t sums)
{
	struct match_candidate few[GROUP];
	uint32_t found;

	mask &= (1u << block_count(block, stream)) - 1;
	found = list(few, block->at[stream], mask, sums);
	memcpy(candidates, few, found * sizeof(*few));
	return found;
}

INLINE uint32_t sieve_block(const struct match_rows *rows,
			    const struct block *block,
			    const struct match_search *search,
			    struct match_candidate *candidates,
			    unsigned int units)
{
	const struct match_probe *probe = search->probe;
	int32x4_t turns[GROUP], sums[STREAMS];
	uint32_t found = 0, some[GROUP];
	unsigned int i;

#pragma GCC unroll 1
	for (i = 0; i < GROUP; i++) {
		const uint8_t *coarse[STREAMS];

		turn_rows(coarse, rows->coarse, block, i, units);
		turns[i] = four_sums(probe, coarse, units);
	}
	transpose(turns, sums);
#pragma GCC unroll 4
	for (i = 0; i < STREAMS; i++) {
		uint32x4_t facts = vld1q_u32(
			block_facts(rows->facts, block, i, some));
		unsigned int mask = not_below(limits(probe, sums[i], facts),
					      facts, search->bound);

		if (block->full)
			found += list(candidates + found, block->at[i], mask,
				      sums[i]);
		else
			found += list_few(candidates + found, block, i, mask,
					  sums[i]);
	}
	return found;
}

/* Of raw scores that lack the rest, those that may still be high enough. */
INLINE unsigned int may_belong(int32x4_t raws, uint32x4_t facts,
			       const struct rest *rest, float bound)
{
	float32x4_t most = vaddq_f32(vcvtq_f32_s32(raws),
				     vdupq_n_f32(rest->base));

	most = vaddq_f32(most, vmulq_n_f32(vsqrtq_f32(residuals(facts)),
					   rest->slope));
	return not_below(most, facts, bound);
}

INLINE void settle_batch(const struct match_rows *rows,
			 const struct batch *batch, const struct rest *rest,
			 struct match_search *search, unsigned int units)
{
	const struct match_probe *probe = search->probe;
	uint32x4_t facts = vld1q_u32(batch->facts);
	unsigned int mask, i;
	int32_t raw[GROUP];
	int32x4_t raws;

	raws = vshlq_n_s32(vld1q_s32(batch->coarse), 4);
	raws = vsubq_s32(raws, vdupq_n_s32(128 * probe->sum));
	raws = vaddq_s32(raws, four_sums(probe, batch->fine, rest->from));
	mask = may_belong(raws, facts, rest, search->bound);
	mask &= (1u << batch->count) - 1;
	vst1q_s32(raw, raws);
	for (; mask; mask &= mask - 1) {
		i = __builtin_ctz(mask);
		raw[i] += rest_sum(probe, batch->fine[i], rest->from, units);
		if (not_below(vdupq_n_f32(raw[i]), vdupq_n_u32(batch->facts[i]),
			      search->bound))
			match_offer(search, rows, batch->candidates[i].index,
				    raw[i]);
	}
}

#endif /* LIMEN_NEON_ONE_H */
