/* SPDX-License-Identifier: MIT */
/*
 * Searches for one probe by 256-bit registers: all but the multiplications. Who
 * includes this then defines the two functions declared below.
 */
#ifndef LIMEN_YMM_ONE_H
#define LIMEN_YMM_ONE_H

#include "ymm.h"

#include "one.h"

/* For four rows of a plane, sum(half-bytes * probe) over the first units. */
INLINE __m128i four_sums(const struct match_probe *probe,
			 const uint8_t *const rows[4], unsigned int units);
/* sum(half-bytes * probe) of the last units of one row. */
INLINE int32_t rest_sum(const struct match_probe *probe, const uint8_t *row,
			unsigned int from, unsigned int units);

/* The sums of four rows, one of each stream, at a turn of a block. */
INLINE __m128i turn_sums(const struct match_probe *probe, const uint8_t *plane,
			 const struct block *block, unsigned int turn,
			 unsigned int units)
{
	const uint8_t *rows[STREAMS];

	turn_rows(rows, plane, block, turn, units);
	return four_sums(probe, rows, units);
}

/* From the sums of four rows at each turn to those of eight turns of each row. */
INLINE void transpose(const __m128i turns[GROUP], __m256i sums[STREAMS])
{
	__m256i two[4], a, b;
	unsigned int i;

	for (i = 0; i < 4; i++)
		two[i] = _mm256_set_m128i(turns[i + 4], turns[i]);
	a = _mm256_unpacklo_epi32(two[0], two[1]);
	b = _mm256_unpacklo_epi32(two[2], two[3]);
	sums[0] = _mm256_unpacklo_epi64(a, b);
	sums[1] = _mm256_unpackhi_epi64(a, b);
	a = _mm256_unpackhi_epi32(two[0], two[1]);
	b = _mm256_unpackhi_epi32(two[2], two[3]);
	sums[2] = _mm256_unpacklo_epi64(a, b);
	sums[3] = _mm256_unpackhi_epi64(a, b);
}

INLINE __m256i raw_scores(const struct match_probe *probe, __m256i coarse,
			  __m256i fine)
{
	__m256i raw = _mm256_add_epi32(_mm256_slli_epi32(coarse, 4), fine);

	return _mm256_sub_epi32(raw, _mm256_set1_epi32(128 * probe->sum));
}

/* Upper limits of raw scores: see struct match_probe. */
INLINE __m256 limits(const struct match_probe *probe, __m256i coarse,
		     __m256i facts)
{
	__m256 base = _mm256_add_ps(
		_mm256_cvtepi32_ps(_mm256_slli_epi32(coarse, 4)),
		_mm256_set1_ps(probe->base));
	__m256 residual = _mm256_cvtepi32_ps(
		_mm256_srli_epi32(facts, MATCH_NORM2_BITS));

	return _mm256_add_ps(base, _mm256_mul_ps(residual,
						 _mm256_set1_ps(probe->slope)));
}

/*
 * A bit for each lane whose value / |row| is not below the bound; 0 / 0 is not.
 * Squares are compared, each with the sign of what it is the square of, which
 * spares the division and the root. Three roundings to 24 bits, of squares, are
 * half as much of what they are the squares of: see match_bound().
 */
INLINE unsigned int not_below(__m256 value, __m256i facts, float bound)
{
	const __m256i norm2 = _mm256_set1_epi32((1 << MATCH_NORM2_BITS) - 1);
	const __m256 sign = _mm256_set1_ps(-0.0f);
	__m256 bound2 = _mm256_set1_ps(bound < 0 ? -bound * bound :
						   bound * bound);
	__m256 least = _mm256_mul_ps(
		bound2, _mm256_cvtepi32_ps(_mm256_and_si256(facts, norm2)));
	__m256 value2 = _mm256_mul_ps(value, _mm256_andnot_ps(sign, value));

	return _mm256_movemask_ps(_mm256_cmp_ps(value2, least, _CMP_NLT_UQ));
}

INLINE void scan_block(const struct match_rows *rows, const struct block *block,
		       struct match_search *search, unsigned int units)
{
	const struct match_probe *probe = search->probe;
	const __m128i whole = _mm_set1_epi32(128 * probe->sum);
	uint32_t some[GROUP];
	__m256i sums[STREAMS];
	__m128i turns[GROUP];
	unsigned int i;

#pragma GCC unroll 1
	for (i = 0; i < GROUP; i++) {
		__m128i coarse = turn_sums(probe, rows->coarse, block, i, units);
		__m128i fine = turn_sums(probe, rows->fine, block, i, units);

		turns[i] = _mm_sub_epi32(
			_mm_add_epi32(_mm_slli_epi32(coarse, 4), fine), whole);
	}
	transpose(turns, sums);
	for (i = 0; i < STREAMS; i++) {
		__m256i raws = sums[i];
		__m256i facts = load(block_facts(rows->facts, block, i, some));
		unsigned int mask = not_below(_mm256_cvtepi32_ps(raws), facts,
					      search->bound);

		mask &= (1u << block_count(block, i)) - 1;
		if (__builtin_expect(mask, 0))
			offer(rows, block->at[i], mask, raws, search);
	}
}

#define LANES(mask) \
	(LANE(mask, 1) | LANE(mask, 2) | LANE(mask, 3) | LANE(mask, 4) | \
	 LANE(mask, 5) | LANE(mask, 6) | LANE(mask, 7))
#define LANES_4(mask) \
	LANES(mask), LANES((mask) + 1), LANES((mask) + 2), LANES((mask) + 3)
#define LANES_16(mask) \
	LANES_4(mask), LANES_4((mask) + 4), LANES_4((mask) + 8), \
	LANES_4((mask) + 12)
#define LANES_64(mask) \
	LANES_16(mask), LANES_16((mask) + 16), LANES_16((mask) + 32), \
	LANES_16((mask) + 48)

static const uint64_t lanes_of[1 << GROUP] = {
	LANES_64(0), LANES_64(64), LANES_64(128), LANES_64(192),
};

/*
 * Writes a struct match_candidate for each lane of the mask, without a branch:
 * which lanes they are cannot be predicted. Behind them, up to MATCH_SPILL in all
 * are overwritten; there is room, since no more are listed than are looked at.
 */
INLINE uint32_t list(struct match_candidate *candidates, uint32_t at,
		     unsigned int mask, __m256i sums)
{
	__m256i lanes = _mm256_cvtepu8_epi32(
		_mm_loadl_epi64((const __m128i *)&lanes_of[mask]));
	__m256i rows = _mm256_add_epi32(_mm256_set1_epi32(at), lanes);
	__m256i coarse = _mm256_permutevar8x32_epi32(sums, lanes);
	__m256i low = _mm256_unpacklo_epi32(rows, coarse);
	__m256i high = _mm256_unpackhi_epi32(rows, coarse);

	_Static_assert(GROUP <= MATCH_SPILL, "a group is written");
	store(candidates, _mm256_permute2x128_si256(low, high, 0x20));
	store(candidates + GROUP / 2,
	      _mm256_permute2x128_si256(low, high, 0x31));
	return __builtin_popcount(mask);
}

/* The same of a stream of a block that is not full: only what is there. */
INLINE uint32_t list_few(struct match_candidate *candidates,
			 const struct block *block, unsigned int stream,
			 unsigned int mask, __m256i sums)
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
	uint32_t some[GROUP];
	__m256i sums[STREAMS];
	__m128i turns[GROUP];
	uint32_t found = 0;
	unsigned int i;

#pragma GCC unroll 1
	for (i = 0; i < GROUP; i++)
		turns[i] = turn_sums(probe, rows->coarse, block, i, units);
	transpose(turns, sums);
	for (i = 0; i < STREAMS; i++) {
		__m256i facts = load(block_facts(rows->facts, block, i, some));
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
INLINE unsigned int may_belong(__m256i raws, __m256i facts,
			       const struct rest *rest, float bound)
{
	__m256 residual = _mm256_cvtepi32_ps(
		_mm256_srli_epi32(facts, MATCH_NORM2_BITS));
	__m256 most = _mm256_add_ps(_mm256_cvtepi32_ps(raws),
				    _mm256_set1_ps(rest->base));

	most = _mm256_add_ps(most, _mm256_mul_ps(_mm256_sqrt_ps(residual),
						 _mm256_set1_ps(rest->slope)));
	return not_below(most, facts, bound);
}

INLINE void settle_batch(const struct match_rows *rows,
			 const struct batch *batch, const struct rest *rest,
			 struct match_search *search, unsigned int units)
{
	const struct match_probe *probe = search->probe;
	__m256i raws, facts = load(batch->facts);
	unsigned int mask, i;
	int32_t raw[GROUP];

	raws = _mm256_set_m128i(
		four_sums(probe, batch->fine + 4, rest->from),
		four_sums(probe, batch->fine, rest->from));
	raws = raw_scores(probe, load(batch->coarse), raws);
	mask = may_belong(raws, facts, rest, search->bound);
	mask &= (1u << batch->count) - 1;
	store(raw, raws);
	for (; mask; mask &= mask - 1) {
		i = __builtin_ctz(mask);
		raw[i] += rest_sum(probe, batch->fine[i], rest->from, units);
		if (not_below(_mm256_set1_ps(raw[i]),
			      _mm256_set1_epi32(batch->facts[i]),
			      search->bound))
			match_offer(search, rows, batch->candidates[i].index,
				    raw[i]);
	}
}

#endif /* LIMEN_YMM_ONE_H */
