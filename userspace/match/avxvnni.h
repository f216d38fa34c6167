/* SPDX-License-Identifier: MIT */
/* AVX-VNNI: what its files share. */
#ifndef LIMEN_AVXVNNI_H
#define LIMEN_AVXVNNI_H

#include "ymm.h"

/* In avxvnni_many.c. */
void avxvnni_scan_many(const struct match_rows *rows,
		       struct match_search *const *searches,
		       unsigned int count);

/* In avxvnni_int8.c. */
int32_t avxvnni_int8_dot(const int8_t *a, const int8_t *b, uint32_t dim);
struct match_products avxvnni_int8_products(const int8_t *probe,
					    const int8_t *reference,
					    uint32_t dim);

/* vpdpbusd. Given the intrinsic, GCC 12 copies sums from register to register. */
INLINE __m256i multiply_add(__m256i sums, __m256i bytes, __m256i components)
{
	__asm__("%{vex%} vpdpbusd %2, %1, %0"
		: "+x"(sums)
		: "x"(bytes), "x"(components));
	return sums;
}

#endif /* LIMEN_AVXVNNI_H */
