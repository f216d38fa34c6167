/* SPDX-License-Identifier: MIT */
/* What instruction sets that multiply in 256-bit registers share. */
#ifndef LIMEN_YMM_H
#define LIMEN_YMM_H

#include <immintrin.h>

#include "units.h"

#define GROUP 8 /* rows, as many as 32-bit lanes */

INLINE __m256i load(const void *at)
{
	return _mm256_loadu_si256(at);
}

INLINE void store(void *at, __m256i value)
{
	_mm256_storeu_si256(at, value);
}

/* Sums of two neighbours of a, then of b, in each half: as vphaddd, but sooner. */
INLINE __m256i add_pairs(__m256i a, __m256i b)
{
	__m256 x = _mm256_castsi256_ps(a), y = _mm256_castsi256_ps(b);

	return _mm256_add_epi32(
		_mm256_castps_si256(_mm256_shuffle_ps(x, y, 0x88)),
		_mm256_castps_si256(_mm256_shuffle_ps(x, y, 0xdd)));
}

/* The sums of 32-bit lanes of four registers. */
INLINE __m128i sums_of(const __m256i sums[4])
{
	__m256i all = add_pairs(add_pairs(sums[0], sums[1]),
				add_pairs(sums[2], sums[3]));

	return _mm_add_epi32(_mm256_castsi256_si128(all),
			     _mm256_extracti128_si256(all, 1));
}

/* The sum of 32-bit lanes. */
INLINE int32_t sum_of(__m256i lanes)
{
	__m128i sum = _mm_add_epi32(_mm256_castsi256_si128(lanes),
				    _mm256_extracti128_si256(lanes, 1));

	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
	return _mm_cvtsi128_si32(sum);
}

/* Two at once: stored one by one and returned together, they would stall. */
INLINE struct match_products products_of(__m256i raw, __m256i probes,
					 __m256i references)
{
	const __m256i sums[4] = { raw, probes, references };
	__m128i result = sums_of(sums);
	uint64_t first = _mm_cvtsi128_si64(result);

	return (struct match_products){
		.raw = (int32_t)first,
		.probe_norm2 = first >> 32,
		.reference_norm2 = _mm_extract_epi32(result, 2),
	};
}

INLINE __m256 norms(__m256i facts)
{
	const __m256i norm2 = _mm256_set1_epi32((1 << MATCH_NORM2_BITS) - 1);

	return _mm256_sqrt_ps(
		_mm256_cvtepi32_ps(_mm256_and_si256(facts, norm2)));
}

INLINE void offer(const struct match_rows *rows, uint32_t at, unsigned int mask,
		  __m256i raws, struct match_search *search)
{
	int32_t raw[GROUP];

	store(raw, raws);
	for (; mask; mask &= mask - 1) {
		unsigned int i = __builtin_ctz(mask);

		match_offer(search, rows, at + i, raw[i]);
	}
}

#endif /* LIMEN_YMM_H */
