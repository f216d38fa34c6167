// SPDX-License-Identifier: MIT
/*
 * AVX2: pairs. x * y = |x| * (y with the sign of x), which gives vpmaddubsw the
 * factor without a sign that it needs. If no component of y is -128, two products
 * are at most 2 * 128 * 127 = 32512 and fit 16 bits. -128 has no opposite, so for a
 * vector that has it, which the extractor never makes, x is split instead.
 */
#include "avx2.h"

INLINE bool has_least(__m256i least)
{
	return _mm256_movemask_epi8(
		_mm256_cmpeq_epi8(least, _mm256_set1_epi8(-128)));
}

INLINE __m256i add_up(__m256i products)
{
	return _mm256_madd_epi16(products, _mm256_set1_epi16(1));
}

INLINE __m256i multiply(__m256i x, __m256i y)
{
	return add_up(_mm256_maddubs_epi16(_mm256_abs_epi8(x),
					   _mm256_sign_epi8(y, x)));
}

INLINE __m256i square(__m256i x)
{
	__m256i magnitude = _mm256_abs_epi8(x);

	return add_up(_mm256_maddubs_epi16(magnitude, magnitude));
}

/*
 * For any vectors: of each component x, seven bits and the eighth, worth -128.
 * Neither product saturates: 2 * 127 * 128 and 2 * 128 * 128 are the most, the
 * latter below zero only.
 */
static __attribute__((noinline)) int32_t dot_any(const int8_t *a,
						 const int8_t *b, uint32_t dim)
{
	const __m256i low = _mm256_set1_epi8(0x7f);
	__m256i sum = _mm256_setzero_si256();
	uint32_t i;

	for (i = 0; i < dim; i += 32) {
		__m256i x = load(a + i), y = load(b + i);
		__m256i seven = _mm256_maddubs_epi16(_mm256_and_si256(x, low),
						     y);
		__m256i eighth = _mm256_maddubs_epi16(
			_mm256_andnot_si256(low, x), y);

		sum = _mm256_add_epi32(sum, add_up(seven));
		sum = _mm256_sub_epi32(sum, add_up(eighth));
	}
	return sum_of(sum);
}

int32_t avx2_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	__m256i sums[2] = {}, least = _mm256_setzero_si256();
	uint32_t i;

	for (i = 0; i < dim; i += 64) {
		__m256i y0 = load(b + i), y1 = load(b + i + 32);

		least = _mm256_min_epi8(least, _mm256_min_epi8(y0, y1));
		sums[0] = _mm256_add_epi32(sums[0], multiply(load(a + i), y0));
		sums[1] = _mm256_add_epi32(sums[1],
					   multiply(load(a + i + 32), y1));
	}
	if (__builtin_expect(has_least(least), 0))
		return dot_any(a, b, dim);
	return sum_of(_mm256_add_epi32(sums[0], sums[1]));
}

static __attribute__((noinline)) struct match_products
products_any(const int8_t *probe, const int8_t *reference, uint32_t dim)
{
	return (struct match_products){
		.raw = dot_any(probe, reference, dim),
		.probe_norm2 = dot_any(probe, probe, dim),
		.reference_norm2 = dot_any(reference, reference, dim),
	};
}

struct match_products avx2_products(const int8_t *probe,
				    const int8_t *reference, uint32_t dim)
{
	__m256i sums[3] = {}, least = _mm256_setzero_si256();
	uint32_t i;

	for (i = 0; i < dim; i += 32) {
		__m256i x = load(probe + i), y = load(reference + i);

		least = _mm256_min_epi8(least, _mm256_min_epi8(x, y));
		sums[0] = _mm256_add_epi32(sums[0], multiply(x, y));
		sums[1] = _mm256_add_epi32(sums[1], square(x));
		sums[2] = _mm256_add_epi32(sums[2], square(y));
	}
	if (__builtin_expect(has_least(least), 0))
		return products_any(probe, reference, dim);
	return products_of(sums[0], sums[1], sums[2]);
}
