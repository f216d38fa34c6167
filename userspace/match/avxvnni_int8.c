// SPDX-License-Identifier: MIT
/*
 * AVX-VNNI-INT8: pairs. vpdpbssd multiplies signed by signed bytes: no factor needs to
 * lose its sign. Compilers of this age do not know it, assemblers do.
 */
#include "avxvnni.h"

INLINE __m256i multiply_signed(__m256i sums, __m256i a, __m256i b)
{
	__asm__("vpdpbssd %2, %1, %0" : "+x"(sums) : "x"(a), "x"(b));
	return sums;
}

int32_t avxvnni_int8_dot(const int8_t *a, const int8_t *b, uint32_t dim)
{
	__m256i sums[2] = {};
	uint32_t at, i;

	for (at = 0; at < dim; at += MATCH_UNIT)
		for (i = 0; i < 2; i++)
			sums[i] = multiply_signed(sums[i],
						  load(a + at + 32 * i),
						  load(b + at + 32 * i));
	return sum_of(_mm256_add_epi32(sums[0], sums[1]));
}

struct match_products avxvnni_int8_products(const int8_t *probe,
					    const int8_t *reference,
					    uint32_t dim)
{
	__m256i raw = {}, probes = {}, references = {};
	uint32_t i;

	for (i = 0; i < dim; i += 32) {
		__m256i x = load(probe + i), y = load(reference + i);

		raw = multiply_signed(raw, x, y);
		probes = multiply_signed(probes, x, x);
		references = multiply_signed(references, y, y);
	}
	return products_of(raw, probes, references);
}
