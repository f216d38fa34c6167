// SPDX-License-Identifier: MIT
/*
 * AVX2: searches for one probe.
 *
 * A search multiplies the half-bytes of a plane by what faces them: two products
 * are at most 2 * 15 * 128 = 3840, and eight times that still fit 16 bits, so the
 * sums of UNITS_NARROW units are exact before they are widened.
 */
#include "avx2.h"
#include "ymm_one.h"

/* Units whose sums fit 16 bits. */
#define UNITS_NARROW 4

/*
 * Adds, over a unit, half-bytes times what faces them, two to a lane. Without the
 * barriers, the compiler loads a row twice to save a register, and computes all
 * products before it adds them, for which it has not enough registers.
 */
INLINE __m256i add_unit(__m256i narrow, const uint8_t *at, __m256i lower,
			__m256i upper)
{
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	__m256i both = load(at), high;

	__asm__("" : "+x"(both));
	high = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
	both = _mm256_and_si256(both, nibble);
	narrow = _mm256_add_epi16(
		narrow, _mm256_add_epi16(_mm256_maddubs_epi16(both, lower),
					 _mm256_maddubs_epi16(high, upper)));
	__asm__("" : "+x"(narrow));
	return narrow;
}

INLINE __m128i four_sums(const struct match_probe *probe,
			 const uint8_t *const rows[4], unsigned int units)
{
	const __m256i ones = _mm256_set1_epi16(1);
	const int8_t *facing = probe->facing[0][0];
	__m256i sums[4] = {}, narrow[4] = {};
	unsigned int unit, i;

#pragma GCC unroll 8
	for (unit = 0; unit < units; unit++) {
		__m256i lower = load(facing + facing_at(unit));
		__m256i upper = load(facing + facing_at(unit) + 64);

#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			narrow[i] = add_unit(narrow[i], rows[i] + unit * HALF,
					     lower, upper);
		if ((unit + 1) % UNITS_NARROW && unit + 1 < units)
			continue;
#pragma GCC unroll 4
		for (i = 0; i < 4; i++) {
			sums[i] = _mm256_add_epi32(
				sums[i], _mm256_madd_epi16(narrow[i], ones));
			narrow[i] = _mm256_setzero_si256();
		}
	}
	return sums_of(sums);
}

INLINE int32_t rest_sum(const struct match_probe *probe, const uint8_t *row,
			unsigned int from, unsigned int units)
{
	const int8_t *facing = probe->facing[0][0];
	__m256i narrow = _mm256_setzero_si256();
	__m256i sums[4] = {};
	unsigned int unit;

	_Static_assert(LIMEN_DIM_MAX / MATCH_UNIT / 2 <= UNITS_NARROW,
		       "the last half of a row fits 16 bits");
	for (unit = from; unit < units; unit++)
		narrow = add_unit(narrow, row + unit * HALF,
				  load(facing + facing_at(unit)),
				  load(facing + facing_at(unit) + 64));
	sums[0] = _mm256_madd_epi16(narrow, _mm256_set1_epi16(1));
	return _mm_cvtsi128_si32(sums_of(sums));
}

static const char *avx2_unusable(void)
{
	/* Asks the processor and, for its registers, the kernel. */
	if (__builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("fma"))
		return NULL;
	return "the processor has no AVX2 with FMA";
}

const struct match_kernels match_avx2 = {
	.name = "avx2",
	.unusable = avx2_unusable,
	.dot = avx2_dot,
	.products = avx2_products,
	.scan = scan_one,
	.sieve = sieve_one,
	.settle = settle_one,
	.scan_many = avx2_scan_many,
};
