/* SPDX-License-Identifier: MIT */
/*
 * AVX2: what its searches share.
 *
 * vpmaddubsw multiplies unsigned by signed bytes and adds two products, but
 * saturates to 16 bits. Where no sum of two can reach that far, it is exact, and
 * several of its results can be added in 16 bits before vpmaddwd widens them.
 * How many is told where it is done.
 */
#ifndef LIMEN_AVX2_H
#define LIMEN_AVX2_H

#include <immintrin.h>

#include "match.h"

#define INLINE static inline __attribute__((always_inline))

#define GROUP 8 /* rows, as many as 32-bit lanes */
/* Bytes of half a unit's components, and of a unit in a plane. */
#define HALF (MATCH_UNIT / 2)

/* In avx2_many.c. */
void avx2_scan_many(const struct match_rows *rows,
		    struct match_search *const *searches, unsigned int count);

/* In avx2_pairs.c. */
int32_t avx2_dot(const int8_t *a, const int8_t *b, uint32_t dim);
struct match_products avx2_products(const int8_t *probe,
				    const int8_t *reference, uint32_t dim);

INLINE __m256i load(const void *at)
{
	return _mm256_loadu_si256(at);
}

INLINE void store(void *at, __m256i value)
{
	_mm256_storeu_si256(at, value);
}

/*
 * Where in a facing (see struct match_probe) what faces the lower half-bytes of a
 * unit begins; 64 bytes on, what faces the upper ones.
 */
INLINE size_t facing_at(unsigned int unit)
{
	return unit / 2 * MATCH_LINE + unit % 2 * HALF;
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

#endif /* LIMEN_AVX2_H */
