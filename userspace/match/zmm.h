/* SPDX-License-Identifier: MIT */
/* What AVX-512 VNNI's searches share. */
#ifndef LIMEN_ZMM_H
#define LIMEN_ZMM_H

#include <immintrin.h>

#include "avx512.h"
#include "units.h"

#define GROUP 16 /* rows, as many as 32-bit lanes */

/*
 * vpdpbusd. Given the intrinsic, GCC 12 copies the sums of every turn of a loop
 * into other registers and back, which costs a third of the time.
 */
INLINE __m512i multiply_add(__m512i sums, __m512i bytes, __m512i components)
{
	__asm__("vpdpbusd %2, %1, %0"
		: "+v"(sums)
		: "v"(bytes), "v"(components));
	return sums;
}

INLINE __m512 norms(__m512i facts)
{
	const __m512i norm2 = _mm512_set1_epi32((1 << MATCH_NORM2_BITS) - 1);

	return _mm512_sqrt_ps(
		_mm512_cvtepi32_ps(_mm512_and_si512(facts, norm2)));
}

#endif /* LIMEN_ZMM_H */
